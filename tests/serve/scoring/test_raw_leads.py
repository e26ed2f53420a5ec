"""Leads of a data frame: read as the same leads of a file, and refused in words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.errors import DataRefused
from serve.scoring.raw_leads import leads_file, to_table


def test_columns_keep_what_they_hold() -> None:
    frame = pd.DataFrame(
        {
            "n": [1.5, np.nan],
            "whole": pd.array([1, None], dtype="Int64"),
            "yes": [True, False],
            "at": pd.to_datetime(["2024-01-02 03:04", None]),
            "zoned": pd.to_datetime(["2024-01-02 03:04+02:00", None], utc=True),
            "text": ["a", None],
            "kind": pd.Categorical(["Web", None]),
            "mixed": pd.Series([1.0, "b"], dtype=object),
            "object": pd.Series([True, pd.NA], dtype=object),
            "day": pd.Series([date(2024, 1, 2), pd.NaT], dtype=object),
        }
    )
    assert to_table(frame).to_pydict() == {
        "n": [1.5, None],
        "whole": [1, None],
        "yes": [True, False],
        "at": [datetime(2024, 1, 2, 3, 4), None],
        "zoned": [datetime(2024, 1, 2, 1, 4), None],
        "text": ["a", None],
        "kind": ["Web", None],
        "mixed": ["1", "b"],
        "object": ["true", None],
        "day": ["2024-01-02", None],
    }


def test_times_with_a_zone_become_utc() -> None:
    moment = datetime(2024, 1, 2, 3, 4, tzinfo=UTC)
    frame = pd.DataFrame({"at": pd.Series([moment]).dt.tz_convert("America/New_York")})
    assert to_table(frame).to_pydict() == {"at": [datetime(2024, 1, 2, 3, 4)]}


def test_the_file_is_gone_afterwards() -> None:
    with leads_file(pd.DataFrame({"Id": ["a"]})) as path:
        assert pd.read_parquet(path).to_dict("list") == {"Id": ["a"]}
    assert not Path(path).parent.exists()


BAD: dict[str, tuple[Any, str]] = {
    "no frame": ([{"Id": "a"}], "Got list"),
    "no rows": (pd.DataFrame({"Id": []}), "The data frame has no rows"),
    "no columns": (pd.DataFrame(index=[0]), "Got no columns"),
    "a name twice": (pd.DataFrame([[1, 2]], columns=["Id", "id"]), '"id" twice'),
    "a list": (pd.DataFrame({"Id": [["a"]]}), '"Id" cannot be read.*Got list'),
    "spans": (pd.DataFrame({"Id": [pd.Timedelta("1D")]}), "Got timedelta64"),
}


@pytest.mark.parametrize(("frame", "words"), BAD.values(), ids=BAD)
def test_what_is_no_table_is_refused(frame: Any, words: str) -> None:
    with pytest.raises(DataRefused, match=words):
        to_table(frame)
