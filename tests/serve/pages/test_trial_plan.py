"""The plan to sign: every language on one page, safe with any text, alone."""

from __future__ import annotations

import pytest

from features.language import language, list_languages
from serve.pages.rendering import hash_style, read_part
from serve.pages.trial_plan import STYLES, describe_plan, render_plan
from tests.models.trials.plans import make_trial
from tests.serve.pages.test_rendering import HOSTILE


def test_every_language_is_on_the_page_and_the_seal_once() -> None:
    plan = make_trial()
    html = render_plan(plan, language("en"), project="Acme")
    for code in list_languages():
        assert f'<section lang="{code}"' in html
    assert "Do more leads become won deals where sales works by the score?" in html
    assert "Cuando ventas trabaja según la puntuación, ¿acaban en venta ganada más leads?" in html
    assert html.count(plan.seal) == 1
    assert "Sales · Ventas" in html


def test_it_loads_nothing_and_runs_nothing() -> None:
    html = render_plan(make_trial(), language("es"), project="Acme")
    style = "".join(read_part(name) for name in STYLES)
    assert f"style-src '{hash_style(style)}'" in html
    outside = html.replace(style, "")
    for sign in ("<script", "<img", "<link", "style=", "http://", "https://", "url("):
        assert sign not in outside, sign


@pytest.mark.parametrize("text", HOSTILE)
def test_names_are_shown_and_never_obeyed(text: str) -> None:
    plan = make_trial(design="scores", groups=(text, "m2"))
    html = render_plan(plan, language("en"), project=text)
    assert "<script" not in html and "<img" not in html


@pytest.mark.parametrize("code", list_languages())
def test_the_numbers_are_those_of_the_plan(code: str) -> None:
    words = language(code)
    plan = make_trial(outcome="accepted", noticed_loss=None)
    side = describe_plan(plan, words)
    text = " ".join(sentence for _, sentences in side.rows for sentence in sentences)
    for shown in (
        words.number(plan.size),
        words.percent(0.3, digits=1),
        words.percent(0.4, digits=1),
        words.date(plan.start),
        words.date(plan.full.date()),
        "leadaccord trial read winter",
    ):
        assert shown in text
    assert "{" not in text
    # Where sales answers, the echo is named.
    assert len(side.rows[1][1]) == 2
    assert len(describe_plan(make_trial(), words).rows[1][1]) == 1
