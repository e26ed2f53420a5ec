"""Each key by itself: what is wrong is named, and what is right is kept all the same."""

from __future__ import annotations

import pytest

from features.settings import SECTIONS, TrainSettings
from features.settings_keys import read_sections

TABLES = {"tables": {"leads": "leads.csv"}}


def test_what_is_left_out_has_its_default() -> None:
    sections, problems = read_sections(TABLES, SECTIONS)
    assert problems == []
    assert set(sections) == set(SECTIONS)
    assert sections["train"] == TrainSettings()


def test_a_wrong_key_costs_no_other_key() -> None:
    raw = {**TABLES, "train": {"seed": 7, "test_share": "a quarter"}}
    sections, problems = read_sections(raw, SECTIONS)
    assert [problem.key for problem in problems] == [("train", "test_share")]
    assert sections["train"] == TrainSettings(seed=7)


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        ({"leeds": {}}, "did you mean [leads]?"),
        ({"matured_after_days": 3}, "stands outside the tables"),
        ({"zzz": {}}, "is not known"),
        ({"features": {"excluded": []}}, "exclude"),
    ],
)
def test_a_name_that_is_not_known_is_named_with_the_nearest(
    raw: dict[str, object], what: str
) -> None:
    _, problems = read_sections({**TABLES, **raw}, SECTIONS)
    assert len(problems) == 1
    told = " ".join(filter(None, [problems[0].what, problems[0].next_step]))
    assert what in told
