"""How rows of predictions compare: figures, paired intervals, mean ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.evaluation.metrics import calibration_error

Floats = NDArray[np.float64]

RESAMPLES = 2_000
_CHUNK = 250


def figures_of(y: Floats, p: Floats) -> dict[str, float]:
    """Return AUC, average precision, log-loss in nats and calibration error."""
    from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

    return {
        "auc": float(roc_auc_score(y, p)),
        "average_precision": float(average_precision_score(y, p)),
        "log_loss": float(log_loss(y, p)),
        "ece": float(calibration_error(y, np.clip(p, 0.0, 1.0))),
    }


def auc_differences(
    y: Floats, ours: Floats, others: Mapping[str, Floats], *, seed: int, resamples: int = RESAMPLES
) -> dict[str, tuple[float, float]]:
    """Return the 95 % interval of our AUC minus each other's, on the same resampled leads.

    Parameters
    ----------
    y : ndarray of shape (n_leads,)
        1 accepted, 0 rejected.
    ours : ndarray of shape (n_leads,)
    others : mapping of str to ndarray of shape (n_leads,)
    seed, resamples : int

    Returns
    -------
    dict of str to (low, high)
        The 2.5th and the 97.5th percentile over resamples of the leads with replacement; those
        without both decisions do not count.
    """
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[Floats]] = {name: [] for name in others}
    for _ in range(0, resamples, _CHUNK):
        times = rng.multinomial(len(y), np.full(len(y), 1 / len(y)), size=_CHUNK).T
        own = weighted_auc(y, ours, times)
        for name, p in others.items():
            drawn[name].append(own - weighted_auc(y, p, times))
    ends = {name: np.nanpercentile(np.concatenate(d), [2.5, 97.5]) for name, d in drawn.items()}
    return {name: (float(low), float(high)) for name, (low, high) in ends.items()}


def weighted_auc(y: Floats, p: Floats, times: NDArray[np.int64]) -> Floats:
    """Return the AUC of each resample.

    Parameters
    ----------
    y, p : ndarray of shape (n_leads,)
    times : ndarray of shape (n_leads, n_resamples)
        How often each lead was drawn.

    Returns
    -------
    ndarray of shape (n_resamples,)
        NaN where only one decision was drawn.
    """
    order = np.argsort(p, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(p[order]) > 0])
    accepted = np.add.reduceat(times[order] * y[order, None], starts, axis=0)
    rejected = np.add.reduceat(times[order] * (1 - y[order, None]), starts, axis=0)
    # A pair tied in score counts half.
    below = np.cumsum(rejected, axis=0) - rejected / 2
    pairs = accepted.sum(axis=0) * rejected.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((accepted * below).sum(axis=0) / pairs, dtype=np.float64)


def mean_ranks(cases: Sequence[Mapping[str, float]], *, highest_first: bool) -> dict[str, float]:
    """Return the mean rank of each row that is there in every case; 1 is best, ties share.

    Parameters
    ----------
    cases : sequence of mapping of str to float
        The figure of each row.
    highest_first : bool
        Whether more is better.
    """
    table = pd.DataFrame(list(cases)).dropna(axis="columns")
    ranks = table.rank(axis="columns", ascending=not highest_first)
    return {str(name): float(rank) for name, rank in ranks.mean().items()}
