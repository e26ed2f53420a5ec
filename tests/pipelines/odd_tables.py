"""Odd tables of leads: rare decisions, strange numbers, texts and columns, and few of any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

Build = Callable[[], pd.DataFrame]


def make_leads(n: int = 400, *, rate: float = 0.4, seed: int = 0) -> pd.DataFrame:
    """Leads whose size and source decide, nearly."""
    rng = np.random.default_rng(seed)
    size, source = rng.integers(1, 500, n), rng.choice(["Web", "Fair", "Partner"], n)
    drawn = 3.0 * (source == "Partner") + 0.012 * size + rng.logistic(size=n)
    at = pd.date_range("2025-01-01", periods=n, freq="2h")
    return pd.DataFrame(
        {
            "id": [f"L{i}" for i in range(n)],
            "at": at.strftime("%Y-%m-%d %H:%M"),
            "size": size,
            "source": source,
            "said": np.where(drawn > np.quantile(drawn, 1 - rate), "yes", "no"),
        }
    )


def decide(leads: pd.DataFrame, accepted: np.ndarray) -> pd.DataFrame:
    """The same leads decided otherwise."""
    return leads.assign(said=np.where(accepted, "yes", "no"))


def accepted_within(start: float, end: float, n: int = 500) -> pd.DataFrame:
    """Leads of which sales accepted only some that lie between these shares of the time."""
    leads = make_leads(n, rate=0.6)
    place = np.arange(n) / n
    return decide(leads, (leads["said"] == "yes").to_numpy() & (place >= start) & (place < end))


def accepted_once_per_fold() -> pd.DataFrame:
    """Enough acceptances among the oldest leads, then one in each stretch that is predicted."""
    accepted = np.zeros(2_000, dtype=bool)
    accepted[:730:20] = True
    accepted[[800, 950, 1100, 1250, 1400, 1700, 1900]] = True
    return decide(make_leads(2_000), accepted)


def with_column(name: str, values: Callable[[pd.DataFrame], Any]) -> Build:
    def build() -> pd.DataFrame:
        leads = make_leads()
        return leads.assign(**{name: values(leads)})

    return build


def draw_cities(n: int = 2_000) -> pd.DataFrame:
    """A category of 400 levels, about five leads each, and nothing else."""
    city = np.random.default_rng(1).integers(0, 400, n)
    leads = make_leads(n).drop(columns=["size", "source"])
    return leads.assign(city=[f"City {i}" for i in city])


def draw_wide(n: int, columns: int) -> pd.DataFrame:
    noise = np.random.default_rng(3).normal(size=(n, columns)).round(3)
    names = [f"x{i}" for i in range(columns)]
    return pd.concat([make_leads(n), pd.DataFrame(noise, columns=names)], axis=1)


def write_long_texts(leads: pd.DataFrame) -> list[str]:
    """Texts of which one in ten is very long."""
    words = np.array(["alpha", "beta", "gamma", "delta", "price", "demo", "quickly", "soon"])
    rng = np.random.default_rng(4)
    whole = [" ".join(rng.choice(words, 1_900)) for _ in range(len(leads))]
    return [text[: 200 if place % 10 else 10_000] for place, text in enumerate(whole)]


def write_numbers(times: float) -> Callable[[pd.DataFrame], list[str]]:
    return lambda leads: [repr(float(size) * times) for size in leads["size"]]


def sprinkle(*odd: str) -> Callable[[pd.DataFrame], list[str]]:
    """Sizes with a few odd ones among them."""
    return lambda leads: [
        odd[i % len(odd)] if i % 7 == 0 else str(size) for i, size in enumerate(leads["size"])
    ]


def make_odd_columns() -> pd.DataFrame:
    """Columns there twice, hardly or with one odd level, long texts, and names like ours."""
    leads = make_leads()
    return leads.assign(
        again=leads["size"],
        other=leads["source"],
        seen_once=np.where(leads["id"] == "L3", "One", "Web"),
        hardly_filled=leads["size"].where(leads["size"] % 50 == 0),
        note=write_long_texts(leads),
        word=["x" * (99 if size % 10 else 9_999) + str(size % 7) for size in leads["size"]],
    ).rename(columns={"size": 'Größe {x} [%] "q",{}', "source": "hour of hand-over"})


def make_odd_numbers() -> pd.DataFrame:
    """Numbers huge, tiny, beyond computing, infinite and of all sizes, each in a column."""
    leads = make_leads()
    return leads.assign(
        huge=write_numbers(1e18)(leads),
        beyond=write_numbers(1e300)(leads),
        tiny=write_numbers(1e-300)(leads),
        of_all_sizes=sprinkle("1e18", "1e-300", "-5", "1e400", "0")(leads),
        infinite=np.where(leads["size"] > 9, "inf", "-inf"),
    ).drop(columns="size")


TABLES: dict[str, Build] = {
    "1 % accepted": lambda: make_leads(5_000, rate=0.01),
    "99 % accepted": lambda: make_leads(5_000, rate=0.99),
    "84 leads": lambda: make_leads(84, rate=0.5),
    "accepted only in the newest third": lambda: accepted_within(0.67, 1),
    "accepted hardly in the newest quarter": lambda: accepted_within(0, 0.76),
    "one accepted per fold": accepted_once_per_fold,
    "400 levels": draw_cities,
    "no column but the hand-over": lambda: make_leads().drop(columns=["size", "source"]),
    "two days": lambda: make_leads().assign(at=["2025-03-01"] * 200 + ["2025-03-02"] * 200),
    "odd columns": make_odd_columns,
    "odd numbers": make_odd_numbers,
    "numbers at the end of the scale": with_column("size", write_numbers(3.5e305)),
    "infinities": with_column("size", sprinkle("inf", "-Infinity", "NaN")),
    "more columns than leads": lambda: draw_wide(120, 130),
}
