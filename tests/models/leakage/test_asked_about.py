"""AUC without what is asked about: what a column gives away does not flatter it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from features.contract.tables import Tables
from features.language import Phrase
from models.leakage.asked_about import MOST_ALONE, measure_without
from models.leakage.suspect import LeakSuspect
from models.training import Trained, train_model
from tests.trained import draw_tables, label, train_once


def ask(*columns: str, action: str = "ask", table: str = "leads") -> list[LeakSuspect]:
    made = LeakSuspect
    return [made(name, action, Phrase("because"), 9, table=table) for name in columns]  # type: ignore[arg-type]


@cache
def train_leaky() -> tuple[Tables, Trained]:
    """A model of leads of which some accepted ones have a large number; nothing else is new."""
    won = (draw_tables().episodes["decision"] == "accepted").to_numpy()
    rng = np.random.default_rng(6)
    told = np.where(won & (rng.random(len(won)) < 0.2), 900.0, rng.gamma(2, 20, len(won)).round())
    tables = draw_tables(Told=told)
    return tables, train_model(tables, label(tables), progress=lambda _: None)


def measure(suspects: list[LeakSuspect]) -> list[dict[str, object]]:
    tables, trained = train_once()
    return measure_without(
        suspects, tables, label(tables).accepted, trained.split, trained.bundle.model
    )


def test_what_is_asked_about_is_shown_with_the_auc_that_remains() -> None:
    leaky = train_leaky()[1]
    (part,) = leaky.bundle.figures["without_asked_about"]
    assert part["columns"] == ["Told"]
    assert [s["column"] for s in leaky.bundle.figures["leak_suspects"]] == ["Told"]
    auc = part["auc"]
    assert auc["low"] < auc["value"] < auc["high"]
    assert auc["value"] < leaky.bundle.figures["auc"] - 0.03
    # The same leads without the column at all.
    assert auc["value"] == pytest.approx(train_once()[1].bundle.figures["auc"], abs=0.02)


def test_each_is_left_out_alone_while_they_are_few_and_all_together() -> None:
    two = measure(ask("LeadSource", "NumberOfEmployees"))
    assert [part["columns"] for part in two] == [
        ["LeadSource"],
        ["NumberOfEmployees"],
        ["LeadSource", "NumberOfEmployees"],
    ]
    many = measure(ask(*(f"column {i}" for i in range(MOST_ALONE + 1))))
    assert [len(part["columns"]) for part in many] == [MOST_ALONE + 1]  # type: ignore[arg-type]


def test_a_type_of_activity_is_left_out_of_the_totals_as_well() -> None:
    suspects = [*ask("LeadSource", "NumberOfEmployees"), *ask("visit", table="activities")]
    everything = measure(suspects)[-1]
    assert everything["auc"]["value"] < 0.62, "only the day of the week is left"  # type: ignore[index]


def test_nothing_asked_is_nothing_measured() -> None:
    assert measure([]) == measure(ask("LeadSource", action="quarantined")) == []
    assert train_once()[1].bundle.figures["without_asked_about"] == []
