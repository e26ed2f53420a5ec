"""Block lists of column names: written after hand-over, about the rep, or personal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

_LABELS = {"salesforce": "Salesforce", "hubspot": "HubSpot", "dynamics": "Dynamics 365"}

# In the lists below a star stands for any letters; names are compared as `normalise` writes
# them, so that one spelling covers the field's name, its label and a warehouse's snake_case.
# Names in here mean the same wherever they are found.
_UNMISTAKABLE: Mapping[str, str] = {
    "salesforce": """
        IsConverted Converted ConvertedDate ConvertedAccount* ConvertedContact*
        ConvertedOpportunity* LastActivityDate LastModified* LastViewedDate LastReferencedDate
        LastTransferDate SystemModstamp IsUnreadByOwner UnreadByOwner FirstCallDateTime
        FirstEmailDateTime MasterRecordId IsDeleted
        """,
    "hubspot": """
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
    "dynamics": """
        statecode statecodename statuscode statuscodename qualifyingopportunity*
        qualificationcomments budgetstatus budgetstatusname evaluatefit confirminterest
        initialcommunication initialcommunicationname leadqualitycode leadqualitycodename
        salesstage salesstagename traversedpath modifiedon modifiedby modifiedonbehalfby
        schedulefollowup_*
        """,
    "": """
        LeadStatus LeadStage LastActivity LastActivity* LastNotableActivity* LastContacted*
        LastContactDate NextActivityDate *DisqualificationReason* *DisqualifiedReason*
        *RejectionReason* *RejectedReason* *RejectReason LostReason ClosedLostReason LossReason
        CloseDate ClosedDate ClosedWon IsWon WonDate OpportunityId OpportunityName OpportunityStage
        SqlDate SalDate DisqualifiedDate RejectedDate RejectedAt DisqualifiedAt
        EstadoDelLead EstadoDelProspecto EtapaDelCicloDeVida UltimaActividad*
        FechaDeUltimaActividad FechaDeLaUltimaActividad MotivoDeDescalificacion MotivoDeRechazo
        """,
}
# These are everyday words too; they are the CRM's only where the settings say which CRM it is.
_AMBIGUOUS: Mapping[str, str] = {
    "salesforce": "Status Rating Converted*",
    "hubspot": """
        days_to_close total_revenue lastmodifieddate ContactPriority
        PipelineStage LeadPipelineStage
        """,
    "dynamics": """
        need needname decisionmaker purchasetimeframe purchasetimeframename stageid
        accountid accountidname contactid contactidname parentaccountid parentcontactid
        _accountid_value _contactid_value masterid merged processid
        estimatedclosedate Status StatusReason Rating
        """,
}
_OWNER = """
    Owner OwnerId* OwnerName OwnerFullName OwnerAlias OwnerEmail OwnerRole _ownerid_value
    LeadOwner* ContactOwner* AccountOwner* RecordOwner hubspot_owner* hubspot_team* HubSpotTeam
    hs_all_owner_ids hs_all_team_ids hs_all_accessible_team_ids hs_owning_teams
    hs_user_ids_of_all_owners owninguser _owninguser_value owningteam _owningteam_value
    owningbusinessunit _owningbusinessunit_value
    Rep RepId RepName SalesRep SalesRepId SalesRepName SalesRepresentative SalesPerson
    SalesPersonId SalesPersonName SalesAgent SalesOwner SalesTeam Seller SellerId SDR SdrId SdrName
    BDR BdrId BdrName SR SrId AccountExecutive AccountManager AssignedTo AssignedToId AssignedRep
    AssignedUser AssignedUserId AssignedSalesRep Assignee AssigneeId
    Propietario PropietarioDelContacto PropietarioDelLead PropietarioDelRegistro
    PropietarioDelProspecto Vendedor VendedorAsignado Comercial ComercialAsignado
    RepresentanteDeVentas AsesorComercial EjecutivoDeVentas AsignadoA
    """
