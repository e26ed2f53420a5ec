"""Tree text: what LightGBM's model text must hold so that it can be read.

LightGBM trusts the text: a field that is missing or points outside of its tree ends the whole
process, not only the reading, so the text is checked before it gets there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import takewhile

from features.errors import ModelError

_MOST_LEAVES = 100_000
_WHOLE = ("split_feature", "decision_type", "left_child", "right_child", "internal_count")
_OF_NODES = (*_WHOLE, "split_gain", "threshold", "internal_value", "internal_weight")
_OF_LEAVES = ("leaf_value", "leaf_weight", "leaf_count")
_IS_CATEGORY = 1  # bit of decision_type


def check_trees(text: str, *, where: str) -> None:
    """Refuse a text that LightGBM would not survive.

    Parameters
    ----------
    text : str
        LightGBM's text of a model with one output.
    where : str
        The file, for the message.

    Raises
    ------
    ModelError
        When a field is missing or is not what it should be.
    """
    try:
        header, trees = _divide(text)
        columns = _check_header(header, trees)
        for place, tree in enumerate(trees):
            _check_tree(_read_fields(tree.partition("\n")[2]), columns, place)
    except (KeyError, ValueError, OverflowError) as error:
        raise ModelError(
            "the trees of the model are damaged",
            where=where,
            got=str(error).strip("'\"")[:200],
            next_step="Train again with leadaccord train, or restore the folder from a backup",
        ) from error


def _divide(text: str) -> tuple[str, list[str]]:
    """Return what stands before the trees, and the text of each tree."""
    body, end, _ = text.partition("\nend of trees\n")
    if not end or not body.isascii():
        raise ValueError("no end of the trees, or letters that no tree has")
    header, *trees = re.split(r"^(?=Tree=)", body + "\n", flags=re.MULTILINE)
    if [tree.partition("\n")[0] for tree in trees] != [f"Tree={n}" for n in range(len(trees))]:
        raise ValueError("the trees are not numbered one after the other")
    if not header.startswith("tree\nversion=v4\n") or header.find("\n\n") != len(header) - 2:
        raise ValueError("the lines before the trees are not those of a model")
    return header, trees


def _read_fields(text: str) -> dict[str, list[str]]:
    """Return the fields up to the first empty line, where LightGBM stops reading."""
    found: dict[str, list[str]] = {}
    for line in takewhile(bool, text.split("\n")):
        key, sign, value = line.partition("=")
        if not sign or key in found:
            raise ValueError(f"{key[:40]} has no value, or stands there twice")
        found[key] = value.split(" ") if value else []
    return found


def _check_header(header: str, trees: Sequence[str]) -> int:
    """Return how many columns the trees may split by."""
    fields = _read_fields(header.partition("\n")[2])
    one = [_take(fields, name, 1) for name in ("num_class", "num_tree_per_iteration")]
    if one != [["1"], ["1"]]:
        raise ValueError("more than one output")
    if fields["objective"][:1] != ["binary"]:
        raise ValueError("another objective than binary")
    columns = int(_take(fields, "max_feature_idx", 1)[0]) + 1
    for name in ("feature_names", "feature_infos"):
        _take(fields, name, columns)
    # By these LightGBM cuts the text into trees.
    if [int(size) for size in fields["tree_sizes"]] != [len(tree) for tree in trees]:
        raise ValueError("tree_sizes do not fit the trees")
    return columns


def _check_tree(fields: Mapping[str, list[str]], columns: int, place: int) -> None:
    leaves = int(_take(fields, "num_leaves", 1)[0])
    if not 1 <= leaves <= _MOST_LEAVES:
        raise ValueError(f"tree {place}: num_leaves is {leaves}")
    if _take(fields, "is_linear", 1) != ["0"]:
        raise ValueError(f"tree {place}: is_linear")
    float(_take(fields, "shrinkage", 1)[0])
    categories = int(_take(fields, "num_cat", 1)[0])
    if leaves == 1:
        float(_take(fields, "leaf_value", 1)[0])
        return
    nodes = leaves - 1
    named = {name: _take(fields, name, nodes) for name in _OF_NODES}
    named |= {name: _take(fields, name, leaves) for name in _OF_LEAVES}
    for name, values in named.items():
        for value in values:
            int(value) if name in _WHOLE else float(value)
    if not all(0 <= int(column) < columns for column in named["split_feature"]):
        raise ValueError(f"tree {place}: split_feature names a column that is not there")
    children = sorted(int(child) for child in named["left_child"] + named["right_child"])
    # Below every node but the first, and every leaf, stands once: no tree goes round in a circle.
    if children != [*range(-leaves, 0), *range(1, nodes)]:
        raise ValueError(f"tree {place}: left_child and right_child make no tree")
    bounds = [0]
    if categories > 0:
        bounds = [int(bound) for bound in _take(fields, "cat_boundaries", categories + 1)]
        words = [int(word) for word in _take(fields, "cat_threshold", bounds[-1])]
        if bounds != sorted(bounds) or bounds[0] != 0 or any(word >> 32 for word in words):
            raise ValueError(f"tree {place}: cat_boundaries")
    for kind, threshold in zip(named["decision_type"], named["threshold"], strict=True):
        if int(kind) & _IS_CATEGORY and not 0 <= float(threshold) < categories:
            raise ValueError(f"tree {place}: threshold names categories that are not there")


def _take(fields: Mapping[str, list[str]], name: str, count: int) -> list[str]:
    """Return the values of a field, which must be so many."""
    if name not in fields:
        raise KeyError(f"no {name}")
    if len(fields[name]) != count:
        raise ValueError(f"{len(fields[name])} values of {name}, not {count}")
    return fields[name]
