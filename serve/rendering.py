"""From what the report says to one HTML page that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from features.language import Language
from models.reasons import share_digits
from serve.report.charts import draw_calibration
from serve.report.summary import DECISIONS, FEW_LEADS

TEMPLATE = "report.html.j2"
STYLE = "report.css"


def render(summary: Mapping[str, Any], language: Language) -> str:
    """Render the report.

    Parameters
    ----------
    summary : mapping
        As `serve.report.summary.summarise` returns it.
    language : Language
        Of the page.

    Returns
    -------
    str
        HTML that loads nothing and runs nothing: its own policy forbids every source but its
        one style sheet, which is named by its hash. Every value is escaped.
    """
    style = read_part(STYLE)
    chart = draw_calibration(summary["calibration"]["bins"], language)
    digits = share_digits(summary["state"]["share"])
    page: str = (
        make_environment(language, digits=digits)
        .get_template(TEMPLATE)
        .render(
            s=summary,
            style=style,
            chart=chart,
            style_hash=hash_style(style),
            decisions=DECISIONS,
            few=FEW_LEADS,
        )
    )
    return page


def make_environment(language: Language, *, digits: int = 0) -> Any:
    """Return the Jinja environment of the page: escaping always on, a missing value is an error.

    Parameters
    ----------
    language : Language
        Behind ``_``, ``plural`` and the filters ``percent``, ``number``, ``fixed`` and ``date``.
    digits : int
        Decimals of percentages.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(read_part),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(_=language.text, plural=language.plural)
    environment.filters.update(
        percent=lambda share: language.percent(share, digits=digits),
        number=lambda value: language.number(value, digits=0),
        fixed=lambda value: language.number(value, digits=3, fixed=True),
        factor=lambda value: language.number(value, digits=1),
        date=language.date,
    )
    return environment


def read_part(name: str) -> str:
    """Return a file of the templates folder as text with plain line ends."""
    text = resources.files("serve").joinpath("templates", name).read_text("utf-8")
    return text.replace("\r\n", "\n")


def hash_style(style: str) -> str:
    """Return what a content security policy calls a style sheet.

    Parameters
    ----------
    style : str
        Exactly what stands between the style element's tags.
    """
    digest = hashlib.sha256(style.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")
