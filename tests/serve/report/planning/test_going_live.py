"""What a new model changes for the waiting leads: counts that agree, and nobody named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from features.language import language
from features.settings.schema import CapacitySettings
from models.reasons.bands import find_bands
from models.training import train_model
from serve.report.planning.going_live import find_waiting, preview_scores
from serve.scoring.changes import show_scores
from tests.serve.report.conftest import Company


@pytest.fixture(scope="module")
def preview(company: Company) -> dict[str, Any]:
    """What a model of all answers until now changes."""
    tables = company.tables
    room = CapacitySettings(by="Country", leads_per_week=4)
    tables = replace(tables, settings=tables.settings.model_copy(update={"capacity": room}))
    new = train_model(tables, company.labels, progress=lambda _: None).bundle
    found = preview_scores(company.bundle, tables, new, tables, language("en"))
    assert found is not None
    return found


def test_every_waiting_lead_stands_in_one_band_before_and_after(
    company: Company, preview: dict[str, Any]
) -> None:
    bands, waiting = preview["bands"], preview["waiting"]
    assert waiting == len(find_waiting(company.tables)) > 0
    assert sum(band["before"] for band in bands) == sum(band["after"] for band in bands) == waiting
    moves = np.array([band["goes_to"] for band in bands])
    assert moves.sum(axis=1).tolist() == [band["before"] for band in bands]
    assert moves.sum(axis=0).tolist() == [band["after"] for band in bands]
    assert np.tril(moves, -1).sum() == preview["up"]
    assert np.triu(moves, 1).sum() == preview["down"]


def test_the_scores_before_are_those_of_the_report(
    company: Company, preview: dict[str, Any]
) -> None:
    rows = find_waiting(company.tables)
    scores = show_scores(company.scored.hand_overs.loc[rows, "probability"])
    places = find_bands(scores, company.tables.settings.bands)
    assert np.bincount(places, minlength=4).tolist() == [b["before"] for b in preview["bands"]]


def test_teams_stand_beside_their_capacity(company: Company, preview: dict[str, Any]) -> None:
    country = company.tables.attributes.loc[find_waiting(company.tables), "Country"]
    for owner in preview["owners"]:
        mine = (country.str.casefold() == owner["name"].casefold()).sum()
        assert sum(owner["before"]) == sum(owner["after"]) == mine
        assert owner["capacity"] == 4


def test_nobody_is_named(company: Company, preview: dict[str, Any]) -> None:
    ids = company.tables.episodes["lead_id"].dropna().unique()
    text = str(preview)
    assert preview["movers"]
    assert not any(str(lead) in text for lead in ids)


def test_the_note_has_five_sentences_in_each_language(preview: dict[str, Any]) -> None:
    assert set(preview["note"]) == {"en", "es"}
    for note in preview["note"].values():
        assert note.count(". ") == 4 and note.endswith(".")
    assert preview["note"]["en"].startswith("From the next scoring on")


def test_without_waiting_leads_there_is_nothing_to_say(company: Company) -> None:
    answered = company.tables.episodes.assign(decision="accepted")
    tables = replace(company.tables, episodes=answered)
    assert preview_scores(company.bundle, tables, company.bundle, tables, language("en")) is None
