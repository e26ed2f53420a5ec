"""Scored batches of a real run, kept on disk, for the many runs that would read the same leads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from serve.runs.segments import find_segments, read_rejects, read_scores, read_tally, write_segment
from serve.scoring.batches import open_batches
from serve.scoring.scorer import ScoredBatch

ABOUT = "about.json"


class Recorded:
    """Batches as `open_batches` gives them, from a recording."""

    findings: tuple[Any, ...] = ()

    def __init__(self, folder: Path, scored_at: Any) -> None:
        about = json.loads((folder / ABOUT).read_text())
        self.digest, self.count = about["digest"], about["count"]
        self.missing_columns, self.new_columns = about["missing"], about["new"]
        self._segments, _ = find_segments(folder)
        self._scored_at = scored_at

    def score(self, number: int) -> ScoredBatch:
        """Return a batch as it was scored, with the moment of this run."""
        import pyarrow as pa

        only = {number: self._segments[number]}
        scores = next(read_scores(only))
        place = scores.schema.get_field_index("scored_at")
        moments = pa.array([self._scored_at] * len(scores), scores.schema.field(place).type)
        scores = scores.set_column(place, scores.schema.field(place), moments)
        return ScoredBatch(scores, next(read_rejects(only)), read_tally(only))


@contextmanager
def open_recorded(
    folder: Path, settings: Any, bundle: Any, leads: str | None, *, now: Any, **options: Any
) -> Iterator[Recorded]:
    """Stand where `open_batches` stands."""
    yield Recorded(folder, now)


def record(order: dict[str, Any]) -> None:
    """Score leads and keep the batches."""
    import pandas as pd

    from features.settings.load import load_settings
    from models.registry.champion import load_champion

    folder = Path(order["recorded"])
    settings = load_settings(Path(order["config"]))
    opened = open_batches(
        settings,
        load_champion(settings),
        order["leads"],
        now=pd.Timestamp(order["now"]),
        rows=order["batch_rows"],
        threads=1,
    )
    with opened as batches:
        for number in range(batches.count):
            write_segment(folder, number, batches.score(number))
        about = {
            "digest": batches.digest,
            "count": batches.count,
            "missing": list(batches.missing_columns),
            "new": list(batches.new_columns),
        }
    (folder / ABOUT).write_text(json.dumps(about))
