"""A small project trained once, for tests of what is done with a model."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.contract.tables import Tables
from features.labels import Labels, label_leads
from features.settings.schema import ProjectSettings, Settings
from models.training import Trained, train_model
from tests.tables import make_activities, make_episodes, make_settings, make_tables

N_LEADS = 600


def make_project(root: Path, name: str = "spring") -> Settings:
    """Settings of a project whose home lies under the folder."""
    project = ProjectSettings(name=name, home=root / "home")
    return make_settings().model_copy(
        update={"project": project, "root": root, "file": root / "leadaccord.toml"}
    )


def draw_tables(n: int = N_LEADS, *, seed: int = 3, **changes: Any) -> Tables:
    """Leads with a source, a size and visits that decide; `changes` replace attributes."""
    rng = np.random.default_rng(seed)
    source = rng.choice(["Web", "Fair", "Partner"], n)
    staff = np.where(rng.random(n) < 0.2, np.nan, rng.integers(1, 500, n).astype(float))
    visited = rng.random(n) < 0.5
    log_odds = -1.2 + 1.5 * (source == "Partner") + 0.003 * np.nan_to_num(staff) + visited
    won = rng.random(n) < 1 / (1 + np.exp(-log_odds))
    blank = make_episodes(n)
    episodes = blank.assign(
        decision=pd.Series(np.where(won, "accepted", "rejected"), dtype=object),
        decided_at=blank["handed_over_at"] + pd.Timedelta(days=2),
    )
    visits = blank[visited].assign(at=blank["handed_over_at"] - pd.Timedelta(days=3), type="visit")
    attributes = {
        "LeadSource": pd.Series(source, dtype=object),
        "NumberOfEmployees": staff,
        **changes,
    }
    return make_tables(
        pd.DataFrame(attributes),
        episodes=episodes,
        activities=make_activities(visits[["lead_id", "at", "type"]]),
    )


def label(tables: Tables) -> Labels:
    """The labels of tables whose every lead is decided."""
    return label_leads(
        tables.episodes,
        decision=tables.settings.decision,
        as_of=tables.as_of,
        now=tables.now,
        timed=tables.timed,
    )


def train(tables: Tables) -> Trained:
    """Train without a word."""
    return train_model(tables, label(tables), progress=lambda _: None)


@cache
def train_once() -> tuple[Tables, Trained]:
    """The tables and the model that most tests share."""
    tables = draw_tables()
    return tables, train(tables)
