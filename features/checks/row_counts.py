"""Row counts: what checks need to know of leads to score, counted wherever their rows are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from features.checks.ids import note_ids
from features.checks.leads import (
    NO_LEADS,
    Marked,
    note_activities,
    note_hand_overs,
    note_missing_share,
    note_order,
)
from features.columns.notes import note_readings
from features.contract.leads import Leads
from features.findings import Finding

_FIRST = "_first"


@dataclass(frozen=True)
class RowCounts:
    """Counts of rows; those of other leads add up.

    Attributes
    ----------
    rows, leads : int
        Rows, and leads that have an id.
    marked : mapping of str to Marked
        As `mark_hand_overs` gives it.
    ids : mapping of str to int
        As `count_ids` gives it.
    present : mapping of str to int
        Rows in which each column holds a value.
    activities : mapping of str to int or None
        As `count_activities` gives it; None where nothing is counted.
    """

    rows: int
    leads: int
    marked: Mapping[str, Marked]
    ids: Mapping[str, int]
    present: Mapping[str, int]
    activities: Mapping[str, int] | None

    def __add__(self, other: RowCounts) -> RowCounts:
        """Return the counts of both."""
        activities = self.activities
        if activities is not None and other.activities is not None:
            activities = dict(Counter(activities) + Counter(other.activities))
            activities = dict.fromkeys(self.activities or {}, 0) | activities
        return RowCounts(
            rows=self.rows + other.rows,
            leads=self.leads + other.leads,
            marked={rule: _add(one, other.marked[rule]) for rule, one in self.marked.items()},
            ids={name: _join(name, n, other.ids[name]) for name, n in self.ids.items()},
            present={name: n + other.present[name] for name, n in self.present.items()},
            activities=activities,
        )

    def numbered(self, rows: Sequence[int]) -> RowCounts:
        """Return the counts with rows named by the numbers they have elsewhere.

        Parameters
        ----------
        rows : sequence of int
            The number of each row, in the order of the rows counted here.
        """
        marked = {
            rule: Marked(one.count, None if one.first is None else int(rows[one.first - 1]))
            for rule, one in self.marked.items()
        }
        ids = {
            name: int(rows[n - 1]) if name.endswith(_FIRST) and n else n
            for name, n in self.ids.items()
        }
        return replace(self, marked=marked, ids=ids)

    @property
    def idle(self) -> tuple[int, int] | None:
        """Leads without an activity before their hand-over, and all; None if that says nothing."""
        # Of an empty table, or one of other leads only, that is said already.
        if not self.activities or not self.activities["before"]:
            return None
        return self.leads - self.activities["before"], self.leads


def note_rows_to_score(
    leads: Leads, counts: RowCounts, notes: Sequence[Finding], *, activities: bool
) -> list[Finding]:
    """Look through leads to score, as `features.checks.tables` does through a project's.

    Parameters
    ----------
    leads : Leads
        How they are read.
    counts : RowCounts
        Of all rows.
    notes : sequence of Finding
        How the columns of activities were read.
    activities : bool
        Whether there is a table of them.
    """
    if not counts.rows:
        return [NO_LEADS]
    named, total = leads.settings, counts.rows
    share = pd.Series({name: 1 - n / total for name, n in counts.present.items()}, dtype=float)
    found = [
        *note_readings([*leads.key_columns, *leads.columns.values()]),
        *note_hand_overs(counts.marked, total=total, lead=named.leads, timed=leads.timed),
        *note_ids(counts.ids, named.leads),
        *note_order(leads.order, total, named.leads),
        *note_missing_share(share),
        *notes,
    ]
    if activities:
        found += note_activities(counts.activities, named.activities, learning=False)
    return found


def _add(one: Marked, other: Marked) -> Marked:
    rows = [marked.first for marked in (one, other) if marked.first is not None]
    return Marked(one.count + other.count, min(rows, default=None))


def _join(name: str, one: int, other: int) -> int:
    if name.endswith(_FIRST):
        return min(filter(None, (one, other)), default=0)
    return one + other
