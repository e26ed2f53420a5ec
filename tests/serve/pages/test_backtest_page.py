"""The page of a backtest: whole in both languages, safe with any text, needing nothing else."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from features.language import language
from serve.pages.backtest_page import render_backtest
from serve.pages.rendering import hash_style
from tests.serve.pages.test_backtest import HOSTILE, summarise
from tests.serve.pages.test_rendering import Page


def render(code: str = "en", **changes: Any) -> str:
    return render_backtest({**summarise(code), **changes}, language(code), project=HOSTILE)


@pytest.mark.parametrize("code", ["en", "es"])
def test_the_page_runs_and_loads_nothing(code: str) -> None:
    page = Page(render(code))
    names = {name for name, _ in page.elements}
    assert not names & {"script", "img", "link", "iframe", "form", "object"}
    for _, attributes in page.elements:
        assert not set(attributes) & {"src", "onload", "onclick", "style"}
    assert HOSTILE in " ".join(page.words)
    policy = next(
        a["content"]
        for n, a in page.elements
        if n == "meta" and "content" in a and "default-src" in str(a["content"])
    )
    assert f"'{hash_style(page.style)}'" in str(policy)


def test_every_id_is_there_once_and_every_label_leads_somewhere() -> None:
    found: list[dict[str, str | None]] = []

    class Ids(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append(dict(attrs))

    Ids().feed(render())
    ids = [one["id"] for one in found if "id" in one]
    assert len(ids) == len(set(ids))
    labels = " ".join(str(one["aria-labelledby"]) for one in found if "aria-labelledby" in one)
    assert set(labels.split()) <= set(ids)


def test_the_table_has_every_month_and_says_which_do_not_count() -> None:
    page = Page(render())
    heads = [row[0] for row in page.rows if row]
    months = ("Jan 2026", "Feb 2026", "Mar 2026", "Apr 2026", "May 2026")
    assert [head for head in heads if head in months][:5] == list(months)
    off = next(row for row in page.rows if row and row[0] == "Apr 2026")
    assert "Does not count. Too few" in " ".join(off[1].split())
    on = next(row for row in page.rows if row and row[0] == "Feb 2026")
    auc = summarise()["months"][1]["figures"]["ways"]["retrained"]["auc"]["value"]
    assert f"{auc:.3f}" in on[3]


def test_spanish_says_it_in_spanish() -> None:
    words = " ".join(Page(render("es")).words)
    assert "Reentrenar cada mes valió la pena" in words
    assert "Does not count" not in words and "Month by month" not in words
