"""What pages are rendered with: texts stay texts, and style and script have their names."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from features.language import Language, Phrase, language
from serve.pages.rendering import (
    escape_markdown,
    hash_style,
    make_environment,
    make_filters,
    read_part,
    render_page,
    sign,
)
from tests.serve.report.reports import make_report

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


def test_a_page_carries_its_styles_in_order_and_names_them_by_their_hash() -> None:
    styles = ("report.css", "lead.css")
    leads = make_report(3).leads
    one = {"frame": leads.frame.iloc[:1], "average": 0.4, "reasons_for": ((HOSTILE[0],),)}
    a = {
        "leads": {**one, "reasons_against": ((),), "events_more": [0], "missing": ((),)},
        "project": HOSTILE[0],
        "version": "m1",
        "made": leads.frame["handed_over_at"].iloc[0].date(),
        "doubt": (),
    }
    values = {
        "a": a, "row": leads.frame.iloc[0].to_dict(), "title": HOSTILE[1], "shown": {},
        "handed_over": None, "decided": None, "reason": None, "before": None, "others": [],
        "steps": [], "story": [], "change": None,
        "similar": [], "decisions": {name: name for name in ("waiting", "accepted", "rejected")},
    }  # fmt: skip
    html = render_page("lead.html.j2", styles, language("es"), **values)
    page = Page(html)
    assert page.style == "".join(map(read_part, styles))
    assert f"style-src '{hash_style(page.style)}'" in html
    assert '<html lang="es">' in html
    assert HOSTILE[0] in page.text
    assert not page.scripts


@pytest.mark.parametrize(
    ("name", "value", "english", "spanish"),
    [
        ("percent", 0.125, "12%", "12\N{NO-BREAK SPACE}%"),
        ("tenths", 0.125, "12.5%", "12,5\N{NO-BREAK SPACE}%"),
        ("number", 12_345.6, "12,346", "12.346"),
        ("factor", 2.0, "2", "2"),
        ("times", 2.0, "2.0", "2,0"),
        ("hundredths", 0.125, "0.12", "0,12"),
        ("fixed", 0.5, "0.500", "0,500"),
        ("signed", -0.5, "\N{MINUS SIGN}0.500", "\N{MINUS SIGN}0,500"),
        ("day", "2026-03-01 10:00", "Mar 1, 2026", "1 mar 2026"),
        ("month", "2026-03-01", "Mar 2026", "mar 2026"),
        ("phrase", Phrase("no {what}", {"what": "way\n\x07out"}), "No way out", "No way out"),
    ],
)
def test_values_are_written_in_the_language_of_the_page(
    name: str, value: object, english: str, spanish: str
) -> None:
    assert make_filters(language("en"))[name](value) == english
    assert make_filters(language("es"))[name](value) == spanish


def test_a_sign_is_shown_only_of_what_is_not_shown_as_nothing() -> None:
    assert (sign(0.0004), sign(-0.0004), sign(0.01), sign(-0.01)) == ("", "", "+", "\u2212")


def test_markdown_is_shown_as_it_is_typed() -> None:
    assert escape_markdown("a\n# b") == "a \\# b"
    assert escape_markdown("<b>|") == "&lt;b&gt;\\|"
