"""What the registry keeps for a card: read as it was written, and approvals that stay."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from features.errors import ModelError, UsageError
from models.registry.card_record import (
    APPROVED_BY,
    APPROVED_ON,
    RECORD,
    check_person,
    keep_card,
    note_approval,
    read_record,
)
from tests.models.conftest import Recorded, copy_project, mlflow_at


def test_a_record_is_read_back_with_the_tags(recorded: Recorded, tmp_path: Path) -> None:
    settings, found = copy_project(recorded, tmp_path), recorded.registered
    keep_card(settings, found, {RECORD: '{"project": "años"}'})
    record, tags = read_record(settings, found)
    assert record == {"project": "años"}
    assert tags["leadaccord.model_version"] == recorded.bundle.version


def test_an_approval_stands_on_the_version_and_on_the_run(
    recorded: Recorded, tmp_path: Path
) -> None:
    settings, found = copy_project(recorded, tmp_path), recorded.registered
    keep_card(settings, found, {RECORD: "{}"})
    note_approval(settings, found, person="Ben", day=date(2026, 3, 1))
    told = note_approval(settings, found, person="Ana Ruiz", day=date(2026, 3, 4))
    assert told == {APPROVED_BY: "Ana Ruiz", APPROVED_ON: "2026-03-04"}
    with mlflow_at(f"sqlite:///{settings.home / 'tracking.db'}") as mlflow:
        client = mlflow.MlflowClient()
        version = client.get_model_version(found.name, found.number)
        run = client.get_run(version.run_id)
    assert told.items() <= version.tags.items() and told.items() <= run.data.tags.items()
    assert told.items() <= read_record(settings, found)[1].items()


def test_a_model_without_a_card_is_told(recorded: Recorded) -> None:
    with pytest.raises(ModelError, match=r"stored without a card.*Train again"):
        read_record(recorded.settings, recorded.registered)


@pytest.mark.parametrize("text", ["", "{", "[1]", '"a"'])
def test_a_damaged_record_is_told(recorded: Recorded, tmp_path: Path, text: str) -> None:
    settings, found = copy_project(recorded, tmp_path), recorded.registered
    keep_card(settings, found, {RECORD: text})
    with pytest.raises(ModelError, match="record behind the model card cannot be read"):
        read_record(settings, found)


@pytest.mark.parametrize("name", ["Ana Ruiz", "  Ana Ruiz ", "Ñandú, Sales Ops (EMEA)", "x" * 200])
def test_a_name_is_taken_as_it_is(name: str) -> None:
    assert check_person(name) == name.strip()


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "Ana\nRuiz", "Ana\x1b[31m", "A\u202eB"])
def test_what_is_no_name_is_told(name: str) -> None:
    with pytest.raises(UsageError, match="--approved-by is not a name"):
        check_person(name)
