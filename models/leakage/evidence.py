"""Leak evidence in a column's values: alone, by being filled, or by single levels.

A group of leads is settled when hardly a doubt is left of the usual. Where the 95 % interval of
its rate says so, that counts against the whole column; where its count says so and half of the
usual doubt is ruled out, the group is asked about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd

from features.language import Phrase
from features.language import translatable as _
from features.matrix.definitions import NOT_GIVEN, Feature
from features.matrix.feature_table import FeatureTable
from features.text import clean
from models.evaluation.intervals import wilson_interval
from models.leakage.number_groups import NumberGroup, list_number_groups
from models.leakage.suspect import LeakSuspect

SETTLING_AUC = 0.90
"""A single column that ranks leads this well settles the decision nearly alone."""
SETTLED_SHARE = 0.5
"""Share of leads in settled groups from which the whole column counts as settling."""
CERTAINTY = 0.10
"""A group is settled when at most this share of the usual doubt is left."""
RULED_OUT = 0.5
"""Share of the usual doubt that is ruled out before a group is asked about."""
ERROR_RATE = 0.05
"""Chance of asking about a group with that much doubt, over all groups of a column."""
DOUBT_BESIDE = 0.7
"""Share of the usual doubt beside a range of numbers; with surely less it stands out no more."""
MIN_GROUP = 10
MIN_FILLED = 20
SUSPECT_NAME_AUC = 0.60

FILLED: Mapping[bool, str] = {
    True: _("where it is filled in, sales accepted {accepted} of {leads} leads"),
    False: _("where it is empty, sales accepted {accepted} of {leads} leads"),
}
"""How leads are spoken of that have a value, and those that have none."""

_BINS = 20
_FOLDS = 5
_PRIOR = 10.0

# What sales tends to write once it has spoken to the lead. A name alone proves nothing, so
# these count only together with evidence.
_SUSPECT_NAME = re.compile(
    r"^(tags?|rating|stage|status|disposition|remarks|outcome|result|etiquetas?|estado|etapa)$|"
    r"(lead|sales|call|contact|deal|opportunity|pipeline|funnel) "
    r"(quality|profile|rating|stage|status|result|outcome|disposition|grade)|"
    r"\b(next step|follow ?up|converted|conversion date|won|lost|closed|close date|opportunity|"
    r"deal|qualified|disqualified|rejection|reject|resultado|calidad del lead|motivo)\b"
)
_EARLIER = re.compile(r"\b(previous|prior|earlier|before|anterior|past)\b")


def find_by_evidence(
    values: pd.DataFrame,
    table: FeatureTable,
    attributes: pd.DataFrame,
    accepted: pd.Series,
    *,
    trust: Sequence[str] = (),
) -> tuple[list[LeakSuspect], dict[str, float]]:
    """Test each column of leads for how much of the decision it gives away alone.

    Parameters
    ----------
    values : DataFrame of shape (n_leads, n_features)
        The computed features of the training leads, oldest first.
    table : FeatureTable
    attributes : DataFrame
        The source columns of the same leads.
    accepted : Series of shape (n_leads,)
        1 accepted, 0 rejected.
    trust : sequence of str
        Columns the settings vouch for.

    Returns
    -------
    suspects : list of LeakSuspect
    alone : dict of str to float
        The AUC of each column alone, from out-of-fold rates.
    """
    y = accepted.to_numpy(dtype=float)
    suspects: list[LeakSuspect] = []
    alone: dict[str, float] = {}
    for column, features in list_by_column(table, attributes).items():
        columns = {feature: values[feature.name] for feature in features}
        alone[column] = rank_alone(columns.values(), y)
        if column in trust:
            continue
        filled = attributes[column].notna().to_numpy()
        verdict = (
            _test_name(column, alone[column], len(y))
            or check_ranking(column, alone[column], len(y))
            or check_filling(column, filled, y, FILLED)
            or check_groups(column, columns, y)
        )
        if verdict is not None:
            suspects.append(verdict)
    return suspects, alone


def list_by_column(table: FeatureTable, attributes: pd.DataFrame) -> dict[str, list[Feature]]:
    """Return the columns of leads that are learned from, each with its features."""
    by_column: dict[str, list[Feature]] = {}
    for feature in table.features:
        if feature.source.startswith("leads.") and feature.column in attributes:
            by_column.setdefault(feature.column, []).append(feature)
    return by_column


def out_of_fold_rates(groups: pd.Series, accepted: np.ndarray) -> np.ndarray:
    """Return, for each lead, the acceptance rate of its group among the other folds.

    Folds interleave, so that a drifting base rate does not hide what a column knows.
    """
    codes, _levels = pd.factorize(groups)
    n_groups = int(codes.max()) + 1
    fold = np.arange(len(accepted)) % _FOLDS
    rates = np.empty(len(accepted))
    for held_out in range(_FOLDS):
        inside, outside = fold != held_out, fold == held_out
        count = np.bincount(codes[inside], minlength=n_groups)
        total = np.bincount(codes[inside], weights=accepted[inside], minlength=n_groups)
        base = accepted[inside].mean()
        rates[outside] = ((total + _PRIOR * base) / (count + _PRIOR))[codes[outside]]
    return rates


def group_values(values: pd.Series) -> pd.Series:
    """Return categories as they are and numbers in bins of equal count; missing is a group."""
    if not pd.api.types.is_numeric_dtype(values):
        return values.where(values.notna(), NOT_GIVEN)
    known = values.dropna().to_numpy()
    edges = np.unique(known)
    if len(edges) > _BINS:
        edges = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1], method="lower"))
    place = pd.Series(np.searchsorted(edges, values.to_numpy()), index=values.index, dtype=object)
    return place.where(values.notna(), NOT_GIVEN)


def is_nearly_settled(
    doubtful: int, leads: int, usual: float, *, tests: int = 1, left: float = CERTAINTY
) -> bool:
    """Return whether so few leads of a group disagree that hardly a doubt is left.

    Parameters
    ----------
    doubtful : int
        Leads of the group with the other answer.
    leads : int
        Leads of the group.
    usual : float
        Usual share of leads with the other answer.
    tests : int
        Groups looked at, over which the chance of an error is shared out (Bonferroni).
    left : float
        Share of the usual doubt that may be left.
    """
    from scipy.stats import binom

    if leads == 0 or doubtful > left * usual * leads:
        return False
    return bool(binom.cdf(doubtful, leads, RULED_OUT * usual) <= ERROR_RATE / tests)


def _is_surely_settled(leads: int, accepted: int, base: float) -> bool:
    """Return whether the group's rate is surely so extreme that hardly a doubt is left."""
    low, high = wilson_interval(accepted, leads)
    return bool(low >= 1 - CERTAINTY * (1 - base) or high <= CERTAINTY * base)


