"""A small project whose every name and value is hostile, trained once for all tests here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.columns.kinds import Column
from features.contract.partition import to_arrow
from features.contract.tables import Tables
from features.labels import label_leads
from features.settings.schema import Settings
from features.sources.duckdb_relation import from_arrow
from models.artifact.bundle import ModelBundle
from models.training import train_model

N_LEADS = 1_400
N_WAITING = 12
NOW = pd.Timestamp("2026-03-01 12:00")

SCRIPT = "<script>alert('x')</script>"
HANDLER = '"><img src=x onerror=alert(1)>'
ADDRESS = '<a href="javascript:alert(1)">here</a>'
TEMPLATE = "{{ 7*7 }}{% raw %}"
TURNED = "abc\u202egnp.exe\u200f"
NETWORK = '<link rel=stylesheet href="https://example.org/x.css"><style>*{display:none}</style>'
COLUMN = f"Sector {HANDLER}"
HOSTILE = (SCRIPT, HANDLER, ADDRESS, TEMPLATE, TURNED, NETWORK)


@dataclass(frozen=True)
class Project:
    """What a report is made from."""

    tables: Tables
    bundle: ModelBundle


def draw_leads(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return episodes and attributes; industry, source and a demo request decide."""
    at = pd.Timestamp("2025-01-01") + pd.to_timedelta(
        np.sort(rng.integers(0, 400 * 24 * 60, N_LEADS)), "min"
    )
    industry = rng.choice([SCRIPT, "Steel", "Retail", TEMPLATE], N_LEADS)
    source = rng.choice([ADDRESS, "Web", "Fair", "Partner"], N_LEADS)
    staff = np.where(rng.random(N_LEADS) < 0.2, np.nan, rng.integers(1, 5_000, N_LEADS))
    asked = rng.random(N_LEADS) < 0.3
    log_odds = -0.8 + 1.4 * (industry == "Steel") + 1.1 * (source == "Partner") + 1.6 * asked
    won = rng.random(N_LEADS) < 1 / (1 + np.exp(-log_odds))
    decision = np.where(
        won, "accepted", np.where(rng.random(N_LEADS) < 0.2, "recycled", "rejected")
    )
    waiting = np.arange(N_LEADS) >= N_LEADS - N_WAITING
    decided = pd.Series(at + pd.Timedelta(days=2)).mask(waiting).astype("datetime64[us]")
    episodes = pd.DataFrame(
        {
            "row": np.arange(1, N_LEADS + 1),
            "lead_id": [f"L{i}{'<i>' if i % 2 else ''}" for i in range(N_LEADS)],
            "handed_over_at": at.astype("datetime64[us]"),
            "sequence": np.nan,
            "decision": pd.Series(decision, dtype=object).mask(waiting, None),
            "decided_at": decided,
            "reason": None,
            "rep": None,
            "early": False,
            "unknown": None,
        }
    )
    attributes = pd.DataFrame(
        {
            "Company": [HOSTILE[i % len(HOSTILE)] + f" {i}" for i in range(N_LEADS)],
            COLUMN: pd.Series(industry, dtype=object),
            "LeadSource": pd.Series(source, dtype=object),
            "NumberOfEmployees": staff,
            "Phone": pd.Series(np.where(rng.random(N_LEADS) < 0.5, "+34 600 000 000", None)),
            "Title": pd.Series(rng.choice(["CEO", "Sales Manager", "Student"], N_LEADS)),
            "Signed": pd.Series(at + pd.Timedelta(days=3)),
        }
    )
    return episodes.assign(asked=asked), attributes


def make_activities(rng: np.random.Generator, episodes: pd.DataFrame) -> pd.DataFrame:
    """Return a demo request of those who asked, and visits of many; two types are hostile."""
    visitors = episodes.sample(frac=0.6, random_state=int(rng.integers(1_000)))
    frames = []
    for who, kind in ((episodes[episodes["asked"]], "demo_request"), (visitors, HANDLER)):
        days = pd.to_timedelta(rng.uniform(0.5, 20, len(who)), "D")
        frames.append(
            pd.DataFrame(
                {"lead_id": who["lead_id"], "at": who["handed_over_at"] - days, "type": kind}
            )
        )
    return pd.concat(frames, ignore_index=True).astype({"at": "datetime64[us]"})


def make_settings(language: str) -> Settings:
    """Return settings whose own words are hostile too."""
    return Settings.model_validate(
        {
            "project": {"name": f"Spring {SCRIPT}", "language": language},
            "tables": {"leads": "leads.csv"},
            "leads": {"id": "Id", "handed_over_at": "At", "display": ["Company"]},
            "decision": {
                "column": "Status",
                "accepted": [HANDLER],
                "rejected": ["No"],
                "recycled": ["Later"],
            },
            "features": {"exclude": [f"Hidden {ADDRESS}"]},
            "file": Path("leadaccord.toml"),
            "root": Path(),
        }
    )


def column_kind(values: pd.Series) -> Column:
    """Return the profile of a column as typed."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return Column(str(values.name), "time")
    if pd.api.types.is_numeric_dtype(values):
        return Column(str(values.name), "number")
    return Column(str(values.name), "text")


@pytest.fixture(scope="session")
def project() -> Project:
    """A trained project with 12 leads waiting, the newest ones."""
    rng = np.random.default_rng(5)
    episodes, attributes = draw_leads(rng)
    activities = make_activities(rng, episodes)
    tables = Tables(
        settings=make_settings("en"),
        episodes=episodes.drop(columns="asked"),
        attributes=attributes,
        columns={name: column_kind(attributes[name]) for name in attributes},
        activities=from_arrow(to_arrow(activities)),
        outcomes=None,
        decision_columns={},
        order="time",
        as_of=NOW,
        now=NOW,
        findings=(),
        origin="leads.csv",
    )
    labels = label_leads(tables.episodes, decision=tables.settings.decision, as_of=NOW, now=NOW)
    trained = train_model(tables, labels, progress=lambda _: None)
    return Project(tables, trained.bundle)
