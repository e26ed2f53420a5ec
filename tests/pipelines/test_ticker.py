"""Promises of `pipelines.ticker`: a slow step moves on a terminal."""

from __future__ import annotations

import io
import time

import pytest

from pipelines import ticker
from pipelines.console import Console
from pipelines.ticker import Ticker


class Terminal(io.StringIO):
    """Standard error at which somebody sits."""

    def isatty(self) -> bool:
        return True

    def wait_for(self, text: str) -> None:
        """Wait until a text was written, which another thread does."""
        end = time.perf_counter() + 10
        while text not in self.getvalue():
            assert time.perf_counter() < end


def open_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Sit at standard error, from within a test: pytest sets it before each."""
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    return stream


def test_a_quick_step_has_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    steps = Ticker()
    steps.begin("one")
    steps.begin("two")
    steps.end()
    steps.end()
    assert terminal.getvalue() == "one\ntwo\n"


def test_a_slow_step_counts_its_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    monkeypatch.setattr(ticker, "PATIENCE", 0.0)
    monkeypatch.setattr(ticker, "PAUSE", 0.001)
    steps = Ticker()
    steps.begin("learning")
    terminal.wait_for("\rlearning ... 0 s\rlearning ... 0 s")
    steps.end()
    assert terminal.getvalue().endswith("\rlearning        \n")


def test_a_result_stands_below_the_step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = open_terminal(monkeypatch)
    console = Console(as_json=False)
    console.progress("Reading")
    console.warn("odd")
    console.progress("Writing")
    console.result({}, ["done"])
    lines = terminal.getvalue().splitlines()
    assert [line.split(" s  ")[-1] for line in lines] == ["Reading", "warning odd", "Writing"]
    assert terminal.getvalue().endswith("\n")
    assert capsys.readouterr().out == "done\n"
