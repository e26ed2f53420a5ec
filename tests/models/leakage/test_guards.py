"""Leaks: what knows the answer is quarantined or asked about; what is honest is left alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.contract.tables import read_tables
from features.labels import label_leads
from features.language import Phrase, language
from features.settings.load import load_settings
from models.evaluation.split import split_leads
from models.leakage.guards import ASK_AUC, find_by_name, find_by_time, find_leaks, suspect_dominant
from tests.tables import START, make_settings, make_tables


def say(phrase: Phrase) -> str:
    """The phrase in English."""
    return language("en").phrase(phrase)


def test_columns_a_crm_writes_after_hand_over_are_known_by_name() -> None:
    names = ["IsConverted", "LastActivityDate", "Status", "Industry"]
    attributes = pd.DataFrame({name: ["a", None] * 10 for name in names})
    bare = find_by_name(make_tables(attributes, decision_columns={"sdr_id": 7}))
    assert {suspect.column for suspect in bare} == {"IsConverted", "LastActivityDate", "sdr_id"}
    assert {suspect.action for suspect in bare} == {"quarantined"}
    assert {suspect.column: suspect.leads for suspect in bare}["IsConverted"] == 10
    salesforce = make_settings(leads={"preset": "salesforce"}, trust=("IsConverted",))
    named = find_by_name(make_tables(attributes, settings=salesforce))
    assert {suspect.column for suspect in named} == {"LastActivityDate", "Status"}


def dates(late: int) -> pd.DataFrame:
    at = pd.Series(START + pd.to_timedelta(np.arange(100), unit="D"))
    shift = np.where(np.arange(100) < late, 1, -3)
    return pd.DataFrame({"met": at + pd.to_timedelta(shift, unit="D"), "size": 1.0})


def test_dates_after_hand_over_are_quarantined() -> None:
    tables = make_tables(dates(late=20))
    (suspect,) = find_by_time(tables, tables.episodes.index)
    assert (suspect.column, suspect.action, suspect.leads) == ("met", "quarantined", 20)
    assert say(suspect.evidence) == "dated after hand-over for 20 of the 100 leads that have it"


def test_dates_of_the_same_day_and_a_few_slips_are_no_leak() -> None:
    tables = make_tables(dates(late=4))
    assert find_by_time(tables, tables.episodes.index) == []
    same_day = tables.episodes["handed_over_at"] + pd.Timedelta(hours=10)
    tables = make_tables(pd.DataFrame({"met": same_day}))
    assert find_by_time(tables, tables.episodes.index) == []


def test_a_later_hour_of_the_day_of_hand_over_is_asked_about() -> None:
    def look(hours: np.ndarray, **columns: pd.Series) -> list[tuple[str, int]]:
        tables = make_tables(pd.DataFrame({"met": [0.0] * len(hours)}))
        at = columns.get("at", tables.episodes["handed_over_at"])
        met = tables.episodes["handed_over_at"] + pd.to_timedelta(hours, unit="h")
        tables = make_tables(
            pd.DataFrame({"met": met}), episodes=tables.episodes.assign(handed_over_at=at)
        )
        return [(s.action, s.leads) for s in find_by_time(tables, tables.episodes.index)]

    spread = np.linspace(0.5, 14.5, 100)
    assert look(spread) == [("ask", 100)]
    assert look(-spread / 2) == []
    assert look(np.where(np.arange(100) < 4, spread, -spread / 2)) == []
    days = (START.normalize() + pd.Series(pd.to_timedelta(np.arange(100), unit="D"))).rename("at")
    assert look(spread, at=days) == [], "a day without an hour comes before all its hours"


def test_dates_the_settings_speak_of_or_cannot_be_compared_are_left_alone() -> None:
    for keys in ({"trust": ("met",)}, {"exclude": ("met",)}):
        tables = make_tables(dates(late=50), settings=make_settings(**keys))
        assert find_by_time(tables, tables.episodes.index) == []
    tables = make_tables(dates(late=50), order="file")
    assert find_by_time(tables, tables.episodes.index) == []


def test_what_carries_most_of_the_skill_is_asked_about() -> None:
    alone = {"duration": 0.81, "second": 0.74, "weak": ASK_AUC - 0.01, "known": 0.85}
    found = suspect_dominant(alone, model_auc=0.88, leads=500, known=["known"])
    assert [(s.column, s.action, s.leads, s.auc) for s in found] == [("duration", "ask", 500, 0.81)]
    assert "AUC of 0.81, the whole model with 0.88" in say(found[0].evidence)
    assert "AUC de 0.81" in language("es").phrase(found[0].evidence)
    assert suspect_dominant({"a": 0.75}, model_auc=0.5, leads=5, known=[])[0].column == "a"


def find_in_real_data(
    folder: Path, tmp_path: Path, settings_text: str
) -> tuple[dict[str, str], dict[str, float]]:
    """Run the three guards on the older leads of a real export; nothing is excluded."""
    file = tmp_path / "leadaccord.toml"
    file.write_text(settings_text.format(folder=folder.as_posix()))
    tables = read_tables(load_settings(file))
    labels = label_leads(
        tables.episodes,
        decision=tables.settings.decision,
        as_of=tables.as_of,
        timed=tables.timed,
    )
    split = split_leads(tables.episodes, labels.used, order=tables.order, test_share=0.25, seed=20)
    suspects, alone = find_leaks(tables, split.train, labels.accepted, labels)
    return {suspect.column: suspect.action for suspect in suspects}, alone


@pytest.mark.real
def test_what_sales_filled_in_at_x_education_is_quarantined(
    real_data: Path, tmp_path: Path
) -> None:
    found, alone = find_in_real_data(
        real_data,
        tmp_path,
        """
        tables.leads = "{folder}/xeducation_leads.csv"
        leads = {{ id = "Prospect ID", order = "Lead Number", missing = ["Select"] }}
        decision = {{ column = "Converted", accepted = [1], rejected = [0] }}
        """,
    )
    quarantined = {column for column, action in found.items() if action == "quarantined"}
    assert quarantined == {
        "Tags",
        "Lead Quality",
        "Lead Profile",
        "Last Activity",
        "Last Notable Activity",
    }
    assert "Total Time Spent on Website" not in found
    assert alone["Total Time Spent on Website"] > 0.7


@pytest.mark.real
def test_the_length_of_the_call_is_asked_about_at_the_bank(real_data: Path, tmp_path: Path) -> None:
    found, alone = find_in_real_data(
        real_data,
        tmp_path,
        """
        tables.leads = "{folder}/bank_additional_full.csv"
        leads.order = "file"
        decision = {{ column = "y", accepted = ["yes"], rejected = ["no"] }}
        """,
    )
    assert found == {}
    asked = suspect_dominant(alone, model_auc=0.93, leads=30_000, known=[])
    assert [suspect.column for suspect in asked] == ["duration"]


@pytest.mark.real
def test_nothing_of_the_deals_is_learned_from_at_olist(real_data: Path, tmp_path: Path) -> None:
    found, _ = find_in_real_data(
        real_data,
        tmp_path,
        """
        tables.leads = "{folder}/olist_marketing_qualified_leads_dataset.csv"
        tables.decisions = "{folder}/olist_closed_deals_dataset.csv"
        leads = {{ id = "mql_id", handed_over_at = "first_contact_date" }}
        [decision]
        id = "mql_id"
        present_means = "accepted"
        decided_at = "won_date"
        matured_after_days = 90
        """,
    )
    assert len(found) == 13 and set(found.values()) == {"quarantined"}
    assert not {"landing_page_id", "origin"} & set(found)
