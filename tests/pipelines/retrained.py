"""A retraining of a small company, decided and not recorded."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from features.contract.as_of import parse_as_of
from features.settings.schema import GateSettings
from models.promotion.champion_comparison import compare_with_champion
from models.promotion.gate import Case, decide
from models.registry.champion import Registered
from pipelines.retrain_outcome import Champion, Retraining
from tests.features.contract.test_as_of import NOW
from tests.trained import draw_tables, label, make_project, train


@cache
def make_retraining() -> Retraining:
    """A small company's month, decided and not recorded."""
    gate = GateSettings(min_leads=60)
    settings = make_project(Path("/")).model_copy(update={"gate": gate})
    tables = replace(draw_tables(800), settings=settings)
    old = np.arange(800) < 500
    before = replace(tables, episodes=tables.episodes[old], attributes=tables.attributes[old])
    champion = replace(train(before).bundle, version="m000000000001")
    trained = train(tables)
    trained = replace(trained, bundle=replace(trained.bundle, version="m000000000002"))
    comparison = compare_with_champion(tables, label(tables), champion, tables, seed=20)
    verdict = decide(Case(skill="good", comparison=comparison), gate)
    known = Registered("spring-lead-quality", "7", champion.version)
    as_of = parse_as_of("2026-03-01", now=NOW)
    return Retraining(
        settings, as_of, Champion(known, champion), trained, tables, comparison, verdict, ()
    )
