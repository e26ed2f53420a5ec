"""Score change: its parts add up, whatever the models and records."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special

from models.reasons.score_change import (
    ScoreChange,
    TopicLogOdds,
    explain_change,
    points_per_log_odds,
    round_parts,
)

TOPICS = ("demo", "webinar", "title", "industry", "age")
NUMBER = st.floats(-3, 3, allow_subnormal=False)


@st.composite
def models(draw: st.DrawFn, *, n_leads: int = 3) -> tuple[TopicLogOdds, TopicLogOdds]:
    """One model on two states of the records."""
    names = tuple(draw(st.lists(st.sampled_from(TOPICS), unique=True, max_size=5)))
    size = n_leads * len(names)

    def values() -> np.ndarray:
        drawn = draw(st.lists(NUMBER, min_size=size, max_size=size))
        return np.array(drawn, dtype=np.float64).reshape(n_leads, len(names))

    first = TopicLogOdds(
        names,
        values(),
        base=draw(NUMBER),
        slope=draw(st.floats(0.05, 2)),
        shift=draw(NUMBER),
    )
    return first, replace(first, values=values())


def add_up(change: ScoreChange) -> np.ndarray:
    return change.lead.sum(axis=1) + change.model.sum(axis=1) + change.calibration


@given(models(), models())
def test_the_parts_add_up_in_log_odds_and_in_points(
    old: tuple[TopicLogOdds, TopicLogOdds], new: tuple[TopicLogOdds, TopicLogOdds]
) -> None:
    change = explain_change(*old, new[1])
    # Both scores as their calibrations say, by another way than the parts.
    before = old[0].shift + old[0].slope * (old[0].base + old[0].values.sum(axis=1))
    after = new[1].shift + new[1].slope * (new[1].base + new[1].values.sum(axis=1))
    np.testing.assert_allclose(add_up(change), after - before, atol=1e-9, rtol=0)
    lead, model, calibration = change.points()
    np.testing.assert_allclose(
        lead.sum(axis=1) + model.sum(axis=1) + calibration,
        100 * (special.expit(after) - special.expit(before)),
        atol=1e-6,
        rtol=0,
    )


@given(models(), models())
def test_a_record_that_stays_has_no_part(
    old: tuple[TopicLogOdds, TopicLogOdds], new: tuple[TopicLogOdds, TopicLogOdds]
) -> None:
    assert not explain_change(old[0], old[0], new[0]).lead.any()


@given(models())
def test_a_model_that_stays_has_no_part(old: tuple[TopicLogOdds, TopicLogOdds]) -> None:
    change = explain_change(old[0], old[1], old[1])
    assert not change.model.any() and not change.calibration.any()


@given(models(), models(), st.randoms(use_true_random=False))
def test_the_order_of_topics_does_not_matter(
    old: tuple[TopicLogOdds, TopicLogOdds],
    new: tuple[TopicLogOdds, TopicLogOdds],
    random: Random,
) -> None:
    def shuffle(side: TopicLogOdds) -> TopicLogOdds:
        order = list(range(len(side.names)))
        random.shuffle(order)
        names = tuple(side.names[place] for place in order)
        return replace(side, names=names, values=side.values[:, order])

    plain = explain_change(*old, new[1])
    mixed = explain_change(shuffle(old[0]), shuffle(old[1]), shuffle(new[1]))
    assert plain.names == mixed.names
    assert np.array_equal(plain.lead, mixed.lead) and np.array_equal(plain.model, mixed.model)


def test_a_topic_of_one_model_alone_is_all_the_models_part() -> None:
    old = TopicLogOdds(("gone",), np.array([[0.5]]), base=0.0, slope=2.0)
    new = TopicLogOdds(("come",), np.array([[0.25]]), base=0.0, slope=0.5)
    change = explain_change(old, old, new)
    assert change.names == ("come", "gone")
    assert change.model.tolist() == [[0.125, -1.0]]


@given(NUMBER, NUMBER, st.lists(NUMBER, min_size=1, max_size=4))
def test_points_are_the_integral_along_the_straight_way(
    before: float, after: float, parts: list[float]
) -> None:
    """Aumann and Shapley's price, integrated in steps."""

    def slope(share: float) -> float:
        reached = special.expit(before + share * (after - before))
        return float(100 * reached * (1 - reached))

    expected, _ = integrate.quad(slope, 0, 1)
    pace = points_per_log_odds(np.array([before]), np.array([after]))[0]
    assert pace == pytest.approx(expected, abs=1e-6)


@given(st.lists(st.floats(-40, 40), min_size=1, max_size=8), st.integers(-1, 1))
def test_rounded_parts_add_up_to_what_is_shown(parts: list[float], off: int) -> None:
    total = round(sum(parts)) + off
    shown = round_parts(parts, total)
    assert shown.sum() == total
    # Nobody is off by more than rounding and one point for each that had to give way.
    assert np.abs(shown - np.array(parts)).max() <= 1.5 + (off != 0)


def test_no_parts_stay_none() -> None:
    assert not len(round_parts([], 3))


def test_records_of_two_models_are_refused() -> None:
    one = TopicLogOdds(("a",), np.zeros((1, 1)), base=0.0)
    with pytest.raises(ValueError, match="same old model"):
        explain_change(one, replace(one, base=1.0), one)
    with pytest.raises(ValueError, match="same leads"):
        explain_change(one, one, replace(one, values=np.zeros((2, 1))))
