"""A program that has everything loaded and forks a child per run, to be killed by its own hand.

Starting the command takes seconds, a fork milliseconds. What makes forking unsafe is threads, so
nothing is computed here: OpenMP and Arrow start theirs in the children. Orders come as lines of
JSON on standard input; each is answered by one line.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "sqlite3.connect"}


CALLS = frozenset(
    "write write_table execute executemany commit rollback close copy connect append".split()
)
STEPS = frozenset({"begin", "deliver", "mark_delivered"})
"""Named among the boundaries, to tell where in a run they lie."""


class Boundaries:
    """Counts the moments at which files or tables change, and ends this process at one of them.

    A moment is just before a file is opened for writing, written, synced, renamed or removed, or
    a database is asked for anything.

    Parameters
    ----------
    at : int or None
        The number of the moment, from 0.
    ending : signal
        SIGKILL, or SIGSTOP for others to do something meanwhile.
    """

    def __init__(self, at: int | None, ending: signal.Signals) -> None:
        self.at, self.ending = at, ending
        self.names: list[str] = []
        self._sync = os.fsync

    def watch(self) -> None:
        """Begin to count."""
        sys.addaudithook(self._hear)
        os.fsync = self._fsync

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in CHANGES or (event == "open" and (arguments[2] or 0) & WRITING):
            # Looking at every call slows a run down; nothing writes before it has opened something.
            if sys.getprofile() is None:
                sys.setprofile(self._see)
            self._pass(event)

    def _see(self, frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and called.__name__ in CALLS:
            caller: FrameType | None = frame
        elif event == "call" and frame.f_code.co_name in STEPS:
            caller = frame
        elif event == "call" and frame.f_code.co_name in CALLS:
            caller = frame.f_back
        else:
            return
        if caller is not None and "/serve/" in caller.f_code.co_filename:
            self._pass(called.__name__ if event == "c_call" else frame.f_code.co_name)

    def _fsync(self, file: Any) -> None:
        # Before it, what was written may be lost with the power; after it, not.
        self._pass("fsync")
        self._sync(file)

    def _pass(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) - 1 == self.at:
            os.kill(os.getpid(), self.ending)


def load_everything() -> None:
    """Import what a run imports, so that a child finds it there."""
    import duckdb  # noqa: F401
    import filelock  # noqa: F401
    import lightgbm  # noqa: F401
    import pyarrow.csv
    import pyarrow.dataset
    import pyarrow.parquet  # noqa: F401
    import xlsxwriter  # noqa: F401

    import pipelines.score  # noqa: F401
    from features.language import language
    from serve.runs.journal import digest_code
    from tests.chaos import recording  # noqa: F401

    digest_code()
    language("en").number(1)


def score(order: dict[str, Any], boundaries: Boundaries) -> dict[str, Any]:
    """Do one run as the command does, with the moment given."""
    import pandas as pd

    from pipelines import score as job
    from pipelines import scoring_run
    from pipelines.console import Console
    from tests.chaos import recording

    if order.get("max_rows"):
        limit_rows(order["format"], order["max_rows"])
    if order.get("recorded"):
        scoring_run.open_batches = partial(recording.open_recorded, Path(order["recorded"]))
    rejects = order.get("rejects")
    options = scoring_run.Options(
        format=order.get("format"),
        rejects=rejects and Path(rejects),
        now=pd.Timestamp(order["now"]),
        batch_rows=order["batch_rows"],
        threads=1,
        if_busy=order.get("if_busy", "refuse"),
    )
    result = job.run(
        Console(as_json=True, quiet=True),
        config=Path(order["config"]),
        leads=order["leads"],
        out=order["out"],
        options=options,
    )
    names = list(boundaries.names)
    return {"result": result, "boundaries": names}


def limit_rows(name: str, most: int) -> None:
    """Let a file for a CRM hold few rows, so that there are several."""
    from dataclasses import replace

    from serve.destinations import files

    formats = files.CRM_FORMATS
    files.CRM_FORMATS = {**formats, name: replace(formats[name], max_rows=most)}


def record(order: dict[str, Any], boundaries: Boundaries) -> dict[str, Any]:
    """Read and score the leads once, and keep what came of it for other children."""
    from tests.chaos import recording

    recording.record(order)
    return {}


JOBS: dict[str, Callable[[dict[str, Any], Boundaries], dict[str, Any]]] = {
    "score": score,
    "record": record,
}


def be_child(order: dict[str, Any], answer: int) -> None:
    """Do what is ordered and leave without a word to the parent's libraries."""
    from features.errors import LeadaccordError

    code, content = 0, {}
    with Path(order["log"]).open("a") as log, redirect_stderr(log), redirect_stdout(log):
        try:
            at, stopping = order.get("kill_at"), order.get("stop_at")
            moments = (
                Boundaries(at, signal.SIGKILL)
                if stopping is None
                else Boundaries(stopping, signal.SIGSTOP)
            )
            if order.get("watched") or moments.at is not None:
                moments.watch()
            content = JOBS[order["job"]](order, moments)
        except LeadaccordError as error:
            print(error, file=log)
            code, content = error.exit_code, {"error": str(error)}
        except KeyboardInterrupt:
            code = 130
        except BaseException:
            traceback.print_exc(file=log)
            code = 99
    os.write(answer, json.dumps(content, default=str).encode())
    os._exit(code)


class Child:
    """A process that does what is ordered."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._reading, writing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._reading)
            be_child(order, writing)
        os.close(writing)

    def kill_after(self, seconds: float) -> None:
        """Kill it after so long, unless it is done before."""
        if not select.select([self._reading], [], [], seconds)[0]:
            os.kill(self._pid, signal.SIGKILL)

    def wait(self) -> dict[str, Any]:
        """Tell how it ended, or that it stopped."""
        _, status = os.waitpid(self._pid, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            return {"stopped": True}
        with os.fdopen(self._reading, "rb") as file:
            content = file.read()
        if os.WIFSIGNALED(status):
            return {"code": -os.WTERMSIG(status)}
        return {"code": os.WEXITSTATUS(status), **json.loads(content)}

    def go_on(self, *, interrupted: bool) -> None:
        """Let it go on after it stopped, perhaps with Ctrl-C."""
        if interrupted:
            os.kill(self._pid, signal.SIGINT)
        os.kill(self._pid, signal.SIGCONT)


def main() -> None:
    """Answer orders until there are none."""
    # Where the tests run in the background, interrupts are ignored from birth; children are to
    # hear them as a command in a terminal does.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    load_everything()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print("ready", file=answers, flush=True)
    child: Child | None = None
    for line in sys.stdin:
        order = json.loads(line)
        if order["job"] == "go on":
            assert child is not None
            child.go_on(interrupted=order["interrupted"])
        else:
            child = Child(order)
            if order.get("kill_after") is not None:
                child.kill_after(order["kill_after"])
        print(json.dumps(child.wait()), file=answers, flush=True)


if __name__ == "__main__":
    main()
