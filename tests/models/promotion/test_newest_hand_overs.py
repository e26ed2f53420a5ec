"""The newest hand-overs: a fault is seen in them weeks before the first has matured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.contract.tables import Tables
from features.language import language
from features.settings.schema import DecisionSettings
from models.promotion.newest_hand_overs import Newest, NewestAnswers, compare_newest
from tests.tables import make_episodes, make_table, make_tables
from tests.trained import label

N = 3_000
TABLE = make_table({"Source": ["Web", "Fair"]}, ["Size"])
OLDER = pd.RangeIndex(2_400)
"""Ten hand-overs a day: of 300 days, the newest 60 are not learned from and 30 are looked at."""

YOUNG = np.arange(N) >= N - 300


def draw(seed: int = 0, *, lost: float = 0.0, slower: float = 1.0, rate: float = 0.5) -> Tables:
    """A company in which nine leads of ten are answered within two weeks.

    Of the acceptances of the newest 30 days the share `lost` is not there; answers take
    `slower` times as long in those days, and sales accepts `rate` of them.
    """
    rng = np.random.default_rng(seed)
    handed = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(N) / 10, unit="D")
    won = rng.random(N) < np.where(YOUNG, rate, 0.5)
    delay = rng.uniform(0, np.where(won, 7, 14)) * np.where(YOUNG, slower, 1.0)
    decided = handed + pd.to_timedelta(delay, unit="D")
    as_of = handed[-1] + pd.Timedelta(hours=1)
    there = (rng.random(N) < 0.9) & (decided < as_of) & ~(YOUNG & won & (rng.random(N) < lost))
    episodes = make_episodes(
        N,
        handed_over_at=handed,
        decision=pd.Series(np.where(won, "accepted", "rejected"), dtype=object).where(there, None),
        decided_at=pd.Series(decided).where(there),
    )
    attributes = pd.DataFrame(
        {
            "Source": pd.Series(rng.choice(["Web", "Fair"], N), dtype=object),
            "Size": rng.lognormal(4, 1, N),
        }
    )
    return replace(make_tables(attributes, episodes=episodes), as_of=as_of, now=as_of)


def look(tables: Tables, **changes: Any) -> Newest:
    values = tables.attributes.assign(**changes)
    return compare_newest(tables, label(tables), values, TABLE, older=OLDER, usual_rate=0.5)


def told(newest: Newest) -> str:
    return " ".join(language("en").phrase(change.message) for change in newest.changed)


@pytest.mark.parametrize("seed", range(10))
def test_a_company_as_it_was_shows_nothing(seed: int) -> None:
    newest = look(draw(seed))
    assert newest.changed == ()
    assert newest.answers is not None
    # Acceptances come sooner, so of young leads more of the answers are acceptances.
    assert newest.answers.expected > 0.52
    assert newest.answers.accepted == pytest.approx(newest.answers.expected, abs=0.12)


def test_a_fault_is_seen_before_the_first_faulty_lead_has_matured() -> None:
    tables = draw()
    young = pd.Series(YOUNG)
    assert (label(tables).rule[YOUNG] == "not_matured").mean() > 0.4
    size = tables.attributes["Size"]
    emptied = look(tables, Size=size.mask(young))
    assert [(c.column, c.kind) for c in emptied.changed] == [("Size", "empty")]
    assert told(emptied).startswith("of the hand-overs of the last 30 days, decided or not, Size:")
    scaled = look(tables, Size=size.where(~young, size / 1_000))
    assert [(c.column, c.kind) for c in scaled.changed] == [("Size", "scale")]
    renamed = look(tables, Source=tables.attributes["Source"].where(~young, "W"))
    assert [(c.column, c.kind) for c in renamed.changed] == [("Source", "levels")]


def test_answers_that_do_not_arrive_are_named() -> None:
    tables = draw(slower=4.0)
    (change,) = look(tables).changed
    assert (change.column, change.kind) == ("decisions", "empty")
    answered = int(tables.episodes["decision"][YOUNG].notna().sum())
    assert f"sales answered {answered} hand-overs of the last 30 days" in told(look(tables))


def test_a_somewhat_slower_month_is_no_fault() -> None:
    assert look(draw(slower=1.3)).changed == ()


def test_lost_acceptances_show_in_what_is_answered() -> None:
    answers = look(draw(lost=0.8)).answers
    assert answers is not None
    assert answers.accepted / (1 - answers.accepted) < 0.35
    assert answers.expected == pytest.approx(0.55, abs=0.03)


def test_few_answers_tell_nothing() -> None:
    tables = draw(rate=0.03)
    labels, values = label(tables), tables.attributes
    # Of the newest leads' answers eight acceptances are to be expected: none may come by chance.
    rare = compare_newest(tables, labels, values, TABLE, older=OLDER, usual_rate=0.03)
    assert rare.answers is None
    usual = compare_newest(tables, labels, values, TABLE, older=OLDER, usual_rate=0.5)
    assert isinstance(usual.answers, NewestAnswers)


def test_where_silence_is_an_answer_none_is_missing() -> None:
    tables = draw(slower=4.0)
    decision = DecisionSettings(present_means="accepted", matured_after_days=30)
    silent = replace(tables, settings=tables.settings.model_copy(update={"decision": decision}))
    assert look(silent) == Newest()


def test_without_times_or_dated_answers_only_columns_are_compared() -> None:
    tables = draw()
    assert look(replace(tables, order="file")) == Newest()
    never = pd.Series(pd.NaT, index=tables.episodes.index)
    undated = replace(tables, episodes=tables.episodes.assign(decided_at=never))
    young = pd.Series(YOUNG)
    found = look(undated, Size=tables.attributes["Size"].mask(young))
    assert [change.column for change in found.changed] == ["Size"]
    assert found.answers is None


def test_what_is_not_handed_over_in_those_days_does_not_count() -> None:
    tables = draw()
    before = pd.Series((np.arange(N) >= N - 600) & ~YOUNG)
    assert look(tables, Size=tables.attributes["Size"].mask(before)).changed == ()
    # An entry that counts for nothing else is not looked at here either.
    early = replace(tables, episodes=tables.episodes.assign(early=YOUNG & (np.arange(N) % 2 == 0)))
    odd = pd.Series(YOUNG & (np.arange(N) % 2 == 0))
    assert look(early, Size=tables.attributes["Size"].mask(odd)).changed == ()
