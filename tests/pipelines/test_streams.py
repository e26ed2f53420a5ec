"""Promises of `pipelines.streams`: what a job delivers does not depend on who reads its output."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.console import Console
from pipelines.streams import prepare_streams, print_aside, print_to, takes_unicode

ROOT = Path(__file__).resolve().parents[2]
OPENED = """
import sys
from pipelines.streams import prepare_streams
prepare_streams()
print("out"); print("err", file=sys.stderr); assert sys.stdin.read() == ""
file = open(sys.argv[1], "w")
file.write(str(file.fileno()))
"""


def narrow_output(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    """Let standard output take ASCII only, from within a test: pytest sets it before each."""
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding="ascii"))
    prepare_streams()
    return written


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "<&- 2>&-"])
def test_a_file_never_takes_the_number_of_a_closed_stream(closed: str, tmp_path: Path) -> None:
    place = tmp_path / "number"
    run = subprocess.run(
        ["sh", "-c", f'"$0" -c "$1" "$2" {closed}', sys.executable, OPENED, str(place)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0
    assert int(place.read_text("utf-8")) > 2
    assert (b"out" in run.stdout) == (" >&-" not in f" {closed}")


def test_what_ascii_lacks_is_spelled(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = narrow_output(monkeypatch)
    text = "“vp”: Müßig \N{EN DASH} 中 \N{FACTORY} \udce9.csv → l\N{RIGHT SINGLE QUOTATION MARK}été"
    Console(as_json=False).result({}, [text])
    assert narrow.getvalue() == b'"vp": Mussig - ? ? \\udce9.csv -> l\'ete\n'


def test_json_in_ascii_is_the_same_json(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = narrow_output(monkeypatch)
    result = {"reason": "“vp” \N{FACTORY} — été"}
    Console(as_json=True).result(result, [])
    assert json.loads(narrow.getvalue().decode("ascii")) == result


def test_messages_that_nobody_takes_stop_nothing() -> None:
    class Full(io.StringIO):
        def write(self, text: str, /) -> int:
            raise OSError(28, "No space left on device")

    print_to(Full(), "a message")
    closed = io.StringIO()
    closed.close()
    print_to(closed, "a message")


def test_a_reader_of_messages_that_went_away_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stderr", stream)
        print_aside("first")
        print_aside("second")
        # What is left in it goes nowhere, without a word, when the program ends.
        stream.write("third")


@pytest.mark.parametrize(
    ("encoding", "takes"), [("utf-8", True), ("utf-16", True), ("ascii", False), ("cp1252", False)]
)
def test_which_streams_take_every_sign(encoding: str, takes: bool) -> None:
    assert takes_unicode(io.TextIOWrapper(io.BytesIO(), encoding=encoding)) == takes
    assert takes_unicode(io.StringIO())


@pytest.mark.parametrize(("options", "shown"), [([], b""), (["-W", "always"], b"UserWarning: odd")])
def test_libraries_speak_only_to_developers(options: list[str], shown: bytes) -> None:
    code = (
        "import logging, warnings\n"
        "from pipelines.streams import keep_libraries_quiet\n"
        "keep_libraries_quiet()\n"
        "warnings.warn('odd'); logging.getLogger('urllib3').warning('retrying')"
    )
    run = subprocess.run(
        [sys.executable, *options, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert shown in run.stderr and b"retrying" not in run.stderr
    assert bool(run.stderr) == bool(shown)
