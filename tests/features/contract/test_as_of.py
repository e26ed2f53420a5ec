"""As of a moment: what came later does not exist, and shapes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from features.contract.as_of import AsOf, parse_as_of
from features.contract.tables import Tables, read_tables
from features.errors import DataRefused, SettingsError, UsageError
from features.settings.load import load_settings
from features.simulation.company import simulate
from features.simulation.export import World, write_world
from pipelines.demo import SETTINGS
from tests.contracts import FLAT, write

NOW = pd.Timestamp("2026-11-01")
DAY = pd.Timestamp("2025-12-01")
DATED = {**FLAT, "decision": {**FLAT["decision"], "decided_at": "When", "reason": "Why"}}


def replay(text: str) -> AsOf:
    return parse_as_of(text, now=NOW)


def cut(rows: pd.DataFrame, column: str, day: pd.Timestamp = DAY) -> pd.DataFrame:
    """The rows that were there, and those that no time places."""
    return rows[~(pd.to_datetime(rows[column], errors="coerce") >= day)]


def truncate(world: World, day: pd.Timestamp = DAY) -> World:
    """The export as it was taken on the day."""
    outcomes = cut(world.outcomes, "CreatedDate", day)
    closed = outcomes["CloseDate"].where(~(outcomes["CloseDate"] >= day))
    return World(
        cut(world.leads, "MQL_Date__c", day),
        cut(world.activities, "CreatedDate", day),
        cut(world.decisions, "CreatedDate", day),
        outcomes.assign(CloseDate=closed),
        world.truth,
    )


def read_world(world: World, folder: Path, as_of: AsOf) -> Tables:
    write_world(world, folder)
    (folder / "leadaccord.toml").write_text(SETTINGS, "utf-8")
    return read_tables(load_settings(folder / "leadaccord.toml"), as_of=as_of)


def flatten(world: World) -> pd.DataFrame:
    """The first decision of each lead's only hand-over as columns of leads."""
    first = world.decisions.sort_values("CreatedDate").drop_duplicates("LeadId")
    said = first[["LeadId", "Status", "CreatedDate", "Disqualified_Reason__c"]]
    said = said.set_axis(["Id", "Said", "When", "Why"], axis=1)
    leads = world.leads.drop(columns=["Status", "OwnerId", "Rating"]).drop_duplicates("Id")
    return leads[leads["Id"] != ""].merge(said, on="Id", how="left")


def read_flat(leads: pd.DataFrame, folder: Path, as_of: AsOf) -> Tables:
    folder.mkdir()
    sections: dict[str, Any] = {
        "leads": {"id": "Id", "handed_over_at": "MQL_Date__c"},
        "decision": {
            **{"column": "Said", "accepted": ["Qualified"], "rejected": ["Disqualified"]},
            **{"recycled": ["Recycled"], "decided_at": "When", "reason": "Why"},
        },
    }
    return read_tables(write(folder, sections, {"leads": leads.to_csv(index=False)}), as_of=as_of)


def assert_same(one: Tables, other: Tables) -> None:
    for name in ("episodes", "attributes"):
        left, right = getattr(one, name), getattr(other, name)
        left, right = (part.drop(columns="row", errors="ignore") for part in (left, right))
        pd.testing.assert_frame_equal(left, right)
    assert one.columns == other.columns
    assert one.decision_columns == other.decision_columns
    assert one.as_of == other.as_of
    assert one.time_formats == other.time_formats
    for name in ("activities", "outcomes"):
        left, right = getattr(one, name), getattr(other, name)
        if left is None:
            assert right is None
            continue
        if name == "activities":
            keys = ["lead_id", "at", "type"]
            left, right = (
                part.to_arrow().to_pandas().sort_values(keys, ignore_index=True)
                for part in (left, right)
            )
        pd.testing.assert_frame_equal(left, right)


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(n_leads=1_200, seed=7)


