"""Leads whose acceptance is no sum of their columns, with known true probabilities.

The simulated company accepts mostly by sums. Here acceptance turns on either-ors and U shapes, on
columns with heavy tails, on relations that drift, or on a rep that no column shows, beside 0 to
150 columns of no worth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from tests.benchmarks.known_worlds import Floats, KnownWorld, name_columns

LEVELS = (4, 5, 12)
FIRST_CODE = 2
REPS = 8


@dataclass(frozen=True)
class Columns:
    """The columns that may matter: numbers and level codes, and each lead's place in time, 0 to 1.

    Attributes
    ----------
    numbers : ndarray of shape (n_leads, 4)
        Normal, log-normal, gamma, and Student's t with two degrees of freedom.
    levels : ndarray of int, shape (n_leads, 3)
    time : ndarray of shape (n_leads,)
    """

    numbers: Floats
    levels: np.ndarray
    time: Floats


Effect = Callable[[np.random.Generator, Columns], Floats]
"""Gives a part of the true log-odds, shape (n_leads,)."""


def add_sum(rng: np.random.Generator, columns: Columns) -> Floats:
    """A number, the logarithm of another, and levels of their own worth."""
    weights, worth = rng.normal(0, 0.6, 2), rng.normal(0, 0.5, LEVELS[2])
    numbers = weights[0] * columns.numbers[:, 0] + weights[1] * np.log(columns.numbers[:, 1])
    return np.asarray(numbers + worth[columns.levels[:, 2]], dtype=np.float64)


def add_either_or(rng: np.random.Generator, columns: Columns) -> Floats:
    """One of two columns, but not both: each alone says nothing."""
    size = rng.uniform(0.8, 1.5)
    odd = columns.levels[:, 0] % 2 == 1
    large = columns.numbers[:, 1] > np.median(columns.numbers[:, 1])
    return np.where(odd ^ large, size, -size)


def add_u_shape(rng: np.random.Generator, columns: Columns) -> Floats:
    """Both ends of a number, against its middle."""
    place = np.log(columns.numbers[:, 2] + 0.05)
    place = (place - place.mean()) / place.std()
    return np.asarray(rng.uniform(0.8, 1.4) * (np.abs(place) - 0.8), dtype=np.float64)


def add_heavy_tails(rng: np.random.Generator, columns: Columns) -> Floats:
    """A number with far outliers, which counts by its sign and its size."""
    tailed = columns.numbers[:, 3]
    return np.asarray(rng.uniform(0.6, 1.2) * np.sign(tailed) * np.log1p(np.abs(tailed)))


def add_drift(rng: np.random.Generator, columns: Columns) -> Floats:
    """A relation that turns half round, and a level that falls."""
    turn = rng.uniform(0.6, 1.0) * columns.numbers[:, 0] * np.cos(0.5 * np.pi * columns.time)
    worth = rng.normal(0, 0.6, (2, LEVELS[1]))[:, columns.levels[:, 1]]
    moved = (1 - columns.time) * worth[0] + columns.time * worth[1]
    return np.asarray(turn + moved - 0.6 * columns.time, dtype=np.float64)


def add_hidden_rep(rng: np.random.Generator, columns: Columns) -> Floats:
    """The rep who gets the lead, whom no column shows."""
    lenient = rng.normal(0, 0.4, REPS)
    return np.asarray(lenient[rng.integers(0, REPS, len(columns.time))], dtype=np.float64)


FAMILIES: Mapping[str, tuple[Effect, ...]] = {
    "sum": (add_sum,),
    "either-or": (add_sum, add_either_or),
    "U shape": (add_sum, add_u_shape),
    "either-or and U shape": (add_either_or, add_u_shape),
    "heavy tails": (add_sum, add_heavy_tails, add_either_or),
    "drift": (add_sum, add_drift),
    "hidden rep": (add_sum, add_hidden_rep),
    "all": (add_sum, add_either_or, add_u_shape, add_heavy_tails, add_drift, add_hidden_rep),
}


def make_tangled(family: str, n_leads: int, *, seed: int, useless: int = 0) -> KnownWorld:
    """Draw leads of a family.

    Parameters
    ----------
    family : str
        A key of `FAMILIES`.
    n_leads : int
        Decided leads, a quarter of them to judge on.
    seed : int
    useless : int
        Columns of no worth, two thirds of them numbers.
    """
    rng = np.random.default_rng([seed, n_leads, list(FAMILIES).index(family), 17])
    columns = Columns(
        numbers=np.column_stack(
            [
                rng.normal(size=n_leads),
                np.exp(rng.normal(0, 1.5, n_leads)),
                rng.gamma(1.2, 1.0, n_leads),
                rng.standard_t(2, n_leads),
            ]
        ),
        levels=np.column_stack([rng.integers(0, size, n_leads) for size in LEVELS]),
        time=np.linspace(0, 1, n_leads),
    )
    log_odds = np.sum([effect(rng, columns) for effect in FAMILIES[family]], axis=0)
    truth = special.expit(log_odds - log_odds.mean() + rng.uniform(-1.0, 0.3))
    n_numbers = round(2 * useless / 3)
    numbers = rng.normal(size=(n_leads, n_numbers))
    codes = rng.integers(FIRST_CODE, FIRST_CODE + 10, (n_leads, useless - n_numbers))
    forms = ["number"] * 4 + ["category"] * 3
    forms += ["number"] * n_numbers + ["category"] * (useless - n_numbers)
    return KnownWorld(
        X=np.column_stack([columns.numbers, columns.levels + FIRST_CODE, numbers, codes]),
        accepted=(rng.random(n_leads) < truth).astype(np.float64),
        truth=np.asarray(truth, dtype=np.float64),
        table=name_columns(forms),
    )
