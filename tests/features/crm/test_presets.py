"""Presets: what they say of each CRM is in itself without contradiction, and is used."""

from __future__ import annotations

from itertools import combinations

import pytest

from features.crm.block_lists import is_blocked
from features.crm.presets import PRESETS
from features.settings.schema import (
    ActivitySettings,
    DecisionSettings,
    LeadSettings,
    OutcomeSettings,
)

LISTS = ("accepted", "rejected", "recycled", "undecided")


@pytest.mark.parametrize("name", PRESETS)
def test_no_value_has_two_meanings(name: str) -> None:
    for names in PRESETS[name].decisions:
        for first, second in combinations(LISTS, 2):
            assert not set(getattr(names, first)) & set(getattr(names, second))


@pytest.mark.parametrize("name", PRESETS)
def test_presets_name_only_keys_that_exist(name: str) -> None:
    preset = PRESETS[name]
    for names, model in (
        (preset.leads, LeadSettings),
        (preset.activities, ActivitySettings),
        (preset.outcomes, OutcomeSettings),
        (preset.about_decision, DecisionSettings),
        (preset.decision_row, DecisionSettings),
    ):
        assert set(names) <= set(model.model_fields)


@pytest.mark.parametrize("name", PRESETS)
def test_the_settings_take_every_preset(name: str) -> None:
    assert LeadSettings(preset=name).preset == name


@pytest.mark.parametrize("name", PRESETS)
def test_no_lead_is_named_or_dated_by_what_is_written_later(name: str) -> None:
    for columns in PRESETS[name].leads.values():
        assert [column for column in columns if is_blocked(column, name)] == []


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_written_later_is_blocked(name: str) -> None:
    preset = PRESETS[name]
    for column in (preset.written_later + preset.written_later_here).replace("*", "").split():
        assert is_blocked(column, name) is not None, column


def test_each_preset_has_a_name_and_signs_of_its_own() -> None:
    assert len({preset.label for preset in PRESETS.values()}) == len(PRESETS)
    for preset in PRESETS.values():
        assert all(sign == sign.casefold() for sign in preset.signs)
    for first, second in combinations(PRESETS.values(), 2):
        assert len(set(first.signs) & set(second.signs)) < 2
