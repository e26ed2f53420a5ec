"""Layouts: the columns of exports, CRM by CRM and language by language, as their users see them.

Names and values are those of the products' export dialogs and documentation, written down without
a look at the lists of `features.crm`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """The columns of one CRM's export in one language.

    Attributes
    ----------
    crm, language : str
    id, created, decision : str
    accepted, rejected, undecided : tuple of str
        Values of the decision.
    recycled : tuple of str
    closed_at, planned, changed : str
        Dates; "" where the export has none.
    owner : str
    won, closed : str
        Flags beside the decision; "" where the export has none.
    sales : tuple of str
        Texts that sales fills in once a record is closed.
    honest : tuple of str
        What was known at hand-over: a source, a segment, a town.
    amount : str
    yes, no : str
        What flags hold.
    questions : tuple of str
        Questions of a form, with the same two values as the decision.
    """

    crm: str
    language: str
    id: str
    created: str
    decision: str
    accepted: tuple[str, ...]
    rejected: tuple[str, ...]
    undecided: tuple[str, ...]
    closed_at: str = ""
    planned: str = ""
    changed: str = ""
    owner: str = ""
    won: str = ""
    closed: str = ""
    sales: tuple[str, ...] = ()
    honest: tuple[str, ...] = ("Lead Source", "Industry", "City")
    amount: str = "Amount"
    yes: str = "true"
    no: str = "false"
    recycled: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.crm}, {self.language}: {self.decision}"


ENGLISH = (
    Layout(
        *("Salesforce opportunities", "English", "Opportunity ID", "Created Date", "Stage"),
        accepted=("Closed Won",),
        rejected=("Closed Lost",),
        undecided=("Prospecting", "Qualification", "Needs Analysis", "Proposal/Price Quote"),
        closed_at="Close Date",
        changed="Last Modified Date",
        owner="Opportunity Owner",
        won="Won",
        closed="Closed",
        sales=("Loss Reason", "Next Step"),
        yes="1",
        no="0",
    ),
    Layout(
        *("Salesforce API", "English", "Id", "CreatedDate", "StageName"),
        accepted=("Closed Won",),
        rejected=("Closed Lost",),
        undecided=("Value Proposition", "Id. Decision Makers", "Negotiation/Review"),
        closed_at="CloseDate",
        changed="SystemModstamp",
        owner="OwnerId",
        won="IsWon",
        closed="IsClosed",
        honest=("LeadSource", "Type", "BillingCity"),
    ),
    Layout(
        *("Salesforce leads", "English", "Lead ID", "Create Date", "Lead Status"),
        accepted=("Closed - Converted",),
        rejected=("Closed - Not Converted",),
        undecided=("Open - Not Contacted", "Working - Contacted"),
        changed="Last Activity",
        owner="Lead Owner",
        won="Converted",
        amount="Annual Revenue",
    ),
    Layout(
        *("HubSpot deals", "English", "Record ID", "Create Date", "Deal Stage"),
        accepted=("Closed won",),
        rejected=("Closed lost",),
        undecided=("Appointment scheduled", "Qualified to buy", "Contract sent"),
        closed_at="Close Date",
        changed="Last Modified Date",
        owner="Deal owner",
        won="Is Closed Won",
        closed="Is Deal Closed?",
        sales=("Closed Lost Reason",),
        honest=("Original Traffic Source", "Deal Type", "City"),
    ),
    Layout(
        *("HubSpot API", "English", "hs_object_id", "createdate", "dealstage"),
        accepted=("closedwon",),
        rejected=("closedlost",),
        undecided=("appointmentscheduled", "qualifiedtobuy", "presentationscheduled"),
        closed_at="closedate",
        changed="hs_lastmodifieddate",
        owner="hubspot_owner_id",
        won="hs_is_closed_won",
        closed="hs_is_closed",
        honest=("hs_analytics_source", "dealtype", "city"),
        amount="amount",
    ),
    Layout(
        *("HubSpot contacts", "English", "Record ID", "Create Date", "Lead Status"),
        accepted=("Open deal",),
        rejected=("Unqualified",),
        recycled=("Bad timing",),
        undecided=("New", "In progress", "Attempted to contact"),
        changed="Last Activity Date",
        owner="Contact owner",
        honest=("Original Source", "Industry", "City"),
        amount="Annual Revenue",
    ),
    Layout(
        *("Dynamics leads", "English", "leadid", "createdon", "statecode"),
        accepted=("1",),
        rejected=("2",),
        undecided=("0",),
        changed="modifiedon",
        owner="ownerid",
        honest=("leadsourcecode", "industrycode", "address1_city"),
        amount="revenue",
    ),
    Layout(
        *("Dynamics opportunities", "English", "Opportunity", "Created On", "Status"),
        accepted=("Won",),
        rejected=("Lost",),
        undecided=("Open",),
        closed_at="Actual Close Date",
        planned="Est. Close Date",
        changed="Modified On",
        owner="Owner",
        sales=("Probability",),
        honest=("Originating Source", "Purchase Process", "City"),
        amount="Budget Amount",
    ),
    Layout(
        *("Zoho leads", "English", "LEADID", "Created Time", "Lead Status"),
        accepted=("Qualified",),
        rejected=("Junk Lead", "Not Qualified"),
        undecided=("Attempted to Contact", "Contacted", "Pre-Qualified"),
        changed="Modified Time",
        owner="Lead Owner",
        amount="Annual Revenue",
    ),
    Layout(
        *("Zoho deals", "English", "Record Id", "Created Time", "Stage"),
        accepted=("Closed Won",),
        rejected=("Closed Lost", "Closed Lost to Competition"),
        undecided=("Qualification", "Value Proposition", "Negotiation/Review"),
        closed_at="Closing Date",
        changed="Last Activity Time",
        owner="Deal Owner",
        sales=("Reason For Loss", "Next Step"),
    ),
    Layout(
        *("Pipedrive", "English", "Deal - ID", "Deal - Deal created", "Deal - Status"),
        accepted=("Won",),
        rejected=("Lost",),
        undecided=("Open",),
        closed_at="Deal - Deal closed on",
        planned="Deal - Expected close date",
        changed="Deal - Update time",
        owner="Deal - Owner",
        sales=("Deal - Lost reason",),
        honest=("Deal - Source channel", "Organization - Industry", "Organization - City"),
        amount="Deal - Value",
    ),
    Layout(
        *("Pipedrive API", "English", "id", "add_time", "status"),
        accepted=("won",),
        rejected=("lost",),
        undecided=("open",),
        closed_at="close_time",
        planned="expected_close_date",
        changed="stage_change_time",
        owner="creator_user_id",
        sales=("lost_reason",),
        honest=("channel", "label", "origin"),
        amount="value",
    ),
    Layout(
        *("Odoo", "English", "ID", "Created on", "Won/Lost"),
        accepted=("Won",),
        rejected=("Lost",),
        undecided=("Pending",),
        closed_at="Closed Date",
        planned="Expected Closing",
        changed="Last Stage Update",
        owner="Salesperson",
        sales=("Lost Reason",),
        honest=("Source", "Medium", "City"),
        amount="Recurring Revenue",
    ),
    Layout(
        *("Bitrix24", "English", "ID", "DATE_CREATE", "STAGE_SEMANTIC_ID"),
        accepted=("S",),
        rejected=("F",),
        undecided=("P",),
        closed_at="CLOSEDATE",
        changed="DATE_MODIFY",
        owner="ASSIGNED_BY_ID",
        closed="CLOSED",
        honest=("SOURCE_ID", "TYPE_ID", "UTM_SOURCE"),
        amount="OPPORTUNITY",
        yes="Y",
        no="N",
    ),
    Layout(
        *("Bitrix24 leads", "English", "ID", "DATE_CREATE", "STATUS_ID"),
        accepted=("CONVERTED",),
        rejected=("JUNK",),
        undecided=("NEW", "IN_PROCESS", "PROCESSED"),
        changed="DATE_MODIFY",
        owner="ASSIGNED_BY_ID",
        honest=("SOURCE_ID", "HONORIFIC", "ADDRESS_CITY"),
        amount="OPPORTUNITY",
    ),
    Layout(
        *("Marketo", "English", "Id", "Created At", "Lead Status"),
        accepted=("Sales Accepted",),
        rejected=("Disqualified",),
        recycled=("Recycled",),
        undecided=("Known", "Engaged", "Marketing Qualified"),
        changed="Updated At",
        owner="Lead Owner",
        amount="Annual Revenue",
    ),
    Layout(
        *("Freshsales", "English", "Deal ID", "Created at", "Deal stage"),
        accepted=("Won",),
        rejected=("Lost",),
        undecided=("New", "Follow-up", "Under review", "Demo"),
        closed_at="Closed date",
        planned="Expected close date",
        changed="Updated at",
        owner="Sales owner",
        sales=("Lost reason",),
        honest=("Source", "Industry type", "City"),
        amount="Deal value",
    ),
    Layout(
        *("Close", "English", "lead_id", "date_created", "status_label"),
        accepted=("Customer",),
        rejected=("Bad Fit", "Not Interested"),
        undecided=("Potential", "Contacted"),
        changed="date_updated",
        owner="user_name",
        honest=("source", "industry", "address_1_city"),
        amount="value",
    ),
    Layout(
        *("Plain file", "English", "opportunity_id", "engage_date", "deal_stage"),
        accepted=("Won",),
        rejected=("Lost",),
        undecided=("Prospecting", "Engaging"),
        closed_at="close_date",
        owner="sales_agent",
        honest=("product", "sector", "office_location"),
        amount="list_price",
    ),
)

OTHER = (
    Layout(
        *("HubSpot", "Spanish", "ID de registro", "Fecha de creación", "Etapa del negocio"),
        accepted=("Cierre ganado",),
        rejected=("Cierre perdido",),
        undecided=("Cita programada", "Presentación programada", "Contrato enviado"),
        closed_at="Fecha de cierre",
        changed="Fecha de última modificación",
        owner="Propietario del negocio",
        sales=("Motivo de cierre perdido",),
        honest=("Fuente original", "Sector", "Ciudad"),
        amount="Importe",
    ),
    Layout(
        *("Plain file", "Spanish", "Código", "Fecha de alta", "Estado"),
        accepted=("Aceptado",),
        rejected=("Rechazado", "Descartado"),
        undecided=("Pendiente", "En seguimiento"),
        changed="Última actualización",
        owner="Asesor",
        honest=("Origen", "Provincia", "Producto"),
        amount="Presupuesto",
    ),
    Layout(
        *("Zoho", "Spanish", "ID de registro", "Hora de creación", "Fase"),
        accepted=("Cerrado y ganado",),
        rejected=("Cerrado y perdido",),
        undecided=("Calificación", "Propuesta/Cotización", "Negociación"),
        closed_at="Fecha de cierre",
        changed="Hora de modificación",
        owner="Propietario de trato",
        sales=("Motivo de pérdida", "Probabilidad (%)"),
        honest=("Fuente de posible cliente", "Tipo", "Ciudad"),
        amount="Importe",
    ),
    Layout(
        *("Pipedrive", "Portuguese", "Negócio - ID", "Negócio - Negócio criado em"),
        decision="Negócio - Status",
        accepted=("Ganho",),
        rejected=("Perdido",),
        undecided=("Aberto",),
        closed_at="Negócio - Fechado em",
        planned="Negócio - Data de fechamento esperada",
        changed="Negócio - Hora da atualização",
        owner="Negócio - Proprietário",
        sales=("Negócio - Motivo da perda",),
        honest=("Negócio - Canal", "Organização - Setor", "Organização - Cidade"),
        amount="Negócio - Valor",
    ),
    Layout(
        *("RD Station", "Portuguese", "Código", "Data de criação", "Etapa"),
        accepted=("Venda ganha",),
        rejected=("Venda perdida",),
        undecided=("Sem contato", "Em negociação", "Proposta enviada"),
        closed_at="Data de fechamento",
        planned="Previsão de fechamento",
        owner="Responsável",
        sales=("Motivo de Perda",),
        honest=("Fonte", "Campanha", "Cidade"),
        amount="Valor único",
    ),
    Layout(
        *("HubSpot", "French", "ID de l'enregistrement", "Date de création"),
        decision="Phase de la transaction",
        accepted=("Fermée gagnée",),
        rejected=("Fermée perdue",),
        undecided=("Rendez-vous planifié", "Présentation planifiée", "Contrat envoyé"),
        closed_at="Date de fermeture",
        changed="Date de dernière modification",
        owner="Propriétaire de la transaction",
        sales=("Raison de la perte",),
        honest=("Source d'origine", "Secteur", "Ville"),
        amount="Montant",
    ),
    Layout(
        *("Plain file", "French", "Identifiant", "Créé le", "Statut"),
        accepted=("Converti",),
        rejected=("Non qualifié", "Refusé"),
        undecided=("Nouveau", "En attente", "Contacté"),
        closed_at="Clôturé le",
        planned="Prochaine relance",
        owner="Commercial",
        honest=("Source", "Région", "Produit"),
        amount="Montant estimé",
    ),
    Layout(
        *("HubSpot", "German", "Datensatz-ID", "Erstellungsdatum", "Deal-Phase"),
        accepted=("Abgeschlossen und gewonnen",),
        rejected=("Abgeschlossen und verloren",),
        undecided=("Termin vereinbart", "Präsentation geplant", "Vertrag gesendet"),
        closed_at="Abschlussdatum",
        changed="Datum der letzten Änderung",
        owner="Zuständiger Mitarbeiter für Deal",
        sales=("Grund für verlorenen Deal",),
        honest=("Originalquelle", "Branche", "Stadt"),
        amount="Betrag",
    ),
    Layout(
        *("Dynamics", "German", "Verkaufschancennummer", "Erstellt am", "Status"),
        accepted=("Gewonnen",),
        rejected=("Verloren",),
        undecided=("Offen",),
        closed_at="Tatsächliches Abschlussdatum",
        planned="Voraussichtliches Abschlussdatum",
        changed="Geändert am",
        owner="Besitzer",
        sales=("Wahrscheinlichkeit",),
        honest=("Quelle", "Branche", "Ort"),
        amount="Budget",
    ),
    Layout(
        *("Plain file", "German", "Kundennummer", "Eingangsdatum", "Leadstatus"),
        accepted=("Akzeptiert",),
        rejected=("Abgelehnt", "Kein Interesse"),
        undecided=("Neu", "In Bearbeitung"),
        changed="Letzte Änderung",
        owner="Vertriebsmitarbeiter",
        honest=("Herkunft", "Branche", "Bundesland"),
        amount="Umsatz",
    ),
    Layout(
        *("Pipedrive", "Italian", "Affare - ID", "Affare - Affare creato", "Affare - Stato"),
        accepted=("Vinto",),
        rejected=("Perso",),
        undecided=("Aperto",),
        closed_at="Affare - Affare chiuso il",
        planned="Affare - Data di chiusura prevista",
        changed="Affare - Ora aggiornamento",
        owner="Affare - Proprietario",
        sales=("Affare - Motivo della perdita",),
        honest=("Affare - Canale", "Organizzazione - Settore", "Organizzazione - Città"),
        amount="Affare - Valore",
    ),
    Layout(
        *("Plain file", "Italian", "Codice", "Data creazione", "Esito"),
        accepted=("Accettato",),
        rejected=("Rifiutato", "Non interessato"),
        undecided=("Da contattare", "In lavorazione"),
        closed_at="Data chiusura",
        owner="Agente",
        honest=("Fonte", "Regione", "Prodotto"),
        amount="Importo",
    ),
    Layout(
        *("Bitrix24 deals", "Russian", "ID", "Дата создания", "Стадия сделки"),
        accepted=("Сделка успешна",),
        rejected=("Сделка провалена", "Анализ причины провала"),
        undecided=("Новая", "Подготовка документов", "В работе"),
        closed_at="Дата завершения",
        planned="Предполагаемая дата закрытия",
        changed="Дата изменения",
        owner="Ответственный",
        honest=("Источник", "Тип", "Город"),
        amount="Сумма",
    ),
    Layout(
        *("Bitrix24 leads", "Russian", "ID", "Дата создания", "Статус"),
        accepted=("Качественный лид",),
        rejected=("Некачественный лид",),
        undecided=("Не обработан", "В работе", "Обработан"),
        changed="Дата изменения",
        owner="Ответственный",
        honest=("Источник", "Сфера деятельности", "Город"),
        amount="Сумма",
    ),
    Layout(
        *("amoCRM", "Russian", "ID", "Дата создания сделки", "Этап сделки"),
        accepted=("Успешно реализовано",),
        rejected=("Закрыто и не реализовано",),
        undecided=("Первичный контакт", "Переговоры", "Принимают решение"),
        closed_at="Дата закрытия",
        changed="Дата редактирования",
        owner="Ответственный",
        honest=("Источник", "Отрасль", "Город"),
        amount="Бюджет",
    ),
)


def _campaign(
    language: str, decision: str, pair: tuple[str, str], *questions: str, at: str = "Date"
) -> Layout:
    """Return the layout of a campaign file: an answer with two values, and other questions."""
    return Layout(
        *("Campaign", language, "ID", at, decision),
        accepted=pair[:1],
        rejected=pair[1:],
        undecided=(),
        honest=("Channel", "Group", "Town"),
        amount="Income",
        questions=questions,
    )


CAMPAIGNS = (
    _campaign("English", "Response", ("1", "0"), "AcceptedCmp1", "AcceptedCmp2", "Complain"),
    _campaign("English", "y", ("yes", "no"), "default", "housing", "loan"),
    _campaign("English", "engaged", ("1", "0"), at="contact_date"),
    _campaign("English", "target", ("1", "0"), "has_children", "weekend"),
    _campaign("English", "Converted", ("TRUE", "FALSE"), "Do Not Email", "Do Not Call"),
    _campaign("English", "purchased", ("Yes", "No"), "Newsletter", at="signup_date"),
    _campaign("English", "Is_Subscribed", ("Y", "N"), "Partner", at="registered_at"),
    _campaign("English", "conversion", ("1", "0"), "treatment", "visit", at="timestamp"),
    _campaign("English", "Outcome", ("Successful", "Unsuccessful"), at="Call date"),
    _campaign("English", "Sale", ("Sold", "Not sold"), at="Date of enquiry"),
    _campaign("English", "Opportunity Result", ("Won", "Loss"), at="Opened"),
    _campaign("English", "sql_accepted", ("t", "f"), "opt_out", at="mql_at"),
    _campaign("Spanish", "Compró", ("Sí", "No"), "Tiene hijos", at="Fecha de contacto"),
    _campaign("Spanish", "Convertido", ("S", "N"), "Acepta publicidad", at="Fecha"),
    _campaign("Spanish", "Respuesta", ("1", "0"), "Moroso", at="Fecha de registro"),
    _campaign("Portuguese", "Comprou", ("Sim", "Não"), "Tem filhos", at="Data de cadastro"),
    _campaign("Portuguese", "Resposta", ("1", "0"), "Inadimplente", at="Data do contato"),
    _campaign("French", "Réponse", ("Oui", "Non"), "Enfants", at="Date de contact"),
    _campaign("French", "Converti", ("Vrai", "Faux"), "Propriétaire de maison", at="Inscrit le"),
    _campaign("German", "Gekauft", ("Ja", "Nein"), "Kinder", at="Anmeldedatum"),
    _campaign("German", "Reaktion", ("ja", "nein"), "Werbesperre", at="Kontaktdatum"),
    _campaign("Italian", "Acquistato", ("Sì", "No"), "Figli", at="Data di contatto"),
    _campaign("Italian", "Risposta", ("Vero", "Falso"), "Moroso", at="Data"),
    _campaign("Russian", "Купил", ("Да", "Нет"), "Дети", at="Дата контакта"),
    _campaign("Russian", "Отклик", ("да", "нет"), "Рассылка", at="Дата регистрации"),
)

LAYOUTS = (*ENGLISH, *OTHER)
