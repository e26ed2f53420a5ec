"""Champion and challenger: judged on leads that are new to both, and on the same ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.contract.tables import Tables
from features.language import Phrase, language
from features.settings.schema import GateSettings
from models.artifact.bundle import ModelBundle
from models.promotion.champion_comparison import (
    ChampionComparison,
    compare_with_champion,
    predict,
    reads_alike,
    split_new,
)
from tests.trained import draw_tables, label, train

SMALL = GateSettings(min_leads=60)


@pytest.fixture(scope="module")
def tables() -> Tables:
    tables = draw_tables(800)
    settings = tables.settings.model_copy(update={"gate": SMALL})
    return replace(tables, settings=settings)


def keep(tables: Tables, mask: Any) -> Tables:
    return replace(tables, episodes=tables.episodes[mask], attributes=tables.attributes[mask])


@pytest.fixture(scope="module")
def champion(tables: Tables) -> ModelBundle:
    """Made when the newest 300 leads were not there yet."""
    return train(keep(tables, np.arange(800) < 500)).bundle


@pytest.fixture(scope="module")
def comparison(tables: Tables, champion: ModelBundle) -> ChampionComparison:
    found = compare_with_champion(tables, label(tables), champion, tables, seed=20)
    assert isinstance(found, ChampionComparison)
    return found


def told(found: Any) -> str:
    assert isinstance(found, Phrase)
    return language("en").phrase(found)


def test_the_judging_leads_are_new_to_both(
    tables: Tables, champion: ModelBundle, comparison: ChampionComparison
) -> None:
    times = tables.episodes["handed_over_at"]
    last = pd.Timestamp(champion.figures["window"][1])
    judging = times[comparison.split.test]
    assert judging.min() > last
    assert judging.min() > times[comparison.split.train].max()
    assert judging.max() == times.max()
    assert not set(comparison.split.train) & set(comparison.split.test)
    # Of 300 new leads twice the fewest are enough; the challenger learns from the others too.
    assert len(comparison.split.test) == comparison.paired.n == 2 * SMALL.min_leads
    assert times[comparison.split.train].max() > last


def test_the_champion_is_judged_as_it_scores(
    tables: Tables, champion: ModelBundle, comparison: ChampionComparison
) -> None:
    from sklearn.metrics import roc_auc_score

    p = predict(champion, tables, comparison.split.test)
    y = label(tables).accepted[comparison.split.test]
    found = comparison.paired.measures["auc"].champion.value
    assert found == pytest.approx(roc_auc_score(y, p))
    assert comparison.champion_rate == champion.statistics.base_rate
    assert comparison.missing == () and comparison.changed == ()


def test_too_few_new_leads_are_told(tables: Tables, champion: ModelBundle) -> None:
    used = label(tables).used
    found = split_new(tables, used, champion, min_leads=301)
    assert "Only 300 leads have matured" in told(found) and "301 are needed" in told(found)
    split = split_new(tables, used, champion, min_leads=200)
    assert not isinstance(split, Phrase) and len(split.test) == 200
    old = keep(tables, np.arange(800) < 500)
    none = told(split_new(old, label(old).used, champion, min_leads=50))
    assert "No decided leads have matured" in none and "50 are needed" in none


def test_leads_of_almost_one_decision_are_too_few(tables: Tables, champion: ModelBundle) -> None:
    decision = tables.episodes["decision"].mask(tables.episodes.index >= 500, "accepted")
    alike = replace(tables, episodes=tables.episodes.assign(decision=decision))
    found = compare_with_champion(alike, label(alike), champion, alike, seed=20)
    assert "at least 20 of either decision" in told(found)


def test_an_order_stands_in_for_time(tables: Tables) -> None:
    ordered = replace(
        tables,
        order="file",
        episodes=tables.episodes.assign(
            sequence=tables.episodes["row"].astype(float), handed_over_at=pd.NaT, decided_at=pd.NaT
        ).astype({"handed_over_at": "datetime64[us]", "decided_at": "datetime64[us]"}),
        activities=None,
    )
    old = train(keep(ordered, np.arange(800) < 500)).bundle
    assert old.figures["last_in_order"] == 500
    found = compare_with_champion(ordered, label(ordered), old, ordered, seed=20)
    assert isinstance(found, ChampionComparison)
    assert ordered.episodes.loc[found.split.test, "row"].min() == 651


def test_without_an_order_nothing_is_new(tables: Tables, champion: ModelBundle) -> None:
    used = label(tables).used
    assert "no time and no order" in told(
        split_new(replace(tables, order="none"), used, champion, min_leads=50)
    )
    assert "in another order" in told(
        split_new(replace(tables, order="file"), used, champion, min_leads=50)
    )
    silent = replace(champion, figures={**champion.figures, "window": [None, None]})
    assert "does not say up to when" in told(split_new(tables, used, silent, min_leads=50))


def test_a_champion_of_other_columns_sees_them_empty(tables: Tables) -> None:
    rng = np.random.default_rng(0)
    extra = pd.Series(rng.choice(["North", "South"], 800), dtype=object)
    wide = draw_tables(800, Region=extra)
    old = train(keep(wide, np.arange(800) < 500)).bundle
    assert "Region" in old.table.names
    found = compare_with_champion(tables, label(tables), old, tables, seed=20)
    assert isinstance(found, ChampionComparison)
    assert found.missing == ("Region",)


def test_columns_read_otherwise_are_noticed(tables: Tables, champion: ModelBundle) -> None:
    assert reads_alike(tables, champion.table)
    kinds = {**champion.table.kinds, "NumberOfEmployees": "text"}
    assert not reads_alike(tables, replace(champion.table, kinds=kinds))
    dated = replace(champion.table, time_formats={"Born": "%d-%m-%Y"})
    assert reads_alike(tables, dated)
    assert not reads_alike(replace(tables, time_formats={"Born": "%m-%d-%Y"}), dated)


def test_a_broken_input_of_the_judging_leads_is_found(
    tables: Tables, champion: ModelBundle
) -> None:
    staff = tables.attributes["NumberOfEmployees"].where(tables.attributes.index < 640)
    broken = replace(tables, attributes=tables.attributes.assign(NumberOfEmployees=staff))
    found = compare_with_champion(broken, label(broken), champion, broken, seed=20)
    assert isinstance(found, ChampionComparison)
    assert [(c.column, c.kind) for c in found.changed] == [("NumberOfEmployees", "empty")]


def test_a_broken_input_of_leads_too_young_to_judge_is_found(
    tables: Tables, champion: ModelBundle
) -> None:
    """Hand-overs count after 40 days, so the faulty ones of the last 30 cannot judge."""
    patient = tables.settings.decision.model_copy(update={"matured_after_days": 40})
    settings = tables.settings.model_copy(update={"decision": patient})
    last = tables.episodes["handed_over_at"].max() + pd.Timedelta(hours=1)
    late = replace(tables, settings=settings, as_of=last, now=last)
    sound = compare_with_champion(late, label(late), champion, late, seed=20)
    assert isinstance(sound, ChampionComparison)
    assert sound.changed == ()
    young = tables.episodes["row"] > 770
    assert not young[sound.split.test].any()
    staff = tables.attributes["NumberOfEmployees"].mask(young)
    broken = replace(late, attributes=late.attributes.assign(NumberOfEmployees=staff))
    found = compare_with_champion(broken, label(broken), champion, broken, seed=20)
    assert isinstance(found, ChampionComparison)
    assert [(c.column, c.kind) for c in found.changed] == [("NumberOfEmployees", "empty")]


def test_a_month_judges_where_it_has_more_leads_than_are_needed(
    tables: Tables, champion: ModelBundle
) -> None:
    """Half the new leads are the most, twice the fewest enough, and a month's leads are taken."""
    hourly = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(800) * 6, unit="h")
    episodes = tables.episodes.assign(handed_over_at=hourly)
    last = {"window": [str(hourly[0]), str(hourly[299])]}
    old = replace(champion, figures={**champion.figures, **last})
    found = split_new(replace(tables, episodes=episodes), label(tables).used, old, min_leads=50)
    assert not isinstance(found, Phrase)
    # 120 leads a month; of 500 new ones.
    assert len(found.test) == 120
    assert found.test[-1] == 799


def test_both_probabilities_of_each_judging_lead_are_kept(
    tables: Tables, champion: ModelBundle, comparison: ChampionComparison
) -> None:
    assert list(comparison.scores.index) == list(comparison.split.test)
    assert comparison.scores["champion"].to_numpy() == pytest.approx(
        predict(champion, tables, comparison.split.test)
    )
    y = label(tables).accepted[comparison.split.test].to_numpy()
    p = comparison.scores["challenger"].to_numpy()
    loss = -np.where(y == 1, np.log(p), np.log1p(-p)).mean()
    assert loss == pytest.approx(comparison.paired.measures["log_loss"].challenger.value)


def test_a_stored_model_says_the_same_of_some_leads_as_of_all(
    tables: Tables, champion: ModelBundle
) -> None:
    values = champion.table.encode(champion.table.compute(tables))
    every = champion.model.predict_proba(values)[:, 1]
    some = tables.episodes.index[[700, 3, 41]]
    assert predict(champion, tables, some) == pytest.approx(every[[700, 3, 41]])
