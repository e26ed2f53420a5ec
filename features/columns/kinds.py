"""Column kinds: number, time or text, with counts and the different values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from features.columns.numbers import Decimal
from features.sources.duckdb_relation import Relation

Kind = Literal["number", "time", "text", "empty"]

UNREAD_SHARE = 0.005
SEEMS_SHARE = 0.8
"""From this share of its values on, a column of text seems to hold numbers or times."""

FEW = 200
_SEVERAL = 5
_SHOWN = 40


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
        Whether it cannot be told if the day or the month comes first; of numbers, whether a sign
        before three digits parts thousands or decimals.
    plain : bool
        Whether numbers are digits with no more than a sign and a decimal sign.
    style : {"none", "open", "shown"}
        Whether numbers hold a sign that parts thousands or decimals, and whether the values show
        which of both it does.
    shares : bool
        Whether numbers without a percent sign are shares beside others with one.
    markers : tuple of (str, int)
        Values that mean that nothing was entered, and their rows; the most frequent ones.
    seems : {"number", "time"} or None
        What most values of a column of text read as, though too few for the column to be that.
    n_strange : int
        The other values of a column that seems something.
    form : str or None
        How the first unparsed value is written, digits as 9 and letters as a; of text that seems
        something, the first value that is not that.
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
    plain: bool = False
    style: Literal["none", "open", "shown"] = "none"
    shares: bool = False
    markers: tuple[tuple[str, int], ...] = ()
    seems: Kind | None = None
    n_strange: int = 0
    form: str | None = None


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

    def seems(self, read: int) -> bool:
        """Tell whether a column with so many values read might be meant to hold such values."""
        return self.count >= _SEVERAL and read >= SEEMS_SHARE * self.count

    def may_hold(self, read: int) -> bool:
        """Tell whether to look closer at a column with so many values that might be such."""
        return self.is_enough(read) or self.seems(read)

    def is_enough(self, read: int) -> bool:
        """Tell whether a column with so many values read holds just such values."""
        spare = int(self.count * UNREAD_SHARE) if self.count >= FEW else 0
        return self.count > 0 and self.count - read <= spare


def describe_form(value: str) -> str:
    """Return how a value is written: each digit as 9, each letter as a.

    Parameters
    ----------
    value : str

    Examples
    --------
    >>> describe_form("31-Dec-2018 13:05")
    '99-aaa-9999 99:99'
    """
    shown = re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", value[: _SHOWN + 1]))
    shown = re.sub(r"[^ -~\u00a1-\uffff]", "?", shown)
    return shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "..."
