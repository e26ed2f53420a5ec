"""Roles of dates: creation, hand-over, answer, plan and last change, in seven languages."""

from __future__ import annotations

import pytest

from features.crm.time_roles import find_time_role, is_late, names_a_time

NAMES = {
    "created": """Create Date|CreatedDate|createdon|createdate|DATE_CREATE|add_time|engage_date|
        Deal - Deal created|Fecha de creación|Data de criação|Date de création|Créé le|Erstellt am|
        Data creazione|Creato il|Дата создания|Создано|Data de cadastro|Anmeldedatum""",
    "hand_over": """MQL_Date__c|Became a Marketing Qualified Lead Date|Assigned date|Fecha entrega|
        Date entered "Marketing Qualified Lead"|hs_v2_date_entered_marketingqualifiedlead|
        Handover date|Fecha de asignación|Data de atribuição|Date d'attribution|Übergabedatum|
        Zuweisungsdatum|Data assegnazione|Дата передачи""",
    "decided": """Close Date|CloseDate|closedate|close_at|Closing Date|won_time|actualclosedate|
        Converted Date|Fecha de cierre|Data de fechamento|Date de clôture|Abschlussdatum|
        Geschlossen am|Data chiusura|Дата закрытия|date_closed|Decision date|Responded at""",
    "planned": """Expected Close Date|estimatedclosedate|date_deadline|Next activity date|
        Fecha de cierre prevista|Data prevista de fechamento|Date de clôture prévue|
        Voraussichtliches Abschlussdatum|Data chiusura prevista|Предполагаемая дата закрытия""",
    "changed": """Last Modified Date|SystemModstamp|modifiedon|hs_lastmodifieddate|write_date|
        Last Activity Date|Última modificación|Última atualização|Dernière modification|
        Geändert am|Letzte Änderung|Ultima modifica|Дата изменения|hubspot_owner_assigneddate""",
    "other_time": "Birth date|Fecha de nacimiento|Geburtsdatum|Date de naissance|Дата рождения",
    "date": "Date|Fecha|Data|Datum|Дата|Dt_Customer|timestamp",
}


@pytest.mark.parametrize(
    ("name", "role"),
    [(name.strip(), role) for role, names in NAMES.items() for name in names.split("|")],
)
def test_a_date_is_known_by_its_name(name: str, role: str) -> None:
    assert find_time_role(name) == role
    assert is_late(name) == (role in ("decided", "planned", "changed"))


def test_a_name_that_says_nothing_has_no_role() -> None:
    assert find_time_role("x7") == ""
    assert not names_a_time("Industry") and not names_a_time("Created by")
    assert names_a_time("Created") and names_a_time("Fecha de cierre")
    assert names_a_time("Expected Closing") and names_a_time("Letzte Änderung")
    assert not names_a_time("Closed") and not names_a_time("Converted")
