"""Nothing is learned before two models can be compared, and the day is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.contract.tables import Tables
from features.settings.schema import GateSettings
from models.artifact.bundle import ModelBundle, ModelOutline
from models.promotion.champion_comparison import NONE_NEW, TOO_FEW
from models.promotion.enough_leads import BEFORE, PACE, list_lacking
from tests.trained import draw_tables, label, train

Known = tuple[ModelBundle, Tables]


@pytest.fixture(scope="module")
def known() -> Known:
    tables = draw_tables(500)
    older = np.arange(500) < 300
    before = replace(tables, episodes=tables.episodes[older], attributes=tables.attributes[older])
    return train(before).bundle, tables


def wanting(tables: Tables, min_leads: int) -> Tables:
    gate = GateSettings(min_leads=min_leads)
    return replace(tables, settings=tables.settings.model_copy(update={"gate": gate}))


def test_enough_new_leads_lack_nothing(known: Known) -> None:
    champion, tables = known
    assert list_lacking(wanting(tables, 50), label(tables), champion) == ()


def test_the_day_is_when_so_many_have_come_at_the_pace(
    known: Known,
) -> None:
    champion, tables = known
    labels = replace(label(tables), as_of=tables.episodes["handed_over_at"].max())
    few, pace = list_lacking(wanting(tables, 350), labels, champion)
    assert few.text == TOO_FEW and pace.text == PACE
    times = tables.episodes.loc[labels.used, "handed_over_at"]
    a_day = (times > times.max() - pd.Timedelta(days=60)).sum() / 60
    lacking = 350 - int(few.values["new"])
    named = pd.Timestamp(pace.values["day"])
    assert labels.as_of is not None
    due = labels.as_of.normalize() + pd.Timedelta(days=lacking / a_day)
    assert pd.Timedelta(0) <= named - due < pd.Timedelta(days=1)


def test_a_model_newer_than_the_day_is_named_as_the_reason(known: Known) -> None:
    champion, tables = known
    day = pd.Timestamp(champion.figures["window"][1]) - pd.Timedelta(days=30)
    then = replace(wanting(tables, 50), now=day, as_of=day)
    older = tables.episodes["handed_over_at"] <= day
    then = replace(then, episodes=tables.episodes[older], attributes=tables.attributes[older])
    (only,) = list_lacking(then, label(then), champion)
    assert only.text == BEFORE and only.values["day"] == f"{day.ceil('s'):%Y-%m-%d}"


def test_none_new_is_said_without_a_number(known: Known) -> None:
    champion, tables = known
    last = pd.Timestamp(champion.figures["window"][1])
    older = tables.episodes["handed_over_at"] <= last
    then = replace(tables, episodes=tables.episodes[older], attributes=tables.attributes[older])
    labels = replace(label(then), as_of=last)
    none, pace = list_lacking(wanting(then, 50), labels, champion)
    assert none.text == NONE_NEW and none.values["wanted"] == 50 and pace.text == PACE


def test_the_outline_of_a_model_is_enough(known: Known) -> None:
    champion, tables = known
    outline = ModelOutline(champion.table, champion.figures)
    for wanted in (50, 350):
        asked = (wanting(tables, wanted), label(tables))
        assert list_lacking(*asked, outline) == list_lacking(*asked, champion)


def test_without_times_no_day_is_named(known: Known) -> None:
    champion, tables = known
    labels = replace(label(tables), as_of=tables.episodes["handed_over_at"].max())
    assert len(list_lacking(wanting(tables, 10**9), labels, champion)) == 1  # centuries away
    untimed = replace(tables, order="file")
    assert list_lacking(wanting(untimed, 350), labels, champion) == ()  # in another order


def test_too_few_of_one_decision_are_known_before_learning(known: Known) -> None:
    champion, tables = known
    labels = label(tables)
    newest = tables.episodes.index[300:]
    alike = labels.accepted.astype(float)
    alike.loc[newest] = 1.0
    found = list_lacking(wanting(tables, 50), replace(labels, accepted=alike), champion)
    assert [phrase.text for phrase in found] == [TOO_FEW]  # no day: nobody knows when they come
