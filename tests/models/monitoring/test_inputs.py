"""Inputs: features, volumes, sources and freshness against a reference, planted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.language import Language, Phrase, language
from features.matrix.definitions import attribute
from features.matrix.feature_table import MISSING_CODE, OTHER_CODE, FeatureTable
from models.artifact.reference import Reference
from models.artifact.response_times import AnswerTimes
from models.monitoring.inputs import (
    add_copies,
    compare_features,
    compare_volume,
    evaluate_freshness,
    evaluate_inputs,
    evaluate_volume,
)
from models.monitoring.status import Status

WORDS = Language("en")
SOURCE = attribute("LeadSource", kind="context", form="category")
SIZE = attribute("Size", kind="fit", form="number")
TABLE = FeatureTable(
    (SOURCE, SIZE),
    {"LeadSource": ("(not given)", "(other)", "Web", "Fair")},
    (),
    {},
    (),
    {},
    "time",
)
START = pd.Timestamp("2026-01-01")
NAMES: dict[int, Phrase | str] = {0: Phrase("(not given)"), 1: "(new)", 2: "Web", 3: "Fair"}


def make_reference() -> Reference:
    """A hundred days of ten leads each."""
    newest = {
        "LeadSource": np.array([20, 10, 600, 370]),
        "Size": np.array([250, 250, 250, 150, 100]),
    }
    return Reference(
        leads=1_000,
        start=START,
        end=START + pd.Timedelta(days=100),
        newest=newest,
        earlier={name: 3 * counts for name, counts in newest.items()},
        scores=np.full(101, 10),
        grades=np.full(16, 60),
        weekly=np.full(14, 70),
        longest_gap=1.5,
        times=AnswerTimes(None, None, 0.8),
        source="LeadSource",
        answered=np.array([16, 8, 480, 290]),
    )


def draw(
    seed: int, *, source: list[float], size: list[float], n: int = 300
) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {"LeadSource": rng.multinomial(n, source), "Size": rng.multinomial(n, size)}


USUAL = {"source": [0.02, 0.01, 0.6, 0.37], "size": [0.25, 0.25, 0.25, 0.15, 0.1]}


def test_draws_from_the_reference_stay_green() -> None:
    reference = make_reference()
    lights = []
    for seed in range(100):
        now = draw(seed, **USUAL)
        lights.append(evaluate_inputs(compare_features(reference, now, TABLE)).colour)
        volume = compare_volume(reference, now, leads=300, days=30)
        lights.append(evaluate_volume(volume, NAMES).colour)
    assert lights.count("green") >= 198


def test_a_column_no_longer_filled_is_red_and_named() -> None:
    now = draw(1, source=USUAL["source"], size=[0, 0, 0, 0, 1])
    compared = compare_features(make_reference(), now, TABLE)
    assert compared[0].feature.name == "Size"
    assert compared[0].missing == (0.1, 1.0)
    light = evaluate_inputs(compared)
    assert light.colour == "red"
    assert "Size: 100% without a value, 10% before" in WORDS.phrase(light.because[0])


def test_values_never_seen_are_a_group_like_any_other() -> None:
    now = draw(1, source=[0.02, 0.25, 0.45, 0.28], size=USUAL["size"])
    compared = compare_features(make_reference(), now, TABLE)
    assert compared[0].colour == "red"
    assert "with a value never seen" in WORDS.phrase(evaluate_inputs(compared).because[0])


def test_what_is_usual_inside_training_is_no_alarm() -> None:
    now = draw(1, source=[0.02, 0.01, 0.3, 0.67], size=USUAL["size"])
    calm = make_reference()
    restless = replace(calm, earlier={**calm.earlier, "LeadSource": np.array([60, 30, 2_700, 210])})
    assert evaluate_inputs(compare_features(calm, now, TABLE)).colour == "red"
    assert evaluate_inputs(compare_features(restless, now, TABLE)).colour == "green"


def test_a_large_month_with_a_tiny_change_is_no_alarm() -> None:
    now = draw(1, source=[0.02, 0.01, 0.63, 0.34], size=USUAL["size"], n=1_000_000)
    reference = make_reference()
    many = replace(
        reference, newest={name: 1_000 * counts for name, counts in reference.newest.items()}
    )
    compared = {one.feature.name: one for one in compare_features(many, now, TABLE)}
    assert compared["LeadSource"].p < 1e-9
    assert compared["LeadSource"].colour == "green"


@pytest.mark.parametrize(
    ("leads", "colour"),
    [(300, "green"), (330, "green"), (480, "amber"), (700, "red"), (120, "red")],
)
def test_volume_is_leads_a_day(leads: int, colour: str) -> None:
    now = draw(1, **USUAL, n=leads)
    assert compare_volume(make_reference(), now, leads=leads, days=30).colour == colour


def test_weeks_that_vary_widen_what_is_usual() -> None:
    reference = make_reference()
    now = draw(1, **USUAL, n=30)
    wild = replace(reference, weekly=np.array([5, 160] * 7))
    calm = compare_volume(reference, now, leads=30, days=7).p
    doubted = compare_volume(wild, now, leads=30, days=7).p
    assert calm is not None
    assert doubted is not None
    assert calm < 0.01 < doubted


def test_a_few_days_tell_nothing_of_the_volume() -> None:
    volume = compare_volume(make_reference(), draw(1, **USUAL, n=2), leads=2, days=3)
    assert volume.p is None
    assert evaluate_volume(volume, NAMES).colour == "grey"


def test_a_new_source_is_noticed_by_its_share() -> None:
    now = draw(1, source=[0.02, 0.1, 0.55, 0.33], size=USUAL["size"])
    volume = compare_volume(make_reference(), now, leads=300, days=30)
    assert volume.sources[0].group == 2
    new = next(one for one in volume.sources if one.group == OTHER_CODE)
    assert new.colour == "red"
    assert next(one for one in volume.sources if one.group == MISSING_CODE).colour == "green"
    assert evaluate_volume(volume, NAMES).colour == "red"


@pytest.mark.parametrize(
    ("days", "colour"), [(0.2, "green"), (4, "green"), (6, "amber"), (9, "red")]
)
def test_freshness_is_counted_beyond_the_longest_gap(days: float, colour: str) -> None:
    now = pd.Timestamp("2026-06-01")
    newest = {"leads": now - pd.Timedelta(days=days), "decisions": None}
    light, ages = evaluate_freshness(make_reference(), newest, now=now)
    assert light.colour == colour
    assert ages == {"leads": pytest.approx(days), "decisions": None}


@pytest.mark.parametrize(("copies", "colour"), [(0, "green"), (9, "amber"), (150, "red")])
def test_copied_hand_overs_raise_the_light_of_the_volume(copies: int, colour: str) -> None:
    calm = Status("volume", "green", (Phrase("as before"),))
    raised = add_copies(calm, copies, 300)
    assert raised.colour == colour
    said = language("en").phrase(raised.because[0])
    assert said == (
        f"{copies} of 300 hand-overs stand again under another id" if copies else "as before"
    )
    loud = Status("volume", "red", (Phrase("twice as many"),))
    assert add_copies(loud, copies, 300).colour == "red"
    assert add_copies(loud, copies, 300).because[-1] == loud.because[0]
