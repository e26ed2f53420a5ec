"""Monitoring as a whole, on leads that came after a training."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from features.contract.tables import Tables
from features.errors import DataRefused, UsageError
from models.monitoring.monitor import MonitoringResult, monitor_model
from tests.trained import draw_tables, label, train

AREAS = ["inputs", "volume", "freshness", "scores", "performance", "decisions", "answers"]


def cut(tables: Tables, share: float) -> Tables:
    """The oldest leads, as things stood after them."""
    kept = tables.episodes["handed_over_at"].rank(pct=True) <= share
    episodes = tables.episodes[kept]
    now = episodes["handed_over_at"].max() + pd.Timedelta(hours=12)
    attributes = tables.attributes[kept]
    return replace(tables, episodes=episodes, attributes=attributes, as_of=now, now=now)


@cache
def trained() -> tuple[Tables, object]:
    tables = cut(draw_tables(1_600, seed=9), 1)
    return tables, train(cut(tables, 0.75)).bundle


def look(tables: Tables, **options: pd.Timestamp) -> MonitoringResult:
    _, bundle = trained()
    return monitor_model(bundle, tables, label(tables), **options)  # type: ignore[arg-type]


def lights(watched: MonitoringResult) -> dict[str, str]:
    return {light.area: light.colour for light in watched.statuses}


def test_leads_like_those_before_are_calm() -> None:
    tables, bundle = trained()
    watched = look(tables)
    assert list(lights(watched)) == AREAS
    assert not watched.alert
    later = tables.episodes["handed_over_at"] > bundle.reference.end  # type: ignore[attr-defined]
    assert watched.leads == later.sum()
    assert watched.answered == tables.episodes.loc[later, "decision"].notna().sum()


def test_a_changed_column_turns_the_inputs_alone_or_the_scores_too() -> None:
    tables, _ = trained()
    gone = replace(tables, attributes=tables.attributes.assign(NumberOfEmployees=np.nan))
    watched = look(gone)
    assert lights(watched)["inputs"] == "red"
    assert watched.features[0].feature.name == "NumberOfEmployees"
    assert watched.alert


def test_a_new_source_is_named() -> None:
    tables, _ = trained()
    source = tables.attributes["LeadSource"].copy()
    source[np.arange(len(source)) % 4 == 0] = "Podcast"
    watched = look(replace(tables, attributes=tables.attributes.assign(LeadSource=source)))
    assert lights(watched)["volume"] == "red"
    assert watched.new_values == {"Podcast": pytest.approx(watched.leads / 4, abs=2)}


def test_sales_that_turns_most_down_is_noticed() -> None:
    tables, _ = trained()
    episodes = tables.episodes.assign(decision="rejected")
    watched = look(replace(tables, episodes=episodes))
    assert lights(watched)["decisions"] == "red"


def test_leads_without_answers_say_nothing_of_decisions() -> None:
    tables, bundle = trained()
    episodes = tables.episodes.copy()
    later = episodes["handed_over_at"] > bundle.reference.end  # type: ignore[attr-defined]
    episodes.loc[later, ["decision", "decided_at"]] = None
    watched = look(replace(tables, episodes=episodes))
    assert lights(watched)["decisions"] == "grey"
    assert lights(watched)["answers"] == "red"
    assert watched.performance.realised == {}
    assert watched.performance.expected is not None


def test_since_narrows_what_is_looked_at() -> None:
    tables, _ = trained()
    at = tables.episodes["handed_over_at"]
    day = at.max() - pd.Timedelta(days=3)
    assert look(tables, since=day).leads == (at >= day).sum()
    with pytest.raises(DataRefused, match=r"(?i)no lead was handed over"):
        look(tables, since=at.max() + pd.Timedelta(days=1))


def test_an_old_export_is_stale_but_its_leads_are_as_old_as_they_were() -> None:
    tables, _ = trained()
    late = replace(tables, now=tables.now + pd.Timedelta(days=90))
    calm, stale = lights(look(tables)), lights(look(late))
    assert stale.pop("freshness") == "red"
    assert calm.pop("freshness") == "green"
    assert stale == calm


def test_the_order_of_the_rows_does_not_matter() -> None:
    tables, _ = trained()
    order = np.random.default_rng(1).permutation(len(tables.episodes))
    mixed = replace(
        tables, episodes=tables.episodes.iloc[order], attributes=tables.attributes.iloc[order]
    )
    one, other = look(tables), look(mixed)
    assert lights(one) == lights(other)
    assert one.performance.expected == other.performance.expected
    assert one.answers == other.answers


def test_without_a_reference_it_refuses() -> None:
    tables, bundle = trained()
    with pytest.raises(UsageError, match="times of hand-over"):
        monitor_model(replace(bundle, reference=None), tables, label(tables))  # type: ignore[type-var]
