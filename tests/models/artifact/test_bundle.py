"""The bundle: what its parts say together."""

from __future__ import annotations

import numpy as np
import pytest

from models.reasons.topics import group_topics
from tests.trained import train_once


def test_contributions_start_from_the_average_and_end_at_the_probability() -> None:
    tables, trained = train_once()
    bundle = trained.bundle
    matrix = bundle.table.encode(bundle.table.compute(tables))
    contributions = bundle.model.contributions(matrix)
    np.testing.assert_allclose(contributions[:, -1], bundle.average_log_odds, atol=1e-9)
    probability = bundle.probability(contributions.sum(axis=1))
    np.testing.assert_allclose(probability, bundle.model.predict_proba(matrix)[:, 1], atol=1e-9)


def test_importance_is_the_mean_size_of_each_topics_contributions() -> None:
    tables, trained = train_once()
    bundle = trained.bundle
    rows = bundle.table.encode(bundle.table.compute(tables).loc[trained.split.both])
    contributions = bundle.model.contributions(rows)
    topics = group_topics(bundle.table)
    assert set(bundle.importance) == set(topics.names)
    for name, members in zip(topics.names, topics.members, strict=True):
        together = sum(contributions[:, member] for member in members)
        assert bundle.importance[name] == pytest.approx(np.abs(together).mean(), abs=1e-12)
    strengths = list(bundle.importance.values())
    assert strengths == sorted(strengths, reverse=True)


def test_a_bundle_has_no_version_until_it_is_stored() -> None:
    assert train_once()[1].bundle.version == ""
