"""Monitoring page: one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.language import Language
from serve.pages.monitor import AREAS, COLOUR_WORDS, FIGURES, MEANINGS, TABLES
from serve.pages.rendering import STYLE, render_page

TEMPLATE = "monitor.html.j2"
STYLES = (STYLE, "monitor.css")
MAX_REASONS = 6


def render_monitoring(summary: Mapping[str, Any], language: Language, *, project: str) -> str:
    """Render the page of monitoring.

    Parameters
    ----------
    summary : mapping
        As `serve.pages.monitor.summarise_monitoring` returns it, in the same language.
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
        areas=AREAS,
        meanings=MEANINGS,
        colours=COLOUR_WORDS,
        figures=FIGURES,
        tables=TABLES,
        most=MAX_REASONS,
    )
