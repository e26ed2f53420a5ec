"""Gate checks: the conditions under which a retrained model may replace the one in use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scipy import special

from features.language import Phrase, translatable
from features.settings.schema import GateSettings, Measure
from models.evaluation.comparison import COMPARED, LOWER_IS_BETTER, MEASURES, PairedGroup
from models.evaluation.intervals import Z95, Interval
from models.promotion.champion_comparison import ChampionComparison

FIGURE = translatable("{whole}.{part}")
SKILLED = translatable("The new model separates good leads from bad ones on these leads.")
UNSKILLED = translatable("On the newest leads the new model is not clearly better than chance.")
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
USELESS = translatable(
    "The new model's probabilities are useless as chances: the acceptance rate alone, or 50 % for "
    "every lead, comes closer to what sales decided. Its log-loss is {new}; that of the model in "
    "use is {old}."
)
OF_USE = translatable("The probabilities are not worse than one and the same for every lead.")
COLLAPSED = translatable(
    "Among leads whose {column} is {group}, the AUC fell from {old} to {new} ({n} leads)."
)
SEGMENTS_HELD = translatable("No segment's AUC fell by more than {limit}.")
BROKEN = translatable(
    "An input looks broken: {change}. Correct it, or name the column in changed_inputs under "
    "[gate] if the change is intended."
)
GONE = translatable(
    "The leads lack the column {column}, which the model in use needs. Export it again, or name "
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
NEWEST_RATE = translatable(
    "Of the hand-overs of the last 30 days that it has answered, sales accepted {new} %, "
    "expected {old} %. Check whether all decisions arrived; if they did, raise "
    "acceptance_factor under [gate]."
)
RATE_STOOD = translatable("The share accepted is about as before.")


@dataclass(frozen=True)
class Check:
    """One check of the gate.

    Attributes
    ----------
    name : str
        Stable short name.
    passed : bool
    message : Phrase
        What was found.
    """

    name: str
    passed: bool
    message: Phrase


def run_checks(
    comparison: ChampionComparison, gate: GateSettings, *, promised: Interval | None
) -> Iterable[Check]:
    """Give every check, those of the data first: what is broken needs no comparison."""
    yield from _check_inputs(comparison, gate.changed_inputs)
    yield from _check_rate(comparison, gate.acceptance_factor)
    if promised is not None:
        yield _check_fall(comparison, promised, gate.auc_fall)
    yield _check_skill(comparison)
    for measure in gate.better:
        yield _check_better(comparison, measure)
    for measure in MEASURES:
        # The settings name a loss that may rise and a score that may drop.
        way = "rise" if measure in LOWER_IS_BETTER else "drop"
        margin = getattr(gate, f"{measure}_{way}")
        yield _check_worse(comparison, measure, margin, strict=not gate.better)
    yield _check_calibration(comparison, gate.calibration_error)
    yield _check_probabilities(comparison)
    yield from _check_segments(comparison, gate.segment_drop)


def _check_inputs(comparison: ChampionComparison, known: Sequence[str]) -> Iterable[Check]:
    broken = [
        Check("inputs", False, Phrase(BROKEN, {"change": change.message}))
        for change in comparison.changed
        if change.column not in known
    ]
    broken += [
        Check("inputs", False, Phrase(GONE, {"column": column}))
        for column in comparison.missing
        if column not in known
    ]
    yield from broken or [Check("inputs", True, Phrase(INPUTS_SOUND))]


def _check_rate(comparison: ChampionComparison, factor: float) -> Iterable[Check]:
    """Check that acceptance is of its former size, in odds: half the answers may be missing."""
    rates = [(RATE, comparison.challenger.base_rate, comparison.champion_rate)]
    if comparison.newest_answers is not None:
        answers = comparison.newest_answers
        rates.append((NEWEST_RATE, answers.accepted, answers.expected))
    moved = [
        Check("acceptance", False, Phrase(text, {"new": 100 * new, "old": 100 * old}))
        for text, new, old in rates
        if not _alike(new, old, factor)
    ]
    yield from moved or [Check("acceptance", True, Phrase(RATE_STOOD))]


def _alike(new: float, old: float, factor: float) -> bool:
    """Return whether the odds of two shares differ by no more than a factor."""
    ours, theirs = new * (1 - old), old * (1 - new)
    return ours <= factor * theirs and theirs <= factor * ours


def _check_fall(comparison: ChampionComparison, promised: Interval, limit: float) -> Check:
    found = comparison.paired.measures["auc"].challenger
    if found.value >= promised.value - limit or found.high >= promised.low:
        return Check("fall", True, Phrase(STOOD))
    gaps = {"new": fixed(found.value), "low": fixed(found.low), "high": fixed(found.high)}
    return Check("fall", False, Phrase(FELL, {**gaps, "promised": fixed(promised.value)}))


def _check_skill(comparison: ChampionComparison) -> Check:
    passed = comparison.challenger.auc.low > 0.5
    return Check("skill", passed, Phrase(SKILLED if passed else UNSKILLED))


def _check_better(comparison: ChampionComparison, measure: Measure) -> Check:
    passed = _gain(comparison, measure).low > 0
    told = _tell(comparison, measure, BETTER if passed else NOT_BETTER)
    return Check(f"better_{measure}", passed, told)


def _check_worse(
    comparison: ChampionComparison, measure: Measure, margin: float, *, strict: bool
) -> Check:
    """Check whether a measure got worse; strictly where nothing has to get better instead."""
    gain = _gain(comparison, measure)
    if gain.value < -margin and gain.high < 0:
        return Check(f"worse_{measure}", False, _tell(comparison, measure, WORSE, margin=margin))
    if strict and gain.low < -margin:
        return Check(
            f"worse_{measure}", False, _tell(comparison, measure, NOT_SHOWN, margin=margin)
        )
    gaps = {"measure": name_of(measure, comparison.paired.top_share), "margin": fixed(margin)}
    return Check(f"worse_{measure}", True, Phrase(KEPT, gaps))


def _check_calibration(comparison: ChampionComparison, limit: float) -> Check:
    """Check the calibration error beyond chance, unless the model in use has it too."""
    excess = comparison.challenger.ece - comparison.challenger.ece_by_chance
    if excess <= limit or comparison.challenger.ece <= comparison.champion.ece:
        return Check("calibration", True, Phrase(CALIBRATED, {"limit": fixed(limit)}))
    gaps = {"error": fixed(excess), "limit": fixed(limit)}
    return Check("calibration", False, Phrase(MISCALIBRATED, gaps))


def _check_probabilities(comparison: ChampionComparison) -> Check:
    """Check that the probabilities are of use, unless those of the model in use are no better."""
    new, old = comparison.challenger.log_loss, comparison.champion.log_loss
    if comparison.challenger_verdict.grade != "useless" or old >= new:
        return Check("probabilities", True, Phrase(OF_USE))
    return Check("probabilities", False, Phrase(USELESS, {"new": fixed(new), "old": fixed(old)}))


def _check_segments(comparison: ChampionComparison, limit: float) -> Iterable[Check]:
    """Check whether a segment's AUC collapsed, allowing for the number of segments looked at."""
    looked = [
        (column, group)
        for column, groups in comparison.paired.segments.items()
        for group in groups
        if group.auc is not None
    ]
    fallen = [
        Check("segment", False, _tell_segment(column, group))
        for column, group in looked
        if _collapsed(group, limit, len(looked))
    ]
    yield from fallen or [Check("segment", True, Phrase(SEGMENTS_HELD, {"limit": fixed(limit)}))]


