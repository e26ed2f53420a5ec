"""The gate: whether a retrained model replaces the one in use, and why, in words.

The rule is one of evidence. What must get better has to be better beyond its 95 % interval; what
must not get worse fails only where it is worse by more than its margin, and not by chance. Equal
models are so exchanged in at most 2.5 of 100 months, whatever the margins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from scipy import stats

from features.language import Phrase, translatable
from features.settings import GateSettings
from models.challenge import Duel
from models.comparison import LOWER_IS_BETTER, MEASURES, Measure, PairedGroup
from models.intervals import Z95, Interval

Decision = Literal["promoted", "held", "refused"]

FIGURE = translatable("{whole}.{part}")
NAMES: dict[Measure, str] = {
    "auc": translatable("AUC"),
    "average_precision": translatable("average precision"),
    "log_loss": translatable("log-loss"),
    "top_precision": translatable("precision among the best {share} %"),
}

FIRST = translatable("No model is in use, and the new one tells good leads from bad ones.")
NO_SKILL = translatable(
    "The new model cannot be told from chance on newer leads, so it is not put in use."
)
SKILLED = translatable("The new model tells good leads from bad ones on these leads.")
UNSKILLED = translatable("On the newest leads the new model cannot be told from chance.")
OFF = translatable("The gate is off: the new model is put in use whatever the comparison says.")
DRY_RUN = translatable("The gate is on dry-run, so nothing was changed.")
WOULD = translatable("Without dry-run the new model would be put in use.")
SAME = translatable("The new model is the one in use, byte for byte; there is nothing to decide.")
EQUAL = translatable(
    "The new model is about as good as the one in use, and only a clearly better one replaces it."
)
ALL_PASSED = translatable("On {n} leads new to both, the new model passed every check.")
BETTER = translatable(
    "{measure} got better: {old} before, {new} now, a difference of {difference} "
    "(95 %: {low} to {high})."
)
NOT_BETTER = translatable(
    "{measure} is not clearly better: {old} before, {new} now, a difference of {difference} "
    "(95 %: {low} to {high})."
)
NOT_SHOWN = translatable(
    "{measure} is not shown to be at most {margin} worse: {old} before, {new} now, a difference of "
    "{difference} (95 %: {low} to {high})."
)
WORSE = translatable(
    "{measure} got worse by more than {margin}: {old} before, {new} now, a difference of "
    "{difference} (95 %: {low} to {high})."
)
KEPT = translatable("{measure} did not get worse by more than {margin}.")
MISCALIBRATED = translatable(
    "The new model's probabilities are off by {error} on average beyond chance; at most {limit} is "
    "allowed."
)
CALIBRATED = translatable("The probabilities are off by no more than {limit} beyond chance.")
COLLAPSED = translatable(
    "Among leads whose {column} is {group}, the AUC fell from {old} to {new} ({n} leads)."
)
SEGMENTS_HELD = translatable("No segment's AUC fell by more than {limit}.")
BROKEN = translatable(
    "An input looks broken: {change}. Mend it, or name the column in changed_inputs under [gate] "
    "if that is how it is now."
)
GONE = translatable(
    "The leads lack the column {column}, which the model in use looks at. Export it again, or name "
    "it in changed_inputs under [gate] if it is gone for good."
)
INPUTS_SOUND = translatable("No input looks broken.")
FELL = translatable(
    "On the newest leads the new model's AUC is {new} (95 %: {low} to {high}), far below the "
    "{promised} with which the model in use was trained. Check the decisions of those leads."
)
STOOD = translatable("The AUC is not far below that with which the model in use was trained.")
RATE = translatable(
    "Sales accepted {new} % of the newest leads and {old} % of those learned from before. Check "
    "whether all decisions arrived; if they did, raise acceptance_factor under [gate]."
)
RATE_STOOD = translatable("The share accepted is of the size it was.")


@dataclass(frozen=True)
class Check:
    """One thing the gate looked at.

    Attributes
    ----------
    name : str
        Stable short name.
    passed : bool
    told : Phrase
        What was found.
    """

    name: str
    passed: bool
    told: Phrase


@dataclass(frozen=True)
class Verdict:
    """What the gate decided.

    Attributes
    ----------
    decision : {"promoted", "held", "refused"}
    reasons : tuple of Phrase
        The strongest first.
    checks : tuple of Check
        All that was looked at, also what passed.
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
                {"name": check.name, "passed": check.passed, "told": check.told.to_dict()}
                for check in self.checks
            ],
        }


