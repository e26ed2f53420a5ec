"""The page of one lead: complete, harmless, and true to the explanation."""

from __future__ import annotations

import datetime as dt
import html
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from features.language import Phrase, language
from features.text import clean
from models.evaluation.probabilities import HEADS
from serve.pages.rendering import read_part
from serve.report.contents import Report
from serve.report.explanation import EarlierHandOver, LeadExplanation, explain_lead
from serve.report.html.explanation_page import (
    MAX_STEPS,
    TEMPLATE,
    list_events_by_day,
    list_steps,
    render_explanation,
)
from tests.serve.report.conftest import Company
from tests.serve.report.explanations import explanation_of, one

ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


class Elements(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def explanations(report: Report) -> list[LeadExplanation]:
    """Explanations of leads that waited, were accepted and rejected."""
    return [
        explanation_of(one(report.leads, place)) for place in range(0, len(report.leads.frame), 60)
    ]


@pytest.mark.parametrize("code", ["en", "es"])
def test_the_page_holds_all_of_the_explanation(
    explanations: list[LeadExplanation], code: str
) -> None:
    for explanation in explanations:
        text = html.unescape(Elements(render_explanation(explanation, language(code))).text)
        leads = explanation.leads
        row = leads.frame.iloc[0]
        assert row["lead_id"] in text and str(row["score"]) in text
        assert language(code).percent(row["low"]) in text
        sentences = [*leads.reasons_for[0], *leads.reasons_against[0], *leads.missing[0]]
        assert [said for said in sentences if said not in text] == []
        similar = leads.past.iloc[leads.similar[0][leads.similar[0] >= 0]]
        assert [title for title in similar["title"] if title not in text] == []
        shown = [value for value in leads.shown.iloc[0] if value]
        assert [value for value in shown if value not in text] == []


def test_a_doubt_about_the_probability_stands_beside_it(
    explanations: list[LeadExplanation],
) -> None:
    doubted = replace(explanations[0], doubt=(Phrase(HEADS["off"]),))
    text = Elements(render_explanation(doubted, language("es"))).text
    assert language("es").text(HEADS["off"]) in text
    assert language("es").text(HEADS["off"]) not in (
        Elements(render_explanation(explanations[0], language("es"))).text
    )


def test_it_loads_and_runs_nothing(explanations: list[LeadExplanation]) -> None:
    page = render_explanation(explanations[0], language("en"))
    elements = Elements(page)
    tags = {tag for tag, _ in elements.tags}
    assert not tags & {"script", "img", "link", "iframe", "object", "form", "a", "base"}
    attributes = {name for _, given in elements.tags for name in given}
    assert not {name for name in attributes if name.startswith("on")} | attributes & {
        "style",
        "href",
        "src",
    }
    (policy,) = [str(given["content"]) for tag, given in elements.tags if given.get("http-equiv")]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script" not in policy and "unsafe" not in policy
    assert "url(" not in page and "@import" not in page


def test_a_lead_of_attacks_is_text(report: Report) -> None:
    harmless = one(report.leads, 0)
    said = clean(ATTACK)
    hostile = replace(
        harmless,
        frame=harmless.frame.assign(lead_id=said, reason=said, decision="rejected"),
        shown=pd.DataFrame({said: [said]}),
        fields=pd.DataFrame({"source": [said]}),
        field_labels={"source": said},
        reasons_for=((said,),),
        reasons_against=((said,),),
        topics=(said,) * len(harmless.topics),
        event_types=(said,),
        events=(((1.5, 0),),),
        past=harmless.past.assign(title=said, reason=said),
        missing=((said,),),
    )
    own = set(re.findall(r"<([a-z0-9]+)", read_part(TEMPLATE))) | {"title", "style"}
    page = render_explanation(explanation_of(hostile, project=said), language("en"))
    elements = Elements(page)
    assert {tag for tag, _ in elements.tags} <= own - {"script", "img"}
    assert elements.text.count(said) >= 10
    named = explanation_of(hostile, project="{{ 77*77 }}{% include 'lead.css' %}")
    assert "{{ 77*77 }}{% include" in Elements(render_explanation(named, language("en"))).text


def test_steps_lead_from_the_average_to_the_lead(report: Report) -> None:
    for place in range(0, len(report.leads.frame), 37):
        leads = one(report.leads, place)
        steps = list(list_steps(leads, language("en")))
        assert 1 <= len(steps) <= MAX_STEPS + 1
        assert steps[0]["start"] == pytest.approx(leads.average)
        for before, after in pairwise(steps):
            assert after["start"] == before["end"]
        assert steps[-1]["end"] == pytest.approx(leads.frame["probability"][0], abs=1e-3)
        named = [step["label"] for step in steps if step["label"] in leads.topics]
        strongest = np.argsort(-np.abs(leads.steps[0]), kind="stable")[: len(named)]
        assert named == [leads.topics[i] for i in strongest]
        assert all(step["up"] == (step["end"] > step["start"]) for step in steps)


def test_the_story_goes_back_from_hand_over_and_counts_repeats(report: Report) -> None:
    leads = replace(
        one(report.leads, 0),
        event_types=("Visit", "Demo"),
        events=(((0.2, 0), (0.9, 0), (1.5, 1), (12.0, 0), (12.4, 1), (12.5, 0), (12.9, 0)),),
    )
    assert list(list_events_by_day(leads, language("en"))) == [
        ("less than a day before", ["Visit (2 times)"]),
        ("1 day before", ["Demo"]),
        ("12 days before", ["Visit (3 times)", "Demo"]),
    ]


def test_what_is_not_there_is_said(report: Report) -> None:
    leads = one(report.leads, 0)
    empty = replace(
        leads,
        frame=leads.frame.assign(
            handed_over_at=pd.NaT, decided_at=pd.NaT, reason=None, learned=True
        ),
        shown=pd.DataFrame(index=[0]),
        fields=pd.DataFrame(index=[0]),
        field_labels={},
        reasons_for=((),),
        reasons_against=((),),
        events=((),),
        similar=np.full((1, 5), -1),
        missing=((),),
        steps=np.zeros_like(leads.steps),
    )
    text = Elements(render_explanation(explanation_of(empty), language("en"))).text
    for words in (
        "Nothing that counts.",
        "Nothing is known of what it did.",
        "No answered lead is like it.",
        "Nothing that most records have.",
        "this score is no forecast",
    ):
        assert words in text
    assert re.search(r"\b(None|NaT|nan)\b", text) is None


def test_other_hand_overs_are_listed(report: Report) -> None:
    others = (
        EarlierHandOver(dt.date(2025, 5, 1), "recycled", 31),
        EarlierHandOver(None, "waiting", 77),
    )
    page = render_explanation(explanation_of(one(report.leads, 0), others=others), language("en"))
    text = Elements(page).text
    assert "Earlier hand-overs of this lead" in text
    assert "May 1, 2025" in text and "sent back to marketing" in text and "77" in text


def test_it_is_the_same_bytes_each_time(company: Company) -> None:
    lead = str(company.scored.hand_overs["lead_id"].iloc[-1])
    pages = {
        render_explanation(
            explain_lead(company.bundle, company.tables, company.labels, words, lead), words
        )
        for words in (language("en"), language("en"))
    }
    assert len(pages) == 1
