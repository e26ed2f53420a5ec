"""Skill verdict: whether a model's order of the leads differs from chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy import special

from models.estimator.rolling_origin import RollingOriginPredictions
from models.evaluation.intervals import MIN_OF_CLASS, Z95, Interval, auc_interval
from models.evaluation.metrics import Metrics

GOOD_AUC = 0.60
HINT, BORNE_OUT = 0.8416, 2.3263  # standard errors from chance: one-sided 80 and 99 %


def skill(figures: Metrics, *, earlier: Sequence[Interval] = ()) -> Literal["good", "weak", "none"]:
    """Return the plain verdict.

    Parameters
    ----------
    figures : Metrics
        The judgement on the newest leads.
    earlier : sequence of Interval
        The AUC of models of still older leads on the leads next to come, one for each time, see
        `evaluate_earlier`. They help where the newest leads are too few.

    Returns
    -------
    {"good", "weak", "none"}
        "none" if the AUC may be chance (.5); "good" if the lower limit of its
        interval is at least .60 and the log-loss beats the base rate's; otherwise "weak".

    Notes
    -----
    The AUC differs from chance where its interval excludes .5, and 5 leads or more had either
    decision: with fewer, DeLong's interval clears it by luck too often. Otherwise it must point
    that way (80 %, one-sided) and clear .5 together with the earlier ones (99 %, one-sided): a
    signal that was there once and is gone from many newest leads does not count.
    """
    rarer = min(figures.n_accepted, figures.n - figures.n_accepted)
    clear = figures.auc.low > 0.5 and rarer >= MIN_OF_CLASS
    if not clear and not _clear_together(figures.auc, earlier):
        return "none"
    beats = figures.log_loss < figures.log_loss_of_base_rate
    return "good" if clear and figures.auc.low >= GOOD_AUC and beats else "weak"


def evaluate_earlier(rolling_origin: RollingOriginPredictions) -> tuple[Interval, ...]:
    """Return the AUC of each rolling-origin model whose leads have both decisions.

    Over all models together a drifting acceptance rate would pass for skill.
    """
    ends = np.cumsum(rolling_origin.sizes)[:-1]
    parts = zip(
        np.split(rolling_origin.accepted, ends),
        np.split(rolling_origin.log_odds, ends),
        strict=True,
    )
    return tuple(auc_interval(y, z) for y, z in parts if 0 < y.sum() < len(y))


def _clear_together(newest: Interval, earlier: Sequence[Interval]) -> bool:
    """Return whether the newest AUC hints at skill that the earlier ones confirm."""
    known = [part for part in (newest, *earlier) if 0 < part.low < part.high < 1]
    if not earlier or newest not in known:
        return False
    ends = special.logit([(part.value, part.low, part.high) for part in known])
    weights = (2 * Z95 / (ends[:, 2] - ends[:, 1])) ** 2
    together = weights @ ends[:, 0] / np.sqrt(weights.sum())
    return bool(ends[0, 0] * np.sqrt(weights[0]) > HINT and together > BORNE_OUT)
