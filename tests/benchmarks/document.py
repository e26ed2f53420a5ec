"""A page of measured sections: one that is measured anew replaces what the page said of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


def write_page(path: Path, introduction: str, titles: Sequence[str], new: Mapping[str, str]) -> str:
    """Write a page whose sections are those measured now, and those it holds already.

    Parameters
    ----------
    path : Path
        Made if it is not there.
    introduction : str
        What stands before the sections.
    titles : sequence of str
        All sections in their order; one that neither is new nor stands on the page is left out.
    new : mapping of str to str
        Markdown by title, each beginning with its heading of the second level.

    Returns
    -------
    str
        What was done, in words for the terminal.

    Raises
    ------
    ValueError
        When a new section does not begin with its heading: it would not be found again.
    """
    for title, text in new.items():
        if not text.startswith(f"## {title}\n"):
            raise ValueError(f"the section {title!r} begins with {text[:40]!r}")
    held = read_sections(path.read_text("utf-8")) if path.is_file() else {}
    sections = {**held, **new}
    known = [title for title in titles if title in sections]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n\n".join([introduction, *(sections[title] for title in known)])
    path.write_text(text.strip() + "\n", "utf-8")
    left = [title for title in titles if title not in new]
    return f"Written: {path}" + (f"; as it was: {', '.join(left)}" if left else "")


def read_sections(page: str) -> dict[str, str]:
    """Return the sections of a page by title, each with its heading."""
    found = list(HEADING.finditer(page))
    ends = [match.start() for match in found[1:]] + [len(page)]
    return {
        match[1]: page[match.start() : end].strip() for match, end in zip(found, ends, strict=True)
    }
