"""Leak guards: how many planted leaks are caught, and how many honest columns are suspected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from features.contract.tables import Tables
from features.labels import Labels, label_tables
from features.matrix.planning import plan_features
from models.estimator.components import Hyperparameters
from models.estimator.lead_quality import LeadQualityModel
from models.evaluation.split import Split, split_leads
from models.leakage.guards import find_leaks, suspect_dominant
from models.leakage.suspect import LeakSuspect, to_omit
from tests.benchmarks.cases import FILES, ROOT, data_folder, read_example
from tests.benchmarks.leak_honest import HONEST, STRONG
from tests.benchmarks.leak_plants import BEYOND, LEAKS, NO_SECRET, Planter
from tests.benchmarks.leak_tables import TITLE, render
from tests.benchmarks.leak_worlds import ACCEPTED_KEPT, SIZES, LeakWorld, make_world, plant
from tests.benchmarks.store import (
    Progress,
    Result,
    Store,
    Unavailable,
    digest_of_files,
    versions_of,
)

__all__ = ["NAME", "TITLE", "judge_planted", "measure", "render"]

NAME = "leak_guards"
N_WORLDS = 36
FIRST_SEED = 400
"""Seeds below were looked at while the guards were made."""

Actions = dict[str, str | None]


def specs(count: int = N_WORLDS, *, first_seed: int = FIRST_SEED) -> list[tuple[int, str, int]]:
    """Return size, rate of acceptance and seed of each world: every size with every rate."""
    rates = list(ACCEPTED_KEPT)
    return [
        (SIZES[i % len(SIZES)], rates[(i // len(SIZES)) % len(rates)], first_seed + i)
        for i in range(count)
    ]


def measure(store: Store, progress: Progress) -> Result:
    """Return what the guards said of every column of every world, and of the real files."""
    grounds = {"code": _digest(), "versions": dict(versions_of("lightgbm", "pandas", "scipy"))}
    worlds = []
    for n_leads, rate, seed in specs():
        name = f"{n_leads} {rate} {seed}"
        progress(f"leak guards: simulated world of {name}")
        found = store.recall(NAME, name, rests_on=grounds)
        if found is None:
            found = judge_world(make_world(n_leads, seed=seed, rate=rate))
            found = store.keep(NAME, name, rests_on=grounds, result=found)
        worlds.append(found)
    real = _measure_real(store, progress, grounds)
    return {"first_seed": FIRST_SEED, "worlds": worlds, "real": real}


def judge_world(world: LeakWorld) -> Result:
    """Return what the guards say of a world's own columns and of those planted in it."""
    suspects, alone = find_leaks(
        world.tables, world.split.train, world.labels.accepted, world.labels
    )
    model_auc = measure_model(world.tables, world.labels, world.split, suspects)
    own = {suspect.column: str(suspect.action) for suspect in suspects}
    own |= ask_after(alone, model_auc, known=own)
    groups = {**LEAKS, "beyond": BEYOND, "honest": HONEST, "strong": STRONG}
    planters = {
        (group, name): planter
        for group, found in groups.items()
        for name, planter in found.items()
        if not (name in NO_SECRET and world.rate == "rare")
    }
    named = judge_planted(world, planters, model_auc=model_auc)
    used = world.labels.accepted[world.split.train]
    return {
        "leads": len(world.tables.episodes),
        "learned": len(used),
        "rate": float(used.mean()),
        "undecided": int((world.labels.rule == "untouched").sum()),
        "model_auc": model_auc,
        # Names and streets are no features, so nobody judges them.
        "own": {name: own.get(name) for name in world.honest if name in {*alone, *own}},
        "planted": {
            group: {name: named[group, name] for name in found if (group, name) in named}
            for group, found in groups.items()
        },
    }


