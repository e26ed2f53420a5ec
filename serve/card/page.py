"""Model card as one self-contained HTML page, and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.language import Language
from features.language import translatable as _
from features.text import share_digits
from serve.pages.rendering import STYLE, render_markdown, render_page

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
    return render_page(PAGE, STYLES, language, **_list_values(summary))


def render_text(summary: Mapping[str, Any], language: Language) -> str:
    """Render the card as Markdown; see `render_html`."""
    return render_markdown(TEXT, language, **_list_values(summary))


def _list_values(summary: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "s": summary,
        "digits": share_digits(summary["data"]["share"]),
        "kinds": KINDS,
        "sides": SIDES,
        "words": WORDS,
        "skills": SKILLS,
    }
