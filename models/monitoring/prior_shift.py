"""Prior shift: the share of leads that sales accepts, estimated from their scores alone.

Where better or worse leads come, but the accepted ones look like those accepted before and the
rejected ones like those rejected before, the odds of every lead move by one factor. Scores show
it before any answer: theirs is then a mixture of the scores of accepted and of rejected leads in
other shares. Leads of another kind, broken columns and new relations move scores too, and scores
alone would take them for a prior shift. So every feature has to be spread as the new shares would
have it as well.

References
----------
Saerens, M., Latinne, P. and Decaestecker, C. (2002). Adjusting the outputs of a classifier to new
a priori probabilities: a simple procedure. Neural Computation 14, 21-41. Their iteration ends at
the most likely share, which is found here by its equation.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from features.contract.tables import Tables
from features.labels import Labels
from features.language import Phrase
from features.language import translatable as _
from features.matrix.feature_table import FeatureTable
from models.arrays import Floats
from models.artifact.bundle import ModelBundle
from models.artifact.reference import SCORES, Reference, count_groups, count_scores
from models.evaluation.intervals import Z95, Interval
from models.monitoring.inputs import compare_features
from models.monitoring.leads import choose_monitored, require_reference, score_monitored
from models.monitoring.scores import compare_scores
from models.monitoring.status import ALPHA, Status, fixed, percent
from models.reasons.acceptance_by_value import Statistics

Counts = NDArray[np.int64]

DIGITS = 6  # of the log-odds; further ones depend on the processor
USUAL_SD = 0.5
"""How far log-odds are expected to move; what is estimated of few leads is held back by it."""

_PROMISED: Floats = np.clip(np.arange(SCORES) / 100, 0.0025, 0.9975)
_EDGE = 1e-4


@dataclass(frozen=True)
class PriorShift:
    """The accepted share of new leads by their scores alone.

    Attributes
    ----------
    leads : int
    promised : float
        Share that was to be accepted of the reference leads.
    accepted : Interval
        Share of the new leads, with its 95 % limits.
    log_odds : float
        By how much the odds of every lead move; held back where it is uncertain.
    sd : float
        Its standard error.
    p : float
        Chance of so large an estimate where nothing has changed.
    fits : bool
        Whether scores and features are spread as the estimated share would have them.
    """

    leads: int
    promised: float
    accepted: Interval
    log_odds: float
    sd: float
    p: float
    fits: bool

    @property
    def applies(self) -> bool:
        """Return whether probabilities should follow it."""
        return self.fits and self.p < ALPHA

    @property
    def factor(self) -> float:
        """Return by how much the odds of every lead are multiplied."""
        return float(np.exp(self.log_odds))

    def to_dict(self) -> dict[str, Any]:
        """Return the estimate as plain types."""
        return {
            "leads": self.leads,
            "promised": self.promised,
            "accepted": vars(self.accepted),
            "odds_times": self.factor,
            "p": self.p,
            "fits": self.fits,
            "applies": self.applies,
        }


def estimate_prior_shift(
    reference: Reference,
    scores: Counts,
    counted: Mapping[str, Counts],
    table: FeatureTable,
    statistics: Statistics,
) -> PriorShift | None:
    """Estimate the accepted share of new leads.

    Parameters
    ----------
    reference : Reference
    scores : ndarray of shape (101,)
        New leads by score.
    counted : mapping of str to ndarray
        Per feature, new leads by the groups of `models.reasons.acceptance_by_value`.
    table, statistics
        Of the model.

    Returns
    -------
    PriorShift or None
        None where no share between none and all explains the scores best.
    """
    promised = float(np.average(_PROMISED, weights=reference.scores))
    share = find_share(scores, promised)
    if share is None:
        return None
    # The reference's own share is an estimate as well, on so many leads.
    found = _standard_error(scores, share, promised)
    sd = float(np.hypot(found, _standard_error(reference.scores, promised, promised)))
    moved = special.logit(share) - special.logit(promised)
    ends = special.expit(special.logit(share) + Z95 * sd * np.array([-1.0, 1.0]))
    return PriorShift(
        leads=int(scores.sum()),
        promised=promised,
        accepted=Interval(share, *ends.tolist()),
        log_odds=round(float(moved / (1 + (sd / USUAL_SD) ** 2)), DIGITS),
        sd=round(sd, DIGITS),
        p=float(2 * stats.norm.sf(abs(moved) / sd)),
        fits=_fit(expect(reference, share, statistics), scores, counted, table),
    )


def find_share(scores: Counts, promised: float) -> float | None:
    """Return the most likely accepted share of leads; None where it is none or all.

    Parameters
    ----------
    scores : ndarray of shape (101,)
        Leads by score.
    promised : float
        The accepted share of leads for which the scores are right.

    Examples
    --------
    Scores that are right where half of the leads are accepted, of leads most of which score high:

    >>> scores = np.zeros(101, dtype=np.int64)
    >>> scores[[20, 80]] = 300, 700
    >>> round(find_share(scores, 0.5), 9)
    0.833333333
    """

    def slope(share: float) -> float:
        return float(scores @ _pull(share, promised))

    if slope(_EDGE) <= 0 or slope(1 - _EDGE) >= 0:
        return None
    return optimize.brentq(slope, _EDGE, 1 - _EDGE)  # type: ignore[no-any-return]


def expect(reference: Reference, share: float, statistics: Statistics) -> Reference:
    """Return the reference with another accepted share, accepted and rejected leads as they were.

    Parameters
    ----------
    reference : Reference
    share : float
    statistics : Statistics
        Acceptance by value, by which the accepted leads of each group are known.
    """
    promised = float(np.average(_PROMISED, weights=reference.scores))
    level = special.logit(promised) - special.logit(statistics.base_rate)

    def reweigh(counts: Counts, accepted: Floats) -> Counts:
        weights = accepted * share / promised + (1 - accepted) * (1 - share) / (1 - promised)
        mixed = counts * weights
        scale = counts.sum() / max(float(mixed.sum()), 1e-9)
        return np.asarray(np.rint(mixed * scale), dtype=np.int64)

    newest = {}
    for name, counts in reference.newest.items():
        known = statistics.features[name]
        # Two leads of the usual kind more, so that no group is all of one side.
        rates = (known.accepted + 2 * statistics.base_rate) / (known.leads + 2)
        newest[name] = reweigh(counts, special.expit(special.logit(rates) + level))
    return replace(reference, newest=newest, scores=reweigh(reference.scores, _PROMISED))


def find_prior_shift(bundle: ModelBundle, tables: Tables, labels: Labels) -> PriorShift | None:
    """Estimate the accepted share of the leads handed over since the model was trained.

    Parameters
    ----------
    bundle : ModelBundle
    tables : Tables
        The project's own, read as in training.
    labels : Labels
        Of the same tables.

    Raises
    ------
    UsageError
        When the model has nothing to compare with.
    DataRefused
        When no lead was handed over since.
    """
    reference = require_reference(bundle, tables)
    chosen = choose_monitored(tables, labels, reference.end, after=True)
    leads = score_monitored(bundle, tables, chosen, labels)
    counted = count_groups(leads.matrix, bundle.table, bundle.statistics)
    return estimate_prior_shift(
        reference, count_scores(leads.p), counted, bundle.table, bundle.statistics
    )


def describe_prior_shift(shift: PriorShift) -> Phrase:
    """Return the estimate in words."""
    return Phrase(
        _(
            "by the scores alone, sales will accept {share}% ({low}% to {high}%) of leads like "
            "these, {promised}% of those before: all odds times {factor}"
        ),
        {
            "share": percent(shift.accepted.value),
            "low": percent(shift.accepted.low),
            "high": percent(shift.accepted.high),
            "promised": percent(shift.promised),
            "factor": fixed(shift.factor, 2),
        },
    )


def note_prior_shift(status: Status, shift: PriorShift | None) -> Status:
    """Return the status of the scores with the prior shift, where there is one to follow."""
    if shift is None or not shift.applies:
        return status
    return replace(status, because=(*status.because, describe_prior_shift(shift)))


def follow(bundle: ModelBundle, shift: PriorShift) -> ModelBundle:
    """Return the model with the odds of every lead moved, and its intervals as much wider."""
    model = copy.copy(bundle.model)
    model.calibration_ = model.calibration_.move(shift.log_odds, sd=shift.sd)
    return replace(bundle, model=model)


def _fit(
    expected: Reference, scores: Counts, counted: Mapping[str, Counts], table: FeatureTable
) -> bool:
    """Whether scores and features are spread as expected, but for chance and small change."""
    found = compare_scores(expected, scores, expected.grades).colour_of_scores
    features = compare_features(expected, counted, table)
    return found == "green" and all(one.colour == "green" for one in features)


def _pull(share: float, promised: float) -> Floats:
    """Return how much one lead of each score speaks for a higher share, shape (101,)."""
    accepted, rejected = _PROMISED / promised, (1 - _PROMISED) / (1 - promised)
    return np.asarray((accepted - rejected) / (share * accepted + (1 - share) * rejected))


def _standard_error(scores: Counts, share: float, promised: float) -> float:
    """Return the standard error of the log-odds of a most likely share."""
    information = float(scores @ _pull(share, promised) ** 2)
    return float(1 / (np.sqrt(information) * share * (1 - share)))
