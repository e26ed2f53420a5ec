"""Page rendering: templates that escape, filters of a language, and parts named by their hashes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Any

from features.language import Language
from serve.pages.charts import list_charts
from serve.pages.words import write_sentence

STYLE = "report.css"
"""The style sheet that pages share."""

_ENTITIES = {"<": "&lt;", ">": "&gt;"}


def render_page(
    template: str, styles: Sequence[str], language: Language, *, digits: int = 0, **values: Any
) -> str:
    """Render one HTML page that needs nothing else; every value is escaped.

    Parameters
    ----------
    template : str
        A file of the templates folder, which names the style by ``style`` and ``style_hash``.
    styles : sequence of str
        Files of the same folder, joined in this order.
    language : Language
        Of the page, see `make_environment`.
    digits : int
        Decimals of percentages.
    **values
        What the template shows.

    Returns
    -------
    str
        HTML that loads nothing.
    """
    style = "".join(map(read_part, styles))
    environment = make_environment(language, digits=digits)
    page: str = environment.get_template(template).render(
        style=style, style_hash=hash_style(style), **values
    )
    return page


def render_markdown(template: str, language: Language, *, digits: int = 0, **values: Any) -> str:
    """Render a text as Markdown, in which the filter ``cell`` keeps a text as it is.

    Parameters
    ----------
    template, language, digits, **values
        As for `render_page`.
    """
    environment = make_environment(language, digits=digits, markdown=True)
    text: str = environment.get_template(template).render(**values)
    return text


@lru_cache(maxsize=16)  # compiling the templates takes longer than filling them
def make_environment(language: Language, *, digits: int = 0, markdown: bool = False) -> Any:
    """Return the Jinja environment of a page: a missing value is an error.

    Parameters
    ----------
    language : Language
        Behind ``_``, ``plural``, ``language`` (its code), the filters of `make_filters`, of which
        ``percent`` and ``compact`` are functions too, and ``charts``, which `list_charts` gives.
    digits : int
        Decimals of percentages.
    markdown : bool
        Whether the page is Markdown, whose templates escape by the filter ``cell``. In HTML every
        value is escaped.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(read_part),
        autoescape=not markdown,  # noqa: S701  # Markdown escapes by `cell`
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        _=language.text,
        plural=language.plural,
        language=language.code,
        charts=list_charts(language),
        percent=lambda share: language.percent(share, digits=digits),
        compact=language.compact,
    )
    environment.filters.update(make_filters(language, digits=digits))
    if markdown:
        environment.filters["cell"] = escape_markdown
    return environment


def make_filters(language: Language, *, digits: int = 0) -> dict[str, Callable[[Any], str]]:
    """Return what writes values in a language, by the name that templates use.

    Parameters
    ----------
    language : Language
    digits : int
        Decimals of ``percent``.

    Returns
    -------
    dict
        Of shares ``percent``, ``tenths`` (a decimal more) and ``points`` (with their sign); of
        numbers ``number``, ``compact``, ``factor``, ``times``, ``fixed``, ``hundredths`` and
        ``signed``; of
        days ``date``, and of moments as text ``day`` and ``month``; of phrases ``phrase`` (a
        sentence) and ``words``.
    """
    number, percent = language.number, language.percent
    return {
        "percent": lambda share: percent(share, digits=digits),
        "tenths": lambda share: percent(share, digits=1),
        "points": lambda share: f"{'+' if share > 0 else ''}{number(100 * share, digits=0)}",
        "number": lambda value: number(value, digits=0),
        "factor": lambda value: number(value, digits=1),
        "times": lambda value: number(value, digits=1, fixed=True),
        "hundredths": lambda value: number(value, digits=2, fixed=True),
        "fixed": lambda value: number(value, digits=3, fixed=True),
        "compact": language.compact,
        "signed": lambda value: sign(value) + number(abs(value), digits=3, fixed=True),
        "date": language.date,
        "day": lambda moment: language.date(date.fromisoformat(moment[:10])),
        "month": lambda moment: language.month(date.fromisoformat(moment[:10])),
        "phrase": lambda phrase: write_sentence(phrase, language),
        "words": language.phrase,
    }


def sign(value: float) -> str:
    """Return the sign of what is shown with three decimals; none for what is shown as 0."""
    shown = round(value, 3)
    return "" if shown == 0 else "+" if shown > 0 else "\N{MINUS SIGN}"


def escape_markdown(text: object) -> str:
    """Return a text that Markdown shows as it is, also inside a table."""
    plain = " ".join(str(text).split())
    for mark in "\\`*_{}[]<>#|":
        plain = plain.replace(mark, _ENTITIES.get(mark, "\\" + mark))
    return plain


def read_part(name: str) -> str:
    """Return a file of the templates folder as text with plain line ends."""
    text = resources.files("serve").joinpath("templates", name).read_text("utf-8")
    return text.replace("\r\n", "\n")


def hash_style(style: str) -> str:
    """Return what a content security policy calls a style sheet or a script.

    Parameters
    ----------
    style : str
        Exactly what stands between the element's tags.
    """
    digest = hashlib.sha256(style.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")
