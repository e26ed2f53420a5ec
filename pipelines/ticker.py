"""Moving progress: the seconds of a step that takes long, counted on a terminal."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from typing import TextIO

from pipelines.streams import print_aside, print_to

PATIENCE, PAUSE = 2.0, 0.5
"""Seconds until a line begins to move, and between its moves."""


class Ticker:
    """Line of the present step on a terminal, which moves once the step takes over two seconds."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, line: str) -> None:
        """Show the line of a step; that of the step before stays as it was.

        Parameters
        ----------
        line : str
        """
        self.end()
        print_aside(line, end="")
        # Its own event: a thread that is just stopping must not take the next step for its own.
        self._stop = threading.Event()
        arguments = (line, self._stop, sys.stderr)
        self._thread = threading.Thread(target=_tick, args=arguments, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Finish the line, so that something else can be printed."""
        if self._thread is None:
            return
        self._stop.set()
        self._thread.join()
        self._thread = None
        print_aside("")


def _tick(line: str, stop: threading.Event, stream: TextIO) -> None:
    """Count seconds behind a line until asked to stop; the line is left as it began."""
    began, shown, wait = time.perf_counter(), "", PATIENCE
    while not stop.wait(wait):
        wait = PAUSE
        # A line that fills the terminal could not be taken back.
        room = shutil.get_terminal_size().columns - 1
        shown = f"{line} ... {time.perf_counter() - began:.0f} s"[:room]
        print_to(stream, f"\r{shown}", end="")
    if shown:
        print_to(stream, f"\r{line.ljust(len(shown))}", end="")
