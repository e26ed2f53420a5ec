"""Drift tests of one input: a month's groups against those of the reference.

A difference counts where two things hold: chance alone would hardly make it, in view of how many
leads there are and how many features are looked at, and it is large enough to matter. The first
keeps small months quiet, the second large ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Counts = NDArray[np.float64]

MIN_EXPECTED = 5.0
"""Smallest number of leads expected in a group for it to be compared by itself."""


@dataclass(frozen=True)
class Drift:
    """How far the leads of one feature have moved between its groups.

    Attributes
    ----------
    psi : float
        Population stability index, at least 0; groups too rare to compare are pooled.
    by_chance : float
        The index that chance alone would show on average.
    distance : float
        Share of leads that would have to change their group, 0 to 1.
    p : float
        Chance of so large a difference where nothing has changed, of this feature alone.
    """

    psi: float
    by_chance: float
    distance: float
    p: float

    @property
    def beyond_chance(self) -> float:
        """Return what the index shows above its mean under chance, at least 0."""
        return max(0.0, self.psi - self.by_chance)


def measure_drift(reference: ArrayLike, current: ArrayLike, *, alone: ArrayLike = ()) -> Drift:
    """Compare two sets of leads, counted by the same groups.

    Parameters
    ----------
    reference, current : array-like of shape (n_groups,)
        Leads per group; each has at least one lead in all.
    alone : array-like of int
        Groups that are also looked at by themselves, however rare: leads without a value, and
        values never seen. Few of them matter much, and would drown in the comparison of all.

    Returns
    -------
    Drift

    Raises
    ------
    ValueError
        If the groups differ, a count is negative, or a set is empty: a fault of the caller.

    Notes
    -----
    Where nothing has changed, the index over ``1 / n + 1 / m`` follows a chi-squared
    distribution with one degree of freedom less than groups, nearly; so its mean under chance.
    The p-value is that of Pearson's test of homogeneity, and of Fisher's exact test for each
    group alone, the smallest times their number (Bonferroni).

    References
    ----------
    Yurdakul, B. and Naranjo, J. (2020). Statistical properties of the population stability
    index. Journal of Risk Model Validation 14(4).

    Examples
    --------
    >>> drift = measure_drift([500, 300, 200], [100, 300, 600])
    >>> drift.p < 0.001
    True
    >>> round(drift.psi, 2)
    1.08
    """
    before, now = _check_counts(reference, current)
    n, m = before.sum(), now.sum()
    pooled = pool_rare(before, now)
    chances = [_test_homogeneity(*pooled)]
    chances += [_test_share(before[i], n, now[i], m) for i in np.asarray(alone, dtype=int)]
    groups = pooled.shape[1]
    return Drift(
        psi=stability_index(*pooled),
        by_chance=float((groups - 1) * (1 / n + 1 / m)),
        distance=float(np.abs(before / n - now / m).sum() / 2),
        p=min(1.0, len(chances) * min(chances)),
    )


def stability_index(reference: ArrayLike, current: ArrayLike) -> float:
    """Return the population stability index of two counts by the same groups.

    Half a lead is added to every group of both, so that an empty one does not make it infinite.

    References
    ----------
    Siddiqi, N. (2006). Credit risk scorecards. Wiley. Its index is the symmetric divergence of
    Kullback and Leibler (1951), On information and sufficiency.

    Examples
    --------
    >>> round(stability_index([500, 300, 200], [500, 300, 200]), 6)
    0.0
    """
    before, now = _check_counts(reference, current)
    p = (before + 0.5) / (before + 0.5).sum()
    q = (now + 0.5) / (now + 0.5).sum()
    return float(((q - p) * np.log(q / p)).sum())


def pool_rare(reference: Counts, current: Counts) -> Counts:
    """Return both counts with the groups too rare to compare as one, shape (2, n_kept).

    A group is kept where chance is expected to put 5 leads of either set into it.
    """
    both = reference + current
    smaller = min(reference.sum(), current.sum())
    rare = both * smaller / both.sum() < MIN_EXPECTED
    counts = np.stack([reference, current])
    rest = counts[:, rare].sum(axis=1, keepdims=True)
    kept = counts[:, ~rare]
    if kept.shape[1] == 0 or rest.sum() * smaller / both.sum() >= MIN_EXPECTED:
        return np.hstack([kept, rest])
    if rest.sum():
        # Too few even together: they join the smallest group that is large enough.
        kept[:, [kept.sum(axis=0).argmin()]] += rest
    return kept


def adjust(chances: ArrayLike) -> NDArray[np.float64]:
    """Return p-values that hold for all of them together, by Holm's step-down method.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian
    Journal of Statistics 6, 65-70.
    """
    p = np.asarray(chances, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def _check_counts(reference: ArrayLike, current: ArrayLike) -> tuple[Counts, Counts]:
    before = np.asarray(reference, dtype=np.float64)
    now = np.asarray(current, dtype=np.float64)
    if before.ndim != 1 or before.shape != now.shape:
        raise ValueError("both must be counted by the same groups")
    if min(before.min(initial=0), now.min(initial=0)) < 0:
        raise ValueError("a count of leads cannot be negative")
    if before.sum() == 0 or now.sum() == 0:
        raise ValueError("there are no leads to compare")
    return before, now


def _test_homogeneity(before: Counts, now: Counts) -> float:
    if len(before) < 2:
        return 1.0
    return float(stats.chi2_contingency([before, now], correction=False).pvalue)


def _test_share(k: float, n: float, found: float, m: float) -> float:
    """Return Fisher's exact p-value that a group's share is the same in both."""
    table = np.rint([[k, n - k], [found, m - found]]).astype(int)
    return float(stats.fisher_exact(table).pvalue)
