"""Projects written as files and read as a user would, for tests of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from features.contract.tables import Tables, read_tables
from features.settings.load import load_settings
from features.settings.schema import Settings

NOW = pd.Timestamp("2026-01-01")
FLAT = {
    "leads": {"id": "Lead", "handed_over_at": "At"},
    "decision": {"column": "Said", "accepted": ["Yes"], "rejected": ["No"]},
}
TWO = {
    "leads": {"id": "Lead", "handed_over_at": "At"},
    "decision": {
        "column": "Said",
        "accepted": ["Yes"],
        "rejected": ["No"],
        "undecided": ["Wait"],
        "decided_at": "When",
    },
}
LEADS = "Lead,At,Size\nA,2025-01-01 10:00,3\nB,2025-01-02 10:00,5\nA,2025-02-01 10:00,4\n"
DECISIONS = (
    "Lead,When,Said,Why,Value\n"
    "A,2025-01-05,Yes,,100\n"
    "B,2025-01-03 09:00,No,price,\n"
    "A,2025-02-03 11:00,No,,\n"
    "C,2025-02-03 11:00,Yes,,7\n"
    "B,2025-02-04 11:00,Wait,,\n"
)


def read(
    folder: Path,
    sections: Mapping[str, Mapping[str, Any]],
    files: Mapping[str, str],
    **options: Any,
) -> Tables:
    """Write files and settings as a user would, and read them."""
    return read_tables(write(folder, sections, files), now=NOW, **options)


def write(
    folder: Path, sections: Mapping[str, Mapping[str, Any]], files: Mapping[str, str]
) -> Settings:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    named = {"tables": {name: f"{name}.csv" for name in files if name != "new"}}
    text = ""
    for section, keys in {**named, **sections}.items():
        text += f"[{section}]\n" + "".join(f"{k} = {to_toml(v)}\n" for k, v in keys.items())
    (folder / "leadaccord.toml").write_text(text, encoding="utf-8")
    return load_settings(folder / "leadaccord.toml")


def to_toml(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, Sequence):
        return "[" + ", ".join(to_toml(entry) for entry in value) + "]"
    return str(value)
