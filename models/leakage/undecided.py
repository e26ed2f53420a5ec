"""Leak evidence from undecided leads: what only decided leads have was filled in later."""

from __future__ import annotations

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
NEIGHBOURS = 50
"""Decided leads, before and after in time, that an undecided lead is compared with."""
_POOLED = 0.05


def find_beside_undecided(
    tables: Tables, table: FeatureTable, rule: pd.Series
) -> list[LeakSuspect]:
    """Compare each column between decided and undecided leads of the same time.

    Parameters
    ----------
    tables : Tables
        What sales decided is not looked at, only whether it has.
    table : FeatureTable
        Names the columns that are learned from.
    rule : Series of str, shape (n_episodes,)
        As in `features.labels.Labels`.

    Returns
    -------
    list of LeakSuspect
        Empty where silence counts as an answer: nobody is undecided then.
    """
    if tables.settings.decision.present_means is not None:
        return []
    answered = tables.episodes["decision"].notna()
    decided = answered & rule.isin(["used", "not_matured"])
    undecided = ~answered & rule.isin(["untouched", "not_matured"])
    if undecided.sum() < MIN_UNDECIDED or not decided.any():
        return []
    weight = _match_in_time(_order(tables), decided, undecided)
    found = []
    for column in list_by_column(table, tables.attributes):
        if column not in tables.settings.features.trust:
            values = tables.attributes[column]
            verdict = _test(column, values[decided], weight, values[undecided])
            found += [] if verdict is None else [verdict]
    return found


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


def _test(
    column: str, decided: pd.Series, weight: Floats, undecided: pd.Series
) -> LeakSuspect | None:
    """Test whether the column is filled, or changed, once a lead has been decided."""
    shares = _compare(decided, weight, undecided)
    is_number = pd.api.types.is_numeric_dtype(decided)
    return _test_filling(column, shares, len(undecided)) or _test_values(
        column, shares, len(undecided), is_number=is_number
    )


def _compare(decided: pd.Series, weight: Floats, undecided: pd.Series) -> pd.DataFrame:
    """Return the share of each value, rare ones pooled, among decided and undecided leads."""
    both = pd.concat([decided, undecided], ignore_index=True)
    if pd.api.types.is_datetime64_any_dtype(both):
        # Every date is another; what can be compared is whether there is one.
        both = both.notna().map({True: OTHER, False: NOT_GIVEN})
    codes, levels = pd.factorize(group_values(both))
    n = len(decided)
    usual = np.bincount(codes[:n], weights=weight, minlength=len(levels)) / weight.sum()
    seen = np.bincount(codes[n:], minlength=len(levels)) / len(undecided)
    shares = pd.DataFrame({"level": levels.astype(str), "decided": usual, "undecided": seen})
    rare = (usual < _POOLED) & (seen < _POOLED) & (shares["level"] != NOT_GIVEN)
    shares["level"] = shares["level"].mask(rare, OTHER)
    return shares.groupby("level", sort=False)[["decided", "undecided"]].sum()


def _test_filling(column: str, shares: pd.DataFrame, leads: int) -> LeakSuspect | None:
    usual, seen = (float(share) for share in shares.drop(index=NOT_GIVEN, errors="ignore").sum())
    gap = abs(usual - seen)
    if gap < GAP_ASK and not _is_unseen(usual, seen, leads, tests=1):
        return None
    text = _(
        "filled in for {decided} % of the decided leads and for {undecided} % of the "
        "{leads} undecided ones of the same time"
    )
    shown = {"decided": to_percent(usual), "undecided": to_percent(seen), "leads": leads}
    return LeakSuspect(column, _choose(gap), Phrase(text, shown), leads)


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
