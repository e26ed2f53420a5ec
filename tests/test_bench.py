"""What `make bench` promises: both sides in turn, medians of ratios, sections on their own."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.benchmarks import bench, bench_shapley
from tests.benchmarks.bench import Row, Speeds, compare, main, render, time_in_turn
from tests.benchmarks.store import Unavailable


def quiet(text: str) -> None:
    """Say nothing."""


def make_section(name: str, *, fails: bool = False) -> Any:
    def measure(progress: Any) -> Speeds:
        if fails:
            raise Unavailable("no such machine")
        return Speeds([Row(f"work of {name}", "others", "9 times", "3 times", "1 against 9")])

    return SimpleNamespace(NAME=name, TITLE=name.title(), measure=measure)


def test_sides_are_timed_in_turn() -> None:
    order: list[str] = []
    found = time_in_turn(
        lambda: order.append("own"), lambda: order.append("other"), rounds=3, progress=quiet
    )
    assert order == ["own", "other"] * 3
    assert [len(taken) for taken in found] == [2, 2, 2]


def test_the_ratio_is_the_median_of_the_rounds() -> None:
    row = compare("work", "others", [(1.0, 20.0), (2.0, 100.0), (1.0, 30.0)], to_reach=4)
    assert (row.reached, row.to_reach) == ("30 times", "4 times")
    assert row.seconds == "1 against 30"
    assert (
        compare("work", "others", [(0.123, 1234.5)], to_reach=None).seconds == "0.12 against 1,234"
    )
    assert compare("work", "others", [(2.0, 5.0)], to_reach=None).reached == "2.5 times"


def test_a_section_is_a_table_with_what_was_reached_beside_what_was_to_reach() -> None:
    speeds = Speeds([Row("w", "b", "9 times", "3 times", "1")], ["How."])
    text = render("Title", speeds, machine="Here.")
    assert text.startswith("## Title\n\n| work | beside | reached | to reach | seconds |\n|---")
    assert "| w    | b      | 9 times | 3 times  | 1       |" in text
    assert text.endswith("How.\n\nHere.")


def test_sections_not_asked_for_stay_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = [make_section("first"), make_section("second")]
    monkeypatch.setattr(bench, "sections", lambda: known)
    page = tmp_path / "speed.md"
    where = ["--document", str(page)]
    assert main(["--only", "second", *where]) == 0
    assert "## First" not in page.read_text("utf-8")
    assert main(["--only", "first", *where]) == 0
    assert "as it was: Second" in capsys.readouterr().out
    text = page.read_text("utf-8")
    assert text.index("work of first") < text.index("work of second")
    known[1] = make_section("second", fails=True)
    assert main(where) == 1
    assert "no such machine" in capsys.readouterr().err
    assert "work of second" in page.read_text("utf-8")


def test_the_sections_have_names_of_their_own() -> None:
    names = [section.NAME for section in bench.sections()]
    assert len(set(names)) == len(names)
    assert "shapley" in names


def test_reference_rows_are_as_described() -> None:
    X, y = bench_shapley.draw_rows(3_000, 0, categories=True)
    assert X.shape == (3_000, 32)
    missing = np.isnan(X).mean(axis=0)
    assert missing[:10] == pytest.approx(np.full(10, 0.3), abs=0.05)
    assert (missing[10:] == 0).all()
    assert X[:, 24:].max(axis=0) == pytest.approx(np.array(bench_shapley.LEVELS) - 1, abs=2)
    assert set(y) == {0.0, 1.0}
    plain, same = bench_shapley.draw_rows(3_000, 0, categories=False)
    assert np.array_equal(plain, X[:, :24], equal_nan=True)
    assert np.array_equal(same, y)


def test_a_peer_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"woodelf_peer\.py failed"):
        bench_shapley.run_woodelf(Path(sys.executable), tmp_path, ["as it comes"])
