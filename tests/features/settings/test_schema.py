"""The schema of the settings: values as text, and settings without a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from features.errors import SettingsError
from features.settings.load import require_decision
from features.settings.schema import Settings, TableSettings, to_value_text


@hypothesis_settings(max_examples=50, deadline=None)
@given(st.integers(-(2**53), 2**53))
def test_a_whole_number_has_one_text_however_it_is_typed(number: int) -> None:
    assert to_value_text(number) == to_value_text(float(number)) == str(number)


def test_settings_can_be_made_without_a_file(tmp_path: Path) -> None:
    settings = Settings(
        tables=TableSettings(leads="leads.csv"), file=tmp_path / "none.toml", root=tmp_path
    )
    with pytest.raises(SettingsError, match=r"none\.toml"):
        require_decision(settings)
