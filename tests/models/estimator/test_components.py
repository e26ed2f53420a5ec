"""Line and trees together: they add up, grow with the table, and come out the same each time."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from models.estimator.components import Components, Hyperparameters, learn
from models.estimator.linear import fit_linear

CATEGORIES = (0,)


def draw(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A category, a number with gaps, a number that counts by its size alone, and noise."""
    rng = np.random.default_rng(seed)
    X = np.column_stack(
        [rng.integers(0, 6, n), rng.normal(size=n), rng.normal(size=n), rng.normal(size=n)]
    ).astype(float)
    rate = expit(0.8 * (X[:, 0] == 3) + X[:, 1] + 1.5 * np.abs(X[:, 2]) - 1.6)
    X[rng.random(n) < 0.2, 1] = np.nan
    return X, (rng.random(n) < rate).astype(float)


@pytest.fixture(scope="module")
def components() -> Components:
    return learn(*draw(2_000), CATEGORIES, Hyperparameters())


def written(components: Components) -> str:
    """Everything that was learned, without the settings that LightGBM notes beside it."""
    return json.dumps([components.booster.dump_model()["tree_info"], components.linear.to_dict()])


def test_line_and_trees_add_up(components: Components) -> None:
    X, _ = draw(300, seed=1)
    X[0] = np.nan
    X[1, 0] = 99.0
    trees = components.booster.predict(X, raw_score=True)
    assert components.log_odds(X) == pytest.approx(components.linear.log_odds(X) + trees, abs=1e-12)
    assert np.abs(trees).max() > 0.1, "the trees have something to add"


def test_contributions_and_base_add_up_to_the_log_odds(components: Components) -> None:
    X, _ = draw(300, seed=1)
    X[0] = np.nan
    X[1, 0] = 99.0
    contributions = components.contributions(X)
    assert contributions.shape == (300, 5)
    assert contributions.sum(axis=1) == pytest.approx(components.log_odds(X), abs=1e-6)
    assert np.unique(contributions[:, -1]).size == 1


@pytest.mark.slow
def test_contributions_are_the_same_with_any_number_of_threads(components: Components) -> None:
    X, _ = draw(300, seed=1)
    many = np.tile(X, (200, 1))
    assert components.kernel.choose_route(len(X)) == "lightgbm"
    assert components.kernel.choose_route(len(many)) == "compiled"
    one, two = (components.contributions(many, threads=threads) for threads in (1, 2))
    assert one.tobytes() == two.tobytes()
    assert one[:300].tobytes() == one[-300:].tobytes()
    assert one[:300] == pytest.approx(components.contributions(X), abs=1e-9)
    assert one.sum(axis=1) == pytest.approx(components.log_odds(many), abs=1e-9)


def test_the_line_goes_part_of_its_way_from_the_accepted_share() -> None:
    X, y = draw(500)
    hyperparameters = Hyperparameters(linear_shrinkage=0.4)
    whole = fit_linear(X, y, CATEGORIES, inverse_penalty=hyperparameters.inverse_penalty).log_odds(
        X
    )
    level = logit(y.mean())
    found = learn(X, y, CATEGORIES, hyperparameters).linear.log_odds(X)
    assert found == pytest.approx(level + 0.4 * (whole - level), abs=1e-9)


def test_the_trees_find_what_is_not_a_line(components: Components) -> None:
    from sklearn.metrics import log_loss

    X, y = draw(4_000, seed=2)
    together = log_loss(y, expit(components.log_odds(X)))
    line = learn(*draw(2_000), CATEGORIES, Hyperparameters(linear_shrinkage=1.0)).linear
    assert together < log_loss(y, expit(line.log_odds(X))) - 0.01
    # The size of the third number counts, so the two ends of it move a lead alike.
    ends = np.array([[0.0, 0.0, size, 0.0] for size in (-2.5, 0.0, 2.5)])
    low, middle, high = components.contributions(ends)[:, 2]
    assert min(low, high) > middle + 0.3


def test_the_first_tree_takes_a_newton_step_from_the_line() -> None:
    X, y = draw(600)
    X = X[:, 1:]
    hyperparameters = Hyperparameters(
        fewest_trees=1, most_trees=1, learning_rate=1.0, l2=0.0, row_share=1.0, column_share=1.0
    )
    components = learn(X, y, (), hyperparameters)
    leaf = np.asarray(components.booster.predict(X, pred_leaf=True)).ravel()
    p = expit(components.linear.log_odds(X))
    missed, curved = (np.bincount(leaf, each) for each in (y - p, p * (1 - p)))
    assert len(missed) > 2
    step = components.log_odds(X) - components.linear.log_odds(X)
    assert step == pytest.approx((missed / curved)[leaf], abs=1e-5)


@given(n=st.integers(1, 10**7), more=st.integers(0, 10**6))
def test_more_leads_bear_no_fewer_trees(n: int, more: int) -> None:
    hyperparameters = Hyperparameters()
    assert hyperparameters.count_trees(n) <= hyperparameters.count_trees(n + more)
    assert (
        hyperparameters.fewest_trees <= hyperparameters.count_trees(n) <= hyperparameters.most_trees
    )