_ROLES: Mapping[str, str] = {
    "email": """
        Email EmailAddress Mail EmailId Correo CorreoElectronico CorreoE DireccionDeCorreo
        DireccionDeCorreoElectronico AdditionalEmails hs_additional_emails
        """,
    "phone": """
        Phone PhoneNumber PhoneNo Mobile MobilePhone MobilePhoneNumber MobileNumber MobileNo Cell
        CellPhone CellNumber Telephone TelephoneNumber Tel Fax FaxNumber WhatsApp WhatsAppNumber
        WhatsAppPhoneNumber hs_whatsapp_phone_number hs_calculated_phone_number
        hs_calculated_mobile_number hs_searchable_calculated_*phone* address*telephone* address*fax
        Pager Telefono TelefonoMovil TelefonoFijo TelefonoCelular NumeroDeTelefono
        NumeroDeTelefonoMovil NumeroDeMovil NumeroDeCelular Movil Celular
        """,
    # The address of a profile spells out the name.
    "person_name": """
        Name FirstName LastName MiddleName FullName GivenName FamilyName Surname Forename
        MaidenName NickName PersonName yomi*name hs_lead_name hs_full_name_or_email AssistantName
        ManagerName LinkedIn LinkedInUrl LinkedInProfile LinkedInProfileUrl LinkedInBio
        hs_linkedin_url TwitterHandle TwitterUsername Skype SkypeId
        Nombre Nombres PrimerNombre SegundoNombre Apellido Apellidos PrimerApellido SegundoApellido
        NombreCompleto NombreYApellido NombreYApellidos ApellidosYNombre NombreDelContacto
        NombreDePila NombreDelLead NombreDelProspecto
        """,
    "street": """
        Street StreetAddress StreetName StreetLine* AddressStreet Address AddressLine*
        address*_line* address*_composite FullAddress PostalAddress MailingStreet MailingAddress
        BillingStreet BillingAddress ShippingStreet ShippingAddress OtherStreet Calle Direccion
        DireccionCompleta DireccionPostal DireccionFiscal Domicilio
        """,
    "company": """
        Company CompanyName CompanyAccount AccountName Organization OrganizationName Organisation
        OrganisationName Employer EmployerName BusinessName AssociatedCompany Empresa
        NombreDeEmpresa NombreDeLaEmpresa NombreEmpresa Compania NombreDeLaCompania RazonSocial
        Organizacion
        """,
    "job_title": """
        Title JobTitle Position JobPosition JobRole Designation Cargo Puesto PuestoDeTrabajo
        CargoEnLaEmpresa TituloDelPuesto
        """,
    "website": """
        Website WebsiteUrl WebsiteAddress CompanyWebsite CompanyDomain CompanyDomainName
        WebPage HomePage SitioWeb PaginaWeb UrlDelSitioWeb
        """,
    "created_at": """
        CreatedDate CreateDate CreatedOn CreatedAt CreationDate DateCreated RecordCreated
        hs_createdate FechaDeCreacion FechaCreacion CreadoEl
        """,
    "source": """
        LeadSource LeadSourceCode LeadSourceCodeName Source SourceName hs_analytics_source
        hs_latest_source hs_object_source OriginalSource OriginalTrafficSource LatestSource
        LatestTrafficSource Origin LeadOrigin UtmSource Fuente FuenteDelLead FuenteOriginal
        FuenteDelProspecto Origen OrigenDelLead OrigenDelProspecto
        """,
    "campaign": """
        Campaign CampaignName CampaignId CampaignIdName _campaignid_value UtmCampaign LeadCampaign
        MarketingCampaign hs_analytics_first_touch_converting_campaign
        hs_analytics_last_touch_converting_campaign Campana NombreDeCampana NombreDeLaCampana
        CampanaDeMarketing
        """,
    "industry": """
        Industry IndustryName IndustryCode IndustryCodeName IndustrySector CompanyIndustry
        AccountIndustry Sector BusinessSector Vertical IndustryVertical Industria SectorIndustrial
        SectorDeActividad Rubro
        """,
    "country": """
        Country CountryName CountryCode CountryRegion CountryOrRegion address*_country
        MailingCountry BillingCountry Pais PaisRegion NombreDelPais CodigoDePais
        """,
}
# "Primary Email" and "Contact first name" are an e-mail and a first name.
_QUALIFIERS = frozenset(
    """lead contact customer client prospect person primary secondary main other your my work
    business company corporate office home personal private alternate alternative""".split()
)


