"""Behaviour: what was dated strictly before hand-over is counted, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.columns.categories import without_categories
from features.contract.decision_match import end_of_day
from features.contract.partition import to_arrow
from features.contract.tables import Tables
from features.matrix.activities import (
    MAX_TYPES,
    MIN_LEADS_OF_TYPE,
    choose_types,
    count_behaviour,
    list_newest,
    plan_behaviour,
)
from features.matrix.definitions import OTHER, WINDOWS
from features.matrix.history import count_history
from features.simulation.company import simulate
from tests.tables import START, make_activities, make_episodes, tables_of_world

Row = tuple[str | None, Any, str | None]
TYPES = ("visit", "demo")


def count(rows: Sequence[Row], episodes: pd.DataFrame | None = None) -> pd.DataFrame:
    episodes = make_episodes(1) if episodes is None else episodes
    counted = count_behaviour(keys_of(episodes), make_activities(rows).to_arrow(), TYPES)
    return without_categories(counted).set_axis(episodes.index)


def keys_of(episodes: pd.DataFrame) -> Any:
    return to_arrow(episodes[["lead_id", "handed_over_at"]])


def ago(**elapsed: float) -> pd.Timestamp:
    return START - pd.Timedelta(**elapsed)  # type: ignore[arg-type]


def test_windows_reach_back_to_the_very_moment() -> None:
    rows = [
        ("L0", ago(seconds=1), "visit"),
        ("L0", ago(days=7), "visit"),
        ("L0", ago(days=7, seconds=1), "visit"),
        ("L0", ago(days=30), "demo"),
        ("L0", ago(days=90, seconds=1), "demo"),
        ("L1", ago(days=1), "visit"),
    ]
    lead = count(rows).iloc[0]
    assert [lead[f"activity visit: last {days} days"] for days in WINDOWS] == [2, 3, 3]
    assert [lead[f"activity demo: last {days} days"] for days in WINDOWS] == [0, 1, 1]
    assert [lead[f"activities: last {days} days"] for days in WINDOWS] == [2, 4, 4]
    assert lead["activity demo: days since last"] == 30.0
    assert lead["activities: days since last"] == 1 / 86_400
    assert lead["activities: days since first"] == pytest.approx(90 + 1 / 86_400)
    assert lead["activities: change of pace"] == pytest.approx(2 - 4 * 7 / 30)
    assert lead["activities: distinct kinds"] == 2
    assert lead["activities: last touch"] == "visit"


def test_the_moment_of_hand_over_itself_does_not_count() -> None:
    later = [("L0", START, "visit"), ("L0", START + pd.Timedelta(seconds=1), "demo")]
    nothing = count([("L1", ago(days=1), "visit")])
    pd.testing.assert_frame_equal(count(later), nothing)
    assert nothing.filter(like="last 30 days").to_numpy().tolist() == [[0.0] * 3]
    assert nothing.filter(like="days since").isna().all(axis=None)
    assert nothing["activities: last touch"].isna().all()


def test_a_date_without_a_time_is_the_end_of_its_day() -> None:
    today = START.normalize()
    rows = [
        ("L0", today, "visit"),
        ("L0", today + pd.Timedelta(hours=1), "visit"),
        ("L0", today - pd.Timedelta(days=1), "demo"),
        ("L1", today + pd.Timedelta(days=1), "demo"),
    ]
    lead = count(rows).iloc[0]
    assert lead["activity visit: last 7 days"] == 1, "only what has an hour came before"
    assert lead["activity demo: last 7 days"] == 1
    # A hand-over dated so itself comes after the days before, and after nothing of its own.
    by_day = make_episodes(2, handed_over_at=[today, today + pd.Timedelta(days=1)])
    assert count(rows, by_day)["activities: last 7 days"].tolist() == [1.0, 0.0]
    assert list_newest(keys_of(by_day), make_activities(rows), most=9)["type"].to_pylist() == [
        "demo"
    ]


@given(st.lists(st.integers(0, 5 * 24), min_size=1, max_size=9), st.integers(0, 5 * 24))
@settings(max_examples=10, deadline=None)
def test_each_row_is_read_the_same_whatever_the_others_are(hours: list[int], handed: int) -> None:
    midnight = START.normalize()
    moments = [midnight + pd.Timedelta(hours=hour) for hour in hours]
    moment = midnight + pd.Timedelta(hours=handed)
    episodes = make_episodes(len(hours) + 1, handed_over_at=[moment] * (len(hours) + 1))
    rows = [(f"L{i}", at, "visit") for i, at in enumerate(moments)]
    rows += [(f"L{len(hours)}", at, "visit") for at in moments]
    *alone, together = count(rows, episodes)["activities: last 7 days"]
    assert alone == (end_of_day(pd.Series(moments)) < moment).astype(float).tolist()
    assert together == sum(alone)


def test_undated_ones_and_those_of_nobody_never_count() -> None:
    rows: list[Row] = [("L0", None, "visit"), (None, ago(days=1), "visit")]
    assert count(rows)["activities: last 90 days"].tolist() == [0.0]
    nobody = make_episodes(2, lead_id=[None, "L1"], handed_over_at=[START, pd.NaT])
    rows = [(None, ago(days=1), "visit"), ("L1", ago(days=1), "visit")]
    assert count(rows, nobody)["activities: last 90 days"].tolist() == [0.0, 0.0]


def test_no_activities_at_all() -> None:
    assert count([])["activities: last 90 days"].tolist() == [0.0]
    assert choose_types(keys_of(make_episodes(3)), make_activities([])) == ()
    assert plan_behaviour(()) == ()


def test_other_types_count_in_the_totals() -> None:
    rows: list[Row] = [
        ("L0", ago(days=1), "rare"),
        ("L0", ago(days=2), None),
        ("L0", ago(days=3), "demo"),
    ]
    lead = count(rows).iloc[0]
    assert lead["activities: last 7 days"] == 3
    assert lead["activities: distinct kinds"] == 2
    assert lead["activities: last touch"] == OTHER


def test_parts_of_a_second_do_not_count() -> None:
    moments = [ago(milliseconds=ms) for ms in (1, 1500)]
    lead = count([("L0", moments[0], "visit"), ("L0", moments[1], None)]).iloc[0]
    assert lead["activities: last 7 days"] == 2
    assert lead["activities: days since last"] == 0.0


def test_the_newest_are_listed_with_how_many_there_are() -> None:
    rows = [("L1", ago(days=days), f"kind {days}") for days in range(1, 6)]
    rows += [("L1", START + pd.Timedelta(days=9), "later"), ("L9", ago(days=1), "of nobody")]
    found = list_newest(keys_of(make_episodes(2)), make_activities(rows), most=3)
    assert found["hand_over"].to_pylist() == [1, 1, 1]
    # The second lead is handed over a day after the first.
    assert found["days"].to_pylist() == [2.0, 3.0, 4.0]
    assert found["type"].to_pylist() == ["kind 1", "kind 2", "kind 3"]
    assert found["total"].to_pylist() == [5, 5, 5]


def test_of_two_last_touches_the_commoner_type_is_told() -> None:
    rows = [("L0", ago(days=1), "demo"), ("L0", ago(days=1), "visit")]
    assert count(rows)["activities: last touch"].tolist() == ["visit"]


def test_each_hand_over_of_a_lead_sees_its_own_past() -> None:
    episodes = make_episodes(2, lead_id=["L0", "L0"])
    rows = [("L0", ago(hours=1), "visit"), ("L0", START + pd.Timedelta(hours=1), "visit")]
    assert count(rows, episodes)["activity visit: last 7 days"].tolist() == [1.0, 2.0]
    again = episodes.iloc[::-1]
    assert count(rows, again)["activity visit: last 7 days"].tolist() == [2.0, 1.0]


def test_types_are_chosen_by_the_leads_they_reach() -> None:
    reach = {"wide": 60, "narrow": 25, "b_tie": 25, "too rare": MIN_LEADS_OF_TYPE - 1}
    rows = [(f"L{i}", ago(days=1), name) for name, n in reach.items() for i in range(n)]
    rows += [("L0", ago(days=i), "loud") for i in range(1, 500)]
    keys = keys_of(make_episodes(80))
    assert choose_types(keys, make_activities(rows)) == ("wide", "b_tie", "narrow")
    rows = [(f"L{i}", ago(days=1), f"type {t}") for t in range(20) for i in range(30)]
    assert len(choose_types(keys, make_activities(rows))) == MAX_TYPES


def test_the_plan_names_what_is_computed() -> None:
    names = [feature.name for feature in plan_behaviour(TYPES)]
    assert sorted(names) == sorted(count([]).columns)
    assert len(set(names)) == len(names)


MOMENTS = st.integers(-200 * 24, 200 * 24).map(lambda hours: START + pd.Timedelta(hours=hours))
ROWS = st.lists(
    st.tuples(st.sampled_from(["L0", "L1", "L9"]), MOMENTS, st.sampled_from(["visit", "demo", "x"]))
)


@given(past=ROWS, future=ROWS, seed=st.integers(0, 9))
@settings(max_examples=15)
def test_the_future_and_the_order_of_rows_change_nothing(
    past: list[Row], future: list[Row], seed: int
) -> None:
    # Both leads are handed over at the same moment, so "later" means the same for both.
    episodes = make_episodes(2, handed_over_at=[START, START])
    later = [(lead, max(at, START), kind) for lead, at, kind in future]
    mixed = [(past + later)[i] for i in np.random.default_rng(seed).permutation(len(past + later))]
    expected = count(past, episodes)
    pd.testing.assert_frame_equal(count(mixed, episodes), expected)
    turned = count(past, episodes.iloc[::-1])
    pd.testing.assert_frame_equal(turned.sort_index(), expected)


@pytest.fixture(scope="module")
def crm() -> Tables:
    return tables_of_world(simulate(n_leads=1_000))


def test_counts_agree_with_plain_sql_on_the_simulated_crm(crm: Tables) -> None:
    assert crm.activities is not None
    keys = keys_of(crm.episodes)
    types = choose_types(keys, crm.activities)
    found = without_categories(count_behaviour(keys, crm.activities.to_arrow(), types))
    expected = count_in_sql(crm, types)
    assert len(types) == 10 and found["activities: last 90 days"].sum() > 5_000
    for name in found.columns.drop("activities: last touch"):
        np.testing.assert_allclose(
            found[name], expected[name].astype(float), rtol=1e-12, atol=1e-12, err_msg=name
        )
    touches = found["activities: last touch"].fillna("none")
    assert touches.tolist() == expected["activities: last touch"].fillna("none").tolist()


def count_in_sql(crm: Tables, types: Sequence[str]) -> pd.DataFrame:
    """Count by moments instead of days, and find the last touch by a window over all of them."""
    hand_overs = crm.episodes.reset_index(names="episode")[["episode", "lead_id", "handed_over_at"]]
    ranks = pd.DataFrame({"type": types, "rank": range(len(types))})
    since = "date_diff('second', {}(a.at) FILTER ({}), h.handed_over_at) / 86400.0"
    recent = "a.at + INTERVAL {} DAY >= h.handed_over_at"
    columns = {
        "activities: days since first": since.format("min", "true"),
        "activities: days since last": since.format("max", "true"),
        "activities: distinct kinds": f"count(DISTINCT a.type) FILTER ({recent.format(90)})",
    }
    for name in [*types, None]:
        kind = "true" if name is None else f"a.type = '{name}'"
        label = "activities" if name is None else f"activity {name}"
        for days in WINDOWS:
            counted = f"count(a.at) FILTER ({kind} AND {recent.format(days)})"
            columns[f"{label}: last {days} days"] = counted
        if name is not None:
            columns[f"{label}: days since last"] = since.format("max", kind)
    selected = ", ".join(f'{sql} AS "{name}"' for name, sql in columns.items())
    query = f"""
        WITH touches AS (
            SELECT h.episode, r.type, row_number() OVER (
                PARTITION BY h.episode ORDER BY a.at DESC, r.rank
            ) AS place
            FROM hand_overs h
            JOIN activities a ON a.lead_id = h.lead_id AND a.at < h.handed_over_at
            JOIN ranks r ON r.type = a.type
        )
        SELECT {selected}, any_value(t.type) AS "activities: last touch"
        FROM hand_overs h
        LEFT JOIN activities a ON a.lead_id = h.lead_id AND a.at < h.handed_over_at
        LEFT JOIN touches t ON t.episode = h.episode AND t.place = 1
        GROUP BY h.episode, h.handed_over_at
        ORDER BY h.episode
    """
    with duckdb.connect() as connection:
        connection.register("hand_overs", hand_overs)
        connection.register("activities", crm.activities.to_arrow())
        connection.register("ranks", ranks)
        result = connection.sql(query).df()
    pace = result["activities: last 7 days"] - result["activities: last 30 days"] * 7 / 30
    return result.assign(**{"activities: change of pace": pace})


def test_history_agrees_with_plain_loops_on_the_simulated_crm(crm: Tables) -> None:
    episodes = crm.episodes
    found = count_history(episodes, episodes, episodes.index)
    by_lead: dict[str, dict[pd.Timestamp, tuple[str | None, pd.Timestamp]]] = {}
    decided = episodes.sort_values("decided_at")
    for row in decided.itertuples():
        if not pd.isna(row.lead_id) and not pd.isna(row.handed_over_at):
            known = by_lead.setdefault(row.lead_id, {})
            # A hand-over exported twice is one; its first decision counts.
            known.setdefault(row.handed_over_at, (row.decision, row.decided_at))
    for row in episodes.itertuples():
        earlier = {
            at: answer
            for at, answer in by_lead.get(row.lead_id, {}).items()
            if at < row.handed_over_at
        }
        refused = [
            at
            for decision, at in earlier.values()
            if decision in ("rejected", "recycled") and at < row.handed_over_at
        ]
        days = found.loc[row.Index, "days since earlier hand-over"]
        assert found.loc[row.Index, "earlier hand-overs"] == len(earlier)
        assert found.loc[row.Index, "earlier rejections"] == len(refused)
        if earlier:
            assert days == (row.handed_over_at - max(earlier)).total_seconds() / 86_400
        else:
            assert np.isnan(days)
    assert found["earlier rejections"].max() >= 1
