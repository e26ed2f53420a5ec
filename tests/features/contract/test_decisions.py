"""Decisions, from a table of their own or from columns of leads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from features.contract.decisions import note_unknown_values
from tests.contracts import DECISIONS, FLAT, LEADS, TWO, read

SALESFORCE = """Id,MQL_Date__c,CreatedDate,Status,OwnerId,Disqualified_Reason__c,Industry,Employees
00Q1,2025-03-01T10:00:00Z,2025-01-05T08:00:00Z,Qualified,005A,,Retail,10
00Q2,2025-03-02T11:30:00Z,2025-02-05T08:00:00Z,Disqualified,005B,No budget,Energy,250
00Q3,2025-03-03T12:00:00Z,2025-02-15T08:00:00Z,Nurturing,005A,,Retail,
00Q4,2025-03-04T13:00:00Z,2025-02-25T08:00:00Z,Open - Not Contacted,005A,,Energy,40
"""


def test_decisions_of_a_table_go_to_their_hand_over(tmp_path: Path) -> None:
    tables = read(tmp_path, TWO, {"leads": LEADS, "decisions": DECISIONS})
    assert tables.episodes["decision"].tolist() == ["accepted", "rejected", "rejected"]
    assert tables.episodes["decided_at"].tolist() == [
        pd.Timestamp("2025-01-05"),
        pd.Timestamp("2025-01-03 09:00"),
        pd.Timestamp("2025-02-03 11:00"),
    ]
    assert tables.decisions is not None
    assert tables.decisions["row"].tolist() == [1, 2, 3, 4]
    assert list(tables.decisions.columns) == [
        "row", "lead_id", "decided_at", "reason", "rep", "decision"
    ]  # fmt: skip


def test_the_columns_of_decisions_are_counted_but_for_the_id(tmp_path: Path) -> None:
    tables = read(tmp_path, TWO, {"leads": LEADS, "decisions": DECISIONS})
    assert tables.decision_columns == {"When": 5, "Said": 5, "Why": 1, "Value": 2}
    flat = read(tmp_path, {"leads": {"preset": "salesforce"}}, {"leads": SALESFORCE})
    assert flat.decision_columns == {} and flat.decisions is None


def test_being_in_the_table_can_be_the_decision(tmp_path: Path) -> None:
    decision = {"present_means": "accepted", "decided_at": "When"}
    deals = "Lead,When\nB,2025-01-20\n"
    tables = read(
        tmp_path,
        {"leads": TWO["leads"], "decision": decision},
        {"leads": LEADS, "decisions": deals},
    )
    said = tables.episodes["decision"]
    assert said[1] == "accepted" and said.isna().tolist() == [True, False, True]


def test_flat_decisions_before_hand_over_are_marked(tmp_path: Path) -> None:
    leads = (
        "Lead,At,Said,When\n"
        "A,2025-01-02 10:00,Yes,2025-01-01\n"
        "B,2025-01-02 10:00,Yes,2025-01-02\n"
        "C,2025-01-02 10:00,Yes,2025-01-02 09:00\n"
        "D,2025-01-02 10:00,,2025-01-01\n"
    )
    decision = {**FLAT["decision"], "decided_at": "When"}
    tables = read(tmp_path, {**FLAT, "decision": decision}, {"leads": leads})
    assert tables.episodes["early"].tolist() == [True, False, True, False]


def test_numeric_ids_match_between_tables_of_other_types(tmp_path: Path) -> None:
    leads = pd.DataFrame({"Lead": [11, 12], "At": pd.to_datetime(["2025-01-01", "2025-01-02"])})
    leads.to_parquet(tmp_path / "leads.parquet")
    said = pd.DataFrame({"Lead": [12.0, np.nan, 11.0], "Said": ["Yes", "No", "No"]})
    said.to_parquet(tmp_path / "decisions.parquet")
    sections = {
        "tables": {"leads": "leads.parquet", "decisions": "decisions.parquet"},
        "leads": TWO["leads"],
        "decision": FLAT["decision"],
    }
    tables = read(tmp_path, sections, {})
    assert tables.episodes["lead_id"].tolist() == ["11", "12"]
    assert tables.episodes["decision"].tolist() == ["rejected", "accepted"]


def test_unknown_decisions_of_a_table_are_found_and_left_out(tmp_path: Path) -> None:
    decisions = DECISIONS + "B,2025-03-01,Perhaps,,\n"
    tables = read(tmp_path, TWO, {"leads": LEADS, "decisions": decisions})
    (finding,) = tables.findings
    assert (finding.code, finding.severity, finding.table) == (
        "unknown_decision",
        "error",
        "decisions",
    )
    assert (finding.count, finding.total, finding.example) == (1, 6, "row 6")
    assert '"Perhaps" (1)' in finding.message
    noted = {**TWO, "decision": {**TWO["decision"], "others": "undecided"}}
    (finding,) = read(tmp_path, noted, {"leads": LEADS, "decisions": decisions}).findings
    assert finding.severity == "note"


def test_unknown_values_are_counted_commonest_first() -> None:
    values = pd.Series(["b", None, "a", "a", "x" * 90], dtype=object)
    (finding,) = note_unknown_values(
        values, pd.Series([11, 12, 13, 14, 15]), table="leads", others="error"
    )
    assert '"a" (2), "b" (1)' in finding.message and "x" * 41 not in finding.message
    assert (finding.count, finding.total, finding.example) == (4, 5, "row 11")
    nothing = pd.Series([None, None], dtype=object)
    assert note_unknown_values(nothing, nothing, table="leads", others="error") == []


def test_open_records_of_a_flat_export_are_undecided(tmp_path: Path) -> None:
    leads = (
        "Lead,At,Won,IsClosed,Size\n"
        "A,2025-01-02,true,TRUE,1\n"
        "B,2025-01-02,false,True,2\n"
        "C,2025-01-02,false,False,3\n"
        "D,2025-01-02,false,,4\n"
    )
    decision = {"column": "Won", "accepted": ["True"], "rejected": ["False"]}
    closed = {"closed": "IsClosed", "closed_values": ["True"]}
    tables = read(tmp_path, {**FLAT, "decision": {**decision, **closed}}, {"leads": leads})
    assert tables.episodes["decision"].tolist() == ["accepted", "rejected", None, None]
    assert list(tables.attributes.columns) == ["Size"]


def test_open_records_of_a_table_of_decisions_are_left_out(tmp_path: Path) -> None:
    decisions = DECISIONS.splitlines()
    header, *rows = decisions
    closed = [f"{row},{'yes' if i % 2 else 'no'}" for i, row in enumerate(rows)]
    text = "\n".join([f"{header},Done", *closed]) + "\n"
    whole = read(tmp_path, TWO, {"leads": LEADS, "decisions": DECISIONS}).decisions
    settings = {**TWO["decision"], "closed": "Done", "closed_values": ["YES"]}
    part = read(tmp_path, {**TWO, "decision": settings}, {"leads": LEADS, "decisions": text})
    assert whole is not None and part.decisions is not None
    assert part.decisions["row"].tolist() == [r for r in whole["row"] if r % 2 == 0]
