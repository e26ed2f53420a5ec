"""Names of columns, values and activities: the project's, else the language's, else the CRM's."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import SettingsError
from features.language import Language, language
from features.naming import KNOWN, name_activity, name_column, name_gaps, name_value, readable
from features.settings.load import load_settings
from features.settings.schema import Settings

LABELS = """
[tables]
leads = "leads.csv"
[decision]
column = "Status"
accepted = ["yes"]
rejected = ["no"]
[labels.columns]
LeadSource = { en = "Source", es = "Fuente" }
Fit__c = "Fit"
[labels.activities]
demo_request = { en = "asked for a demo" }
[labels.values.LeadSource]
Web = { es = "P\u00e1gina web" }
"""


def load(folder: Path, text: str) -> Settings:
    path = folder / "leadaccord.toml"
    path.write_text(text, "utf-8")
    return load_settings(path)


def test_the_project_names_come_first(tmp_path: Path) -> None:
    settings = load(tmp_path, LABELS)
    english, spanish = settings.words("en"), settings.words("es")
    assert settings.words().code == "en"
    assert name_column("LeadSource", english) == "Source"
    # A model keeps names made readable; both find the label.
    assert name_column("Lead Source", spanish) == "Fuente"
    assert name_column("Fit__c", english) == name_column("Fit__c", spanish) == "Fit"
    assert name_activity("demo_request", english) == "asked for a demo"
    assert name_activity("demo request", spanish) == "solicitud de demo"
    assert name_value("LeadSource", "Web", spanish) == "P\u00e1gina web"
    assert name_value("LeadSource", "Web", english) == "Web"
    assert name_value("Industry", "Web", spanish) == "Web"


def test_what_nobody_named_stays_as_the_crm_has_it() -> None:
    spanish = language("es")
    assert name_column("Coverage_Area__c", spanish) == "Coverage Area"
    assert name_activity("trade-show_scan", spanish) == "trade show scan"
    assert name_gaps({"column": "Industry", "days": 7}, spanish) == {"column": "Sector", "days": 7}


def test_english_names_are_the_crms_own() -> None:
    english = Language("en")
    for name in ("LeadSource", "industry", "jobtitle", "E-Mail", "NumberOfEmployees"):
        assert name_column(name, english) == readable(name)


@pytest.mark.parametrize("kind", KNOWN)
def test_every_known_name_has_another_in_spanish(kind: str) -> None:
    spanish = language("es")
    same = [name for name in KNOWN[kind].values() if spanish.text(name) == name]
    assert same in ([], ["chat"])


@pytest.mark.parametrize(
    "label",
    ['{ fr = "Origine" }', "7", '""', "{ es = 7 }"],
    ids=["another language", "a number", "empty", "a number in a language"],
)
def test_a_label_that_is_none_is_refused_in_words(tmp_path: Path, label: str) -> None:
    text = LABELS.replace('{ en = "Source", es = "Fuente" }', label)
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, text)
    shown = str(refused.value)
    assert "labels" in shown and "columns" in shown
    assert "one for each language" in shown or "text in quotes" in shown
