"""Promised and real weekly volumes, measured: ``python -m tests.benchmarks.capacity``.

Half of the leads, the newer ones, get scores of a model of the older half. Every week from the
fifth on is promised by the weeks before it. Sequences without times are cut into weeks of equally
many leads. Prints a table for docs/capacity.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from features.contract.tables import Tables
from features.labels import label_tables
from features.simulation.company import simulate
from models.evaluation.capacity import (
    VOLUME_WEEKS,
    WITHIN,
    fill_capacity,
    simulate_queue,
)
from models.training import train_model
from serve.report.planning.capacity import FEWEST_WEEKS, choose_weeks, collect_weeks
from serve.report.scored_hand_overs import score_hand_overs
from tests.benchmarks.cases import data_folder, read_example
from tests.benchmarks.months import read_world

SHARES = (0.25, 0.5)
IN_ORDER = 165
"""Leads of a week where the file gives only their order: X Education's in a year."""

START = pd.Timestamp("2025-01-06")


@dataclass(frozen=True)
class Kept:
    """How the weeks of one company kept their promises.

    ``chance`` is the share of weeks that would be within a tenth if the mean of each were known
    before, as counts spread by chance alone; ``worked`` the share where leads without room wait.
    """

    name: str
    share: float
    capacity: float
    weeks: int
    kept: float
    chance: float
    worked: float
    waiting: float


def measure(name: str, tables: Tables, *, fixed: bool = False) -> Iterator[Kept]:
    """Yield how promises were kept, for each share of the leads."""
    settings = tables.settings
    half = settings.train.model_copy(update={"test_share": 0.5})
    tables = replace(tables, settings=settings.model_copy(update={"train": half}))
    labels = label_tables(tables)
    bundle = train_model(tables, labels, progress=lambda _: None).bundle
    hand_overs = score_hand_overs(bundle, tables, labels).hand_overs
    if not tables.timed:
        hand_overs = date_in_order(hand_overs)
    chosen, start, n_weeks = choose_weeks(hand_overs)
    group = np.zeros(len(chosen), dtype=np.int64)
    leads = collect_weeks(chosen, group, start, n_weeks)
    counts = np.zeros((n_weeks, 102), dtype=np.int64)
    np.add.at(counts, (leads.week, leads.scores), 1)
    counts = counts[:, ::-1].cumsum(axis=1)[:, ::-1]
    for share in SHARES:
        yield keep(name, counts, share, fixed=fixed)


def keep(name: str, counts: NDArray[np.int64], share: float, *, fixed: bool) -> Kept:
    """Promise each week by those before it, and look at what came."""
    capacity = share * float(counts[:, 0].mean())
    promised, came, chance = [], [], []
    for week in range(FEWEST_WEEKS, len(counts)):
        volume = fill_capacity(counts[max(week - VOLUME_WEEKS, 0) : week], capacity)
        promised.append(volume.leads)
        came.append(float(counts[week, volume.score]))
        n = int(counts[week, 0])
        truth = stats.binom(n, capacity / n) if fixed else stats.poisson(capacity)
        low, high = np.ceil((1 - WITHIN) * capacity), np.floor((1 + WITHIN) * capacity)
        chance.append(truth.cdf(high) - truth.cdf(low - 1))
    kept = np.abs(np.array(came) / promised - 1) <= WITHIN
    worked, waiting = simulate_queue(came, capacity)
    return Kept(
        name,
        share,
        capacity,
        len(kept),
        float(kept.mean()),
        float(np.mean(chance)),
        float((worked >= (1 - WITHIN) * capacity).mean()),
        float(waiting.mean()),
    )


def date_in_order(hand_overs: pd.DataFrame) -> pd.DataFrame:
    """Give leads that are only in order a time, so many of them a week."""
    rank = np.arange(len(hand_overs))
    at = START + pd.to_timedelta(rank * (7 / IN_ORDER), unit="D")
    return hand_overs.assign(handed_over_at=at, decided_at=np.datetime64("NaT", "us"))


def read_simulated(leads_a_week: int, seed: int) -> Tables:
    """Simulate a year, read when every answer has come."""
    world = simulate(n_leads=52 * leads_a_week, months=12, seed=seed, dirty=False)
    return read_world(world, now=START + pd.DateOffset(months=36))


def main() -> None:
    """Measure and print a row for each."""
    rows: list[Kept] = []
    wanted = sys.argv[1:] or ["olist", "xeducation", "small", "large"]
    for file in ("olist", "xeducation"):
        if file in wanted:
            tables = read_example(file, data_folder())
            rows += measure(file, tables, fixed=not tables.timed)
    for size, leads_a_week, seeds in (
        ("small", 300, range(201, 206)),
        ("large", 1_200, (211, 212)),
    ):
        for seed in seeds if size in wanted else ():
            rows += measure(f"simulated, seed {seed}", read_simulated(leads_a_week, seed))
    for row in rows:
        print(
            f"| {row.name} | {row.share:.0%} | {row.capacity:.0f} | {row.weeks} | {row.kept:.0%} "
            f"| {row.chance:.0%} | {row.worked:.0%} | {row.waiting:.0f} |"
        )


if __name__ == "__main__":
    main()
