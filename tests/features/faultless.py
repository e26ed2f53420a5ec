"""A project without a fault, for tests that plant one: as tables of a CRM, or as a flat export."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from features.checks.tables import check_tables
from features.contract.tables import Tables, read_tables
from features.findings import SEVERITIES, Finding
from features.labels import Labels, label_leads
from features.settings.load import load_settings

N = 300
NOW = pd.Timestamp("2025-12-31")
START = pd.Timestamp("2025-01-01 09:00")
LEADS = {"id": "Id", "handed_over_at": "MQL"}
DECISION: dict[str, Any] = {
    "column": "Status",
    "accepted": ["Qualified"],
    "rejected": ["Disqualified"],
    "undecided": ["Open"],
    "id": "Lead",
    "decided_at": "At",
    "matured_after_days": 30,
}
ACTIVITIES = {"id": "Lead", "at": "At", "type": "Type"}


def make_leads(n: int = N) -> pd.DataFrame:
    times = [START + pd.Timedelta(hours=12 * i) for i in range(n)]
    return pd.DataFrame(
        {
            "Id": [f"L{i:04}" for i in range(n)],
            "MQL": times,
            "Industry": [("retail", "banking", "energy")[i % 3] for i in range(n)],
            "Employees": [str(10 + i % 40) for i in range(n)],
        }
    ).astype({"Id": object, "Industry": object, "Employees": object})


def make_decisions(n: int = N) -> pd.DataFrame:
    leads = make_leads(n)
    return pd.DataFrame(
        {
            "Lead": leads["Id"],
            "At": leads["MQL"] + pd.Timedelta(hours=30),
            "Status": ["Qualified" if i % 2 else "Disqualified" for i in range(n)],
        }
    ).astype({"Status": object})


def make_activities(n: int = N) -> pd.DataFrame:
    leads = make_leads(n)
    before = leads["MQL"] - pd.Timedelta(hours=20)
    return pd.DataFrame({"Lead": leads["Id"], "At": before, "Type": "visit"})


def make_flat(n: int = N) -> pd.DataFrame:
    decided = make_decisions(n)
    return make_leads(n).assign(Status=decided["Status"], Decided=decided["At"])


def _toml(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(entry) for entry in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def write_settings(folder: Path, sections: Mapping[str, Mapping[str, Any]]) -> Path:
    text = "".join(
        f"[{section}]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in keys.items())
        for section, keys in sections.items()
    )
    path = folder / "leadaccord.toml"
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, sections: Mapping[str, Mapping[str, Any]], **tables: pd.DataFrame) -> Tables:
    """Write the tables and a settings file, and read them as a user would."""
    for name, frame in tables.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    named = {name: f"{name}.csv" for name in tables}
    path = write_settings(folder, {"tables": named, **sections})
    return read_tables(load_settings(path), now=NOW)


def label(tables: Tables) -> Labels:
    return label_leads(
        tables.episodes,
        decision=tables.settings.decision,
        as_of=tables.as_of,
        now=tables.now,
        timed=tables.timed,
    )


class Project:
    """Four tables without a fault, and the settings that fit them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.leads = make_leads()
        self.decisions = make_decisions()
        self.activities = make_activities()
        self.settings = {
            "leads": dict(LEADS),
            "decision": dict(DECISION),
            "activities": dict(ACTIVITIES),
        }

    def read(self) -> Tables:
        return read(
            self.folder,
            self.settings,
            leads=self.leads,
            decisions=self.decisions,
            activities=self.activities,
        )

    def check(self) -> dict[str, Finding]:
        tables = self.read()
        return by_code(check_tables(tables, label(tables)))


class Flat:
    """A flat export without a fault."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.leads = make_flat()
        decision = {**DECISION, "decided_at": "Decided"}
        del decision["id"]
        self.settings = {"leads": dict(LEADS), "decision": decision}

    def read(self) -> Tables:
        return read(self.folder, self.settings, leads=self.leads)

    def check(self) -> dict[str, Finding]:
        tables = self.read()
        return by_code(check_tables(tables, label(tables)))


def by_code(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    order = [SEVERITIES.index(finding.severity) for finding in findings]
    assert order == sorted(order)
    return {finding.code: finding for finding in findings}
