"""`make accuracy`: measures how accurate the model is and writes docs/accuracy.md.

Each section is a module with a `NAME`, and two functions: `measure` does the work and returns
figures as JSON types, `render` turns these into Markdown. `measure` keeps whatever takes long in
the store it is given, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from tests.benchmarks.store import Progress, Result, Store, Unavailable

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "accuracy.md"
FOLDER = ROOT / "build" / "accuracy"
WIDTH = 80


class Section(Protocol):
    """What a section module offers."""

    NAME: str

    def measure(self, store: Store, progress: Progress) -> Result:
        """Return the figures as JSON types; raise `Unavailable` where they cannot be had."""

    def render(self, results: Mapping[str, Any]) -> str:
        """Return the section as Markdown, its heading of the second level first."""


def sections() -> list[Section]:
    """Return the sections in the order of the document."""
    from tests.benchmarks import leak_guards, real_files, worlds

    return [cast(Section, module) for module in (real_files, worlds, leak_guards)]


INTRODUCTION = """\
# Accuracy

`make accuracy` measures every figure on this page and writes the page. Everything is seeded.
Results are kept in `build/accuracy/`; what did not change is not measured again, and
`make accuracy FRESH=1` measures all of it anew.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the sections asked for, print them, and write the document once all are there."""
    known = sections()
    options = _read_options(arguments, [section.NAME for section in known])
    store = Store(options.folder, fresh=options.fresh)
    started = time.monotonic()

    def progress(text: str) -> None:
        print(f"{time.monotonic() - started:7.0f} s  {text}", file=sys.stderr, flush=True)

    rendered: list[str] = []
    missing: list[str] = []
    for section in known:
        if options.only and section.NAME not in options.only:
            results = read_results(options.folder, section.NAME)
        else:
            results = _measure(section, store, progress)
        if results is None:
            missing.append(section.NAME)
            continue
        rendered.append(section.render(results).strip())
        if not options.only or section.NAME in options.only:
            print(for_terminal(rendered[-1]), end="\n\n", flush=True)
    if missing:
        print(f"{DOCUMENT.name} is left as it was; not measured: {', '.join(missing)}")
        return 1
    options.document.parent.mkdir(parents=True, exist_ok=True)
    options.document.write_text("\n\n".join([INTRODUCTION.strip(), *rendered]) + "\n", "utf-8")
    print(f"Written: {options.document}")
    return 0


def _measure(section: Section, store: Store, progress: Progress) -> Result | None:
    """Measure a section and keep its figures for runs that ask for other sections only."""
    try:
        results = section.measure(store, progress)
    except Unavailable as reason:
        print(f"{section.NAME} was not measured: {reason}", file=sys.stderr)
        return None
    path = store.folder / f"{section.NAME}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1, sort_keys=True, allow_nan=False), "utf-8")
    return results


def read_results(folder: Path, name: str) -> Result | None:
    """Return a section's figures from an earlier run, or None."""
    path = folder / f"{name}.json"
    return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else None


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
