"""The last known model in use: what is scored with while the tracking server is away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.registry.champion import registered_name
from models.registry.last_champion import FILE, keep_champion, load_known_champion
from models.registry.store import TrackingError
from tests.models.conftest import Recorded, copy_project
from tests.trained import make_project

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tracking server that does not answer."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", NOWHERE)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


def test_a_store_that_answers_needs_no_warning(recorded: Recorded) -> None:
    known = load_known_champion(recorded.settings)
    assert (known.bundle.version, known.warning) == (recorded.bundle.version, "")
    keep_champion(recorded.settings, recorded.registered)
    assert not (recorded.settings.home / FILE).exists()


@pytest.mark.usefixtures("away")
def test_a_home_that_never_heard_of_the_server_has_its_own_store(
    recorded: Recorded, tmp_path: Path
) -> None:
    settings = copy_project(recorded, tmp_path)
    known = load_known_champion(settings)
    assert known.bundle.version == recorded.bundle.version
    assert f"last known model in use, {recorded.bundle.version}" in known.warning
    assert f"({NOWHERE}). Got no answer" in known.warning


@pytest.mark.usefixtures("away")
def test_the_model_that_the_server_named_last_is_taken(recorded: Recorded, tmp_path: Path) -> None:
    settings = copy_project(recorded, tmp_path)
    (settings.home / "tracking.db").unlink()
    with pytest.raises(TrackingError, match="Got no answer"):
        load_known_champion(settings)
    keep_champion(settings, recorded.registered)
    known = load_known_champion(settings)
    assert known.bundle.version == recorded.bundle.version
    assert "as the server said at 2" in known.warning


@pytest.mark.usefixtures("away")
def test_a_note_of_another_model_or_a_damaged_one_is_not_obeyed(
    recorded: Recorded, tmp_path: Path
) -> None:
    settings = copy_project(recorded, tmp_path)
    other = {"name": "other", "number": "7", "version": "m0", "at": "2026-01-01"}
    (settings.home / FILE).write_text(json.dumps(other), "utf-8")
    assert load_known_champion(settings).bundle.version == recorded.bundle.version
    for damaged in ("{", json.dumps({"name": registered_name(settings)}), "[]"):
        (settings.home / FILE).write_text(damaged, "utf-8")
        with pytest.raises(TrackingError, match=r"note of the model in use is damaged.*anew"):
            load_known_champion(settings)


@pytest.mark.usefixtures("away")
def test_a_project_without_a_model_says_that_the_server_is_away(tmp_path: Path) -> None:
    with pytest.raises(TrackingError, match="tracking store cannot be used"):
        load_known_champion(make_project(tmp_path))
