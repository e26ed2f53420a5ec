"""`make bench`: measures how fast the work is done beside others, and writes docs/speed.md.

Each section is a module with a `NAME`, a `TITLE`, and a function `measure` that does the work and
returns its rows and notes. Both sides of a row are measured in turn, in the same run, and compared
by the median of their ratios, so that other work on the machine touches both.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Protocol, cast

from tests.benchmarks.accuracy import for_terminal
from tests.benchmarks.document import write_page
from tests.benchmarks.store import Progress, Unavailable, versions_of

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "speed.md"


@dataclass(frozen=True)
class Row:
    """A line of a section's table.

    Attributes
    ----------
    work, beside : str
        What is done, and what it is compared with.
    reached, to_reach : str
        With their units; `to_reach` is empty where nothing was set.
    seconds : str
        Of both sides, for whoever wants to know the scale.
    """

    work: str
    beside: str
    reached: str
    to_reach: str
    seconds: str


@dataclass(frozen=True)
class Speeds:
    """What a section measured.

    Attributes
    ----------
    rows : list of Row
    notes : list of str
        What was done, in Markdown, one paragraph each.
    """

    rows: list[Row]
    notes: list[str] = field(default_factory=list)


class Section(Protocol):
    """What a section module offers."""

    NAME: str
    TITLE: str

    def measure(self, progress: Progress) -> Speeds:
        """Do the work of both sides; raise `Unavailable` where it cannot be done."""


def sections() -> list[Section]:
    """Return the sections in the order of the document."""
    from tests.benchmarks import bench_report, bench_retraining, bench_scoring, bench_shapley

    modules = (bench_shapley, bench_scoring, bench_retraining, bench_report)
    return [cast(Section, module) for module in modules]


INTRODUCTION = """\
# Speed

`make bench` measures every figure on this page and writes the page; `make bench ONLY=shapley`
measures one section anew and leaves the others as they were. What is compared is timed in turn, in
the same run: the ratio is the median of those of the rounds. Seconds are medians too, and grow with
other work on the machine.
"""


def time_in_turn(
    *sides: Callable[[], object], rounds: int, progress: Progress
) -> list[tuple[float, ...]]:
    """Return the seconds of each side in each round."""
    found = []
    for number in range(rounds):
        taken = []
        for side in sides:
            started = time.perf_counter()
            side()
            taken.append(time.perf_counter() - started)
        found.append(tuple(taken))
        progress(f"round {number + 1} of {rounds}: " + ", ".join(f"{s:.2f} s" for s in taken))
    return found


def compare(
    work: str, beside: str, seconds: Sequence[tuple[float, float]], *, to_reach: float | None
) -> Row:
    """Return how many times faster than the other, in the second place, the first one is."""
    ratio = median(other / own for own, other in seconds)
    own, other = (median(side) for side in zip(*seconds, strict=True))
    return Row(
        work,
        beside,
        reached=f"{ratio:.0f} times" if ratio >= 10 else f"{ratio:.1f} times",
        to_reach="" if to_reach is None else f"{to_reach:g} times",
        seconds=f"{_write_seconds(own)} against {_write_seconds(other)}",
    )


def _write_seconds(seconds: float) -> str:
    return f"{seconds:,.0f}" if seconds >= 10 else f"{seconds:.2g}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the sections asked for, print them, and write them to the document."""
    known = sections()
    options = _read_options(arguments, [section.NAME for section in known])
    started = time.monotonic()

    def progress(text: str) -> None:
        print(f"{time.monotonic() - started:7.0f} s  {text}", file=sys.stderr, flush=True)

    rendered, asked = {}, [each for each in known if not options.only or each.NAME in options.only]
    for section in asked:
        try:
            speeds = section.measure(progress)
        except Unavailable as reason:
            print(f"{section.NAME} was not measured: {reason}", file=sys.stderr)
            continue
        rendered[section.TITLE] = render(section.TITLE, speeds, machine=describe_machine())
        print(for_terminal(rendered[section.TITLE]), end="\n\n", flush=True)
    titles = [section.TITLE for section in known]
    print(write_page(options.document, INTRODUCTION, titles, rendered))
    return 0 if len(rendered) == len(asked) else 1


def render(title: str, speeds: Speeds, *, machine: str) -> str:
    """Return a section as Markdown."""
    heads = ("work", "beside", "reached", "to reach", "seconds")
    lines = [heads, *map(astuple, speeds.rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    table = [
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    ]
    table.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n\n".join([f"## {title}", "\n".join(table), *speeds.notes, machine])


def describe_machine() -> str:
    """Return what the figures depend on besides the code."""
    from models.shapley.kernel import count_cores

    versions = versions_of("lightgbm", "numba", "numpy")
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"{_name_processor()}, {count_cores()} cores, {platform.system()}, "
        f"Python {platform.python_version()}, {listed}; {datetime.now(UTC):%Y-%m-%d}, "
        f"with a load of {os.getloadavg()[2]:.0f} over the last quarter of an hour, ours included."
    )


def _name_processor() -> str:
    """Return the processor's name where the system tells it."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text("utf-8").splitlines() if facts.is_file() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _read_options(arguments: Sequence[str] | None, names: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=names, help="measure this section only")
    parser.add_argument("--document", type=Path, default=DOCUMENT, help="the document to write")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
