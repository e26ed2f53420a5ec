"""Shapley values: LightGBM's own, those of the definition, and the same bytes however asked."""

from __future__ import annotations

import itertools
import multiprocessing
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import ModelError
from models.shapley import groups
from models.shapley.kernel import SMALLEST_WORK, ShapleyKernel, count_cores
from tests.boosters import enumerate_shapley, interpreted, problems, train


def compute(model: Any, X: np.ndarray, n_threads: int = 1) -> np.ndarray:
    return ShapleyKernel(model).contributions(X, n_threads=n_threads, route="compiled")


@pytest.fixture(scope="module")
def model() -> Any:
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(2_000, 5)), rng.integers(0, 60, 2_000)])
    X[rng.random(2_000) < 0.3, 1] = np.nan
    y = X[:, 0] * np.nan_to_num(X[:, 1], nan=2.0) + np.sin(X[:, 5]) + X[:, 2]
    return train(X, y, 40, categories=(5,), min_data_in_leaf=5)


def rows(n: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.normal(size=(n, 5)), rng.integers(-1, 65, n)])
    X[rng.random(X.shape) < 0.1] = np.nan
    return X


@given(problem=problems())
@settings(max_examples=60)
def test_they_are_those_of_lightgbm(problem: tuple[Any, np.ndarray]) -> None:
    model, X = problem
    own = model.predict(X, pred_contrib=True)
    assert compute(model, X) == pytest.approx(own, abs=1e-9)


@given(problem=problems(most_features=4))
@settings(max_examples=25)
def test_they_are_those_of_the_definition(problem: tuple[Any, np.ndarray]) -> None:
    model, X = problem
    X = X[::20]
    if "average_output" in model.model_to_string():
        return  # the JSON does not tell how a forest's trees are weighed
    expected = np.array([enumerate_shapley(model, row) for row in X])
    assert compute(model, X) == pytest.approx(expected, abs=1e-9)


@given(problem=problems())
@settings(max_examples=40)
def test_they_and_the_base_add_up_to_the_raw_score(problem: tuple[Any, np.ndarray]) -> None:
    model, X = problem
    raw = model.predict(X, raw_score=True)
    assert compute(model, X).sum(axis=1) == pytest.approx(raw, abs=1e-9)


@given(problem=problems(most_features=3), largest=st.sampled_from([1, 1024]))
@settings(max_examples=10, deadline=None)
def test_compiled_code_does_what_its_python_says(
    problem: tuple[Any, np.ndarray], largest: int
) -> None:
    model, X = problem
    X = X[::5]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "LARGEST", largest)
        patch.setattr(groups, "LARGEST_LEAF", largest)
        expected = compute(model, X)
        with interpreted():
            assert compute(model, X).tobytes() == expected.tobytes()


