"""Corrections as they are read: what a report exports comes back, what cannot be is named."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features.contract.as_of import AsOf
from features.contract.corrections import quote_value
from features.contract.tables import Tables
from features.errors import SourceError
from features.findings import Finding
from features.labels import label_leads
from features.settings.schema import DecisionSettings
from tests.contracts import DECISIONS, LEADS, TWO, read, write

HEADER = "lead_id,handed_over_at,decision,verdict,note,noted_at\n"
NOTED = HEADER + (
    "A,2025-01-01 10:00,rejected,sales was right after all,,2025-06-01T09:00:00.000Z\n"
    "B,,accepted,,,2025-06-02 09:00\n"
    "A,2025-02-01 10:00,,no verdict yet,,\n"
)
FLOATING = pd.Timestamp("2025-06-01 12:00")


def read_noted(folder: Path, noted: str = NOTED, **options: object) -> Tables:
    files = {"leads": LEADS, "decisions": DECISIONS, "corrections": noted}
    return read(folder, TWO, files, **options)


def found(tables: Tables) -> list[Finding]:
    return [finding for finding in tables.findings if finding.table == "corrections"]


def test_the_teams_decision_stands_beside_that_of_sales(tmp_path: Path) -> None:
    tables = read_noted(tmp_path)
    assert tables.episodes["decision"].tolist() == ["accepted", "rejected", "rejected"]
    assert tables.episodes["corrected"].tolist() == ["rejected", "accepted", None]
    assert found(tables) == []


def test_labels_follow_the_teams_and_count_what_changed(tmp_path: Path) -> None:
    episodes = read_noted(tmp_path).episodes
    decision = DecisionSettings(matured_after_days=1)
    labels = label_leads(episodes, decision=decision, as_of=FLOATING)
    assert labels.accepted.tolist() == [0.0, 1.0, 0.0]
    assert labels.corrected.tolist() == [True, True, False] and labels.n_corrected == 2


def test_without_corrections_nothing_is_added(tmp_path: Path) -> None:
    tables = read(tmp_path, TWO, {"leads": LEADS, "decisions": DECISIONS})
    assert "corrected" not in tables.episodes


def test_a_pattern_without_files_is_no_error_but_a_file_that_is_not_there_is(
    tmp_path: Path,
) -> None:
    tables = {"leads": "leads.csv", "decisions": "decisions.csv", "corrections": "noted/*.csv"}
    sections = {"tables": tables, **TWO}
    files = {"leads": LEADS, "decisions": DECISIONS}
    assert "corrected" not in read(tmp_path, sections, files).episodes
    sections = {**sections, "tables": {**tables, "corrections": "noted.csv"}}
    with pytest.raises(Exception, match=r'o file "noted.csv" \(\[tables\] corrections'):
        read(tmp_path, sections, files)


def test_a_file_of_the_header_alone_corrects_nothing(tmp_path: Path) -> None:
    assert read_noted(tmp_path, HEADER).episodes["corrected"].isna().all()


def test_at_a_past_moment_only_what_had_been_noted_exists(tmp_path: Path) -> None:
    noted = NOTED + "B,,rejected,,,\n"
    then = read_noted(tmp_path, noted, as_of=AsOf(FLOATING, replay=True))
    assert then.episodes["corrected"].tolist() == ["rejected", None, None]
    assert [finding.code for finding in found(then)] == ["correction_undated"]
    before = AsOf(pd.Timestamp("2025-06-01 08:59"), replay=True)
    assert read_noted(tmp_path, noted, as_of=before).episodes["corrected"].isna().all()


def test_what_is_noted_in_the_future_is_told_and_not_used(tmp_path: Path) -> None:
    tables = read_noted(tmp_path, HEADER + "B,,accepted,,,2027-01-01\n")
    assert tables.episodes["corrected"].isna().all()
    assert [(f.code, f.severity) for f in found(tables)] == [("correction_in_future", "warning")]


def test_later_hand_overs_know_what_sales_had_said(tmp_path: Path) -> None:
    """The history of a lead is what was known by then; a correction came long after."""
    from features.matrix.history import count_history

    episodes = read_noted(tmp_path).episodes
    counted = count_history(episodes, episodes, episodes.index)
    assert counted["earlier rejections"].tolist() == [0.0, 0.0, 0.0]


def test_the_crms_way_of_writing_is_not_that_of_corrections(tmp_path: Path) -> None:
    files = {
        "leads": LEADS.replace(",", ";"),
        "decisions": DECISIONS.replace(",", ";"),
        "corrections": NOTED,
    }
    tables = read(tmp_path, {**TWO, "csv": {"separator": ";"}}, files)
    assert tables.episodes["corrected"].tolist() == ["rejected", "accepted", None]


def test_ids_kept_from_running_in_a_spreadsheet_are_the_leads_own(tmp_path: Path) -> None:
    leads = "Lead,At\n=A,2025-01-01\n'B,2025-01-02\n"
    noted = HEADER + "'=A,,accepted,,,\n''B,,rejected,,,\n"
    files = {"leads": leads, "decisions": DECISIONS, "corrections": noted}
    tables = read(tmp_path, TWO, files)
    assert tables.episodes["corrected"].tolist() == ["accepted", "rejected"]


@pytest.mark.parametrize(
    ("rows", "code", "words"),
    [
        ("A,2025-01-01 10:00,maybe,,,\n", "correction_unknown", '"maybe" (1)'),
        ("A,next week,accepted,,,\n", "value_unread", '"handed_over_at" are not a time'),
        ("B,,accepted,,,once\n", "value_unread", '"noted_at" are not a time'),
        ("B,01/02/2025 10:00,accepted,,,\n", "time_ambiguous", '"handed_over_at"'),
        ("X,,accepted,,,\n", "correction_without_lead", "not among the leads"),
        (",,accepted,,,\n", "correction_without_id", "without a lead id"),
        ("A,2025-01-07,accepted,,,\n", "correction_without_hand_over", "at that time"),
        ("A,,accepted,,,\n", "correction_ambiguous", "several times"),
        ("B,,accepted,,,\nB,,rejected,,,\n", "correction_conflict", "contradict"),
    ],
)
def test_what_cannot_be_taken_is_an_error_with_its_row(
    tmp_path: Path, rows: str, code: str, words: str
) -> None:
    findings = found(read_noted(tmp_path, HEADER + rows))
    assert code in [finding.code for finding in findings if finding.severity == "error"]
    told = next(finding for finding in findings if finding.code == code)
    assert words in told.message and told.next_step
    assert told.example is None or told.example.startswith("row 1")


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    settings = "lead,decision\nA,accepted\n"
    with pytest.raises(SourceError, match='he corrections lack the column "lead_id"') as caught:
        read_noted(tmp_path, settings)
    assert "noted_at" in str(caught.value)


def test_corrections_name_leads_by_their_id(tmp_path: Path) -> None:
    flat = {"decision": {"column": "Said", "accepted": ["Yes"], "rejected": ["No"]}}
    files = {"leads": "Said\nYes\nNo\n", "corrections": HEADER + "1,,rejected,,,\n"}
    write(tmp_path, flat, files)
    with pytest.raises(Exception, match=r"\[leads\] id is missing.*corrections names leads"):
        read(tmp_path, flat, files)


def test_values_are_shown_short_and_in_one_line() -> None:
    assert quote_value("a\nb\x1b[31m") == '"a b [31m"'
    assert len(quote_value("x" * 500)) == 42
