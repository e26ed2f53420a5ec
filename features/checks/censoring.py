"""Censoring: open records among the rejections, seen from the newest leads.

A lead that is accepted has to wait for it. Where open records count as rejected, the younger a
lead is the likelier it still waits, and acceptance falls towards nothing at an age of zero. A
company that accepts less than it used to changes along its whole history instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.contract.tables import Tables
from features.findings import Finding
from features.labels import Labels

MIN_LEADS = 200
MIN_ACCEPTED = 40
EVIDENCE = 8.0
"""Twice the log-likelihood that waiting has to add to a smooth change."""
MIN_OPEN = 15.0
"""Leads that, by the fit, still wait for their acceptance."""

_BINS = 200
_WAITS = 8
_YOUNG = 2.0
_FALLEN = 0.65
_CERTAIN = 0.02


@dataclass(frozen=True)
class Censoring:
    """How far the newest leads look as if open records were among the rejections.

    Attributes
    ----------
    evidence : float
        Twice the log-likelihood that waiting for an acceptance adds to a smooth change.
    wait : float
        The mean wait, in the unit of the ages.
    open_leads : float
        Rejected leads that, by the fit, will still be accepted.
    surely_fallen : bool
        Whether the leads younger than the wait are surely accepted less, by a third and more,
        than they would be in the end: a season makes a dip, but no fall towards nothing.
    """

    evidence: float
    wait: float
    open_leads: float
    surely_fallen: bool

    @property
    def is_clear(self) -> bool:
        """Whether the evidence is too strong for chance, and enough leads are concerned."""
        enough = self.evidence >= EVIDENCE and self.open_leads >= MIN_OPEN
        return enough and self.surely_fallen


def find_censoring(tables: Tables, labels: Labels) -> Iterator[Finding]:
    """Warn where rejections rise among the newest leads as open records would make them.

    Parameters
    ----------
    tables : Tables
    labels : Labels

    Yields
    ------
    Finding
        At most one, whatever the settings say of the values of the decision.
    """
    if tables.order == "none":
        return
    place = tables.episodes["handed_over_at" if tables.timed else "sequence"]
    used = labels.used & place.notna()
    accepted = labels.accepted[used].to_numpy(dtype=float)
    age = _count_ages(place, used, timed=tables.timed)
    found = fit_censoring(age, accepted)
    if found is not None and found.is_clear:
        yield _describe(found, age, accepted, timed=tables.timed)


def fit_censoring(age: np.ndarray, accepted: np.ndarray) -> Censoring | None:
    """Compare a smooth change of acceptance with one that waiting cuts off at the newest leads.

    Parameters
    ----------
    age : ndarray of shape (n_leads,)
        From the newest lead, 0, to the oldest.
    accepted : ndarray of shape (n_leads,)
        1 accepted, 0 rejected.

    Returns
    -------
    Censoring or None
        None where there are too few leads, or all are of one age.

    Notes
    -----
    Without waiting the log-odds are a parabola of the age. With it, their probability is
    multiplied by the share of acceptances that have come by that age, 1 - exp(-age / wait). The
    two are compared by their likelihood ratio, over a range of waits.
    """
    won = int(accepted.sum())
    if len(age) < MIN_LEADS or min(won, len(age) - won) < MIN_ACCEPTED or np.ptp(age) <= 0:
        return None
    bins = _group(age, accepted)
    smooth = _fit(bins, wait=None)
    span = float(age.max())
    # From the age that a fiftieth of the leads have not reached to a sixth of the history.
    shortest = max(float(np.quantile(age, 0.02)), span / 1_000)
    waits = np.geomspace(shortest / 2, span / 6, _WAITS)
    fits = [(_fit(bins, wait=float(wait)), float(wait)) for wait in waits]
    (best, chance), wait = max(fits, key=lambda fit: fit[0][0])
    still_open = float((bins.leads * chance * np.exp(-bins.age / wait)).sum())
    return Censoring(
        evidence=2 * (best - smooth[0]),
        wait=wait,
        open_leads=still_open,
        surely_fallen=_has_fallen(bins, chance, wait),
    )


def _has_fallen(bins: _Bins, chance: np.ndarray, wait: float) -> bool:
    from scipy.stats import binom

    young = bins.age <= wait
    leads, accepted = bins.leads[young].sum(), bins.accepted[young].sum()
    if leads == 0:
        return False
    usual = float((bins.leads * chance)[young].sum() / leads)
    return bool(binom.cdf(accepted, leads, _FALLEN * usual) <= _CERTAIN)


@dataclass(frozen=True)
class _Bins:
    """Leads of neighbouring ages: their mean age, how many there are, how many accepted."""

    age: np.ndarray
    leads: np.ndarray
    accepted: np.ndarray


def _group(age: np.ndarray, accepted: np.ndarray) -> _Bins:
    order = np.argsort(age, kind="stable")
    parts = np.array_split(order, min(_BINS, len(order)))
    return _Bins(
        age=np.array([age[part].mean() for part in parts]),
        leads=np.array([len(part) for part in parts], dtype=float),
        accepted=np.array([accepted[part].sum() for part in parts]),
    )


def _fit(bins: _Bins, *, wait: float | None) -> tuple[float, np.ndarray]:
    """Return the greatest log-likelihood, and the chance of acceptance once all have come."""
    from scipy.optimize import minimize
    from scipy.special import expit, logit

    scaled = 2 * bins.age / bins.age.max() - 1
    design = np.column_stack([np.ones_like(scaled), scaled, scaled**2])
    arrived = np.ones_like(scaled) if wait is None else -np.expm1(-bins.age / wait)
    arrived = np.clip(arrived, 1e-9, 1.0)
    lost = bins.leads - bins.accepted

    def cost(weights: np.ndarray) -> tuple[float, np.ndarray]:
        chance = np.clip(expit(design @ weights), 1e-9, 1 - 1e-9)
        seen = chance * arrived
        likelihood = bins.accepted * np.log(seen) + lost * np.log1p(-seen)
        slope = (bins.accepted / seen - lost / (1 - seen)) * arrived * chance * (1 - chance)
        return -float(likelihood.sum()), -(design.T @ slope)

    usual = bins.accepted.sum() / bins.leads.sum()
    start = np.array([logit(usual), 0.0, 0.0])
    fitted = minimize(cost, start, jac=True, method="BFGS")
    return -float(fitted.fun), expit(design @ fitted.x)


def _count_ages(place: pd.Series, used: pd.Series, *, timed: bool) -> np.ndarray:
    """Return days, or leads, from each used lead to the newest of all."""
    if timed:
        days: np.ndarray = ((place.max() - place[used]) / pd.Timedelta(days=1)).to_numpy(
            dtype=float
        )
        return days
    rank = place.rank(method="first")
    behind: np.ndarray = (rank.max() - rank[used]).to_numpy(dtype=float)
    return behind


def _describe(found: Censoring, age: np.ndarray, accepted: np.ndarray, *, timed: bool) -> Finding:
    young = age <= _YOUNG * found.wait
    shares = [f"{1 - accepted[part].mean():.0%}" for part in (young, ~young)]
    newest = f"of the last {_YOUNG * found.wait:.0f} days" if timed else "of the newest leads"
    return Finding(
        code="censored",
        severity="warning",
        message=(
            f"rejections rise among the newest leads as open records would make them: {shares[0]} "
            f"{newest} are rejected, {shares[1]} of the older ones; about {found.open_leads:.0f} "
            "of them may still be open"
        ),
        next_step=(
            "Check that rejected under [decision] holds no value that open records have too; an "
            "answer with two values may say no for both"
        ),
        count=int(young.sum()),
        total=len(age),
    )
