"""The feature matrix: planned on training leads, the same for everyone ever after."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.contract.tables import Tables
from features.matrix.definitions import NOT_GIVEN, OTHER
from features.matrix.feature_table import FeatureTable, level_key
from features.matrix.planning import plan_features
from features.simulation.company import simulate
from features.sources.duckdb_relation import keep
from models.reasons.acceptance_by_value import tabulate
from tests.features.matrix.plans import N, plan, small
from tests.tables import (
    START,
    make_activities,
    make_episodes,
    make_tables,
    tables_of_world,
)


@pytest.fixture(scope="module")
def crm() -> Tables:
    return tables_of_world(simulate(n_leads=500, dirty=False))


@pytest.fixture(scope="module")
def planned(crm: Tables) -> tuple[FeatureTable, pd.DataFrame]:
    table, values, _ = plan_features(crm, crm.episodes.index[:375], omit={})
    return table, values


def rearrange(tables: Tables, rows: np.ndarray, columns: list[str]) -> Tables:
    return replace(
        tables,
        episodes=tables.episodes.iloc[rows],
        attributes=tables.attributes.iloc[rows][columns],
        columns={name: tables.columns[name] for name in columns},
    )


def test_shuffled_rows_and_columns_permute_the_rows_and_nothing_else(
    crm: Tables, planned: tuple[FeatureTable, pd.DataFrame]
) -> None:
    table, values = planned
    rng = np.random.default_rng(4)
    columns = [str(name) for name in rng.permutation(list(crm.attributes.columns))]
    shuffled = rearrange(crm, rng.permutation(len(crm.episodes)), columns)
    again, other, _ = plan_features(shuffled, crm.episodes.index[:375], omit={})
    assert again.to_dict() == {**table.to_dict(), "kinds": dict(again.kinds)}
    assert dict(again.kinds) == dict(table.kinds)
    pd.testing.assert_frame_equal(other.loc[values.index], values)
    np.testing.assert_array_equal(again.encode(other.loc[values.index]), table.encode(values))


def test_what_comes_later_never_changes_a_lead(
    crm: Tables, planned: tuple[FeatureTable, pd.DataFrame]
) -> None:
    table, values = planned
    for cut in (100, 250, 400):
        now = crm.episodes["handed_over_at"].sort_values().iloc[cut]
        known = crm.episodes["handed_over_at"] <= now
        episodes = crm.episodes[known].copy()
        undecided = episodes["decided_at"] >= now
        episodes.loc[undecided, ["decision", "decided_at"]] = [None, pd.NaT]
        assert crm.activities is not None
        earlier = f"SELECT * FROM {crm.activities.place} WHERE \"at\" < TIMESTAMP '{now}'"
        activities = keep(crm.activities.connection, earlier)
        past = replace(
            crm, episodes=episodes, attributes=crm.attributes[known], activities=activities
        )
        pd.testing.assert_frame_equal(table.compute(past), values[known])


def test_planning_looks_at_training_leads_alone(
    crm: Tables, planned: tuple[FeatureTable, pd.DataFrame]
) -> None:
    table, _ = planned
    training = crm.episodes.index[:375]
    attributes = crm.attributes.copy()
    newer = attributes.index[375:]
    attributes.loc[newer, "Industry"] = "Never seen before"
    attributes.loc[newer, "Title"] = "zebra keeper"
    changed = replace(crm, attributes=attributes)
    assert plan_features(changed, training, omit={})[0] == table
    older = rearrange(crm, np.arange(375), list(attributes.columns))
    assert plan_features(older, training, omit={})[0] == table


def test_activities_at_the_moment_of_hand_over_do_not_count() -> None:
    episodes = make_episodes(N, handed_over_at=START)
    before = [(f"L{i}", START - pd.Timedelta(days=1 + i % 3), "visit") for i in range(40)]
    at = [(f"L{i}", START, "visit") for i in range(N)]
    without = plan(make_tables(small(), episodes=episodes, activities=make_activities(before)))
    together = plan(
        make_tables(small(), episodes=episodes, activities=make_activities(before + at))
    )
    assert "activity visit: last 7 days" in without[0].names
    assert without[0] == together[0]
    pd.testing.assert_frame_equal(without[1], together[1])


def test_a_table_survives_json(planned: tuple[FeatureTable, pd.DataFrame], crm: Tables) -> None:
    table, values = planned
    again = FeatureTable.from_dict(json.loads(json.dumps(table.to_dict())))
    assert again == table
    pd.testing.assert_frame_equal(again.compute(crm), values)


def test_codes_and_levels_say_the_same(planned: tuple[FeatureTable, pd.DataFrame]) -> None:
    table, values = planned
    matrix = table.encode(values[values.columns[::-1]])
    assert matrix.dtype == np.float64 and matrix.shape == values.shape
    for position, feature in enumerate(table.features):
        column = values[feature.name]
        if feature.form == "number":
            np.testing.assert_array_equal(matrix[:, position], column.astype(float))
            continue
        levels = table.levels[feature.name]
        assert levels[:2] == (NOT_GIVEN, OTHER)
        assert len({level_key(level) for level in levels}) == len(levels)
        for value, code in zip(column, matrix[:, position].astype(int), strict=True):
            if value is None or value != value:
                assert code == 0
            elif code > 1:
                assert level_key(levels[code]) == level_key(value)
            else:
                assert level_key(value) not in map(level_key, levels[2:])


def test_unknown_levels_have_a_code_of_their_own() -> None:
    table, _ = plan(make_tables(small()))
    new = make_tables(pd.DataFrame({"industry": ["Foods", "FOODS", "Robots", None]}))
    values = table.compute(new)
    assert table.encode(values)[:, table.names.index("industry")].tolist() == [2, 2, 1, 0]


def test_scoring_works_without_columns_and_activities(
    crm: Tables, planned: tuple[FeatureTable, pd.DataFrame]
) -> None:
    table, _ = planned
    bare = make_tables(pd.DataFrame(index=range(4)))
    values = table.compute(bare)
    matrix = table.encode(values)
    assert list(values.columns) == table.names and matrix.shape == (4, len(table.names))
    behaviour = [i for i, f in enumerate(table.features) if f.recipe.startswith("activity_")]
    assert np.isnan(matrix[:, behaviour]).all()
    empty = replace(bare, activities=make_activities([]))
    counts = table.compute(empty)["activities: last 7 days"]
    assert counts.tolist() == [0.0] * 4


def test_history_may_be_told_from_elsewhere(crm: Tables) -> None:
    table, values, _ = plan_features(crm, crm.episodes.index, omit={})
    newest = rearrange(crm, np.arange(400, 500), list(crm.attributes.columns))
    names = ["earlier hand-overs", "earlier rejections", "days since earlier hand-over"]
    alone = table.compute(newest)
    told = table.compute(newest, earlier=crm.episodes)
    assert values.loc[newest.episodes.index, "earlier hand-overs"].sum() > 0
    pd.testing.assert_frame_equal(told, values.loc[newest.episodes.index])
    assert alone["earlier hand-overs"].sum() < told["earlier hand-overs"].sum()
    pd.testing.assert_frame_equal(alone.drop(columns=names), told.drop(columns=names))


@pytest.mark.parametrize("order", ["time", "file", "none"])
def test_columns_called_like_features_of_ours_keep_their_own_values(order: Any) -> None:
    names = [
        "weekday of hand-over",
        "weekday of hand-over (column)",
        "hour of hand-over",
        "activities: last 7 days",
        "earlier hand-overs",
        "completeness",
        "Phone: present",
    ]
    frame = pd.DataFrame({name: [f"{i}a", f"{i}b"] * (N // 2) for i, name in enumerate(names)})
    frame["Phone"] = ["+34 600 111 222", None] * (N // 2)
    lead_id = [f"L{i % (N - 5)}" for i in range(N)]
    episodes = make_episodes(N, lead_id=lead_id)
    activities = make_activities(
        [(f"L{i}", START - pd.Timedelta(days=1), "visit") for i in range(0, N, 2)]
    )
    table, values = plan(make_tables(frame, episodes=episodes, activities=activities, order=order))
    assert list(values.columns) == table.names and len(set(table.names)) == len(table.names)
    found = {f.column: f.name for f in table.features if f.recipe == "as_is"}
    assert set(found) == set(names)
    for column, name in found.items():
        assert values[name].tolist() == frame[column].tolist()
    assert values["Phone: present"].tolist() == ["yes", "no"] * (N // 2)
    if order == "time":
        assert values["earlier hand-overs"].sum() == 5
        assert set(values["weekday of hand-over"]) > {"Monday", "Sunday"}
    assert FeatureTable.from_dict(table.to_dict()).encode(values).shape == values.shape


def test_without_times_nothing_is_counted_from_them() -> None:
    activities = make_activities([(f"L{i}", START, "visit") for i in range(N)])
    for order in ("order", "file", "none"):
        tables = make_tables(small(), activities=activities, order=order)  # type: ignore[arg-type]
        assert plan(tables)[0].names == ["industry"]


def test_days_without_hours_give_no_hour() -> None:
    midnight = make_episodes(N)["handed_over_at"].dt.normalize()
    table, values = plan(make_tables(small(), episodes=make_episodes(N, handed_over_at=midnight)))
    assert "hour of hand-over" not in table.names
    assert values["weekday of hand-over"].iloc[:2].tolist() == ["Wednesday", "Thursday"]


SECRETS = {
    "FirstName": "Zephyrina",
    "LastName": "Quagmire",
    "Email": "zq{}@secret.example",
    "Phone": "+34 611 22 {:04d}",
    "Street": "Hidden Alley {}",
    "field_1": "zq{}@secret.example",
    "field_2": "+34 611 22 {:04d}",
    "field_3": "Zephyrina Quagmire{}",
}


@pytest.mark.parametrize("filled", [1.0, 0.6])
def test_no_personal_value_gets_past_the_door(filled: float) -> None:
    rng = np.random.default_rng(3)
    n = 400
    frame = pd.DataFrame(
        {name: [text.format(i) for i in range(n)] for name, text in SECRETS.items()}
    )
    frame["field_4"] = 34_611_220_000.0 + np.arange(n) * 7
    frame = frame.where(rng.random(frame.shape) < filled)
    frame["industry"] = ["Foods", "Media"] * (n // 2)
    table, values = plan(make_tables(frame, order="file"))
    matrix = table.encode(values)
    statistics = tabulate(matrix, table, (np.arange(n) % 2).astype(float)).to_frame()
    written = " ".join(
        [json.dumps(table.to_dict()), values.to_csv(), statistics.to_csv(), str(matrix.tolist())]
    ).casefold()
    for secret in ("zephyrina", "quagmire", "secret", "hidden", "alley", "61122", "zq1"):
        assert secret not in written
    assert "Email: domain" in table.levels or filled == 1.0


def test_the_simulated_crm_keeps_its_persons_to_itself(
    crm: Tables, planned: tuple[FeatureTable, pd.DataFrame]
) -> None:
    table, values = planned
    words = set(values.astype(str).to_numpy().ravel()) | {
        level for levels in table.levels.values() for level in levels
    }
    for column in ("FirstName", "LastName", "Email", "Phone", "Street", "Company", "Website"):
        assert not words & set(crm.attributes[column].dropna())
