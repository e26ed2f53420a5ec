"""From the model's log-odds to a probability that means what it says, with a 90 % interval.

The point is a logistic curve (Platt 1999). A bent one (beta calibration, Kull et al. 2017) or a
blend with isotonic regression takes its place only where cross-validation shows a clear gain.
The interval does not lean on that curve: it is made of exact binomial limits for the acceptance
of the leads scored next to a lead, most of them on the safe side of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, NamedTuple, cast, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special, stats

from features.errors import DataRefused

Floats = NDArray[np.float64]
Method = Literal["platt", "beta", "isotonic_blend", "level"]
_RIVALS: tuple[Method, ...] = ("beta", "isotonic_blend")

MIN_LEADS = 20
MIN_LEADS_TO_COMPARE = 1_000
N_FOLDS = 5
NOISE = 2.0  # a rival must beat Platt by so many standard errors of the paired difference
BLEND = 0.5
SLOPE_SD = 0.5
SLOPE_FLOOR = 0.01
EDGE = 1e-6
MAX_FIT_POINTS = 20_000
MAX_CUTS = 400
TILT = 0.6  # share of the leads behind a limit that lie on its safe side


@dataclass(frozen=True)
class Calibration:
    """A monotone map from log-odds to a probability and its interval.

    With ``z`` the model's log-odds and ``s(z) = log(1 + exp(z))``, the curve is
    ``intercept + slope * z + bend * (s(z) + s(-z))`` on the log-odds scale.

    Attributes
    ----------
    method : {"platt", "beta", "isotonic_blend", "level"}
        How the point was fitted; "level" when all leads had the same decision, so that only
        the overall rate could be learned.
    level : float
        Nominal coverage of the interval.
    n_leads : int
        Leads it was fitted on.
    slope, bend, intercept : float
        The logistic curve; ``bend`` is 0 for Platt's, and ``abs(bend) < slope`` always.
    knots, values : tuple of float
        Isotonic steps (log-odds and probability at their centres), joined by straight lines and
        averaged with the curve; empty unless the method is "isotonic_blend".
    cuts, low, high : tuple of float
        Interval table: limits at rising log-odds.
    """

    method: Method
    level: float
    n_leads: int
    slope: float
    bend: float
    intercept: float
    knots: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    cuts: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    def probability(self, log_odds: ArrayLike) -> Floats:
        """Return the calibrated probability of acceptance.

        Parameters
        ----------
        log_odds : array-like of shape (n_leads,)
            The model's log-odds before calibration; finite.

        Returns
        -------
        ndarray of shape (n_leads,)
            Non-decreasing in the log-odds, within [0.000001, 0.999999].

        Raises
        ------
        ValueError
            If a log-odds is missing or infinite.
        """
        z = _check_log_odds(log_odds)
        bow = np.abs(z) + 2 * np.log1p(np.exp(-np.abs(z)))
        curve = special.expit(self.intercept + self.slope * z + self.bend * bow)
        if self.knots:
            curve = (1 - BLEND) * curve + BLEND * np.interp(z, self.knots, self.values)
        return cast(Floats, np.clip(curve, EDGE, 1 - EDGE))

    def interval(self, log_odds: ArrayLike) -> tuple[Floats, Floats]:
        """Return the lower and upper limits for the acceptance rate of leads scored alike.

        Parameters
        ----------
        log_odds : array-like of shape (n_leads,)
            As in `probability`.

        Returns
        -------
        low, high : ndarray of shape (n_leads,)
            Both non-decreasing in the log-odds; the probability lies between them. Beyond the
            scores seen in calibration the outer limit is 0 or 1.

        Raises
        ------
        ValueError
            If a log-odds is missing or infinite.

        Notes
        -----
        Each limit is a one-sided Clopper-Pearson limit over the n^(2/3) calibration leads around
        the score, 60 % of them on the safe side: below for the lower limit, above for the upper.
        It assumes that new leads resemble the calibration leads, that these are independent, and
        that the true rate does not fall as the score rises. Then each limit fails with
        probability (1 - level) / 2 at most, however wrong the curve is, wherever the rate climbs
        up to 2.25 times as fast on the far side of the score as on the safe side. Limits out of
        order are moved outwards and the point is always included, so coverage exceeds the level
        (simulated with 90 %: 94 % where the rate jumps, 98 % or more elsewhere). With weights,
        leads count as Kish's effective number and the guarantee is approximate.

        References
        ----------
        Clopper, C. and Pearson, E. (1934). The use of confidence or fiducial limits illustrated
        in the case of the binomial. Biometrika 26, 404-413.
        Hoeffding, W. (1956). On the distribution of the number of successes in independent
        trials. Annals of Mathematical Statistics 27, 713-721: the limits hold for unequal rates.
        Gupta, C. and Ramdas, A. (2021). Distribution-free calibration guarantees for histogram
        binning without sample splitting. ICML, 3942-3952: bins of equal numbers of leads.
        """
        z = _check_log_odds(log_odds)
        point = self.probability(z)
        low = np.interp(z, self.cuts, self.low, left=0.0)
        high = np.interp(z, self.cuts, self.high, right=1.0)
        return np.minimum(low, point), np.maximum(high, point)

    def to_dict(self) -> dict[str, Any]:
        """Return the calibration as types that JSON can hold."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Calibration:
        """Rebuild a calibration from `to_dict`.

        Raises
        ------
        ValueError
            If a part is missing, unknown, or of the wrong length.
        """
        parts = {name: tuple(v) if isinstance(v, list) else v for name, v in stored.items()}
        if set(parts) != set(cls.__dataclass_fields__):
            raise ValueError("the stored calibration has missing or unknown parts")
        rebuilt = cls(**cast(dict[str, Any], parts))
        aligned = len(rebuilt.knots) == len(rebuilt.values)
        aligned &= len(rebuilt.cuts) == len(rebuilt.low) == len(rebuilt.high)
        if not aligned or rebuilt.method not in get_args(Method):
            raise ValueError("the stored calibration does not hold together")
        return rebuilt


