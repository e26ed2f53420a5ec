"""Project tables, read as training read them."""

from __future__ import annotations

from features.contract.as_of import AsOf
from features.contract.tables import Tables, read_tables
from features.settings.schema import Settings
from models.artifact.bundle import ModelBundle


def read_own(settings: Settings, bundle: ModelBundle, as_of: AsOf | None = None) -> Tables:
    """Read the project's own tables, each column as it was read in training.

    Parameters
    ----------
    settings : Settings
    bundle : ModelBundle
        The model, which remembers how its columns were written.
    as_of : AsOf, optional
        Use only what was dated before this moment; everything if left out.

    Returns
    -------
    Tables
    """
    table = bundle.table
    return read_tables(settings, kinds=table.kinds, time_formats=table.time_formats, as_of=as_of)