def judge_planted(
    world: LeakWorld, planters: Mapping[tuple[str, str], Planter], *, model_auc: float | None
) -> dict[tuple[str, str], str | None]:
    """Return the action of the guards on each planted column, None where they say nothing.

    Parameters
    ----------
    world : LeakWorld
    planters : mapping
        The guards judge each column by itself, so all are planted at once.
    model_auc : float or None
        The AUC of the model without any planted column. None leaves out the last question,
        which columns carry most of the model's skill.
    """
    planted = plant(world, list(planters.values()))
    suspects, alone = find_leaks(
        planted.tables, planted.split.train, planted.labels.accepted, planted.labels
    )
    actions = {suspect.column: str(suspect.action) for suspect in suspects}
    if model_auc is not None:
        for column, auc in alone.items():
            actions |= ask_after({column: auc}, add_skill(model_auc, auc), known=actions)
    return {name: actions.get(f"field {i}") for i, name in enumerate(planters)}


def ask_after(
    alone: Mapping[str, float], model_auc: float, *, known: Iterable[str]
) -> dict[str, str]:
    """Return the columns asked about because they carry most of the model's skill."""
    found = suspect_dominant(alone, model_auc=model_auc, leads=0, known=list(known))
    return {suspect.column: str(suspect.action) for suspect in found}


def add_skill(first: float, second: float) -> float:
    """Return the AUC of two normal scores together that are independent given the decision."""
    gaps = np.sqrt(2) * ndtri(np.clip([first, second], 0.5, 1 - 1e-9))
    return float(ndtr(np.hypot(*gaps) / np.sqrt(2)))


def measure_model(
    tables: Tables, labels: Labels, split: Split, suspects: list[LeakSuspect]
) -> float:
    """Return the model's AUC on leads of the training part it had not learned from."""
    from sklearn.metrics import roc_auc_score

    table, values, _ = plan_features(tables, split.train, omit=to_omit(suspects))
    y = labels.accepted[split.train].to_numpy(dtype=float)
    model = LeadQualityModel(Hyperparameters(seed=tables.settings.train.seed)).fit(
        table.encode(values.loc[split.train]),
        y,
        categories=table.categories,
        ordered=split.kind != "shuffled",
    )
    return float(roc_auc_score(model.rolling_origin_.accepted, model.rolling_origin_.log_odds))


def judge_file(tables: Tables) -> Actions:
    """Return what the guards say of the columns of a real file."""
    labels = label_tables(tables)
    settings = tables.settings.train
    split = split_leads(
        tables.episodes,
        labels.used,
        order=tables.order,
        test_share=settings.test_share,
        seed=settings.seed,
    )
    suspects, alone = find_leaks(tables, split.train, labels.accepted, labels)
    actions: Actions = {suspect.column: suspect.action for suspect in suspects}
    model_auc = measure_model(tables, labels, split, suspects)
    actions |= ask_after(alone, model_auc, known=actions)
    honest = [name for name in alone if name not in actions]
    return {**actions, **dict.fromkeys(honest)}


def include_all(tables: Tables) -> Tables:
    """Return the tables with settings that exclude nothing."""
    features = tables.settings.features.model_copy(update={"exclude": ()})
    return replace(tables, settings=tables.settings.model_copy(update={"features": features}))


def _measure_real(store: Store, progress: Progress, grounds: Mapping[str, Any]) -> Result:
    """Return the actions by file, once by its settings in examples/ and once with all columns."""
    try:
        data = data_folder()
    except Unavailable:
        return {}
    results: Result = {}
    for file in FILES:
        tables = read_example(file, data)
        for name, given in ((file, tables), (f"{file}, nothing excluded", include_all(tables))):
            if name == file or given.settings != tables.settings:
                progress(f"leak guards: {name}")
                found = store.recall(NAME, name, rests_on=grounds)
                results[name] = found or store.keep(
                    NAME, name, rests_on=grounds, result=judge_file(given)
                )
    return results


def _digest() -> str:
    code = [path for room in ("features", "models") for path in (ROOT / room).rglob("*.py")]
    ours = set((ROOT / "tests" / "benchmarks").glob("leak_*.py"))
    ours = {path for path in ours if path.name != "leak_tables.py"}
    return digest_of_files([*code, *ours, *(ROOT / "examples").glob("*.toml")], root=ROOT)
