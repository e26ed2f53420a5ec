"""Raw leads in memory: a data frame read by the code that reads files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.batches.input import open_input
from features.errors import DataRefused
from features.matrix.feature_table import FeatureTable
from features.settings.fields import to_value_text
from features.settings.schema import Settings
from models.artifact.bundle import ModelBundle
from models.shapley.kernel import count_cores
from serve.scoring.batches import BATCH_ROWS, open_batches
from serve.scoring.score_table import empty_scores, score_schema
from serve.scoring.scorer import reject_schema

if TYPE_CHECKING:
    import pyarrow as pa


@contextmanager
def leads_file(frame: pd.DataFrame) -> Iterator[str]:
    """Write leads to a file that is gone afterwards, so that they are read like any export.

    Parameters
    ----------
    frame : DataFrame
        Leads as the CRM gives them.

    Yields
    ------
    str
        The path.

    Raises
    ------
    DataRefused
        When there are no leads, or a column cannot be that of a table.
    """
    table = to_table(frame)
    with tempfile.TemporaryDirectory(prefix="leadaccord-") as folder:
        path = Path(folder) / "leads.parquet"
        write_table(table, path)
        yield str(path)


def read_features(
    settings: Settings,
    plan: FeatureTable,
    leads: str,
    *,
    now: pd.Timestamp,
    threads: int | None = None,
) -> pd.DataFrame:
    """Compute the features of all rows of a file, whether or not they can be scored.

    Parameters
    ----------
    settings : Settings
    plan : FeatureTable
        Which features there are, and how training read the columns.
    leads : str
        A path, glob or table.
    now : Timestamp
        UTC, without a zone; hand-overs after it lie in the future.
    threads : int, optional
        All cores if left out.

    Returns
    -------
    DataFrame of shape (n_rows, n_features)
        In the order of the rows: numbers as float64, categories as text.
    """
    cores = threads or count_cores()
    with open_input(settings, plan, leads, now=now, rows=BATCH_ROWS, threads=cores) as source:
        parts = [source.read(number).values for number in range(source.count)]
    texts = {feature.name: "str" for feature in plan.features if feature.form == "category"}
    found = [part.astype({name: object for name in texts}) for part in parts]
    whole = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=plan.names)
    return whole.astype({name: texts.get(name, "float64") for name in plan.names})


def score_rows(
    settings: Settings,
    bundle: ModelBundle,
    leads: str,
    *,
    now: pd.Timestamp,
    threads: int | None = None,
) -> pd.DataFrame:
    """Score all rows of a file into memory.

    Parameters
    ----------
    settings : Settings
    bundle : ModelBundle
    leads : str
        A path, glob or table.
    now : Timestamp
        UTC, without a zone.
    threads : int, optional
        All cores if left out.

    Returns
    -------
    DataFrame of shape (n_rows, 21)
        One row for each of the file, in its order: the columns of the scores, and ``rejected``,
        which says why a row has no score and is missing otherwise.
    """
    import pyarrow as pa

    schema = score_schema()
    scores, rejects = [empty_scores()], [reject_schema().empty_table()]
    with open_batches(settings, bundle, leads, now=now, threads=threads) as batches:
        for number in range(batches.count):
            batch = batches.score(number)
            scores.append(batch.scores.select(schema.names).cast(schema))
            rejects.append(batch.rejects)
    return _put_together(pa.concat_tables(scores), pa.concat_tables(rejects))


def _put_together(scores: pa.Table, rejects: pa.Table) -> pd.DataFrame:
    """Return one row for each lead, scored or not, in their order."""
    refused = rejects.to_pandas().set_index("row")
    places = pd.RangeIndex(1, len(scores) + len(refused) + 1)
    found = scores.to_pandas().astype({"score": "Int64"})
    found = found.set_axis(places[~places.isin(refused.index)]).assign(rejected=None)
    result: pd.DataFrame = found.reindex(places)
    result.loc[refused.index, ["lead_id", "rejected"]] = refused[["lead_id", "message"]].to_numpy()
    return result.reset_index(drop=True)


def to_table(frame: pd.DataFrame) -> pa.Table:
    """Return a frame as a table of numbers, times and text.

    Parameters
    ----------
    frame : DataFrame
        Object, string and category columns become text as a CSV file writes it: 1 for 1.0,
        "true" for True; missing values and times stay what they are. Times with a zone become
        UTC.

    Raises
    ------
    DataRefused
        When it is no data frame, has no rows, or has a column that a table cannot have.
    """
    import pyarrow as pa

    _check_shape(frame)
    return pa.table({str(name): _to_array(frame[name]) for name in frame.columns})


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table as a Parquet file."""
    from pyarrow import parquet

    parquet.write_table(table, path, compression="none")


def _check_shape(frame: object) -> None:
    if not isinstance(frame, pd.DataFrame):
        raise DataRefused(
            "leads have to come as a pandas DataFrame, or as the path of a file",
            got=type(frame).__name__,
            next_step="For example pandas.read_csv(path), or pandas.DataFrame([lead])",
            code="no_frame",
        )
    if not len(frame):
        raise DataRefused(
            "the data frame has no rows",
            expected="at least one lead",
            next_step="Check how it was read or filtered",
            code="no_leads",
        )
    names = [str(name) for name in frame.columns]
    folded = pd.Series(names, dtype=object).str.casefold()
    if not names or folded.duplicated().any():
        raise DataRefused(
            "the columns of the data frame need names that differ",
            got=f'"{names[int(folded.duplicated().argmax())]}" twice' if names else "no columns",
            next_step="Rename one of them",
            code="columns",
        )


def _to_array(column: pd.Series) -> pa.Array:
    import pyarrow as pa

    kind = column.dtype
    if isinstance(kind, pd.DatetimeTZDtype):
        return pa.array(column.dt.tz_convert("UTC").dt.tz_localize(None), from_pandas=True)
    if isinstance(kind, pd.CategoricalDtype) or _is_text(column):
        return pa.array([_to_text(value, column.name) for value in column], pa.string())
    numeric = pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind)
    if numeric or pd.api.types.is_datetime64_dtype(kind):
        return pa.array(column, from_pandas=True)
    raise _refuse_type(column.name, str(kind))


def _is_text(column: pd.Series) -> bool:
    kinds = pd.api.types
    return kinds.is_object_dtype(column.dtype) or kinds.is_string_dtype(column.dtype)


def _to_text(value: Any, name: Any) -> str | None:
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | int | float | date):  # a datetime is a date
        return str(to_value_text(value))
    raise _refuse_type(name, type(value).__name__)


def _refuse_type(name: Any, kind: str) -> DataRefused:
    return DataRefused(
        f'the column "{name}" cannot be read as numbers, times or text',
        got=kind,
        expected="what a CSV file could hold",
        next_step="Convert the column, or leave it out",
        code="column_type",
    )
