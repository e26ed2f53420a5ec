"""The guards' promise on simulated CRMs: leaks are caught, honest columns are left alone."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from tests.benchmarks.leak_guards import judge_planted
from tests.benchmarks.leak_honest import HONEST, STRONG
from tests.benchmarks.leak_plants import LEAKS, NO_SECRET
from tests.benchmarks.leak_worlds import make_world

pytestmark = pytest.mark.slow

WORLDS = [(600, "even", 71), (1_500, "rising", 72), (1_500, "rare", 73), (3_000, "even", 74)]
# What is merely strong is asked about only once a model is there to compare it with.
GROUPS = {**LEAKS, "honest": HONEST, "strong": STRONG}


@cache
def judge_all() -> dict[str, list[tuple[str, str, str | None]]]:
    """World, column and what the guards did about it, by group."""
    found: dict[str, list[tuple[str, str, str | None]]] = {group: [] for group in GROUPS}
    for n_leads, rate, seed in WORLDS:
        world = make_world(n_leads, seed=seed, rate=rate, activities=False)
        planters: dict[tuple[str, str], Any] = {
            (group, name): planter
            for group, columns in GROUPS.items()
            for name, planter in columns.items()
            if not (rate == "rare" and name in NO_SECRET)
        }
        for (group, name), action in judge_planted(world, planters, model_auc=None).items():
            found[group].append((f"{n_leads} {rate}", name, action))
    return found


@pytest.mark.parametrize("kind", LEAKS)
def test_planted_leaks_are_caught(kind: str) -> None:
    actions = judge_all()
    missed = [(world, name) for world, name, action in actions[kind] if action is None]
    # One of fourteen to twenty may slip through; each variant is caught somewhere.
    assert len(missed) <= 1, missed
    for name in LEAKS[kind]:
        assert any(action for _, column, action in actions[kind] if column == name), name


def test_no_honest_column_is_quarantined() -> None:
    actions = judge_all()
    judged = [*actions["honest"], *actions["strong"]]
    assert len(judged) == len(WORLDS) * (len(HONEST) + len(STRONG))
    assert [entry for entry in judged if entry[2] == "quarantined"] == []


def test_hardly_an_honest_column_is_asked_about() -> None:
    honest = judge_all()["honest"]
    asked = [entry for entry in honest if entry[2] == "ask"]
    assert len(asked) <= 0.05 * len(honest), asked
