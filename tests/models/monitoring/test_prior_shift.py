"""Prior shift: shares found as by the iteration of its authors, and silence for other changes."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special

from features.matrix.feature_table import MISSING_CODE
from models.artifact.reference import SCORES, Reference, count_groups, count_scores
from models.monitoring.prior_shift import (
    PriorShift,
    estimate_prior_shift,
    expect,
    find_share,
    follow,
    note_prior_shift,
)
from models.monitoring.status import Status
from models.reasons.acceptance_by_value import Statistics, tabulate
from tests.models.monitoring.test_inputs import TABLE, WORDS, make_reference
from tests.trained import train_once

Floats = NDArray[np.float64]
PROMISED = np.clip(np.arange(SCORES) / 100, 0.0025, 0.9975)


class Leads(NamedTuple):
    """Leads of a source and a size, the true chance of each, and what sales said."""

    matrix: Floats
    p: Floats
    accepted: NDArray[np.bool_]

    def take(self, rows: NDArray[np.bool_]) -> Leads:
        return Leads(self.matrix[rows], self.p[rows], self.accepted[rows])


def draw(seed: int, n: int = 6_000) -> Leads:
    rng = np.random.default_rng(seed)
    source, size = rng.choice([2.0, 3.0], n), rng.normal(0, 1, n)
    p = special.expit(-0.8 + 1.2 * (source == 3) + 1.3 * size)
    return Leads(np.column_stack([source, size]), p, rng.random(n) < p)


def shift_odds(leads: Leads, factor: float, *, seed: int) -> Leads:
    """Leave out accepted or rejected leads, whoever they are."""
    kept = np.where(leads.accepted, min(factor, 1.0), min(1 / factor, 1.0))
    return leads.take(np.random.default_rng(seed).random(len(kept)) < kept)


def describe(leads: Leads) -> tuple[Reference, Statistics]:
    """The reference of leads whose scores are right."""
    known = tabulate(leads.matrix, TABLE, leads.accepted.astype(float))
    newest = count_groups(leads.matrix, TABLE, known)
    earlier = {name: 0 * counts for name, counts in newest.items()}
    scores = count_scores(leads.p)
    return replace(make_reference(), newest=newest, earlier=earlier, scores=scores), known


def estimate(new: Leads, *, seed: int = 1) -> PriorShift | None:
    reference, known = describe(draw(seed))
    counted = count_groups(new.matrix, TABLE, known)
    return estimate_prior_shift(reference, count_scores(new.p), counted, TABLE, known)


@given(
    st.lists(st.integers(0, 400), min_size=SCORES, max_size=SCORES),
    st.floats(0.05, 0.95),
)
def test_the_share_is_where_the_iteration_of_saerens_ends(
    counts: list[int], promised: float
) -> None:
    scores = np.array(counts)
    share = find_share(scores, promised)
    if share is None:
        return
    factor = special.expit(special.logit(share) - special.logit(promised))
    weights = factor * PROMISED / (factor * PROMISED + (1 - factor) * (1 - PROMISED))
    assert scores @ weights / scores.sum() == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize("factor", [0.25, 0.5, 2.0, 4.0])
def test_more_or_fewer_accepted_leads_are_found_by_their_scores(factor: float) -> None:
    new = shift_odds(draw(12), factor, seed=3)
    found = estimate(new)
    assert found is not None
    assert found.applies
    assert found.accepted.low < new.accepted.mean() < found.accepted.high
    assert found.log_odds == pytest.approx(np.log(factor), abs=0.2)


def test_leads_like_those_before_give_no_shift() -> None:
    followed = [found.applies for seed in range(3, 23) if (found := estimate(draw(seed, 1_500)))]
    assert len(followed) == 20
    assert sum(followed) <= 1


def test_leads_of_another_source_are_no_prior_shift() -> None:
    """More of the better source: scores rise, and no probability is wrong."""
    new = draw(4)
    better = new.matrix[:, 0] == 3
    found = estimate(new.take(better | (np.random.default_rng(5).random(len(better)) < 0.3)))
    assert found is not None
    assert found.log_odds > 0.15
    assert not found.fits
    assert not found.applies


def test_a_column_that_is_no_longer_filled_is_no_prior_shift() -> None:
    new = draw(6)
    new.matrix[:, 0] = MISSING_CODE
    without = special.expit(-0.8 + 1.3 * new.matrix[:, 1])
    found = estimate(new._replace(p=without))
    assert found is not None
    assert found.log_odds < -0.15
    assert not found.applies


def test_sales_that_becomes_stricter_does_not_show_in_scores() -> None:
    new = draw(7)
    found = estimate(new._replace(accepted=new.accepted & (new.p > 0.5)))
    assert found is not None
    assert not found.applies


def test_scores_that_no_share_explains_give_no_estimate() -> None:
    assert estimate(draw(8, 0)) is None
    new = draw(8)
    assert estimate(new._replace(p=np.full(len(new.p), 0.01))) is None


@given(st.integers(0, 50), st.floats(0.05, 0.9))
def test_the_same_share_leaves_the_reference_as_it_is(seed: int, share: float) -> None:
    reference, known = describe(draw(seed, 500))
    promised = float(np.average(PROMISED, weights=reference.scores))
    same = expect(reference, promised, known)
    assert (same.scores == reference.scores).all()
    for name, counts in reference.newest.items():
        assert (same.newest[name] == counts).all()
    other = expect(reference, share, known)
    risen = np.average(PROMISED, weights=other.scores) - promised
    assert risen * (share - promised) >= -1e-4
    assert other.scores.sum() == pytest.approx(reference.scores.sum(), abs=30)


def test_probabilities_follow_by_their_odds_and_intervals_widen() -> None:
    bundle = train_once()[1].bundle
    found = estimate(shift_odds(draw(2), 2.0, seed=3))
    assert found is not None
    moved, z = follow(bundle, found), np.linspace(-3, 3, 13)
    before, after = bundle.probability(z), moved.probability(z)
    assert after / (1 - after) == pytest.approx(found.factor * before / (1 - before), rel=1e-6)
    assert moved.model.calibration_.posterior_sd > bundle.model.calibration_.posterior_sd
    assert (bundle.probability(z) == before).all()


def test_it_is_said_with_the_scores_where_it_applies() -> None:
    calm = Status("scores", "green", ())
    assert note_prior_shift(calm, None) == calm
    found = estimate(shift_odds(draw(2), 2.0, seed=3))
    assert found is not None
    said = note_prior_shift(calm, found)
    assert said.colour == "green"
    assert f"all odds times {found.factor:.2f}" in WORDS.phrase(said.because[0])
    assert note_prior_shift(calm, replace(found, fits=False)) == calm
