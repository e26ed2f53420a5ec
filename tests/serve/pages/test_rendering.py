"""What pages are rendered with: texts stay texts, and style and script have their names."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from features.language import Language
from serve.pages.rendering import hash_style, make_environment, read_part

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "javascript:alert(1)",
    "{{ 7*7 }}{% include 'x' %}{# x #}",
    "</style><style>*{display:none}</style>",
    "</title><base href=//example.org>",
    "<!-- --><link rel=stylesheet href=https://example.org/a.css>",
    "&lt;b&gt; &amp;amp; &#x3c;",
    "\u202egnp.exe\u200f",
)


class Page(HTMLParser):
    """What a browser would make of the page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.rows: list[list[str]] = []
        self.style = ""
        self.scripts: list[str] = []
        self._inside: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "input"):
            self._inside.append(tag)
        if tag == "script":
            self.scripts.append("")
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._inside.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if "style" in self._inside:
            self.style += data
            return
        if "script" in self._inside:
            self.scripts[-1] += data
            return
        self.words.append(data)
        if {"th", "td"} & set(self._inside):
            self.rows[-1][-1] += data

    @property
    def text(self) -> str:
        """Return the words of the page, spaces folded."""
        return " ".join(" ".join(self.words).split())

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return the elements with the names of their attributes."""
        return [(tag, tuple(attrs)) for tag, attrs in self.elements]


def test_escaping_is_on_whatever_the_template_is_called() -> None:
    environment = make_environment(Language("en"))
    assert environment.from_string("{{ x }}").render(x="<b>&'\"") == "&lt;b&gt;&amp;&#39;&#34;"


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour by WCAG 2."""
    digits = colour.lstrip("#")
    digits = "".join(2 * d for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_words_stand_out_from_their_ground_in_light_dark_and_print() -> None:
    schemes = re.findall(r":root \{([^}]*--paper[^}]*)\}", read_part("report.css"))
    assert len(schemes) == 3
    for scheme in schemes:
        colour = dict(re.findall(r"--(\w+):\s*(#\w+)", scheme))
        for ground in ("paper", "card", "notice"):
            for words in ("ink", "muted", "accent"):
                low, high = sorted((luminance(colour[ground]), luminance(colour[words])))
                assert (high + 0.05) / (low + 0.05) >= 4.5, (ground, words)


def test_a_style_is_named_by_its_own_bytes() -> None:
    assert hash_style("") == "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert hash_style("a{}") != hash_style("a{ }")


@pytest.mark.parametrize(("share", "said"), [(0.07, "+7"), (-0.03, "-3"), (0.0, "0")])
def test_points_carry_their_sign(share: float, said: str) -> None:
    template = make_environment(Language("en")).from_string("{{ share|points }}")
    assert template.render(share=share) == said