@dataclass(frozen=True)
class Case:
    """What the gate judges.

    Attributes
    ----------
    skill : {"good", "weak", "none"}
        Of the new model's recipe, as training told it.
    duel : Duel, Phrase or None
        The comparison; in words why there is none; None where no model is in use.
    promised_auc : Interval or None
        The AUC with which the model in use was trained.
    same : bool
        Whether the new model is the one in use.
    notes : tuple of Phrase
        What has to be said besides, such as why no model is in use.
    """

    skill: str
    duel: Duel | Phrase | None
    promised_auc: Interval | None = None
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
    if case.duel is None:
        return Verdict("promoted", (Phrase(FIRST),))
    if isinstance(case.duel, Phrase):
        return Verdict("held", (case.duel,))
    checks = tuple(run_checks(case.duel, gate, promised=case.promised_auc))
    failed = [check for check in checks if not check.passed]
    if failed:
        equal = all(check.name.startswith("better_") for check in failed)
        reasons = [Phrase(EQUAL)] if equal else []
        return Verdict("held", (*reasons, *(check.told for check in failed)), checks)
    better = [check.told for check in checks if check.name.startswith("better_")]
    passed = Phrase(ALL_PASSED, {"n": case.duel.comparison.n})
    return Verdict("promoted", (*better, passed), checks)


def run_checks(duel: Duel, gate: GateSettings, *, promised: Interval | None) -> Iterable[Check]:
    """Give every check, those of the data first: what is broken needs no comparison."""
    yield from _check_inputs(duel, gate.changed_inputs)
    yield _check_rate(duel, gate.acceptance_factor)
    if promised is not None:
        yield _check_fall(duel, promised, gate.auc_fall)
    yield _check_skill(duel)
    for measure in gate.better:
        yield _check_better(duel, measure)
    margins: dict[Measure, float] = {
        "auc": gate.auc_drop,
        "average_precision": gate.average_precision_drop,
        "log_loss": gate.log_loss_rise,
        "top_precision": gate.top_precision_drop,
    }
    for measure in MEASURES:
        yield _check_worse(duel, measure, margins[measure], strict=not gate.better)
    yield _check_calibration(duel, gate.calibration_error)
    yield from _check_segments(duel, gate.segment_drop)


def _check_inputs(duel: Duel, known: Sequence[str]) -> Iterable[Check]:
    broken = [
        Check("inputs", False, Phrase(BROKEN, {"change": change.told}))
        for change in duel.changed
        if change.column not in known
    ]
    broken += [
        Check("inputs", False, Phrase(GONE, {"column": column}))
        for column in duel.missing
        if column not in known
    ]
    yield from broken or [Check("inputs", True, Phrase(INPUTS_SOUND))]


def _check_rate(duel: Duel, factor: float) -> Check:
    """Look whether acceptance is of the size it was, in odds: half the answers may be missing."""
    new, old = duel.challenger.base_rate, duel.champion_rate
    ratio = (new / (1 - new)) / (old / (1 - old))
    if 1 / factor <= ratio <= factor:
        return Check("acceptance", True, Phrase(RATE_STOOD))
    gaps = {"new": 100 * new, "old": 100 * old}
    return Check("acceptance", False, Phrase(RATE, gaps))


def _check_fall(duel: Duel, promised: Interval, limit: float) -> Check:
    found = duel.comparison.measures["auc"].challenger
    if found.value >= promised.value - limit or found.high >= promised.low:
        return Check("fall", True, Phrase(STOOD))
    gaps = {"new": _fixed(found.value), "low": _fixed(found.low), "high": _fixed(found.high)}
    return Check("fall", False, Phrase(FELL, {**gaps, "promised": _fixed(promised.value)}))


def _check_skill(duel: Duel) -> Check:
    passed = duel.challenger.auc.low > 0.5
    return Check("skill", passed, Phrase(SKILLED if passed else UNSKILLED))


