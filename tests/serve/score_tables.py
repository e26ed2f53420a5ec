"""Tables of scores for tests, as scoring gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from serve.scoring.score_table import COLUMNS, empty_scores

SENTENCES = (
    "Last demo request 3.3 days before hand-over: sales accepted 71% of 739 leads in that range "
    "(over 1.9, up to 3.9), 44% of all",
    'Lead Source is "Web, other": sales accepted 50% of 120 such leads, 44% of all',
    "Ciudad es A Coru\u00f1a \u2013 \U0001f600",
)


def make_scores(
    ids: Sequence[str],
    *,
    model: str = "m1",
    timed: bool = True,
    seed: int = 0,
    dictionaries: bool = True,
    reasons: Sequence[str] = SENTENCES,
) -> pa.Table:
    """Return scores of leads, text as dictionaries or plain; the same seed, the same scores."""
    rng = np.random.default_rng(seed)
    n = len(ids)
    at = np.datetime64("2026-01-01T00:00:00", "us") + np.arange(n) * np.timedelta64(3_601, "s")
    probability = np.round(rng.random(n), 6)
    data: dict[str, Any] = {
        "lead_id": list(ids),
        "handed_over_at": pa.array(at if timed else [None] * n, pa.timestamp("us")),
        "probability": probability,
        "probability_low": np.round(probability / 2, 6),
        "probability_high": np.round((1 + probability) / 2, 6),
        "score": np.rint(probability * 100).astype("int16"),
        "grade": rng.choice(["A1", "B2", "D4"], n).tolist(),
        "model_version": [model] * n,
        "scored_at": pa.array([np.datetime64("2026-02-01T08:00:00", "us")] * n),
    }
    for name in COLUMNS:
        if name not in data:
            data[name] = [*rng.choice([*reasons, None], n).tolist()]
    table = pa.table({name: data[name] for name in COLUMNS}).cast(empty_scores().schema)
    return encode_text(table) if dictionaries else table


def encode_text(table: pa.Table) -> pa.Table:
    """Return the table with its text as dictionaries, but for the ids."""
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type) and field.name != "lead_id":
            column = table[field.name].dictionary_encode()
            table = table.set_column(place, field.name, column)
    return table


def in_batches(table: pa.Table, rows: int) -> Callable[[], Iterator[pa.Table]]:
    """Return what gives the table in parts of so many rows, anew on each call."""

    def scores() -> Iterator[pa.Table]:
        for start in range(0, table.num_rows, rows):
            yield table.slice(start, rows)

    return scores


class Broken(Exception):
    """What stops an iteration in the middle."""


def breaking(table: pa.Table, rows: int) -> Callable[[], Iterator[pa.Table]]:
    """Return what gives the first part of the table and then fails."""

    def scores() -> Iterator[pa.Table]:
        yield table.slice(0, rows)
        raise Broken

    return scores
