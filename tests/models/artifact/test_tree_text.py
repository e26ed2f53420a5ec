"""Tree text: whole models pass, and none that would end LightGBM's process."""

from __future__ import annotations

import os
import random
import re
from functools import cache

import lightgbm
import numpy as np
import pytest

from features.errors import ModelError
from models.artifact.tree_text import check_trees

ODD = ("-1", "99", "1e9", "-99999999999", "x", "", "nan", "0", "3", "inf")


@cache
def write_model(leaves: int = 7) -> str:
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(600, 3)), rng.integers(0, 9, 600)])
    y = (X[:, 0] * X[:, 1] + (X[:, 3] > 4) > 0).astype(float)
    data = lightgbm.Dataset(X, y, categorical_feature=[3])
    parameters = {"objective": "binary", "num_leaves": leaves, "verbosity": -1, "num_threads": 1}
    return str(lightgbm.train(parameters | {"cat_smooth": 1}, data, 4).model_to_string())


def damage(text: str, rng: random.Random) -> str:
    """Change a line of the trees or of what stands before them; put the sizes right, mostly."""
    end = text.index("end of trees")
    lines = text[:end].split("\n")
    place, way = rng.randrange(len(lines)), rng.random()
    key, sign, values = lines[place].partition("=")
    if way < 0.3:
        del lines[place]
    elif way < 0.4:
        lines.insert(place, lines[rng.randrange(len(lines))])
    elif way < 0.9 and sign:
        each = values.split() or [""]
        each[rng.randrange(len(each))] = rng.choice(ODD)
        lines[place] = f"{key}={' '.join(each)}"
    else:
        lines[place] = lines[place][: rng.randrange(len(lines[place]) + 1)]
    changed = "\n".join(lines)
    starts = [found.start() for found in re.finditer(r"^Tree=", changed, flags=re.MULTILINE)]
    sizes = " ".join(str(b - a) for a, b in zip(starts, [*starts[1:], len(changed)], strict=True))
    if rng.random() < 0.8:
        changed = re.sub(r"^tree_sizes=.*$", f"tree_sizes={sizes}", changed, flags=re.MULTILINE)
    return changed + text[end:]


def survives(text: str) -> bool:
    """Whether a process that reads and uses the model ends by itself."""
    child = os.fork()
    if child == 0:
        void = os.open(os.devnull, os.O_WRONLY)
        os.dup2(void, 1)
        os.dup2(void, 2)
        try:
            lightgbm.Booster(model_str=text).predict(np.zeros((9, 4)), num_threads=1)
        except lightgbm.basic.LightGBMError:
            pass
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("leaves", [2, 7])
def test_a_whole_model_passes(leaves: int) -> None:
    check_trees(write_model(leaves), where="trees.txt")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_what_passes_is_read_or_refused_and_never_ends_the_process() -> None:
    rng = random.Random(5)  # noqa: S311
    passed = 0
    for _ in range(300):
        text = damage(write_model(), rng)
        try:
            check_trees(text, where="trees.txt")
        except ModelError:
            continue
        passed += 1
        assert survives(text), text
    assert passed > 30


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        (r"^left_child=.*\n", "", "no left_child|tree_sizes"),
        (r"^Tree=0\n", "Tree=0\n\n", "no num_leaves|tree_sizes"),
        (r"^num_class=1$", "num_class=3", "more than one output"),
        (r"end of trees\n", "", "no end of the trees"),
        (r"^tree\n", "", "lines before the trees"),
    ],
)
def test_damage_is_said_with_the_file_and_the_way_out(was: str, becomes: str, said: str) -> None:
    text = re.sub(was, becomes, write_model(), count=1, flags=re.MULTILINE)
    with pytest.raises(ModelError, match=rf"(?s)damaged.*({said}).*Train again") as refused:
        check_trees(text, where="models/m1/trees.txt")
    assert "models/m1/trees.txt" in str(refused.value)


def test_a_tree_that_goes_round_in_a_circle_is_refused() -> None:
    text = re.sub(r"^(right_child=\d+) (-?\d+)", r"\1 0", write_model(), count=1, flags=re.M)
    assert text != write_model()
    with pytest.raises(ModelError, match=r"make no tree|tree_sizes"):
        check_trees(text, where="trees.txt")
