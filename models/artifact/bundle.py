"""Trained model with all its parts: features, trees, calibration, statistics, metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from features.matrix.feature_table import FeatureTable
from models.artifact.reference import Reference
from models.artifact.training_membership import NO_MEMBERS, TrainingMembership
from models.estimator.lead_quality import LeadQualityModel
from models.reasons.acceptance_by_value import Statistics


@dataclass(frozen=True)
class ModelOutline:
    """A stored model without what it predicts with: what it reads, and how it was trained.

    ``table`` and ``figures`` are those of `ModelBundle`.
    """

    table: FeatureTable
    figures: Mapping[str, Any]


@dataclass(frozen=True)
class ModelBundle:
    """A model with all that is needed to score and explain leads and to document it.

    Attributes
    ----------
    model : LeadQualityModel
    table : FeatureTable
    statistics : Statistics
        Acceptance by value among the leads learned from.
    importance : mapping of str to float
        Mean absolute contribution of each topic in log-odds, strongest first.
    figures : mapping
        The training result: figures, counts by rule, leak suspects; plain types.
    version : str
        Made from the content: the same input gives the same version. Empty until stored.
    reference : Reference or None
        Counts of the test leads, which later leads are compared with; None where
        hand-overs have no times.
    training_membership : TrainingMembership
        The hand-overs it has learned from, and out-of-sample probabilities of the newer ones.
    """

    model: LeadQualityModel
    table: FeatureTable
    statistics: Statistics
    importance: Mapping[str, float]
    figures: Mapping[str, Any]
    version: str = ""
    reference: Reference | None = None
    training_membership: TrainingMembership = NO_MEMBERS

    @property
    def average_log_odds(self) -> float:
        """Return the base of the contributions: an average lead's log-odds."""
        return float(self.figures["base_log_odds"])

    @cached_property
    def typical_contributions(self) -> np.ndarray:
        """Return the contributions of the typical lead's features, shape (n_features,).

        The typical lead has the commonest level of each category and the median of each number.
        """
        found = [self.statistics.features[name].typical() for name in self.table.names]
        return self.model.explainer(1, threads=1)(np.array([found]))[0, :-1]

    def probability(self, log_odds: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities, shape (n_leads,)."""
        return self.model.calibration_.probability(log_odds)