def rank_alone(columns: Iterable[pd.Series], accepted: np.ndarray) -> float:
    """Return the AUC of the best of some columns, each by itself, from out-of-fold rates."""
    from sklearn.metrics import roc_auc_score

    rates = (out_of_fold_rates(group_values(column), accepted) for column in columns)
    return max(float(roc_auc_score(accepted, rate)) for rate in rates)


def _test_name(column: str, auc: float, leads: int) -> LeakSuspect | None:
    """Test whether a column is named as sales names its notes, and knows something as well."""
    plain = re.sub(r"[\W_]+", " ", column).strip().casefold()
    if not _SUSPECT_NAME.search(plain) or _EARLIER.search(plain):
        return None
    if not SUSPECT_NAME_AUC <= auc < SETTLING_AUC:
        return None
    text = _(
        "named like something sales fills in after contact, and alone it ranks the {leads} "
        "leads with an AUC of {auc}"
    )
    evidence = Phrase(text, {"leads": leads, "auc": f"{auc:.2f}"})
    return LeakSuspect(column, "quarantined", evidence, leads, None, round(auc, 4))


def check_ranking(column: str, auc: float, leads: int) -> LeakSuspect | None:
    """Test whether a column alone ranks the leads nearly as they were decided."""
    if auc < SETTLING_AUC:
        return None
    text = _("alone it ranks the {leads} leads with an AUC of {auc}")
    evidence = Phrase(text, {"leads": leads, "auc": f"{auc:.2f}"})
    return LeakSuspect(column, "quarantined", evidence, leads, None, round(auc, 4))


