"""Presets: they fill what the settings leave out with what is there, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from features.crm.presets import PRESETS
from features.errors import SettingsError
from features.settings.load import require_decision
from features.settings.preset import apply_preset
from features.settings.schema import (
    ActivitySettings,
    DecisionSettings,
    LeadSettings,
    OutcomeSettings,
    Settings,
    TableSettings,
)

LISTS = ("accepted", "rejected", "recycled", "undecided")


def make(
    preset: str | None,
    *,
    leads: dict[str, Any] | None = None,
    decision: dict[str, Any] | None = None,
    tables: dict[str, str] | None = None,
) -> Settings:
    return Settings(
        tables=TableSettings.model_validate({"leads": "leads.csv", **(tables or {})}),
        leads=LeadSettings.model_validate({"preset": preset, **(leads or {})}),
        decision=DecisionSettings.model_validate(decision or {}),
        file=Path("leadaccord.toml"),
        root=Path(),
    )


def test_salesforce_names_of_all_four_tables() -> None:
    settings = make(
        "salesforce",
        tables={"decisions": "d.csv", "activities": "a.csv", "outcomes": "o.csv"},
    )
    filled = apply_preset(
        settings,
        {
            "leads": ["Id", "CreatedDate", "MQL_Date__c", "Status", "Rating", "OwnerId"],
            "decisions": ["LeadId", "CreatedDate", "Status", "Disqualified_Reason__c", "OwnerId"],
            "activities": ["WhoId", "CreatedDate", "TaskSubtype"],
            "outcomes": ["LeadId", "CreatedDate", "CloseDate", "Amount"],
        },
    )
    assert (filled.leads.id, filled.leads.handed_over_at) == ("Id", "MQL_Date__c")
    decision = filled.decision
    assert (decision.column, decision.id, decision.decided_at) == (
        "Status",
        "LeadId",
        "CreatedDate",
    )
    assert (decision.reason, decision.rep) == ("Disqualified_Reason__c", "OwnerId")
    assert "Qualified" in decision.accepted
    assert "Disqualified" in decision.rejected
    assert "Recycled" in decision.recycled
    assert "New" in decision.undecided
    assert filled.activities == ActivitySettings(id="WhoId", at="CreatedDate", type="TaskSubtype")
    assert filled.outcomes == OutcomeSettings(
        id="LeadId", opportunity_at="CreatedDate", won_at="CloseDate", amount="Amount"
    )
    require_decision(filled)


def test_hubspot_flat_export_with_warehouse_names() -> None:
    columns = [
        "properties.hs_object_id",
        "properties.createdate",
        "properties.hs_lifecyclestage_marketingqualifiedlead_date",
        "properties.hs_lead_status",
        "properties.hubspot_owner_id",
    ]
    filled = apply_preset(make("hubspot"), {"leads": columns})
    assert filled.leads.id == columns[0]
    assert filled.leads.handed_over_at == columns[2]
    assert (filled.decision.column, filled.decision.rep) == (columns[3], columns[4])
    assert filled.decision.accepted == ("OPEN_DEAL", "Open Deal", "Open deal")
    assert "UNQUALIFIED" in filled.decision.rejected
    assert "BAD_TIMING" in filled.decision.recycled
    assert "ATTEMPTED_TO_CONTACT" in filled.decision.undecided


def test_the_creation_of_a_hubspot_contact_is_no_hand_over() -> None:
    filled = apply_preset(make("hubspot"), {"leads": ["hs_object_id", "createdate"]})
    assert filled.leads.handed_over_at is None


def test_dynamics_flat_export() -> None:
    columns = ["leadid", "createdon", "overriddencreatedon", "statecode", "statuscode", "ownerid"]
    filled = apply_preset(make("dynamics"), {"leads": columns})
    assert (filled.leads.id, filled.leads.handed_over_at) == ("leadid", "createdon")
    decision = filled.decision
    assert (decision.column, decision.reason, decision.rep) == (
        "statecode",
        "statuscode",
        "ownerid",
    )
    assert decision.accepted == ("1", "Qualified")
    assert decision.rejected == ("2", "Disqualified")
    assert decision.undecided == ("0", "Open")


def test_dynamics_decides_by_the_status_reason_where_the_state_is_not_exported() -> None:
    decision = apply_preset(make("dynamics"), {"leads": ["leadid", "statuscode"]}).decision
    assert decision.column == "statuscode"
    assert "3" in decision.accepted
    assert {"4", "5", "6", "7"} <= set(decision.rejected)
    assert decision.reason is None


def test_without_a_preset_nothing_is_filled() -> None:
    settings = make(None)
    assert apply_preset(settings, {"leads": ["Id", "Status", "CreatedDate"]}) is settings


def test_only_columns_that_are_there_are_named() -> None:
    filled = apply_preset(make("salesforce"), {"leads": ["Company"]})
    assert filled == make("salesforce")
    with pytest.raises(SettingsError, match=r"\[decision\]"):
        require_decision(filled)


def test_explicit_keys_win() -> None:
    settings = make(
        "salesforce",
        leads={"id": "Number", "handed_over_at": "Sent"},
        decision={"column": "Status", "accepted": ["New", "Yes"], "recycled": [], "rep": "Agent"},
    )
    columns = ["Id", "Number", "MQL_Date__c", "Sent", "Status", "OwnerId", "Agent"]
    filled = apply_preset(settings, {"leads": columns})
    assert (filled.leads.id, filled.leads.handed_over_at) == ("Number", "Sent")
    assert (filled.decision.accepted, filled.decision.recycled) == (("New", "Yes"), ())
    assert filled.decision.rep == "Agent"
    assert "Disqualified" in filled.decision.rejected
    # "New" has a meaning already, so the preset gives it no second one.
    assert "New" not in filled.decision.undecided


def test_an_order_keeps_the_preset_from_choosing_a_time() -> None:
    settings = make("salesforce", leads={"order": "file"})
    assert apply_preset(settings, {"leads": ["Id", "CreatedDate"]}).leads.handed_over_at is None


def test_values_are_not_given_to_a_column_the_preset_does_not_know() -> None:
    settings = make("salesforce", decision={"column": "Verdict"})
    decision = apply_preset(settings, {"leads": ["Verdict", "Status"]}).decision
    assert decision.column == "Verdict"
    assert decision.accepted == decision.rejected == ()


def test_present_means_needs_no_column() -> None:
    settings = make(
        "salesforce", tables={"decisions": "d.csv"}, decision={"present_means": "accepted"}
    )
    decision = apply_preset(settings, {"decisions": ["LeadId", "CreatedDate", "Status"]}).decision
    assert (decision.column, decision.accepted) == (None, ())
    assert (decision.id, decision.decided_at) == ("LeadId", "CreatedDate")


def test_a_decisions_table_is_not_replaced_by_a_column_of_leads() -> None:
    settings = make("salesforce", tables={"decisions": "d.csv"})
    filled = apply_preset(settings, {"leads": ["Id", "Status", "OwnerId"]})
    assert filled.decision == settings.decision


def test_of_a_flat_export_no_time_of_decision_is_taken() -> None:
    columns = ["Id", "CreatedDate", "Status", "ConvertedDate"]
    assert apply_preset(make("salesforce"), {"leads": columns}).decision.decided_at is None


ALL_NAMES = sorted(
    {
        column
        for preset in PRESETS.values()
        for names in (preset.leads, preset.about_decision, preset.decision_row, preset.outcomes)
        for columns in names.values()
        for column in columns
    }
    | {
        column
        for preset in PRESETS.values()
        for names in preset.decisions
        for column in names.columns
    }
)


@hypothesis_settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(sorted(PRESETS)),
    st.lists(st.sampled_from(ALL_NAMES), unique=True),
    st.booleans(),
)
def test_applying_twice_changes_nothing_and_names_only_what_is_there(
    preset: str, columns: list[str], own_table: bool
) -> None:
    settings = make(preset, tables={"decisions": "d.csv"} if own_table else None)
    available = {"leads": columns, "decisions": columns, "outcomes": columns}
    once = apply_preset(settings, available)
    assert apply_preset(once, available) == once
    named = [once.leads.id, once.leads.handed_over_at, once.decision.column, once.decision.id]
    named += [once.decision.decided_at, once.decision.reason, once.decision.rep]
    named += [once.outcomes.id, once.outcomes.opportunity_at, once.outcomes.won_at]
    assert {name for name in named if name is not None} <= set(columns)
    if once.decision.column is not None:
        assert once.decision.reason != once.decision.column
