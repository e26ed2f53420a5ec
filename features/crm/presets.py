"""CRM presets: table and column names of Salesforce, HubSpot and Dynamics 365."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from features.crm.block_lists import is_blocked, is_owner, normalise, roles
from features.settings.schema import DecisionSettings, Settings

__all__ = ["PRESETS", "DecisionNames", "Preset", "apply_preset", "is_blocked", "is_owner", "roles"]

Names = Mapping[str, tuple[str, ...]]
Section = TypeVar("Section", bound=BaseModel)


@dataclass(frozen=True)
class DecisionNames:
    """One column that holds a decision, and what its values mean.

    Attributes
    ----------
    columns : tuple of str
        Names of the column, the usual one first.
    accepted, rejected, recycled, undecided : tuple of str
        Its values, both as stored and as shown to people.
    """

    columns: tuple[str, ...]
    accepted: tuple[str, ...]
    rejected: tuple[str, ...]
    recycled: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preset:
    """The names one CRM uses; of several for the same thing the first that is there counts.

    Attributes
    ----------
    leads, activities, outcomes : mapping of str to tuple of str
        Column names by key of the settings' table.
    decisions : tuple of DecisionNames
        Columns with a decision, the best first.
    about_decision : mapping of str to tuple of str
        `reason` and `rep`, beside the decision, in leads or in a table of decisions.
    decision_row : mapping of str to tuple of str
        `id` and `decided_at`, only in a table of decisions: in leads, the times a CRM keeps
        are those of acceptances alone.
    """

    leads: Names
    decisions: tuple[DecisionNames, ...]
    about_decision: Names
    decision_row: Names
    activities: Names = field(default_factory=dict)
    outcomes: Names = field(default_factory=dict)


_MQL_TIMES = (
    "MQL_Date__c",
    "MQL_DateTime__c",
    "MQL_Timestamp__c",
    "MQL_At",
    "Date_MQL",
    "Marketing_Qualified_Date",
    "Marketing_Qualified_At",
    "Became_MQL_Date",
    "Handed_Over_At",
    "Hand_Over_Date",
)
_REASONS = (
    "Disqualified_Reason__c",
    "Disqualification_Reason__c",
    "Rejection_Reason__c",
    "Rejected_Reason__c",
    "Reject_Reason__c",
    "Unqualified_Reason__c",
    "Reason",
)
_DECISION_TIMES = ("Decided_At", "Decision_Date", "Decision_At")

PRESETS: Mapping[str, Preset] = {
    "salesforce": Preset(
        # A lead without a date of its own for qualification was made when it was handed over.
        leads={"id": ("Id", "LeadId"), "handed_over_at": (*_MQL_TIMES, "CreatedDate")},
        decisions=(
            DecisionNames(
                columns=("Status", "Lead_Status"),
                accepted=("Qualified", "Converted", "Closed - Converted", "Accepted"),
                rejected=(
                    "Disqualified",
                    "Unqualified",
                    "Closed - Not Converted",
                    "Rejected",
                    "Junk Lead",
                ),
                recycled=("Recycled", "Nurturing", "Nurture"),
                undecided=(
                    "Open - Not Contacted",
                    "Open",
                    "New",
                    "Working - Contacted",
                    "Working",
                    "Contacted",
                ),
            ),
        ),
        about_decision={"reason": _REASONS, "rep": ("OwnerId",)},
        decision_row={"id": ("LeadId", "Id"), "decided_at": (*_DECISION_TIMES, "CreatedDate")},
        activities={
            "id": ("LeadId", "WhoId"),
            "at": ("CreatedDate", "StartDateTime", "CompletedDateTime", "ActivityDate"),
            "type": ("TaskSubtype", "EventSubtype", "Type", "Activity_Type"),
        },
        outcomes={
            "id": ("LeadId", "Lead__c", "Converted_Lead_Id"),
            "opportunity_at": ("CreatedDate",),
            "won_at": ("CloseDate",),
            "amount": ("Amount",),
        },
    ),
    "hubspot": Preset(
        leads={
            "id": ("hs_object_id", "Record_ID", "Contact_ID", "vid"),
            # A contact is made long before it is qualified; a lead object, when it is.
            "handed_over_at": (
                "hs_lifecyclestage_marketingqualifiedlead_date",
                "hs_v2_date_entered_marketingqualifiedlead",
                "hs_date_entered_marketingqualifiedlead",
                "Became a Marketing Qualified Lead Date",
                *_MQL_TIMES,
                "hs_createdate",
            ),
        },
        decisions=(
            DecisionNames(
                columns=("hs_lead_status", "Lead Status"),
                accepted=("OPEN_DEAL", "Open Deal", "Open deal"),
                rejected=("UNQUALIFIED", "Unqualified"),
                recycled=("BAD_TIMING", "Bad Timing", "Bad timing"),
                undecided=(
                    *("NEW", "New", "OPEN", "Open", "IN_PROGRESS", "In Progress", "In progress"),
                    *("ATTEMPTED_TO_CONTACT", "Attempted to Contact", "Attempted to contact"),
                    *("CONNECTED", "Connected"),
                ),
            ),
            DecisionNames(
                columns=("hs_pipeline_stage", "Lead Pipeline Stage", "Pipeline Stage"),
                accepted=("qualified-stage-id", "Qualified"),
                rejected=("unqualified-stage-id", "Disqualified", "Unqualified"),
                undecided=(
                    *("new-stage-id", "New", "attempting-stage-id", "Attempting"),
                    *("connected-stage-id", "Connected"),
                ),
            ),
        ),
        about_decision={
            "reason": ("hs_lead_disqualification_reason", *_REASONS),
            "rep": ("hubspot_owner_id", "Contact owner", "Lead owner"),
        },
        decision_row={
            "id": ("contact_id", "lead_id", "hs_object_id", "Record_ID", "vid"),
            "decided_at": (*_DECISION_TIMES, "hs_timestamp", "occurred_at", "timestamp"),
        },
        activities={
            "id": ("contact_id", "lead_id", "vid", "object_id"),
            "at": ("hs_timestamp", "occurred_at", "timestamp", "hs_createdate", "created_at"),
            "type": ("hs_activity_type", "hs_engagement_type", "event_type", "type"),
        },
        outcomes={
            "id": ("contact_id", "lead_id", "vid"),
            "opportunity_at": ("createdate", "hs_createdate"),
            "won_at": ("closedate", "Close Date"),
            "amount": ("amount",),
        },
    ),
    "dynamics": Preset(
        # Of a migrated lead, overriddencreatedon is the time of the migration.
        leads={
            "id": ("leadid", "(Do Not Modify) Lead", "Lead"),
            "handed_over_at": (*_MQL_TIMES, "createdon"),
        },
        decisions=(
            DecisionNames(
                columns=("statecode", "statecodename", "Status"),
                accepted=("1", "Qualified"),
                rejected=("2", "Disqualified"),
                undecided=("0", "Open"),
            ),
            DecisionNames(
                columns=("statuscode", "statuscodename", "Status Reason"),
                accepted=("3", "Qualified"),
                rejected=(
                    *("4", "Lost", "5", "Cannot Contact", "6", "No Longer Interested"),
                    *("7", "Canceled"),
                ),
                undecided=("1", "New", "2", "Contacted"),
            ),
        ),
        about_decision={
            "reason": (*_REASONS[:-1], "statuscodename", "Status Reason", "statuscode"),
            "rep": ("ownerid", "_ownerid_value", "Owner", "owneridname"),
        },
        decision_row={
            "id": ("leadid", "_leadid_value"),
            "decided_at": (*_DECISION_TIMES, "createdon"),
        },
        activities={
            "id": ("regardingobjectid", "_regardingobjectid_value", "leadid"),
            "at": ("createdon", "actualend", "actualstart"),
            "type": ("activitytypecode", "activitytypecodename", "Activity Type"),
        },
        outcomes={
            "id": ("originatingleadid", "_originatingleadid_value", "leadid"),
            "opportunity_at": ("createdon",),
            "won_at": ("actualclosedate",),
            "amount": ("actualvalue", "totalamount"),
        },
    ),
}


def apply_preset(settings: Settings, columns: Mapping[str, Sequence[str]]) -> Settings:
    """Fill in what the settings leave to their preset.

    Parameters
    ----------
    settings : Settings
        Settings as read; without a preset they are returned as they are.
    columns : mapping of str to sequence of str
        The columns of each table that was opened ("leads", "activities", "decisions",
        "outcomes"); nothing is filled in for a table that is not there.

    Returns
    -------
    Settings
        With the columns' own names. A key that the settings name, even as an empty list, is
        left alone; one that no column answers to stays empty, as `require_decision` can tell.

    Notes
    -----
    The values of a decision are filled in only for the preset's own column: those of another
    column are not known. Applying a preset twice changes nothing.
    """
    if settings.leads.preset is None:
        return settings
    preset = PRESETS[settings.leads.preset]
    lead_names = dict(preset.leads)
    if settings.leads.order is not None:
        del lead_names["handed_over_at"]
    return settings.model_copy(
        update={
            "leads": _fill(settings.leads, lead_names, columns.get("leads", ())),
            "decision": _fill_decision(settings, preset, columns),
            "activities": _fill(
                settings.activities, preset.activities, columns.get("activities", ())
            ),
            "outcomes": _fill(settings.outcomes, preset.outcomes, columns.get("outcomes", ())),
        }
    )


def _fill_decision(
    settings: Settings, preset: Preset, columns: Mapping[str, Sequence[str]]
) -> DecisionSettings:
    decision = settings.decision
    own_table = settings.tables.decisions is not None
    available = columns.get("decisions" if own_table else "leads", ())
    if own_table:
        decision = _fill(decision, preset.decision_row, available)
    if decision.present_means is None:
        decision = _fill_values(decision, preset.decisions, available)
    # The reason may be a status, but never the column that already is the decision.
    others = [name for name in available if name != decision.column]
    return _fill(decision, preset.about_decision, others)


def _fill_values(
    decision: DecisionSettings, choices: Iterable[DecisionNames], available: Sequence[str]
) -> DecisionSettings:
    """Fill in the decision's column, and its values if it is one the preset knows."""
    for names in choices:
        column = decision.column or _find(names.columns, available)
        if column is None or normalise(column) not in map(normalise, names.columns):
            continue
        lists = {
            key: getattr(names, key) for key in ("accepted", "rejected", "recycled", "undecided")
        }
        given = {key for key in lists if key in decision.model_fields_set}
        # A value that the settings give a meaning keeps it.
        taken = {value for key in given for value in getattr(decision, key)}
        update: dict[str, Any] = {
            key: tuple(value for value in values if value not in taken)
            for key, values in lists.items()
            if key not in given
        }
        return decision.model_copy(update={"column": column, **update})
    return decision


def _fill(section: Section, names: Names, available: Sequence[str]) -> Section:
    """Fill in the keys that the section leaves out, with columns that are there."""
    found = {
        key: column
        for key, candidates in names.items()
        if key not in section.model_fields_set
        and (column := _find(candidates, available)) is not None
    }
    return section.model_copy(update=found)


def _find(candidates: Iterable[str], available: Sequence[str]) -> str | None:
    """Return the first column that answers to the first candidate that any answers to."""
    by_name: dict[str, str] = {}
    for column in available:
        by_name.setdefault(normalise(column), column)
    return next(
        (by_name[normalise(name)] for name in candidates if normalise(name) in by_name), None
    )
