"""`make monitoring`: measures `leadaccord monitor` and writes the figures into docs/monitoring.md.

Companies are trained once and watched for six months, each month at its end by the leads handed
over in it. How often is there an alarm where nothing has changed, and how close is the AUC that is
expected to the one that came?
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from features.labels import label_tables
from models.evaluation.intervals import auc_interval
from models.monitoring.estimated_performance import estimate_performance
from models.monitoring.leads import choose_monitored, score_monitored
from models.monitoring.monitor import MonitoringResult, monitor_model
from tests.benchmarks.monitoring_page import END, START, render
from tests.benchmarks.months import (
    LATE_MONTHS,
    WATCHED_MONTHS,
    Company,
    look_back,
    make_company,
)
from tests.benchmarks.store import Progress, Result, Store, digest_of_code, digest_of_files

NAME = "monitoring"
ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "monitoring.md"
FOLDER = ROOT / "build" / "accuracy"
FIRST_SEED = 6_000
"""No company of these seeds was looked at while thresholds were chosen."""

STATIONARY = {100: 20, 450: 12}
"""Leads a month, and companies of that size in which nothing changes."""

DRIFTING = {450: 8}


@dataclass(frozen=True)
class Job:
    """One company to watch."""

    kind: str
    size: int
    seed: int

    @property
    def name(self) -> str:
        """Return the name under which its result is kept."""
        return f"{self.kind} {self.size} {self.seed}"


def list_jobs() -> list[Job]:
    """Return the companies to watch: steady ones by size, and some that drift."""
    steady = [
        Job("steady", size, seed)
        for size, count in STATIONARY.items()
        for seed in range(FIRST_SEED, FIRST_SEED + count)
    ]
    drifting = [
        Job("drifting", size, seed)
        for size, count in DRIFTING.items()
        for seed in range(FIRST_SEED, FIRST_SEED + count)
    ]
    return steady + drifting


def measure(store: Store, progress: Progress) -> Result:
    """Return what was seen in every company, month by month."""
    found = [run_job(job, store, progress) for job in list_jobs()]
    return {
        "first_seed": FIRST_SEED,
        "steady": [one for one in found if one["kind"] == "steady"],
        "drifting": [one for one in found if one["kind"] == "drifting"],
    }


def run_job(job: Job, store: Store, progress: Progress) -> Result:
    """Watch one company, unless what is kept rests on the same code."""
    grounds = {"code": digest_of_code(ROOT), "own": digest_of_files(_own(), root=ROOT)}
    found = store.recall(NAME, job.name, rests_on=grounds)
    if found is None:
        progress(f"{NAME}: {job.name}")
        found = store.keep(NAME, job.name, rests_on=grounds, result=watch_company(job))
    return found


def watch_company(job: Job) -> Result:
    """Watch one company month by month."""
    company = make_company(job.size, seed=job.seed, drift=job.kind == "drifting")
    return {
        "kind": job.kind,
        "size": job.size,
        "seed": job.seed,
        "trained_auc": company.bundle.figures["auc"],
        "months": watch_months(company, range(WATCHED_MONTHS)),
        "performance": follow_performance(company),
    }


def watch_months(company: Company, places: Iterable[int]) -> list[Result]:
    """Return the lights of each month at its end, by the leads handed over in it."""
    return [_summarise(_watch_month(company, place)) for place in places]


def follow_performance(company: Company) -> list[Result]:
    """Return the AUC expected at each month's end beside the one that came in the end."""
    late = look_back(company.tables, company.month(WATCHED_MONTHS + LATE_MONTHS))
    labels = label_tables(late)
    times = late.episodes["handed_over_at"]
    found = []
    for place in range(-1, WATCHED_MONTHS):
        chosen = choose_monitored(late, labels, company.month(place), after=False)
        chosen = chosen[(times[chosen] < company.month(place + 1)).to_numpy()]
        leads = score_monitored(company.bundle, late, chosen, labels)
        expected = estimate_performance(leads.p)
        assert expected is not None
        came = auc_interval(leads.accepted[leads.answered], leads.p[leads.answered])
        found.append(
            {
                "month": place,
                "expected": expected.auc.value,
                "low": expected.auc.low,
                "high": expected.auc.high,
                "came": came.value,
            }
        )
    return found


def _watch_month(company: Company, place: int) -> MonitoringResult:
    tables = look_back(company.tables, company.month(place + 1))
    return monitor_model(company.bundle, tables, label_tables(tables), since=company.month(place))


def _summarise(watched: MonitoringResult) -> Result:
    return {
        "leads": watched.leads,
        "lights": {light.area: light.colour for light in watched.statuses},
        "moved": [one.feature.name for one in watched.features if one.colour != "green"],
    }


def _own() -> list[Path]:
    here = Path(__file__).resolve().parent
    return [here / "monitoring.py", here / "months.py"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is not kept from before, and write the document."""
    parser = argparse.ArgumentParser(prog="monitoring", description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where results are kept")
    parser.add_argument("--document", type=Path, default=DOCUMENT, help="the document to write")
    parser.add_argument("--kept", action="store_true", help="only write what was measured last")
    options = parser.parse_args(arguments)
    kept, started = options.folder / f"{NAME}.json", time.monotonic()

    def progress(text: str) -> None:
        print(f"{time.monotonic() - started:7.0f} s  {text}", file=sys.stderr, flush=True)

    if not options.kept:
        results = measure(Store(options.folder), progress)
        kept.write_text(json.dumps(results, indent=1, sort_keys=True, allow_nan=False), "utf-8")
    rendered = render(json.loads(kept.read_text("utf-8")))
    print(rendered)
    text = options.document.read_text("utf-8")
    before, after = text.split(START)[0], text.split(END)[1]
    options.document.write_text(f"{before}{START}\n\n{rendered}\n{END}{after}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
