"""The model card as one HTML page that needs nothing else, and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.language import Language
from features.language import translatable as _
from features.text import share_digits
from serve.pages.calibration_chart import draw_calibration
from serve.pages.decision import add_filters, escape_markdown
from serve.pages.rendering import STYLE, hash_style, make_environment, read_part

PAGE = "model_card.html.j2"
TEXT = "model_card.md.j2"
STYLES = (STYLE, "model_card.css")

KINDS: dict[str, str] = {
    "fit": _("who the lead is"),
    "behaviour": _("what it did"),
    "context": _("how it came"),
    "history": _("what was before"),
}
SIDES: dict[str, str] = {
    "above": _("more"),
    "below": _("less"),
    "near": _("as much"),
}
WORDS: dict[str, str] = {
    "accepted": _("Accepted means"),
    "rejected": _("Rejected means"),
    "recycled": _("Sent back means"),
    "undecided": _("No decision yet means"),
}
SKILLS: dict[str, str] = {
    "good": _("Good: the order of the leads can be worked by."),
    "weak": _("Weak: the order is better than chance, by little."),
    "none": _("None: the order cannot be told from chance."),
}


def render_html(summary: Mapping[str, Any], language: Language) -> str:
    """Render the card as a page that loads and runs nothing; every value is escaped.

    Parameters
    ----------
    summary : mapping
        As `serve.card.summary.summarise_card` returns it, in the same language.
    language : Language
    """
    style = "".join(read_part(name) for name in STYLES)
    page: str = (
        _make_environment(summary, language)
        .get_template(PAGE)
        .render(
            s=summary,
            style=style,
            style_hash=hash_style(style),
            chart=draw_calibration(summary["figures"]["judged"]["calibration"], language),
            **_words(),
        )
    )
    return page


def render_markdown(summary: Mapping[str, Any], language: Language) -> str:
    """Render the card as Markdown; see `render_html`."""
    environment = _make_environment(summary, language)
    environment.autoescape = False
    environment.filters["cell"] = escape_markdown
    text: str = environment.get_template(TEXT).render(s=summary, **_words())
    return text


def _words() -> dict[str, Mapping[str, str]]:
    return {"kinds": KINDS, "sides": SIDES, "words": WORDS, "skills": SKILLS}


def _make_environment(summary: Mapping[str, Any], language: Language) -> Any:
    digits = share_digits(summary["data"]["share"])
    environment = make_environment(language, digits=digits)
    add_filters(environment, language)
    environment.filters["points"] = lambda share: language.number(100 * share, digits=1)
    environment.filters["tenths"] = lambda value: language.number(value, digits=1, fixed=True)
    return environment
