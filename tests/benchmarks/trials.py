"""Trials, measured: ``python -m tests.benchmarks.trials [FIRST_SEED]``.

Simulated trials are read by `read_trial` as a project's are: leads with ids, groups by the hash of
the id, every day looked at, outcomes known some days later. Prints three tables for docs/trials.md:
trials in which the score does nothing, trials in which it does what the plan was made to find, and
trials whose groups were damaged on the way.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.trials.evidence import Design
from models.trials.groups import draw_groups
from models.trials.plan import HOLD_OUT, TrialPlan
from models.trials.reading import Reading, read_trial
from models.trials.size import find_loss, find_size

FIRST_SEED = 70_000
TRIALS, DAMAGED = 2_000, 400
START = date(2026, 1, 5)
DAYS = 30
PER_DAY = 40

Mask = NDArray[np.bool_]
Damage = Callable[[Mask, NDArray[np.int64], np.random.Generator], Mask]


@dataclass(frozen=True)
class Company:
    """A company that plans a trial; `swing` is how far its rate moves up and down in a quarter."""

    name: str
    share: float
    rate: float
    effect: float
    swing: float = 0.0

    def plan(self) -> TrialPlan:
        """Return its plan."""
        design = Design(self.share, self.rate, self.effect)
        size = find_size(design)
        return TrialPlan(
            name="trial",
            design="hold-out",
            groups=HOLD_OUT,
            outcome="won",
            days=DAYS,
            share=self.share,
            start=START,
            base_rate=self.rate,
            base_leads=5_000,
            effect=self.effect,
            size=size,
            per_week=7.0 * PER_DAY,
            weeks=size / PER_DAY / 7,
            noticed_loss=find_loss(design, size),
            alternatives=(),
        )


COMPANIES = (
    Company("half held out, 30 % to 40 %", 0.5, 0.30, 0.10),
    Company("a fifth held out, 10 % to 15 %", 0.8, 0.10, 0.05),
    Company("half, 17 % to 22 %, rate swings by 8 points", 0.5, 0.17, 0.05, swing=0.08),
)


def draw_trial(
    company: Company, plan: TrialPlan, n: int, *, rise: float, seed: int
) -> tuple[pd.DataFrame, Mask, np.random.Generator]:
    """Return the leads of one trial, and which of them the score worked."""
    random = np.random.default_rng(seed)
    leads = pd.Series([f"{seed}-{number}" for number in range(n)])
    score = draw_groups(leads, name=plan.name, share=plan.share)
    day = np.arange(n) // PER_DAY
    rate = company.rate + company.swing * np.sin(2 * np.pi * day / 91) + rise * score
    at = pd.Timestamp(START) + pd.to_timedelta(day * 24 + 10, unit="h")
    frame = pd.DataFrame({"lead_id": leads, "at": at, "outcome": random.random(n) < rate})
    return frame, score, random


def read_all(arrivals: pd.DataFrame, plan: TrialPlan) -> Reading:
    """Read a trial when the last outcome is known; every day before is looked at as well."""
    end = arrivals["at"].max() + pd.Timedelta(days=DAYS)
    return read_trial(plan, arrivals, now=end)


def run_trials(
    company: Company, plan: TrialPlan, *, rise: float, first: int, n: int
) -> Iterator[Reading]:
    """Read trials of so many leads."""
    for seed in range(first, first + TRIALS):
        yield read_all(draw_trial(company, plan, n, rise=rise, seed=seed)[0], plan)


def measure_null(first: int) -> None:
    """Print how often trials of a score that does nothing say that it works."""
    print("| company | leads | says it works | says it harms | says the groups are faulty |")
    print("|---|--:|--:|--:|--:|")
    for place, company in enumerate(COMPANIES):
        plan = company.plan()
        n = round(1.5 * plan.size)
        found = list(run_trials(company, plan, rise=0.0, first=first + 10_000 * place, n=n))
        works, harms, faulty = (
            np.mean([one.low > 0 for one in found]),
            np.mean([one.high < 0 for one in found]),
            np.mean([one.verdict == "faulty" for one in found]),
        )
        print(f"| {company.name} | {n:,} | {works:.2%} | {harms:.2%} | {faulty:.2%} |", flush=True)


def measure_power(first: int) -> None:
    """Print how often trials of the planned size find the difference that they were planned for."""
    print("| company | leads planned | found | half of these by |")
    print("|---|--:|--:|--:|")
    for place, company in enumerate(COMPANIES):
        plan = company.plan()
        found = list(
            run_trials(
                company, plan, rise=company.effect, first=first + 10_000 * place, n=plan.size
            )
        )
        days = [
            (one.shown_on - pd.Timestamp(START)).days - DAYS
            for one in found
            if one.verdict == "works" and one.shown_on is not None
        ]
        half = np.median(days) * PER_DAY / plan.size
        share = len(days) / len(found)
        print(f"| {company.name} | {plan.size:,} | {share:.1%} | {half:.0%} of them |", flush=True)


def lose(share: float, *, from_score: bool) -> Damage:
    """Return a fault that loses a share of one group's leads."""

    def damage(score: Mask, day: NDArray[np.int64], random: np.random.Generator) -> Mask:
        lost: Mask = (score == from_score) & (random.random(len(score)) < share)
        return lost

    return damage


def lose_weeks(number: int) -> Damage:
    """Return a fault that loses the hold-out of the first weeks."""
    return lambda score, day, random: ~score & (day < 7 * number)


def measure_faults(first: int) -> None:
    """Print how often damaged groups are found."""
    print("| company | fault | found |")
    print("|---|---|--:|")
    for place, company in enumerate(COMPANIES):
        plan = company.plan()
        promised = plan.noticed_loss or 0.5
        weeks = int(np.ceil(promised * plan.size / PER_DAY / 7)) + 1
        faults: dict[str, Damage] = {
            f"{promised:.0%} of the score's group lost": lose(promised, from_score=True),
            f"{promised:.0%} of the hold-out lost": lose(promised, from_score=False),
            f"no hold-out in the first {weeks} weeks": lose_weeks(weeks),
        }
        for number, (name, damage) in enumerate(faults.items()):
            seed = first + 10_000 * place + 2_500 * number
            found = np.mean(list(find_faults(company, plan, damage, seed)))
            print(f"| {company.name} | {name} | {found:.2%} |", flush=True)


def find_faults(company: Company, plan: TrialPlan, damage: Damage, first: int) -> Iterator[bool]:
    """Say of each trial whether its fault was found."""
    day = np.arange(plan.size) // PER_DAY
    for seed in range(first, first + DAMAGED):
        frame, score, random = draw_trial(company, plan, plan.size, rise=company.effect, seed=seed)
        yield read_all(frame[~damage(score, day, random)], plan).verdict == "faulty"


def main() -> None:
    """Print the tables."""
    first = int(sys.argv[1]) if len(sys.argv) > 1 else FIRST_SEED
    print(f"{TRIALS:,} trials a row ({DAMAGED:,} with a fault), seeds from {first}\n")
    measure_null(first)
    print()
    measure_power(first + 100_000)
    print()
    measure_faults(first + 200_000)


if __name__ == "__main__":
    main()
