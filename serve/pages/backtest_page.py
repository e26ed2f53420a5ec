"""From what a backtest found to one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from features.language import Language
from models.promotion.backtest import WAYS
from serve.pages.backtest import SHORT, WAY_WORDS
from serve.pages.backtest_chart import draw_backtest
from serve.pages.rendering import hash_style, make_environment, read_part

TEMPLATE = "backtest.html.j2"
STYLES = ("report.css", "backtest.css")


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
    style = "".join(read_part(name) for name in STYLES)
    environment = make_environment(language)
    environment.filters["month"] = lambda text: language.month(date.fromisoformat(text[:10]))
    environment.filters["tenths"] = lambda share: language.percent(share, digits=1)
    environment.filters["gain"] = lambda value: (
        sign(value) + language.number(abs(value), digits=3, fixed=True)
    )
    page: str = environment.get_template(TEMPLATE).render(
        s=summary,
        project=project,
        style=style,
        style_hash=hash_style(style),
        chart=draw_backtest(summary["months"], language),
        ways=WAYS,
        way_words=WAY_WORDS,
        short=SHORT,
    )
    return page


def sign(value: float) -> str:
    """Return the sign of what is shown with three decimals; none for what is shown as 0."""
    shown = round(value, 3)
    return "" if shown == 0 else "+" if shown > 0 else "\u2212"
