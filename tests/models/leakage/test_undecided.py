"""Undecided leads: what only decided leads have was filled in on deciding; news is no leak."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.contract.leads import Order
from features.labels import label_leads
from features.language import language
from features.matrix.planning import plan_features
from features.settings.schema import DecisionSettings
from models.leakage.suspect import LeakSuspect
from models.leakage.undecided import MIN_UNDECIDED, find_beside_undecided, match_undecided
from tests.tables import make_episodes, make_settings, make_tables

N = 1_200
PLACE = np.arange(N)
# Sales works through its leads from the oldest on: most of the newest are undecided.
UNDECIDED = np.random.default_rng(4).random(N) < np.where(PLACE < 900, 0.05, 0.7)
DECISION = np.where(
    UNDECIDED, None, np.random.default_rng(5).choice(["accepted", "rejected"], N).astype(object)
)


def evaluate(
    columns: dict[str, Any],
    *,
    decision: Any = DECISION,
    order: Order = "file",
    trust: tuple[str, ...] = (),
    present_means: str | None = None,
) -> dict[str, LeakSuspect]:
    attributes = pd.DataFrame({"Industry": np.resize(["Foods", "Media", "Retail"], N), **columns})
    deciding = DecisionSettings(column="s", present_means=present_means)
    chosen = make_settings(trust=trust).model_copy(update={"decision": deciding})
    episodes = make_episodes(N, decision=decision)
    tables = make_tables(attributes, episodes=episodes, settings=chosen, order=order)
    labels = label_leads(
        tables.episodes, decision=DecisionSettings(), as_of=None, timed=tables.timed
    )
    table, _, _ = plan_features(tables, tables.episodes.index[labels.used], omit={})
    answers = labels.accepted[labels.used]
    matched = match_undecided(tables, labels.rule, answers)
    found = [] if matched is None else find_beside_undecided(tables, table, matched)
    return {s.column: s for s in found}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(6)


def draw(rng: np.random.Generator, *words: str) -> np.ndarray:
    return rng.choice(np.array(words, dtype=object), N)


def filled(rng: np.random.Generator, decided: float, undecided: float) -> np.ndarray:
    """A word, filled for these shares of the decided and the undecided leads."""
    mask = rng.random(N) < np.where(UNDECIDED, undecided, decided)
    return np.where(mask, draw(rng, "a", "b", "c"), None)


@pytest.mark.parametrize(
    ("decided", "undecided", "action"),
    [
        (1.0, 0.0, "quarantined"),
        (0.0, 1.0, "quarantined"),
        (0.7, 0.02, "ask"),
        (0.95, 0.35, "ask"),
        (0.25, 0.0, "ask"),
        (0.65, 0.35, None),
        (0.1, 0.0, None),
        (0.5, 0.5, None),
    ],
)
def test_what_is_filled_for_decided_leads_alone_was_filled_in_on_deciding(
    decided: float, undecided: float, action: str | None, rng: np.random.Generator
) -> None:
    values = filled(rng, decided, undecided)
    # A column that is never filled where leads are learned from is no feature at all.
    values[np.flatnonzero(~UNDECIDED)[:12]] = "a"
    found = evaluate({"x": values})
    assert {name: s.action for name, s in found.items()} == ({"x": action} if action else {})


def test_the_evidence_says_how_many(rng: np.random.Generator) -> None:
    suspect = evaluate({"x": filled(rng, 1.0, 0.0)})["x"]
    assert suspect.leads == UNDECIDED.sum()
    assert language("en").phrase(suspect.evidence) == (
        "filled in for 100 % of the decided leads and for 0 % of the "
        f"{UNDECIDED.sum()} undecided ones of the same time"
    )
    assert "sin decidir" in language("es").phrase(suspect.evidence)


def note(
    rng: np.random.Generator, *, mine: float, others: float, undecided: float, answer: str
) -> np.ndarray:
    """A note of sales, filled for these shares of one answer, of the other and of the open ones."""
    share = np.where(UNDECIDED, undecided, np.where(answer == DECISION, mine, others))
    return np.where(rng.random(N) < share, draw(rng, "price", "timing", "fit"), None)


@pytest.mark.parametrize("answer", ["accepted", "rejected"])
@pytest.mark.parametrize(
    ("mine", "others", "undecided", "action"),
    [
        (0.8, 0.05, 0.03, "quarantined"),
        (0.4, 0.03, 0.01, "quarantined"),
        (0.8, 0.05, 0.15, None),  # one answer, yet not rare enough where nothing is decided
        (0.45, 0.4, 0.01, "ask"),  # only decided leads have it, whatever was decided
        (0.4, 0.02, 0.22, None),
    ],
)
def test_a_note_of_one_answer_that_undecided_leads_lack_is_quarantined(
    mine: float,
    others: float,
    undecided: float,
    action: str | None,
    answer: str,
    rng: np.random.Generator,
) -> None:
    values = note(rng, mine=mine, others=others, undecided=undecided, answer=answer)
    found = evaluate({"x": values, "number": np.where(values == None, 0.0, 7.5)})  # noqa: E711
    assert {name: s.action for name, s in found.items() if name == "x"} == (
        {"x": action} if action else {}
    )
    if action == "quarantined":
        assert found["number"].action == "quarantined", "zero may stand for nothing"
        values_said = found["x"].evidence.values
        known = (DECISION != None) & (values != None)  # noqa: E711
        assert values_said["known"] == known.sum()
        assert values_said["accepted"] == (known & (DECISION == "accepted")).sum()


def test_a_placeholder_of_undecided_leads_is_no_value(rng: np.random.Generator) -> None:
    pending = np.where(UNDECIDED, "pending\u202e", draw(rng, "phone", "mail", "visit"))
    some = np.where(UNDECIDED & (rng.random(N) < 0.65), "open", draw(rng, "phone", "mail"))
    zero = np.where(UNDECIDED, 0.0, 1.0 + rng.poisson(3, N))
    found = evaluate({"text": pending, "some": some, "number": zero})
    assert {name: s.action for name, s in found.items()} == {
        "text": "quarantined",
        "some": "ask",
        "number": "quarantined",
    }
    said = language("en").phrase(found["text"].evidence)
    assert said.startswith("“pending” is there for 0 % of the decided leads and for 100 %")


def test_a_common_value_that_undecided_leads_never_have_is_asked_about(
    rng: np.random.Generator,
) -> None:
    values = draw(rng, "north", "south", "east", "west")
    values[UNDECIDED & (values == "west")] = "north"
    found = evaluate({"Region": values})
    assert found["Region"].action == "ask"
    assert found["Region"].evidence.values["level"] == "west"


def test_what_is_new_or_given_up_is_no_leak(rng: np.random.Generator) -> None:
    word = draw(rng, "a", "b", "c")
    columns = {
        "asked since": np.where(PLACE > 850, word, None),
        "asked until": np.where(PLACE < 850, word, None),
        "renamed": np.where(PLACE < 850, word, np.char.upper(word.astype(str))),
        "rising": PLACE / N + rng.normal(0, 0.01, N),
    }
    assert evaluate(columns) == {}
    # Without an order nothing can be told apart from what is new.
    assert set(evaluate(columns, order="none")) == set(columns)


def test_dates_are_compared_by_being_there(rng: np.random.Generator) -> None:
    days = pd.Series(pd.Timestamp("2025-01-01") + pd.to_timedelta(PLACE, unit="D"))
    early = days - pd.to_timedelta(rng.integers(1, 400, N), unit="D")
    columns = {"called": early.mask(UNDECIDED), "asked": early.mask(rng.random(N) < 0.5)}
    found = evaluate(columns, order="time")
    assert {name: s.action for name, s in found.items()} == {"called": "quarantined"}


def test_it_takes_undecided_leads_to_tell(rng: np.random.Generator) -> None:
    values = filled(rng, 1.0, 0.0)
    few = DECISION.copy()
    few[np.flatnonzero(UNDECIDED)[MIN_UNDECIDED - 1 :]] = "accepted"
    assert evaluate({"x": values}, decision=few) == {}
    assert evaluate({"x": values}, trust=("x",)) == {}
    assert evaluate({"x": values}, present_means="accepted") == {}


@given(st.integers(0, 10_000))
@settings(max_examples=15)
def test_honest_noise_is_never_named(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = {
        "flag": (rng.random(N) < 0.1).astype(float),
        "number": rng.normal(size=N),
        "count": rng.poisson(0.5, N).astype(float),
        "few": draw(rng, "a", "b", "c"),
        "page": draw(rng, *(f"/lp/{i}" for i in range(60))),
        "gaps": np.where(rng.random(N) < 0.8, None, "given"),
    }
    assert evaluate(columns) == {}