class _Leads(NamedTuple):
    """Calibration leads in a fixed order, so that the order of the rows cannot matter."""

    z: Floats
    y: Floats
    w: Floats

    def take(self, rows: NDArray[np.bool_]) -> _Leads:
        """Return the chosen leads."""
        return _Leads(self.z[rows], self.y[rows], self.w[rows])

    def thin(self) -> _Leads:
        """Return at most `MAX_FIT_POINTS` averaged points of neighbours in score."""
        if len(self.z) <= MAX_FIT_POINTS:
            return self
        starts = np.linspace(0, len(self.z), MAX_FIT_POINTS, endpoint=False).astype(np.intp)
        w = np.add.reduceat(self.w, starts)
        z, y = (np.add.reduceat(self.w * part, starts) / w for part in (self.z, self.y))
        return _Leads(z, y, w)


def fit_calibration(
    log_odds: ArrayLike,
    accepted: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    level: float = 0.90,
) -> Calibration:
    """Fit the calibrated probability and its interval on leads the model did not learn from.

    Parameters
    ----------
    log_odds : array-like of shape (n_leads,)
        Out-of-sample log-odds of the model; finite.
    accepted : array-like of shape (n_leads,)
        1 where sales accepted, 0 where it rejected.
    weights : array-like of shape (n_leads,), optional
        Non-negative weights, for instance to let older leads count less; a lead of weight 0 is
        left out. Missing means equal weights.
    level : float, default 0.90
        Coverage of the interval.

    Returns
    -------
    Calibration
        The same for the same leads in any order.

    Raises
    ------
    DataRefused
        If there are fewer than 20 leads.
    ValueError
        If lengths differ, or a value is missing, infinite or outside its range.

    Notes
    -----
    A weak prior holds the slope near 1: it matters below about 200 leads and fades beyond. When
    all decisions are alike the slope stays at 1 and only the level is set, to Laplace's
    (accepted + 1) / (leads + 2).

    References
    ----------
    Platt, J. (1999). Probabilistic outputs for support vector machines. Advances in Large
    Margin Classifiers, 61-74.
    Kull, M., Silva Filho, T. and Flach, P. (2017). Beta calibration. AISTATS, 623-631.
    """
    leads = _prepare(log_odds, accepted, weights)
    if not 0 < level < 1:
        raise ValueError("the level of the interval must lie between 0 and 1")
    curve = _choose_curve(leads)
    cuts, low, high = (tuple(part.tolist()) for part in _tabulate_limits(leads, level))
    return replace(curve, level=level, cuts=cuts, low=low, high=high)


