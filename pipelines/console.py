"""Terminal output: results on standard output, progress and errors on standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from features.errors import DestinationError, LeadaccordError
from features.findings import Finding
from features.text import escape_controls
from pipelines.streams import print_aside, takes_unicode
from pipelines.ticker import Ticker

WIDTH = 79
_BAR = 30
_SECONDS_BETWEEN_LINES = 15.0
# One for all consoles, as a process has one terminal.
_TICKER = Ticker()


class Console:
    """Terminal output of one command.

    Parameters
    ----------
    as_json : bool
        One JSON object on standard output and nothing else there.
    quiet : bool
        Keep results to itself, as for a job that is a part of another.
    terse : bool
        Only results, warnings and errors: no progress, and no next step.
    """

    def __init__(self, *, as_json: bool, quiet: bool = False, terse: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self.terse = terse
        self._start = time.perf_counter()

    def part(self) -> Console:
        """Return a console for a part of this job: same clock, results kept to itself."""
        part = Console(as_json=self.as_json, quiet=True, terse=self.terse)
        part._start = self._start
        return part

    def progress(self, message: str) -> None:
        """Print the step that begins; on a terminal it shows how long a slow one has taken."""
        if self.terse:
            return
        line = f"{time.perf_counter() - self._start:6.1f} s  {escape_controls(message)}"
        if sys.stderr.isatty():
            _TICKER.begin(line)
        else:
            print_aside(line)

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
        _TICKER.end()
        on_terminal, done, told = sys.stderr.isatty(), 0, time.perf_counter()

        def advance() -> None:
            nonlocal done, told
            done += 1
            if self.terse:
                return
            if on_terminal:
                bar = "#" * (_BAR * done // total)
                elapsed = time.perf_counter() - self._start
                shown = f"\r{elapsed:6.1f} s  [{bar:{_BAR}}] {done:,} of {total:,} {what}"
                print_aside(shown, end="")
            elif time.perf_counter() - told >= _SECONDS_BETWEEN_LINES:
                told = time.perf_counter()
                self.progress(f"{done:,} of {total:,} {what}")

        try:
            yield advance
        finally:
            if on_terminal and done and not self.terse:
                print_aside("")

    def say(self, message: str) -> None:
        """Print a line on standard error."""
        self.aside(f"leadaccord: {message}")

    def aside(self, *lines: str) -> None:
        """Print lines on standard error, below the step that was shown last."""
        _TICKER.end()
        for line in lines:
            print_aside("\n".join(map(escape_controls, line.split("\n"))))

    def suggest(self, step: str) -> None:
        """Print what to do next, for people; programs do not need it."""
        if step and not (self.as_json or self.quiet or self.terse):
            # The result comes first where both go to one terminal.
            sys.stdout.flush()
            self.aside(f"Next: {step}")

    def warn(self, message: str) -> None:
        """Print on standard error what to know about the result, in the form of a finding."""
        import textwrap

        text = f"warning {message}"
        self.aside(*textwrap.wrap(text, WIDTH, subsequent_indent=" " * 8, break_long_words=False))

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
        self.aside(question, *listed)
        while True:
            print_aside(f"1 to {len(options)}, or Enter to leave it open: ", end="")
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
        self.aside(*render_findings(findings))

    def result(self, result: Mapping[str, Any], lines: Sequence[str]) -> None:
        """Show the result: as JSON if asked, otherwise as text.

        Raises
        ------
        DestinationError
            When standard output does not take it; the job itself is done.
        """
        if self.quiet:
            return
        _TICKER.end()
        text = _to_json(result) if self.as_json else "\n".join(map(escape_controls, lines))
        try:
            print(text, flush=True)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise DestinationError(
                "the job is done, but its result cannot be printed",
                where="standard output",
                got=error.strerror or str(error),
                next_step="Free space there, or send standard output elsewhere",
            ) from error

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
            print(_to_json({"error": content}))


def _to_json(content: Mapping[str, Any]) -> str:
    """Return one line of JSON in signs that standard output takes."""
    plain = not takes_unicode(sys.stdout)
    return json.dumps(content, ensure_ascii=plain, allow_nan=False, default=str)


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

    def aside(self, *lines: str) -> None:
        """Keep lines to itself."""


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
