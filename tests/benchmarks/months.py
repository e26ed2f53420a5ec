"""Simulated companies followed month by month after one training."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from features.contract.tables import Tables, read_tables
from features.labels import label_tables
from features.settings.load import load_settings
from features.simulation.company import simulate
from features.simulation.export import World, write_world
from models.artifact.bundle import ModelBundle
from models.training import train_model
from pipelines.demo import SETTINGS

START = pd.Timestamp("2024-07-01")
TRAINED_MONTHS, WATCHED_MONTHS, LATE_MONTHS = 18, 6, 2
"""Months before the training, months watched after it, and months more for late answers."""


@dataclass(frozen=True)
class Company:
    """A company whose model was trained after some months, and everything that came later.

    Attributes
    ----------
    trained_months : int
        Months before the training.
    bundle : ModelBundle
    tables : Tables
        Of the whole time.
    truth : ndarray of shape (n_episodes,)
        The true log-odds of acceptance.
    """

    trained_months: int
    bundle: ModelBundle
    tables: Tables
    truth: NDArray[np.float64]

    def month(self, place: int) -> pd.Timestamp:
        """Return the first moment of a month watched, counted from 0."""
        return START + pd.DateOffset(months=self.trained_months + place)


def make_company(
    leads_a_month: int, *, seed: int, drift: bool, trained_months: int = TRAINED_MONTHS
) -> Company:
    """Simulate a company, train on its first months, and read the rest."""
    months = trained_months + WATCHED_MONTHS + LATE_MONTHS
    n_leads = leads_a_month * months
    world = simulate(n_leads=n_leads, months=months, seed=seed, dirty=False, drift=drift)
    tables = read_world(world, now=START + pd.DateOffset(months=months))
    trained = look_back(tables, START + pd.DateOffset(months=trained_months))
    bundle = train_model(trained, label_tables(trained), progress=lambda _: None).bundle
    truth = special.logit(world.truth["p_accept"].to_numpy())
    return Company(trained_months, bundle, tables, truth)


def read_world(world: World, *, now: pd.Timestamp) -> Tables:
    """Write an export to files and read it back as a user's."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_world(world, folder)
        file = folder / "leadaccord.toml"
        file.write_text(SETTINGS, "utf-8")
        return read_tables(load_settings(file), now=now)


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
