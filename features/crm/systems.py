"""CRM field names: what the fields of each CRM are called that no language's words cover."""

from __future__ import annotations

from features.crm.vocabulary import Vocabulary

# Names as the products write them, in words: "hs_is_closed_won" is "hs is closed won".
SYSTEMS: tuple[Vocabulary, ...] = (
    Vocabulary(
        language="Salesforce",
        stage="stage name, forecast category name, =forecast category",
        won="=closed won",
        decided="=converted date, =close date",
        changed="system modstamp, last stage change date",
        owner="last modified by, created by id",
        sales_field="forecast category, has opportunity line item, push count, fiscal quarter",
        id="opportunity id, lead id, case safe id",
    ),
    Vocabulary(
        language="HubSpot",
        stage="dealstage, lifecyclestage, hs lead status, hs pipeline stage",
        flag="hs is closed won, =is closed won",
        closed="hs is closed, hs is deal closed",
        won="closedwon",
        lost="closedlost",
        still_open="""
            qualifiedtobuy, appointmentscheduled, presentationscheduled, decisionmakerboughtin,
            contractsent
            """,
        created="createdate, hs createdate",
        decided="closedate, hs closed won date",
        changed="""
            lastmodifieddate, hs lastmodifieddate, notes last updated, notes last contacted,
            owner assigned date, hubspot owner assigneddate, date entered, date exited
            """,
        owner="hubspot owner *, hubspot team *, hs all owner ids, hs created by user id",
        sales_field="""
            hs deal stage probability, deal probability, closed lost reason, closed won reason,
            hs closed amount, hs projected amount, hs forecast amount, days to close,
            hs forecast probability
            """,
        id="hs object id, record id, vid",
    ),
    Vocabulary(
        language="Dynamics 365",
        stage="statecode, statuscode, statecodename, statuscodename, salesstage, status reason",
        created="createdon, overriddencreatedon",
        decided="actualclosedate, actual close date",
        planned="estimatedclosedate",
        changed="modifiedon",
        owner="ownerid, owneridname, owninguser, owningteam, createdby, modifiedby",
        sales_field="""
            closeprobability, actualvalue, actualvalue base, salesstagecode, stepname,
            opportunityratingcode
            """,
        id="leadid, opportunityid",
    ),
    Vocabulary(
        language="Zoho",
        decided="closing date, lead conversion time",
        won="closed won",
        lost="closed lost to competition, lost lead, junk lead",
        undecided="contact in future, attempted to contact",
        owner="zoho owner, smownerid, smcreatorid, modified by, created by",
        sales_field="reason for loss, reason for loss s",
        changed="last activity time, modified time, last visited time",
        id="record id, zoho id, leadid, dealid, zc po id",
    ),
    Vocabulary(
        language="Pipedrive",
        created="add time, deal created",
        decided="close time, won time, lost time, deal closed on",
        planned="expected close date, next activity date",
        changed="stage change time, update time, last activity date, last stage change",
        owner="user id, owner id, creator user id",
        sales_field="lost reason",
        id="deal id",
    ),
    Vocabulary(
        language="Odoo",
        stage="stage id, won status",
        created="create date, date open",
        hand_over="assignment date, date open",
        decided="date closed, closed date, date conversion, conversion date",
        planned="date deadline, expected closing",
        changed="write date, date last stage update, last stage update",
        owner="user id, salesperson, create uid, write uid, team id, sales team",
        sales_field="lost reason id, automated probability, expected revenue, prorated revenue",
        undecided="proposition, pending",
    ),
    Vocabulary(
        language="Bitrix24",
        stage="stage semantic id, status semantic id, stage id, status id, status description",
        created="date create, begindate",
        decided="date closed, closedate",
        changed="date modify, moved time, last activity time",
        owner="assigned by id, created by id, modify by id, moved by, last activity by",
        lost="lose, =f, apology, junk",
        won="won",
        undecided="in process, processed, =p, preparation, prepayment invoice, executing",
        id="=id",
    ),
    Vocabulary(
        language="Marketo",
        stage="revenue stage, lead lifecycle status",
        flag="reached success",
        hand_over="mql date, sales ready date",
        created="created at",
        decided="sql date, sal date, opportunity date",
        changed="updated at, last interesting moment date",
        owner="lead owner, sales owner",
        undecided="anonymous, known, engaged",
        sales_field="relative score, relative urgency",
    ),
    Vocabulary(
        language="Freshsales",
        stage="lead stage, deal stage, contact status, lifecycle stage",
        created="created at",
        decided="closed date",
        planned="expected close, expected close date",
        changed="last contacted, updated at, stage updated time, deal stage updated time",
        owner="sales owner, owner id, creater id, updater id",
        undecided="interested, under review, demo",
        sales_field="unqualified reason, lost reason, deal prediction, expected deal value",
    ),
    Vocabulary(
        language="Close",
        stage="status label, status type",
        created="date created",
        decided="date won, date lost, closed date",
        planned="estimated close date",
        changed="date updated",
        owner="user name, created by name, updated by name",
        undecided="=active, potential",
        lost="bad fit",
        sales_field="""
            confidence, num calls, num emails, num emails sent, num emails received,
            times communicated, last call disposition
            """,
        id="opportunity id, lead id",
    ),
)
