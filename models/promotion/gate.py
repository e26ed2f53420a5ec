"""Promotion gate: whether a retrained model replaces the one in use, and why, in words.

The rule is one of evidence. What must get better has to be better beyond its 95 % interval; what
must not get worse fails only where it is worse by more than its margin, and not by chance. Equal
models are so exchanged in at most 2.5 of 100 months, whatever the margins.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from features.language import Phrase, translatable
from features.settings.schema import GateSettings
from models.evaluation.intervals import Interval
from models.promotion.champion_comparison import ChampionComparison
from models.promotion.gate_rules import Check, run_checks

Decision = Literal["promoted", "held", "refused"]

FIRST = translatable("No model is in use, and the new one separates good leads from bad ones.")
NO_SKILL = translatable(
    "On newer leads the new model is not clearly better than chance, so it is not put in use."
)
OFF = translatable("The gate is off: the new model is put in use whatever the comparison says.")
DRY_RUN = translatable("The gate is on dry-run, so nothing was changed.")
WOULD = translatable("Without dry-run the new model would be put in use.")
SAME = translatable("The new model is the one in use, byte for byte; there is nothing to decide.")
EQUAL = translatable(
    "The new model is about as good as the one in use, and only a clearly better one replaces it."
)
ALL_PASSED = translatable("On {n} leads new to both, the new model passed every check.")


@dataclass(frozen=True)
class Verdict:
    """Verdict of the gate.

    Attributes
    ----------
    decision : {"promoted", "held", "refused"}
    reasons : tuple of Phrase
        The strongest first.
    checks : tuple of Check
        All checks, also those that passed.
    would : {"promoted", "held"} or None
        What a gate that is on would have decided, where it is not.
    """

    decision: Decision
    reasons: tuple[Phrase, ...]
    checks: tuple[Check, ...] = ()
    would: Decision | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as plain types."""
        return {
            "decision": self.decision,
            "would": self.would,
            "reasons": [reason.to_dict() for reason in self.reasons],
            "checks": [
                {"name": check.name, "passed": check.passed, "told": check.message.to_dict()}
                for check in self.checks
            ],
        }


@dataclass(frozen=True)
class Case:
    """Inputs of the gate's decision.

    Attributes
    ----------
    skill : {"good", "weak", "none"}
        Of the new model, from its training.
    comparison : ChampionComparison, Phrase or None
        The comparison; in words why there is none; None where no model is in use.
    promised_auc : Interval or None
        The AUC with which the model in use was trained.
    doubt : tuple of Phrase
        Why the new model's probabilities are not to be taken at their word, where that is so.
    same : bool
        Whether the new model is the one in use.
    notes : tuple of Phrase
        Further remarks, such as why no model is in use.
    """

    skill: str
    comparison: ChampionComparison | Phrase | None
    promised_auc: Interval | None = None
    doubt: tuple[Phrase, ...] = ()
    same: bool = False
    notes: tuple[Phrase, ...] = field(default=())


def decide(case: Case, gate: GateSettings) -> Verdict:
    """Decide whether the new model is put in use.

    Parameters
    ----------
    case : Case
    gate : GateSettings

    Returns
    -------
    Verdict
        A model without skill is held in every mode.

    Examples
    --------
    >>> decide(Case(skill="none", comparison=None), GateSettings()).decision
    'held'
    >>> decide(Case(skill="good", comparison=None), GateSettings()).decision
    'promoted'
    """
    verdict = _decide(case, gate)
    if verdict.decision == "promoted" and gate.mode == "dry-run":
        reasons = (Phrase(DRY_RUN), Phrase(WOULD), *verdict.reasons)
        return Verdict("held", (*case.notes, *reasons), verdict.checks, would="promoted")
    if gate.mode == "dry-run":
        reasons = (*verdict.reasons, Phrase(DRY_RUN))
        return Verdict("held", (*case.notes, *reasons), verdict.checks, would="held")
    if gate.mode == "off" and verdict.decision == "held" and not case.same and case.skill != "none":
        reasons = (Phrase(OFF), *verdict.reasons)
        return Verdict("promoted", (*case.notes, *reasons), verdict.checks, would="held")
    return Verdict(verdict.decision, (*case.notes, *verdict.reasons), verdict.checks)


def _decide(case: Case, gate: GateSettings) -> Verdict:
    if case.same:
        return Verdict("held", (Phrase(SAME),))
    if case.skill == "none":
        return Verdict("held", (Phrase(NO_SKILL),))
    if case.comparison is None:
        return Verdict("promoted", (Phrase(FIRST), *case.doubt))
    if isinstance(case.comparison, Phrase):
        return Verdict("held", (case.comparison,))
    checks = tuple(run_checks(case.comparison, gate, promised=case.promised_auc))
    failed = [check for check in checks if not check.passed]
    if failed:
        equal = all(check.name.startswith("better_") for check in failed)
        reasons = [Phrase(EQUAL)] if equal else []
        return Verdict("held", (*reasons, *(check.message for check in failed)), checks)
    better = [check.message for check in checks if check.name.startswith("better_")]
    passed = Phrase(ALL_PASSED, {"n": case.comparison.paired.n})
    return Verdict("promoted", (*better, passed), checks)
