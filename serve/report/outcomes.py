"""Outcomes of hand-overs: the opportunity, the deal and its amount beside each."""

from __future__ import annotations

import pandas as pd

COLUMNS = ("opportunity", "opportunity_at", "won", "won_at", "amount", "won_since")


def add_outcomes(hand_overs: pd.DataFrame, outcomes: pd.DataFrame | None) -> pd.DataFrame:
    """Put beside each hand-over what came of it.

    Parameters
    ----------
    hand_overs : DataFrame of shape (n, ...)
        ``lead_id``, ``handed_over_at`` (NaT where leads have no times) and ``place``.
    outcomes : DataFrame or None
        As `features.contract.tables.Tables.outcomes`; a lead may have several rows.

    Returns
    -------
    DataFrame of shape (n, ...)
        With ``opportunity`` and ``won`` (bool), ``opportunity_at`` and ``won_at`` (the first, NaT
        where not known), ``amount`` (sum of the deals won, NaN where none is known) and
        ``won_since`` (bool: this hand-over of the lead or a later one brought a deal). As it was
        where there are no outcomes. Of a lead handed over several times an outcome belongs to the
        last hand-over before it, else to the first.
    """
    if outcomes is None:
        return hand_overs
    events = _read(outcomes)
    events["label"] = _match(events, hand_overs)
    events = events[events["label"].notna()]
    found = events.groupby("label").agg(
        opportunity_at=("opportunity_at", "min"),
        won=("won", "any"),
        won_at=("won_at", "min"),
        amount=("amount", lambda paid: paid.sum(min_count=1)),
    )
    found = found.reindex(hand_overs.index)
    won = found["won"].eq(True)
    return hand_overs.assign(
        opportunity=hand_overs.index.isin(events["label"]),
        opportunity_at=found["opportunity_at"],
        won=won,
        won_at=found["won_at"],
        amount=found["amount"],
        won_since=_win_since(hand_overs, won),
    )


def find_opportunities(hand_overs: pd.DataFrame) -> pd.Series:
    """Mark the hand-overs that count as having become an opportunity: accepted, and one came.

    Parameters
    ----------
    hand_overs : DataFrame of shape (n, ...)
        As `add_outcomes` returns it, with ``decision``.
    """
    return (hand_overs["decision"] == "accepted") & hand_overs["opportunity"]


def _read(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return outcomes with times and amounts of the right type, and which were won."""
    events = pd.DataFrame({"lead_id": outcomes["lead_id"].astype(object)})
    for name in ("opportunity_at", "won_at"):
        events[name] = pd.to_datetime(outcomes[name], errors="coerce").astype("datetime64[us]")
    events["won"] = outcomes["won_at"].notna().to_numpy()
    amount = pd.to_numeric(outcomes["amount"], errors="coerce")
    events["amount"] = amount.where(events["won"].to_numpy()).to_numpy(dtype=float)
    return events


def _match(events: pd.DataFrame, hand_overs: pd.DataFrame) -> pd.Series:
    """Return the label of the hand-over that each outcome belongs to; missing where none."""
    labelled = hand_overs.assign(label=hand_overs.index).sort_values("place", kind="stable")
    first = labelled.drop_duplicates("lead_id").set_index("lead_id")["label"]
    label = events["lead_id"].map(first)
    moment = events["opportunity_at"].fillna(events["won_at"])
    timed = labelled[labelled["handed_over_at"].notna()]
    dated = events[moment.notna()].assign(moment=moment).sort_values("moment", kind="stable")
    if timed.empty or dated.empty:
        return label
    dated["order"] = dated.index
    last = pd.merge_asof(
        dated[["lead_id", "moment", "order"]],
        timed[["lead_id", "handed_over_at", "label"]]
        .astype({"handed_over_at": "datetime64[us]", "lead_id": object})
        .sort_values("handed_over_at", kind="stable"),
        left_on="moment",
        right_on="handed_over_at",
        by="lead_id",
    )
    return last.set_index("order")["label"].reindex(events.index).fillna(label)


def _win_since(hand_overs: pd.DataFrame, won: pd.Series) -> pd.Series:
    """Mark the hand-overs that brought a deal, or after which the same lead brought one."""
    newest_first = hand_overs.assign(won=won).sort_values("place", ascending=False, kind="stable")
    since = newest_first.groupby("lead_id", sort=False)["won"].cummax()
    return since.reindex(hand_overs.index).astype(bool)