def normalise(name: str) -> str:
    """Return a column's name as names are compared: lower case, letters and digits only.

    Parameters
    ----------
    name : str
        A column's name; what warehouses and custom fields add to it (`properties.`, `__c`) and
        accents do not count.

    Returns
    -------
    str
        "lastactivitydate" for "LastActivityDate", "last_activity_date", "Last Activity Date".
    """
    bare = re.sub(r"^(propert(y|ies)[._]|(leads?|contacts?)\.)|__c$", "", name.strip(), flags=re.I)
    letters = unicodedata.normalize("NFKD", bare).lower()
    return "".join(letter for letter in letters if letter.isalnum())


def is_blocked(column: str, preset: str | None) -> str | None:
    """Tell why a column can never be a feature, by its name.

    Parameters
    ----------
    column : str
        The column's name in leads.
    preset : {"salesforce", "hubspot", "dynamics"} or None
        The CRM, where the settings name it. Without it only names that mean one thing
        everywhere are blocked, and "Status" or "Rating" are not.

    Returns
    -------
    str or None
        The reason, such as "Salesforce: written after hand-over", or None.

    Notes
    -----
    The rep's columns are told by `is_owner`, not here.
    """
    name = normalise(column)
    if preset is not None and (
        _UNMISTAKABLE_NAMES[preset].fullmatch(name) or _AMBIGUOUS_NAMES[preset].fullmatch(name)
    ):
        return f"{_LABELS[preset]}: written after hand-over"
    for crm, pattern in _UNMISTAKABLE_NAMES.items():
        if pattern.fullmatch(name):
            return f"{_LABELS.get(crm, 'CRM')}: written after hand-over"
    return None


def is_owner(column: str) -> bool:
    """Tell whether a column says which rep or team has the lead.

    Parameters
    ----------
    column : str
        The column's name.

    Returns
    -------
    bool
        True for "OwnerId", "Sales rep", "Propietario" and the like, never for "Ownership".
    """
    return _OWNER_NAMES.fullmatch(normalise(column)) is not None


def roles(columns: Sequence[str]) -> dict[str, str]:
    """Return what columns hold, as far as their names tell.

    Parameters
    ----------
    columns : sequence of str
        The names, English, Spanish or those of the three CRMs.

    Returns
    -------
    dict of str to str
        For each column that has one, "email", "phone", "person_name", "street", "company",
        "job_title", "website", "created_at", "source", "campaign", "industry" or "country".
    """
    found = {column: _find_role(column) for column in columns}
    return {column: role for column, role in found.items() if role is not None}


def _find_role(column: str) -> str | None:
    # The full name is tried first: "Company Name" is a company, though a bare "Name" is a person.
    for name in (normalise(column), _drop_qualifiers(column)):
        for candidate in (name, name.rstrip("0123456789")):
            for role, pattern in _ROLE_NAMES.items():
                if pattern.fullmatch(candidate):
                    return role
    return None


def _drop_qualifiers(column: str) -> str:
    """Return the normalised name without words such as "Primary" before the last word."""
    words = re.findall(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![a-z])|\d+", column)
    while len(words) > 1 and words[0].lower() in _QUALIFIERS:
        words = words[1:]
    return normalise("".join(words))


def _compile(names: str) -> re.Pattern[str]:
    """Return one pattern over normalised names for a list of names."""
    listed = [
        ".*".join(re.escape(normalise(part)) for part in name.split("*")) for name in names.split()
    ]
    return re.compile("|".join(listed))


_UNMISTAKABLE_NAMES = {crm: _compile(names) for crm, names in _UNMISTAKABLE.items()}
_AMBIGUOUS_NAMES = {crm: _compile(names) for crm, names in _AMBIGUOUS.items()}
_OWNER_NAMES = _compile(_OWNER)
_ROLE_NAMES = {role: _compile(names) for role, names in _ROLES.items()}