def _collapsed(group: PairedGroup, limit: float, looked_at: int) -> bool:
    if group.auc is None or group.auc.difference.value >= -limit:
        return False
    # Bonferroni: of many segments one falls by chance.
    wider = float(special.ndtri(1 - 0.025 / looked_at)) / Z95
    reach = (group.auc.difference.high - group.auc.difference.low) / 2
    return group.auc.difference.value + wider * reach < 0


def _tell_segment(column: str, group: PairedGroup) -> Phrase:
    assert group.auc is not None  # noqa: S101  # only such groups are reported
    gaps = {"column": column, "group": group.group, "n": group.n}
    return Phrase(
        COLLAPSED,
        {
            **gaps,
            "old": fixed(group.auc.champion.value),
            "new": fixed(group.auc.challenger.value),
        },
    )


def _gain(comparison: ChampionComparison, measure: Measure) -> Interval:
    """Return the difference so that more is better."""
    found = comparison.paired.measures[measure].difference
    if measure in LOWER_IS_BETTER:
        return Interval(-found.value, -found.high, -found.low)  # its limits change places
    return found


def _tell(comparison: ChampionComparison, measure: Measure, text: str, **gaps: float) -> Phrase:
    paired = comparison.paired.measures[measure]
    return Phrase(
        text,
        {
            "measure": name_of(measure, comparison.paired.top_share),
            "old": fixed(paired.champion.value),
            "new": fixed(paired.challenger.value),
            "difference": fixed(paired.difference.value, signed=True),
            "low": fixed(paired.difference.low, signed=True),
            "high": fixed(paired.difference.high, signed=True),
            **{name: fixed(value) for name, value in gaps.items()},
        },
    )


def name_of(measure: Measure, top_share: float) -> Phrase:
    """Return the name of a measure."""
    gaps = {"share": round(100 * top_share)} if measure == "top_precision" else {}
    return Phrase(COMPARED[measure].label, gaps)


def fixed(value: float, *, signed: bool = False) -> Phrase:
    """Return a number with three decimals, two where the third is 0 and no sign is wanted."""
    shown = f"{value:+.3f}" if signed else f"{value:.3f}".removesuffix("0")
    whole, _, part = shown.partition(".")
    return Phrase(FIGURE, {"whole": whole, "part": part})
