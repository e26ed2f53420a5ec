"""What the report says: the model's own figures, the newest leads, and nothing personal."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.labels import RULES
from features.language import Language
from serve.report.summary import (
    DECISIONS,
    RULE_WORDS,
    choose_newest,
    list_leads,
    summarise,
    summarise_calibration,
    summarise_segments,
)
from serve.scoring import Scored, score_leads

COUNT = 20


@pytest.fixture(scope="module")
def shown(project: Any) -> Any:
    chosen = choose_newest(project.tables, count=COUNT)
    tables = project.tables
    return replace(
        tables, episodes=tables.episodes.loc[chosen], attributes=tables.attributes.loc[chosen]
    )


@pytest.fixture(scope="module")
def scored(project: Any, shown: Any) -> Scored:
    return score_leads(
        project.bundle,
        shown,
        language=Language("en"),
        scored_at=project.tables.now,
        earlier=project.tables.episodes,
    )


@pytest.fixture(scope="module")
def summary(project: Any, shown: Any, scored: Scored) -> dict[str, Any]:
    return summarise(project.bundle, shown, scored, language=Language("en"))


def test_the_state_is_that_of_the_leads_learned_from(project: Any, summary: dict[str, Any]) -> None:
    episodes = project.tables.episodes
    decided = episodes[episodes["decision"].notna()]
    state = summary["state"]
    assert state["leads"] == len(decided)
    assert state["accepted"] == (decided["decision"] == "accepted").sum()
    assert state["share"] == pytest.approx((decided["decision"] == "accepted").mean())
    assert state["read"] == len(episodes)
    assert state["start"] == decided["handed_over_at"].min().date()
    assert state["end"] == decided["handed_over_at"].max().date()


def test_figures_are_passed_on_unchanged(project: Any, summary: dict[str, Any]) -> None:
    figures = project.bundle.figures
    assert summary["judged"] == figures["judged"]
    assert summary["rival"] == figures["logistic_regression"]
    assert summary["state"]["best"] == figures["judged"]["top"][0]
    assert [s["column"] for s in summary["suspects"]] == [
        s["column"] for s in figures["leak_suspects"]
    ]


def test_every_rule_that_removes_rows_has_words() -> None:
    assert set(RULE_WORDS) == set(RULES)


def test_only_rules_that_removed_rows_are_listed(project: Any, summary: dict[str, Any]) -> None:
    excluded = project.bundle.figures["excluded"]
    assert summary["excluded"] == {RULE_WORDS[rule]: n for rule, n in excluded.items() if n}
    assert sum(summary["excluded"].values()) == sum(excluded.values())


def test_waiting_leads_come_first_and_each_part_is_newest_first(summary: dict[str, Any]) -> None:
    waiting = [lead["decision"] == "waiting" for lead in summary["leads"]]
    assert waiting == sorted(waiting, reverse=True)
    assert sum(waiting) == 12
    for part in (True, False):
        days = [
            lead["handed_over"]
            for lead, waits in zip(summary["leads"], waiting, strict=True)
            if waits is part
        ]
        assert days == sorted(days, reverse=True)


def test_leads_carry_their_scores(scored: Scored, summary: dict[str, Any]) -> None:
    assert len(summary["leads"]) == COUNT
    for lead, row in zip(summary["leads"], scored.scores.to_dict("records"), strict=True):
        assert lead["score"] == row["score"]
        assert (lead["low"], lead["high"]) == (row["probability_low"], row["probability_high"])
        for key, prefix in (("reasons", "reason"), ("against", "against")):
            sentences = [row[f"{prefix}_{i}"] for i in range(1, 6)]
            assert lead[key] == [sentence for sentence in sentences if isinstance(sentence, str)]
        assert lead["decision"] in DECISIONS


def test_only_displayed_columns_of_a_lead_are_told(
    project: Any, shown: Any, scored: Scored, summary: dict[str, Any]
) -> None:
    assert {name for lead in summary["leads"] for name in lead["shown"]} == {"Company"}
    told = json.dumps(summary, default=str)
    assert "+34 600" not in told
    settings = shown.settings
    hidden = settings.model_copy(
        update={"leads": settings.leads.model_copy(update={"display": ()})}
    )
    leads = list_leads(replace(shown, settings=hidden), scored, Language("en"))
    assert all(lead["shown"] == {} for lead in leads)


@pytest.mark.parametrize(
    ("value", "english", "spanish"),
    [
        ("  Acme\n\u202eInc ", "Acme Inc", "Acme Inc"),
        (1234.5, "1,234.5", "1.234,5"),
        (pd.Timestamp("2026-03-01 10:00"), "Mar 1, 2026", "1 mar 2026"),
    ],
)
def test_displayed_values_are_readable_in_the_language(
    shown: Any, scored: Scored, value: Any, english: str, spanish: str
) -> None:
    attributes = shown.attributes.assign(Company=value)
    for code, text in (("en", english), ("es", spanish)):
        leads = list_leads(replace(shown, attributes=attributes), scored, Language(code))
        assert {lead["shown"]["Company"] for lead in leads} == {text}


@pytest.mark.parametrize("missing", [None, np.nan, pd.NaT, ""])
def test_a_missing_value_is_not_displayed(shown: Any, scored: Scored, missing: Any) -> None:
    attributes = shown.attributes.assign(Company=pd.Series(missing, shown.attributes.index, object))
    leads = list_leads(replace(shown, attributes=attributes), scored, Language("en"))
    assert all(lead["shown"] == {} for lead in leads)


def test_groups_are_those_of_the_judgement(project: Any) -> None:
    told = summarise_segments(project.bundle, Language("en"))
    judged = project.bundle.figures["segments"]
    by_label = {segment["label"]: segment for segment in told}
    assert len(told) == len(judged) > 0
    assert told[0]["label"] == "Lead Source", "where leads came from stands first"
    for name in ("Lead Source", "Title: seniority"):
        segment = by_label[{"Title: seniority": "Seniority (Title)"}.get(name, name)]
        groups = judged[name.replace(" Source", "Source")]
        assert [row["leads"] for row in segment["groups"]] == [group["n"] for group in groups]
        assert [row["accepted"] for row in segment["groups"]] == [g["accepted"] for g in groups]
        assert [row["expected"] for row in segment["groups"]] == [
            group["mean_predicted"] for group in groups
        ]


def test_groups_that_are_no_level_are_told_in_the_language(project: Any) -> None:
    accepted = {"value": 0.4, "low": 0.3, "high": 0.5}
    groups = [
        {"group": "x", "kind": kind, "n": 60, "accepted": accepted, "mean_predicted": expected}
        for kind, expected in (("missing", 0.2), ("other", 0.6), ("level", 0.4))
    ]
    bundle = replace(project.bundle, figures={"segments": {"Gone": groups}})
    (segment,) = summarise_segments(bundle, Language("es"))
    assert [row["name"] for row in segment["groups"]] == ["(sin indicar)", "(todos los demás)", "x"]
    assert [row["side"] for row in segment["groups"]] == ["above", "below", "near"]


@given(st.lists(st.booleans(), min_size=1, max_size=10))
def test_the_verdict_on_calibration_counts_the_bins_that_kept_their_promise(
    kept: list[bool],
) -> None:
    inside = {"value": 0.5, "low": 0.4, "high": 0.6}
    bins = [{"n": 50, "mean_predicted": 0.5 if fine else 0.9, "accepted": inside} for fine in kept]
    told = summarise_calibration(bins)
    assert told["kept"] == sum(kept)
    assert [part["kept"] for part in told["bins"]] == kept
    share = sum(kept) / len(kept)
    assert told["verdict"] == ("poor" if share < 0.5 else "fair" if share < 0.8 else "good")
    assert 1 <= len(told["examples"]) <= 3


@given(st.permutations(range(30)), st.integers(1, 40))
def test_the_choice_does_not_depend_on_the_order_of_the_rows(
    project: Any, order: list[int], count: int
) -> None:
    newest = project.tables.episodes.tail(30)
    tables = replace(project.tables, episodes=newest)
    shuffled = replace(project.tables, episodes=newest.iloc[order])
    chosen = choose_newest(tables, count=count)
    assert list(choose_newest(shuffled, count=count)) == list(chosen)
    assert len(chosen) == min(count, 30)


def test_leads_of_the_future_or_without_time_are_not_the_newest(project: Any) -> None:
    episodes = project.tables.episodes.tail(10).copy()
    episodes.loc[episodes.index[0], "handed_over_at"] = pd.Timestamp("2062-01-01")
    episodes.loc[episodes.index[1], "handed_over_at"] = pd.NaT
    episodes.loc[episodes.index[2], "lead_id"] = None
    chosen = choose_newest(replace(project.tables, episodes=episodes), count=50)
    assert set(chosen) == set(episodes.index[3:])


def test_without_times_the_end_of_the_order_is_newest(project: Any) -> None:
    episodes = project.tables.episodes.head(5).assign(
        handed_over_at=pd.NaT, sequence=[3.0, 9.0, 1.0, 7.0, 5.0], decision=None
    )
    tables = replace(project.tables, episodes=episodes, order="order")
    assert list(episodes.loc[choose_newest(tables, count=3), "sequence"]) == [9.0, 7.0, 5.0]


def test_dates_are_plain_days(summary: dict[str, Any]) -> None:
    state = summary["state"]
    assert {type(state[name]) for name in ("start", "end", "test_from")} == {dt.date}
