"""Drift of inputs: the leads' features, number, sources and freshness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from features.language import Phrase
from features.language import translatable as _
from features.matrix.definitions import Feature
from features.matrix.feature_table import MISSING_CODE, OTHER_CODE, FeatureTable
from features.units import DAY
from models.artifact.reference import Reference
from models.monitoring.drift import Drift, adjust, measure_drift
from models.monitoring.status import (
    FRESHNESS,
    INPUTS,
    NEW_SOURCE,
    SOURCE_SHARE,
    VOLUME,
    Colour,
    Status,
    fixed,
    make_status,
    percent,
    worst,
)

Counts = NDArray[np.int64]

COPIED = 0.05
"""Share of copies from which every figure of the monitored leads is off."""
MIN_DAYS = 7.0
"""Days below which the number of leads says nothing: weekends are part of it."""


@dataclass(frozen=True)
class FeatureDrift:
    """How one feature moved.

    Attributes
    ----------
    feature : Feature
    drift : Drift
        Against the reference.
    usual : float
        What the index showed beyond chance inside training, from older leads to the reference.
    p : float
        That of `drift`, in view of all features.
    missing, unseen : tuple of float
        Share of leads without a value, and with one never seen, in the reference and now;
        numbers are never unseen.
    colour : Colour
    """

    feature: Feature
    drift: Drift
    usual: float
    p: float
    missing: tuple[float, float]
    unseen: tuple[float, float]
    colour: Colour

    @property
    def excess(self) -> float:
        """Return the index beyond chance and beyond what is usual."""
        return max(0.0, self.drift.beyond_chance - self.usual)


@dataclass(frozen=True)
class SourceVolume:
    """Leads of one source: their share of all in the reference, and now."""

    group: int
    leads: int
    before: float
    now: float
    p: float
    colour: Colour


@dataclass(frozen=True)
class Volume:
    """How many leads come a day, in the reference and now; `p` is None for too short a time."""

    before: float
    now: float
    p: float | None
    colour: Colour
    sources: tuple[SourceVolume, ...]


def compare_features(
    reference: Reference, now: Mapping[str, Counts], table: FeatureTable
) -> tuple[FeatureDrift, ...]:
    """Compare every feature with the reference, the most moved first.

    Parameters
    ----------
    reference : Reference
    now : mapping of str to ndarray
        Per feature, leads by the groups of `models.reasons.acceptance_by_value`.
    table : FeatureTable
    """
    drifts = [_measure(reference.newest[f.name], now[f.name], f) for f in table.features]
    adjusted = adjust([drift.p for drift in drifts])
    compared = [
        _compare(feature, drift, float(p), reference, now[feature.name])
        for feature, drift, p in zip(table.features, drifts, adjusted, strict=True)
    ]
    return tuple(sorted(compared, key=lambda one: (-one.excess, one.feature.name)))


def evaluate_inputs(compared: tuple[FeatureDrift, ...]) -> Status:
    """Return the status of the inputs."""
    found = [(one.colour, _tell_drift(one)) for one in compared]
    calm = Phrase(_("none of {count} features has moved"), {"count": len(compared)})
    return make_status("inputs", found, calm=calm)


def compare_volume(
    reference: Reference, now: Mapping[str, Counts], *, leads: int, days: float
) -> Volume:
    """Compare how many leads come, and from where.

    Parameters
    ----------
    reference : Reference
    now : mapping of str to ndarray
        As in `compare_features`.
    leads : int
        Hand-overs looked at.
    days : float
        How long it took them to come.
    """
    before = reference.leads / reference.days
    rate = leads / max(days, 1e-9)
    sources = _compare_sources(reference, now, leads)
    if days < MIN_DAYS or not before:
        return Volume(before, rate, None, "grey", sources)
    p = _test_rate(reference, leads, days)
    ratio = max(rate, 1e-9) / before
    return Volume(before, rate, p, VOLUME.evaluate(max(ratio, 1 / ratio), p=p), sources)


def evaluate_volume(volume: Volume, names: Mapping[int, Phrase | str]) -> Status:
    """Return the status of the volumes; `names` are those of the source's groups."""
    rates = {"now": fixed(volume.now, 1), "before": fixed(volume.before, 1)}
    text = _("{now} leads a day, {before} in the reference")
    found: list[tuple[Colour, Phrase]] = [(volume.colour, Phrase(text, rates))]
    found += [
        (
            source.colour,
            Phrase(
                _("{source}: {now}% of all leads, {before}% in the reference"),
                {
                    "source": names[source.group],
                    "now": percent(source.now),
                    "before": percent(source.before),
                },
            ),
        )
        for source in volume.sources
    ]
    status = make_status("volume", found, calm=Phrase(text, rates))
    if volume.colour == "grey" and status.colour == "green":
        return Status("volume", "grey", (Phrase(_("under a week of leads to count")),))
    return status