@pytest.mark.parametrize("given", [None, "2025-12-01"])
def test_the_whole_export_as_of_a_day_is_the_export_of_that_day(
    world: World, tmp_path: Path, given: str | None
) -> None:
    whole = read_world(world, tmp_path / "whole", replay("2025-12-01"))
    then = read_world(truncate(world), tmp_path / "then", parse_as_of(given, now=NOW))
    assert 400 < len(whole.episodes) < 1_000
    assert whole.episodes["handed_over_at"].max() < DAY
    assert whole.episodes["decided_at"].max() < DAY
    assert_same(whole, then)


@pytest.mark.parametrize("given", [None, "2025-12-01"])
def test_so_it_is_where_the_decision_is_a_column_of_leads(
    world: World, tmp_path: Path, given: str | None
) -> None:
    leads = flatten(world)
    whole = read_flat(leads, tmp_path / "whole", replay("2025-12-01"))
    later = pd.to_datetime(leads["When"]) >= DAY
    blanked = cut(
        leads.assign(**{c: leads[c].mask(later) for c in ("Said", "When", "Why")}), "MQL_Date__c"
    )
    assert later.any()
    then = read_flat(blanked, tmp_path / "then", parse_as_of(given, now=NOW))
    assert whole.episodes["decision"].notna().sum() > 200
    assert_same(whole, then)


def test_later_rows_have_no_say_in_what_a_column_holds(tmp_path: Path) -> None:
    leads = "Lead,At,Said,When,Why,Size\n" + "".join(
        f"L{i},2025-01-0{i} 10:00,Yes,2025-01-0{i} 12:00,,{i}\n" for i in range(1, 6)
    )
    late = "L6,2025-03-01 10:00,No,2025-03-02,price,very big\n"
    settings = write(tmp_path, DATED, {"leads": leads + late})
    now, then = read_tables(settings, now=NOW), read_tables(settings, as_of=replay("2025-02-01"))
    assert now.columns["Size"].kind == "text"
    assert then.columns["Size"].kind == "number"
    assert then.now == pd.Timestamp("2025-02-01") - pd.Timedelta(microseconds=1)


def test_a_decision_made_later_is_not_known_yet(tmp_path: Path) -> None:
    rows = "A,2025-01-01,Yes,2025-01-05 08:00,\nB,2025-01-02,No,2025-02-05,price\n"
    leads = f"Lead,At,Said,When,Why\n{rows}"
    settings = write(tmp_path, DATED, {"leads": leads})
    episodes = read_tables(settings, as_of=replay("2025-02-01")).episodes
    assert list(episodes["decision"]) == ["accepted", None]
    assert episodes["decided_at"].isna().tolist() == [False, True]
    assert episodes["reason"].isna().all()


def test_a_day_is_its_first_moment_and_a_moment_itself() -> None:
    day = parse_as_of("2025-06-01", now=NOW)
    assert day.moment < pd.Timestamp("2025-06-01") <= day.moment + pd.Timedelta(microseconds=1)
    assert day.replay
    assert parse_as_of("2025-06-01 06:30", now=NOW).moment == pd.Timestamp("2025-06-01 06:30")
    zoned = parse_as_of("2025-06-01T06:30+02:00", now=NOW)
    assert zoned.moment == pd.Timestamp("2025-06-01 04:30")
    assert parse_as_of(None, now=NOW) == AsOf(NOW, replay=False)


