"""Digest of the data: equal for the same rows, different as soon as one value differs."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from features.contract.tables import Tables
from features.sources.duckdb_relation import query_table


def digest_tables(tables: Tables) -> str:
    """Return a digest of what the tables hold.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    str
        16 hexadecimal digits. Of activities it covers how many each lead has and when the first
        and the last were; nobody can read a value back from it.
    """
    sums = hashlib.sha256()
    for frame in (tables.episodes.drop(columns="row"), tables.attributes, _activities(tables)):
        sums.update("|".join(map(str, frame.columns)).encode())
        sums.update(np.ascontiguousarray(_hash_rows(frame)).tobytes())
    return sums.hexdigest()[:16]


def _hash_rows(frame: pd.DataFrame) -> np.ndarray:
    hashes: pd.Series = pd.util.hash_pandas_object(frame, index=False)
    return hashes.to_numpy()


def _activities(tables: Tables) -> pd.DataFrame:
    if tables.activities is None:
        return pd.DataFrame(columns=["lead_id"])
    place = tables.activities.place
    counted = query_table(
        tables.activities.connection,
        'SELECT lead_id, count(*) AS n, min("at") AS first, max("at") AS last'
        f" FROM {place} GROUP BY lead_id ORDER BY lead_id NULLS LAST",
    )
    return pd.DataFrame(counted.to_pandas())
