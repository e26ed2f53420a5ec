"""Copies: what an import wrote again under new ids is found; what is alike by chance is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.checks.copies import MIN_COPIES, find_copies, note_copies
from features.contract.tables import Tables
from tests.tables import START, make_episodes, make_tables

N = 600


def build(
    copied: Sequence[int], *, days: bool = False, numbers: bool = True, seed: int = 3
) -> Tables:
    """Hand-overs of a year, some of them again at the end under other ids."""
    rng = np.random.default_rng(seed)
    at = START + pd.to_timedelta(np.sort(rng.integers(0, 365 * 86_400, N)), unit="s")
    at = at.normalize() if days else at
    attributes = pd.DataFrame(
        {
            "Channel": rng.choice(["web", "fair", "mail", None], N),
            "Region": rng.choice(["north", "south"], N),
            **({"Turnover": rng.lognormal(9, 2, N).round(2)} if numbers else {}),
        }
    )
    rows = [*range(N), *copied]
    ids = [f"L{i}" for i in range(N)] + [f"L{i}-b" for i in copied]
    attributes = attributes.iloc[rows].reset_index(drop=True)
    attributes["Number"] = np.arange(len(rows), dtype=float)
    episodes = make_episodes(len(rows), lead_id=ids, handed_over_at=at[rows])
    return make_tables(attributes, episodes=episodes)


@pytest.mark.parametrize("days", [False, True])
def test_what_stands_again_under_another_id_is_found(days: bool) -> None:
    copied = list(range(300, 600, 2))
    copies = find_copies(build(copied, days=days))
    assert copies.again.tolist() == list(range(N, N + len(copied)))
    assert copies.originals.tolist() == copied
    (finding,) = note_copies(build(copied, days=days))
    assert (finding.code, finding.count) == ("copied_hand_overs", len(copied))
    assert finding.example == f"row {N + 1}, a copy of row 301"


@pytest.mark.parametrize("days", [False, True])
@pytest.mark.parametrize("column", ["Channel", "Modified"])
def test_an_import_that_fills_one_column_its_own_way_is_found(days: bool, column: str) -> None:
    copied = list(range(300, 600, 2))
    tables = build(copied, days=days)
    attributes, rng = tables.attributes.copy(), np.random.default_rng(5)
    late = START + pd.to_timedelta(rng.integers(400 * 24, 402 * 24, len(copied)), unit="h")
    filled = tables.episodes["handed_over_at"] + pd.Timedelta(days=2)
    attributes["Modified"] = filled.dt.floor("D")
    attributes.loc[N:, column] = late if column == "Modified" else "Import"
    copies = find_copies(make_tables(attributes, episodes=tables.episodes))
    assert copies.again.tolist() == list(range(N, N + len(copied)))
    assert copies.originals.tolist() == copied
    assert copies.changed == column
    (finding,) = note_copies(make_tables(attributes, episodes=tables.episodes))
    assert f'in all columns but "{column}"' in finding.message


def test_leads_that_come_in_together_and_differ_in_what_they_are_are_no_copies() -> None:
    tables = build(list(range(300, 600, 2)))
    attributes = tables.attributes.assign(
        Sector=np.random.default_rng(6).choice(["steel", "paper", "glass"], len(tables.attributes))
    )
    found = find_copies(make_tables(attributes, episodes=tables.episodes))
    same = attributes["Sector"][N:].to_numpy() == attributes["Sector"][300:600:2].to_numpy()
    assert found.changed is None
    assert found.again.tolist() == list(np.flatnonzero(same) + N)


def test_values_that_are_alike_by_chance_are_no_copies() -> None:
    # Two leads a day with eight kinds of values: many of a day are alike.
    assert len(find_copies(build([], days=True, numbers=False)).again) == 0
    assert list(note_copies(build([]))) == []


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_honest_hand_overs_are_never_named(seed: int) -> None:
    for days in (True, False):
        for numbers in (True, False):
            tables = build([], days=days, numbers=numbers, seed=seed)
            assert len(find_copies(tables).again) == 0


def test_a_list_brought_in_at_once_is_no_copy() -> None:
    tables = build([])
    last = tables.attributes.index[400:]
    attributes, episodes = tables.attributes.copy(), tables.episodes.copy()
    attributes.loc[last] = attributes.loc[[last[-1]] * len(last)].to_numpy()
    episodes.loc[last, "handed_over_at"] = episodes["handed_over_at"].max()
    assert len(find_copies(make_tables(attributes, episodes=episodes)).again) == 0


def test_few_copies_and_rows_that_cannot_be_compared_are_left_alone() -> None:
    assert len(find_copies(build(range(MIN_COPIES - 1))).again) == 0
    assert len(find_copies(build(range(MIN_COPIES))).again) == MIN_COPIES
    tables = build(range(100))
    nameless = make_tables(tables.attributes, episodes=tables.episodes.assign(lead_id=None))
    untimed = make_tables(tables.attributes, episodes=tables.episodes, order="file")
    bare = make_tables(tables.attributes[["Number"]], episodes=tables.episodes)
    for other in (nameless, untimed, bare):
        assert len(find_copies(other).again) == 0


def test_a_row_exported_twice_is_another_matter() -> None:
    tables = build(range(100))
    same = tables.episodes["lead_id"].str.removesuffix("-b")
    tables = make_tables(tables.attributes, episodes=tables.episodes.assign(lead_id=same))
    assert len(find_copies(tables).again) == 0
