"""The card as a page and as Markdown: whole in both languages, safe, needing nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from features.language import language
from serve.card.page import render_html, render_text
from serve.card.provenance import Standing
from tests.serve.card.cards import (
    HOSTILE,
    VERSION,
    make_bundle,
    make_comparison,
    make_verdict,
    summarise,
)
from tests.serve.pages.test_rendering import Page

SECTIONS = ("use", "approval", "figures", "segments", "drivers", "data", "limits", "ethics")


def make_hostile(code: str) -> dict[str, Any]:
    """A card whose every text from outside is hostile."""
    share = {"value": 0.5, "low": 0.4, "high": 0.6}
    group = {"group": HOSTILE, "kind": "level", "n": 9, "accepted": share, "mean_predicted": 0.5}
    evidence = {
        "text": "by its name: written after hand-over ({crm})",
        "values": {"crm": HOSTILE},
    }
    suspect = {"column": HOSTILE, "action": "ask", "evidence": evidence}
    segments = {HOSTILE: [{**group, "auc": share}, {**group, "auc": None}]}
    bundle = make_bundle(segments=segments, leak_suspects=[suspect])
    return summarise(
        code,
        bundle=bundle,
        standing=Standing(in_use=False, approved_by=HOSTILE, approved_on="2026-03-04"),
        project=HOSTILE,
        owner=HOSTILE,
        set_aside=[HOSTILE],
        words={"accepted": [HOSTILE], "rejected": [HOSTILE]},
        verdict=make_verdict("on", HOSTILE),
        compared=make_comparison(HOSTILE),
        software={HOSTILE: HOSTILE},
    )


@pytest.mark.parametrize("code", ["en", "es"])
def test_the_page_runs_and_loads_nothing(code: str) -> None:
    html = render_html(make_hostile(code), language(code))
    page = Page(html)
    names = {name for name, _ in page.elements}
    assert not names & {"script", "img", "link", "iframe", "form", "object"}
    for _, attributes in page.elements:
        assert not set(attributes) & {"src", "onload", "onclick", "style"}
    assert "default-src 'none'" in html and HOSTILE in page.text


def test_every_section_is_there_and_named_in_the_list() -> None:
    page = Page(render_html(summarise(), language("en")))
    ids = {attributes.get("id") for _, attributes in page.elements}
    links = [a["href"] for name, a in page.elements if name == "a"]
    assert links == [f"#{name}" for name in SECTIONS]
    assert ids >= set(SECTIONS)


def test_figures_stand_with_their_intervals() -> None:
    bundle = make_bundle()
    page = Page(render_html(summarise(bundle=bundle), language("en")))
    auc = bundle.figures["judged"]["auc"]
    rows = {row[0]: row[1:] for row in page.rows if row}
    assert rows["AUC"][0] == f"{auc['value']:.3f}"
    assert rows["AUC"][1] == f"{auc['low']:.3f} to {auc['high']:.3f}"
    assert f"{VERSION} · in use when this was written" in page.text


@pytest.mark.parametrize("render", [render_html, render_text])
@pytest.mark.parametrize("code", ["en", "es"])
def test_both_forms_tell_the_same(render: Any, code: str) -> None:
    said = summarise(code, verdict=make_verdict("on", "why not"), compared=make_comparison())
    text = unescape(render(said, language(code)))
    words = language(code)
    for limit in (*said["limits"], *said["ethics"]):
        told = words.phrase(limit)
        assert any(form in text for form in (told, told.replace("[", "\\[").replace("]", "\\]")))
    assert words.text(said["approval"]["how"]) in text
    assert "mold" in text and "0123456789abcdef" in text and "Mitchell" in text
    assert "leadaccord card" in text and "hy not" in text


def test_markdown_shows_a_text_as_it_is() -> None:
    text = render_text(make_hostile("en"), language("en"))
    assert "<script" not in text
    tables = re.findall(r"(?m)(?:^\|.*\n)+", text)
    assert len(tables) == 5
    for table in tables:
        assert len({line.replace("\\|", "").count("|") for line in table.splitlines()}) == 1
    assert text.count("\n# ") == 0 and text.startswith("# ")
    assert "\n\n\n\n" not in text


def test_numbers_have_the_local_form() -> None:
    auc = make_bundle().figures["judged"]["auc"]["value"]
    assert f"{auc:.3f}".replace(".", ",") in render_text(summarise("es"), language("es"))


@pytest.mark.parametrize("render", [render_html, render_text])
def test_what_is_not_there_leaves_no_hole(render: Any) -> None:
    bundle = make_bundle(
        segments={},
        leak_suspects=[],
        excluded={},
        window=[None, None],
        test_from=None,
        matured_after_days=None,
    )
    bundle = replace(bundle, importance=dict.fromkeys(bundle.importance, 0.0))
    said = summarise(
        bundle=bundle,
        as_of=None,
        set_aside=[],
        present_means="accepted",
        standing=Standing(in_use=False, approved_by="Ana"),
        compared=make_comparison(alone=True),
    )
    text = render(said, language("en"))
    assert "None was found" in text and "No topic moves it" in text
    assert "All leads were used" in text and "No category has" in text
    assert "Approved by Ana." in text and "could not be compared" in text
    assert "None," not in text and "nan" not in text
