"""Columns named by the settings: found, profiled, and converted to canonical types."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from features.columns.kinds import Column, Kind, Known
from features.columns.number_style import describe_style
from features.columns.profile import kind_by_type, profile_columns
from features.columns.sql import is_text, is_time
from features.columns.time_formats import is_day_first, is_month_first
from features.errors import SettingsError, SourceError
from features.settings.schema import Settings
from features.sources.file import ROW
from features.sources.tables import SourceTable

# Tried in this order where the settings do not say which column names the lead.
LEAD_ID_NAMES = ("lead_id", "LeadId", "leadid", "WhoId", "contact_id", "hs_object_id", "Id", "id")


def find_column(
    column: str,
    available: Iterable[str],
    *,
    key: str,
    settings: Settings,
    origin: str | None = None,
) -> str:
    """Return the column if the table has it.

    Parameters
    ----------
    column : str
        The name in the settings.
    available : iterable of str
        The table's columns.
    key : str
        The settings key that names it, for the message.
    settings : Settings
    origin : str, optional
        The file or table, where it is another than the settings name.

    Raises
    ------
    SettingsError
        With the nearest names.
    SourceError
        The same where `origin` is given: the settings are right for their own table.
    """
    names = [name for name in available if name != ROW]
    if column in names:
        return column
    near = difflib.get_close_matches(column, names, n=3, cutoff=0.5) or names[:5]
    if origin is not None:
        raise SourceError(
            f'the leads lack the column "{column}", which {key} names',
            where=origin,
            got="the columns " + ", ".join(f'"{name}"' for name in near),
            next_step="Export that column too, or rename the one that holds it",
            code="column_missing",
        )
    raise SettingsError(
        f"{key} names a column that is not there",
        where=str(settings.file),
        got=f'"{column}"',
        expected="one of " + ", ".join(f'"{name}"' for name in near),
        next_step=f"Correct {key}, or leave it out",
    )


def find_columns(
    named: Mapping[str, str | None], available: Iterable[str], *, table: str, settings: Settings
) -> dict[str, str]:
    """Return the columns that the settings name, all of which the table must have.

    Parameters
    ----------
    named : mapping of str to str or None
        Column by settings key; None where the settings name none.
    available : iterable of str
        The table's columns.
    table : str
        The settings table of the keys, for the message.
    settings : Settings

    Raises
    ------
    SettingsError
        With the nearest names.
    """
    names = list(available)
    return {
        key: find_column(column, names, key=f"[{table}] {key}", settings=settings)
        for key, column in named.items()
        if column is not None
    }


def find_lead_id(
    named: str | None, available: Sequence[str], *, table: str, settings: Settings
) -> str:
    """Find the column that names the lead in a table other than leads.

    Parameters
    ----------
    named : str or None
        The column in the settings; None to look for one that is called like the id of leads, or
        like CRMs call it.
    available : sequence of str
        The table's columns.
    table : str
        The settings table, for the message.
    settings : Settings

    Raises
    ------
    SettingsError
        When it is not there.
    """
    names = [name for name in available if name != ROW]
    if named is not None:
        return find_column(named, names, key=f"[{table}] id", settings=settings)
    for name in (settings.leads.id, *LEAD_ID_NAMES):
        if name is not None and name in names:
            return name
    raise SettingsError(
        f"no column of this table is known to name the lead, and [{table}] id is missing",
        where=str(settings.file),
        expected="one of " + ", ".join(f'"{name}"' for name in names[:8]),
        next_step=f"Name the column in id under [{table}]",
    )


def profile_named(
    source: SourceTable,
    times: Iterable[str | None],
    *,
    settings: Settings,
    kinds: Mapping[str, Known] | None = None,
    time_formats: Mapping[str, str] | None = None,
) -> dict[str, Column]:
    """Profile a table's columns as the settings say they are written.

    Parameters
    ----------
    source : SourceTable
    times : iterable of str or None
        Columns that are times however they look.
    settings : Settings
    kinds : mapping of str to Known, optional
        What other columns are known to hold.
    time_formats : mapping of str to str, optional
        Formats in which columns were read before.
    """
    return profile_columns(
        source.relation,
        missing=settings.leads.missing,
        times=[name for name in times if name is not None],
        time_format=settings.leads.time_format,
        kinds=kinds,
        time_formats=time_formats,
    )


@dataclass(frozen=True)
class Question:
    """What columns hold whose values have to say so.

    Attributes
    ----------
    names : tuple of str
    kinds : mapping of str to Known
        What they are known to hold.
    settings : Settings
    time_formats : mapping of str to str
        Formats in which they were read before.
    """

    names: tuple[str, ...]
    kinds: Mapping[str, Known]
    settings: Settings
    time_formats: Mapping[str, str]

    @property
    def times(self) -> list[str]:
        """Return the columns that are times however they look."""
        return [name for name in self.names if self.kinds.get(name) == "time"]

    def answer(self, table: SourceTable) -> dict[str, Column]:
        """Look at all values of the columns."""
        lead = self.settings.leads
        return profile_columns(
            table.select(*self.names).relation,
            missing=lead.missing,
            times=self.times,
            time_format=lead.time_format,
            kinds=self.kinds,
            time_formats=self.time_formats,
        )


def profile_few(
    table: SourceTable,
    names: Iterable[str],
    kinds: Mapping[str, Known],
    *,
    settings: Settings,
    time_formats: Mapping[str, str],
) -> dict[str, Column]:
    """Profile some columns, looking only at those whose values have to say how they are written.

    Parameters
    ----------
    table : SourceTable
    names : iterable of str
    kinds : mapping of str to Known
        What columns are known to hold. Only numbers and times that are written as text are then
        looked at, for how they are written.
    settings : Settings
    time_formats : mapping of str to str
        Formats in which columns were read before.
    """
    types, known = table.relation.types, dict[str, Column]()
    for name in dict.fromkeys(names):
        kind = kinds.get(name)
        if kind in ("text", "id"):
            known[name] = Column(name, kind_by_type(types[name], "text", 1), is_id=kind == "id")
        elif kind is not None and _fits(types[name], kind):
            wanted: Kind = "time" if kind == "time" else "number"
            known[name] = Column(name, kind_by_type(types[name], wanted, 1))
    written = [name for name in dict.fromkeys(names) if name not in known]
    if not written:
        return known
    asked = {name: kind for name, kind in kinds.items() if name in written}
    question = Question(tuple(written), asked, settings, time_formats)
    return known | (table.profile(question) if table.profile else question.answer(table))


def _fits(kind: str, wanted: Known) -> bool:
    """Return whether a type of DuckDB is what a column is wanted to hold."""
    return is_time(kind) if wanted == "time" else wanted == "number" and not is_text(kind)


def to_text(values: pd.Series) -> pd.Series:
    """Return the values as text in an object column, None where missing."""
    text = values.map(str, na_action="ignore").astype(object)
    return text.where(text.notna(), None)


def to_time(values: pd.Series) -> pd.Series:
    """Return the values as datetime64 in microseconds."""
    return values.astype("datetime64[us]")


def make_empty(index: pd.Index) -> pd.Series:
    """Return an object column without a value."""
    return pd.Series(None, index=index, dtype=object)


def make_undated(index: pd.Index) -> pd.Series:
    """Return a column of times without a value."""
    return pd.Series(pd.NaT, index=index, dtype="datetime64[us]")


def list_styles(columns: Iterable[Column]) -> dict[str, str]:
    """Return how columns were read that could be read in more than one way.

    Parameters
    ----------
    columns : iterable of Column

    Returns
    -------
    dict of str to str
        Of times a format with day and month in their order; of numbers their decimal sign, and a
        percent sign where those without one are shares.
    """
    found = {}
    for column in columns:
        style = describe_style(column)
        if style is not None:
            found[column.name] = style
        ordered = [form for form in column.formats if is_day_first(form) or is_month_first(form)]
        if ordered and not column.ambiguous:
            found[column.name] = ordered[0]
    return found
