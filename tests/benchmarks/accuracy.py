"""`make accuracy`: measures how accurate the model is and writes docs/accuracy.md.

Each section is a module with a `NAME`, a `TITLE`, and two functions: `measure` does the work and
returns figures as JSON types, `render` turns these into Markdown. `measure` keeps whatever takes
long in the store it is given, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from tests.benchmarks.document import write_page
from tests.benchmarks.store import Progress, Result, Store, Unavailable

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "accuracy.md"
FOLDER = ROOT / "build" / "accuracy"
WIDTH = 80


class Section(Protocol):
    """What a section module offers."""

    NAME: str
    TITLE: str

    def measure(self, store: Store, progress: Progress) -> Result:
        """Return the figures as JSON types; raise `Unavailable` where they cannot be had."""

    def render(self, results: Mapping[str, Any]) -> str:
        """Return the section as Markdown, its heading of the second level first."""


def sections() -> list[Section]:
    """Return the sections in the order of the document."""
    from tests.benchmarks import development, leak_guards, real_files, worlds

    return [cast(Section, module) for module in (real_files, development, worlds, leak_guards)]


INTRODUCTION = """\
# Accuracy

`make accuracy` measures every figure on this page and writes the page. Everything is seeded.
Results are kept in `build/accuracy/`; what did not change is not measured again, and
`make accuracy FRESH=1` measures all of it anew. A section measured alone (`ONLY=worlds`) leaves the
others as they were.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the sections asked for, print them, and write them to the document."""
    known = sections()
    options = _read_options(arguments, [section.NAME for section in known])
    store = Store(options.folder, fresh=options.fresh)
    started = time.monotonic()

    def progress(text: str) -> None:
        print(f"{time.monotonic() - started:7.0f} s  {text}", file=sys.stderr, flush=True)

    rendered, asked = {}, [each for each in known if not options.only or each.NAME in options.only]
    for section in asked:
        try:
            results = section.measure(store, progress)
        except Unavailable as reason:
            print(f"{section.NAME} was not measured: {reason}", file=sys.stderr)
            continue
        rendered[section.TITLE] = section.render(results).strip()
        print(for_terminal(rendered[section.TITLE]), end="\n\n", flush=True)
    titles = [section.TITLE for section in known]
    print(write_page(options.document, INTRODUCTION, titles, rendered))
    return 0 if len(rendered) == len(asked) else 1


def for_terminal(markdown: str) -> str:
    """Return Markdown with its paragraphs and lists wrapped; tables stay as they are."""
    lines = []
    for line in markdown.splitlines():
        indent = "  " if line.startswith("- ") else ""
        whole = line.startswith(("|", "#", "    ")) or not line
        lines += [line] if whole else _wrap(line, indent)
    return "\n".join(lines)


def _wrap(line: str, indent: str) -> list[str]:
    return textwrap.wrap(line, WIDTH, subsequent_indent=indent, break_on_hyphens=False)


def _read_options(arguments: Sequence[str] | None, names: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="accuracy", description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=names, help="measure this section only")
    parser.add_argument(
        "--fresh",
        action="store_true",
        default=bool(os.environ.get("FRESH")),
        help="measure anew what was measured before",
    )
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where results are kept")
    parser.add_argument("--document", type=Path, default=DOCUMENT, help="the document to write")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
