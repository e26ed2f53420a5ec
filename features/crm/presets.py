"""CRM presets: table and column names of Salesforce, HubSpot and Dynamics 365."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Names = Mapping[str, tuple[str, ...]]


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
    label : str
        The CRM's name as readers know it.
    signs : tuple of str
        Columns by which `init` knows an export of this CRM, in small letters; two are enough.
    leads, activities, outcomes : mapping of str to tuple of str
        Column names by key of the settings' table.
    decisions : tuple of DecisionNames
        Columns with a decision, the best first.
    about_decision : mapping of str to tuple of str
        `reason` and `rep`, beside the decision, in leads or in a table of decisions.
    decision_row : mapping of str to tuple of str
        `id` and `decided_at`, only in a table of decisions: in leads, the times a CRM keeps
        are those of acceptances alone.
    written_later : str
        Columns of leads that are filled in only after hand-over, wherever they are found, apart
        by blanks; a star stands for any letters, and `normalise` says what is compared.
    written_later_here : str
        The same, of names that are everyday words: they count only where the settings name this
        CRM.
    """

    label: str
    signs: tuple[str, ...]
    leads: Names
    decisions: tuple[DecisionNames, ...]
    about_decision: Names
    decision_row: Names
    activities: Names = field(default_factory=dict)
    outcomes: Names = field(default_factory=dict)
    written_later: str = ""
    written_later_here: str = ""


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
        label="Salesforce",
        signs=("leadsource", "isconverted", "mql_date__c", "numberofemployees", "ownerid"),
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
        written_later="""
        IsConverted Converted ConvertedDate ConvertedAccount* ConvertedContact*
        ConvertedOpportunity* LastActivityDate LastModified* LastViewedDate LastReferencedDate
        LastTransferDate SystemModstamp IsUnreadByOwner UnreadByOwner FirstCallDateTime
        FirstEmailDateTime MasterRecordId IsDeleted
        """,
        written_later_here="Status Rating Converted*",
    ),
    "hubspot": Preset(
        label="HubSpot",
        signs=(
            *("hs_object_id", "hs_lead_status", "lifecyclestage", "hs_analytics_source"),
            *("record id", "original source", "original traffic source"),
            "became a marketing qualified lead date",
        ),
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
        written_later="""
        hs_lead_status lifecyclestage LifecycleStage hs_pipeline_stage
        hs_lifecyclestage_salesqualifiedlead_date hs_lifecyclestage_opportunity_date
        hs_lifecyclestage_customer_date hs_lifecyclestage_evangelist_date
        hs_lifecyclestage_other_date hs_*date_entered_salesqualifiedlead*
        hs_*date_entered_opportunity* hs_*date_entered_customer* hs_*date_entered_evangelist*
        hs_*date_entered_other* hs_*date_exited_marketingqualifiedlead*
        hs_*date_exited_salesqualifiedlead* hs_*date_exited_opportunity* hs_*date_exited_customer*
        hs_*date_exited_evangelist* hs_*date_exited_other* hs_time_in_* hs_v2_latest_time_in_*
        hs_v2_cumulative_time_in_* BecameASalesQualifiedLead* BecameAnOpportunity*
        BecameACustomer* BecameAnEvangelist* notes_last_contacted notes_last_updated
        notes_next_activity_date num_notes num_contacted_notes NumberOfSalesActivities
        NumberOfTimesContacted num_associated_deals NumberOfAssociatedDeals
        first_deal_created_date recent_deal_amount recent_deal_close_date
        hs_time_to_first_engagement TimeToFirstEngagement hs_sa_first_engagement_*
        hs_first_outreach_date hs_is_unworked hs_latest_qualified_lead_date
        hs_latest_disqualified_lead_date hs_lead_disqualification_* hs_time_to_move_*
        hs_time_between_contact_creation_and_deal_* hs_sales_email_last_* hs_sequences_*
        hs_last_sales_activity_* hs_latest_meeting_activity engagements_last_meeting_booked*
        hs_lastmodifieddate hubspotscore hs_predictivecontactscore* hs_predictivescoringtier
        LikelihoodToClose
        """,
        written_later_here="""
        days_to_close total_revenue lastmodifieddate ContactPriority
        PipelineStage LeadPipelineStage
        """,
    ),
    "dynamics": Preset(
        label="Dynamics 365",
        signs=("statecode", "statuscode", "leadsourcecode", "createdon", "leadid"),
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
        written_later="""
        statecode statecodename statuscode statuscodename qualifyingopportunity*
        qualificationcomments budgetstatus budgetstatusname evaluatefit confirminterest
        initialcommunication initialcommunicationname leadqualitycode leadqualitycodename
        salesstage salesstagename traversedpath modifiedon modifiedby modifiedonbehalfby
        schedulefollowup_*
        """,
        written_later_here="""
        need needname decisionmaker purchasetimeframe purchasetimeframename stageid
        accountid accountidname contactid contactidname parentaccountid parentcontactid
        _accountid_value _contactid_value masterid merged processid
        estimatedclosedate Status StatusReason Rating
        """,
    ),
}
