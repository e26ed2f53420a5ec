"""Batches made up by hand, for tests of where they are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from serve.runs.journal import Identity
from serve.runs.spool import Spool
from serve.scoring.scorer import ScoredBatch
from serve.scoring.tally import Tally

MOMENT = pd.Timestamp("2026-11-01 06:00:00")
COUNT = 4
REJECTS = pa.schema(
    [("row", pa.int64()), ("lead_id", pa.string()), ("code", pa.string()), ("message", pa.string())]
)


def make_batch(number: int, *, rows: int = 3) -> ScoredBatch:
    """Return a batch whose every value is told by its number."""
    first = number * rows
    leads = [f"L{first + place}" for place in range(rows)]
    reasons = pa.array([f"because {number}", None, "because"] * rows).slice(0, rows)
    scores = pa.table(
        {
            "lead_id": leads,
            "probability": [number / 10] * rows,
            "reason_1": reasons.dictionary_encode(),
        }
    )
    bad = {"row": [first], "lead_id": [None], "code": ["missing_id"], "message": ["no id"]}
    rejects = pa.table(bad, REJECTS) if number % 2 else REJECTS.empty_table()
    tally = Tally(
        leads=rows + rejects.num_rows,
        scored=rows,
        rejected={"missing_id": 1} if number % 2 else {},
        unknown_levels={"Industry": number},
        out_of_range={},
    )
    return ScoredBatch(scores, rejects, tally)


def make_identity(**changes: Any) -> Identity:
    """Return what a run is made of."""
    named = {
        "digest": "d" * 64,
        "model_version": "m1",
        "language": "en",
        "settings": "s",
        "code": "c",
        "batch_rows": 3,
        "format": "",
        "destination": "scored.csv",
    }
    return Identity(**{**named, **changes})


def fill(spool: Spool, *, count: int = COUNT) -> None:
    """Score what is missing."""
    for number in spool.missing()[:count]:
        spool.keep(number, make_batch(number))


def read(spool: Spool) -> list[dict[str, Any]]:
    """Return all scores as rows."""
    return [row for table in spool.scores() for row in table.to_pylist()]


def names(folder: Path) -> list[str]:
    """Return the names of what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())
