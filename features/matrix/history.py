"""History features: earlier hand-overs of the same lead, as known at hand-over."""

from __future__ import annotations

import pandas as pd

from features.contract.decision_match import end_of_day, sort_by_decision
from features.matrix.definitions import Feature, history
from features.units import DAY

NAMES = ("earlier hand-overs", "earlier rejections", "days since earlier hand-over")


def plan_history(episodes: pd.DataFrame) -> tuple[Feature, ...]:
    """Return the history features, or none where no lead was ever handed over twice."""
    dated = episodes.dropna(subset=["lead_id", "handed_over_at"])
    return history() if dated["lead_id"].duplicated().any() else ()


def count_history(episodes: pd.DataFrame, earlier: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """Count the earlier hand-overs and rejections of each lead.

    Parameters
    ----------
    episodes : DataFrame
        The hand-overs wanted: ``lead_id``, ``handed_over_at``.
    earlier : DataFrame
        Every hand-over known: ``lead_id``, ``handed_over_at``, ``decision`` ("accepted",
        "rejected", "recycled" or missing), ``decided_at``. It may hold the wanted ones too.
    index : Index
        The rows of `episodes` to answer for, in the order wanted.

    Returns
    -------
    DataFrame
        ``earlier hand-overs``, ``earlier rejections`` (recycled counts as rejected; only what
        was decided before this hand-over), ``days since earlier hand-over`` (NaN for the first).
    """
    wanted = episodes.loc[index, ["lead_id", "handed_over_at"]]
    known = earlier.dropna(subset=["lead_id", "handed_over_at"])
    # Only leads that occur more than once can have a history; the join stays small.
    known = sort_by_decision(known[known["lead_id"].isin(wanted["lead_id"])]).drop_duplicates(
        ["lead_id", "handed_over_at"]
    )
    left = wanted.assign(episode=range(len(wanted))).dropna()
    pairs = left.merge(known, on="lead_id", suffixes=("", "_earlier"))
    pairs = pairs[pairs["handed_over_at_earlier"] < pairs["handed_over_at"]]
    rejected = pairs["decision"].isin(["rejected", "recycled"]) & (
        end_of_day(pairs["decided_at"]) < pairs["handed_over_at"]
    )
    elapsed = (pairs["handed_over_at"] - pairs["handed_over_at_earlier"]).dt.total_seconds()
    counted = (
        pd.DataFrame(
            {
                "episode": pairs["episode"],
                "hand_overs": 1.0,
                "rejections": rejected.astype(float),
                "days": elapsed / DAY,
            }
        )
        .groupby("episode")
        .agg({"hand_overs": "sum", "rejections": "sum", "days": "min"})
        .reindex(range(len(wanted)))
    )
    return pd.DataFrame(
        {
            "earlier hand-overs": counted["hand_overs"].fillna(0.0).to_numpy(),
            "earlier rejections": counted["rejections"].fillna(0.0).to_numpy(),
            "days since earlier hand-over": counted["days"].to_numpy(),
        },
        index=index,
    ).astype(float)
