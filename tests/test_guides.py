"""What the guides in docs/ promise: every page is in the index, every quoted message is real."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

DOCS = REPOSITORY / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if path.parent.name != "decisions")
TROUBLE = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
GAP = "…"


@cache
def texts() -> tuple[str, ...]:
    """Return every text of the source in small letters, with a sign for what is filled in."""
    found = []
    for room in ("features", "models", "serve", "pipelines"):
        found += [path.read_text("utf-8") for path in (REPOSITORY / room).rglob("*.j2")]
        for path in (REPOSITORY / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(node.value)
                elif isinstance(node, ast.JoinedStr):
                    parts = (getattr(part, "value", None) for part in node.values)
                    found.append("".join(p if isinstance(p, str) else GAP for p in parts))
    return tuple(" ".join(re.sub(r"\{\w+\}", GAP, text).split()).casefold() for text in found)


def is_said(quote: str) -> bool:
    """Return whether one text of the source holds the parts between the gaps, in order."""
    parts = [re.escape(part.strip()) for part in quote.casefold().split(GAP) if part.strip()]
    pattern = re.compile(".*?".join(parts))
    return any(pattern.search(text) for text in texts())


def quotes() -> list[str]:
    """Return the messages that the page on troubleshooting quotes."""
    rows = re.findall(r'^\| "(.+?)" \|', TROUBLE, flags=re.MULTILINE)
    return [*re.findall(r"^> (.+)$", TROUBLE, flags=re.MULTILINE), *rows]


def codes() -> list[str]:
    """Return the error codes that it names."""
    lines = re.findall(r"^Codes?: (.+)$", TROUBLE, flags=re.MULTILINE)
    return [code for line in lines for code in re.findall(r"`([^`]+)`", line)]


def anchor(heading: str) -> str:
    """Return the anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_page_quotes_messages_and_codes() -> None:
    assert len(quotes()) > 30
    assert len(codes()) > 10


@pytest.mark.parametrize("quote", quotes())
def test_a_quoted_message_is_one_of_the_source(quote: str) -> None:
    assert is_said(quote)


def test_a_message_that_nobody_says_is_noticed() -> None:
    assert not is_said("no column looks like what marketing decided")
    assert not is_said("are needed … leads can be learned from")


@pytest.mark.parametrize("code", codes())
def test_a_code_is_one_of_the_source(code: str) -> None:
    assert code in texts()


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text("utf-8")
    named = set(re.findall(r"\]\(([^)#]+)", index))
    pages = {path.relative_to(DOCS).as_posix() for path in PAGES} - {"README.md"}
    assert pages - named == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_links_of_a_page_lead_to_a_file_and_a_heading(page: Path) -> None:
    for target, place in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text("utf-8")):
        file = page.parent / target if target else page
        assert file.exists(), target
        if place:
            headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), flags=re.MULTILINE)
            assert place in {anchor(heading) for heading in headings}, place


def test_every_term_of_the_glossary_has_its_spanish_one() -> None:
    rows = re.findall(r"^\| (.+) \|$", (DOCS / "glossary.md").read_text("utf-8"), re.MULTILINE)
    terms = [row.split(" | ") for row in rows]
    assert len(terms) > 50
    assert [row for row in terms if len(row) != 3 or not all(row)] == []
