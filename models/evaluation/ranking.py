"""AUC and average precision, from leads counted at or above each distinct score.

Leads tied in score count together, so that no figure depends on the order of the rows. Counts may
be weighted, as by a bootstrap, or fractional, as where only the chance of acceptance is known.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.arrays import Floats


def ends_of_ties(ordered: Floats) -> NDArray[np.intp]:
    """Return the last position of each run of equal scores.

    Parameters
    ----------
    ordered : ndarray of shape (n_leads,)
        Scores in falling order.
    """
    return np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True])


def area_under_roc(accepted: Floats, rejected: Floats) -> Floats:
    """Return the share of pairs of an accepted and a rejected lead in the right order.

    Parameters
    ----------
    accepted, rejected : ndarray of shape (..., n_scores)
        How many accepted and rejected leads have this score or a higher one, the highest first.

    Returns
    -------
    ndarray of shape (...)
        Ties count half; NaN where there is no pair.

    References
    ----------
    Hanley, J. and McNeil, B. (1982). The meaning and use of the area under a receiver operating
    characteristic (ROC) curve. Radiology 143, 29-36.
    """
    n_accepted, n_rejected = accepted[..., -1], rejected[..., -1]
    gained = np.diff(accepted, prepend=0.0, axis=-1)
    tied = np.diff(rejected, prepend=0.0, axis=-1)
    below = n_rejected[..., None] - rejected + tied / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((gained * below).sum(axis=-1) / (n_accepted * n_rejected))


def average_precision(accepted: Floats, rejected: Floats) -> Floats:
    """Return the mean precision at the accepted leads, without interpolation.

    Parameters
    ----------
    accepted, rejected : ndarray of shape (..., n_scores)
        As in `area_under_roc`.

    Returns
    -------
    ndarray of shape (...)
        NaN where no lead is accepted.
    """
    gained = np.diff(accepted, prepend=0.0, axis=-1)
    seen = accepted + rejected
    with np.errstate(invalid="ignore", divide="ignore"):
        # Where a resample has no lead down to a score, none is gained there either.
        precision = np.where(seen > 0, accepted / seen, 0.0)
        return np.asarray((gained * precision).sum(axis=-1) / accepted[..., -1])
