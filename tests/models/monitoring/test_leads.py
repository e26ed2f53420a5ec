"""The leads monitoring looks at: the right ones, as scoring would score them, fairly answered."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from features.contract.tables import Tables
from features.errors import DataRefused, UsageError
from models.artifact.bundle import ModelBundle
from models.monitoring.leads import choose_monitored, current, require_reference, score_monitored
from models.promotion.champion_comparison import predict
from tests.trained import draw_tables, label, train

N, LEARNED = 900, 700


@cache
def made() -> tuple[Tables, ModelBundle]:
    tables = draw_tables(N, seed=5)
    newest = tables.episodes["handed_over_at"].max() + pd.Timedelta(hours=12)
    tables = replace(tables, as_of=newest, now=newest)
    old = np.arange(N) < LEARNED
    now = tables.episodes["handed_over_at"][LEARNED - 1] + pd.Timedelta(hours=12)
    seen = replace(
        tables,
        episodes=tables.episodes[old],
        attributes=tables.attributes[old],
        as_of=now,
        now=now,
    )
    return tables, train(seen).bundle


def test_leads_since_a_moment_are_chosen_and_faulty_rows_left_out() -> None:
    tables, _ = made()
    labels = label(tables)
    start = tables.episodes["handed_over_at"][LEARNED]
    assert list(choose_monitored(tables, labels, start, after=False)) == list(range(LEARNED, N))
    assert list(choose_monitored(tables, labels, start, after=True)) == list(range(LEARNED + 1, N))
    rule = labels.rule.mask(labels.rule.index == 750, "duplicate")
    assert 750 not in choose_monitored(tables, replace(labels, rule=rule), start, after=False)
    with pytest.raises(DataRefused, match="No lead was handed over") as caught:
        choose_monitored(tables, labels, tables.now + pd.Timedelta(days=9), after=True)
    assert caught.value.code == "no_new_leads"


def test_they_are_scored_as_the_model_scores() -> None:
    tables, bundle = made()
    chosen = tables.episodes.index[LEARNED:]
    leads = score_monitored(bundle, tables, chosen, label(tables))
    assert leads.p == pytest.approx(predict(bundle, tables, chosen))
    assert len(leads.grades) == len(leads.age) == N - LEARNED
    days = (current(tables) - tables.episodes["handed_over_at"][chosen]).dt.total_seconds() / 86_400
    assert leads.age == pytest.approx(days.to_numpy())
    accepted = (tables.episodes["decision"][chosen] == "accepted").to_numpy()
    assert (leads.accepted[leads.answered] == accepted[leads.answered]).all()


def test_a_young_answer_counts_only_where_it_is_known_how_fast_they_come() -> None:
    tables, bundle = made()
    labels = label(tables)
    chosen = tables.episodes.index[LEARNED:]
    reference = require_reference(bundle, tables)
    assert reference.times.known
    every = score_monitored(bundle, tables, chosen, labels).answered
    assert every.all()
    unknown = replace(reference, times=replace(reference.times, rejected=None))
    # The newest ninety leads, one a day, are then too young.
    slow = replace(labels, matured_after_days=90.0)
    fair = score_monitored(replace(bundle, reference=unknown), tables, chosen, slow)
    assert (fair.answered == fair.mature).all()
    assert fair.answered.sum() == N - LEARNED - 90


def test_without_a_reference_or_times_nothing_can_be_watched() -> None:
    tables, bundle = made()
    for lacking in (
        lambda: require_reference(replace(bundle, reference=None), tables),
        lambda: require_reference(bundle, replace(tables, order="file")),
    ):
        with pytest.raises(UsageError, match="times of hand-over"):
            lacking()


def test_an_export_is_as_old_as_its_newest_moment() -> None:
    tables, _ = made()
    assert current(replace(tables, now=tables.now + pd.Timedelta(days=90))) == tables.as_of
    assert current(replace(tables, as_of=None)) == tables.now
