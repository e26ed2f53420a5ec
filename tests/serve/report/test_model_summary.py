"""What the report says: the model's own figures and settings."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.labels import RULES
from features.language import Language
from models.evaluation.metrics import METRICS
from serve.pages.words import RULE_WORDS
from serve.report.model_summary import summarise_calibration, summarise_model, summarise_segments


@pytest.fixture(scope="module")
def summary(project: Any) -> dict[str, Any]:
    return summarise_model(project.bundle, project.tables, Language("en"))


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
    rows = {row["name"]: row for row in summary["metrics"]}
    assert set(rows) == set(METRICS)
    for name, row in rows.items():
        model, rival = figures["judged"][name], figures["logistic_regression"][name]
        assert row["model"]["value"] == (model["value"] if row["model"]["low"] else model)
        assert row["baseline"]["value"] == (rival["value"] if row["model"]["low"] else rival)
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


def test_dates_are_plain_days(summary: dict[str, Any]) -> None:
    state = summary["state"]
    assert {type(state[name]) for name in ("start", "end", "test_from")} == {dt.date}
