"""Inputs that look broken are named, those that merely moved are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.language import language
from features.matrix import FeatureTable
from models.inputs import ChangedInput, find_changed_inputs
from tests.tables import make_table

TABLE = make_table({"Source": ["Web", "Fair", "Partner"]}, ["Size"])


def draw(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    size = np.where(rng.random(n) < 0.3, np.nan, rng.lognormal(4, 1, n))
    source = rng.choice(np.array(["Web", "Fair", "Partner", None], dtype=object), n)
    return pd.DataFrame({"Source": source, "Size": size})


def find(newer: pd.DataFrame, table: FeatureTable = TABLE) -> tuple[ChangedInput, ...]:
    return find_changed_inputs(draw(2_000, 1), newer, table)


def told(change: ChangedInput) -> str:
    return language("en").phrase(change.told)


@pytest.mark.parametrize("seed", range(20))
def test_the_same_world_is_never_called_broken(seed: int) -> None:
    assert find(draw(200, 50 + seed)) == ()


def test_a_column_that_is_filled_in_no_more_is_named() -> None:
    for name in ("Source", "Size"):
        (change,) = find(draw(300, 2).assign(**{name: None}).astype({"Size": float}))
        assert (change.column, change.kind) == (name, "empty")
        assert "for 0 % of the newest" in told(change)


def test_another_unit_is_named() -> None:
    newer = draw(300, 2)
    (change,) = find(newer.assign(Size=newer["Size"] * 1_000))
    assert (change.column, change.kind) == ("Size", "scale")
    assert "Size: 9" in told(change) or "Size: 100 %" in told(change)


def test_values_called_otherwise_are_named() -> None:
    newer = draw(300, 2)
    (change,) = find(newer.assign(Source=newer["Source"].map(lambda v: f"x-{v}", "ignore")))
    assert (change.column, change.kind) == ("Source", "levels")


def test_a_new_source_and_bigger_companies_are_no_fault() -> None:
    newer = draw(400, 2)
    new_source = newer.assign(Source=newer["Source"].mask(newer.index % 4 == 0, "Podcast"))
    assert find(new_source) == ()
    assert find(newer.assign(Size=newer["Size"] * 1.5)) == ()


def test_a_column_that_was_hardly_ever_filled_says_nothing() -> None:
    older = draw(2_000, 1).assign(Size=np.nan)
    older.loc[:20, "Size"] = 5.0
    newer = draw(300, 2).assign(Size=np.nan)
    assert find_changed_inputs(older, newer, TABLE) == ()
    assert find_changed_inputs(older, newer.iloc[:0], TABLE) == ()
