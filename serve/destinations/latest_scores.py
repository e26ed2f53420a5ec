"""Latest scores: of a lead handed over more than once, only the latest hand-over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from serve.destinations.protocol import Scores

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


def keep_latest(scores: Scores) -> tuple[Scores, int]:
    """Return scores in which each lead comes once, for places that keep one score of a lead.

    Parameters
    ----------
    scores : callable

    Returns
    -------
    callable
        As `scores`, without the earlier hand-overs; of several at the same time, or without one,
        the last row stays.
    int
        The rows left out.

    Notes
    -----
    The first pass keeps eight bytes of each lead, the second the ids of those that come again.
    """
    import numpy as np

    hashes = [_hash(table) for table in scores()]
    values, counts = np.unique(np.concatenate(hashes or [np.empty(0, "u8")]), return_counts=True)
    suspects = values[counts > 1]
    if not len(suspects):
        return scores, 0
    latest = _find_latest(scores, suspects)
    kept = {row for _, row in latest.values()}
    n_seen = sum(int(np.isin(part, suspects).sum()) for part in hashes)

    def without_earlier() -> Iterator[pa.Table]:
        start = 0
        for table in scores():
            repeated = np.isin(_hash(table), suspects)
            for place in np.flatnonzero(repeated):
                repeated[place] = start + int(place) not in kept
            start += table.num_rows
            yield table.filter(~repeated) if repeated.any() else table

    return without_earlier, n_seen - len(kept)


def _find_latest(scores: Scores, suspects: np.ndarray) -> dict[str, tuple[Any, int]]:
    """Return, by id, the time and the row of the latest hand-over of each suspect."""
    import numpy as np

    latest: dict[str, tuple[Any, int]] = {}
    start = 0
    for table in scores():
        places = np.flatnonzero(np.isin(_hash(table), suspects))
        some = table.select(["lead_id", "handed_over_at"]).take(places)
        times = some["handed_over_at"].cast("int64").fill_null(np.iinfo("i8").min).to_pylist()
        for place, lead, time in zip(places, some["lead_id"].to_pylist(), times, strict=True):
            latest[lead] = max(latest.get(lead, (time, -1)), (time, start + int(place)))
        start += table.num_rows
    return latest


def _hash(table: pa.Table) -> np.ndarray:
    """Return a number of 64 bits for each lead id; the same for the same id."""
    import pandas as pd
    import pyarrow as pa

    ids = table["lead_id"].cast(pa.string()).to_numpy()
    return pd.util.hash_array(ids, categorize=False)