@pytest.mark.parametrize(
    "text", ["", "June", "01-06-2025", "2025-13-01", "2025-6-1", "20250601", "0001-01-01"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--as-of is not a date.*year-month-day"):
        parse_as_of(text, now=NOW)


def test_the_future_is_refused() -> None:
    with pytest.raises(UsageError, match=r"lies in the future.*2026-11-01 or earlier"):
        parse_as_of("2027-01-01", now=NOW)


def test_without_times_no_past_moment_can_be_seen(tmp_path: Path) -> None:
    ordered = {**FLAT, "leads": {"id": "Lead", "order": "file"}}
    settings = write(tmp_path, ordered, {"leads": "Lead,Said\nA,Yes\nB,No\n"})
    with pytest.raises(SettingsError, match="leads have no time of hand-over") as caught:
        read_tables(settings, as_of=replay("2025-01-01"))
    assert caught.value.code == "no_clock"
    assert len(read_tables(settings, as_of=parse_as_of(None, now=NOW)).episodes) == 2


def test_without_times_of_decisions_no_past_moment_can_be_seen(tmp_path: Path) -> None:
    settings = write(tmp_path, FLAT, {"leads": "Lead,At,Said\nA,2025-01-01,Yes\nB,2025-01-02,No\n"})
    with pytest.raises(SettingsError, match=r"decisions have no time.*decided_at under"):
        read_tables(settings, as_of=replay("2025-02-01"))
    now = read_tables(settings, as_of=parse_as_of(None, now=NOW))
    assert list(now.episodes["decision"]) == ["accepted", "rejected"]


def test_undated_decisions_count_now_but_at_no_past_moment(tmp_path: Path) -> None:
    rows = "".join(
        f"L{i},2025-01-01 0{i % 10}:00,{'Yes' if i % 2 else 'No'},2025-01-03,\n" for i in range(40)
    )
    settings = write(
        tmp_path, DATED, {"leads": f"Lead,At,Said,When,Why\n{rows}X,2025-01-01,Yes,,\n"}
    )
    then = read_tables(settings, as_of=replay("2025-02-01"))
    now = read_tables(settings, as_of=parse_as_of(None, now=NOW))
    assert then.episodes["decision"].isna().sum() == 1
    assert now.episodes["decision"].notna().all()
    assert "decisions_undated" in {finding.code for finding in then.findings}

    many = write(tmp_path, DATED, {"leads": "Lead,At,Said,When,Why\nA,2025-01-01,Yes,,\n"})
    with pytest.raises(DataRefused, match="1 of 1 decisions without one, expected at most 5%"):
        read_tables(many, as_of=replay("2025-02-01"))


def test_rows_that_no_time_places_are_left_out_and_counted(tmp_path: Path) -> None:
    leads = "Lead,At,Said,When,Why\nA,2025-01-01,Yes,2025-01-05,\nB,,No,2025-01-05,\n"
    tables = read_tables(write(tmp_path, DATED, {"leads": leads}), as_of=replay("2025-02-01"))
    assert list(tables.episodes["lead_id"]) == ["A"]
    (note,) = (found for found in tables.findings if found.code == "not_placed_in_time")
    assert note.count == 1 and note.severity == "note"


@pytest.mark.parametrize("scheme", ["duckdb", "sqlite"])
@pytest.mark.parametrize("flat", [True, False])
def test_tables_of_a_database_are_seen_as_of_a_day_too(
    tmp_path: Path, scheme: str, flat: bool
) -> None:
    leads = pd.DataFrame({"Lead": list("ABC"), "At": ["2025-01-01 10:00:00"] * 3, "Size": 1.5})
    leads.loc[2, "At"] = "2025-03-01 10:00:00"
    said = pd.DataFrame({"Lead": list("ABC"), "Said": ["Yes", "No", "Yes"]})
    said["When"] = ["2025-01-03 08:00:00", "2025-02-20 08:00:00", "2025-03-02 08:00:00"]
    leads["At"], said["When"] = pd.to_datetime(leads["At"]), pd.to_datetime(said["When"])
    tables = {"leads": leads.merge(said) if flat else leads, "said": said}
    place = tmp_path / "crm.db"
    if scheme == "sqlite":
        with closing(sqlite3.connect(place)) as connection:
            for name, rows in tables.items():
                rows.to_sql(name, connection, index=False)
    else:
        with duckdb.connect(str(place)) as connection:
            for name, rows in tables.items():
                connection.register("given", rows)
                connection.execute(f"create table {name} as select * from given")
    named = {"connection": f"{scheme}://{place}", "leads": "leads"}
    named |= {} if flat else {"decisions": "said"}
    decision = {**FLAT["decision"], "decided_at": "When"}
    settings = write(tmp_path, {"tables": named, **FLAT, "decision": decision}, {})
    episodes = read_tables(settings, as_of=replay("2025-02-01")).episodes
    assert list(episodes["lead_id"]) == ["A", "B"]
    assert episodes["decision"].isna().tolist() == [False, True]
