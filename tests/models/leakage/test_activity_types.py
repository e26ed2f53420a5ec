"""Activity types: what one answer has alone is left out or asked about, what is honest stays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from features.contract.tables import Tables
from features.labels import Labels, label_tables
from features.language import language
from features.matrix.definitions import TYPE
from features.matrix.planning import plan_features
from models.leakage.guards import find_leaks
from models.leakage.suspect import LeakSuspect, to_omit
from tests.tables import make_activities, make_episodes, make_settings, make_tables

N = 900
RNG = np.random.default_rng(8)
SCORE = RNG.normal(size=N)
YES = RNG.random(N) < 1 / (1 + np.exp(0.4 - 0.8 * SCORE))
OPEN = RNG.random(N) < 0.15
DECISION = np.where(OPEN, None, np.where(YES, "accepted", "rejected").astype(object))
EPISODES = make_episodes(N, decision=DECISION)
HANDED = EPISODES["handed_over_at"]
USUAL = [
    (f"L{i}", HANDED[i] - pd.Timedelta(hours=float(hours)), "Mail opened")
    for i in range(N)
    for hours in RNG.exponential(400, RNG.poisson(1.2)) + 1
]


def evaluate(
    mine: np.ndarray, *, hours: float = 2.0, **settings: tuple[str, ...]
) -> tuple[Tables, Labels, dict[str, LeakSuspect], dict[str, float]]:
    """The verdicts where these leads have one activity more, so many hours before hand-over."""
    calls = [
        (f"L{i}", HANDED[i] - pd.Timedelta(hours=hours), "Intro call") for i in np.flatnonzero(mine)
    ]
    tables = make_tables(
        pd.DataFrame({"Honest": SCORE}),
        episodes=EPISODES,
        activities=make_activities(USUAL + calls),
        settings=make_settings(**settings),
    )
    labels = label_tables(tables)
    training = tables.episodes.index[labels.used]
    suspects, alone = find_leaks(tables, training, labels.accepted, labels)
    return tables, labels, {s.column: s for s in suspects}, alone


SHARE: dict[str, tuple[Callable[[], np.ndarray], str]] = {
    "60 % of the accepted": (lambda: YES & ~OPEN & (RNG.random(N) < 0.6), "quarantined"),
    "50 % of the rejected": (lambda: ~YES & ~OPEN & (RNG.random(N) < 0.5), "quarantined"),
    "8 % of the accepted": (lambda: YES & (RNG.random(N) < 0.08), "ask"),
    "90 % of the decided": (lambda: ~OPEN & (RNG.random(N) < 0.9), "quarantined"),
}


@pytest.mark.parametrize("kind", SHARE)
def test_a_type_that_goes_with_the_answer_is_named(kind: str) -> None:
    draw, action = SHARE[kind]
    _, _, found, alone = evaluate(draw())
    assert {name: (s.action, s.table) for name, s in found.items()} == {
        "Intro call": (action, "activities")
    }
    assert set(alone) == {"Honest", "Mail opened", "Intro call"}
    for code in ("en", "es"):
        assert any(c.isdigit() for c in language(code).phrase(found["Intro call"].evidence))


def test_what_is_honest_is_left_alone() -> None:
    keen = RNG.random(N) < np.where(YES, 0.5, 0.3)
    assert evaluate(keen)[2] == {}


def test_what_the_settings_name_is_no_question() -> None:
    leak = YES & ~OPEN
    assert evaluate(leak, trust=("Intro call",))[2] == {}
    tables, labels, found, alone = evaluate(leak, exclude=("Intro call",))
    assert found == {} and "Intro call" not in alone
    table, values, _ = plan_features(tables, labels.used[labels.used].index, omit={})
    assert table.ignored == ("Intro call",) and table.types == ("Mail opened",)
    assert values["activities: last 90 days"].sum() < len(USUAL)


def test_a_type_that_is_set_aside_leaves_no_trace_in_the_totals() -> None:
    tables, labels, found, _ = evaluate(YES & ~OPEN)
    omit = to_omit(list(found.values()))
    assert list(omit) == [TYPE + "Intro call"]
    training = labels.used[labels.used].index
    table, values, _ = plan_features(tables, training, omit=omit)
    bare = make_tables(
        pd.DataFrame({"Honest": SCORE}), episodes=EPISODES, activities=make_activities(USUAL)
    )
    _, expected, _ = plan_features(bare, training, omit={})
    pd.testing.assert_frame_equal(values, expected)
    assert type(table).from_dict(table.to_dict()).ignored == ("Intro call",)


def test_leads_without_times_or_activities_have_no_types_to_test() -> None:
    tables = make_tables(pd.DataFrame({"Honest": SCORE}), episodes=EPISODES)
    labels = label_tables(tables)
    training = tables.episodes.index[labels.used]
    assert find_leaks(tables, training, labels.accepted, labels)[1].keys() == {"Honest"}
