"""Column names: what the CRMs write after hand-over is known, and honest columns stay."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.crm.block_lists import is_blocked, is_owner, normalise, roles
from features.crm.presets import PRESETS

LABELS = "|".join([*(preset.label for preset in PRESETS.values()), "CRM"])
ALWAYS = {
    "Salesforce": """IsConverted ConvertedDate ConvertedAccountId ConvertedContactId
        ConvertedOpportunityId LastActivityDate LastModifiedDate LastModifiedById LastViewedDate
        IsUnreadByOwner""",
    "HubSpot": """hs_lead_status lifecyclestage hs_lifecyclestage_salesqualifiedlead_date
        hs_lifecyclestage_opportunity_date hs_lifecyclestage_customer_date
        hs_v2_date_entered_salesqualifiedlead hs_v2_date_entered_opportunity
        hs_v2_date_entered_customer notes_last_contacted num_notes num_contacted_notes
        num_associated_deals first_deal_created_date hs_time_to_first_engagement
        hs_sa_first_engagement_date hs_sa_first_engagement_descr hs_latest_qualified_lead_date
        hs_latest_disqualified_lead_date hs_time_to_move_from_lead_to_customer
        hs_sales_email_last_replied hs_sales_email_last_opened hs_sequences_enrolled_count
        hs_sequences_is_enrolled hubspotscore hs_predictivecontactscore_v2
        hs_predictivescoringtier hs_lead_disqualification_reason hs_pipeline_stage""",
    "Dynamics 365": """statecode statuscode qualifyingopportunityid qualificationcomments
        budgetstatus evaluatefit confirminterest initialcommunication leadqualitycode salesstage
        traversedpath modifiedon schedulefollowup_prospect schedulefollowup_qualify""",
}
ONLY_WITH_PRESET = [
    ("salesforce", "Status"),
    ("salesforce", "Rating"),
    ("salesforce", "ConvertedSomething"),
    ("hubspot", "days_to_close"),
    ("hubspot", "Pipeline Stage"),
    ("dynamics", "need"),
    ("dynamics", "decisionmaker"),
    ("dynamics", "purchasetimeframe"),
    ("dynamics", "stageid"),
    ("dynamics", "accountid"),
    ("dynamics", "contactid"),
    ("dynamics", "Status Reason"),
]
HONEST = [
    *["Industry", "Title", "NumberOfEmployees", "AnnualRevenue", "Lead Source", "LeadSource"],
    *["Company", "City", "Country", "Website", "DoNotCall", "HasOptedOutOfEmail", "CreatedDate"],
    *["MQL_Date__c", "Lead Number", "Lead Origin", "TotalVisits", "Page Views Per Visit"],
    *["Total Time Spent on Website", "Specialization", "What is your current occupation"],
    *["jobtitle", "hs_seniority", "hs_analytics_source", "hs_analytics_source_data_1"],
    *["hs_lifecyclestage_marketingqualifiedlead_date", "hs_lifecyclestage_lead_date"],
    *["hs_v2_date_entered_marketingqualifiedlead", "num_conversion_events", "numemployees"],
    *["leadsourcecode", "industrycode", "numberofemployees", "revenue", "createdon", "donotemail"],
    *["age", "job", "marital", "education", "housing", "poutcome", "euribor3m", "campaign"],
    *["landing_page_id", "origin", "first_contact_date", "Ownership", "Activity", "Conversions"],
]


@pytest.mark.parametrize(
    ("crm", "column"), [(crm, name) for crm, names in ALWAYS.items() for name in names.split()]
)
@pytest.mark.parametrize("preset", [None, *PRESETS])
def test_unmistakable_names_are_blocked_whatever_the_preset(
    crm: str, column: str, preset: str | None
) -> None:
    reason = is_blocked(column, preset)
    assert reason is not None
    assert re.fullmatch(rf"({LABELS}): written after hand-over", reason)
    if preset is None:
        assert reason.startswith(crm)


@pytest.mark.parametrize(("preset", "column"), ONLY_WITH_PRESET)
def test_everyday_words_are_blocked_only_with_their_preset(preset: str, column: str) -> None:
    assert is_blocked(column, preset) is not None
    assert is_blocked(column, None) is None


@pytest.mark.parametrize("column", ["need", "Stage ID", "decisionmaker"])
def test_another_preset_lets_everyday_words_pass(column: str) -> None:
    assert is_blocked(column, "salesforce") is None


@pytest.mark.parametrize(
    "column",
    [
        *["Last Activity", "Last Notable Activity", "Lead Status", "Lifecycle Stage"],
        *["Rejection Reason", "Disqualified_Reason__c", "Close Date", "Última actividad"],
        *["Estado del lead", "Etapa del ciclo de vida", "Motivo de descalificación"],
    ],
)
def test_labels_in_two_languages_are_blocked(column: str) -> None:
    assert is_blocked(column, None) is not None


@pytest.mark.parametrize("column", HONEST)
@pytest.mark.parametrize("preset", [None, *PRESETS])
def test_honest_columns_are_not_blocked(column: str, preset: str | None) -> None:
    assert is_blocked(column, preset) is None
    assert not is_owner(column)


@pytest.mark.parametrize(
    "column",
    [
        *["LastActivityDate", "last_activity_date", "Last Activity Date", "LASTACTIVITYDATE"],
        *["lead.LastActivityDate", "Last_Activity_Date__c", " Last-Activity Date "],
        *["properties.lastactivitydate", "property_last_activity_date"],
    ],
)
def test_spelling_does_not_matter(column: str) -> None:
    assert normalise(column) == "lastactivitydate"
    assert is_blocked(column, None) == "Salesforce: written after hand-over"


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_a_normalised_name_is_plain_and_stays_as_it_is(name: str) -> None:
    once = normalise(name)
    assert all(letter.isalnum() for letter in once)
    assert normalise(once) == once


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(codec="ascii")))
def test_case_does_not_matter(name: str) -> None:
    assert normalise(name.upper()) == normalise(name.lower())


@pytest.mark.parametrize(
    "column",
    [
        *["OwnerId", "owner_id", "hubspot_owner_id", "hubspot_owner_assigneddate", "ownerid"],
        *["_ownerid_value", "Owner", "Lead Owner", "Contact owner", "rep", "Sales Rep", "sdr_id"],
        *["sr_id", "Assigned To", "owningbusinessunit", "Propietario del contacto", "Vendedor"],
        *["Owned By", "Last edited by", "Underwriter", "routed_to", "Comercial", "Passato a"],
    ],
)
def test_the_rep_is_recognised(column: str) -> None:
    assert is_owner(column)


@pytest.mark.parametrize(
    "column",
    [
        "É proprietário?",
        "Owner or tenant",
        "Ownership",
        "Home Owner",
        "Business Owner",
        "Report",
        "Region",
        "Representation",
    ],
)
def test_others_are_no_reps(column: str) -> None:
    assert not is_owner(column)


ROLES = {
    "email": ["Email", "E-mail", "emailaddress1", "Primary Email", "work_email", "Correo"],
    "phone": [
        *["Phone", "MobilePhone", "telephone1", "mobile", "fax", "Fax Number", "Teléfono"],
        *["address1_telephone1", "Work Phone", "Phone 2", "Móvil", "whatsapp", "PHONE"],
    ],
    "person_name": [
        *["FirstName", "last_name", "Name", "fullname", "Nombre", "Apellidos", "Contact Name"],
        *["hs_lead_name", "Primer apellido", "middlename", "linkedin_url", "FIRST NAME"],
    ],
    "street": [
        *["Street", "address1_line1", "address1_composite", "Address", "Address Line 2", "Calle"],
        *["Dirección", "Mailing Street", "Company Address", "Domicilio"],
    ],
    "company": ["Company", "CompanyName", "Company name", "Empresa", "Organization", "companyname"],
    "job_title": ["Title", "jobtitle", "Job Title", "Cargo", "Puesto de trabajo", "Position"],
    "website": ["Website", "websiteurl", "Sitio web", "Company Website"],
    "created_at": ["CreatedDate", "createdate", "createdon", "Create Date", "Fecha de creación"],
    "source": [
        *["LeadSource", "lead_source", "hs_analytics_source", "leadsourcecode", "Lead Origin"],
        *["utm_source", "Origen", "Fuente"],
    ],
    "campaign": ["Campaign__c", "CampaignName", "campaignid", "utm_campaign", "Campaña"],
    "industry": ["Industry", "industrycode", "Company Industry", "Sector"],
    "country": ["Country", "address1_country", "Country/Region", "BillingCountry", "País"],
}


@pytest.mark.parametrize(
    ("role", "column"), [(role, name) for role, names in ROLES.items() for name in names]
)
def test_roles(role: str, column: str) -> None:
    assert roles([column]) == {column: role}


@pytest.mark.parametrize(
    "column",
    [
        *["Name of product", "Product Name", "Event Name", "PostalCode", "City"],
        *["HasOptedOutOfEmail", "Do Not Email", "Do Not Call", "hs_email_open", "hs_email_click"],
        *["hs_email_domain", "EmailBouncedDate", "IP Address", "NumberOfEmployees"],
        *["Lead Quality", "Lead Profile", "Lead Number", "contact", "Tags", "Company Size"],
        *["address1_city", "Total Time Spent on Website", "telephone calls"],
        *["A free copy of Mastering The Interview", "duration", "numemployees"],
    ],
)
def test_columns_without_a_role(column: str) -> None:
    assert roles([column]) == {}


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ("person_name", "Nachname|Vorname|Nom|Prénom|Cognome|Sobrenome|ФИО|Фамилия"),
        ("person_name", "Persona - Nombre|Контакт - Имя|Kunde Name|Nome completo"),
        ("email", "E-Mail-Adresse|Persona - Correo electrónico|Courriel|Электронная почта"),
        ("phone", "Telefone / WhatsApp|Handynummer|N° de téléphone|Cellulare|Телефон"),
        ("street", "Straße|Rue|Endereço|Indirizzo|Адрес"),
        ("company", "Firma|Raison sociale|Ragione sociale|Nome fantasia|Компания"),
        ("job_title", "Berufsbezeichnung|Poste|Mansione|Должность"),
    ],
)
def test_roles_in_other_languages(role: str, names: str) -> None:
    assert roles(names.split("|")) == dict.fromkeys(names.split("|"), role)


def test_roles_keep_the_names_and_order_of_the_columns() -> None:
    found = roles(["City", "Work Email", "Email", "Nombre", "Age"])
    assert list(found.items()) == [
        ("Work Email", "email"),
        ("Email", "email"),
        ("Nombre", "person_name"),
    ]
