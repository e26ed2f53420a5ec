"""Reading the project's own tables as training read them."""

from __future__ import annotations

from features.contract import Tables, read_tables
from features.settings import Settings
from models.bundle import ModelBundle


def read_own(settings: Settings, bundle: ModelBundle) -> Tables:
    """Read the project's own tables, each column as it was read in training."""
    return read_tables(settings, kinds=bundle.table.kinds, time_formats=bundle.table.time_formats)
