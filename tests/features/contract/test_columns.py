"""Columns are found by their names, and what cannot be read is told."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features.contract.columns import find_column
from features.errors import SettingsError
from tests.contracts import DECISIONS, FLAT, LEADS, TWO, read
from tests.tables import make_settings


@pytest.mark.parametrize(
    ("section", "key", "value", "near"),
    [
        ("leads", "id", "Leed", '"Lead"'),
        ("leads", "handed_over_at", "Att", '"At"'),
        ("decision", "column", "Sayd", '"Said"'),
        ("decision", "decided_at", "Wen", '"When"'),
        ("decision", "reason", "Whyy", '"Why"'),
        ("decision", "rep", "zzz", '"Lead"'),
        ("decision", "id", "Laed", '"Lead"'),
        ("activities", "at", "Onn", '"On"'),
        ("activities", "type", "What", '"Lead"'),
        ("activities", "id", "Leadd", '"Lead"'),
    ],
)
def test_a_column_that_is_not_there_is_told_with_near_names(
    tmp_path: Path, section: str, key: str, value: str, near: str
) -> None:
    sections = {**TWO, "activities": {"at": "On"}}
    sections[section] = {**sections[section], key: value}
    files = {"leads": LEADS, "decisions": DECISIONS, "activities": "Lead,On\nA,2025-01-01\n"}
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, sections, files)
    message = str(caught.value)
    assert f"[{section}] {key} names a column that is not there" in message
    assert f'ot "{value}"' in message and near in message
    assert "leadaccord.toml" in message and "_row" not in message


@pytest.mark.parametrize("name", ["Lead", "lead_id", "LeadId", "WhoId", "contact_id"])
def test_the_id_of_activities_is_found_by_its_usual_names(tmp_path: Path, name: str) -> None:
    activities = f"Extra,{name},On,What\nx,A,2025-01-01 08:00,visit\ny,B,2025-01-01 09:00,\n"
    sections = {**TWO, "activities": {"at": "On", "type": "What"}}
    files = {"leads": LEADS, "decisions": DECISIONS, "activities": activities}
    tables = read(tmp_path, sections, files)
    assert tables.activities is not None
    rows = tables.activities.to_arrow().to_pandas().sort_values("at")
    assert list(rows.columns) == ["lead_id", "at", "type"]
    assert rows["lead_id"].tolist() == ["A", "B"]
    assert rows["type"].tolist()[0] == "visit" and rows["type"].isna().tolist() == [False, True]
    assert rows["at"].tolist() == [
        pd.Timestamp("2025-01-01 08:00"),
        pd.Timestamp("2025-01-01 09:00"),
    ]


@pytest.mark.parametrize("table", ["leads", "decisions", "activities"])
def test_times_that_cannot_be_told_are_found_in_their_table(tmp_path: Path, table: str) -> None:
    files = {"leads": LEADS, "decisions": DECISIONS, "activities": "Lead,On\nA,2025-01-01\n"}
    days = [f"0{1 + i % 8}/0{1 + i % 7}/2025" for i in range(12)]
    files[table] = {
        "leads": "Lead,At,Size\n" + "".join(f"A{i},{day},1\n" for i, day in enumerate(days)),
        "decisions": "Lead,When,Said\n" + "".join(f"A,{day},Yes\n" for day in days),
        "activities": "Lead,On\n" + "".join(f"A,{day}\n" for day in days),
    }[table]
    tables = read(tmp_path, {**TWO, "activities": {"at": "On"}}, files)
    found = [finding for finding in tables.findings if finding.code == "time_ambiguous"]
    assert [(finding.table, finding.severity) for finding in found] == [(table, "error")]


def test_unread_values_name_their_row(tmp_path: Path) -> None:
    rows = "".join(f"A{i},2025-01-01 10:00,{i},Yes\n" for i in range(400))
    leads = "Lead,At,Size,Said\n" + rows + "B,2025-01-01 10:00,many,No\n"
    (finding,) = read(tmp_path, FLAT, {"leads": leads}).findings
    assert (finding.code, finding.column, finding.example) == ("value_unread", "Size", "row 401")


def test_find_column_names_five_where_nothing_is_near() -> None:
    names = ["_row", *"ABCDEFG"]
    with pytest.raises(SettingsError, match='expected one of "A", "B", "C", "D", "E"\\.'):
        find_column("Nothing", names, key="[leads] id", settings=make_settings())
    with pytest.raises(SettingsError):
        find_column("_row", names, key="[leads] id", settings=make_settings())
