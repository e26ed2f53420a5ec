"""Promises: one a month, the first, as counts alone; a damaged record says so."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.artifact.promises import Promise, PromiseError, add_promise, month_of, read_promises

MAY = Promise(
    dt.date(2026, 4, 25), dt.date(2026, 5, 24), 1_029, 435, 395, 0.43, 0.38, 0.47, 0.45, "m1"
)


def test_the_first_promise_of_a_month_stands(tmp_path: Path) -> None:
    path = tmp_path / "home" / "promises.json"
    assert read_promises(path) == ()
    add_promise(path, MAY)
    add_promise(path, replace(MAY, end=dt.date(2026, 5, 31), expected=0.9))
    june, april = (replace(MAY, end=dt.date(2026, month, 24), aim=None) for month in (6, 4))
    add_promise(path, june)
    add_promise(path, april)
    assert read_promises(path) == (april, MAY, june)
    before = path.read_bytes()
    add_promise(path, replace(june, waiting=1))
    assert path.read_bytes() == before


def test_nothing_but_counts_shares_and_days_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "promises.json"
    add_promise(path, MAY)
    (entry,) = json.loads(path.read_text("utf-8"))
    assert entry == asdict(MAY) | {"start": "2026-04-25", "end": "2026-05-24"}


@pytest.mark.parametrize(("key", "value"), [("waiting", None), ("answered", "5"), ("low", None)])
def test_a_figure_that_is_none_is_damage(tmp_path: Path, key: str, value: object) -> None:
    path = tmp_path / "promises.json"
    add_promise(path, MAY)
    (entry,) = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps([entry | {key: value}]), "utf-8")
    with pytest.raises(PromiseError):
        read_promises(path)


@pytest.mark.parametrize("content", [b"{", b"[1]", b'[{"start": "2026-01-01"}]', b"\xff", b"{}x"])
def test_a_damaged_record_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "promises.json"
    path.write_bytes(content)
    with pytest.raises(PromiseError, match=r"promises\.json.*\n*.*Remove the file"):
        read_promises(path)
    with pytest.raises(PromiseError):
        add_promise(path, MAY)
    assert path.read_bytes() == content


@given(st.lists(st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)), max_size=6))
def test_months_are_kept_once_and_in_order(days: list[dt.date]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "promises.json"
        for day in days:
            add_promise(path, replace(MAY, end=day))
        kept = [month_of(one) for one in read_promises(path)]
    assert kept == sorted({(day.year, day.month) for day in days})
