"""The plan of features: levels, columns and what is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from features.matrix.definitions import NOT_GIVEN, OTHER, TYPE
from features.matrix.feature_table import encode_levels
from features.matrix.planning import (
    MAX_LEVELS,
    MIN_LEADS_OF_LEVEL,
    list_frequent_levels,
    plan_features,
)
from features.simulation.company import simulate
from tests.features.matrix.plans import N, plan, small
from tests.tables import (
    make_settings,
    make_tables,
    tables_of_world,
)


def test_levels_are_the_frequent_ones_in_their_commonest_spelling() -> None:
    spellings = ["google"] * 20 + ["Google"] * 30 + ["Bing"] * MIN_LEADS_OF_LEVEL
    spellings += ["rare"] * (MIN_LEADS_OF_LEVEL - 1) + [OTHER] * 25
    table, values = plan(make_tables(pd.DataFrame({"source": [*spellings, None]})))
    assert table.levels["source"] == (NOT_GIVEN, OTHER, "Google", "Bing")
    codes = encode_levels(values["source"], table.levels["source"])
    expected = [2.0] * 50 + [3.0] * MIN_LEADS_OF_LEVEL + [1.0] * (MIN_LEADS_OF_LEVEL - 1 + 25)
    assert codes.tolist() == [*expected, 0.0]


def test_hundreds_of_levels_are_kept() -> None:
    pages = [f"/lp/{i % 300}" for i in range(300 * MIN_LEADS_OF_LEVEL)]
    table, _ = plan(make_tables(pd.DataFrame({"Landing Page": pages}), order="file"))
    assert len(table.levels["Landing Page"]) == 302
    crowd = [f"/lp/{i % (MAX_LEVELS + 50)}" for i in range((MAX_LEVELS + 50) * 10)]
    table, _ = plan(make_tables(pd.DataFrame({"Landing Page": crowd}), order="file"))
    assert len(table.levels["Landing Page"]) == MAX_LEVELS + 2


def test_columns_without_a_value_are_left_out() -> None:
    frame = small().assign(nothing=None, gaps=np.nan)
    table, _, findings = plan_features(make_tables(frame), frame.index, omit={})
    assert not {"nothing", "gaps"} & set(table.names)
    assert {finding.column for finding in findings} == {"nothing", "gaps"}
    assert set(table.skipped) == {"nothing", "gaps"}


def test_only_categories_only_numbers_and_nothing() -> None:
    numbers = pd.DataFrame({"a": np.arange(N) % 7.0, "b": np.arange(N) % 3.0})
    table, values = plan(make_tables(numbers, order="file"))
    assert table.categories == [] and table.encode(values).tolist() == numbers.to_numpy().tolist()
    table, values = plan(make_tables(small(), order="file"))
    assert table.categories == [0] and table.encode(values).shape == (N, 1)
    table, values = plan(make_tables(pd.DataFrame(index=range(N)), order="file"))
    assert table.names == [] and table.encode(values).shape == (N, 0)


def test_displayed_and_omitted_columns_are_not_learned_from() -> None:
    shown = ("Company", "Region")
    frame = small().assign(**{name: ["a", "b"] * (N // 2) for name in ("Region", "Tags")})
    frame["Company"] = ["Harbour Tools", "asdf"] * (N // 2)
    tables = make_tables(frame, settings=make_settings(leads={"display": shown}))
    table, values, _ = plan_features(tables, frame.index, omit={"Tags": "a leak"})
    assert not {"Company", "Region", "Tags"} & set(values.columns)
    assert table.skipped == {
        "Region": "shown in reports or personal: it goes no further",
        "Tags": "a leak",
    }
    # What may be derived at the door may be learned from all the same.
    assert "Company: looks real" in values.columns


def test_a_level_that_holds_a_contact_is_not_kept_however_common() -> None:
    said = ["Web", "call Ann at +49 170 5550 199", "ann.lee@x.example", "@annlee", "(555) 010-9999"]
    column = pd.Series(said * 3 * MIN_LEADS_OF_LEVEL, dtype=object)
    assert list_frequent_levels(column) == ["Web"]
    everything = pd.Series(said[1:] * MIN_LEADS_OF_LEVEL, dtype=object)
    assert list_frequent_levels(everything) == []


def test_what_is_left_out_for_its_contacts_is_said() -> None:
    asked = np.where(np.arange(N) % 2, "Web", "ask ann.lee@x.example")
    tables = make_tables(small(asked=asked, industry=["Foods", "Media"] * (N // 2)))
    table, _, findings = plan_features(tables, tables.episodes.index, omit={})
    assert "x.example" not in str(table.to_dict())
    (found,) = (found for found in findings if found.code == "contact_dropped")
    assert found.count == N // 2 and "x.example" not in str(found)


def test_a_later_plan_on_the_same_tables_gives_what_it_gives_on_others() -> None:
    tables = tables_of_world(simulate(n_leads=400, dirty=False))
    index = tables.episodes.index
    plan_features(tables, index[:200], omit={}, behaviour=False)
    plan_features(tables, index[:200], omit={"Industry": "a leak", TYPE + "email_open": "a leak"})
    computed = dict(tables.computed)
    table, values, _ = plan_features(tables, index[:300], omit={"Industry": "a leak"})
    assert all(tables.computed[key] is column for key, column in computed.items())
    again, alone, _ = plan_features(replace(tables), index[:300], omit={"Industry": "a leak"})
    assert again == table
    pd.testing.assert_frame_equal(values, alone)
    assert replace(tables).computed == {}