@pytest.mark.parametrize(("n", "trees"), [(60, 12), (1_040, 13), (4_000, 50), (10**6, 150)])
def test_the_number_of_trees_follows_the_size_of_the_table(n: int, trees: int) -> None:
    assert Hyperparameters().count_trees(n) == trees


@pytest.mark.parametrize("n", [100, 1_600])
def test_as_many_trees_are_grown_as_were_counted(n: int) -> None:
    hyperparameters = Hyperparameters(column_share=1.0)
    grown = learn(*draw(n), CATEGORIES, hyperparameters).booster.num_trees()
    assert grown == hyperparameters.count_trees(n)
    half = Hyperparameters(column_share=1.0, train_window=0.5)
    assert learn(*draw(n), CATEGORIES, half).booster.num_trees() == half.count_trees(n // 2)


def test_leaves_ask_for_less_in_small_tables() -> None:
    sizes = [Hyperparameters().parameters(n)["min_data_in_leaf"] for n in (60, 400, 100_000)]
    assert sizes == [5, 20, 40]


@given(n=st.integers(2, 10**5), history=st.floats(0.01, 1))
def test_the_newest_leads_are_taken(n: int, history: float) -> None:
    rows = Hyperparameters(train_window=history).select(n)
    assert rows.stop == n
    assert abs((rows.stop - rows.start) - history * n) <= 0.5


def test_a_shorter_history_is_learning_from_the_newer_leads_alone() -> None:
    X, y = draw(801)
    short = learn(X, y, CATEGORIES, Hyperparameters(train_window=0.5))
    start = 801 - 400
    assert written(short) == written(learn(X[start:], y[start:], CATEGORIES, Hyperparameters()))
    other_X, other_y = X.copy(), y.copy()
    other_X[:start], other_y[:start] = np.nan, 1 - y[:start]
    assert written(
        learn(other_X, other_y, CATEGORIES, Hyperparameters(train_window=0.5))
    ) == written(short)
    assert written(learn(X, y, CATEGORIES, Hyperparameters())) != written(short)


def test_it_is_the_same_with_any_number_of_threads() -> None:
    X, y = draw(1_500)
    hyperparameters = Hyperparameters(
        fewest_trees=4, most_trees=4
    )  # threads wait for each other at every leaf
    one, two = (learn(X, y, CATEGORIES, hyperparameters, threads=threads) for threads in (1, 2))
    assert written(one) == written(two)
    asked, _ = draw(200, seed=5)
    assert one.log_odds(asked, threads=2).tobytes() == two.log_odds(asked, threads=1).tobytes()


def test_the_seed_decides_what_is_drawn() -> None:
    X, y = draw(400)
    first, again, other = (
        written(learn(X, y, CATEGORIES, Hyperparameters(seed=seed))) for seed in (20, 20, 21)
    )
    assert first == again != other


def test_columns_that_tell_nothing_apart_leave_the_level() -> None:
    _, y = draw(200)
    X = np.column_stack([np.full(200, 2.0), np.full(200, np.nan), np.full(200, 7.0)])
    components = learn(X, y, CATEGORIES, Hyperparameters())
    asked = np.array([[2.0, np.nan, 7.0], [0.0, 3.0, np.nan], [9.0, -1.0, 1e9]])
    assert components.log_odds(asked)[0] == pytest.approx(logit(y.mean()), abs=0.002)
    assert np.isfinite(components.log_odds(asked)).all()
    assert components.contributions(X)[:, :-1] == pytest.approx(np.zeros((200, 3)), abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_a_first_tree_without_a_split_does_not_stop_the_growth(seed: int) -> None:
    # Forty levels of ten leads each offer no split, and each tree draws one of two columns.
    rng = np.random.default_rng(1)
    X = np.column_stack([np.arange(400) % 40, rng.normal(size=400)]).astype(float)
    y = (rng.random(400) < expit(2 * np.abs(X[:, 1]) - 1.5)).astype(float)
    components = learn(X, y, CATEGORIES, Hyperparameters(seed=seed))
    leaves = [tree["num_leaves"] for tree in components.booster.dump_model()["tree_info"]]
    assert sum(n > 1 for n in leaves) >= 4
    gain = components.booster.feature_importance("gain")
    assert gain[0] == 0 < gain[1]


def test_the_case_of_a_first_tree_without_a_split_does_occur() -> None:
    rng = np.random.default_rng(1)
    X = np.column_stack([np.arange(400) % 40, rng.normal(size=400)]).astype(float)
    y = (rng.random(400) < 0.5).astype(float)
    firsts = [
        learn(X, y, CATEGORIES, Hyperparameters(seed=seed)).booster.dump_model()["tree_info"][0]
        for seed in range(5)
    ]
    assert {tree["num_leaves"] > 1 for tree in firsts} == {True, False}
