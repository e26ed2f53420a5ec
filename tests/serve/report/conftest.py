"""A simulated company half a year after its model was trained: answers came in since."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from features.contract.tables import Tables
from features.labels import Labels, label_leads
from features.language import language
from features.settings.schema import LeadSettings
from features.simulation.company import simulate
from models.artifact.bundle import ModelBundle
from models.training import Trained, train_model
from serve.report.assemble import assemble
from serve.report.contents import Report
from serve.report.fields import Fields, find_fields
from serve.report.scored_hand_overs import ScoredHandOvers, score_hand_overs
from tests.tables import tables_of_world

TRAINED_AT = pd.Timestamp("2026-02-15 12:00")
NOW = pd.Timestamp("2026-07-01")
NEWEST = 600


@dataclass(frozen=True)
class Company:
    """The company now, and the model it trained then."""

    tables: Tables
    labels: Labels
    trained: Trained
    scored: ScoredHandOvers
    fields: Fields

    @property
    def bundle(self) -> ModelBundle:
        return self.trained.bundle


def label_now(tables: Tables) -> Labels:
    """Label the leads as the report does."""
    return label_leads(
        tables.episodes,
        decision=tables.settings.decision,
        as_of=tables.as_of,
        now=tables.now,
        timed=tables.timed,
    )


def as_it_was(tables: Tables, moment: pd.Timestamp) -> Tables:
    """Return the tables without what came later."""
    episodes = tables.episodes[tables.episodes["handed_over_at"] <= moment].copy()
    later = episodes["decided_at"] > moment
    episodes.loc[later, ["decision", "reason"]] = None
    episodes.loc[later, "decided_at"] = pd.NaT
    return replace(
        tables,
        episodes=episodes,
        attributes=tables.attributes.loc[episodes.index],
        as_of=moment,
        now=moment,
    )


def draw_company(n_leads: int, seed: int) -> Tables:
    """Simulate a company, with reasons for most rejections."""
    world = simulate(n_leads=n_leads, seed=seed)
    tables = tables_of_world(world)
    rng = np.random.default_rng(seed)
    episodes = tables.episodes
    reasons = rng.choice(["No need", "no need", "Student", "Wrong data", None], len(episodes))
    rejected = episodes["decision"] == "rejected"
    known = tables.settings.model_copy(update={"leads": LeadSettings(display=("Company",))})
    return replace(
        tables,
        settings=known,
        episodes=episodes.assign(
            reason=pd.Series(reasons, dtype=object).where(rejected, None),
            rep=pd.Series(rng.choice(["R1", "R2"], len(episodes)), dtype=object),
        ),
        as_of=NOW,
        now=NOW,
    )


@pytest.fixture(scope="session")
def company() -> Company:
    """A company with leads learned from, judged on, decided since, and waiting."""
    tables = draw_company(2_500, seed=5)
    then = as_it_was(tables, TRAINED_AT)
    trained = train_model(then, label_now(then), progress=lambda _: None)
    labels = label_now(tables)
    scored = score_hand_overs(trained.bundle, tables, labels)
    fields = find_fields(tables, scored.hand_overs.index, language("en"))
    return Company(tables, labels, trained, scored, fields)


@pytest.fixture(scope="session")
def report(company: Company) -> Report:
    """What the report says of it, with fewer leads shown than there are."""
    return assemble(
        company.bundle, company.tables, company.scored, [language("en")], newest=NEWEST
    )[0]
