"""The words of decisions: a no is never taken for a yes."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.crm.presets import PRESETS
from features.proposal.decision_words import sort_values
from features.settings.schema import DecisionSettings

MEANINGS = ("accepted", "rejected", "recycled", "undecided", "unsure")


def meaning(value: object) -> str:
    (found,) = [name for name, values in sort_values(pd.Series([value])).items() if values]
    return found


@pytest.mark.parametrize(
    ("closed", "lost", "open_"),
    [
        ("FECHADO", "Perdido", "Aberto"),
        ("Closed", "Lost", "Open"),
        ("Geschlossen", "Verloren", "Offen"),
        ("Cerrado", "Perdido", "Abierto"),
    ],
)
def test_closed_is_won_only_where_the_lost_have_a_value_of_their_own(
    closed: str, lost: str, open_: str
) -> None:
    assert sort_values(pd.Series([closed, lost, open_]))["accepted"] == (closed,)
    assert sort_values(pd.Series([closed, open_]))["accepted"] == ()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("Negocio abierto|Negócio aberto|Transaction ouverte|Fechou|Cerró", "accepted"),
        ("Não fechou|Nao deu certo|Desistiu", "rejected"),
        ("Mal momento|Mau momento|Mauvais moment|Schlechter Zeitpunkt", "recycled"),
        ("Intento de contacto|Aguardando retorno|Proposta enviada|Conectado", "undecided"),
        ("Qualified|Accepted|Closed - Converted|Closed Won|yes|Y|1|true|sí|Customer", "accepted"),
        ("Sales Qualified|Open deal|OPEN_DEAL|Aceptado|Ganado|Calificado|Cualificado", "accepted"),
        ("Disqualified|Unqualified|Not qualified|Junk Lead|Lost|Closed Lost|no|0|F", "rejected"),
        ("Closed - Not Converted|Not accepted|not won|Never converted|NOT_QUALIFIED", "rejected"),
        ("No aceptado|No calificado|Descalificado|Rechazado|Perdido|No interesado", "rejected"),
        ("Recycled|Nurturing|Bad timing|BAD_TIMING|Try later|Reciclado", "recycled"),
        ("Open|New|Working - Contacted|Open - Not Contacted|Pendiente|Nuevo", "undecided"),
        ("Marketing Qualified|MQL|marketingqualifiedlead|Attempting|CONNECTED", "undecided"),
        ("Blue|Tier 3|42|Duplicate", "unsure"),
        ("Issued|Bound|Good|GOOD|Póliza emitida|Gut|Bon|Policiert|Accepted 👍", "accepted"),
        ("Not good!|No good|Not for us|No sirve|Nicht geeignet|Pas pour nous", "rejected"),
        ("Returned|Sent back|Devuelto|Devolvido|Zurückgegeben|Renvoyé|Возвращен", "recycled"),
        ("Handed to Sales|Stuck|Leads Entrantes", "undecided"),
    ],
)
def test_values_of_one_meaning(values: str, expected: str) -> None:
    assert {value: meaning(value) for value in values.split("|")} == dict.fromkeys(
        values.split("|"), expected
    )


def test_the_words_agree_with_what_the_crms_document() -> None:
    for preset in PRESETS.values():
        for names in preset.decisions:
            for expected in ("accepted", "rejected", "recycled", "undecided"):
                words = [v for v in getattr(names, expected) if not v.isdigit()]
                assert {word: meaning(word) for word in words} == dict.fromkeys(words, expected)


def test_what_a_crm_means_comes_before_what_words_seem_to_mean() -> None:
    known = DecisionSettings(accepted=("1",), rejected=("2",), undecided=("0", "Accepted?"))
    values = pd.Series([0, 1, 2, 1, 9]).astype(float)
    assert sort_values(values, known) == {
        "recycled": (),
        "rejected": ("2",),
        "accepted": ("1",),
        "undecided": ("0",),
        "unsure": ("9",),
    }


def test_native_types_are_written_as_the_settings_compare_them() -> None:
    assert sort_values(pd.Series([True, False]))["accepted"] == ("True",)
    assert sort_values(pd.Series([1.0, 0.0, None]))["rejected"] == ("0",)


@given(st.lists(st.text(max_size=12), max_size=20))
def test_every_value_is_sorted_once(values: list[str]) -> None:
    found = sort_values(pd.Series(values, dtype=object))
    assert set(found) == set(MEANINGS)
    listed = [value for group in found.values() for value in group]
    assert sorted(set(listed)) == sorted({v.strip() for v in values if v.strip()})
