"""Calibration of log-odds to probabilities, each with a 90 % interval.

The probability is a logistic curve (Platt 1999) fitted on leads the model had not seen, the
newest of which count most, so that it follows when sales becomes stricter. The interval says how
far the true probability of a lead may lie from it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from features.errors import DataRefused
from models.arrays import Floats

MIN_LEADS = 20
LEVEL = 0.90
_STORED_AS = {"posterior_sd": "spread"}  # its name in stored models
HALF_LIFE = 0.25
"""Share of the calibration leads after which, counted from the newest, one counts half."""

SLOPE_SD = 0.3
SHIFT_SD = 0.25
"""How far slope and shift are expected from 1 and 0, in standard deviations of a normal prior."""

SLOPE_FLOOR = 0.05  # a slope of 0 or below would lose or reverse the order of the leads
EDGE = 1e-6  # keeps log-odds and log-loss finite
DIGITS = 6  # of slope and shift; further ones depend on the processor


@dataclass(frozen=True)
class Calibration:
    """A rising map from log-odds to a probability and its interval.

    Attributes
    ----------
    slope, shift : float
        The probability's log-odds are ``shift + slope * z``, with ``z`` the model's; ``slope``
        is above 0.
    posterior_sd : float
        Standard deviation of the true log-odds around the model's.
    n_leads : int
        Leads it was fitted on; 0 where there were too few.
    """

    slope: float
    shift: float
    posterior_sd: float
    n_leads: int

    def probability(self, log_odds: ArrayLike) -> Floats:
        """Return the calibrated probability of acceptance.

        Parameters
        ----------
        log_odds : array-like of shape (n_leads,)
            The model's log-odds before calibration; finite.

        Returns
        -------
        ndarray of shape (n_leads,)
            Rising with the log-odds, within [0.000001, 0.999999].

        Raises
        ------
        ValueError
            If a log-odds is missing or infinite.
        """
        z = self.shift + self.slope * _check_log_odds(log_odds)
        return np.clip(np.asarray(special.expit(z), dtype=np.float64), EDGE, 1 - EDGE)

    def interval(self, log_odds: ArrayLike) -> tuple[Floats, Floats]:
        """Return the limits of the 90 % interval for the true probability of each lead.

        Parameters
        ----------
        log_odds : array-like of shape (n_leads,)
            As in `probability`.

        Returns
        -------
        low, high : ndarray of shape (n_leads,)
            Both non-decreasing in the log-odds; the probability lies between them.

        Raises
        ------
        ValueError
            If a log-odds is missing or infinite.

        Notes
        -----
        The true log-odds of leads scored alike are taken as normal around a middle, with
        ``posterior_sd`` as their standard deviation. The calibrated probability is the mean of
        theirs, so the middle lies further from one half than it; MacKay's approximation gives by
        how much.

        References
        ----------
        MacKay, D. (1992). The evidence framework applied to classification networks. Neural
        Computation 4, 720-736.
        """
        point = self.probability(log_odds)
        middle = special.logit(point) * np.sqrt(1 + np.pi * self.posterior_sd**2 / 8)
        reach = float(special.ndtri((1 + LEVEL) / 2)) * self.posterior_sd
        low, high = special.expit(middle - reach), special.expit(middle + reach)
        # Far out, the middle may lie further from the probability than the interval reaches.
        return np.minimum(low, point), np.maximum(high, point)

    def move(self, log_odds: float, *, sd: float = 0.0) -> Calibration:
        """Return the map with all log-odds moved.

        Parameters
        ----------
        log_odds : float
        sd : float
            The standard error of the move, by which the interval widens.
        """
        spread = math.hypot(self.posterior_sd, sd)
        return replace(self, shift=self.shift + log_odds, posterior_sd=spread)

    @classmethod
    def uncalibrated(cls, posterior_sd: float) -> Calibration:
        """Return the map that leaves the model's log-odds as they are."""
        return cls(slope=1.0, shift=0.0, posterior_sd=posterior_sd, n_leads=0)

    def to_dict(self) -> dict[str, Any]:
        """Return the calibration as types that JSON can hold."""
        return {_STORED_AS.get(name, name): value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Calibration:
        """Rebuild a calibration from `to_dict`.

        Raises
        ------
        ValueError
            If a part is missing, unknown or out of its range.
        """
        names = {_STORED_AS.get(name, name): name for name in cls.__dataclass_fields__}
        if set(stored) != set(names):
            raise ValueError("the stored calibration has missing or unknown parts")
        rebuilt = cls(**{names[name]: value for name, value in stored.items()})
        numbers = (rebuilt.slope, rebuilt.shift, rebuilt.posterior_sd)
        finite = all(isinstance(value, int | float) and np.isfinite(value) for value in numbers)
        if not finite or rebuilt.slope <= 0 or rebuilt.posterior_sd < 0:
            raise ValueError("the stored calibration does not hold together")
        return rebuilt


def fit_calibration(
    log_odds: ArrayLike, accepted: ArrayLike, *, posterior_sd: float, ordered: bool = True
) -> Calibration:
    """Fit the calibrated probability on leads the model did not learn from.

    Parameters
    ----------
    log_odds : array-like of shape (n_leads,)
        Out-of-sample log-odds of the model, oldest lead first; finite.
    accepted : array-like of shape (n_leads,)
        1 where sales accepted, 0 where it rejected.
    posterior_sd : float
        Standard deviation of the true log-odds around the model's, for the interval; see
        `models.estimator.interval_width`.
    ordered : bool
        Whether the leads are in order of time, so that newer ones count more.

    Returns
    -------
    Calibration

    Raises
    ------
    DataRefused
        If there are fewer than 20 leads.
    ValueError
        If lengths differ, or a value is missing, infinite or outside its range.

    Notes
    -----
    The prior holds slope and shift near 1 and 0, so that few leads, or leads all decided alike,
    move them little; with many leads it does not matter.

    References
    ----------
    Platt, J. (1999). Probabilistic outputs for support vector machines. Advances in Large
    Margin Classifiers, 61-74.

    Examples
    --------
    Log-odds that are twice as large as they should be are halved:

    >>> import numpy as np
    >>> from scipy.special import expit
    >>> rng = np.random.default_rng(0)
    >>> true = rng.normal(size=20_000)
    >>> accepted = rng.random(20_000) < expit(true)
    >>> fitted = fit_calibration(2 * true, accepted, posterior_sd=0.3, ordered=False)
    >>> round(fitted.slope, 1)
    0.5
    >>> low, high = fitted.interval(2 * true)
    >>> bool((low < fitted.probability(2 * true)).all())
    True
    """
    z, y = _check_log_odds(log_odds), np.asarray(accepted, dtype=np.float64)
    if y.shape != z.shape:
        raise ValueError("log-odds and decisions must be of one length")
    if not np.isin(y, (0.0, 1.0)).all():
        raise ValueError("decisions must be 0 or 1")
    if not np.isfinite(posterior_sd) or posterior_sd < 0:
        raise ValueError("the posterior standard deviation must be finite and not negative")
    if len(z) < MIN_LEADS:
        raise DataRefused(
            "Too few decided leads to calibrate the probabilities",
            got=len(z),
            expected=f"at least {MIN_LEADS}",
            next_step="wait for more decisions, or take in older leads",
            code="too_few_to_calibrate",
        )
    weights = weigh_by_age(len(z)) if ordered else np.ones(len(z))
    slope, shift = _fit_curve(z, y, weights)
    return Calibration(slope, shift, float(posterior_sd), len(z))


def weigh_by_age(n_leads: int) -> Floats:
    """Return the weights of leads in order of time, the newest 1, shape (n_leads,)."""
    age = np.arange(n_leads, dtype=np.float64)[::-1]
    return np.asarray(0.5 ** (age / max(MIN_LEADS, HALF_LIFE * n_leads)), dtype=np.float64)


def _check_log_odds(log_odds: ArrayLike) -> Floats:
    """Return the log-odds as a finite vector."""
    z = np.asarray(log_odds, dtype=np.float64)
    if z.ndim != 1 or not np.isfinite(z).all():
        raise ValueError("log-odds must be one finite number per lead")
    return z


def _fit_curve(z: Floats, y: Floats, weights: Floats) -> tuple[float, float]:
    """Return the most probable slope and shift."""
    from scipy import optimize

    total = weights.sum()
    design = np.column_stack([z, np.ones(len(z))])
    centre, precision = np.array([1.0, 0.0]), np.array([SLOPE_SD, SHIFT_SD]) ** -2.0

    def cost(theta: Floats) -> tuple[float, Floats]:
        t = design @ theta
        off = theta - centre
        gradient = design.T @ (weights * (special.expit(t) - y)) + precision * off
        value = weights @ (np.logaddexp(0.0, t) - y * t) + (precision * off) @ off / 2
        # Divided, so that the tolerances mean the same for few leads and for many.
        return float(value / total), gradient / total

    bounds = [(SLOPE_FLOOR, None), (None, None)]
    options = {"ftol": 1e-14, "gtol": 1e-9, "maxiter": 1_000}
    found = optimize.minimize(
        cost, centre, jac=True, bounds=bounds, method="L-BFGS-B", options=options
    )
    slope, shift = np.round(found.x, DIGITS).tolist()
    return slope, shift
