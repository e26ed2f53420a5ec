"""Sample size of a trial that is read at any time: how many leads find a difference."""

from __future__ import annotations

import numpy as np

from models.arrays import Floats
from models.trials.evidence import RATIO_ALPHA, Design, doubt_ratio, log_money

POWER = 0.82
"""What the size is found by: four of five, and what simulation may be off by."""

LOOKS = 20
DRAWS = 2_000
_SEED = 20
_CLOSE = 1.02
_LEAST = 20


def find_size(design: Design, *, power: float = POWER) -> int:
    """Return the leads, both groups together, by which a difference is found.

    Parameters
    ----------
    design : Design
        Its `effect` is the difference to find: the rate rises by it from `centre`.
    power : float
        In what share of trials the interval lies above 0 by then.

    Returns
    -------
    int
        Found by simulated trials with a fixed seed, the same everywhere.
    """
    low = high = round(1.5 * _size_of_fixed(design))
    while find_power(design, high) < power:
        low, high = high, round(1.2 * high)
    while low > _LEAST and find_power(design, low) >= power:
        low, high = round(low / 1.2), low
    while high / low > _CLOSE and high - low > 1:
        middle = round(float(np.sqrt(low * high)))
        low, high = (low, middle) if find_power(design, middle) >= power else (middle, high)
    return high


def find_power(design: Design, size: int) -> float:
    """Return the share of trials of this size that find the difference."""
    random = np.random.default_rng(_SEED)
    steps = np.full(LOOKS, size // LOOKS) + (np.arange(LOOKS) < size % LOOKS)
    chances = count_chances(design.share, design.centre, design.centre + design.effect)
    counts = random.multinomial(steps, chances, size=(DRAWS, LOOKS)).cumsum(axis=1)
    flat = counts.reshape(-1, 4).astype(float)
    money = log_money(flat, design.parts, np.zeros(1), design.bets)
    found = money.reshape(DRAWS, LOOKS).max(axis=1) >= np.log(2 / design.alpha)
    return float(found.mean())


def find_loss(design: Design, size: int, *, power: float = 0.99) -> float | None:
    """Return the least share of one group's leads whose loss the ratio check notices.

    Parameters
    ----------
    design : Design
    size : int
        Leads that would be in both groups.
    power : float
        In what share of trials it is noticed by then.

    Returns
    -------
    float or None
        In steps of .05; None where even the loss of half a group may go unnoticed.
    """
    random = np.random.default_rng(_SEED)
    score = random.binomial(size, design.share, size=DRAWS)
    for percent in range(5, 55, 5):
        left = random.binomial(score, 1 - percent / 100)
        doubts = doubt_ratio(left[:, None], (size - score)[:, None], design.share)
        if (doubts >= 1 / RATIO_ALPHA).mean() >= power:
            return percent / 100
    return None


def count_chances(share: float, without: float, with_score: float) -> Floats:
    """Return the probability of each cell of `CELLS`, from the rates of both groups."""
    other = 1 - share
    return np.array(
        [share * with_score, share * (1 - with_score), other * without, other * (1 - without)]
    )


def _size_of_fixed(design: Design) -> int:
    """Return about what one look at the end would need: where to begin to look for the size."""
    spread = design.centre * (1 - design.centre) / (design.share * (1 - design.share))
    return max(_LEAST, round(7.85 * spread / design.effect**2))
