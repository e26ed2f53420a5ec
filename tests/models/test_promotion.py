"""Which model is in use changes in one step, and only by whom it is asked."""

from __future__ import annotations

from pathlib import Path

from models.champion import load_champion
from tests.models.conftest import Recorded, copy_project, record
from tests.models.test_champion import champion_by_client
from tests.trained import draw_tables, train


def test_a_model_that_is_not_put_in_use_leaves_the_alias(
    recorded: Recorded, tmp_path: Path
) -> None:
    settings = copy_project(recorded, tmp_path)
    other = record(settings, train(draw_tables(seed=4)).bundle, put_in_use=False)
    assert other.registered.number == "2"
    assert other.bundle.version != recorded.bundle.version
    assert load_champion(settings).version == recorded.bundle.version
    assert champion_by_client(other) == ("1", recorded.bundle.version)

    moved = record(settings, other.bundle)
    assert load_champion(settings).version == other.bundle.version
    assert champion_by_client(moved) == ("3", other.bundle.version)
