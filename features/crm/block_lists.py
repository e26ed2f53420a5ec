"""Block lists of column names: written after hand-over, about the rep, or personal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from features.crm.presets import PRESETS
from features.crm.words import is_about

# In the lists below a star means any letters; names are compared as `normalise` writes
# them, so that one spelling covers the field's name, its label and a warehouse's snake_case.
# Names that mean the same in every CRM; those of one CRM are in its preset.
_WRITTEN_LATER = """
    LeadStatus LeadStage LastActivity LastActivity* LastNotableActivity* LastContacted*
    LastContactDate NextActivityDate *DisqualificationReason* *DisqualifiedReason*
    *RejectionReason* *RejectedReason* *RejectReason LostReason ClosedLostReason LossReason
    CloseDate ClosedDate ClosedWon IsWon WonDate IsClosed IsClosedWon hs_is_closed*
    hs_deal_stage_probability hs_closed_amount* hs_closed_won_date hs_closed_lost_reason
    ForecastCategory ForecastCategoryName STAGE_SEMANTIC_ID STATUS_SEMANTIC_ID
    OpportunityId OpportunityName OpportunityStage
    SqlDate SalDate DisqualifiedDate RejectedDate RejectedAt DisqualifiedAt
    EstadoDelLead EstadoDelProspecto EtapaDelCicloDeVida UltimaActividad*
    FechaDeUltimaActividad FechaDeLaUltimaActividad MotivoDeDescalificacion MotivoDeRechazo
    """
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
        DireccionDeCorreoElectronico AdditionalEmails hs_additional_emails EMailAdresse EMailKontakt
        EmailAdresse AdresseEMail AdresseEmail Courriel AdresseElectronique Courrier EnderecoDeEmail
        CorreioEletronico IndirizzoEmail PostaElettronica ЭлектроннаяПочта Почта
        АдресЭлектроннойПочты
        """,
    "phone": """
        Phone PhoneNumber PhoneNo Mobile MobilePhone MobilePhoneNumber MobileNumber MobileNo Cell
        CellPhone CellNumber Telephone TelephoneNumber Tel Fax FaxNumber WhatsApp WhatsAppNumber
        WhatsAppPhoneNumber hs_whatsapp_phone_number hs_calculated_phone_number
        hs_calculated_mobile_number hs_searchable_calculated_*phone* address*telephone* address*fax
        Pager Telefono TelefonoMovil TelefonoFijo TelefonoCelular NumeroDeTelefono
        NumeroDeTelefonoMovil NumeroDeMovil NumeroDeCelular Movil Celular Telefon Telefonnummer
        TelefonNr TelNr Mobil Mobilnummer Mobiltelefon Handy Handynummer Rufnummer Festnetz
        NumeroDeTelephone Portable TelephonePortable TelephoneFixe TelephoneMobile NumeroDeMobile
        NDeTelephone Telefone TelefoneWhatsApp NumeroDeTelefone TelefoneCelular TelefoneFixo
        Telemovel TelefonoWhatsApp Cellulare NumeroDiTelefono TelefonoCellulare TelefonoFisso
        Телефон НомерТелефона МобильныйТелефон РабочийТелефон
        """,
    # The address of a profile spells out the name.
    "person_name": """
        Name FirstName LastName MiddleName FullName GivenName FamilyName Surname Forename MaidenName
        NickName PersonName yomi*name hs_lead_name hs_full_name_or_email AssistantName ManagerName
        LinkedIn LinkedInUrl LinkedInProfile LinkedInProfileUrl LinkedInBio hs_linkedin_url
        Assistant Twitter TwitterHandle TwitterUsername Skype SkypeId ContactPerson Ansprechpartner
        PersonaDeContacto Instagram InstagramHandle WhatsApp Nombre Nombres PrimerNombre
        SegundoNombre Apellido Apellidos PrimerApellido SegundoApellido NombreCompleto
        NombreYApellido NombreYApellidos ApellidosYNombre NombreDelContacto NombreDePila
        NombreDelLead NombreDelProspecto Vorname Nachname Zuname Familienname Namen VornameNachname
        NachnameVorname VollerName VollstaendigerName Kontaktname Kontaktperson Prenom Nom
        NomDeFamille NomComplet NomEtPrenom NomPrenom PrenomNom NomDuContact Interlocuteur Nome
        Sobrenome NomeCompleto PrimeiroNome UltimoNome NomeDoContato Apelido NomeDoLead
        NomeDoCliente Cognome NomeECognome NomeCognome CognomeNome NomeContatto NomeDelContatto
         Referente PersonaContacto NombreContacto NombreDeContacto NombrePersona
        NombreDelCliente Имя Фамилия Отчество ФИО ПолноеИмя ИмяКонтакта КонтактноеЛицо
        """,
    "street": """
        Street StreetAddress StreetName StreetLine* AddressStreet Address AddressLine*
        address*_line* address*_composite FullAddress PostalAddress MailingStreet MailingAddress
        BillingStreet BillingAddress ShippingStreet ShippingAddress OtherStreet Calle Direccion
        DireccionCompleta DireccionPostal DireccionFiscal Domicilio Strasse Straße StraßeHausnummer
        StraßeUndHausnummer StrasseHausnummer
        StrasseUndHausnummer Anschrift Adresse Postanschrift Hausnummer Rue AdressePostale
        AdresseComplete NumeroEtRue Endereco EnderecoCompleto Rua Logradouro Morada Indirizzo
        IndirizzoCompleto Адрес Улица
        """,
    "company": """
        DealName DealTitle OpportunityName NegocioTitulo TituloDelNegocio NombreDelNegocio DealTitel
        NomDeLaTransaction NomeDoNegocio NomeDellaTrattativa НазваниеСделки
        Company CompanyName CompanyAccount AccountName Organization OrganizationName Organisation
        OrganisationName Employer EmployerName BusinessName AssociatedCompany Empresa
        NombreDeEmpresa NombreDeLaEmpresa NombreEmpresa Compania NombreDeLaCompania RazonSocial
        Organizacion Firma Firmenname Unternehmen Unternehmensname NameDerFirma NameDesUnternehmens
        NameDesAccounts Entreprise NomDeLEntreprise NomEntreprise Societe NomDeLaSociete NomSociete
        RaisonSociale NomeDaEmpresa NomeEmpresa NomeFantasia Organizacao NomeDaOrganizacao Azienda
        NomeAzienda NomeDellAzienda Societa RagioneSociale Ditta Organizzazione
        NombreDeLaOrganizacion NombreOrganizacion OrganizacionNombre Компания НазваниеКомпании
        Организация НазваниеОрганизации
        """,
    "job_title": """
        Title JobTitle Position JobPosition JobRole Designation Cargo Puesto PuestoDeTrabajo
        CargoEnLaEmpresa TituloDelPuesto Berufsbezeichnung Funktion PositionImUnternehmen
        Stellenbezeichnung Poste IntituleDuPoste Fonction Funcao CargoNaEmpresa Mansione
        Ruolo Ruoloaziendale Должность
        """,
    "website": """
        Website WebsiteUrl WebsiteAddress CompanyWebsite CompanyDomain CompanyDomainName WebPage
        HomePage SitioWeb PaginaWeb UrlDelSitioWeb Webseite Internetseite Homepage SiteWeb
        SiteInternet SiteDaEmpresa SitoWeb Сайт ВебСайт
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
    business company corporate office home personal private alternate alternative
    persona contacto cliente negocio prospecto kontakt kunde interessent ansprechpartner
    contato pessoa negociacao contatto affare trattativa personne affaire piste
    контакт клиент лид""".split()
)


