from __future__ import annotations

import json
from pathlib import Path

import pytest

from features.errors import DestinationError
from serve.runs.journal import Journal
from serve.runs.record import RunRecord, write_record
from serve.scoring.tally import Tally
from tests.serve.spools import MOMENT, make_identity

TALLY = Tally(
    leads=12,
    scored=9,
    rejected={"duplicate": 2, "missing_id": 1},
    unknown_levels={"Industry": 4},
    out_of_range={"Age": 1},
)


def make_record() -> RunRecord:
    return RunRecord(
        journal=Journal(make_identity(), MOMENT, 4),
        tally=TALLY,
        missing_columns=("Country",),
        seconds={"reading": 0.123456},
        resumed_from=2,
        places={"out": "scored.csv", "rejects": None},
    )


def test_a_record_is_plain_and_adds_up(tmp_path: Path) -> None:
    content = make_record().to_dict()
    write_record(content, tmp_path / "new" / "scored.csv.run.json")
    assert json.loads((tmp_path / "new" / "scored.csv.run.json").read_text("utf-8")) == content
    assert content["leads"] == content["scored"] + content["rejected"]
    assert content["rejected_by_code"] == dict(TALLY.rejected)
    assert content["out_of_range"] == {"Age": 1} and content["unknown_levels"] == {"Industry": 4}
    assert content["scored_at"] == "2026-11-01T06:00:00"
    assert content["run_id"].startswith("20261101T060000-")
    assert content["resumed_from"] == 2 and content["seconds"] == {"reading": 0.123}


def test_a_place_that_takes_no_record_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DestinationError, match="Writing failed"):
        write_record(make_record().to_dict(), tmp_path / "file" / "run.json")
