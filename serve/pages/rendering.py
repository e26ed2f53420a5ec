"""What every page is rendered with: templates that escape, and parts named by their hashes."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import Any

from features.language import Language

STYLE = "report.css"
"""The style sheet that pages share."""


def make_environment(language: Language, *, digits: int = 0) -> Any:
    """Return the Jinja environment of a page: escaping always on, a missing value is an error.

    Parameters
    ----------
    language : Language
        Behind ``_``, ``plural`` and the filters ``percent``, ``points`` (of a share, with their
        sign), ``number``, ``fixed``, ``factor`` and ``date``.
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
        points=lambda share: f"{'+' if share > 0 else ''}{language.number(100 * share, digits=0)}",
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
    """Return what a content security policy calls a style sheet or a script.

    Parameters
    ----------
    style : str
        Exactly what stands between the element's tags.
    """
    digest = hashlib.sha256(style.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")
