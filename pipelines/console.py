"""Terminal output: results on standard output, progress and errors on standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from features.errors import LeadaccordError
from features.findings import Finding

WIDTH = 79
_BAR = 30
_SECONDS_BETWEEN_LINES = 15.0


class Console:
    """Terminal output of one command.

    Parameters
    ----------
    as_json : bool
        One JSON object on standard output and nothing else there.
    quiet : bool
        Keep results to itself, as for a job that is a part of another.
    """

    def __init__(self, *, as_json: bool, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self._start = time.perf_counter()

    def part(self) -> Console:
        """Return a console for a part of this job: same clock, results kept to itself."""
        part = Console(as_json=self.as_json, quiet=True)
        part._start = self._start
        return part

    def progress(self, message: str) -> None:
        """Print the step that begins."""
        elapsed = time.perf_counter() - self._start
        print(f"{elapsed:6.1f} s  {message}", file=sys.stderr, flush=True)

    @contextmanager
    def counting(self, what: str, *, total: int) -> Iterator[Callable[[], None]]:
        """Count along: a bar on a terminal, elsewhere a line now and then.

        Parameters
        ----------
        what : str
            What is counted, with its verb: "batches scored".
        total : int

        Yields
        ------
        callable
            To be called once for each.
        """
        on_terminal, done, told = sys.stderr.isatty(), 0, time.perf_counter()

        def advance() -> None:
            nonlocal done, told
            done += 1
            if on_terminal:
                bar = "#" * (_BAR * done // total)
                elapsed = time.perf_counter() - self._start
                shown = f"\r{elapsed:6.1f} s  [{bar:{_BAR}}] {done:,} of {total:,} {what}"
                print(shown, end="", file=sys.stderr, flush=True)
            elif time.perf_counter() - told >= _SECONDS_BETWEEN_LINES:
                told = time.perf_counter()
                self.progress(f"{done:,} of {total:,} {what}")

        try:
            yield advance
        finally:
            if on_terminal and done:
                print(file=sys.stderr, flush=True)

    def say(self, message: str) -> None:
        """Print a line on standard error."""
        print(f"leadaccord: {message}", file=sys.stderr)

    def warn(self, message: str) -> None:
        """Print on standard error what to know about the result, in the form of a finding."""
        import textwrap

        print(
            *textwrap.wrap(f"warning {message}", WIDTH, subsequent_indent=" " * 8),
            sep="\n",
            file=sys.stderr,
        )

    @property
    def can_ask(self) -> bool:
        """Whether somebody sits at the terminal who can answer."""
        silent = self.as_json or self.quiet
        return not silent and sys.stdin.isatty() and sys.stderr.isatty()

    def choose(self, question: str, options: Sequence[str], *, several: bool = False) -> list[int]:
        """Ask by number which of the options is meant.

        Parameters
        ----------
        question : str
        options : sequence of str
        several : bool
            Whether more than one number, between commas, may be answered.

        Returns
        -------
        list of int
            Places of the options chosen, from 0; empty where nothing is answered.
        """
        listed = [f"  {number}. {option}" for number, option in enumerate(options, start=1)]
        print("\n".join([question, *listed]), file=sys.stderr)
        while True:
            print(f"1 to {len(options)}, or Enter to leave it open: ", end="", file=sys.stderr)
            sys.stderr.flush()
            words = sys.stdin.readline().replace(",", " ").split()
            if not words:
                return []
            numbers = [int(word) for word in words if word.isascii() and word.isdigit()]
            known = [number - 1 for number in numbers if 1 <= number <= len(options)]
            if len(known) == len(words) and (several or len(known) == 1):
                return known

    def elapsed(self) -> float:
        """Return the seconds since the command began."""
        return round(time.perf_counter() - self._start, 2)

    def findings(self, findings: Sequence[Finding]) -> None:
        """Show findings on standard error, worst first."""
        for line in render_findings(findings):
            print(line, file=sys.stderr)

    def result(self, result: Mapping[str, Any], lines: Sequence[str]) -> None:
        """Show the result: as JSON if asked, otherwise as text."""
        if self.quiet:
            return
        if self.as_json:
            print(json.dumps(result, ensure_ascii=False, allow_nan=False, default=str))
        else:
            print("\n".join(lines))

    def error(self, error: LeadaccordError) -> None:
        """Show a mistake the user can mend."""
        self.say(str(error))
        if self.as_json:
            content = {
                "code": error.code,
                "what": error.what,
                "where": error.where,
                "next_step": error.next_step,
                "message": str(error),
            }
            print(json.dumps({"error": content}, ensure_ascii=False))


class SilentConsole(Console):
    """Console that prints nothing, for jobs that Python code runs: they return their result."""

    def __init__(self) -> None:
        super().__init__(as_json=False, quiet=True)

    def progress(self, message: str) -> None:
        """Keep the step to itself."""

    @contextmanager
    def counting(self, what: str, *, total: int) -> Iterator[Callable[[], None]]:
        """Count to itself."""
        yield lambda: None

    def say(self, message: str) -> None:
        """Keep the line to itself."""

    def warn(self, message: str) -> None:
        """Keep the warning to itself."""

    def findings(self, findings: Sequence[Finding]) -> None:
        """Keep the findings to itself."""


def render_findings(findings: Sequence[Finding]) -> list[str]:
    """Return findings as lines for a terminal of 80 columns."""
    import textwrap

    lines = []
    for finding in findings:
        share = f"{finding.count:,} of {finding.total:,}"
        # Most messages have the share in their sentence.
        count = f" [{share}]" if finding.total and share not in finding.message else ""
        where = f", for example {finding.example}" if finding.example else ""
        head = f"{finding.severity:8}{finding.table}: {finding.message}{count}{where}"
        lines += textwrap.wrap(head, WIDTH, subsequent_indent=" " * 8)
        if finding.next_step:
            lines += textwrap.wrap(
                "-> " + finding.next_step,
                WIDTH,
                initial_indent=" " * 8,
                subsequent_indent=" " * 11,
            )
    return lines


def wrap(text: str, *, indent: str = "") -> list[str]:
    """Return a paragraph as lines for a terminal of 80 columns."""
    import textwrap

    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)
