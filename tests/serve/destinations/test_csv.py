"""CSV: the bytes of pandas, readable by others, and safe to open."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from serve.destinations.csv import CsvWriter, csv_header, csv_rows
from serve.destinations.spreadsheet_safety import neutralise_text
from tests.serve.cell_texts import PAYLOADS, RUNS, TEXTS
from tests.serve.score_tables import make_scores

NUMBERS = st.floats(allow_infinity=False) | st.floats(0, 1).map(lambda x: round(x, 6))
TIMES = st.datetimes(pd.Timestamp("1900-01-01"), pd.Timestamp("2200-01-01"))


def to_csv(table: pa.Table) -> str:
    rows = [bytes(csv_rows(batch)) for batch in table.to_batches()]
    return b"".join([csv_header(table.column_names), *rows]).decode("utf-8")


def by_pandas(frame: pd.DataFrame) -> str:
    """Return CSV as pandas writes it."""
    return frame.to_csv(index=False, lineterminator="\n")


@given(st.lists(st.tuples(st.none() | TEXTS, st.none() | NUMBERS, st.none() | st.integers(0, 100))))
@example([("a", 5e-05, 1), ("b", 1e-06, None), ("c", float("nan"), 0), ("d", 1e16, 1)])
def test_the_bytes_are_those_of_pandas(
    rows: list[tuple[str | None, float | None, int | None]],
) -> None:
    # A bare carriage return is quoted here cell by cell, which Python does only since 3.13.
    texts = [text and text.replace("\r", "") for text, _, _ in rows]
    numbers = [number for _, number, _ in rows]
    whole = [number for _, _, number in rows]
    table = pa.table(
        {
            "a": pa.array(texts, pa.string()),
            "b": pa.array(numbers, pa.float64()),
            "c": pa.array(whole, pa.int64()),
        }
    )
    frame = pd.DataFrame(
        {
            "a": pd.Series([neutralise_text(text) for text in texts], dtype=object),
            "b": pd.Series(numbers, dtype=float),
            "c": pd.Series(whole, dtype="Int64"),
        }
    )
    assert to_csv(table) == by_pandas(frame)


@given(st.lists(TIMES.map(lambda at: at.replace(microsecond=0)), min_size=1))
@example([pd.Timestamp("2026-01-01").to_pydatetime()])
def test_times_are_written_alike_in_every_batch(times: list[pd.Timestamp]) -> None:
    table = pa.table({"a": [1] * len(times), "at": pa.array(times, pa.timestamp("us"))})
    cells = [line.split(",")[1] for line in to_csv(table).splitlines()[1:]]
    assert cells == [f"{at:%Y-%m-%d %H:%M:%S}".rjust(19, "0") for at in times]


def test_fractions_of_seconds_are_kept() -> None:
    times = pa.array([1_000_001, 2_000_000, None], pa.timestamp("us"))
    shown = to_csv(pa.table({"at": times, "a": [1, 2, 3]})).splitlines()[1:]
    assert shown == ["1970-01-01 00:00:01.000001,1", "1970-01-01 00:00:02,2", ",3"]


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5), st.booleans())
@example([("a\r=1+1", "b")], True)
@example([("a", "b\r\n=1+1")], False)
def test_what_is_written_reads_back_and_is_safe(
    rows: list[tuple[str, str]], as_dictionary: bool
) -> None:
    reasons = pa.array([reason for _, reason in rows], pa.string())
    table = pa.table(
        {
            "lead_id": pa.array([lead for lead, _ in rows], pa.string()),
            "reason": reasons.dictionary_encode() if as_dictionary else reasons,
        }
    )
    content = to_csv(table)
    parsed = list(csv.reader(io.StringIO(content, newline=""), strict=True))
    assert parsed[0] == ["lead_id", "reason"]
    assert [[cell.removeprefix("'") for cell in row] for row in parsed[1:]] == [
        list(row) for row in rows
    ]
    assert not any(re.match(rf'[\s"]*[{re.escape(RUNS)}]', cell) for row in parsed for cell in row)
    # Carriage returns outside quotes would begin a row of their own.
    assert "\r" not in re.sub(r'"(?:[^"]|"")*"', "", content)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_known_attacks_are_neutralised_in_ids_and_in_reasons(payload: str) -> None:
    table = make_scores([payload, "b"], reasons=[payload])
    parsed = list(csv.reader(io.StringIO(to_csv(table), newline=""), strict=True))
    assert parsed[1][0] == "'" + payload
    cells = {cell for row in parsed[1:] for cell in row[7:17]}
    assert cells <= {"", "'" + payload}


def test_an_empty_cell_alone_in_its_line_is_still_a_row() -> None:
    content = to_csv(pa.table({"a": pa.array([None, "", "x"], pa.string())}))
    assert content == by_pandas(pd.DataFrame({"a": [None, "", "x"]}))


def test_parts_of_a_longer_array_are_written_alone() -> None:
    table = make_scores([f"lead {i}" for i in range(9)])
    frame = by_pandas(table.to_pandas()).splitlines()
    assert to_csv(table.slice(4, 3)).splitlines()[1:] == frame[5:8]


def test_a_file_takes_no_more_bytes_and_rows_than_it_may(tmp_path: Path) -> None:
    table = make_scores([f"lead {i}" for i in range(200)])
    lines = to_csv(table).encode().splitlines(keepends=True)
    room = len(b"".join(lines[:51])) + 10
    for limits, expected in (({"max_bytes": room}, 50), ({"max_rows": 30}, 30)):
        writer = CsvWriter(tmp_path / "out.csv", table.column_names, **limits)
        assert writer.write(table) == expected and writer.write(table.slice(expected)) == 0
        writer.close()
        assert (tmp_path / "out.csv").read_bytes() == b"".join(lines[: expected + 1])


def test_a_line_longer_than_the_limit_is_written_all_the_same(tmp_path: Path) -> None:
    table = make_scores(["a", "b"])
    writer = CsvWriter(tmp_path / "out.csv", table.column_names, max_bytes=1)
    assert writer.write(table) == 1
    writer.close()


def test_numbers_are_not_taken_for_formulas() -> None:
    content = to_csv(pa.table({"a": [-0.5, np.nan], "b": pa.array([-1, 2], pa.int16())}))
    assert content == "a,b\n-0.5,-1\n,2\n"