def _check_better(duel: Duel, measure: Measure) -> Check:
    passed = _gain(duel, measure).low > 0
    told = _tell(duel, measure, BETTER if passed else NOT_BETTER)
    return Check(f"better_{measure}", passed, told)


def _check_worse(duel: Duel, measure: Measure, margin: float, *, strict: bool) -> Check:
    """Look whether a measure got worse; strictly where nothing has to get better instead."""
    gain = _gain(duel, measure)
    if gain.value < -margin and gain.high < 0:
        return Check(f"worse_{measure}", False, _tell(duel, measure, WORSE, margin=margin))
    if strict and gain.low < -margin:
        return Check(f"worse_{measure}", False, _tell(duel, measure, NOT_SHOWN, margin=margin))
    gaps = {"measure": name_of(measure, duel.comparison.top_share), "margin": _fixed(margin)}
    return Check(f"worse_{measure}", True, Phrase(KEPT, gaps))


def _check_calibration(duel: Duel, limit: float) -> Check:
    """Look at the error beyond chance; one that the model in use has too speaks for neither."""
    excess = duel.challenger.ece - duel.challenger.ece_by_chance
    if excess <= limit or duel.challenger.ece <= duel.champion.ece:
        return Check("calibration", True, Phrase(CALIBRATED, {"limit": _fixed(limit)}))
    gaps = {"error": _fixed(excess), "limit": _fixed(limit)}
    return Check("calibration", False, Phrase(MISCALIBRATED, gaps))


def _check_segments(duel: Duel, limit: float) -> Iterable[Check]:
    """Look whether a segment's AUC collapsed, allowing for the number of segments looked at."""
    looked = [
        (column, group)
        for column, groups in duel.comparison.segments.items()
        for group in groups
        if group.auc is not None
    ]
    fallen = [
        Check("segment", False, _tell_segment(column, group))
        for column, group in looked
        if _collapsed(group, limit, len(looked))
    ]
    yield from fallen or [Check("segment", True, Phrase(SEGMENTS_HELD, {"limit": _fixed(limit)}))]


def _collapsed(group: PairedGroup, limit: float, looked_at: int) -> bool:
    if group.auc is None or group.auc.difference.value >= -limit:
        return False
    # Bonferroni: of many segments one falls by chance.
    wider = float(stats.norm.ppf(1 - 0.025 / looked_at)) / Z95
    reach = (group.auc.difference.high - group.auc.difference.low) / 2
    return group.auc.difference.value + wider * reach < 0


def _tell_segment(column: str, group: PairedGroup) -> Phrase:
    assert group.auc is not None  # noqa: S101  # only such groups are told of
    gaps = {"column": column, "group": group.group, "n": group.n}
    return Phrase(
        COLLAPSED,
        {
            **gaps,
            "old": _fixed(group.auc.champion.value),
            "new": _fixed(group.auc.challenger.value),
        },
    )


def _gain(duel: Duel, measure: Measure) -> Interval:
    """Return the difference so that more is better."""
    found = duel.comparison.measures[measure].difference
    if measure in LOWER_IS_BETTER:
        return Interval(-found.value, -found.high, -found.low)
    return found


def _tell(duel: Duel, measure: Measure, text: str, **gaps: float) -> Phrase:
    paired = duel.comparison.measures[measure]
    return Phrase(
        text,
        {
            "measure": name_of(measure, duel.comparison.top_share),
            "old": _fixed(paired.champion.value),
            "new": _fixed(paired.challenger.value),
            "difference": _fixed(paired.difference.value, signed=True),
            "low": _fixed(paired.difference.low, signed=True),
            "high": _fixed(paired.difference.high, signed=True),
            **{name: _fixed(value) for name, value in gaps.items()},
        },
    )


def name_of(measure: Measure, top_share: float) -> Phrase:
    """Return what a measure is called."""
    gaps = {"share": round(100 * top_share)} if measure == "top_precision" else {}
    return Phrase(NAMES[measure], gaps)


def _fixed(value: float, *, signed: bool = False) -> Phrase:
    """Return a number with three decimals, two where the third is 0 and no sign is wanted."""
    shown = f"{value:+.3f}" if signed else f"{value:.3f}".removesuffix("0")
    whole, _, part = shown.partition(".")
    return Phrase(FIGURE, {"whole": whole, "part": part})
