"""The section on simulated leads, where the true probability of each is known."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from models.estimator.baseline import predict_logistic
from models.estimator.lead_quality import LeadQualityModel
from models.evaluation.metrics import calibration_error, chance_calibration_error, evaluate
from models.evaluation.skill import evaluate_earlier, skill
from tests.benchmarks.known_worlds import (
    ROOT,
    Floats,
    KnownWorld,
    expected_auc,
    keep_company,
    make_weak,
)
from tests.benchmarks.store import (
    Progress,
    Result,
    Store,
    digest_of_code,
    digest_of_files,
    versions_of,
)
from tests.benchmarks.worlds_page import TITLE, render

__all__ = ["NAME", "TITLE", "judge_skill", "judge_world", "measure", "render"]

NAME = "worlds"
FIRST_SEED = 100
"""Worlds of lower seeds were looked at while the model was made."""

COMPANIES = {300: 8, 1_000: 5, 3_000: 3, 10_000: 2, 30_000: 1, 100_000: 1, 300_000: 1}
N_SKILL = 100
NULL_LEADS, WEAK_LEADS = 1_000, 3_000
WEAK_AUC = 0.60


def measure(store: Store, progress: Progress) -> Result:
    """Return figures by company, and how often skill was seen where there is none or little."""
    folder = store.folder / NAME / "encoded"
    grounds = _list_grounds()

    def remember(name: str, run: Callable[[], Result]) -> Result:
        found = store.recall(NAME, name, rests_on=grounds)
        if found is None:
            progress(f"worlds: {name}")
            found = store.keep(NAME, name, rests_on=grounds, result=run())
        return found

    seeds = range(FIRST_SEED, FIRST_SEED + N_SKILL)
    null = [remember(f"shuffled, {seed}", partial(judge_null, folder, seed)) for seed in seeds]
    weak = [remember(f"weak signal, {seed}", partial(judge_weak, seed)) for seed in seeds]
    companies = [
        remember(f"company of {n}, {seed}", partial(judge_company, folder, n, seed))
        for n, seed in list_companies()
    ]
    return {"first_seed": FIRST_SEED, "null": null, "weak": weak, "companies": companies}


def list_companies() -> Iterator[tuple[int, int]]:
    """Yield hand-overs and seed of each simulated company."""
    for n_leads, count in COMPANIES.items():
        for seed in range(FIRST_SEED, FIRST_SEED + count):
            yield n_leads, seed


def judge_company(folder: Path, n_leads: int, seed: int) -> Result:
    """Return the figures of one simulated company."""
    world = keep_company(folder, n_leads, seed=seed)
    return {"leads": n_leads, "seed": seed, **judge_world(world)}


def judge_null(folder: Path, seed: int) -> Result:
    """Return the verdict on a company whose decisions are dealt out anew among its leads."""
    company = keep_company(folder, NULL_LEADS, seed=FIRST_SEED + seed % COMPANIES[NULL_LEADS])
    return judge_skill(company.shuffle(seed))


def judge_weak(seed: int) -> Result:
    """Return the verdict on leads of which little can be known."""
    return judge_skill(make_weak(WEAK_LEADS, seed=seed, auc=WEAK_AUC))


def judge_world(world: KnownWorld) -> Result:
    """Return how close the model and a logistic regression come to the truth on newer leads."""
    from sklearn.metrics import roc_auc_score

    wall, cpu = time.perf_counter(), time.process_time()
    model = fit(world)
    seconds = time.perf_counter() - wall, time.process_time() - cpu
    X, y, truth = world.X[world.newer], world.accepted[world.newer], world.truth[world.newer]
    p = model.predict_proba(X)[:, 1]
    low, high = model.predict_interval(X)
    logistic = predict_logistic(world.X[world.older], world.accepted[world.older], X, world.table)
    known = ~np.isnan(truth)
    scores = {"ours": p, "logistic": logistic, "truth": np.where(known, truth, y.mean())}
    inside = (low <= truth) & (truth <= high)
    return {
        "n_train": len(world.X[world.older]),
        "n_test": len(y),
        "features": world.X.shape[1],
        "accepted": float(y.mean()),
        "expected_auc": {name: expected_auc(truth, each) for name, each in scores.items()},
        "auc": {name: float(roc_auc_score(y, each)) for name, each in scores.items()},
        "coverage": float(inside[known].mean()),
        "width": float((high - low).mean()),
        "ece": calibration_error(y, p),
        "ece_by_chance": chance_calibration_error(p),
        "true_error": true_error(truth[known], p[known]),
        "rate_moved": float(p.mean() - truth[known].mean()),
        "history": model.hyperparameters_.train_window,
        "spread": model.calibration_.posterior_sd,
        "seconds": seconds[0],
        "cpu_seconds": seconds[1],
    }


def judge_skill(world: KnownWorld) -> Result:
    """Return the plain verdict, of the model and of the true probabilities.

    `skill` is given with the older leads' help, as training does, and `skill_alone` without.
    """
    older, y = world.accepted[world.older], world.accepted[world.newer]
    model = fit(world)
    p = model.predict_proba(world.X[world.newer])[:, 1]
    rolling_origin = model.rolling_origin_
    earlier = evaluate_earlier(rolling_origin)
    reference = float(older.mean())
    figures = evaluate(y, p, reference_rate=reference, n_resamples=50)
    truth = evaluate(y, world.truth[world.newer], reference_rate=reference, n_resamples=50)
    return {
        "n": len(world.accepted),
        "n_test": len(y),
        "skill": skill(figures, earlier=earlier),
        "skill_alone": skill(figures),
        "skill_of_truth": skill(truth),
        "auc": asdict(figures.auc),
        "earlier": [asdict(auc) for auc in earlier],
        "expected_auc": expected_auc(world.truth[world.newer], p),
        "expected_auc_of_truth": expected_auc(world.truth, world.truth),
    }


def fit(world: KnownWorld) -> LeadQualityModel:
    """Learn from the older leads."""
    older = world.older
    return LeadQualityModel().fit(
        world.X[older], world.accepted[older], categories=world.table.categories
    )


def true_error(truth: Floats, p: Floats, *, n_bins: int = 10) -> float:
    """Return the mean distance of mean prediction and mean truth in bins of equal size.

    There is no luck of decisions in it, unlike in the calibration error.
    """
    order = np.argsort(p, kind="stable")
    bins = np.array_split(order, n_bins)
    gaps = [abs(float(truth[rows].mean() - p[rows].mean())) for rows in bins if len(rows)]
    return float(np.average(gaps, weights=[len(rows) for rows in bins if len(rows)]))


def _list_grounds() -> dict[str, Any]:
    """Return all that the figures rest on."""
    own = [Path(__file__).with_name(name) for name in ("worlds.py", "known_worlds.py")]
    return {
        "code": digest_of_code(ROOT),
        "worlds": digest_of_files((path.resolve() for path in own), root=ROOT),
        "versions": dict(versions_of("lightgbm", "numpy", "pandas", "scikit-learn", "scipy")),
    }
