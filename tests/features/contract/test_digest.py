"""The digest of the data: the same for the same rows, another where a value differs."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from features.contract.digest import digest_tables
from tests.tables import make_activities
from tests.trained import draw_tables


def test_the_same_data_have_the_same_digest() -> None:
    first = digest_tables(draw_tables(100))
    assert first == digest_tables(draw_tables(100))
    assert len(first) == 16
    assert first != digest_tables(draw_tables(100, seed=4))


def test_a_correction_makes_another_digest() -> None:
    tables = draw_tables(100)
    before = digest_tables(tables)
    nothing = pd.Series(None, index=tables.episodes.index, dtype=object)
    digests = {
        digest_tables(replace(tables, episodes=tables.episodes.assign(corrected=corrected)))
        for corrected in (nothing, nothing.where(nothing.index != 7, "accepted"))
    }
    assert len(digests | {before}) == 3


def test_one_value_makes_another_digest() -> None:
    tables = draw_tables(100)
    source = tables.attributes["LeadSource"].copy()
    source.iloc[7] = "Elsewhere"
    changed = replace(tables, attributes=tables.attributes.assign(LeadSource=source))
    assert digest_tables(changed) != digest_tables(tables)
    decided = tables.episodes.assign(
        decision=tables.episodes["decision"].mask(tables.episodes.index == 5)
    )
    assert digest_tables(replace(tables, episodes=decided)) != digest_tables(tables)


def test_activities_count_and_their_order_does_not() -> None:
    tables = draw_tables(100)
    rows = [("L1", "2025-01-01", "visit"), ("L2", "2025-01-02", "visit")]
    one = replace(tables, activities=make_activities(rows))
    other = replace(tables, activities=make_activities(rows[::-1]))
    assert digest_tables(one) == digest_tables(other)
    later = replace(tables, activities=make_activities([*rows, ("L2", "2025-01-03", "visit")]))
    assert digest_tables(later) != digest_tables(one)
    assert digest_tables(replace(tables, activities=None)) != digest_tables(one)


def test_the_place_of_a_row_in_its_file_does_not_count() -> None:
    tables = draw_tables(50)
    moved = tables.episodes.assign(row=tables.episodes["row"] + 10)
    assert digest_tables(replace(tables, episodes=moved)) == digest_tables(tables)
