"""Leak evidence from undecided leads: what only decided leads have was filled in later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.contract.tables import Tables
from features.language import Phrase
from features.language import translatable as _
from features.matrix.definitions import NOT_GIVEN, OTHER
from features.matrix.feature_table import FeatureTable
from features.text import clean
from models.arrays import Floats
from models.leakage.evidence import group_values, is_nearly_settled, list_by_column
from models.leakage.suspect import Action, LeakSuspect, to_percent

MIN_UNDECIDED = 30
GAP_QUARANTINE = 0.80
GAP_ASK = 0.50
MIN_SHARE = 0.15
"""Share of the decided leads from which a value that undecided leads never have is asked about."""
LEFT = 0.15
"""Share of the usual that undecided leads may have of what sales fills in with its answer."""
ONE_ANSWER = 0.20
"""Share of the usual doubt that is left where sales answers nearly always alike."""
NEIGHBOURS = 50
"""Decided leads, before and after in time, that an undecided lead is compared with."""
_POOLED = 0.05


@dataclass(frozen=True)
class Matched:
    """Decided and undecided leads of the same time.

    Attributes
    ----------
    decided, undecided : Series of bool, shape (n_episodes,)
    weight : ndarray of shape (n_decided,)
        How many undecided leads of its time each decided lead stands for.
    accepted : Series of shape (n_training,)
        1 accepted, 0 rejected, of the decided leads that may be looked at.
    """

    decided: pd.Series
    undecided: pd.Series
    weight: Floats
    accepted: pd.Series


@dataclass(frozen=True)
class FillingWords:
    """Sentences about being filled in: by itself, and with one answer of sales."""

    plain: str
    one_answer: str


_COLUMN = FillingWords(
    _(
        "filled in for {decided} % of the decided leads and for {undecided} % of the "
        "{leads} undecided ones of the same time"
    ),
    _(
        "filled in for {decided} % of the decided leads and for {undecided} % of the "
        "{leads} undecided ones of the same time; where it is, sales accepted {accepted} of {known}"
    ),
)


def match_undecided(tables: Tables, rule: pd.Series, accepted: pd.Series) -> Matched | None:
    """Match decided leads with undecided ones.

    Parameters
    ----------
    tables : Tables
    rule : Series of str, shape (n_episodes,)
        As in `features.labels.Labels`.
    accepted : Series of shape (n_training,)
        1 accepted, 0 rejected, of the training leads.

    Returns
    -------
    Matched or None
        None where too few are undecided, or silence counts as an answer: nobody is then.
    """
    if tables.settings.decision.present_means is not None:
        return None
    answered = tables.episodes["decision"].notna()
    decided = answered & rule.isin(["used", "not_matured"])
    undecided = ~answered & rule.isin(["untouched", "not_matured"])
    if undecided.sum() < MIN_UNDECIDED or not decided.any():
        return None
    weight = _match_in_time(_order(tables), decided, undecided)
    return Matched(decided, undecided, weight, accepted.astype(float))


def find_beside_undecided(
    tables: Tables, table: FeatureTable, matched: Matched
) -> list[LeakSuspect]:
    """Compare each column between decided and undecided leads of the same time.

    Parameters
    ----------
    tables : Tables
    table : FeatureTable
        Names the columns that are learned from.
    matched : Matched

    Returns
    -------
    list of LeakSuspect
    """
    found = []
    for column in list_by_column(table, tables.attributes):
        if column not in tables.settings.features.trust:
            verdict = compare_values(column, tables.attributes[column], matched)
            found += [] if verdict is None else [verdict]
    return found


def compare_values(
    column: str, values: pd.Series, matched: Matched, words: FillingWords = _COLUMN
) -> LeakSuspect | None:
    """Test whether a column is filled, or changed, once a lead has been decided.

    Parameters
    ----------
    column : str
    values : Series of shape (n_episodes,)
    matched : Matched
    words : FillingWords
    """
    groups = _group(pd.concat([values[matched.decided], values[matched.undecided]]))
    shares, leads = _compare(groups, matched), int(matched.undecided.sum())
    is_number = pd.api.types.is_numeric_dtype(values)
    return (
        _test_answer(column, groups, shares, matched, words)
        or _test_filling(column, shares, leads, words)
        or _test_values(column, shares, leads, is_number=is_number)
    )


def _order(tables: Tables) -> pd.Series | None:
    """Return the time or order of leads, if there is one."""
    if tables.order == "none":
        return None
    return tables.episodes["handed_over_at" if tables.timed else "sequence"]


def _match_in_time(order: pd.Series | None, decided: pd.Series, undecided: pd.Series) -> Floats:
    """Return a weight for each decided lead: how many undecided leads of its time it matches.

    The newest leads are the undecided ones, and a column that was introduced or given up lately
    differs honestly: each undecided lead is compared with its neighbours in time alone.
    """
    n = int(decided.sum())
    if order is None:
        return np.ones(n)
    times = order[decided].to_numpy()
    by_time = np.argsort(times, kind="stable")
    place = np.searchsorted(times[by_time], order[undecided].to_numpy())
    width = min(2 * NEIGHBOURS, n)
    first = np.clip(place - NEIGHBOURS, 0, n - width)
    steps = np.zeros(n + 1)
    np.add.at(steps, first, 1.0)
    np.add.at(steps, first + width, -1.0)
    weight = np.empty(n)
    weight[by_time] = np.cumsum(steps)[:-1]
    return weight


def _group(values: pd.Series) -> pd.Series:
    """Return the group of each value; of times, which are all different, whether there is one."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.notna().map({True: OTHER, False: NOT_GIVEN})
    return group_values(values).astype(str)


