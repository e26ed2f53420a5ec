"""From what monitoring found to one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from features.language import Language
from serve.pages.monitor import AREAS, COLOUR_WORDS, FIGURES, MEANINGS, TABLES
from serve.pages.rendering import hash_style, make_environment, read_part

TEMPLATE = "monitor.html.j2"
STYLES = ("report.css", "monitor.css")
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
    style = "".join(read_part(name) for name in STYLES)
    environment = make_environment(language)
    environment.filters["tenths"] = lambda share: language.percent(share, digits=1)
    environment.filters["hundredths"] = lambda value: language.number(value, digits=2, fixed=True)
    environment.filters["day"] = lambda text: language.date(date.fromisoformat(text[:10]))
    page: str = environment.get_template(TEMPLATE).render(
        s=summary,
        project=project,
        style=style,
        style_hash=hash_style(style),
        areas=AREAS,
        meanings=MEANINGS,
        colours=COLOUR_WORDS,
        figures=FIGURES,
        tables=TABLES,
        most=MAX_REASONS,
    )
    return page