@pytest.mark.parametrize("largest", [1, 4, 64])
def test_leaves_too_wide_for_a_table_are_as_exact(
    model: Any, largest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    X = rows(300)
    monkeypatch.setattr(groups, "LARGEST", largest)
    monkeypatch.setattr(groups, "LARGEST_LEAF", largest)
    kernel = ShapleyKernel(model)
    found = kernel.contributions(X, route="compiled")
    assert found == pytest.approx(model.predict(X, pred_contrib=True), abs=1e-9)


def test_paths_of_many_features_are_exact() -> None:
    # Each tree is one long path: every split takes the rows where all conditions before held.
    rng = np.random.default_rng(3)
    X = rng.random((4_000, 30))
    y = np.cumprod(X > 0.15, axis=1).sum(axis=1).astype(float)
    model = train(X, y, 3, num_leaves=31)
    asked = rng.random((200, 30)) ** 0.3
    found = compute(model, asked)
    assert found == pytest.approx(model.predict(asked, pred_contrib=True), abs=1e-9)
    assert (np.abs(found[:, :-1]) > 1e-12).sum(axis=1).max() > 20


def test_one_deep_tree_on_one_feature_is_exact() -> None:
    X = np.random.default_rng(0).normal(size=(3_000, 1))
    model = train(X, np.sin(20 * X[:, 0]), 2, num_leaves=500)
    asked = np.concatenate([X[:100], [[np.nan], [np.inf], [-np.inf]]])
    assert compute(model, asked) == pytest.approx(model.predict(asked, pred_contrib=True), abs=1e-9)


def test_a_model_continued_from_another_is_explained_whole() -> None:
    import lightgbm

    X, y = rows(500), np.arange(500) % 7.0
    first = train(X, y, 4)
    data = lightgbm.Dataset(X, y, categorical_feature=[5], init_score=np.arange(500) / 100.0)
    second = lightgbm.train({"verbosity": -1, "num_threads": 1}, data, 4, init_model=first)
    assert second.num_trees() == 8
    assert compute(second, X) == pytest.approx(second.predict(X, pred_contrib=True), abs=1e-9)


def test_a_model_that_stopped_early_is_explained_to_its_best_tree() -> None:
    X, y = rows(300), np.random.default_rng(0).normal(size=300)
    model = train(X, y, 9)
    model.best_iteration = 2
    assert compute(model, X) == pytest.approx(model.predict(X, pred_contrib=True), abs=1e-9)


def test_constant_trees_are_a_base() -> None:
    X = rows(50)
    model = train(X, np.full(50, 3.0), 2)
    found = compute(model, X)
    assert (found[:, :-1] == 0).all()
    assert found[:, -1] == pytest.approx(model.predict(X, raw_score=True))


@given(sizes=st.lists(st.integers(1, 300), max_size=6), n_threads=st.integers(1, 5))
@settings(max_examples=15, deadline=None)
def test_no_row_depends_on_other_rows_or_on_threads(
    model: Any, sizes: list[int], n_threads: int
) -> None:
    kernel = ShapleyKernel(model)
    X = rows(1_000)
    whole = kernel.contributions(X, n_threads=1, route="compiled")
    edges = [0, *(edge for edge in np.cumsum(sizes) if edge < len(X)), len(X)]
    parts = [
        kernel.contributions(X[start:end], n_threads=n_threads, route="compiled")
        for start, end in itertools.pairwise(edges)
    ]
    assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_the_route_follows_from_rows_and_model_alone(model: Any) -> None:
    kernel = ShapleyKernel(model)
    n_leaves = sum(tree["num_leaves"] for tree in model.dump_model()["tree_info"])
    enough = -(-SMALLEST_WORK // n_leaves)
    assert kernel.choose_route(enough) == "compiled"
    assert kernel.choose_route(enough - 1) == "lightgbm"
    X = rows(50)
    before = kernel.contributions(X).tobytes()
    kernel.contributions(X, route="compiled")
    assert kernel.contributions(X).tobytes() == before
    assert kernel.contributions(X, route="lightgbm").tobytes() == before


def test_many_rows_take_the_compiled_route(model: Any) -> None:
    kernel = ShapleyKernel(model)
    X = np.tile(rows(500), (16, 1))
    assert kernel.choose_route(len(X)) == "compiled"
    found = kernel.contributions(X, n_threads=2)
    assert found.tobytes() == kernel.contributions(X, n_threads=1, route="compiled").tobytes()


@pytest.mark.parametrize("route", ["compiled", "lightgbm"])
def test_no_rows_give_no_rows(model: Any, route: Any) -> None:
    assert ShapleyKernel(model).contributions(rows(0), route=route).shape == (0, 7)


def test_tables_in_any_layout_give_the_same(model: Any) -> None:
    X = rows(200)
    X[:, 5] = np.nan_to_num(X[:, 5])
    X = X.astype(np.float32).astype(np.float64)
    expected = compute(model, X).tobytes()
    read_only = X.copy()
    read_only.flags.writeable = False
    for same in (np.asfortranarray(X), np.repeat(X, 2, axis=0)[::2], X.astype(np.float32)):
        assert compute(model, same).tobytes() == expected
    assert compute(model, read_only).tobytes() == expected
    assert compute(model, X.tolist()).tobytes() == expected


def test_other_columns_than_the_models_are_refused(model: Any) -> None:
    with pytest.raises(ModelError, match=r"columns of the model.*Got shape \(3, 5\), expected 6"):
        ShapleyKernel(model).contributions(np.zeros((3, 5)))
    with pytest.raises(ModelError, match="columns of the model"):
        ShapleyKernel(model).contributions(np.zeros(6))


def test_it_works_in_a_fork(model: Any) -> None:
    kernel = ShapleyKernel(model)
    X = rows(400)
    expected = kernel.contributions(X, n_threads=2, route="compiled").tobytes()
    receive, send = multiprocessing.get_context("fork").Pipe(duplex=False)

    def work() -> None:
        send.send_bytes(kernel.contributions(X, n_threads=2, route="compiled").tobytes())

    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    assert receive.recv_bytes() == expected
    child.join()


def test_numba_is_loaded_when_it_is_needed() -> None:
    program = (
        "import sys, models.shapley.kernel; assert not {'numba', 'lightgbm'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_there_is_a_core_to_work_on() -> None:
    assert count_cores() >= 1
