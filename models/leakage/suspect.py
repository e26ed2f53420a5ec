"""Leak suspects: columns that may know the decision, and the evidence against them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from features.language import SOURCE_LANGUAGE, Phrase, language
from features.matrix.definitions import TYPE

Action = Literal["quarantined", "ask"]


@dataclass(frozen=True)
class LeakSuspect:
    """A column that may know the answer.

    Attributes
    ----------
    column : str
        Or the type of activity, where that is the table.
    action : {"quarantined", "ask"}
    evidence : Phrase
        Why, in words with counts.
    leads : int
        Leads the evidence speaks of.
    accepted : int or None
        How many of them sales accepted; None where it does not apply.
    auc : float or None
        How well the column alone ranks the leads (0.5 is chance).
    table : {"leads", "decisions", "activities"}
        The column's table.
    """

    column: str
    action: Action
    evidence: Phrase
    leads: int
    accepted: int | None = None
    auc: float | None = None
    table: Literal["leads", "decisions", "activities"] = "leads"

    def to_dict(self) -> dict[str, Any]:
        """Return the suspect as plain types."""
        return {**asdict(self), "evidence": self.evidence.to_dict()}


def to_omit(suspects: Sequence[LeakSuspect]) -> dict[str, str]:
    """Return the columns of leads that must not be learned from, and why in English.

    Types of activity come after `features.matrix.definitions.TYPE`.
    """
    english = language(SOURCE_LANGUAGE)
    return {
        (TYPE if suspect.table == "activities" else "") + suspect.column: english.phrase(
            suspect.evidence
        )
        for suspect in suspects
        if suspect.action == "quarantined" and suspect.table != "decisions"
    }


def keep_strongest(suspects: Iterable[LeakSuspect]) -> list[LeakSuspect]:
    """Return each column once: quarantined if any guard says so, otherwise as first named."""
    kept: dict[tuple[str, str], LeakSuspect] = {}
    for suspect in suspects:
        key = (suspect.table, suspect.column)
        if key not in kept or (kept[key].action, suspect.action) == ("ask", "quarantined"):
            kept[key] = suspect
    return list(kept.values())


def to_percent(share: float) -> int:
    """Return a share as whole percent, which every language writes alike."""
    return round(100 * float(share))
