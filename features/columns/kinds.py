"""What is known of a column: its kind and counts, and its different values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from features.columns.sql import Decimal
from features.sources.duckdb_relation import Relation

Kind = Literal["number", "time", "text", "empty"]

UNREAD_SHARE = 0.005
_FEW = 200


@dataclass(frozen=True)
class Column:
    """What one column holds.

    Attributes
    ----------
    name : str
    kind : {"number", "time", "text", "empty"}
    decimal : {".", ","}
        The decimal sign of numbers that are written as text.
    formats : tuple of str
        The formats of times that are written as text, tried in this order.
    n_rows, n_missing : int
    n_unparsed : int
        Values that are not what the column holds; they become missing.
    n_distinct : int
        Different values.
    example_row : int or None
        The first row with an unparsed value.
    mixed_formats : bool
        Whether times are written in more than one way.
    ambiguous : bool
        Whether it cannot be told if the day or the month comes first.
    """

    name: str
    kind: Kind
    decimal: Decimal = "."
    formats: tuple[str, ...] = ()
    n_rows: int = 0
    n_missing: int = 0
    n_unparsed: int = 0
    n_distinct: int = 0
    example_row: int | None = None
    mixed_formats: bool = False
    ambiguous: bool = False


@dataclass(frozen=True)
class Texts:
    """The different values of one column of text.

    Attributes
    ----------
    values : Relation
        ``text``, ``n`` rows and the ``first`` of them, of the values that may mean something.
    rows, present : int
        Rows of the table, and those with any value.
    filler : int
        Rows whose value means nothing among numbers and times.
    digitless : int
        Other rows whose value holds no digit.
    distinct : int
        Different values.
    """

    values: Relation
    rows: int
    present: int
    filler: int
    digitless: int
    distinct: int

    @property
    def count(self) -> int:
        """Rows with a value that may mean something among numbers and times."""
        return self.present - self.filler

    def is_enough(self, read: int) -> bool:
        """Tell whether a column with so many values read holds just such values."""
        spare = int(self.count * UNREAD_SHARE) if self.count >= _FEW else 0
        return self.count > 0 and self.count - read <= spare
