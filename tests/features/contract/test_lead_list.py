"""Lead lists: ids as the project knows them, from its own leads or any file that names leads."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.contract.lead_list import read_lead_list
from features.errors import SettingsError, SourceError
from features.settings.load import load_settings
from features.settings.schema import Settings

SETTINGS = """
[tables]
leads = "leads.csv"

[leads]
id = "Id"
order = "file"

[decision]
column = "Status"
accepted = ["yes"]
rejected = ["no"]
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A project of three rows, one of them without an id."""
    (tmp_path / "leads.csv").write_text("Id,Status\n00Q5e00000AbCdE,yes\n,no\nL2,\n")
    (tmp_path / "leadaccord.toml").write_text(SETTINGS)
    return load_settings(tmp_path / "leadaccord.toml")


def test_own_leads_have_the_ids_that_scoring_gives_them(settings: Settings) -> None:
    found = read_lead_list(settings, None)
    assert found["lead_id"].tolist() == ["00Q5e00000AbCdEEAV", None, "L2"]


@pytest.mark.parametrize("name", ["Id", "lead_id"])
def test_a_file_names_leads_as_the_project_or_as_scores_do(settings: Settings, name: str) -> None:
    file = settings.root / "groups.csv"
    file.write_text(f"group,{name}\nscore,007\n,L2\n")
    found = read_lead_list(settings, str(file), group=True)
    assert found.to_dict("list") == {"lead_id": ["007", "L2"], "group": ["score", None]}


def test_what_is_not_there_is_said(settings: Settings) -> None:
    file = settings.root / "groups.csv"
    file.write_text("Name,Group\nA,score\n")
    with pytest.raises(SettingsError, match="known to name the lead"):
        read_lead_list(settings, str(file), group=True)
    file.write_text("Id,Group\nA,score\n")
    with pytest.raises(SourceError, match=r'lacks the column "group".*"Id", "Group"'):
        read_lead_list(settings, str(file), group=True)
