"""AUC without what is asked about: how much of the figures hangs on columns that may be leaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import pandas as pd

from features.contract.tables import Tables
from features.matrix.planning import plan_features
from models.estimator.lead_quality import LeadQualityModel
from models.evaluation.intervals import Interval, auc_interval
from models.evaluation.split import Split
from models.leakage.suspect import LeakSuspect, to_omit

MOST_ALONE = 3
"""Columns that are left out one by one; beyond, only all together, as each takes a fit."""


def measure_without(
    suspects: Sequence[LeakSuspect],
    tables: Tables,
    accepted: pd.Series,
    split: Split,
    model: LeadQualityModel,
) -> list[dict[str, Any]]:
    """Measure the AUC that remains without the columns that are asked about.

    Parameters
    ----------
    suspects : sequence of LeakSuspect
        Everything that the guards found.
    tables : Tables
    accepted : Series of shape (n_episodes,)
        1 accepted, 0 rejected.
    split : Split
    model : LeadQualityModel
        Of the older leads; one like it is fitted without the columns.

    Returns
    -------
    list of dict
        ``columns`` left out, and ``auc`` with ``value``, ``low`` and ``high`` on the test leads:
        for each column where they are few, and for all together. Empty where none is asked about.
    """
    asked = [suspect for suspect in suspects if suspect.action == "ask"]
    parts = [[suspect] for suspect in asked] if len(asked) <= MOST_ALONE else []
    if len(asked) > 1:
        parts.append(asked)
    omit = to_omit(suspects)
    return [
        {
            "columns": [suspect.column for suspect in part],
            "auc": asdict(_fit_without(omit | _omit(part), tables, accepted, split, model)),
        }
        for part in parts
    ]


def _omit(asked: Sequence[LeakSuspect]) -> dict[str, str]:
    return to_omit([replace(suspect, action="quarantined") for suspect in asked])


def _fit_without(
    omit: Mapping[str, str],
    tables: Tables,
    accepted: pd.Series,
    split: Split,
    model: LeadQualityModel,
) -> Interval:
    """Return the AUC on the test leads of a model that does not see some columns."""
    table, values, _ = plan_features(tables, split.train, omit=omit)
    newer = accepted[split.test].to_numpy(dtype=float)
    if not table.features:
        # Nothing is left to rank the leads by.
        return Interval(0.5, 0.5, 0.5)
    fitted = model.refit(
        table.encode(values.loc[split.train]),
        accepted[split.train].to_numpy(dtype=float),
        model.rolling_origin_,
        categories=table.categories,
    )
    return auc_interval(newer, fitted.log_odds(table.encode(values.loc[split.test])))
