"""Inputs that look broken are named, those that merely moved are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.language import language
from features.matrix.feature_table import FeatureTable
from models.evaluation.split import Split
from models.promotion.broken_inputs import (
    ChangedInput,
    find_changed_inputs,
    find_copied,
    find_lost_decisions,
)
from tests.tables import START, make_episodes, make_table, make_tables
from tests.trained import label

TABLE = make_table({"Source": ["Web", "Fair", "Partner"]}, ["Size"])


def draw(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    size = np.where(rng.random(n) < 0.3, np.nan, rng.lognormal(4, 1, n))
    source = rng.choice(np.array(["Web", "Fair", "Partner", None], dtype=object), n)
    return pd.DataFrame({"Source": source, "Size": size})


def find(newer: pd.DataFrame, table: FeatureTable = TABLE) -> tuple[ChangedInput, ...]:
    return find_changed_inputs(draw(2_000, 1), newer, table)


def told(change: ChangedInput) -> str:
    return language("en").phrase(change.message)


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


def lose(before: float, after: float, n: int = 400) -> tuple[ChangedInput, ...]:
    """What is said of the newest hundred leads, when so many of the leads lack a decision."""
    place = np.arange(n)
    lacks = place % 20 >= 20 * (1 - np.where(place < n - 100, before, after))
    said = pd.Series(np.where(place % 3 == 0, "accepted", "rejected"), dtype=object)
    episodes = make_episodes(n, decision=said.mask(pd.Series(lacks), None))
    tables = make_tables(pd.DataFrame({"Size": place.astype(float)}), episodes=episodes)
    # The leads are as old as they need to be.
    labels = label(replace(tables, as_of=START + pd.Timedelta(days=n + 400)))
    used = labels.rule.index[labels.used]
    first = int((used < n - 100).sum())
    return find_lost_decisions(tables, labels, Split(used[:first], used[first:], "time"))


def test_decisions_that_got_lost_are_named() -> None:
    (change,) = lose(0.1, 0.4)
    assert (change.column, change.kind) == ("decisions", "empty")
    assert "40 % of the newest leads have none, 10 % of those before" in told(change)


def test_a_slower_month_of_sales_is_no_fault() -> None:
    assert lose(0.1, 0.2) == ()
    assert lose(0.3, 0.5) == ()
    assert lose(0.1, 0.0) == ()


def test_hand_overs_that_stand_again_under_other_ids_are_named() -> None:
    rng = np.random.default_rng(4)
    n, copied = 300, 40
    rows = [*range(n), *range(n - copied, n)]
    size = pd.DataFrame({"Size": rng.lognormal(9, 2, n).round(2)[rows]})
    at = pd.Series(START + pd.to_timedelta(np.arange(n), unit="D"))[rows].reset_index(drop=True)
    said = np.where(rng.random(len(rows)) < 0.5, "accepted", "rejected").astype(object)
    episodes = make_episodes(len(rows), handed_over_at=at, decision=said)
    tables = replace(make_tables(size, episodes=episodes), as_of=START + pd.Timedelta(days=n + 400))
    (change,) = find_copied(tables, label(tables))
    assert (change.column, change.kind) == ("hand-overs", "copies")
    assert told(change) == (
        f"hand-overs: {copied} of {len(rows)} stand again under another id, "
        "with the same time and values"
    )
    honest = replace(make_tables(size[:n], episodes=episodes[:n]), as_of=tables.as_of)
    assert find_copied(honest, label(honest)) == ()
