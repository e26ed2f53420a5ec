"""Promises of `features.sources.database`: a database that answers, or the mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import SettingsError
from features.sources.database import connect


@pytest.mark.parametrize(
    "url",
    ["nonsense", "nothing://host", "duckdb://not/there.db", "postgres://ana:secret@127.0.0.1:1/x"],
)
def test_a_bad_connection_is_a_mistake_and_shows_no_password(url: str) -> None:
    with pytest.raises(SettingsError, match="connection") as caught:
        connect(url)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "crm.duckdb").write_text("a,b\n" * 5_000)
    with pytest.raises(SettingsError, match="cannot be opened"):
        connect(f"duckdb://{tmp_path / 'crm.duckdb'}")