def _prepare(log_odds: ArrayLike, accepted: ArrayLike, weights: ArrayLike | None) -> _Leads:
    """Check the leads and put them in order of score, decision and weight."""
    z = _check_log_odds(log_odds)
    y = np.asarray(accepted, dtype=np.float64)
    w = np.ones(len(z)) if weights is None else np.asarray(weights, dtype=np.float64)
    if y.shape != z.shape or w.shape != z.shape:
        raise ValueError("log-odds, decisions and weights must be of one length")
    if not np.isin(y, (0.0, 1.0)).all():
        raise ValueError("decisions must be 0 or 1")
    if not np.isfinite(w).all() or (w < 0).any():
        raise ValueError("weights must be finite and not negative")
    leads = _Leads(z, y, w).take(w > 0)
    if len(leads.z) < MIN_LEADS:
        raise DataRefused(
            "Too few decided leads to calibrate the probabilities",
            got=len(leads.z),
            expected=f"at least {MIN_LEADS}",
            next_step="wait for more decisions, or take in older leads",
            code="too_few_to_calibrate",
        )
    order = np.lexsort((leads.w, leads.y, leads.z))
    return _Leads(*(part[order] for part in leads))


def _check_log_odds(log_odds: ArrayLike) -> Floats:
    """Return the log-odds as a finite vector."""
    z = np.asarray(log_odds, dtype=np.float64)
    if z.ndim != 1 or not np.isfinite(z).all():
        raise ValueError("log-odds must be one finite number per lead")
    return z


def _bases(z: Floats) -> Floats:
    """Return the two halves of beta calibration; their sum is z itself."""
    return np.column_stack([-np.logaddexp(0.0, -z), np.logaddexp(0.0, z)])


def _choose_curve(leads: _Leads) -> Calibration:
    """Return Platt's curve, or a rival that beats it by more than noise in cross-validation."""
    if leads.y.min() == leads.y.max():
        return _fit_level(leads)
    chosen: Method = "platt"
    if len(leads.z) >= MIN_LEADS_TO_COMPARE:
        # Dealing sorted leads out in turn gives every fold the same scores and base rate.
        fold = np.arange(len(leads.z)) % N_FOLDS
        platt = _cross_validate("platt", leads, fold)
        best = 0.0
        for rival in _RIVALS:
            gain = leads.w * (platt - _cross_validate(rival, leads, fold))
            noise = NOISE * gain.std() / np.sqrt(len(gain))
            if gain.mean() > max(noise, best):
                chosen, best = rival, gain.mean()
    return _fit_curve(chosen, leads)


def _cross_validate(method: Method, leads: _Leads, fold: NDArray[np.intp]) -> Floats:
    """Return each lead's log-loss under a curve fitted on the other folds."""
    loss = np.empty(len(leads.z))
    for left_out in range(N_FOLDS):
        rows = fold == left_out
        p = _fit_curve(method, leads.take(~rows)).probability(leads.z[rows])
        loss[rows] = -np.log(np.where(leads.y[rows] == 1, p, 1 - p))
    return loss


def _fit_curve(method: Method, leads: _Leads) -> Calibration:
    """Fit one kind of curve; the interval table is still empty."""
    points = leads.thin()
    slope, bend, intercept = _fit_logistic(points, bent=method == "beta")
    curve = Calibration(method, 0.0, len(leads.z), slope, bend, intercept)
    if method != "isotonic_blend":
        return curve
    knots, values = _fit_isotonic(points)
    return replace(curve, knots=tuple(knots.tolist()), values=tuple(values.tolist()))


