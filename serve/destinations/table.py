"""Table destinations: their address, columns and types, and unique key."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from features.errors import DestinationError
from features.sources.sql import quote
from serve.destinations.address import TableAddress
from serve.scoring.score_table import COLUMNS, key_columns


@dataclass(frozen=True)
class FoundColumn:
    """A column as a database describes it.

    Attributes
    ----------
    declared : str
        Its type in the words of the database.
    takes : collection of str
        The kinds of `COLUMNS` that it keeps without a change.
    must_be_given : bool
        Whether a row without it is refused.
    """

    declared: str
    takes: Collection[str]
    must_be_given: bool = False


@dataclass(frozen=True)
class DatabaseTable:
    """What the tables of all databases have.

    Parameters
    ----------
    address : TableAddress
    timed : bool
        Whether the time of the hand-over belongs to the key.
    wait : float
        Seconds to wait for others that write there.
    """

    address: TableAddress
    timed: bool
    wait: float

    @property
    def name(self) -> str:
        """The address without a password."""
        return self.address.shown

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that distinguish two scores."""
        return key_columns(timed=self.timed)


def check_shape(address: TableAddress, found: Mapping[str, FoundColumn]) -> None:
    """Refuse a table whose columns cannot take scores.

    Parameters
    ----------
    address : TableAddress
    found : mapping of str to FoundColumn
        The columns of the table.

    Raises
    ------
    DestinationError
        When a column is missing or has a type that changes what it is given, or when another one
        has to be filled.
    """
    if trouble := _find_trouble(found):
        raise _make_unfit(address, *trouble)


def check_key(
    address: TableAddress, unique: Collection[frozenset[str]], key: tuple[str, ...]
) -> None:
    """Refuse a table without a unique key that distinguishes scores.

    Parameters
    ----------
    address : TableAddress
    unique : collection of frozenset
        The columns of each unique key.
    key : tuple of str
        The columns that one of these has to have, in any order.

    Raises
    ------
    DestinationError
    """
    if frozenset(key) not in unique:
        got = " and ".join(sorted(f"({', '.join(sorted(columns))})" for columns in unique))
        expected = f"one over {', '.join(key)}"
        raise _make_unfit(address, "has no unique key for scores", got or "none", expected)


def _make_unfit(
    address: TableAddress, what: str, got: str | None, expected: str | None
) -> DestinationError:
    return DestinationError(
        f"the table {what}",
        where=address.shown,
        got=got,
        expected=expected,
        next_step="Change the table, or name one that is not there: it is then made",
    )


def _find_trouble(found: Mapping[str, FoundColumn]) -> tuple[str, str | None, str | None] | None:
    """Return what is wrong with the columns: what, got, expected."""
    if missing := [name for name in COLUMNS if name not in found]:
        return "lacks columns of the scores", None, ", ".join(missing)
    for name, kind in COLUMNS.items():
        if kind not in found[name].takes:
            return f'has a column "{name}" of a type that does not fit', found[name].declared, kind
    for name, column in found.items():
        if column.must_be_given and name not in COLUMNS:
            return f'wants a value in "{name}", which scores have not', column.declared, None
    return None


def create_sql(
    address: TableAddress, types: Mapping[str, str], key: tuple[str, ...], *, keyed: bool = True
) -> str:
    """Return the SQL that makes the table.

    Parameters
    ----------
    address : TableAddress
    types : mapping of str to str
        The database's type of each kind of `COLUMNS`.
    key : tuple of str
        Columns that are never empty.
    keyed : bool
        Whether the database sees to it that no two rows have the same key.
    """
    columns = [
        f"{quote(name)} {types[kind]}" + (" NOT NULL" if name in key else "")
        for name, kind in COLUMNS.items()
    ]
    if keyed:
        columns.append(f"PRIMARY KEY ({', '.join(map(quote, key))})")
    return f"CREATE TABLE {address.quoted} ({', '.join(columns)})"


def upsert_sql(address: TableAddress, source: str, key: tuple[str, ...]) -> str:
    """Return the SQL that puts rows into the table, in the place of those with the same key.

    Parameters
    ----------
    address : TableAddress
    source : str
        What gives the rows, in SQL: values or a selection, in the order of `COLUMNS`.
    key : tuple of str
    """
    update = ", ".join(
        f"{quote(name)} = excluded.{quote(name)}" for name in COLUMNS if name not in key
    )
    return (
        f"INSERT INTO {address.quoted} ({', '.join(map(quote, COLUMNS))}) {source} "
        f"ON CONFLICT ({', '.join(map(quote, key))}) DO UPDATE SET {update}"
    )
