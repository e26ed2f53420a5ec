"""The page: whole in both languages, safe with any text, and needing nothing from outside."""

from __future__ import annotations

import base64
import copy
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.language import Language
from serve.rendering import hash_style, make_environment, read_part, render
from serve.report.summary import choose_newest, summarise
from serve.scoring import score_leads

CONTROL = {
    "language",
    "side",
    "decision",
    "skill",
    "split",
    "verdict",
    "action",
    "kind",
    "present_means",
}
LANGUAGES = ("en", "es")
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
        self._inside: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self._inside.append(tag)
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


@pytest.fixture(scope="module")
def summaries(project: Any) -> dict[str, dict[str, Any]]:
    chosen = choose_newest(project.tables, count=15)
    shown = replace(
        project.tables,
        episodes=project.tables.episodes.loc[chosen],
        attributes=project.tables.attributes.loc[chosen],
    )
    told = {}
    for code in LANGUAGES:
        words = Language(code)
        scored = score_leads(
            project.bundle,
            shown,
            language=words,
            scored_at=project.tables.now,
            earlier=project.tables.episodes,
        )
        told[code] = summarise(project.bundle, shown, scored, language=words)
    return told


@pytest.fixture(scope="module")
def pages(summaries: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {code: render(summary, Language(code)) for code, summary in summaries.items()}


def replace_words(value: Any, change: Callable[[str], str], key: str = "") -> Any:
    """Return the summary with every word that comes from data changed."""
    if isinstance(value, dict):
        return {k: replace_words(v, change, k) for k, v in value.items()}
    if isinstance(value, list):
        return [replace_words(entry, change, key) for entry in value]
    return change(value) if isinstance(value, str) and key not in CONTROL else value


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_is_loaded_and_nothing_runs(pages: dict[str, str], code: str) -> None:
    page = Page(pages[code])
    tags = {tag for tag, _ in page.elements}
    forbidden = set(
        "script img link base iframe object embed form input video audio source".split()
    )
    assert tags & forbidden == set()
    for tag, attrs in page.elements:
        assert not [name for name in attrs if name.startswith("on") or name in ("src", "style")], (
            tag
        )
        assert (attrs.get("href") or "#").startswith("#"), attrs
        assert re.fullmatch(r"(url\(#\w+\))?", attrs.get("clip-path") or ""), attrs
    assert "url(" not in page.style
    assert "@import" not in page.style


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_policy_forbids_all_but_the_pages_own_style(pages: dict[str, str], code: str) -> None:
    page = Page(pages[code])
    (policy,) = [
        attrs["content"]
        for tag, attrs in page.elements
        if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    rules = dict(rule.strip().split(" ", 1) for rule in str(policy).split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["style-src"] == f"'sha256-{digest}'"
    assert "script-src" not in rules


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_words_come_out_as_text(summaries: dict[str, dict[str, Any]], word: str) -> None:
    language = Language("en")
    harmless = Page(render(replace_words(summaries["en"], lambda _: "word"), language))
    hostile = Page(render(replace_words(summaries["en"], lambda _: word), language))
    assert hostile.shape == harmless.shape
    assert " ".join(word.split()) in hostile.text
    assert hostile.style == harmless.style


@pytest.fixture(scope="module")
def small(summaries: dict[str, dict[str, Any]]) -> tuple[dict[str, Any], Page]:
    """A short summary, and its page with the same harmless word everywhere."""
    summary = copy.deepcopy(summaries["es"])
    for part in ("leads", "drivers", "segments"):
        summary[part] = summary[part][:1]
    return summary, Page(render(replace_words(summary, lambda _: "word"), Language("es")))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1, max_size=30))
@settings(max_examples=10)
def test_no_text_changes_the_shape_of_the_page(
    small: tuple[dict[str, Any], Page], word: str
) -> None:
    summary, plain = small
    page = Page(render(replace_words(summary, lambda _: word), Language("es")))
    assert page.shape == plain.shape


def test_the_hostile_project_is_shown_as_it_is_spelt(pages: dict[str, str]) -> None:
    text = Page(pages["en"]).text
    for word in ("<script>alert('x')</script>", "{{ 7*7 }}{% raw %}", '<a href="javascript:'):
        assert word in text
    assert "\u202e" not in text
    assert "\u200f" not in text


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_value_is_missing_in_words(pages: dict[str, str], code: str) -> None:
    assert re.findall(r"\b(nan|NaN|None|NaT|inf|null|undefined)\b", Page(pages[code]).text) == []


def test_both_languages_say_the_same_in_the_same_shape(pages: dict[str, str]) -> None:
    english, spanish = Page(pages["en"]), Page(pages["es"])
    assert english.shape == spanish.shape
    assert dict(english.elements)["html"] == {"lang": "en"}
    assert dict(spanish.elements)["html"] == {"lang": "es"}


def test_the_spanish_page_has_no_english_left(pages: dict[str, str]) -> None:
    english = "the of and was were accepted lead's score handed over probably between".split()
    assert set(re.findall(r"[A-Za-z']+", Page(pages["es"]).text)) & set(english) - {"over"} == set()


def test_tables_hold_the_models_figures(project: Any, pages: dict[str, str]) -> None:
    rows = [[" ".join(cell.split()) for cell in row] for row in Page(pages["en"]).rows]
    figures = project.bundle.figures
    judged, rival = figures["judged"], figures["logistic_regression"]
    auc = [
        f"{f['auc']['value']:.3f} {f['auc']['low']:.3f} to {f['auc']['high']:.3f}"
        for f in (judged, rival)
    ]
    assert ["AUC", *auc, "0.500", "higher"] in rows
    brier = [judged["brier"], rival["brier"], judged["brier_of_base_rate"]]
    assert ["Brier score", *(f"{value:.3f}" for value in brier), "lower"] in rows
    for groups in figures["segments"].values():
        for group in groups:
            accepted = group["accepted"]
            wanted = [
                f"{group['n']:,}",
                f"{accepted['value']:.0%}",
                f"{accepted['low']:.0%} to {accepted['high']:.0%}",
                f"{group['mean_predicted']:.0%}",
            ]
            assert any(row[1:5] == wanted for row in rows), group["group"]
    for part in judged["calibration"]:
        assert any(
            row[:3]
            == [
                f"{round(100 * part['mean_predicted'], 1):g}",
                f"{part['n']:,}",
                f"{part['accepted']['value']:.0%}",
            ]
            for row in rows
        )


def test_every_table_says_what_it_is(pages: dict[str, str]) -> None:
    elements = Page(pages["en"]).elements
    tags = [tag for tag, _ in elements]
    assert tags.count("caption") == tags.count("table") > 5
    assert all(attrs.get("scope") in ("col", "row") for tag, attrs in elements if tag == "th")
    assert tags.count("h1") == 1
    ids = [attrs["id"] for _, attrs in elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = {str(attrs["href"])[1:] for tag, attrs in elements if tag == "a"}
    assert links <= set(ids)


@pytest.mark.parametrize("skill", ["good", "weak", "none"])
@pytest.mark.parametrize("split", ["time", "order", "file", "shuffled"])
def test_every_verdict_and_every_kind_of_split_has_its_words(
    summaries: dict[str, dict[str, Any]], skill: str, split: str
) -> None:
    summary = copy.deepcopy(summaries["en"])
    timed = {} if split == "time" else {"start": None, "end": None, "test_from": None}
    summary["state"] |= {"skill": skill, "split": split, **timed}
    text = Page(render(summary, Language("en"))).text
    assert ("These figures flatter the model." in text) is (split == "shuffled")
    assert ("cannot be told from chance. What was known" in text) is (skill == "none")
    assert ("set apart at random" in text) is (split == "shuffled")


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_page_with_little_to_say_is_still_whole(
    summaries: dict[str, dict[str, Any]], code: str
) -> None:
    summary = copy.deepcopy(summaries[code])
    summary |= {"drivers": [], "segments": [], "leads": [], "suspects": [], "set_aside": []}
    summary |= {"excluded": {}}
    summary["terms"] = {
        "accepted": [],
        "rejected": [],
        "recycled": [],
        "undecided": ["Open"],
        "present_means": "accepted",
        "matured_after_days": None,
        "as_of": None,
    }
    page = Page(render(summary, Language(code)))
    assert "None" not in page.text.replace("None was found", "").replace("None: every", "")


def test_few_leads_come_with_a_word_of_caution(summaries: dict[str, dict[str, Any]]) -> None:
    summary = copy.deepcopy(summaries["en"])
    assert "rough figure" not in Page(render(summary, Language("en"))).text
    for part in summary["calibration"]["examples"]:
        part["n"] = 12
    assert "12 leads; probably" in Page(render(summary, Language("en"))).text
    assert "few leads, so a rough figure" in Page(render(summary, Language("en"))).text


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
