"""The contract: whatever a CRM calls its columns, the same canonical tables come of it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from features.contract.records import complete_settings
from features.contract.tables import read_tables
from features.errors import SettingsError
from tests.contracts import DECISIONS, FLAT, LEADS, NOW, TWO, read, write

EPISODES = (
    "row lead_id handed_over_at sequence decision decided_at reason rep early unknown"
).split()

SALESFORCE = """Id,MQL_Date__c,CreatedDate,Status,OwnerId,Disqualified_Reason__c,Industry,Employees
00Q1,2025-03-01T10:00:00Z,2025-01-05T08:00:00Z,Qualified,005A,,Retail,10
00Q2,2025-03-02T11:30:00Z,2025-02-05T08:00:00Z,Disqualified,005B,No budget,Energy,250
00Q3,2025-03-03T12:00:00Z,2025-02-15T08:00:00Z,Nurturing,005A,,Retail,
00Q4,2025-03-04T13:00:00Z,2025-02-25T08:00:00Z,Open - Not Contacted,005A,,Energy,40
"""
HUBSPOT = """Record ID,Became a Marketing Qualified Lead Date,Lead Status,Contact owner,Industry
101,2025-03-01 10:00,Open deal,Ann,Retail
102,2025-03-02 11:30,Unqualified,Bob,Energy
103,2025-03-03 12:00,Bad timing,Ann,Retail
104,2025-03-04 13:00,Attempted to contact,Ann,Energy
"""
DYNAMICS = """leadid;createdon;statecode;statuscodename;ownerid;industrycode
a-1;2025-03-01 10:00;1;Qualified;o1;1
a-2;2025-03-02 11:30;2;Lost;o2;2
a-3;2025-03-03 12:00;2;No Longer Interested;o1;1
a-4;2025-03-04 13:00;0;New;o1;
"""


@pytest.mark.parametrize(
    ("preset", "text", "ids", "reasons", "reps"),
    [
        ("salesforce", SALESFORCE, ["00Q1", "00Q2", "00Q3", "00Q4"], 1, ["005A", "005B"]),
        ("hubspot", HUBSPOT, ["101", "102", "103", "104"], 0, ["Ann", "Bob"]),
        ("dynamics", DYNAMICS, ["a-1", "a-2", "a-3", "a-4"], 4, ["o1", "o2"]),
    ],
)
def test_an_export_of_each_crm_needs_no_more_than_its_preset(
    tmp_path: Path, preset: str, text: str, ids: list[str], reasons: int, reps: list[str]
) -> None:
    tables = read(tmp_path, {"leads": {"preset": preset}}, {"leads": text})
    episodes = tables.episodes
    assert list(episodes.columns) == EPISODES
    assert episodes["row"].tolist() == [1, 2, 3, 4]
    assert episodes["lead_id"].tolist() == ids
    moments = ["2025-03-01 10:00", "2025-03-02 11:30", "2025-03-03 12:00", "2025-03-04 13:00"]
    assert episodes["handed_over_at"].tolist() == [pd.Timestamp(moment) for moment in moments]
    third = "rejected" if preset == "dynamics" else "recycled"
    assert episodes["decision"].tolist()[:3] == ["accepted", "rejected", third]
    assert pd.isna(episodes["decision"][3])
    assert episodes["unknown"].isna().all() and not episodes["early"].any()
    assert sorted(episodes["rep"].unique()) == reps
    assert episodes["reason"].notna().sum() == reasons
    assert tables.order == "time" and tables.timed
    assert {finding.severity for finding in tables.findings} <= {"note"}


def test_a_preset_takes_no_other_time_of_hand_over_than_in_training(tmp_path: Path) -> None:
    settings = write(tmp_path, {"leads": {"preset": "salesforce"}}, {"leads": SALESFORCE})
    trained = read_tables(settings, now=NOW)
    assert trained.settings.leads.handed_over_at == "MQL_Date__c"
    kinds = {name: column.kind for name, column in trained.columns.items()}
    opened = {"leads": ["Id", "CreatedDate", "Industry"]}
    completed = complete_settings(settings, opened, decided=False, kinds=kinds)
    assert completed.leads.handed_over_at is None


def test_the_newest_moment_of_the_data_ignores_the_future(tmp_path: Path) -> None:
    leads = LEADS + "D,2026-06-01 10:00,1\n"
    decisions = DECISIONS + "D,2026-07-01,Yes,,\n"
    activities = "Lead,On\nA,2025-03-01 08:00\nA,2031-01-01 08:00\n"
    files = {"leads": leads, "decisions": decisions}
    assert read(tmp_path, TWO, files).as_of == pd.Timestamp("2025-02-03 11:00")
    sections = {**TWO, "activities": {"at": "On"}}
    tables = read(tmp_path, sections, {**files, "activities": activities})
    # Activities do not make a lead older: its decision may be in a later export.
    assert tables.as_of == pd.Timestamp("2025-02-03 11:00")
    assert tables.now == NOW


@given(st.integers(-30, 30))
@hypothesis_settings(max_examples=10)
def test_a_hand_over_in_the_future_never_moves_the_newest_moment(
    tmp_path_factory: pytest.TempPathFactory, days: int
) -> None:
    later = (NOW + pd.Timedelta(days=days)).strftime("%Y-%m-%d")
    leads = f"Lead,At,Said\nA,2025-01-01,Yes\nB,{later},No\n"
    tables = read(tmp_path_factory.mktemp("future"), FLAT, {"leads": leads})
    known = pd.Timestamp(later) if days <= 0 else pd.Timestamp("2025-01-01")
    assert tables.as_of == known


def test_tables_that_name_leads_need_the_leads_to_have_names(tmp_path: Path) -> None:
    sections = {"leads": {"handed_over_at": "At"}, "decision": TWO["decision"]}
    with pytest.raises(SettingsError, match=r"\[leads\] id is missing, and the table of decisions"):
        read(tmp_path, sections, {"leads": LEADS, "decisions": DECISIONS})


def test_a_preset_without_its_columns_is_told_what_is_missing(tmp_path: Path) -> None:
    leads = "Id,MQL_Date__c,Phase\n1,2025-01-01,x\n"
    with pytest.raises(SettingsError, match=r"\[decision\] is missing or empty"):
        read(tmp_path, {"leads": {"preset": "salesforce"}}, {"leads": leads})
    named = {"leads": {"preset": "salesforce"}, "decision": {"column": "Phase"}}
    with pytest.raises(SettingsError, match=r"\[decision\] accepted is missing") as caught:
        read(tmp_path, named, {"leads": leads})
    assert "[decision] rejected is missing" in str(caught.value)
