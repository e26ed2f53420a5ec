"""A settings file with what it must have, and what a mistake in one is answered with."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import SettingsError
from features.settings.load import load_settings

MINIMAL = """\
[tables]
leads = "data/leads.csv"

[decision]
column = "Status"
accepted = ["Qualified"]
rejected = ["Disqualified"]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "leadaccord.toml"
    path.write_text(text, encoding="utf-8")
    return path


def message_of(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(write(folder, text))
    assert caught.value.exit_code == 2
    return str(caught.value).replace(str(folder / "leadaccord.toml"), "FILE")