def check_filling(
    column: str, filled: np.ndarray, accepted: np.ndarray, words: Mapping[bool, str]
) -> LeakSuspect | None:
    """Test whether being filled in, or being empty, settles the decision."""
    for state, text in words.items():
        mask = filled == state
        leads, won = int(mask.sum()), int(accepted[mask].sum())
        enough = leads >= MIN_FILLED and len(accepted) - leads >= MIN_FILLED
        if enough and _is_surely_settled(leads, won, float(accepted.mean())):
            evidence = Phrase(text, {"accepted": won, "leads": leads})
            return LeakSuspect(column, "quarantined", evidence, leads, won)
    return None


def check_groups(
    column: str, values: Mapping[Feature, pd.Series], accepted: np.ndarray
) -> LeakSuspect | None:
    """Test whether single levels, or ranges of a number, settle the decision."""
    found = [_test_values(column, feature, own, accepted) for feature, own in values.items()]
    verdicts = [suspect for suspect in found if suspect is not None]
    return min(verdicts, key=lambda suspect: suspect.action == "ask", default=None)


def _test_values(
    column: str, feature: Feature, values: pd.Series, accepted: np.ndarray
) -> LeakSuspect | None:
    """Test the groups of one feature of a column."""
    base = float(accepted.mean())
    frame = pd.DataFrame({"group": group_values(values).to_numpy(), "accepted": accepted})
    counted = frame.groupby("group", sort=False)["accepted"].agg(["size", "sum"]).astype(int)
    counted = counted[counted["size"] >= MIN_GROUP]
    levels = [(int(n), int(won), str(level)) for level, n, won in counted.itertuples()]
    covered = sum(n for n, won, _level in levels if _is_surely_settled(n, won, base))
    if covered >= SETTLED_SHARE * len(accepted):
        text = _("its values settle {covered} of {leads} leads nearly alone")
        evidence = Phrase(text, {"covered": covered, "leads": len(accepted)})
        return LeakSuspect(column, "quarantined", evidence, covered, None)
    is_number = feature.form == "number"
    named: list[_Group] = [
        (n, won, Phrase(level) if level == NOT_GIVEN else clean(level))
        for n, won, level in levels
        if level == NOT_GIVEN or not is_number
    ]
    if is_number:
        numbers = values.to_numpy(np.float64, na_value=np.nan)
        ranges = list_number_groups(numbers, accepted, least=MIN_GROUP)
        named += [
            (group.leads, group.accepted, group.label)
            for group in ranges
            if _stands_out(group, base)
        ]
    return _ask_about_settled(column, feature, named, base)


_Group: TypeAlias = tuple[int, int, Phrase | str]
"""Leads, how many of them sales accepted, and what they share."""


def _stands_out(group: NumberGroup, base: float) -> bool:
    """Return whether the leads beside a group are in doubt as usual.

    The ends of an honest strong number settle their leads too, but it gets there by and by.
    """
    from scipy.stats import binom

    most = group.accepted > base * group.leads
    usual = 1 - base if most else base
    doubtful = group.beside - group.beside_accepted if most else group.beside_accepted
    return bool(binom.cdf(doubtful, group.beside, DOUBT_BESIDE * usual) > ERROR_RATE)


def _ask_about_settled(
    column: str, feature: Feature, groups: Sequence[_Group], base: float
) -> LeakSuspect | None:
    """Ask about the largest group of leads that leaves hardly a doubt, if any does."""
    settled = [
        (n, won, level)
        for n, won, level in groups
        if is_nearly_settled(n - won, n, 1 - base, tests=2 * len(groups))
        or is_nearly_settled(won, n, base, tests=2 * len(groups))
    ]
    if not settled:
        return None
    leads, won, group = max(settled, key=lambda found: found[:2])
    text = _(
        "of the {leads} leads with “{level}” sales accepted {accepted}; "
        "known at hand-over? If not, exclude it"
    )
    shown = {"leads": leads, "level": _name_group(feature, group), "accepted": won}
    return LeakSuspect(column, "ask", Phrase(text, shown), leads, won)


def _name_group(feature: Feature, group: Phrase | str) -> Phrase | str:
    """Return a group as it is, or with the name of the derived feature."""
    if feature.recipe == "as_is":
        return group
    level = group if isinstance(group, Phrase) else Phrase(group)
    return Phrase("{column}: {level}", {"column": feature.label, "level": level})
