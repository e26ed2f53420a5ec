"""Reasons of the simulated company are true: in their direction, and in what they quote."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.serve.report.conftest import Company
from tests.true_reasons import (
    Told,
    find_middle,
    find_middles,
    find_plain,
    judge_exchanged,
    judge_typical,
    recount,
    tell,
)

N_LEADS = 1_000


@pytest.fixture(scope="module")
def leads(company: Company) -> pd.DataFrame:
    """The features of random leads."""
    return company.scored.values.sample(N_LEADS, random_state=4)


@pytest.fixture(scope="module")
def reasons(company: Company, leads: pd.DataFrame) -> list[Told]:
    """All that is told of them."""
    return tell(company.bundle, leads)


@pytest.fixture(scope="module")
def learned(company: Company) -> tuple[pd.DataFrame, pd.Series]:
    """The leads learned from, and whether sales accepted them, from the tables alone."""
    both = company.trained.split.both
    accepted = company.tables.episodes.loc[both, "decision"] == "accepted"
    return company.scored.values.loc[both], accepted


def test_reasons_hold_when_nothing_but_the_named_feature_becomes_typical(
    company: Company,
    leads: pd.DataFrame,
    reasons: list[Told],
    learned: tuple[pd.DataFrame, pd.Series],
) -> None:
    encode, bundle = company.bundle.table.encode, company.bundle
    matrix, known = encode(leads), encode(learned[0])
    assert len(reasons) > 5 * N_LEADS
    # Of all, for a value that the typical lead has is no reason.
    _, right = judge_typical(bundle, reasons, matrix, find_plain(bundle, known))
    assert right >= 0.98
    middles = find_middles(bundle, known, learned[1].to_numpy(dtype=float))
    right, _ = judge_typical(bundle, reasons, matrix, middles)
    assert right >= 0.95


@pytest.mark.slow
def test_reasons_hold_when_the_named_feature_is_exchanged_with_other_leads(
    company: Company,
    leads: pd.DataFrame,
    reasons: list[Told],
    learned: tuple[pd.DataFrame, pd.Series],
) -> None:
    encode = company.bundle.table.encode
    some = [reasons[i] for i in np.random.default_rng(2).choice(len(reasons), 1_500, False)]
    assert judge_exchanged(company.bundle, some, encode(leads), encode(learned[0])) >= 0.99


def test_quoted_rates_and_counts_are_those_of_the_leads_learned_from(
    company: Company,
    leads: pd.DataFrame,
    reasons: list[Told],
    learned: tuple[pd.DataFrame, pd.Series],
) -> None:
    some = reasons[:1_200]
    found = list(recount(company.bundle, some, leads, *learned))
    assert len(found) > 600
    for (share, base, count), (own_share, own_base, own_count) in found:
        assert count == own_count
        assert abs(share - own_share) <= 0.5 + 1e-9
        assert abs(base - own_base) <= 0.5 + 1e-9


def test_the_typical_value_is_that_of_the_lead_in_the_middle() -> None:
    levels = np.array([2.0] * 4 + [3.0] * 3 + [4.0] * 4)
    accepted = np.array([1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0], dtype=float)
    assert find_middle(levels, accepted, category=True) == 3.0
    numbers = np.array([np.nan] * 6 + [1.0, 2.0, 3.0])
    assert np.isnan(find_middle(numbers, np.ones(9), category=False))
