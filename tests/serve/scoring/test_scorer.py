"""Scoring: every row once, and what a row says agrees with itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.contract.partition import cut
from features.contract.tables import Tables
from features.errors import SettingsError
from features.language import language
from models.artifact.bundle import ModelBundle
from models.reasons.grades import grade_leads
from models.reasons.topics import MAX_REASONS
from serve.scoring.scorer import (
    REJECT_COLUMNS,
    REJECTED,
    SCORE_COLUMNS,
    Scored,
    score_leads,
    score_partition,
)
from tests.trained import draw_tables, train, train_once

AT = pd.Timestamp("2030-01-01")
DESIGNED = (
    "lead_id handed_over_at probability probability_low probability_high score grade "
    "reason_1 reason_2 reason_3 reason_4 reason_5 "
    "against_1 against_2 against_3 against_4 against_5 model_version scored_at"
).split()


def bundle() -> ModelBundle:
    return replace(train_once()[1].bundle, version="m0123456789ab")


def score(tables: Tables, **options: Any) -> Scored:
    return score_leads(bundle(), tables, language=language("en"), scored_at=AT, **options)


def with_faults(n: int = 60) -> Tables:
    """New leads of which four rows cannot be scored."""
    tables = draw_tables(n, seed=9)
    episodes = tables.episodes.copy()
    episodes.loc[3, "lead_id"] = None
    episodes.loc[5, "handed_over_at"] = pd.NaT
    for copy, original in ((10, 2), (11, 2)):
        episodes.loc[copy, ["lead_id", "handed_over_at"]] = episodes.loc[
            original, ["lead_id", "handed_over_at"]
        ]
    return replace(tables, episodes=episodes)


def reorder(tables: Tables, order: np.ndarray) -> Tables:
    return replace(
        tables,
        episodes=tables.episodes.iloc[order],
        attributes=tables.attributes.iloc[order],
    )


def test_columns_are_the_designed_ones() -> None:
    scored = score(draw_tables(20, seed=9))
    assert list(scored.scores.columns) == list(SCORE_COLUMNS) == DESIGNED
    assert list(scored.rejects.columns) == list(REJECT_COLUMNS)
    assert scored.rejects.empty
    assert set(scored.scores["model_version"]) == {"m0123456789ab"}
    assert set(scored.scores["scored_at"]) == {AT}


def test_every_row_is_scored_or_rejected_once_in_the_input_order() -> None:
    tables = with_faults()
    scored = score(tables)
    good, bad = scored.scores.index, scored.rejects.index
    assert sorted([*good, *bad]) == list(tables.episodes.index)
    assert list(good) == sorted(good)
    assert scored.scores["lead_id"].tolist() == tables.episodes.loc[good, "lead_id"].tolist()
    assert scored.rejects.set_index("row")["code"].to_dict() == {
        4: "missing_id",
        6: "missing_hand_over",
        11: "duplicate",
        12: "duplicate",
    }
    assert scored.rejects["message"].tolist() == [REJECTED[c] for c in scored.rejects["code"]]
    assert len(scored.values) == len(scored.contributions) == len(scored.scores)


def test_scores_do_not_depend_on_the_row_order() -> None:
    tables = draw_tables(60, seed=9)
    order = np.random.default_rng(1).permutation(60)
    mixed = score(reorder(tables, order)).scores
    assert mixed["lead_id"].tolist() == tables.episodes["lead_id"].iloc[order].tolist()
    pd.testing.assert_frame_equal(mixed.sort_index(), score(tables).scores)


def test_a_lead_alone_scores_as_among_others() -> None:
    tables = draw_tables(60, seed=9)
    alone = score(reorder(tables, np.array([17]))).scores
    pd.testing.assert_frame_equal(alone, score(tables).scores.iloc[[17]])


def test_score_grade_and_probability_agree() -> None:
    tables = draw_tables(300, seed=9)
    scored = score(tables)
    scores, model = scored.scores, bundle()
    p = scores["probability"]
    assert p.between(0, 1).all()
    assert (scores["probability_low"] <= p).all() and (p <= scores["probability_high"]).all()
    assert scores["score"].between(0, 100).all()
    assert ((scores["score"] - 100 * p).abs() <= 0.5001).all()
    rows = model.table.encode(model.table.compute(tables))
    np.testing.assert_allclose(p, model.model.predict_proba(rows)[:, 1], atol=1e-6)
    grades = grade_leads(scored.contributions, model.table, probability=model.probability)
    assert scores["grade"].tolist() == list(grades)
    assert scores["grade"].str.fullmatch("[A-D][1-4]").all()


def test_reasons_fill_from_the_first_and_none_stands_twice() -> None:
    scores = score(draw_tables(300, seed=9)).scores
    given = 0
    for prefix in ("reason", "against"):
        sentences = scores[[f"{prefix}_{place}" for place in range(1, MAX_REASONS + 1)]]
        filled = sentences.notna().to_numpy()
        assert (np.diff(filled.astype(int), axis=1) <= 0).all()
        for row in sentences.itertuples(index=False):
            said = [sentence for sentence in row if isinstance(sentence, str)]
            assert len(set(said)) == len(said)
            assert all(sentence.strip() for sentence in said)
        given += filled.sum()
    assert given > len(scores)


def test_reasons_follow_the_language() -> None:
    tables = draw_tables(60, seed=9)
    english = score(tables).scores
    spanish = score_leads(bundle(), tables, language=language("es"), scored_at=AT).scores
    said = english["reason_1"].notna()
    assert said.any()
    assert (english.loc[said, "reason_1"] != spanish.loc[said, "reason_1"]).all()
    numbers = ["probability", "score", "grade"]
    pd.testing.assert_frame_equal(english[numbers], spanish[numbers])


def test_columns_that_are_not_there_are_named_and_count_as_empty() -> None:
    tables = draw_tables(60, seed=9)
    gone = replace(tables, attributes=tables.attributes.drop(columns="LeadSource"))
    empty = draw_tables(60, seed=9, LeadSource=pd.Series(None, index=range(60), dtype=object))
    assert score(gone).missing_columns == ("LeadSource",)
    assert score(tables).missing_columns == score(empty).missing_columns == ()
    pd.testing.assert_frame_equal(score(gone).scores, score(empty).scores)


def test_values_never_seen_are_counted() -> None:
    tables = draw_tables(60, seed=9)
    attributes = tables.attributes.copy()
    attributes.loc[:6, "LeadSource"] = "Smoke signals"
    scored = score(replace(tables, attributes=attributes))
    assert scored.tally.unknown_levels["LeadSource"] == 7
    assert len(scored.scores) == 60


def test_when_no_row_can_be_scored_all_are_rejected() -> None:
    tables = draw_tables(5, seed=9)
    nobody = replace(tables, episodes=tables.episodes.assign(lead_id=None))
    scored = score(nobody)
    assert list(scored.scores.columns) == DESIGNED and scored.scores.empty
    assert scored.rejects["code"].tolist() == ["missing_id"] * 5
    assert scored.contributions.shape == (0, len(bundle().table.features) + 1)


def test_decisions_are_not_needed_and_not_looked_at() -> None:
    tables = draw_tables(60, seed=9)
    undecided = tables.episodes.assign(decision=None, decided_at=pd.NaT)
    pd.testing.assert_frame_equal(
        score(tables).scores, score(replace(tables, episodes=undecided)).scores
    )


def test_without_a_column_of_hand_over_a_timed_model_says_so() -> None:
    untimed = draw_tables(20, seed=9)
    blank = pd.Series(pd.NaT, index=untimed.episodes.index, dtype="datetime64[us]")
    untimed = replace(untimed, order="none", episodes=untimed.episodes.assign(handed_over_at=blank))
    with pytest.raises(SettingsError, match=r"counts from the time.*leads\.csv.*handed_over_at"):
        score(untimed)


def test_a_model_without_times_scores_leads_without_times() -> None:
    tables = draw_tables(400)
    blank = pd.Series(pd.NaT, index=tables.episodes.index, dtype="datetime64[us]")
    episodes = tables.episodes.assign(
        handed_over_at=blank, decided_at=blank, sequence=tables.episodes["row"].astype(float)
    )
    untimed = replace(tables, episodes=episodes, order="order", activities=None)
    model = replace(train(untimed).bundle, version="m0123456789ab")
    twice = reorder(untimed, np.array([0, 1, 0, 2])).episodes.reset_index(drop=True)
    new = replace(
        reorder(untimed, np.array([0, 1, 0, 2])),
        episodes=twice.assign(sequence=np.nan),
        attributes=untimed.attributes.iloc[[0, 1, 0, 2]].reset_index(drop=True),
    )
    scored = score_leads(model, new, language=language("en"), scored_at=AT)
    assert scored.rejects["code"].to_dict() == {2: "duplicate"}
    assert scored.scores["lead_id"].tolist() == ["L0", "L1", "L2"]


@settings(max_examples=8)
@given(seed=st.integers(0, 2**16), rows=st.integers(1, 60))
def test_any_way_of_cutting_leads_gives_the_same_scores(seed: int, rows: int) -> None:
    tables = draw_tables(60, seed=9)
    whole = score(tables).scores
    order = np.random.default_rng(seed).permutation(len(whole))
    parts = [
        score_partition(bundle(), partition, language=language("en"), scored_at=AT).to_pandas()
        for partition in cut(reorder(tables, order), earlier=tables.episodes, rows=rows)
    ]
    found = pd.concat(parts, ignore_index=True)
    expected = whole.iloc[order].reset_index(drop=True)
    assert list(found.columns) == list(expected.columns)
    for name in found.columns:
        if name.startswith("probability"):
            np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=1e-12)
        else:
            texts = [
                [None if pd.isna(v) else v for v in frame[name]] for frame in (found, expected)
            ]
            assert texts[0] == texts[1], name
