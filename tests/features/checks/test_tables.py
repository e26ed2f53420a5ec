"""Checks: every finding is provoked by its fault, and clean data have none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from features.checks.tables import check_columns, check_tables, refuse
from features.contract.tables import read_tables
from features.errors import DataRefused
from features.findings import Finding
from features.settings.load import load_settings
from features.simulation.company import simulate
from features.simulation.export import write_world
from tests.features.faultless import (
    LEADS,
    Flat,
    N,
    Project,
    by_code,
    label,
    make_activities,
    make_decisions,
    make_leads,
    read,
    write_settings,
)
from tests.tables import make_activities as make_relation


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def flat(tmp_path: Path) -> Flat:
    return Flat(tmp_path)


def test_clean_tables_have_no_findings(project: Project) -> None:
    assert project.check() == {}
    tables = project.read()
    assert check_tables(tables, label(tables)) == ()
    assert check_columns(tables) == ()


def test_a_clean_flat_export_has_no_findings(flat: Flat) -> None:
    assert flat.check() == {}


def test_missing_id(project: Project) -> None:
    project.leads.loc[[4, 9], "Id"] = None
    finding = project.check()["missing_id"]
    assert finding.severity == "warning"
    assert (finding.count, finding.total, finding.example) == (2, N, "row 5")
    assert finding.column == "Id"
    project.leads["Id"] = None
    assert project.check()["missing_id"].severity == "error"


def test_duplicate_episode(project: Project) -> None:
    project.leads = pd.concat([project.leads, project.leads.iloc[[7]]], ignore_index=True)
    finding = project.check()["duplicate_episode"]
    assert finding.severity == "warning"
    assert (finding.count, finding.total, finding.example) == (1, N + 1, f"row {N + 1}")
    again = project.leads.loc[N, "MQL"] + pd.Timedelta(days=60)
    project.leads.loc[N, "MQL"] = again  # the same lead later is a hand-over of its own
    assert "duplicate_episode" not in project.check()


def test_missing_hand_over(project: Project) -> None:
    project.leads.loc[2, "MQL"] = None
    finding = project.check()["missing_hand_over"]
    assert (finding.severity, finding.count, finding.example) == ("warning", 1, "row 3")
    project.leads.loc[: N // 2 - 1, "MQL"] = None
    assert project.check()["missing_hand_over"].severity == "warning"
    project.leads.loc[: N // 2, "MQL"] = None
    assert project.check()["missing_hand_over"].severity == "error"


def test_missing_place_in_the_order(flat: Flat) -> None:
    flat.settings["leads"] = {"id": "Id", "order": "Number"}
    flat.leads["Number"] = [None, *range(1, N)]
    finding = flat.check()["missing_hand_over"]
    assert (finding.count, finding.example, finding.column) == (1, "row 1", "Number")


def test_hand_over_in_future(project: Project) -> None:
    project.leads.loc[3, "MQL"] = pd.Timestamp("2199-01-01")
    finding = project.check()["hand_over_in_future"]
    assert (finding.severity, finding.count, finding.example) == ("warning", 1, "row 4")


def test_decision_before_hand_over(project: Project, flat: Flat) -> None:
    project.decisions.loc[5, "At"] = pd.Timestamp("2024-01-01 10:00")
    flat.leads.loc[5, "Decided"] = pd.Timestamp("2024-01-01 10:00")
    for data in (project, flat):
        finding = data.check()["decision_before_hand_over"]
        assert (finding.severity, finding.count, finding.example) == ("warning", 1, "row 6")


def test_a_decision_dated_by_the_day_of_hand_over_is_not_early(flat: Flat) -> None:
    flat.leads["Decided"] = flat.leads["MQL"].dt.strftime("%Y-%m-%d")
    assert flat.check() == {}


@pytest.mark.parametrize("shape", [Project, Flat])
def test_unknown_decision(tmp_path: Path, shape: type[Project] | type[Flat]) -> None:
    data = shape(tmp_path)
    holder = data.decisions if isinstance(data, Project) else data.leads
    holder.loc[[10, 12], "Status"] = "In review"
    finding = data.check()["unknown_decision"]
    assert (finding.severity, finding.count, finding.example) == ("error", 2, "row 11")
    assert '"In review" (2)' in finding.message
    assert finding.table == ("decisions" if isinstance(data, Project) else "leads")

    data.settings["decision"]["others"] = "undecided"
    tables = data.read()
    labels = label(tables)
    finding = by_code(check_tables(tables, labels))["unknown_decision"]
    assert (finding.severity, finding.count, finding.next_step) == ("note", 2, "")
    assert labels.excluded["untouched"] == 2


def test_the_status_of_a_row_without_an_id_has_to_mean_nothing(flat: Flat) -> None:
    lead_id = flat.settings["leads"]["id"]
    flat.leads[lead_id] = flat.leads[lead_id].astype(object)
    flat.leads.loc[[10, 12], [lead_id, "Status"]] = [[None, "Done"], [None, "Status"]]
    assert "unknown_decision" not in flat.check()


def decide(flat: Flat, *, accepted: int, rejected: int) -> dict[str, Finding]:
    """Leave so many matured leads of each answer, all others undecided."""
    said = ["Qualified"] * accepted + ["Disqualified"] * rejected
    flat.leads["Status"] = said + ["Open"] * (N - len(said))
    return flat.check()


@pytest.mark.parametrize(("count", "severity"), [(39, "error"), (40, "warning"), (119, "warning")])
def test_too_few(flat: Flat, count: int, severity: str) -> None:
    for word, numbers in (("accepted", (count, 120)), ("rejected", (120, count))):
        found = decide(flat, accepted=numbers[0], rejected=numbers[1])
        finding = found[f"too_few_{word}"]
        assert (finding.severity, finding.count) == (severity, count)
        assert finding.message.startswith(f"{count} {word} leads")
        assert ("40" if severity == "error" else "120") in finding.message
        assert len([code for code in found if code.startswith("too_few")]) == 1
    assert not any(code.startswith("too_few") for code in decide(flat, accepted=120, rejected=120))


def test_only_matured_leads_are_counted(flat: Flat) -> None:
    flat.settings["decision"]["matured_after_days"] = 100
    labels = label(flat.read())
    finding = flat.check()["too_few_accepted"]
    assert labels.excluded["not_matured"] > 0
    assert finding.count == int((labels.accepted == 1).sum()) < N / 2


def test_one_class(flat: Flat) -> None:
    found = decide(flat, accepted=0, rejected=200)
    assert found["one_class"].severity == "error"
    assert "200 leads" in found["one_class"].message
    assert found["one_class"].message.endswith("rejected")
    assert found["too_few_accepted"].count == 0
    # Where nobody was decided there is no class at all.
    found = decide(flat, accepted=0, rejected=0)
    assert "one_class" not in found
    assert {"too_few_accepted", "too_few_rejected", "most_unused"} <= set(found)


def test_most_unused_names_the_main_rules(flat: Flat) -> None:
    finding = decide(flat, accepted=70, rejected=70)["most_unused"]
    assert (finding.severity, finding.count, finding.total) == ("note", N - 140, N)
    excluded = label(flat.read()).excluded
    assert excluded["untouched"] > excluded["not_matured"] > 0
    assert finding.message.endswith(
        f"no decision ({excluded['untouched']}), "
        f"too young for sales to have answered ({excluded['not_matured']})"
    )
    assert "most_unused" not in decide(flat, accepted=N // 4, rejected=N // 4)


def test_missing_share_is_one_finding_for_all_columns(project: Project) -> None:
    for i in range(12):
        project.leads[f"extra {i}"] = ["a"] * 20 + ["b"] * (90 + i) + [None] * (190 - i)
    project.leads["half"] = ["a", "b", None, None] * (N // 4)
    finding = project.check()["missing_share"]
    assert (finding.severity, finding.count, finding.total) == ("note", 12, 15)
    assert '"extra 0" (63 %)' in finding.message
    assert '"extra 9"' in finding.message
    assert '"extra 10"' not in finding.message
    assert finding.message.endswith("and 2 more")
    assert "half" not in finding.message


def test_activity_without_lead(project: Project) -> None:
    strangers = pd.DataFrame(
        {"Lead": ["X1", "X1", "X2", None], "At": pd.Timestamp("2025-02-02 10:00"), "Type": "visit"}
    )
    project.activities = pd.concat([project.activities, strangers], ignore_index=True)
    finding = project.check()["activity_without_lead"]
    assert (finding.severity, finding.count, finding.total) == ("note", 2, N + 2)
    assert "4 rows" in finding.message


def test_activity_undated(project: Project) -> None:
    project.activities.loc[[0, 1, 2], "At"] = None
    finding = project.check()["activity_undated"]
    assert (finding.severity, finding.count, finding.total) == ("warning", 3, N)


def test_no_activities_before_hand_over(project: Project) -> None:
    project.activities["Lead"] = "00Q" + project.activities["Lead"]
    found = project.check()
    assert found["no_activities_before_hand_over"].severity == "warning"
    assert "ids" in found["no_activities_before_hand_over"].message
    assert "activity_without_lead" not in found  # said once

    project.activities = make_activities().assign(At=project.leads["MQL"])
    finding = project.check()["no_activities_before_hand_over"]
    assert "before the hand-over" in finding.message


def test_an_empty_table_of_activities_is_not_taken_for_foreign_ids(project: Project) -> None:
    tables = project.read()
    assert tables.activities is not None
    tables = replace(tables, activities=make_relation([]))
    finding = by_code(check_tables(tables, label(tables)))["no_activities_before_hand_over"]
    assert "no rows" in finding.message


def test_activities_without_time_order(project: Project) -> None:
    project.settings["leads"] = {"id": "Id", "order": "file"}
    found = project.check()
    assert found["activities_without_time_order"].severity == "warning"
    assert set(found) == {"activities_without_time_order", "order_instead_of_time"}


def test_decision_without_lead(project: Project) -> None:
    project.decisions.loc[[8, 9], "Lead"] = ["X1", None]
    finding = project.check()["decision_without_lead"]
    assert (finding.severity, finding.count, finding.total) == ("note", 2, N)
    assert (finding.table, finding.example) == ("decisions", "row 9")
    project.decisions["Lead"] = "00Q" + project.leads["Id"]
    assert project.check()["decision_without_lead"].severity == "warning"


def test_undated_decision(project: Project, flat: Flat) -> None:
    project.decisions.loc[[8, 9], "At"] = None
    flat.leads.loc[[8, 9], "Decided"] = None
    for data in (project, flat):
        finding = data.check()["undated_decision"]
        assert (finding.severity, finding.count, finding.example) == ("note", 2, "row 9")


def test_a_maturity_that_cannot_be_measured_is_warned_of(flat: Flat) -> None:
    del flat.settings["decision"]["decided_at"]
    flat.leads = flat.leads.drop(columns="Decided")
    assert flat.check()["undated_decision"].severity == "note"
    flat.settings["decision"]["matured_after_days"] = "auto"
    finding = flat.check()["undated_decision"]
    assert (finding.severity, finding.count) == ("warning", N)
    assert "matured_after_days" in finding.next_step


def test_no_time(flat: Flat) -> None:
    flat.settings["leads"] = {"id": "Id"}
    found = flat.check()
    assert found["no_time"].severity == "warning"
    assert "test leads are random" in found["no_time"].message
    assert "order_instead_of_time" not in found


@pytest.mark.parametrize("order", ["file", "Employees"])
def test_order_instead_of_time(flat: Flat, order: str) -> None:
    flat.settings["leads"] = {"id": "Id", "order": order}
    found = flat.check()
    assert found["order_instead_of_time"].severity == "note"
    assert "no_time" not in found


def test_no_leads(project: Project) -> None:
    tables = project.read()
    empty = replace(
        tables, episodes=tables.episodes.iloc[:0], attributes=tables.attributes.iloc[:0]
    )
    found = by_code(check_tables(empty, label(empty)))
    assert {code: finding.severity for code, finding in found.items()} == {"no_leads": "error"}


def test_columns_that_teach_nothing_are_found(project: Project) -> None:
    project.leads["Constant"] = "yes"
    project.leads["Empty"] = None
    project.leads["Token"] = [f"T{i * 7919 % 10007}x" for i in range(N)]
    tables = project.read()
    labels = label(tables)
    found = {finding.column: finding.code for finding in check_columns(tables, labels)}
    assert found == {
        "Constant": "constant_column",
        "Empty": "empty_column",
        "Token": "nearly_id",
    }
    assert not {"constant_column", "empty_column", "nearly_id"} & set(
        by_code(check_tables(tables, labels))
    )


def test_only_leads_that_can_be_learned_from_decide_what_is_constant(flat: Flat) -> None:
    decide(flat, accepted=120, rejected=120)
    flat.leads["Campaign"] = ["old"] * 240 + ["new"] * 60
    tables = flat.read()
    codes = [finding.code for finding in check_columns(tables, label(tables))]
    assert codes == ["constant_column"]
    assert check_columns(tables) == ()


def test_findings_of_reading_are_passed_on_in_order(project: Project) -> None:
    project.leads.loc[3, "Id"] = None
    tables = project.read()
    note = Finding("read", "note", "as read")
    error = Finding("broken", "error", "as read")
    tables = replace(tables, findings=(note, error))
    codes = [finding.code for finding in check_tables(tables, label(tables))]
    assert codes[:2] == ["broken", "missing_id"]
    assert "read" in codes[2:]


def test_refuse_lists_every_error_and_nothing_else() -> None:
    findings = [
        Finding("one", "error", "first fault", "Mend it", example="row 3"),
        Finding("two", "warning", "only a warning"),
        Finding("three", "error", "second fault", table="decisions"),
    ]
    with pytest.raises(DataRefused) as caught:
        refuse(findings)
    error = caught.value
    assert (error.exit_code, error.code) == (3, "one,three")
    assert str(error) == (
        "The data cannot be used:\n"
        "- one: first fault (leads, row 3). Mend it\n"
        "- three: second fault (decisions)."
    )


def test_warnings_and_notes_do_not_refuse() -> None:
    refuse([Finding("one", "warning", "a warning"), Finding("two", "note", "a note")])
    refuse([])


def test_the_simulated_crm_has_its_faults_found_and_nobody_named(tmp_path: Path) -> None:
    world = simulate(n_leads=1500, dirty=True)
    write_world(world, tmp_path)
    tables = {
        "tables": {
            "leads": "data/leads.csv",
            "activities": "data/activities/*.csv",
            "decisions": "data/decisions.csv",
        },
        "leads": {"preset": "salesforce"},
    }
    read_in = read_tables(load_settings(write_settings(tmp_path, tables)))
    labels = label(read_in)
    found = check_tables(read_in, labels)
    codes = by_code(found)
    assert {
        "missing_id",
        "duplicate_episode",
        "missing_hand_over",
        "hand_over_in_future",
        "decision_before_hand_over",
        "activity_without_lead",
    } <= set(codes)
    assert all(finding.severity != "error" for finding in found)
    ids = world.leads["Id"]
    first = int(ids.isna().to_numpy().argmax()) + 1
    assert codes["missing_id"].example == f"row {first}"
    assert codes["missing_id"].count == ids.isna().sum()

    personal = ["FirstName", "LastName", "Email", "Phone", "Street", "Company", "Id"]
    values = {str(value) for name in personal for value in world.leads[name].dropna()}
    shown = " ".join(str(finding.to_dict()) for finding in found)
    assert not [value for value in values if len(value) > 6 and value in shown]


@pytest.mark.parametrize(("maturity", "severity"), [(1, "note"), ("auto", "warning")])
def test_answers_past_maturity_are_counted_where_silence_is_an_answer(
    tmp_path: Path, maturity: object, severity: str
) -> None:
    wins = make_decisions().drop(columns="Status")[::2]
    late = wins.index[:3]
    wins.loc[late, "At"] += pd.Timedelta(days=60)
    decision = {
        "present_means": "accepted",
        "id": "Lead",
        "decided_at": "At",
        "matured_after_days": maturity,
    }
    sections = {"leads": LEADS, "decision": decision}
    tables = read(tmp_path, sections, leads=make_leads(), decisions=wins)
    labels = label(tables)
    (found,) = [f for f in check_tables(tables, labels) if f.code == "late_answer"]
    assert found.severity == severity
    assert found.count == 3
    assert (labels.accepted[late] == 0).all()
