"""The schema of the settings: settings without a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import SettingsError
from features.settings.load import require_decision
from features.settings.schema import Settings, TableSettings


def test_settings_can_be_made_without_a_file(tmp_path: Path) -> None:
    settings = Settings(
        tables=TableSettings(leads="leads.csv"), file=tmp_path / "none.toml", root=tmp_path
    )
    with pytest.raises(SettingsError, match=r"none\.toml"):
        require_decision(settings)
