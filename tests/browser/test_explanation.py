"""The explanation of one lead in a real browser: read, printed, on a phone, by mouse and by key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.language import language
from serve.report.explanation import EarlierHandOver, LeadExplanation
from serve.report.html.explanation_page import render_explanation
from tests.browser.conftest import Opened, find_serious
from tests.serve.report.explanations import explanation_of, one
from tests.serve.report.reports import LANGUAGES, make_report

pytest.importorskip("playwright", reason="playwright is not for this machine")

pytestmark = pytest.mark.slow

OTHERS = (
    EarlierHandOver(dt.date(2025, 5, 1), "recycled", 31),
    EarlierHandOver(dt.date(2025, 2, 1), "waiting", 7),
)
NARROW, A4 = 390, 688


def explanation(code: str, *, hostile: bool = False) -> LeadExplanation:
    """The lead whose sentences are the longest."""
    leads = make_report(60, code=code, hostile=hostile).leads
    written = [len("".join(sentences)) for sentences in leads.reasons_for]
    told = one(leads, int(np.argmax(written)))
    similar = told.past.assign(title="Lumeva Packaging & Co. · " + told.past["title"])
    return explanation_of(replace(told, past=similar), others=OTHERS)


@pytest.fixture(scope="module")
def explanations() -> dict[str, LeadExplanation]:
    return {
        **{code: explanation(code) for code in LANGUAGES},
        **{f"hostile {code}": explanation(code, hostile=True) for code in LANGUAGES},
    }


@pytest.fixture(scope="module")
def files(
    tmp_path_factory: pytest.TempPathFactory, explanations: dict[str, LeadExplanation]
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("explanations")
    for name, told in explanations.items():
        page = render_explanation(told, language(name[-2:]))
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in explanations}


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("scripts", [True, False])
def test_it_is_read_in_its_language_with_scripts_or_without(
    open_page: Callable[..., Opened],
    explanations: dict[str, LeadExplanation],
    code: str,
    scripts: bool,
) -> None:
    page = open_page(code, java_script_enabled=scripts).page
    leads = explanations[code].leads
    assert leads.frame["lead_id"][0] in page.title()
    assert page.locator("html").get_attribute("lang") == code
    text = page.locator("body").inner_text()
    for part in (leads.reasons_for, leads.reasons_against, leads.missing):
        assert [words for words in part[0] if words not in text] == []
    # Every step of the way, the average before them, and the lead after them.
    moves = page.locator(".way tbody tr").all_inner_texts()
    assert language(code).percent(leads.average) in moves[0]
    assert language(code).percent(leads.frame["probability"][0]) in moves[-1]
    assert leads.topics[np.argmax(np.abs(leads.steps[0]))] in moves[1]


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_that_strangers_typed_runs_or_loads(
    open_page: Callable[..., Opened], explanations: dict[str, LeadExplanation], code: str
) -> None:
    page = open_page(f"hostile {code}").page
    assert page.evaluate("window.attacked") is None
    assert page.evaluate("document.scripts.length + document.links.length") == 0
    loading = "img, iframe, object, embed, base, link, audio, video, form, input, [style]"
    assert page.locator(loading).count() == 0
    attributes = page.evaluate(
        "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"
    )
    assert [name for name in attributes if name.startswith("on")] == []
    text = page.locator("body").inner_text()
    reasons = explanations[f"hostile {code}"].leads.reasons_for[0]
    assert reasons and all(words in text for words in reasons)


def test_a_script_from_outside_would_not_run(open_page: Callable[..., Opened]) -> None:
    opened = open_page("en")
    opened.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'),"
        " {textContent: 'window.attacked = 1'}))"
    )
    assert opened.page.evaluate("window.attacked") is None
    assert any("Content Security Policy" in error for error in opened.errors)
    opened.errors.clear()


@pytest.mark.parametrize("name", [*LANGUAGES, *(f"hostile {code}" for code in LANGUAGES)])
def test_a_phone_shows_it_in_its_width(open_page: Callable[..., Opened], name: str) -> None:
    page = open_page(name, viewport={"width": NARROW, "height": 844}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    assert find_cut(page, NARROW) == []


def test_on_paper_stands_all_of_it(
    open_page: Callable[..., Opened], explanations: dict[str, LeadExplanation]
) -> None:
    page = open_page("es").page
    read = page.locator("body").inner_text()
    page.emulate_media(media="print")
    page.set_viewport_size({"width": A4, "height": 1000})
    assert page.locator("body").inner_text() == read
    assert page.evaluate("document.documentElement.scrollWidth") <= A4
    assert find_cut(page, A4) == []
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF-")


def find_cut(page: Any, width: int) -> list[str]:
    """The cells that end where nobody sees them: beyond the edge, or of what scrolls by itself."""
    script = """width => [...document.querySelectorAll("th, td, li, dd, p")].filter(cell => {
      const frame = cell.closest(".scroll");
      const edge = frame ? Math.min(width, frame.getBoundingClientRect().right) : width;
      return cell.getBoundingClientRect().right > edge + 1;
    }).map(cell => cell.textContent.trim())"""
    return list(page.evaluate(script, width))


def test_keys_reach_what_may_have_to_be_scrolled(open_page: Callable[..., Opened]) -> None:
    opened = open_page("es", viewport={"width": NARROW, "height": 844})
    opened.tab_to("e.matches('.scroll')")
    named = opened.page.evaluate("document.activeElement.getAttribute('aria-labelledby')")
    assert opened.page.locator(f"#{named}").inner_text() != ""


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    open_page: Callable[..., Opened], code: str, scheme: str
) -> None:
    width = NARROW if (scheme, code) == ("dark", "es") else 1280
    opened = open_page(code, color_scheme=scheme, viewport={"width": width, "height": 900})
    assert find_serious(opened.page) == []
