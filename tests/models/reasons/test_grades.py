"""Grades: how far fit and behaviour move an average lead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from models.reasons.grades import STRONG, grade_leads
from tests.tables import make_table

TABLE = make_table({"industry": ["Foods"], "country": ["Spain"]}, ["visits"])


def grade(fit: float, behaviour: float, *, base: float = 0.4) -> str:
    """Grade a lead whose parts move the average lead's probability by so much."""
    start = logit(base)
    moved = logit(base + fit) - start
    contributions = [0.25 * moved, 0.75 * moved, logit(base + behaviour) - start, start]
    found = grade_leads(np.array([contributions]), TABLE, probability=expit)
    return str(found[0])


@pytest.mark.parametrize(
    ("moved", "step"),
    [
        (0.30, 0),
        (STRONG + 1e-9, 0),
        (STRONG - 1e-9, 1),
        (1e-9, 1),
        (0.0, 1),
        (-1e-9, 2),
        (-STRONG + 1e-9, 2),
        (-STRONG - 1e-9, 3),
        (-0.3, 3),
    ],
)
def test_boundaries(moved: float, step: int) -> None:
    assert grade(moved, 0.2) == "ABCD"[step] + "1"
    assert grade(-0.2, moved) == "D" + "1234"[step]


def test_exactly_ten_points_are_the_outer_grade_upwards_and_the_inner_downwards() -> None:
    contributions = np.array([[1.0, 0.0, -1.0, 0.0]])
    found = grade_leads(contributions, TABLE, probability=lambda log_odds: STRONG * log_odds)
    assert found.tolist() == ["A3"]


def test_context_and_history_do_not_grade() -> None:
    features = tuple(replace(feature, kind="context") for feature in TABLE.features)
    table = replace(TABLE, features=features)
    contributions = np.array([[3.0, 3.0, -3.0, 0.0]])
    assert grade_leads(contributions, table, probability=expit).tolist() == ["B2"]


def test_each_lead_is_graded_alone() -> None:
    contributions = np.random.default_rng(0).normal(size=(50, 4))
    contributions[:, -1] = -0.4
    together = grade_leads(contributions, TABLE, probability=expit)
    alone = [grade_leads(row[None], TABLE, probability=expit)[0] for row in contributions]
    assert together.tolist() == alone
