"""Late copies: an age that ends with the answer, the quarter of the closing date."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from features.columns.kinds import Column
from features.columns.profile import profile_columns
from features.proposal.late_copies import find_late_copies
from tests.profiles import put

N = 240
Make = Callable[[pd.DataFrame, np.random.Generator], object]


def make_deals(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    created = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.uniform(0, 360 * 24, N), unit="h")
    closed = created + pd.to_timedelta(rng.gamma(2, 50, N), unit="D")
    return pd.DataFrame({"Created": created, "Close Date": closed})


def profile_frame(deals: pd.DataFrame) -> dict[str, Column]:
    return profile_columns(put(**dict(deals.items())).relation, missing=())


def days(deals: pd.DataFrame) -> pd.Series:
    return (deals["Close Date"] - deals["Created"]).dt.total_seconds() / 86_400


def find(deals: pd.DataFrame, decided: pd.Series | None = None) -> dict[str, str]:
    return find_late_copies(
        deals,
        profile_frame(deals),
        handed_over_at="Created",
        decided=pd.Series(True, index=deals.index) if decided is None else decided,
    )


@pytest.mark.parametrize(
    ("name", "make", "reason"),
    [
        ("Age", lambda d, rng: days(d).round(), "counts the days from Created to Close Date"),
        ("Edad", lambda d, rng: np.floor(days(d)) + 1, "counts the days"),
        ("Fiscal", lambda d, rng: d["Close Date"].dt.strftime("%b"), "the period of Close Date"),
        (
            "Quarter",
            lambda d, rng: d["Close Date"].dt.to_period("Q").astype(str).str.replace("Q", "-Q"),
            "the period of Close Date",
        ),
    ],
)
def test_copies_of_a_later_date_are_named(name: str, make: Make, reason: str) -> None:
    deals = make_deals()
    found = find(deals.assign(**{name: make(deals, np.random.default_rng(1))}))
    assert set(found) == {name} and reason in found[name]


@pytest.mark.parametrize(
    "make",
    [
        lambda d, rng: rng.integers(0, 300, N),
        lambda d, rng: days(d).round() + rng.integers(-40, 40, N),
        lambda d, rng: d["Created"].dt.strftime("%b"),
        lambda d, rng: "Q" + d["Created"].dt.quarter.astype(str),
        lambda d, rng: rng.choice(["North", "South", "East"], N),
        lambda d, rng: np.where(d["Close Date"] > "2025-06-01", "new price", "old price"),
    ],
)
def test_what_was_known_at_hand_over_stays(make: Make) -> None:
    deals = make_deals()
    assert find(deals.assign(Column=make(deals, np.random.default_rng(1)))) == {}


def test_open_records_do_not_hide_an_age() -> None:
    deals = make_deals()
    decided = pd.Series(np.arange(N) % 3 > 0)
    age = days(deals).round().where(decided, 400.0)
    assert find(deals.assign(Age=age), decided).keys() == {"Age"}


def test_without_a_hand_over_or_with_few_rows_nothing_is_said() -> None:
    deals = make_deals()
    few = deals.assign(Age=days(deals).round())
    assert find(few.head(20)) == {}
    columns = profile_frame(few)
    nothing = find_late_copies(
        few, columns, handed_over_at=None, decided=pd.Series(True, index=few.index)
    )
    assert nothing == {}
