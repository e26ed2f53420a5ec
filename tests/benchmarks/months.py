"""Companies watched month by month after one training, with nothing changed or a planted change."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from features.contract import Tables, read_tables
from features.settings import load_settings
from features.simulate import World, simulate, write_world
from models.bundle import ModelBundle
from models.training import train_model
from pipelines.demo import SETTINGS
from pipelines.train import label_tables

START = pd.Timestamp("2024-07-01")
TRAINED_MONTHS, WATCHED_MONTHS, LATE_MONTHS = 18, 6, 2
"""Months before the training, months watched after it, and months more for late answers."""

CHANGE = 2
"""Watched months before a planted change."""

NEW_SOURCE_SHARE, BAD_SOURCE, WORSE, STRICTER = 0.12, "Paid Search", -1.5, -0.7


@dataclass(frozen=True)
class Company:
    """A company whose model was trained after 18 months, and everything that came later.

    Attributes
    ----------
    bundle : ModelBundle
    tables : Tables
        Of the whole time.
    truth : ndarray of shape (n_episodes,)
        The true log-odds of acceptance.
    """

    bundle: ModelBundle
    tables: Tables
    truth: NDArray[np.float64]


def make_company(n_leads: int, *, seed: int, drift: bool) -> Company:
    """Simulate a company, train on its first 18 months, and read the rest."""
    months = TRAINED_MONTHS + WATCHED_MONTHS + LATE_MONTHS
    world = simulate(n_leads=n_leads, months=months, seed=seed, dirty=False, drift=drift)
    tables = read_world(world, now=month(WATCHED_MONTHS + LATE_MONTHS))
    trained = look_back(tables, month(0))
    bundle = train_model(trained, label_tables(trained), progress=lambda _: None).bundle
    return Company(bundle, tables, special.logit(world.truth["p_accept"].to_numpy()))


def month(place: int) -> pd.Timestamp:
    """Return the first moment of a month watched, counted from 0."""
    return START + pd.DateOffset(months=TRAINED_MONTHS + place)


def read_world(world: World, *, now: pd.Timestamp) -> Tables:
    """Write an export to files and read it back as a user's."""
    import ibis

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_world(world, folder)
        file = folder / "leadaccord.toml"
        file.write_text(SETTINGS, "utf-8")
        tables = read_tables(load_settings(file), now=now)
        if tables.activities is None:
            return tables
        # The files are gone when they would be read.
        return replace(tables, activities=ibis.memtable(tables.activities.to_pandas()))


def look_back(tables: Tables, moment: pd.Timestamp) -> Tables:
    """Return the tables as they stood at a moment: no later lead, no later decision."""
    episodes = tables.episodes[tables.episodes["handed_over_at"] < moment].copy()
    later = episodes["decided_at"] >= moment
    episodes.loc[later, ["decision", "decided_at", "reason", "rep"]] = None
    attributes = tables.attributes.loc[episodes.index].copy()
    # What sales fills in with its decision is not there before it.
    attributes.loc[episodes["decision"].isna(), "Rating"] = None
    attributes.loc[episodes["decision"].isna(), "Status"] = "Open"
    return replace(tables, episodes=episodes, attributes=attributes, as_of=moment, now=moment)


Change = Callable[[Company, NDArray[np.bool_], np.random.Generator], Tables]


def add_source(company: Company, late: NDArray[np.bool_], rng: np.random.Generator) -> Tables:
    """Let some leads come from a source that was not there before."""
    chosen = late & (rng.random(len(late)) < NEW_SOURCE_SHARE)
    return _fill(company.tables, "LeadSource", chosen, "Podcast")


def spoil_source(company: Company, late: NDArray[np.bool_], rng: np.random.Generator) -> Tables:
    """Let sales accept far fewer leads of one source; nothing else about them changes."""
    source = (company.tables.attributes["LeadSource"] == BAD_SOURCE).to_numpy(dtype=bool)
    return _turn_down(company, late & source, WORSE, rng)


def be_stricter(company: Company, late: NDArray[np.bool_], rng: np.random.Generator) -> Tables:
    """Let sales accept fewer leads of all kinds."""
    return _turn_down(company, late, STRICTER, rng)


def stop_filling(company: Company, late: NDArray[np.bool_], rng: np.random.Generator) -> Tables:
    """Leave the industry empty."""
    return _fill(company.tables, "Industry", late, None)


def change_unit(company: Company, late: NDArray[np.bool_], rng: np.random.Generator) -> Tables:
    """Write the annual revenue in thousands."""
    attributes = company.tables.attributes.copy()
    revenue = attributes["AnnualRevenue"]
    attributes["AnnualRevenue"] = revenue.where(~late, revenue / 1_000)
    return replace(company.tables, attributes=attributes)


CHANGES: dict[str, Change] = {
    "a new source brings 12 % of the leads": add_source,
    "a source goes bad": spoil_source,
    "sales becomes stricter": be_stricter,
    "a column is no longer filled": stop_filling,
    "a number comes in another unit": change_unit,
}


def plant(company: Company, change: Change, *, seed: int) -> Company:
    """Return the company with a change from the third month watched on."""
    late = (company.tables.episodes["handed_over_at"] >= month(CHANGE)).to_numpy(dtype=bool)
    return replace(company, tables=change(company, late, np.random.default_rng([seed, 17])))


def _fill(tables: Tables, column: str, rows: NDArray[np.bool_], value: str | None) -> Tables:
    attributes = tables.attributes.copy()
    attributes.loc[rows, column] = value
    return replace(tables, attributes=attributes)


def _turn_down(
    company: Company, rows: NDArray[np.bool_], shift: float, rng: np.random.Generator
) -> Tables:
    """Turn acceptances into rejections, as many as the shift in log-odds says."""
    kept = special.expit(company.truth + shift) / special.expit(company.truth)
    episodes = company.tables.episodes.copy()
    accepted = (episodes["decision"] == "accepted").to_numpy(dtype=bool)
    episodes.loc[rows & accepted & (rng.random(len(rows)) > kept), "decision"] = "rejected"
    return replace(company.tables, episodes=episodes)
