"""Activities and outcomes come under the same names, whatever theirs are."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features.errors import SettingsError
from tests.contracts import DECISIONS, LEADS, TWO, read


def test_outcomes_are_read_under_their_names(tmp_path: Path) -> None:
    outcomes = "LeadId,Opened,Amount\nA,2025-02-01,100\nB,,\n"
    named = {"opportunity_at": "Opened", "amount": "Amount"}
    files = {"leads": LEADS, "decisions": DECISIONS, "outcomes": outcomes}
    found = read(tmp_path, {**TWO, "outcomes": named}, files).outcomes
    assert found is not None
    assert list(found.columns) == ["lead_id", "opportunity_at", "won_at", "amount"]
    assert found["lead_id"].tolist() == ["A", "B"]
    assert found["opportunity_at"][0] == pd.Timestamp("2025-02-01") and found["amount"][0] == 100
    assert found["won_at"].isna().all()
    with pytest.raises(SettingsError, match=r"\[outcomes\] amount names a column"):
        read(tmp_path, {**TWO, "outcomes": {"amount": "Worth"}}, files)


def test_activities_without_a_type_are_activities(tmp_path: Path) -> None:
    sections = {**TWO, "activities": {"at": "On"}}
    files = {"leads": LEADS, "decisions": DECISIONS, "activities": "Lead,On\nA,2025-01-01\n"}
    tables = read(tmp_path, sections, files)
    assert tables.activities is not None
    assert tables.activities.to_arrow().to_pandas()["type"].tolist() == ["activity"]


def test_activities_need_a_lead_and_a_time(tmp_path: Path) -> None:
    files = {"leads": LEADS, "decisions": DECISIONS, "activities": "Who,On\nA,2025-01-01\n"}
    with pytest.raises(SettingsError, match=r'\[activities\] id is missing.*"Who", "On"'):
        read(tmp_path, {**TWO, "activities": {"at": "On"}}, files)
    files["activities"] = "Lead,On\nA,2025-01-01\n"
    with pytest.raises(SettingsError, match=r"\[activities\] at is missing"):
        read(tmp_path, TWO, files)
