"""Changes of scores: exact between two real models, and silent where nothing is known."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from features.contract.tables import Tables
from features.language import language
from models.artifact.bundle import ModelBundle
from models.artifact.score_history import ScoreHistory
from models.reasons.change_sentences import sum_topics
from models.reasons.score_change import explain_change
from models.reasons.topics import group_topics
from serve.scoring.changes import ChangeFinder, EarlierScores, Keeper, take_side
from serve.scoring.scorer import ScoredBatch, Scorer, find_rejects
from tests.trained import draw_tables, train, train_once

EN = language("en")
OLD, NEW = "m00000000000a", "m00000000000b"
SECRET = b"k" * 32
FIRST, THEN = pd.Timestamp("2030-01-01"), pd.Timestamp("2030-01-08")
POINTS = re.compile(r"\(([+-]\d+)\)")


def old_model() -> ModelBundle:
    return replace(train_once()[1].bundle, version=OLD)


@cache
def new_model() -> ModelBundle:
    """A model of other leads, whose source counts otherwise."""
    return replace(train(draw_tables(seed=11)).bundle, version=NEW)


@cache
def leads() -> Tables:
    return draw_tables(40, seed=5)


def score(
    bundle: ModelBundle,
    tables: Tables,
    *,
    at: pd.Timestamp = THEN,
    history: ScoreHistory | None = None,
    load: Callable[[str], ModelBundle | None] = lambda version: None,
    rows: np.ndarray | None = None,
) -> ScoredBatch:
    values = bundle.table.compute(tables)
    total = len(values)
    changes = None
    if history is not None:
        changes = ChangeFinder(EarlierScores(history, load), bundle, EN, total=total, threads=1)
    keeper = Keeper(lambda: SECRET, at, rows)
    scorer = Scorer(bundle, EN, at, total=total, threads=1, changes=changes, keeper=keeper)
    episodes = tables.episodes
    return scorer.score(episodes, find_rejects(episodes, timed=True), values)[0]


def keep(bundle: ModelBundle, tables: Tables) -> ScoreHistory:
    kept = score(bundle, tables, at=FIRST).kept
    assert kept is not None
    return ScoreHistory({bundle.version: kept.to_pandas()}, SECRET)


def grow(tables: Tables) -> Tables:
    """The same leads, of which the first ten became partners."""
    source = tables.attributes["LeadSource"].copy()
    source.iloc[:10] = "Partner"
    return replace(tables, attributes=tables.attributes.assign(LeadSource=source))


def test_nothing_changed_and_nothing_is_said() -> None:
    found = score(old_model(), leads(), history=keep(old_model(), leads())).scores
    assert found["previous_score"].to_pylist() == found["score"].to_pylist()
    assert set(found["change_reason"].to_pylist()) == {None}


def test_what_a_lead_became_is_said_of_it_alone() -> None:
    found = score(old_model(), grow(leads()), history=keep(old_model(), leads())).scores
    was = leads().attributes["LeadSource"].tolist()
    for row, line in enumerate(found["change_reason"].to_pylist()):
        if row < 10 and was[row] != "Partner":
            assert f"Lead Source is Partner, was {was[row]}" in line
            assert "the model" not in line and "sales accepts" not in line
        else:
            assert line is None


def test_shown_points_are_the_difference_between_two_models() -> None:
    history = keep(old_model(), leads())
    load = {OLD: old_model()}.get
    found = score(new_model(), grow(leads()), history=history, load=load).scores
    said = 0
    for after, before, line in zip(
        *(found[name].to_pylist() for name in ("score", "previous_score", "change_reason")),
        strict=True,
    ):
        assert (line is None) == (after == before)
        if line is not None:
            assert line.startswith(f"{after}, was {before}: ")
            assert sum(map(int, POINTS.findall(line))) == after - before
            said += 1
    assert said > 10


def test_the_parts_of_two_trained_models_add_up_in_log_odds() -> None:
    tables, grown = leads(), grow(leads())
    old, new = old_model(), new_model()
    seen = [
        bundle.model.contributions(bundle.table.encode(bundle.table.compute(some)))
        for bundle, some in ((old, tables), (old, grown), (new, grown))
    ]
    parts = [
        sum_topics(take_side(bundle), group_topics(bundle.table), found)
        for bundle, found in zip((old, old, new), seen, strict=True)
    ]
    change = explain_change(*parts)

    def calibrated(bundle: ModelBundle, some: Tables) -> np.ndarray:
        # The model's own prediction, not its Shapley values.
        z = bundle.model.log_odds(bundle.table.encode(bundle.table.compute(some)))
        return np.asarray(bundle.model.calibration_.shift + bundle.model.calibration_.slope * z)

    np.testing.assert_allclose(
        change.lead.sum(axis=1) + change.model.sum(axis=1) + change.calibration,
        calibrated(new, grown) - calibrated(old, tables),
        atol=1e-9,
        rtol=0,
    )


def test_a_model_that_is_gone_is_named_and_shows_no_change() -> None:
    history = keep(old_model(), leads())
    found = score(new_model(), leads(), history=history).scores
    changed = [line for line in found["change_reason"].to_pylist() if line]
    assert changed and all(OLD in line and "no longer be read" in line for line in changed)
    for previous, line in zip(
        found["previous_score"].to_pylist(), found["change_reason"].to_pylist(), strict=True
    ):
        assert (previous is None) == (line is not None)


def test_new_leads_and_older_hand_overs_have_no_change() -> None:
    tables = leads()
    later = tables.episodes["handed_over_at"] + pd.Timedelta(days=1)
    newer = replace(tables, episodes=tables.episodes.assign(handed_over_at=later))
    history = keep(old_model(), newer)
    found = score(old_model(), grow(tables), history=history).scores
    assert found["previous_score"].null_count == len(tables.episodes)
    strangers = tables.episodes["lead_id"] + "x"
    other = replace(tables, episodes=tables.episodes.assign(lead_id=strangers))
    assert keep(old_model(), other).notes()["lead"].isin(history.notes()["lead"]).sum() == 0


def test_only_the_rows_asked_for_are_kept() -> None:
    rows = leads().episodes["row"].to_numpy()[[2, 5]]
    kept = score(old_model(), leads(), rows=np.sort(rows)).kept
    assert kept is not None and kept.num_rows == 2
    assert kept.column_names[:4] == ["lead", "handed_over_at", "scored_at", "probability"]
    assert score(old_model(), leads()).scores.column_names[-1] == "scored_at"


@pytest.mark.parametrize("same", [True, False])
def test_the_last_other_score_of_a_lead_is_found(same: bool) -> None:
    history = keep(old_model(), leads())
    finder = ChangeFinder(EarlierScores(history, lambda _: None), old_model(), EN, total=1)
    lead = leads().episodes.head(1)
    now = int(score(old_model(), leads()).scores["score"][0].as_py())
    rows, found = finder.find_other(lead, np.array([now if same else now + 1]))
    assert found.empty == same and len(rows) == len(found)
