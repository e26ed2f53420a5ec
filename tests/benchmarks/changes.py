"""What is planted in a simulated company: honest changes, and faults of the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from features.contract.tables import Tables
from features.sources.duckdb_relation import keep
from tests.benchmarks.months import Company

CHANGE = 2
"""Watched months before a planted change."""

NEW_SOURCE, NEW_SOURCE_SHARE = "Podcast", 0.25
BAD_SOURCE, WORSE, STRICTER = "Paid Search", -1.5, -0.7
LOST_SHARE = 0.8

Rows = NDArray[np.bool_]
Plant = Callable[[Company, Rows, np.random.Generator], Company]


@dataclass(frozen=True)
class Change:
    """Something that happens from a month on.

    Attributes
    ----------
    kind : {"none", "honest", "fault"}
        An honest change is how the company is now, and worth a new model; a fault is in the data
        alone, and no model may learn from it.
    plant : callable
        Takes the company, the rows handed over later, and the draw.
    """

    kind: Literal["none", "honest", "fault"]
    plant: Plant


def add_source(company: Company, late: Rows, rng: np.random.Generator) -> Company:
    """Let leads come from a source that was not there before, few of which sales accepts."""
    chosen = late & (rng.random(len(late)) < NEW_SOURCE_SHARE)
    return _turn_down(_fill(company, "LeadSource", chosen, NEW_SOURCE), chosen, WORSE, rng)


def spoil_source(company: Company, late: Rows, rng: np.random.Generator) -> Company:
    """Let sales accept far fewer leads of one source; nothing else about them changes."""
    source = (company.tables.attributes["LeadSource"] == BAD_SOURCE).to_numpy(dtype=bool)
    return _turn_down(company, late & source, WORSE, rng)


def be_stricter(company: Company, late: Rows, rng: np.random.Generator) -> Company:
    """Let sales accept fewer leads of all kinds."""
    return _turn_down(company, late, STRICTER, rng)


def stop_filling(company: Company, late: Rows, rng: np.random.Generator) -> Company:
    """Leave the industry empty."""
    return _fill(company, "Industry", late, None)


def change_unit(company: Company, late: Rows, rng: np.random.Generator) -> Company:
    """Write the annual revenue in thousands."""
    attributes = company.tables.attributes.copy()
    revenue = attributes["AnnualRevenue"]
    attributes["AnnualRevenue"] = revenue.where(~late, revenue / 1_000)
    return _with(company, attributes=attributes)


def stop_activities(company: Company, late: Rows, rng: np.random.Generator) -> Company:
    """Let no activity arrive any more."""
    assert company.tables.activities is not None
    activities = company.tables.activities
    moment = f"TIMESTAMP '{company.month(CHANGE).isoformat(sep=' ')}'"
    kept = f'SELECT * FROM {activities.place} WHERE "at" < {moment}'
    return _with(company, activities=keep(activities.connection, kept))


def lose_acceptances(company: Company, late: Rows, rng: np.random.Generator) -> Company:
    """Let most acceptances be missing, as when one of two exports of decisions fails."""
    episodes = company.tables.episodes.copy()
    accepted = (episodes["decision"] == "accepted").to_numpy(dtype=bool)
    lost = late & accepted & (rng.random(len(late)) < LOST_SHARE)
    episodes.loc[lost, ["decision", "decided_at", "reason", "rep"]] = None
    return _with(company, episodes=episodes)


CHANGES: dict[str, Change] = {
    "a new source brings 25 % of the leads": Change("honest", add_source),
    "a source goes bad": Change("honest", spoil_source),
    "sales becomes stricter": Change("honest", be_stricter),
    "a column is no longer filled": Change("fault", stop_filling),
    "a number comes in another unit": Change("fault", change_unit),
    "activities no longer arrive": Change("fault", stop_activities),
    "most acceptances are not exported": Change("fault", lose_acceptances),
}


def plant(company: Company, change: Change, *, seed: int) -> Company:
    """Return the company with a change from the third month watched on."""
    late = (company.tables.episodes["handed_over_at"] >= company.month(CHANGE)).to_numpy(dtype=bool)
    return change.plant(company, late, np.random.default_rng([seed, 17]))


def cross_entropy(truth: NDArray[np.float64], p: NDArray[np.float64]) -> float:
    """Return the log-loss to be expected of probabilities where the truth is known, in nats.

    `truth` are the true log-odds; there is no luck of decisions in it.
    """
    chance, p = special.expit(truth), np.clip(p, 1e-15, 1 - 1e-15)
    return float(-(chance * np.log(p) + (1 - chance) * np.log1p(-p)).mean())


def _with(company: Company, **parts: object) -> Company:
    tables: Tables = replace(company.tables, **parts)  # type: ignore[arg-type]
    return replace(company, tables=tables)


def _fill(company: Company, column: str, rows: Rows, value: str | None) -> Company:
    attributes: pd.DataFrame = company.tables.attributes.copy()
    attributes.loc[rows, column] = value
    return _with(company, attributes=attributes)


def _turn_down(company: Company, rows: Rows, shift: float, rng: np.random.Generator) -> Company:
    """Turn acceptances into rejections, as many as the shift in log-odds says."""
    truth = np.where(rows, company.truth + shift, company.truth)
    kept = special.expit(truth) / special.expit(company.truth)
    episodes = company.tables.episodes.copy()
    accepted = (episodes["decision"] == "accepted").to_numpy(dtype=bool)
    episodes.loc[accepted & (rng.random(len(rows)) > kept), "decision"] = "rejected"
    return replace(_with(company, episodes=episodes), truth=truth)