_NOTHING = "(?!)"


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

    Examples
    --------
    >>> normalise("properties.Last_Activity_Date__c")
    'lastactivitydate'
    """
    bare = re.sub(r"^(propert(y|ies)[._]|(leads?|contacts?)\.)|__c$", "", name.strip(), flags=re.I)
    letters = unicodedata.normalize("NFKD", bare).lower()
    return "".join(letter for letter in letters if letter.isalnum())


def is_blocked(column: str, preset: str | None) -> str | None:
    """Return why a column can never be a feature, by its name.

    Parameters
    ----------
    column : str
        The column's name in leads.
    preset : str or None
        The CRM, where the settings name it. Without it only names that mean one thing
        everywhere are blocked, and "Status" or "Rating" are not.

    Returns
    -------
    str or None
        The reason, such as "Salesforce: written after hand-over", or None.

    Notes
    -----
    The rep's columns are found by `is_owner`, not here.

    Examples
    --------
    >>> is_blocked("ConvertedDate", "salesforce")
    'Salesforce: written after hand-over'
    >>> is_blocked("Industry", "salesforce") is None
    True
    """
    name = normalise(column)
    here = None if preset is None else PRESETS[preset].label
    if here is not None and (_LATER[here].fullmatch(name) or _LATER_HERE[here].fullmatch(name)):
        return f"{here}: written after hand-over"
    found = (crm for crm, pattern in _LATER.items() if pattern.fullmatch(name))
    return next((f"{crm}: written after hand-over" for crm in found), None)


def is_owner(column: str) -> bool:
    """Return whether a column names the rep or team that has the lead.

    Parameters
    ----------
    column : str
        The column's name.

    Returns
    -------
    bool
        True for "OwnerId", "Sales rep", "Propietario", "Ответственный" and the like in the
        languages of `features.crm.languages`, never for "Ownership".

    Examples
    --------
    >>> is_owner("Sales rep"), is_owner("Ownership")
    (True, False)
    """
    if _OWNER_NAMES.fullmatch(normalise(column)):
        return True
    return is_about("owner", column) and not is_about("not_owner", column)


def roles(columns: Sequence[str]) -> dict[str, str]:
    """Return the kinds of personal columns, as far as their names show.

    Parameters
    ----------
    columns : sequence of str
        The names, English, Spanish or those of a CRM.

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
    return re.compile("|".join(listed) or _NOTHING)


_LATER = {crm.label: _compile(crm.written_later) for crm in PRESETS.values()} | {
    "CRM": _compile(_WRITTEN_LATER)
}
_LATER_HERE = {crm.label: _compile(crm.written_later_here) for crm in PRESETS.values()}
_OWNER_NAMES = _compile(_OWNER)
_ROLE_NAMES = {role: _compile(names) for role, names in _ROLES.items()}
