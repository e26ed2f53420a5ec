"""`make planted`: plants changes in simulated companies and writes docs/planted-changes.md.

Each company has a model of 12 months in use. From the third month after it something changes, or
nothing does. At each month's end the company is watched and retrained, as a data team does: when
is the change noticed, and does the gate act rightly? The truth is known, so a better model can be
told from a lucky one.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from features.labels import label_tables
from models.evaluation.intervals import Interval
from models.monitoring.monitor import monitor_model
from models.promotion.champion_comparison import ChampionComparison, compare_with_champion, predict
from models.promotion.gate import Case, Verdict, decide
from models.training import train_model
from tests.benchmarks.changes import CHANGE, CHANGES, Change, cross_entropy, plant
from tests.benchmarks.months import Company, look_back, make_company
from tests.benchmarks.planted_page import render
from tests.benchmarks.store import Progress, Result, Store, digest_of_code, digest_of_files

NAME = "planted"
ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "planted-changes.md"
FOLDER = ROOT / "build" / "accuracy"
FIRST_SEED, COMPANIES = 7_000, 20
"""No company of these seeds was looked at while anything was chosen."""

SIZE, TRAINED_MONTHS = 450, 12
"""Leads a month, and months before the first training."""

LOOKS = {"none": 4, "honest": 5, "fault": 3}
"""Months after the change in which the company is watched and retrained."""

UNCHANGED = Change("none", lambda company, late, rng: company)


def measure(store: Store, progress: Progress, *, seeds: Iterable[int]) -> Result:
    """Return what was seen in every company."""
    companies = []
    grounds = {"code": digest_of_code(ROOT), "own": digest_of_files(_own(), root=ROOT)}
    for seed in seeds:
        found = store.recall(NAME, f"company {seed}", rests_on=grounds)
        if found is None:
            progress(f"{NAME}: company {seed}")
            followed = follow_company(seed, size=SIZE)
            found = store.keep(NAME, f"company {seed}", rests_on=grounds, result=followed)
        companies.append(found)
    return {"size": SIZE, "companies": companies}


def follow_company(seed: int, *, size: int) -> Result:
    """Follow one company as it is, and with each change planted."""
    company = make_company(size, seed=seed, drift=False, trained_months=TRAINED_MONTHS)
    changes = {"nothing changes": UNCHANGED, **CHANGES}
    return {
        "seed": seed,
        "changes": {
            name: {
                "kind": change.kind,
                **follow_change(plant(company, change, seed=seed), LOOKS[change.kind]),
            }
            for name, change in changes.items()
        },
    }


def follow_change(company: Company, looks: int) -> Result:
    """Watch and retrain a company at each month's end after a change.

    Watching ends with the first alert and retraining with the first promotion: what comes after
    is another story. Where nothing is promoted the model in use stays the same.
    """
    seen: list[Result] = []
    for place in range(CHANGE, CHANGE + looks):
        noticed = any(look["red"] for look in seen)
        promoted = any(look["decision"] == "promoted" for look in seen)
        if noticed and promoted:
            break
        seen.append(
            {
                "red": [] if noticed else watch_month(company, place),
                **({"decision": None} if promoted else retrain_month(company, place)),
            }
        )
    return {"looks": seen}


def watch_month(company: Company, place: int) -> list[str]:
    """Return the areas whose light is red at a month's end, by the leads handed over in it."""
    tables = look_back(company.tables, company.month(place + 1))
    watched = monitor_model(
        company.bundle, tables, label_tables(tables), since=company.month(place)
    )
    return [light.area for light in watched.statuses if light.colour == "red"]


def retrain_month(company: Company, place: int) -> Result:
    """Return what the gate decides at a month's end, and what the truth says of it.

    The model that would be registered is trained only where the gate lets it through: the
    decision needs of it no more than whether it has any skill.
    """
    tables = look_back(company.tables, company.month(place + 1))
    labels = label_tables(tables)
    comparison = compare_with_champion(
        tables, labels, company.bundle, tables, seed=tables.settings.train.seed
    )
    assert isinstance(comparison, ChampionComparison)
    verdict = ask_gate(company, comparison, skill="good")
    result = {
        "decision": verdict.decision,
        "failed": [check.name for check in verdict.checks if not check.passed],
        "gain": _gain(company, comparison),
        "gain_later": None,
    }
    if verdict.decision != "promoted":
        return result
    trained = train_model(tables, labels, progress=lambda _: None).bundle
    verdict = ask_gate(company, comparison, skill=str(trained.figures["skill"]))
    later = _handed_over_in(company, place + 1)
    old, new = (predict(bundle, company.tables, later) for bundle in (company.bundle, trained))
    truth = company.truth[company.tables.episodes.index.get_indexer(later)]
    gained = cross_entropy(truth, old) - cross_entropy(truth, new)
    return {**result, "decision": verdict.decision, "gain_later": gained}


def ask_gate(company: Company, comparison: ChampionComparison, *, skill: str) -> Verdict:
    """Return the gate's verdict as the settings are by default."""
    promised = Interval(**company.bundle.figures["judged"]["auc"])
    case = Case(skill=skill, comparison=comparison, promised_auc=promised)
    return decide(case, company.tables.settings.gate)


def _gain(company: Company, comparison: ChampionComparison) -> float:
    """Return by how much the judged challenger is truly better on the judging leads, in nats."""
    rows = company.tables.episodes.index.get_indexer(comparison.split.test)
    old, new = (comparison.scores[name].to_numpy(np.float64) for name in ("champion", "challenger"))
    return cross_entropy(company.truth[rows], old) - cross_entropy(company.truth[rows], new)


def _handed_over_in(company: Company, place: int) -> Any:
    times = company.tables.episodes["handed_over_at"]
    inside = (times >= company.month(place)) & (times < company.month(place + 1))
    return company.tables.episodes.index[inside]


def _own() -> list[Path]:
    here = Path(__file__).resolve().parent
    return [here / "planted.py", here / "changes.py", here / "months.py"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Follow the companies not followed before, and write the document."""
    parser = argparse.ArgumentParser(prog="planted", description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where results are kept")
    parser.add_argument("--document", type=Path, default=DOCUMENT, help="the document to write")
    parser.add_argument("--kept", action="store_true", help="only write what was measured last")
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--companies", type=int, default=COMPANIES)
    options = parser.parse_args(arguments)
    kept, started = options.folder / f"{NAME}.json", time.monotonic()

    def progress(text: str) -> None:
        print(f"{time.monotonic() - started:7.0f} s  {text}", file=sys.stderr, flush=True)

    if not options.kept:
        seeds = range(options.first_seed, options.first_seed + options.companies)
        results = measure(Store(options.folder), progress, seeds=seeds)
        kept.write_text(json.dumps(results, indent=1, sort_keys=True, allow_nan=False), "utf-8")
    rendered = render(json.loads(kept.read_text("utf-8")))
    print(rendered)
    options.document.write_text(rendered, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
