"""The page: whole in both languages, safe with any text, and needing nothing from outside."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.language import Language, Phrase
from serve.card.store import CARDS, HTML
from serve.report.contents import Report
from serve.report.html.lead_data import pack_leads
from serve.report.html.packing import write_json
from serve.report.html.page import STILL_LEADS, name_language, render, render_body, show_lead
from serve.report.html.to_act_on import FRESH_DAYS, MOST_EXPLAINED, choose_within, is_within
from tests.serve.pages.test_rendering import HOSTILE, Page, luminance, read_part
from tests.serve.report.reports import LANGUAGES, age, begin, make_report, make_reports

REPORTS = make_reports(160)


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render(REPORTS))


def read(report: Report) -> Page:
    """What a browser would make of the part in one language."""
    return Page(render_body(report))


def with_summary(report: Report, **changes: Any) -> Report:
    """The report with parts of its summary changed, each merged into what was there."""
    summary = copy.deepcopy(dict(report.summary))
    for name, value in changes.items():
        summary[name] = summary[name] | value if isinstance(value, dict) else value
    return replace(report, summary=summary)


def elements(page: Page, *tags: str) -> Iterator[dict[str, str | None]]:
    yield from (attributes for tag, attributes in page.elements if tag in tags)


def test_nothing_is_loaded_and_nothing_can_be(page: Page) -> None:
    tags = {tag for tag, _ in page.elements}
    assert tags & set("img link base iframe object embed video audio source".split()) == set()
    for tag, attributes in page.elements:
        named = [name for name in attributes if name.startswith("on") or name in ("src", "style")]
        assert not named, tag
        assert (attributes.get("href") or "#").startswith("#"), attributes
    assert "url(" not in page.style
    assert "@import" not in page.style


def test_the_policy_forbids_all_but_the_pages_own_style_and_script(page: Page) -> None:
    (policy,) = [
        str(attributes["content"])
        for attributes in elements(page, "meta")
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]

    def name(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    program, data = page.scripts
    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src {name(program)}",
        f"style-src {name(page.style)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert json.loads(data)["leads"]["count"] == 160


def test_the_script_makes_no_markup_of_data_and_reaches_nothing() -> None:
    program = read_part("report/report.js")
    ways = (
        "innerHTML|outerHTML|insertAdjacent|document.write|eval|Function\\(|fetch|XMLHttp|import\\("
        "|WebSocket|sendBeacon|location.(href|assign|replace)|window.open|\\.src\\b"
    )
    assert re.findall(ways, program) == []


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_words_come_out_as_text(word: str) -> None:
    def fill(text: str) -> Report:
        leads = REPORTS[0].leads
        shown = leads.shown.map(lambda _: text)
        reasons = tuple((text,) * len(lines) for lines in leads.reasons_for)
        groups = tuple(
            replace(part, label=text, groups=tuple(replace(g, name=text) for g in part.groups))
            for part in REPORTS[0].groupings
        )
        return replace(
            with_summary(REPORTS[0], project=text),
            leads=replace(leads, shown=shown, reasons_for=reasons),
            groupings=groups,
        )

    hostile, harmless = (Page(render([fill(text)])) for text in (word, "word"))
    assert hostile.shape == harmless.shape
    assert " ".join(word.split()) in hostile.text
    assert (hostile.style, hostile.scripts[0]) == (harmless.style, harmless.scripts[0])


SMALL = make_report(6)
PLAIN = Page(render([with_summary(SMALL, project="word")])).shape


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1, max_size=30))
@settings(max_examples=10)
def test_no_text_changes_the_shape_of_the_page(word: str) -> None:
    assert Page(render([with_summary(SMALL, project=word)])).shape == PLAIN


def test_a_report_of_attacks_has_the_shape_of_a_harmless_one() -> None:
    hostile, harmless = (Page(render(make_reports(40, hostile=h))) for h in (True, False))
    assert hostile.shape == harmless.shape


@pytest.mark.parametrize("options", [{}, {"timed": False}, {"bare": True}])
@pytest.mark.parametrize("n", [0, 1, 60])
def test_no_value_is_missing_in_words(n: int, options: dict[str, bool]) -> None:
    for report in make_reports(n, **options):
        text = read(report).text
        assert re.findall(r"\b(nan|NaN|None(?! was|: every)|NaT|null|undefined)\b", text) == []


def test_both_languages_say_the_same_in_the_same_shape() -> None:
    english, spanish = (read(report) for report in REPORTS)

    def shape(page: Page) -> list[Any]:
        return [entry for entry in page.shape if entry[0] not in ("small", "br")]

    assert shape(english) == shape(spanish)


def test_spanish_has_no_english_left() -> None:
    english = "the of and was were accepted lead's handed probably between waiting sales".split()
    words = set(re.findall(r"[A-Za-z']+", read(make_report(80, code="es", bare=True)).text))
    assert words & set(english) == set()


def test_every_table_says_what_it_is_and_every_id_is_one(page: Page) -> None:
    tags = [tag for tag, _ in page.elements]
    assert tags.count("caption") == tags.count("table") > 10
    assert all(one.get("scope") in ("col", "row") for one in elements(page, "th"))
    assert tags.count("h1") == tags.count("main") == len(LANGUAGES)
    ids = [str(attributes["id"]) for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {str(attributes["href"])[1:] for attributes in elements(page, "a")}
    labels = {str(attributes["for"]) for attributes in elements(page, "label")}
    assert links | labels <= set(ids)
    controls = {str(one["id"]) for one in elements(page, "input", "select")}
    assert controls == labels


def test_the_page_holds_the_first_waiting_leads_for_paper() -> None:
    for n in (160, 400):
        report = make_report(n)
        waiting = int((report.leads.frame["decision"] == "waiting").sum())
        disputed = len(report.disagreements.rejected) + len(report.disagreements.accepted)
        articles = list(elements(read(report), "article"))
        assert len(articles) == min(waiting, STILL_LEADS) + disputed


def test_the_three_states_are_counted_where_they_are_known() -> None:
    report = make_report(160)
    waiting = np.flatnonzero(report.leads.frame["decision"] == "waiting")
    assert "The data do not say which of them sales has begun to work on." in render_body(report)
    known = render_body(begin(report, waiting[::3].tolist()))
    worked = len(waiting[::3])
    assert f"Not started: {len(waiting) - worked}; in progress: {worked}." in known
    listed = re.findall(r'aria-labelledby="en-lead-(\d+)"', known)
    fresh = is_within(report.leads.frame, FRESH_DAYS)
    untouched = [str(place) for place in waiting if place not in waiting[::3] and fresh[place]]
    assert listed == untouched[:STILL_LEADS]


def test_a_page_of_20000_leads_fits_into_a_mail() -> None:
    explained = MOST_EXPLAINED / 20_000
    small, large = (
        len(write_json(pack_leads(make_reports(n), most=int(n * explained))).encode())
        for n in (1_000, 2_000)
    )
    page = len(render(make_reports(1_000)).encode())
    each = (large - small) / 1_000
    assert page + 19_000 * each < 3_000_000


def test_the_list_begins_with_leads_that_have_not_gone_cold() -> None:
    report = make_report(160)
    frame = report.leads.frame
    waiting = np.flatnonzero(frame["decision"] == "waiting")
    today = frame.assign(handed_over_at=frame["handed_over_at"].max())
    assert choose_within(today) is None, "nothing is older"
    report = replace(report, leads=replace(report.leads, frame=today))
    cold = age(report, waiting[::2], days=400)
    assert choose_within(cold.leads.frame) == FRESH_DAYS
    body = render_body(cold)
    listed = re.findall(r'aria-labelledby="en-lead-(\d+)"', body)
    assert listed == [str(place) for place in waiting[1::2][:STILL_LEADS]]
    assert f"{len(waiting[1::2])} of them were handed over in the last 90 days" in body
    everyone = age(report, waiting, days=400)
    assert choose_within(everyone.leads.frame) is None, "all are older"
    assert choose_within(make_report(30, timed=False).leads.frame) is None


@pytest.mark.parametrize("skill", ["good", "weak", "none"])
@pytest.mark.parametrize("split", ["time", "order", "file", "shuffled"])
def test_every_verdict_and_every_kind_of_split_has_its_words(skill: str, split: str) -> None:
    timed = {} if split == "time" else {"start": None, "end": None, "test_from": None}
    text = read(with_summary(SMALL, state={"skill": skill, "split": split, **timed})).text
    assert ("These figures flatter the model." in text) is (split == "shuffled")
    assert ("cannot be told from chance. What was known" in text) is (skill == "none")
    assert ("set apart at random" in text) is (split == "shuffled")


def test_probabilities_that_mislead_are_named_before_the_figures() -> None:
    doubt = (Phrase("The probabilities are off: use them for the order, not as chances."),)
    text = read(with_summary(SMALL, state={"doubt": doubt})).text
    assert text.index("The probabilities are off") < text.index("Handed over")


def test_few_leads_come_with_a_word_of_caution() -> None:
    assert "rough figure" not in read(SMALL).text
    summary = copy.deepcopy(dict(SMALL.summary))
    for part in summary["calibration"]["examples"]:
        part["n"] = 12
    assert "12 leads; probably" in read(replace(SMALL, summary=summary)).text
    assert "few leads, so a rough figure" in read(replace(SMALL, summary=summary)).text


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: str(report.language))
def test_the_first_screen_has_seven_figures_and_ninety_words_at_most(report: Report) -> None:
    first = re.sub(r'aria-label="[^"]*"', "", render_body(report).split('<nav class="contents"')[0])
    words = re.findall(r"[^\W\d_]{2,}", re.sub(r"<[^>]*>|&nbsp;", " ", first))
    assert first.count('class="figure"') == 7
    assert len(words) <= 90


def test_the_month_stands_in_one_sentence_beside_the_month_before() -> None:
    def say(**changes: Any) -> str:
        funnel = tuple(
            replace(figure, **changes) if figure.key == "accepted" else figure
            for figure in SMALL.funnel
        )
        return read(replace(SMALL, funnel=funnel)).text

    assert "Sales accepted 44% of the leads it answered, less than the month before." in say()
    assert "answered, more than the month before." in say(side="above")
    assert "answered, about as the month before." in say(side="near")
    assert "Sales accepted 44% of the leads it answered. " in say(before=None)
    assert "Sales has answered none of these leads yet." in say(value=None)
    assert "aim 50%" in say()


def test_only_what_the_data_teams_part_says_is_jargon() -> None:
    jargon = re.compile(r"log-odds|log-loss|SHAP|Shapley|AUC|Brier|ECE|precision|recall", re.I)
    text = read(REPORTS[0]).text
    public, _, technical = text.partition("columns in question The recipe")
    assert jargon.findall(public) == []
    assert jargon.findall(technical)


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: str(report.language))
def test_the_data_teams_part_says_where_the_model_card_lies(report: Report) -> None:
    version = report.summary["version"]
    text = read(report).text
    assert f"{CARDS}/{version}/{HTML}" in text and f"leadaccord card {version}" in text


def test_a_part_of_all_leads_says_so_and_where_the_others_are() -> None:
    leads = replace(SMALL.leads, total=200_000)
    assert "Of 200,000 leads, this page holds the 6" in read(replace(SMALL, leads=leads)).text
    assert "this page holds" not in read(SMALL).text


def test_a_shown_lead_is_called_by_what_display_names() -> None:
    report = make_report(20)
    row = report.leads.frame.iloc[3]
    lead = show_lead(report, 3, Language("en"))
    assert lead["title"] == " · ".join(report.leads.shown.iloc[3])
    assert lead["id"] == row["lead_id"]
    bare = show_lead(make_report(20, bare=True), 3, Language("en"))
    assert (bare["title"], bare["id"], bare["facts"]) == (row["lead_id"], "", [])


def test_languages_are_called_as_their_speakers_call_them() -> None:
    assert [name_language(code) for code in LANGUAGES] == ["English", "Español"]


def test_colours_stand_out_from_their_ground_in_light_dark_and_print() -> None:
    style = read_part("report.css") + read_part("report/page.css")
    grounds = [
        dict(re.findall(r"--(\w+):\s*(#\w+)", s)) for s in re.findall(r":root \{([^}]*)\}", style)
    ]
    base, more = grounds[:3], grounds[3:]
    assert len(more) == 3
    for ground, own in zip(base, more, strict=True):
        for paper in (ground["paper"], ground["card"]):
            for name, least in (("edge", 3.0), ("down", 4.5)):
                low, high = sorted((luminance(paper), luminance(own[name])))
                assert (high + 0.05) / (low + 0.05) >= least, (paper, name)
