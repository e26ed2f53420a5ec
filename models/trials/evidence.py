"""Confidence sequences: the difference of two proportions, however often one looks.

Each lead is in the group of the score with probability `share`. What it adds to the difference is

    x = (y - centre) / share  in that group,  -(y - centre) / (1 - share)  in the other,

whose mean is the difference of the groups' rates whatever `centre` is, as the groups are drawn by
chance; a `centre` fixed beforehand near the rate makes x vary little. A gambler who bets the same
small part of his money on each lead that the difference is over d loses in the long run where it is
not: his money, 1 at first, ever reaches 1 / alpha with probability alpha at most (Ville). What he
has become rich against at any time is excluded for good. Several gamblers share the money, as the
best bet depends on the difference. Nothing is approximate, nothing has to be planned for a look,
and the rates themselves may change from week to week.

References
----------
Waudby-Smith and Ramdas (2024), Estimating means of bounded random variables by betting, JRSS B 86.
Howard, Ramdas, McAuliffe and Sekhon (2021), Time-uniform, nonparametric, nonasymptotic confidence
sequences, Annals of Statistics 49.
Lindon and Malek (2022), Anytime-valid inference for multinomial count data, NeurIPS 35.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models.arrays import Floats

CELLS = ("score, yes", "score, no", "other, yes", "other, no")
"""What a lead can come to, in the order in which counts stand."""

RATIO_ALPHA = 0.01
"""How often the ratio check doubts groups that are as planned, all looks together."""

RATIO_CONCENTRATION = 400.0
"""How near a faulty ratio is expected to the planned one: a deviation of 2.5 points is usual."""

# The best bet is in proportion to the difference; in logarithms of 2.
_STEPS = np.array([-1.0, -0.5, 0.0])
_SAFE = 0.95
_HALVINGS = 26


@dataclass(frozen=True)
class Design:
    """What is fixed of a trial before its first lead.

    Attributes
    ----------
    share : float
        Of the leads in the group of the score.
    centre : float
        The rate expected without it.
    effect : float
        The difference worth finding, over 0; the bets are best where it is true, and valid always.
    alpha : float
        How often a reading may exclude the truth, all looks and both sides together.
    """

    share: float
    centre: float
    effect: float
    alpha: float = 0.05

    @property
    def parts(self) -> Floats:
        """Return what a lead of each cell adds to the difference."""
        yes, no = 1 - self.centre, -self.centre
        other = 1 - self.share
        return np.array([yes / self.share, no / self.share, -yes / other, -no / other])

    @property
    def bets(self) -> Floats:
        """Return the parts of his money that each gambler bets: about the best and around it."""
        spread = self.centre * (1 - self.centre) * (1 / self.share + 1 / (1 - self.share))
        # No bet may cost more than there is, whatever the lead and the difference bet against.
        most = _SAFE / (1 + np.abs(self.parts).max())
        return np.asarray(np.minimum(self.effect / max(spread, 1e-9) * 2.0**_STEPS, most))


def bound_difference(counts: Floats, design: Design) -> tuple[Floats, Floats]:
    """Return the bounds of the difference at each look.

    Parameters
    ----------
    counts : array of shape (..., n_looks, 4)
        Leads up to each look by cell, as `CELLS` has them; before that, trials of their own.
    design : Design

    Returns
    -------
    low, high : array of shape (..., n_looks)
        The true difference lies within all of them with probability 1 - alpha. From look to look
        they only close in; where low is over high, the difference itself has changed.
    """
    flat = np.asarray(counts, float).reshape(-1, len(CELLS))
    low = _bound_below(flat, design.parts, design).reshape(counts.shape[:-1])
    high = -_bound_below(flat, -design.parts, design).reshape(counts.shape[:-1])
    return np.maximum.accumulate(low, axis=-1), np.minimum.accumulate(high, axis=-1)


def log_money(counts: Floats, parts: Floats, against: Floats, bets: Floats) -> Floats:
    """Return the logarithm of what betting against differences has made of 1.

    Parameters
    ----------
    counts : array of shape (n, 4)
    parts : array of shape (4,)
        What a lead of each cell adds.
    against : array of shape (n,)
        The difference bet against: that the truth is over it.
    bets : array of shape (n_bets,)

    Returns
    -------
    array of shape (n,)
    """
    from scipy.special import logsumexp

    gains = np.log1p(bets * (parts - against[:, None])[:, :, None])
    grown = logsumexp(np.einsum("nc,ncb->nb", counts, gains), axis=1)
    return np.asarray(grown - np.log(len(bets)))


def _bound_below(counts: Floats, parts: Floats, design: Design) -> Floats:
    """Return the highest difference that is excluded from below; the money falls with it."""
    enough, bets = np.log(2 / design.alpha), design.bets
    low, high = np.full(len(counts), -1.0), np.full(len(counts), 1.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        excluded = log_money(counts, parts, middle, bets) >= enough
        low, high = np.where(excluded, middle, low), np.where(excluded, high, middle)
    # Nothing is excluded yet where even the least difference stands.
    bound: Floats = np.where(low < -1 + 1e-6, -1.0, low)
    return bound


def doubt_ratio(in_score: ArrayLike, in_other: ArrayLike, share: float) -> Floats:
    """Return how strongly the sizes of the groups speak against the planned ratio.

    Parameters
    ----------
    in_score, in_other : array of shape (..., n_looks)
        Leads up to each look; before the last axis, trials of their own.
    share : float
        Planned for the group of the score.

    Returns
    -------
    array of the same shape
        The greatest Bayes factor so far; with the right ratio it ever reaches 1 / a with
        probability a at most.
    """
    from scipy.special import betaln

    a, b = RATIO_CONCENTRATION * share, RATIO_CONCENTRATION * (1 - share)
    score, other = np.asarray(in_score, float), np.asarray(in_other, float)
    factor = betaln(a + score, b + other) - betaln(a, b)
    factor = factor - score * np.log(share) - other * np.log1p(-share)
    # So strong a doubt is certainty; an exponential beyond it would overflow.
    return np.asarray(np.exp(np.minimum(np.maximum.accumulate(factor, axis=-1), 700.0)))
