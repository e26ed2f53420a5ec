"""Reading a model: the same trees as its JSON tells, and refusals in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from features.errors import ModelError
from models.shapley.trees import read_trees
from tests.boosters import problems, read_threshold, train

X = np.random.default_rng(0).normal(size=(100, 3))
Y = X[:, 0] + X[:, 1] ** 2


def list_nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    if "leaf_value" in node:
        return [node]
    return [node, *list_nodes(node["left_child"]), *list_nodes(node["right_child"])]


@given(problem=problems())
@settings(max_examples=30)
def test_trees_are_those_of_the_json(problem: tuple[Any, np.ndarray]) -> None:
    model, _ = problem
    trees = read_trees(model)
    told = [tree["tree_structure"] for tree in model.dump_model()["tree_info"]]
    assert trees.n_trees == len(told)
    assert trees.n_features == model.num_feature()
    for number, tree in enumerate(told):
        split, leaf = trees.split_start[number], trees.leaf_start[number]
        nodes = list_nodes(tree)
        assert len(nodes) == 2 * (trees.leaf_start[number + 1] - leaf) - 1
        for node in nodes:
            if "leaf_value" in node:
                at = leaf + node.get("leaf_index", 0)
                assert trees.leaf_value[at] == pytest.approx(node["leaf_value"], rel=1e-12)
                continue
            at = split + node["split_index"]
            assert trees.feature[at] == node["split_feature"]
            assert trees.count[at] == node["internal_count"]
            words = trees.words[trees.word_start[at] : trees.word_end[at]]
            if node["decision_type"] == "==":
                levels = [32 * w + bit for w, word in enumerate(words) for bit in range(32)
                          if int(word) >> bit & 1]  # fmt: skip
                assert "||".join(map(str, levels)) == node["threshold"]
            else:
                assert trees.threshold[at] == pytest.approx(read_threshold(node), rel=1e-12)
                assert len(words) == 0


@given(problem=problems())
@settings(max_examples=20)
def test_the_base_is_that_of_lightgbm(problem: tuple[Any, np.ndarray]) -> None:
    model, asked = problem
    base = model.predict(asked[:1], pred_contrib=True)[0, -1]
    assert read_trees(model).expected_value() == pytest.approx(base, abs=1e-9)


def test_linear_leaves_are_refused() -> None:
    with pytest.raises(ModelError, match=r"leaves are linear models.*linear_tree=false"):
        read_trees(train(X, Y, linear_tree=True))


def test_several_outputs_are_refused() -> None:
    model = train(X, np.arange(100) % 3, objective="multiclass", num_class=3)
    with pytest.raises(ModelError, match="several outputs per row"):
        read_trees(model)


def test_a_model_without_counts_is_refused() -> None:
    class Bare:
        def model_to_string(self) -> str:
            lines = train(X, Y).model_to_string().splitlines()
            return "\n".join(line for line in lines if not line.startswith("internal_count"))

    with pytest.raises(ModelError, match="how many training rows"):
        read_trees(Bare())  # type: ignore[arg-type]