def _compare(groups: pd.Series, matched: Matched) -> pd.DataFrame:
    """Return the share of each value, rare ones pooled, among decided and undecided leads."""
    codes, levels = pd.factorize(groups)
    n = len(matched.weight)
    weight, undecided = matched.weight, len(groups) - n
    usual = np.bincount(codes[:n], weights=weight, minlength=len(levels)) / weight.sum()
    seen = np.bincount(codes[n:], minlength=len(levels)) / undecided
    shares = pd.DataFrame({"level": levels, "decided": usual, "undecided": seen})
    rare = (usual < _POOLED) & (seen < _POOLED) & (shares["level"] != NOT_GIVEN)
    shares["level"] = shares["level"].mask(rare, OTHER)
    return shares.groupby("level", sort=False)[["decided", "undecided"]].sum()


def _test_answer(
    column: str, groups: pd.Series, shares: pd.DataFrame, matched: Matched, words: FillingWords
) -> LeakSuspect | None:
    """Test whether what undecided leads lack goes with one answer of sales.

    Either may have a reason that was there at hand-over; both together are a note of sales.
    """
    leads = int(matched.undecided.sum())
    filled = shares.drop(index=NOT_GIVEN, errors="ignore")
    lacking = [
        is_nearly_settled(round(seen * leads), leads, usual, tests=len(filled), left=LEFT)
        for usual, seen in filled.to_numpy().tolist()
    ]
    text = _(
        "values that {decided} % of the decided leads have and {undecided} % of the {leads} "
        "undecided ones of the same time; with them sales accepted {accepted} of {known}"
    )
    # Rare values are pooled in the shares alone, so they are taken as a whole or not at all.
    named = filled[lacking].drop(index=OTHER, errors="ignore")
    for levels, said in ((filled, words.one_answer), (named, text)):
        usual, seen = (float(share) for share in levels.sum())
        own = groups.isin(levels.index) if levels is named else groups != NOT_GIVEN
        answers = matched.accepted[own.reindex(matched.accepted.index, fill_value=False)]
        gone = is_nearly_settled(round(seen * leads), leads, usual, left=LEFT)
        if usual >= MIN_SHARE and gone and _is_one_answer(answers, matched.accepted):
            shown = {"decided": to_percent(usual), "undecided": to_percent(seen), "leads": leads}
            shown |= {"accepted": int(answers.sum()), "known": len(answers)}
            return LeakSuspect(column, "quarantined", Phrase(said, shown), leads)
    return None


def _is_one_answer(answers: pd.Series, accepted: pd.Series) -> bool:
    """Return whether sales answered some leads nearly always alike, and not all leads so."""
    won, leads, base = int(answers.sum()), len(answers), float(accepted.mean())
    return is_nearly_settled(
        leads - won, leads, 1 - base, tests=2, left=ONE_ANSWER
    ) or is_nearly_settled(won, leads, base, tests=2, left=ONE_ANSWER)


def _test_filling(
    column: str, shares: pd.DataFrame, leads: int, words: FillingWords
) -> LeakSuspect | None:
    usual, seen = (float(share) for share in shares.drop(index=NOT_GIVEN, errors="ignore").sum())
    gap = abs(usual - seen)
    if gap < GAP_ASK and not _is_unseen(usual, seen, leads, tests=1):
        return None
    shown = {"decided": to_percent(usual), "undecided": to_percent(seen), "leads": leads}
    return LeakSuspect(column, _choose(gap), Phrase(words.plain, shown), leads)


def _test_values(
    column: str, shares: pd.DataFrame, leads: int, *, is_number: bool
) -> LeakSuspect | None:
    gap = 0.5 * float((shares["decided"] - shares["undecided"]).abs().sum())
    if is_number:
        if gap < GAP_ASK:
            return None
        text = _(
            "{gap} % of its numbers differ between the decided leads and the {leads} undecided "
            "ones of the same time"
        )
        evidence = Phrase(text, {"gap": to_percent(gap), "leads": leads})
        return LeakSuspect(column, _choose(gap), evidence, leads)
    levels = shares.drop(index=[NOT_GIVEN, OTHER], errors="ignore")
    if gap < GAP_ASK:
        unseen = [
            _is_unseen(float(usual), float(seen), leads, tests=len(levels))
            for usual, seen in levels.to_numpy()
        ]
        levels = levels[unseen]
    if levels.empty:
        return None
    difference = (levels["decided"] - levels["undecided"]).abs().to_numpy()
    widest = int(difference.argmax())
    usual, seen = levels.to_numpy()[widest]
    text = _(
        "“{level}” is there for {decided} % of the decided leads and for {undecided} % of "
        "the {leads} undecided ones of the same time"
    )
    shown = {"level": clean(str(levels.index[widest])), "decided": to_percent(usual)}
    shown |= {"undecided": to_percent(seen), "leads": leads}
    return LeakSuspect(column, _choose(gap), Phrase(text, shown), leads)


def _is_unseen(usual: float, seen: float, leads: int, *, tests: int) -> bool:
    """Return whether undecided leads lack what is common among decided ones."""
    return usual >= MIN_SHARE and is_nearly_settled(round(seen * leads), leads, usual, tests=tests)


def _choose(gap: float) -> Action:
    return "quarantined" if gap >= GAP_QUARANTINE else "ask"