def _fit_logistic(leads: _Leads, *, bent: bool) -> tuple[float, float, float]:
    """Return slope, bend and intercept of the most likely curve, shrunk towards 1, 0, free."""
    total = leads.w.sum()
    bases = _bases(leads.z) if bent else leads.z[:, None]
    design = np.column_stack([bases, np.ones(len(leads.z))])

    def cost(theta: Floats) -> tuple[float, Floats]:
        t = design @ theta
        off = theta[:-1] - 1
        gradient = design.T @ (leads.w * (special.expit(t) - leads.y)) / total
        gradient[:-1] += off / len(off) / SLOPE_SD**2 / total
        nll = leads.w @ (np.logaddexp(0.0, t) - leads.y * t) / total
        return float(nll + off @ off / len(off) / (2 * SLOPE_SD**2) / total), gradient

    rate = leads.w @ leads.y / total
    start = np.r_[np.ones(bases.shape[1]), special.logit(rate) - leads.w @ leads.z / total]
    bounds = [(SLOPE_FLOOR, None)] * bases.shape[1] + [(None, None)]
    options = {"ftol": 1e-14, "gtol": 1e-9, "maxiter": 1_000}
    theta = optimize.minimize(
        cost, start, jac=True, bounds=bounds, method="L-BFGS-B", options=options
    ).x.tolist()
    below, above = theta[0], theta[-2]
    return (below + above) / 2, (above - below) / 2, theta[-1]


def _fit_isotonic(leads: _Leads) -> tuple[Floats, Floats]:
    """Return the centres and rates of the isotonic steps."""
    from sklearn.isotonic import IsotonicRegression

    fitted = IsotonicRegression().fit_transform(leads.z, leads.y, sample_weight=leads.w)
    values, step = np.unique(fitted, return_inverse=True)
    return np.bincount(step, leads.w * leads.z) / np.bincount(step, leads.w), values


def _fit_level(leads: _Leads) -> Calibration:
    """Return a curve of slope 1 whose mean is Laplace's rate: one class says nothing of slope."""
    n = len(leads.z)
    rate = (leads.y.sum() + 1) / (n + 2)

    def surplus(intercept: float) -> float:
        return float(leads.w @ special.expit(leads.z + intercept) / leads.w.sum() - rate)

    reach = 2 * np.abs(leads.z).max() + 50
    intercept = float(optimize.brentq(surplus, -reach, reach))
    return Calibration("level", 0.0, n, 1.0, 0.0, intercept)


def _tabulate_limits(leads: _Leads, level: float) -> tuple[Floats, Floats, Floats]:
    """Return scores with the lower and the upper limit at each, both non-decreasing."""
    seen = np.unique(leads.z)
    cuts = seen[np.unique(np.linspace(0, len(seen) - 1, MAX_CUTS).round().astype(np.intp))]
    alpha = (1 - level) / 2
    low = _bound_below(leads, cuts, alpha)
    # The upper limit of accepting is the lower limit of rejecting, seen from the other end.
    mirrored = _Leads(-leads.z[::-1], 1 - leads.y[::-1], leads.w[::-1])
    high = 1 - _bound_below(mirrored, -cuts, alpha)
    return cuts, np.minimum.accumulate(low[::-1])[::-1], np.maximum.accumulate(high)


def _bound_below(leads: _Leads, cuts: Floats, alpha: float) -> Floats:
    """Return the lower limit at each cut, from more leads below the cut than above it."""
    z, n = leads.z, len(leads.z)
    upto = np.searchsorted(z, cuts, side="right")
    below = np.minimum(int(np.ceil(TILT * n ** (2 / 3))), upto)
    above = (below * (1 / TILT - 1)).astype(np.intp)
    # Leads tied in score go in together: cutting through them would depend on their order.
    first = np.searchsorted(z, z[upto - below], side="left")
    end = np.searchsorted(z, np.r_[z, np.inf][np.minimum(upto + above, n)], side="left")

    def total(part: Floats) -> Floats:
        sums = np.r_[0.0, np.cumsum(part)]
        return cast(Floats, sums[end] - sums[first])

    weight = total(leads.w)
    trials = weight**2 / total(leads.w**2)
    k = trials * np.clip(total(leads.w * leads.y) / weight, 0.0, 1.0)
    limit = stats.beta.ppf(alpha, np.maximum(k, EDGE), trials - k + 1)
    return cast(Floats, np.where(k > 0, limit, 0.0))