def add_copies(status: Status, copies: int, leads: int) -> Status:
    """Return the status of the volumes with the hand-overs that stand again under another id.

    Parameters
    ----------
    status : Status
    copies, leads : int
        Among the monitored hand-overs.
    """
    if not copies:
        return status
    text = _("{copies} of {leads} hand-overs stand again under another id")
    words = Phrase(text, {"copies": copies, "leads": leads})
    colour: Colour = "red" if copies >= COPIED * leads else "amber"
    rest = status.because if status.colour in ("red", "amber") else ()
    return Status(status.area, worst([colour, status.colour]), (words, *rest))


def evaluate_freshness(
    reference: Reference, newest: Mapping[str, pd.Timestamp | None], *, now: pd.Timestamp
) -> tuple[Status, dict[str, float | None]]:
    """Return the status of freshness, and the days since the newest row of each table.

    Parameters
    ----------
    reference : Reference
    newest : mapping of str to Timestamp or None
        Of "leads", "activities" and "decisions", those that have times.
    now : Timestamp
    """
    ages = {
        name: None if moment is None or pd.isna(moment) else (now - moment).total_seconds() / DAY
        for name, moment in newest.items()
    }
    usual = reference.longest_gap
    found = [
        (
            FRESHNESS.evaluate(age - usual),
            Phrase(FRESHNESS_WORDS[name], {"days": fixed(age, 1), "usual": fixed(usual, 1)}),
        )
        for name, age in ages.items()
        if age is not None
    ]
    calm = found[0][1] if found else Phrase(_("nothing has a time"))
    return make_status("freshness", found, calm=calm), ages


FRESHNESS_WORDS = {
    "leads": _("newest lead {days} days old; the longest gap so far was {usual} days"),
    "activities": _("newest activity {days} days old; leads came at most {usual} days apart"),
    "decisions": _("newest decision {days} days old; leads came at most {usual} days apart"),
}


def _measure(before: Counts, now: Counts, feature: Feature) -> Drift:
    alone = [MISSING_CODE, OTHER_CODE] if feature.form == "category" else [len(before) - 1]
    return measure_drift(before, now, alone=alone)


def _compare(
    feature: Feature, drift: Drift, p: float, reference: Reference, now: Counts
) -> FeatureDrift:
    before, earlier = reference.newest[feature.name], reference.earlier[feature.name]
    usual = _measure(earlier, before, feature).beyond_chance if earlier.sum() else 0.0
    category = feature.form == "category"
    place = MISSING_CODE if category else len(before) - 1
    return FeatureDrift(
        feature=feature,
        drift=drift,
        usual=usual,
        p=p,
        missing=(_share(before, place), _share(now, place)),
        unseen=(_share(before, OTHER_CODE), _share(now, OTHER_CODE)) if category else (0.0, 0.0),
        colour=INPUTS.evaluate(max(0.0, drift.beyond_chance - usual), p=p),
    )


def _tell_drift(one: FeatureDrift) -> Phrase:
    """Say what moved in a feature: a gap, new values, or the whole of it."""
    values = {"feature": one.feature.label, "index": fixed(one.drift.psi, 2)}
    for shares, text in (
        (one.missing, _("{feature}: {now}% without a value, {before}% before (index {index})")),
        (
            one.unseen,
            _("{feature}: {now}% with a value never seen, {before}% before (index {index})"),
        ),
    ):
        # Where that alone is most of the distance.
        if abs(shares[1] - shares[0]) > one.drift.distance / 2:
            before, now = (percent(share) for share in shares)
            return Phrase(text, {**values, "before": before, "now": now})
    return Phrase(
        _("{feature}: {distance}% of leads in other groups than before (index {index})"),
        {**values, "distance": percent(one.drift.distance)},
    )


def _compare_sources(
    reference: Reference, now: Mapping[str, Counts], leads: int
) -> tuple[SourceVolume, ...]:
    if not reference.source or not leads:
        return ()
    before, found = reference.newest[reference.source], now[reference.source]
    n, m = int(before.sum()), int(found.sum())
    groups = [group for group in range(len(before)) if before[group] or found[group]]
    tables = [[[before[g], n - before[g]], [found[g], m - found[g]]] for g in groups]
    adjusted = adjust([stats.fisher_exact(table).pvalue for table in tables])
    compared = []
    for group, p in zip(groups, adjusted, strict=True):
        shares = before[group] / n, found[group] / m
        limits = NEW_SOURCE if group == OTHER_CODE else SOURCE_SHARE
        colour = limits.evaluate(abs(shares[1] - shares[0]), p=float(p))
        compared.append(SourceVolume(group, int(found[group]), *shares, float(p), colour))
    return tuple(sorted(compared, key=lambda one: (-one.leads, one.group)))


def _test_rate(reference: Reference, leads: int, days: float) -> float:
    """Return the p-value of so many leads; weeks that vary more than chance widen it."""
    weeks = reference.weekly
    varied = len(weeks) > 3 and weeks.mean() > 0
    scatter = max(1.0, float(weeks.var(ddof=1) / weeks.mean())) if varied else 1.0
    expected = reference.leads * days / reference.days
    variance = scatter * (expected + expected * days / reference.days)
    return float(2 * stats.norm.sf(abs(leads - expected) / np.sqrt(max(variance, 1e-9))))


def _share(counts: Counts, place: int) -> float:
    return float(counts[place] / counts.sum()) if counts.sum() else 0.0
