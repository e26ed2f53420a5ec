"""Plans and arrivals made by hand, for tests of trials."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from models.trials.groups import draw_groups
from models.trials.plan import HOLD_OUT, TrialPlan

START = date(2026, 1, 5)


def make_trial(**changes: Any) -> TrialPlan:
    """Return a plan of a hold-out of half of the leads, unless the changes say otherwise."""
    usual: dict[str, Any] = {
        "name": "winter",
        "design": "hold-out",
        "groups": HOLD_OUT,
        "outcome": "won",
        "days": 10,
        "share": 0.5,
        "start": START,
        "base_rate": 0.3,
        "base_leads": 1_000,
        "effect": 0.1,
        "size": 1_200,
        "per_week": 70.0,
        "weeks": 17.0,
        "noticed_loss": 0.3,
        "alternatives": (),
    }
    return TrialPlan(**(usual | changes))


def make_arrivals(
    plan: TrialPlan, n: int, *, rise: float = 0.0, seed: int = 0, per_day: int = 10
) -> pd.DataFrame:
    """Return leads of a trial in which the score lifts the rate by so much."""
    random = np.random.default_rng(seed)
    leads = [f"{seed}-{number}" for number in range(n)]
    rate = plan.base_rate + rise * draw_groups(leads, name=plan.name, share=plan.share)
    at = pd.Timestamp(plan.start) + pd.to_timedelta(np.arange(n) // per_day * 24 + 9, unit="h")
    return pd.DataFrame({"lead_id": leads, "at": at, "outcome": random.random(n) < rate})
