"""Trial plans: made from what was before, kept with a seal, refused once altered."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.errors import DataRefused, LeadaccordError, SettingsError, UsageError
from features.settings.schema import Settings
from models.trials.plan import (
    HOLD_OUT,
    PLAN,
    TrialPlan,
    check_name,
    load_plan,
    make_plan,
    plan_folder,
    to_json,
)
from models.trials.size import find_size
from tests.models.trials.plans import make_trial
from tests.tables import make_settings

NOW = pd.Timestamp("2026-03-01 12:00")


def make_before(n: int = 900, rate: float = 0.3) -> pd.DataFrame:
    """Return leads handed over before a trial, ten a day."""
    at = NOW - pd.to_timedelta(np.arange(n)[::-1] / 10, unit="D")
    outcome = np.arange(n) % 100 < 100 * rate
    return pd.DataFrame({"lead_id": np.arange(n).astype(str), "at": at, "outcome": outcome})


def plan_by(arrivals: pd.DataFrame, **changes: Any) -> TrialPlan:
    """Plan a trial by leads, as usual unless the changes say otherwise."""
    usual: dict[str, Any] = {
        "now": NOW,
        "name": "spring",
        "groups": HOLD_OUT,
        "outcome": "won",
        "days": 20,
        "share": 0.5,
        "effect": 0.1,
        "start": date(2026, 3, 9),
    }
    return make_plan(arrivals, **(usual | changes))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a project in a folder of its own."""
    return make_settings().model_copy(update={"root": tmp_path})


def keep(settings: Settings, text: str, name: str = "winter") -> Path:
    """Write a plan where it is looked for."""
    path = plan_folder(settings, name) / PLAN
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    return path


def test_a_plan_rests_on_leads_that_are_old_enough() -> None:
    made = plan_by(make_before())
    assert made.base_leads == 700
    assert made.base_rate == pytest.approx(0.3, abs=0.01)
    assert made.per_week == pytest.approx(70, rel=0.02)
    assert made.size == find_size(made.evidence)
    assert made.full == pd.Timestamp("2026-03-09") + pd.Timedelta(days=int(np.ceil(made.weeks * 7)))
    assert [one.effect for one in made.alternatives] == pytest.approx([0.05, 0.15])
    assert made.alternatives[0].size > made.size > made.alternatives[1].size
    assert made.design == "hold-out"


def test_a_tenth_is_looked_for_where_nothing_is_said() -> None:
    made = plan_by(make_before(rate=0.8), effect=None, groups=("m1", "m2"))
    assert (made.design, made.groups) == ("scores", ("m1", "m2"))
    assert made.effect == pytest.approx(made.base_rate / 10)


@pytest.mark.parametrize(
    ("arrivals", "message"),
    [
        (make_before(300), r"of 100 leads.*200 such leads"),
        (make_before(rate=0), "0 of 700 leads handed over 20 days ago"),
        (make_before().head(0), "0 of 0 leads"),
    ],
)
def test_without_a_known_rate_no_trial_is_planned(arrivals: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataRefused, match=message):
        plan_by(arrivals)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"effect": 0.8}, "more than there is to gain. Got 0.8, expected less than 0.70"),
        ({"effect": 0.002}, "So small a rise cannot be found here"),
        ({"start": date(2026, 3, 1)}, "begin before its plan.*a day after 2026-03-01"),
    ],
)
def test_what_cannot_be_found_is_said(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        plan_by(make_before(), **changes)


@pytest.mark.parametrize("name", ["", "Autumn", "../up", "a b", "a" * 41, "-a", "a\n"])
def test_a_name_is_a_folder_and_a_key(name: str) -> None:
    with pytest.raises(UsageError, match="cannot have this name"):
        check_name(name)


def test_a_plan_comes_back_as_it_was_made(settings: Settings) -> None:
    made = make_trial(base_rate=0.1 + 0.2, alternatives=[{"effect": 1 / 3, "size": 9, "weeks": 1}])
    keep(settings, to_json(made))
    assert load_plan(settings, "winter") == made


@pytest.mark.parametrize("key", [k for k in TrialPlan.model_fields if k != "alternatives"])
def test_no_value_can_be_altered_unseen(settings: Settings, key: str) -> None:
    content = json.loads(to_json(make_trial()))
    altered: dict[type, Any] = {str: "won" if key == "outcome" else "spring", list: ["a", "b"]}
    old = content[key]
    content[key] = old * 1.01 if isinstance(old, float) else altered.get(type(old), 7)
    if key == "start":
        content[key] = "2026-01-06"
    if key in ("outcome", "design"):
        content[key] = {"outcome": "accepted", "design": "scores"}[key]
    path = keep(settings, json.dumps(content))
    with pytest.raises(SettingsError, match=f"not as it was made.*{path.parent.name}") as caught:
        load_plan(settings, "winter")
    assert caught.value.code == "plan_altered"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"seal": "x"}', "[" * 100_000])
def test_damage_is_said(settings: Settings, text: str) -> None:
    keep(settings, text)
    with pytest.raises(SettingsError, match="not as it was made"):
        load_plan(settings, "winter")


def test_a_plan_under_another_name_is_not_read(settings: Settings) -> None:
    keep(settings, to_json(make_trial()), name="spring")
    with pytest.raises(LeadaccordError, match="not as it was made"):
        load_plan(settings, "spring")


def test_an_unknown_trial_is_refused_with_the_known_ones(settings: Settings) -> None:
    with pytest.raises(UsageError, match="leadaccord trial plan winter"):
        load_plan(settings, "winter")
    keep(settings, to_json(make_trial()))
    with pytest.raises(UsageError, match='Got "summer", expected winter'):
        load_plan(settings, "summer")


def test_evidence_is_that_of_the_plan() -> None:
    design = make_trial(share=0.7).evidence
    assert (design.share, design.centre, design.effect) == (0.7, 0.3, 0.1)
    assert replace(design, share=0.5) == make_trial().evidence
