"""Rolling-origin validation: nobody is predicted by a model that knew the answer or a later one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from features.errors import DataRefused
from features.matrix.feature_table import MISSING_CODE, OTHER_CODE
from features.matrix.planning import MIN_LEADS_OF_LEVEL
from models.estimator.calibration import weigh_by_age
from models.estimator.components import Hyperparameters, learn
from models.estimator.rolling_origin import (
    BEYOND_NOISE,
    MANY_LEADS,
    ORIGINS,
    RollingOriginPredictions,
    align_losses,
    choose_splits,
    choose_train_window,
    exceeds_noise,
    interleaved_splits,
    make_folds,
    pool_rare_levels,
    predict_forward,
    rolling_origin_splits,
)

CATEGORIES = (0,)
HYPERPARAMETERS = Hyperparameters()


def draw(
    n: int, seed: int = 0, *, turned: bool = False, drift: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Leads whose older half obeys the opposite relation, or is accepted more, if so wished."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.integers(0, 6, n), rng.normal(size=(n, 3))])
    old = np.arange(n) < n / 2
    relation = 0.8 * (X[:, 0] == 3) + 1.2 * X[:, 1] - 0.6 * X[:, 2]
    z = np.where(old & turned, -relation, relation) + drift * old - 0.4
    y = (rng.random(n) < expit(z)).astype(float)
    X[rng.random(n) < 0.2, 1] = np.nan
    return X, y


def choose(
    X: np.ndarray, y: np.ndarray, *, ordered: bool = True
) -> tuple[Hyperparameters, RollingOriginPredictions]:
    return choose_train_window(make_folds(X, y, CATEGORIES, ordered=ordered), HYPERPARAMETERS)


@pytest.mark.parametrize("turned", [False, True])
def test_predictions_with_what_was_chosen_are_those_of_the_choice(turned: bool) -> None:
    X, y = draw(600, turned=turned)
    chosen, forward = choose(X, y)
    assert (chosen.train_window < 1) == turned
    again = predict_forward(make_folds(X, y, CATEGORIES, ordered=True), chosen)
    assert again.log_odds.tobytes() == forward.log_odds.tobytes()
    assert again.accepted.tolist() == forward.accepted.tolist()
    assert (again.ordered, again.sizes) == (forward.ordered, forward.sizes)


def test_many_leads_need_fewer_models_and_their_newest_fifth() -> None:
    few, many = list(rolling_origin_splits(MANY_LEADS - 1)), list(rolling_origin_splits(MANY_LEADS))
    assert len(few) == len(ORIGINS) > len(many)
    assert [known[-1] + 1 for known, _ in many] == [new[0] for _, new in many]
    newest = np.concatenate([new for _, new in many])
    assert newest.tolist() == list(range(MANY_LEADS - MANY_LEADS // 5, MANY_LEADS))


@pytest.mark.parametrize("n", [20, 80, 101, 1_000])
def test_rolling_origin_splits_learn_from_older_leads_alone(n: int) -> None:
    parts = list(rolling_origin_splits(n))
    for known, new in parts:
        assert known[0] == 0
        assert known.max() + 1 == new.min()
    assert np.concatenate([new for _, new in parts]).tolist() == list(range(parts[0][1][0], n))
    assert parts[0][1][0] == round(n / 2)


@pytest.mark.parametrize("n", [20, 83])
def test_interleaved_splits_hold_each_lead_out_once(n: int) -> None:
    parts = list(interleaved_splits(n))
    assert sorted(np.concatenate([new for _, new in parts])) == list(range(n))
    for known, new in parts:
        assert sorted([*known, *new]) == list(range(n))


def test_folds_take_over_where_the_past_teaches_nothing() -> None:
    splits, rolling = choose_splits(np.r_[np.zeros(95), np.ones(5)], ordered=True)
    assert not rolling
    assert sum(len(new) for _, new in splits) == 100
    splits, rolling = choose_splits(np.arange(100) % 2.0, ordered=True)
    assert rolling
    assert splits[0][1][0] == 50
    assert choose_splits(np.arange(100) % 2.0, ordered=False)[1] is False


@given(y=st.lists(st.integers(0, 1), min_size=20, max_size=120), ordered=st.booleans())
def test_every_part_learned_from_holds_both_decisions(y: list[int], ordered: bool) -> None:
    decisions = np.array(y, dtype=float)
    try:
        splits, rolling = choose_splits(decisions, ordered=ordered)
    except DataRefused as refused:
        assert refused.code == "too_few_leads"
        assert min(decisions.sum(), len(y) - decisions.sum()) <= 1 or len(y) < 25
        return
    assert ordered or not rolling
    assert sum(len(new) for _, new in splits) >= 20
    for known, new in splits:
        assert set(decisions[known]) == {0.0, 1.0}
        assert not set(known) & set(new)


@pytest.mark.parametrize("y", [np.eye(22)[3], np.arange(15) % 2.0, np.zeros(0), np.ones(50)])
@pytest.mark.parametrize("ordered", [True, False])
def test_too_few_leads_of_one_kind_are_refused(y: np.ndarray, ordered: bool) -> None:
    with pytest.raises(DataRefused, match=r"Too few decided leads.*accepted and.*rejected"):
        choose_splits(y, ordered=ordered)


def test_levels_that_the_older_leads_hardly_knew_are_others() -> None:
    codes = np.repeat([MISSING_CODE, OTHER_CODE, 2, 3, np.nan], [2, 3, 10, 9, 4])
    older = np.column_stack([codes, np.arange(28), codes])
    newer = np.array([[code, 7.0, code] for code in (0, 1, 2, 3, 4, np.nan)])
    kept = older.copy(), newer.copy()
    pooled = pool_rare_levels(older, newer, [0])
    assert MIN_LEADS_OF_LEVEL == 10
    other = float(OTHER_CODE)
    for part, before, expected in zip(
        pooled,
        kept,
        (np.where(codes == 3, other, codes), [0, other, 2, other, other, np.nan]),
        strict=True,
    ):
        np.testing.assert_array_equal(part[:, 0], expected)
        np.testing.assert_array_equal(part[:, 1:], before[:, 1:])
    np.testing.assert_array_equal(older, kept[0])
    np.testing.assert_array_equal(newer, kept[1])


def test_a_campaign_that_began_later_is_predicted_as_an_unknown_one() -> None:
    X, y = draw(400)
    late = np.arange(400) >= 340
    campaign, unknown = X.copy(), X.copy()
    campaign[late, 0], unknown[late, 0] = 6, OTHER_CODE
    _, named = choose(campaign, y)
    _, others = choose(unknown, y)
    # At the last origin but one it is twenty leads old, and known.
    assert named.log_odds[:160].tobytes() == others.log_odds[:160].tobytes()
    assert named.log_odds[160:].tolist() != others.log_odds[160:].tolist()


@pytest.mark.parametrize("turned", [True, False])
def test_each_prediction_is_that_of_a_model_of_the_older_leads(turned: bool) -> None:
    X, y = draw(500, turned=turned)
    hyperparameters, predictions = choose(X, y)
    assert hyperparameters.train_window == (0.5 if turned else 1.0)
    expected: list[float] = []
    for start, stop in [(250, 300), (300, 350), (350, 400), (400, 450), (450, 500)]:
        first = start // 2 if turned else 0
        model = learn(X[first:start], y[first:start], CATEGORIES, HYPERPARAMETERS)
        expected += model.log_odds(X[start:stop]).tolist()
    assert predictions.log_odds.tolist() == expected
    assert predictions.accepted.tolist() == y[250:].tolist()
    assert predictions.ordered
    assert predictions.sizes == (50,) * 5


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("seed", range(2))
def test_later_decisions_teach_nothing_about_earlier_leads(origin: float, seed: int) -> None:
    X, y = draw(400, seed)
    cut = round(origin * 400)
    later_X, later_y = X.copy(), y.copy()
    later_y[cut:] = 1 - y[cut:]
    later_X[cut + 40 :, 1:] *= -5
    known = slice(0, cut + 40 - 200)  # predictions of leads up to the next origin
    hyperparameters, predictions = choose(X, y)
    other_hyperparameters, other = choose(later_X, later_y)
    assert hyperparameters == other_hyperparameters, (
        "what is chosen may depend on all decisions: draw other leads"
    )
    assert predictions.log_odds[known].tobytes() == other.log_odds[known].tobytes()
    assert predictions.accepted.tolist() != other.accepted.tolist()


def test_folds_never_learn_from_what_they_predict() -> None:
    X, y = draw(200)
    _, predictions = choose(X, y, ordered=False)
    assert not predictions.ordered
    assert len(predictions.log_odds) == 200
    assert predictions.sizes == (40,) * 5
    held_out = np.arange(200) % 5 == 2
    other = np.where(held_out, 1 - y, y)
    _, flipped = choose(X, other, ordered=False)
    place = np.repeat(np.arange(5), 40) == 2
    assert flipped.log_odds[place].tobytes() == predictions.log_odds[place].tobytes()
    assert flipped.accepted[place].tolist() == (1 - predictions.accepted[place]).tolist()
    assert flipped.log_odds[~place].tolist() != predictions.log_odds[~place].tolist()


@pytest.mark.parametrize("n", [400, 900])
@pytest.mark.parametrize(
    ("world", "history"), [({"turned": True}, 0.5), ({}, 1.0), ({"drift": 1.5}, 1.0)]
)
def test_older_leads_are_left_out_where_they_mislead_and_only_there(
    world: dict[str, float], history: float, n: int
) -> None:
    chosen = [choose(*draw(n, seed, **world))[0] for seed in range(6)]
    # Two standard errors leave room for one in a few dozen worlds to look otherwise.
    assert sum(hyperparameters.train_window == history for hyperparameters in chosen) >= 5
    assert {replace(hyperparameters, train_window=1.0) for hyperparameters in chosen} == {
        HYPERPARAMETERS
    }


def test_without_an_order_no_lead_is_older() -> None:
    X, y = draw(400, turned=True)
    assert choose(X, y, ordered=False)[0].train_window == 1.0


def test_the_same_leads_give_the_same_choice_bit_for_bit() -> None:
    X, y = draw(300, turned=True)
    (hyperparameters, predictions), (hyperparameters_again, again) = (
        choose(X, y),
        choose(X.copy(), y.copy()),
    )
    assert hyperparameters == hyperparameters_again
    assert predictions.log_odds.tobytes() == again.log_odds.tobytes()


SCORES = st.lists(st.tuples(st.floats(-15, 15), st.integers(0, 1)), min_size=2, max_size=40)


@given(rows=SCORES, shift=st.floats(-8, 8))
def test_aligned_losses_do_not_depend_on_the_level(
    rows: Sequence[tuple[float, int]], shift: float
) -> None:
    z, y = np.array(rows, dtype=float).T
    losses = align_losses(y, z)
    assert (losses >= 0).all()
    assert align_losses(y, z + shift) == pytest.approx(losses, abs=1e-6)
    if 0 < y.sum() < len(y):
        # The level at which the mean probability is the accepted share is the likeliest one.
        best = optimize.minimize_scalar(
            lambda level: log_loss(y, expit(z + level)), bounds=(-40, 40), method="bounded"
        )
        assert losses.mean() == pytest.approx(best.fun, abs=1e-4)
    else:
        assert (losses == 0).all(), "decided all alike, there is nothing to tell apart"


def test_aligned_losses_are_those_of_probabilities_with_the_right_mean() -> None:
    X, y = draw(3_000)
    z = np.nan_to_num(X[:, 1]) * 3 - 5
    losses = align_losses(y, z)
    p = np.where(y == 1, np.exp(-losses), 1 - np.exp(-losses))
    assert p.mean() == pytest.approx(y.mean(), abs=1e-9)
    # All log-odds moved alike.
    assert np.ptp(np.log(p / (1 - p)) - z) < 1e-6


def test_better_scores_have_lower_aligned_losses() -> None:
    X, y = draw(2_000)
    column = np.nan_to_num(X[:, [1]])
    good = LogisticRegression().fit(column, y).decision_function(column)
    means = [align_losses(y, z).mean() for z in (good, 0.3 * good, 0 * good, -good)]
    assert means == sorted(means)
    assert means[2] == pytest.approx(log_loss(y, np.full(2_000, y.mean())))


def test_only_what_is_beyond_noise_counts() -> None:
    gain = np.r_[np.full(50, 1.0), np.full(50, -0.5)]
    weights = np.ones(100)
    error = gain.std() / 10
    edge = 0.25 / error
    assert exceeds_noise(gain, weights, noise=edge - 0.01)
    assert not exceeds_noise(gain, weights, noise=edge + 0.01)
    assert not exceeds_noise(-gain, weights, noise=BEYOND_NOISE)
    assert not exceeds_noise(np.zeros(100), weights, noise=BEYOND_NOISE)
    # What happened last counts most.
    newest = np.r_[np.zeros(300), np.full(100, 0.3)] + np.tile([1, -1], 200)
    assert exceeds_noise(newest, weigh_by_age(400), noise=1.5)
    assert not exceeds_noise(newest[::-1], weigh_by_age(400), noise=1.5)


def test_noise_alone_is_rarely_taken_for_a_gain() -> None:
    rng = np.random.default_rng(0)
    weights = weigh_by_age(300)
    alarms = [
        exceeds_noise(rng.normal(size=300), weights, noise=BEYOND_NOISE) for _ in range(4_000)
    ]
    assert 0.015 < np.mean(alarms) < 0.035  # two standard errors, one side


@pytest.mark.parametrize("ordered", [True, False])
def test_newer_predictions_stand_behind(ordered: bool) -> None:
    predictions = RollingOriginPredictions(
        np.array([0.1, 0.2]), np.array([1.0, 0.0]), ordered, (2,)
    )
    longer = predictions.append_newer(np.array([0.3]), np.array([1.0]))
    assert longer.log_odds.tolist() == [0.1, 0.2, 0.3]
    assert longer.accepted.tolist() == [1, 0, 1]
    assert longer.ordered is ordered
    assert longer.sizes == (2, 1)
    assert predictions.log_odds.tolist() == [0.1, 0.2]


def test_a_line_is_fitted_once_whatever_trees_are_tried_on_it() -> None:
    fold = make_folds(*draw(600), CATEGORIES, ordered=True).parts[0]
    line = fold.fit_line(HYPERPARAMETERS)
    assert fold.fit_line(replace(HYPERPARAMETERS, leaves=31, linear_shrinkage=0.0)) is line
    short = replace(HYPERPARAMETERS, train_window=0.5)
    rows = short.select(len(fold.y))
    alone = short.fit_line(fold.X[rows], fold.y[rows], CATEGORIES)
    assert fold.fit_line(short).log_odds(fold.X).tobytes() == alone.log_odds(fold.X).tobytes()
    reused, own = (
        learn(fold.X, fold.y, CATEGORIES, HYPERPARAMETERS, line=each, threads=1).log_odds(fold.X)
        for each in (line, None)
    )
    assert reused.tobytes() == own.tobytes()
