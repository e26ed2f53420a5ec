"""Honest columns to plant in a simulated CRM: known at hand-over, useless to strong, often odd."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import ndtri

from tests.benchmarks.leak_plants import Known, Planter, Rng, Values, only, pick, write_times

STRONG_AUC = 0.80


def _levels(count: int, slope: float = 1.0) -> Planter:
    """Return a planter of levels whose frequencies fall as in real exports."""

    def plant(rng: Rng, known: Known) -> Values:
        weight = np.arange(1, count + 1) ** -slope
        names = np.array([f"value {i}" for i in range(count)], dtype=object)
        return rng.choice(names, known.size, p=weight / weight.sum())

    return plant


def _normal(rng: Rng, known: Known) -> Values:
    return rng.normal(size=known.size).round(3)


def _skewed(rng: Rng, known: Known) -> Values:
    return rng.lognormal(4, 2, known.size).round(1)


def _heavy_tailed(rng: Rng, known: Known) -> Values:
    return rng.standard_cauchy(known.size).round(2)


def _rare_count(rng: Rng, known: Known) -> Values:
    return rng.poisson(0.3, known.size)


def _flag(rng: Rng, known: Known) -> Values:
    return (rng.random(known.size) < 0.1).astype(int)


def _nearly_constant(rng: Rng, known: Known) -> Values:
    return np.where(rng.random(known.size) < 0.995, "standard", "special")


def _number_with_gaps(rng: Rng, known: Known) -> Values:
    return only(rng.uniform(0, 100, known.size).round(1), rng.random(known.size) < 0.6)


def _filled_for(share: float) -> Planter:
    def plant(rng: Rng, known: Known) -> Values:
        return only(pick(rng, known, "red|green|blue"), rng.random(known.size) < share)

    return plant


def _message(rng: Rng, known: Known) -> Values:
    words = np.array("please send prices for our team next month demo offer trial".split())
    drawn = rng.choice(words, (known.size, 6))
    return np.array([" ".join((*row, str(i))) for i, row in enumerate(drawn)], dtype=object)


def _since_half_way(rng: Rng, known: Known) -> Values:
    asked = (known.age > rng.uniform(0.3, 0.7)) & (rng.random(known.size) < 0.95)
    return only(pick(rng, known, "1 to 10|11 to 50|51 to 200|more"), asked)


def _lately(rng: Rng, known: Known) -> Values:
    asked = (known.age > rng.uniform(0.8, 0.9)) & (rng.random(known.size) < 0.95)
    return only(rng.normal(50, 9, known.size).round(1), asked)


def _given_up(rng: Rng, known: Known) -> Values:
    asked = (known.age < rng.uniform(0.3, 0.8)) & (rng.random(known.size) < 0.95)
    return only(pick(rng, known, "yes|no"), asked)


def _renamed_levels(rng: Rng, known: Known) -> Values:
    old, new = pick(rng, known, "Web|Fair|Mail"), pick(rng, known, "Website|Trade fair|E-mail")
    return np.where(known.age < rng.uniform(0.6, 0.9), old, new)


def _medium_levels(rng: Rng, known: Known) -> Values:
    return _cut(_score(rng, known, 0.65), 8, rng)


def _medium_number(rng: Rng, known: Known) -> Values:
    return np.exp(_score(rng, known, 0.68)).round(3)


def _filled_by_the_keen(rng: Rng, known: Known) -> Values:
    keen = rng.random(known.size) < np.where(known.accepted, 0.75, 0.55)
    return only(pick(rng, known, "this month|this quarter|this year"), keen)


def _left_lying(rng: Rng, known: Known) -> Values:
    reachable = rng.random(known.size) < np.where(known.undecided, 0.4, 0.65)
    return only(rng.integers(1, 20, known.size), reachable)


def _lazily_handled(rng: Rng, known: Known) -> Values:
    late, soon = pick(rng, known, "south|north|east"), pick(rng, known, "north|east|west|south")
    return np.where(known.undecided & (rng.random(known.size) < 0.6), late, soon)


def _asked_before(rng: Rng, known: Known) -> Values:
    days = pd.to_timedelta(rng.exponential(15, known.size).round(4), unit="D")
    return write_times(known.handed - days, rng.random(known.size) < 0.7)


def _day_of_visit(rng: Rng, known: Known) -> Values:
    days = pd.to_timedelta(rng.integers(0, 9, known.size), unit="D")
    return write_times(known.handed - days, rng.random(known.size) < 0.4, "%d/%m/%Y")


def _score(rng: Rng, known: Known, auc: float) -> Values:
    """Draw a normal number that alone ranks accepted above rejected leads with this AUC."""
    gap = np.sqrt(2) * ndtri(auc)
    # Undecided leads are a mixture of both.
    wanted = known.accepted | (known.undecided & (rng.random(known.size) < known.accepted.mean()))
    score: Values = gap * wanted + rng.normal(size=known.size)
    return score


def _cut(score: Values, count: int, rng: Rng) -> Values:
    """Cut a score into levels of about equal size with names in no order."""
    ranks = pd.Series(score).rank(pct=True).to_numpy()
    names = rng.permutation([f"value {i}" for i in range(count)]).astype(object)
    cut: Values = names[np.minimum((ranks * count).astype(int), count - 1)]
    return cut


def _strong_number(rng: Rng, known: Known) -> Values:
    return _score(rng, known, STRONG_AUC).round(3)


def _strong_skewed(rng: Rng, known: Known) -> Values:
    skewed: Values = np.exp(4 + _score(rng, known, STRONG_AUC)).round()
    return skewed


def _strong_with_gaps(rng: Rng, known: Known) -> Values:
    return only(_score(rng, known, 0.845).round(2), rng.random(known.size) < 0.85)


def _strong_levels(rng: Rng, known: Known) -> Values:
    return _cut(_score(rng, known, 0.81), 6, rng)


def _strong_many_levels(rng: Rng, known: Known) -> Values:
    return _cut(_score(rng, known, 0.81), 30, rng)


HONEST: Mapping[str, Planter] = {
    "normal number": _normal,
    "skewed number": _skewed,
    "heavy-tailed number": _heavy_tailed,
    "rare count": _rare_count,
    "flag": _flag,
    "nearly constant": _nearly_constant,
    "number with gaps": _number_with_gaps,
    "3 levels": _levels(3),
    "12 levels": _levels(12),
    "40 levels": _levels(40),
    "120 levels": _levels(120),
    "300 levels": _levels(300, 0.5),
    "filled for 3 %": _filled_for(0.03),
    "filled for 15 %": _filled_for(0.15),
    "filled for 50 %": _filled_for(0.5),
    "message": _message,
    "asked since half-way": _since_half_way,
    "asked lately": _lately,
    "asked no longer": _given_up,
    "levels renamed": _renamed_levels,
    "levels, AUC .65": _medium_levels,
    "number, AUC .68": _medium_number,
    "filled by the keen": _filled_by_the_keen,
    "emptier for undecided": _left_lying,
    "region of lazy reps": _lazily_handled,
    "date before": _asked_before,
    "day before, or the same": _day_of_visit,
}
STRONG: Mapping[str, Planter] = {
    "number": _strong_number,
    "skewed number": _strong_skewed,
    "number with gaps": _strong_with_gaps,
    "6 levels": _strong_levels,
    "30 levels": _strong_many_levels,
}
