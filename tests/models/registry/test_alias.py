"""The alias of the model in use moves in one step, and only from where it was looked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from features.errors import UsageError
from models.registry.alias import (
    REPLACES_TAG,
    ChampionMovedError,
    put_version_in_use,
    replace_champion,
)
from models.registry.champion import CHAMPION, Registered, load_champion, registered_name
from tests.models.conftest import Recorded, copy_project, mlflow_at, record
from tests.models.registry.test_champion import champion_by_client
from tests.trained import draw_tables, train

NAME = "odd-lead-quality"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Any]:
    """A registry with a model of three versions, none in use."""
    with mlflow_at(f"sqlite:///{tmp_path / 'registry.db'}") as mlflow:
        client = mlflow.MlflowClient()
        client.create_registered_model(NAME)
        for _ in range(3):
            client.create_model_version(NAME, source=str(tmp_path))
        yield client


def number_in_use(client: Any) -> str:
    return str(client.get_model_version_by_alias(NAME, CHAMPION).version)


def registered(number: str) -> Registered:
    return Registered(NAME, number, "m0123456789ab")


def test_a_model_that_is_not_put_in_use_leaves_the_alias(
    recorded: Recorded, tmp_path: Path
) -> None:
    settings = copy_project(recorded, tmp_path)
    other = record(settings, train(draw_tables(seed=4)).bundle, put_in_use=False)
    assert other.registered == Registered(registered_name(settings), "2", other.bundle.version)
    assert other.bundle.version != recorded.bundle.version
    assert load_champion(settings).version == recorded.bundle.version
    assert champion_by_client(other) == ("1", recorded.bundle.version)

    moved = record(settings, other.bundle)
    assert load_champion(settings).version == other.bundle.version
    assert champion_by_client(moved) == ("3", other.bundle.version)


def test_a_version_that_is_put_in_use_knows_which_it_replaced(client: Any) -> None:
    for number in ("1", "3", "3", "2"):
        put_version_in_use(client, NAME, number)
        assert number_in_use(client) == number
    tags = {n: client.get_model_version(NAME, n).tags.get(REPLACES_TAG) for n in "123"}
    assert tags == {"1": None, "3": "1", "2": "3"}


def test_a_model_replaces_only_the_one_that_it_was_compared_with(client: Any) -> None:
    replace_champion(client, NAME, "1", champion=None)
    replace_champion(client, NAME, "2", champion=registered("1"))
    assert number_in_use(client) == "2"
    for stale, expected in ((registered("1"), "version 1"), (None, "no model")):
        with pytest.raises(ChampionMovedError, match="put in use while") as caught:
            replace_champion(client, NAME, "3", champion=stale)
        assert (caught.value.got, caught.value.expected) == ("version 2", expected)
        assert isinstance(caught.value, UsageError) and caught.value.exit_code == 2
        assert number_in_use(client) == "2"
    assert REPLACES_TAG not in client.get_model_version(NAME, "3").tags


def test_a_champion_that_was_taken_out_of_use_is_not_replaced(client: Any) -> None:
    with pytest.raises(ChampionMovedError) as caught:
        replace_champion(client, NAME, "2", champion=registered("1"))
    assert caught.value.got == "no model"
    assert not client.get_registered_model(NAME).aliases
