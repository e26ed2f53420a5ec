"""The page of monitoring: whole in both languages, safe with any text, alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.language import Language
from serve.pages.monitor import AREAS
from serve.pages.monitor_page import STYLES, render_monitoring
from serve.pages.rendering import hash_style, read_part
from tests.serve.conftest import Project
from tests.serve.pages.test_monitor import look, summarise
from tests.serve.pages.test_rendering import HOSTILE, Page


@pytest.fixture(scope="module", params=["en", "es"])
def page(request: pytest.FixtureRequest, project: Project) -> tuple[dict[str, Any], str]:
    summary = summarise(look(project), project.bundle, request.param)
    project_name = project.tables.settings.project.name
    return summary, render_monitoring(summary, Language(request.param), project=project_name)


def test_it_is_one_whole_page_in_its_language(page: tuple[dict[str, Any], str]) -> None:
    summary, html = page
    assert html.startswith("<!DOCTYPE html>")
    assert f'<html lang="{summary["language"]}">' in html
    assert html.rstrip().endswith("</html>")
    for area in AREAS:
        assert f'href="#{area}"' in html
        assert f'<section id="{area}"' in html
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert len(Page(html).rows) > 30


def test_it_loads_nothing_and_runs_nothing(page: tuple[dict[str, Any], str]) -> None:
    _, html = page
    style = "".join(read_part(name) for name in STYLES)
    assert f"style-src '{hash_style(style)}'" in html
    assert f"<style>{style}</style>" in html
    outside = html.replace(style, "")
    for sign in ("<script", "<img", "<link", "style=", "http://", "https://", "url("):
        assert sign not in outside, sign


def test_a_light_is_a_word_and_not_a_colour_alone(page: tuple[dict[str, Any], str]) -> None:
    _, html = page
    marks = re.findall(r'<span class="light (\w+)">([^<]*)</span>', html)
    assert len(marks) > len(AREAS)
    assert all(word.strip() for _, word in marks)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_strangers_typed_is_never_markup(page: tuple[dict[str, Any], str], text: str) -> None:
    summary, _ = page
    hostile = {
        **summary,
        "volume": {**summary["volume"], "new_values": {text: 3}},
        "lights": [{**light, "because": [text]} for light in summary["lights"]],
        "decisions": [{**row, "group": text} for row in summary["decisions"]],
    }
    html = render_monitoring(hostile, Language(summary["language"]), project=text)
    if "<" in text:
        assert text not in html
    assert html.count("<script") == html.count("<img") == html.count("<base") == 0


@given(st.text(max_size=40))
@settings(max_examples=25, deadline=None)
def test_any_name_of_a_project_is_shown_as_text(name: str) -> None:
    empty: dict[str, Any] = {
        "language": "en",
        "model_version": "m0",
        "since": "2026-01-01",
        "now": "2026-02-01",
        "leads": 0,
        "answered": 0,
        "colour": "grey",
        "lights": [],
        "features": [],
        "features_compared": 0,
        "volume": {"now": 0.0, "before": 0.0, "sources": [], "new_values": {}},
        "ages": {"leads": None},
        "scores": {"bands": [], "grades": []},
        "performance": [],
        "decisions": [],
        "answers": [],
        "weeks": [],
    }
    html = render_monitoring(empty, Language("en"), project=name)
    assert html.count("<h1>") == 1
    assert html.count("<body>") == 1
