"""The reference: the leads a model was judged on, counted, and nothing of a single lead kept."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.artifact.reference import (
    GRADES,
    Reference,
    choose_reference,
    count_grades,
    count_weeks,
    find_source,
    longest_gap,
)
from models.reasons.grades import grade_leads
from tests.trained import draw_tables, label, train, train_once


@pytest.fixture(scope="module")
def reference() -> Reference:
    made = train_once()[1].bundle.reference
    assert made is not None
    return made


def test_every_breakdown_counts_every_judged_lead(reference: Reference) -> None:
    tables, trained = train_once()
    test = trained.split.test
    times = tables.episodes["handed_over_at"]
    assert reference.leads == len(test)
    assert (reference.start, reference.end) == (times[test].min(), times[test].max())
    for counts in reference.newest.values():
        assert counts.sum() == reference.leads
    for counts in reference.earlier.values():
        assert counts.sum() == len(trained.split.train)
    assert reference.scores.sum() == reference.grades.sum() == reference.leads
    assert set(reference.newest) == set(trained.bundle.table.names)


def test_its_groups_are_those_of_the_statistics(reference: Reference) -> None:
    statistics = train_once()[1].bundle.statistics
    for name, known in statistics.features.items():
        both = reference.newest[name] + reference.earlier[name]
        assert both.tolist() == known.leads.tolist(), name


def test_scores_are_those_of_a_model_that_had_not_learned_from_the_leads() -> None:
    _, trained = train_once()
    reference = trained.bundle.reference
    assert reference is not None
    mean = (reference.scores @ np.arange(101)) / reference.leads / 100
    assert mean == pytest.approx(trained.probability.mean(), abs=0.06)


def test_grades_are_those_of_the_model_in_use() -> None:
    # As those of later leads are: two models may grade a whole cluster of leads differently.
    tables, trained = train_once()
    bundle = trained.bundle
    assert bundle.reference is not None
    values = bundle.table.compute(tables).loc[trained.split.test]
    contributions = bundle.model.contributions(bundle.table.encode(values))
    grades = grade_leads(contributions, bundle.table, probability=bundle.probability)
    assert bundle.reference.grades.tolist() == count_grades(grades).tolist()


def test_leads_that_sales_never_answered_belong_to_it() -> None:
    tables = draw_tables()
    episodes = tables.episodes.copy()
    silent = np.arange(len(episodes)) % 5 == 0
    episodes.loc[silent, ["decision", "decided_at"]] = None
    tables = replace(tables, episodes=episodes)
    trained = train(tables)
    made = trained.bundle.reference
    assert made is not None
    assert made.leads > len(trained.split.test)
    assert made.times.answered == pytest.approx(0.8, abs=0.02)
    chosen = choose_reference(episodes, label(tables).rule, trained.split.test)
    assert made.leads == len(chosen)
    assert made.answered.sum() == len(trained.split.test)


def test_a_value_that_was_new_counts_as_never_seen() -> None:
    tables = draw_tables()
    source = tables.attributes["LeadSource"].copy()
    newest = tables.episodes["handed_over_at"].rank(pct=True) > 0.9
    source[newest] = "Podcast"
    made = train(draw_tables(LeadSource=source)).bundle.reference
    assert made is not None
    assert made.newest["LeadSource"][1] == newest.sum()


def test_it_survives_storage(reference: Reference) -> None:
    again = Reference.from_dict(json.loads(json.dumps(reference.to_dict())))
    assert again.to_dict() == reference.to_dict()
    assert again.days == reference.days


def test_it_holds_counts_and_no_lead() -> None:
    tables, trained = train_once()
    assert trained.bundle.reference is not None
    text = json.dumps(trained.bundle.reference.to_dict())
    assert not [lead for lead in tables.episodes["lead_id"] if f'"{lead}"' in text]


def test_without_times_there_is_none() -> None:
    tables = draw_tables()
    episodes = tables.episodes.assign(
        sequence=np.arange(len(tables.episodes), dtype=float),
        handed_over_at=pd.NaT,
        decided_at=pd.NaT,
    )
    changed = {"episodes": episodes, "order": "order", "as_of": None, "activities": None}
    trained = train(replace(tables, **changed))
    assert trained.bundle.reference is None


def test_the_source_is_found_by_its_name() -> None:
    assert find_source(train_once()[1].bundle.table) == "LeadSource"


def test_small_counts() -> None:
    grades = np.array(["A1", "A1", "D4"])
    assert dict(zip(GRADES, count_grades(grades), strict=True))["A1"] == 2
    times = pd.Series(pd.to_datetime(["2026-01-01", "2026-01-03", "2026-01-09", "2026-01-17"]))
    assert count_weeks(times).tolist() == [2, 1]
    assert longest_gap(times) == 8
    assert longest_gap(times[:1]) == 0
    assert count_weeks(times[:0]).tolist() == []
