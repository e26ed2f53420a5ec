"""Nothing is learned before two models can be compared, and the day is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.contract.tables import Tables
from models.artifact.bundle import ModelBundle
from models.promotion.champion_comparison import TOO_FEW
from models.promotion.enough_leads import PACE, list_lacking
from tests.trained import draw_tables, label, train

Known = tuple[ModelBundle, Tables]


@pytest.fixture(scope="module")
def champion_and_tables() -> Known:
    tables = draw_tables(400)
    older = np.arange(400) < 300
    before = replace(tables, episodes=tables.episodes[older], attributes=tables.attributes[older])
    return train(before).bundle, tables


def test_enough_new_leads_lack_nothing(champion_and_tables: Known) -> None:
    champion, tables = champion_and_tables
    new = len(label(tables).used[label(tables).used]) - champion.figures["n_train"]
    assert new > 40
    assert list_lacking(tables, label(tables), champion, min_leads=20) == ()


def test_the_day_is_when_so_many_have_come_at_the_pace(
    champion_and_tables: Known,
) -> None:
    champion, tables = champion_and_tables
    labels = replace(label(tables), as_of=tables.episodes["handed_over_at"].max())
    few, pace = list_lacking(tables, labels, champion, min_leads=350)
    assert few.text == TOO_FEW and pace.text == PACE
    times = tables.episodes.loc[labels.used, "handed_over_at"]
    a_day = (times > times.max() - pd.Timedelta(days=60)).sum() / 60
    lacking = 350 - int(few.values["new"])
    named = pd.Timestamp(pace.values["day"])
    assert labels.as_of is not None
    due = labels.as_of.normalize() + pd.Timedelta(days=lacking / a_day)
    assert pd.Timedelta(0) <= named - due < pd.Timedelta(days=1)


def test_without_times_no_day_is_named(champion_and_tables: Known) -> None:
    champion, tables = champion_and_tables
    labels = replace(label(tables), as_of=tables.episodes["handed_over_at"].max())
    assert len(list_lacking(tables, labels, champion, min_leads=10**9)) == 1  # centuries away
    untimed = replace(tables, order="file")
    assert list_lacking(untimed, labels, champion, min_leads=350) == ()  # in another order
