"""Formats: each can be asked for and is written, and what there is not is refused in words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from features.errors import SettingsError, UsageError
from features.settings.schema import ScoreSettings
from serve.destinations.crm import CRM_FORMATS
from serve.destinations.files import open_file
from serve.destinations.formats import (
    FORMATS,
    WRITERS,
    check_ending,
    check_format,
    check_settings,
)
from tests.serve.score_tables import in_batches, make_scores
from tests.tables import make_settings


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_a_file(tmp_path: Path, name: str) -> None:
    check_format(name)
    ending = CRM_FORMATS[name].endings[0] if name in CRM_FORMATS else f".{name}"
    delivery = open_file(tmp_path / f"scored{ending}", name).deliver(
        in_batches(make_scores(["00Q6dvOfvVDzEzxyf3", "00Q6dvOfvVDzEzxyf4"]), 1)
    )
    assert delivery.rows == 2
    assert (tmp_path / f"scored{ending}").stat().st_size


def test_the_imports_of_a_crm_are_of_kinds_that_can_be_written() -> None:
    assert {ending for crm in CRM_FORMATS.values() for ending in crm.endings} <= set(WRITERS)
    assert all(name == crm.name for name, crm in CRM_FORMATS.items())


def test_a_format_that_there_is_not_is_refused_with_those_there_are() -> None:
    check_format(None)
    for name in ("sugar", "CSV", "", ".csv"):
        with pytest.raises(UsageError) as told:
            check_format(name)
        assert all(known in str(told.value) for known in FORMATS)


def test_the_settings_are_asked_too() -> None:
    settings = make_settings()
    check_settings(settings)
    check_settings(settings.model_copy(update={"score": ScoreSettings(format="csv")}))
    wrong = settings.model_copy(update={"score": ScoreSettings(format="sugar")})
    with pytest.raises(SettingsError, match=r"\[score\] format.*sugar.*csv.*salesforce") as told:
        check_settings(wrong)
    assert str(wrong.file) in str(told.value)


@pytest.mark.parametrize("ending", [*WRITERS, ".CSV"])
def test_an_ending_says_what_is_written(ending: str) -> None:
    check_ending(Path(f"scored{ending}"))


@pytest.mark.parametrize("name", ["scored", "scored.json", "scored.csv.gz"])
def test_an_ending_that_says_nothing_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=re.escape(" or ".join(WRITERS))):
        check_ending(Path(name))
