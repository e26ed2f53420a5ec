"""Backtest page: one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.language import Language
from models.promotion.backtest import POLICIES
from serve.pages.backtest import POLICY_WORDS, SHORT
from serve.pages.rendering import STYLE, render_page

TEMPLATE = "backtest.html.j2"
STYLES = (STYLE, "backtest.css")


def render_backtest(summary: Mapping[str, Any], language: Language, *, project: str) -> str:
    """Render the page of a backtest.

    Parameters
    ----------
    summary : mapping
        As `serve.pages.backtest.summarise_backtest` returns it, in the same language.
    language : Language
        Of the page.
    project : str
        The project's name.

    Returns
    -------
    str
        HTML that loads nothing and runs nothing; every value is escaped.
    """
    return render_page(
        TEMPLATE,
        STYLES,
        language,
        s=summary,
        project=project,
        ways=POLICIES,
        way_words=POLICY_WORDS,
        short=SHORT,
    )
