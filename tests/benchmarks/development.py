"""The section on eight more public files: the default model beside its peers on random quarters."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from features.contract.tables import Tables, read_tables
from features.labels import label_tables
from features.settings.load import load_settings
from models.evaluation.split import split_leads
from tests.benchmarks import peers
from tests.benchmarks.cases import Case, data_folder, make_case
from tests.benchmarks.development_page import TITLE, render
from tests.benchmarks.learners import threads
from tests.benchmarks.peer_runs import list_peers, peers_python
from tests.benchmarks.real_files import judge_case, run_rows
from tests.benchmarks.store import Progress, Result, Store, Unavailable, versions_of

__all__ = ["NAME", "TITLE", "measure", "render"]

NAME = "development"
SEEDS = (20, 21, 22, 23, 24)
FILES: Mapping[str, tuple[str, str | int, str | int, tuple[str, ...]]] = {
    "crm_survey": ("y", 1, 0, ("id",)),
    "extraalearn": ("status", 1, 0, ("ID",)),
    "campaign_response": ("Response", 1, 0, ("ID", "Z_CostContact", "Z_Revenue")),
    "health_insurance_leads": ("Response", 1, 0, ("ID",)),
    "online_shoppers": ("Revenue", "TRUE", "FALSE", ()),
    "job_change": ("target", 1, 0, ("enrollee_id",)),
    "telco_churn": ("Churn", "Yes", "No", ("customerID",)),
    "caravan": ("CARAVAN", 1, 0, ("ORIGIN",)),
}
"""The column of the answer, its yes and its no, and what says nothing of a lead. Rows are leads."""


def measure(store: Store, progress: Progress) -> Result:
    """Run every row on five random quarters of each file."""
    folder = data_folder() / "development"
    if not folder.is_dir():
        raise Unavailable(f"the files are not there: no folder {folder}")
    installed = list_peers(peers_python())
    cases = []
    for file in FILES:
        progress(f"Reading {file}")
        for case in make_cases(file, folder):
            cases.append(judge_case(case, run_rows(case, installed, store, progress)))
    return {
        "cases": cases,
        "missing": [name for name in peers.PEERS if name not in installed],
        "seeds": list(SEEDS),
        "cores": os.cpu_count(),
        "threads": threads(),
        "versions": dict(versions_of("lightgbm", "scikit-learn")),
        "peer_versions": {k: v for peer in installed.values() for k, v in peer["versions"].items()},
    }


def make_cases(file: str, folder: Path) -> Iterator[Case]:
    """Yield a file's random quarters, each to be predicted from the other three."""
    tables = read_file(file, folder)
    labels = label_tables(tables)
    for seed in SEEDS:
        split = split_leads(
            tables.episodes, labels.used, order=tables.order, test_share=0.25, seed=seed
        )
        origin = f"quarter {seed}"
        case = make_case(tables, labels, split.train, split.test, file=file, origin=origin)
        yield replace(case, problem=replace(case.problem, seed=seed, ordered=False))


def read_file(file: str, folder: Path) -> Tables:
    """Read a file by settings that know no time."""
    with tempfile.TemporaryDirectory() as place:
        settings = Path(place) / "leadaccord.toml"
        settings.write_text(write_settings(file), "utf-8")
        (Path(place) / "data").symlink_to(folder, target_is_directory=True)
        return read_tables(load_settings(settings))


def write_settings(file: str) -> str:
    """Return the settings of a file as TOML."""
    column, accepted, rejected, excluded = FILES[file]
    return f"""
[project]
name = "{file}"
[tables]
leads = "data/{file}.csv"
[decision]
column = "{column}"
accepted = [{accepted!r}]
rejected = [{rejected!r}]
[features]
exclude = {list(excluded)!r}
"""
