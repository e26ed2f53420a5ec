"""The leads as data: every number of the report is in it, to the last shown place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from serve.report.html.lead_data import (
    MAX_STEPS,
    NEAR,
    NEVER_SCORED,
    NO_SCORE,
    SMALLEST_STEP,
    pack_leads,
)
from serve.report.html.packing import write_json
from tests.serve.report.html.test_packing import read_lists, read_numbers, read_texts
from tests.serve.report.reports import make_reports

REPORTS = make_reports(80)


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    return pack_leads(REPORTS)


def split(values: list[Any], counts: dict[str, Any]) -> list[list[Any]]:
    """Part a flat column by lead."""
    ends = np.cumsum(read_numbers(counts), dtype=int)
    return [list(part) for part in np.split(np.array(values, dtype=object), ends)[:-1]]


def read_days(packed: dict[str, Any]) -> list[int | None]:
    return [None if day == packed["none"] else day for day in read_numbers(packed)]


def test_scores_and_days_are_those_of_the_report(data: dict[str, Any]) -> None:
    frame = REPORTS[0].leads.frame
    assert read_numbers(data["score"]) == frame["score"].tolist()
    before = read_numbers(data["before"])
    assert [None if pd.isna(score) else score for score in frame["score_before"]] == [
        None if score < 0 else score for score in before
    ]
    lost = [score == NEVER_SCORED for score in before]
    assert lost == (frame["score_before"].isna() & frame["learned"]).tolist() and any(lost)
    assert any(score == NO_SCORE for score in before) and any(score >= 0 for score in before)
    for name in ("probability", "low", "high"):
        assert read_numbers(data[name]) == pytest.approx(1000 * frame[name], abs=0.51)
    for name, packed in (("handed_over_at", "handed_over"), ("decided_at", "decided")):
        days = [
            None if pd.isna(moment) else (moment.normalize() - pd.Timestamp(0)).days
            for moment in frame[name]
        ]
        assert read_days(data[packed]) == days
    assert read_texts(data["decision"], 0) == frame["decision"].tolist()
    assert read_texts(data["reason"], 0) == [text or "" for text in frame["reason"]]


@pytest.mark.parametrize("language", [0, 1])
def test_words_are_those_of_each_language(data: dict[str, Any], language: int) -> None:
    leads = REPORTS[language].leads
    reasons = [list(map(list, lists)) for lists in (leads.reasons_for, leads.reasons_against)]
    assert read_lists(data["reasons"], language) == reasons
    assert read_lists(data["missing"], language) == [list(map(list, leads.missing))]
    for field in data["fields"]:
        assert read_texts(field, language) == leads.fields[field["key"]].tolist()
        assert field["labels"][language] == leads.field_labels[field["key"]]
    assert data["topics"][language] == list(leads.topics)


def test_steps_are_the_strongest_and_what_is_left_out_is_small(data: dict[str, Any]) -> None:
    leads = REPORTS[0].leads
    topics = split(read_numbers(data["steps"]["topic"]), data["steps"]["counts"])
    points = split(read_numbers(data["steps"]["points"]), data["steps"]["counts"])
    for i, (about, moved) in enumerate(zip(topics, points, strict=True)):
        ranked = sorted(range(leads.steps.shape[1]), key=lambda k: -abs(leads.steps[i, k]))
        kept = [k for k in ranked[:MAX_STEPS] if abs(leads.steps[i, k]) >= SMALLEST_STEP]
        assert about == kept
        assert moved == pytest.approx(1000 * leads.steps[i, kept], abs=0.51)


def test_what_leads_did_and_whom_they_are_like_comes_back(data: dict[str, Any]) -> None:
    leads = REPORTS[0].leads
    days = split(read_numbers(data["events"]["days"]), data["events"]["counts"])
    kinds = split(read_numbers(data["events"]["type"]), data["events"]["counts"])
    for told, when, what in zip(leads.events, days, kinds, strict=True):
        assert what == [kind for _, kind in told]
        assert [code / 10 if code < NEAR else code - NEAR + 10 for code in when] == pytest.approx(
            [day if day < 9.95 else round(day) for day, _ in told], abs=0.051
        )
    assert read_numbers(data["events"]["more"]) == leads.events_more.tolist()
    similar = split(read_numbers(data["similar"]["place"]), data["similar"]["counts"])
    titles = read_texts(data["past"]["title"], 0)
    scores = read_numbers(data["past"]["score"])
    for named, row in zip(similar, leads.similar, strict=True):
        past = leads.past.iloc[[place for place in row if place >= 0]]
        assert [titles[place] for place in named] == past["title"].tolist()
        assert [scores[place] for place in named] == past["score"].tolist()


def test_only_so_many_leads_are_explained_and_all_are_listed(data: dict[str, Any]) -> None:
    leads = REPORTS[0].leads
    packed = pack_leads(REPORTS, most=20)
    places = read_numbers(packed["explained"])
    assert len(places) == 20
    for name in ("ids", "score", "decision", "fields", "handed_over"):
        assert packed[name] == data[name]
    assert read_lists(packed["reasons"], 0) == [
        [list(lists[place]) for place in places]
        for lists in (leads.reasons_for, leads.reasons_against)
    ]
    similar = read_numbers(packed["similar"]["place"])
    assert sorted(set(similar)) == list(range(len(read_texts(packed["past"]["title"], 0))))


@pytest.mark.parametrize("options", [{"timed": False}, {"bare": True}, {"hostile": True}])
def test_leads_without_times_or_words_can_be_packed(options: dict[str, bool]) -> None:
    for n in (0, 7):
        packed = pack_leads(make_reports(n, **options))
        assert packed["count"] == n
        assert "<" not in write_json(packed)


def test_what_the_languages_share_is_there_once(data: dict[str, Any]) -> None:
    assert len(data["shown"][0]["words"]) == 1
    alone, both = (pack_leads(some) for some in (REPORTS[:1], REPORTS))
    for name in ("ids", "score", "probability", "steps", "events", "similar"):
        assert both[name] == alone[name]
