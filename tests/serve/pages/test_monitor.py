"""What the page of monitoring says: plain types, all of it, and nothing a reader cannot use."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import pandas as pd
import pytest

from features.labels import label_leads
from features.language import Language
from models.artifact.bundle import ModelBundle
from models.monitoring.monitor import MonitoringResult, monitor_model
from models.monitoring.status import COLOURS
from serve.pages.monitor import (
    AREAS,
    COLOUR_WORDS,
    FIGURES,
    MEANINGS,
    choose_features,
    summarise_monitoring,
)
from tests.serve.conftest import Project


def look(project: Project) -> MonitoringResult:
    """Watch the newest third of the hostile project."""
    tables = project.tables
    labels = label_leads(
        tables.episodes,
        decision=tables.settings.decision,
        as_of=tables.as_of,
        now=tables.now,
    )
    since = tables.episodes["handed_over_at"].quantile(0.7)
    return monitor_model(project.bundle, tables, labels, since=pd.Timestamp(since))


@pytest.fixture(scope="module")
def watched(project: Project) -> MonitoringResult:
    return look(project)


@cache
def words(code: str) -> Language:
    return Language(code)


def summarise(watched: MonitoringResult, bundle: ModelBundle, code: str = "en") -> dict[str, Any]:
    return summarise_monitoring(watched, bundle, language=words(code))


def test_it_is_json_and_reads_back_the_same(project: Project, watched: MonitoringResult) -> None:
    summary = summarise(watched, project.bundle)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_every_area_has_a_light_a_name_and_a_question(
    project: Project, watched: MonitoringResult
) -> None:
    summary = summarise(watched, project.bundle)
    assert [light["area"] for light in summary["lights"]] == list(AREAS) == list(MEANINGS)
    assert all(light["because"] for light in summary["lights"])
    assert set(COLOUR_WORDS) == set(COLOURS)
    assert [row["figure"] for row in summary["performance"]] == list(FIGURES)
    assert summary["alert"] == ("red" in {light["colour"] for light in summary["lights"]})


def test_shares_add_up(project: Project, watched: MonitoringResult) -> None:
    summary = summarise(watched, project.bundle)
    for part in (summary["scores"]["bands"], summary["scores"]["grades"]):
        for key in ("before", "now"):
            assert sum(row[key] for row in part) == pytest.approx(1)
    sources = summary["volume"]["sources"]
    assert sum(one["leads"] for one in sources) == summary["leads"]
    assert sum(one["leads"] for one in summary["weeks"]) == summary["leads"]
    bands = [(band["from"], band["to"]) for band in summary["scores"]["bands"]]
    assert bands[0] == (0, 9)
    assert bands[-1] == (90, 100)


def test_what_stands_out_is_always_shown(watched: MonitoringResult) -> None:
    loud = [replace(one, colour="red") for one in watched.features]
    assert choose_features(loud) == sorted(loud, key=lambda one: -one.excess)
    calm = [replace(one, colour="green") for one in watched.features]
    assert len(choose_features(calm)) == min(12, len(calm))
    one_loud = [*calm[:-1], replace(calm[-1], colour="amber")]
    assert choose_features(one_loud)[0].colour == "amber"


def test_sentences_are_in_the_readers_language(project: Project, watched: MonitoringResult) -> None:
    english, spanish = (summarise(watched, project.bundle, code) for code in ("en", "es"))
    assert english["lights"][0]["because"] != spanish["lights"][0]["because"]
    assert english["decisions"][0]["group"] == "all leads"
    assert spanish["decisions"][0]["group"] == "todos los leads"


def test_no_personal_field_and_no_lead_is_named(
    project: Project, watched: MonitoringResult
) -> None:
    text = json.dumps(summarise(watched, project.bundle))
    assert "+34 600" not in text
    for lead in project.tables.episodes["lead_id"].sample(50, random_state=1):
        assert f'"{lead}"' not in text
