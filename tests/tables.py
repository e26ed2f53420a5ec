"""Tables made by hand, for tests that need no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.columns.kinds import Column, Kind
from features.contract.leads import Order
from features.contract.partition import to_arrow
from features.contract.tables import Tables
from features.matrix.definitions import NOT_GIVEN, OTHER, Feature, attribute
from features.matrix.feature_table import FeatureTable
from features.settings.schema import FeatureSettings, LeadSettings, Settings, TableSettings
from features.simulation.export import World
from features.sources.duckdb_relation import Relation, from_arrow

START = pd.Timestamp("2025-01-01 09:00")
STATUS = {"Qualified": "accepted", "Disqualified": "rejected", "Recycled": "recycled"}


def make_settings(*, leads: Mapping[str, Any] | None = None, **features: Any) -> Settings:
    """Settings with the given keys of `[leads]` and `[features]`."""
    return Settings(
        tables=TableSettings(leads="leads.csv"),
        leads=LeadSettings(**(leads or {})),
        features=FeatureSettings(**features),
        file=Path("leadaccord.toml"),
        root=Path("/"),
    )


def make_episodes(n: int, **columns: Any) -> pd.DataFrame:
    """One hand-over a day, all undecided, unless the columns say otherwise."""
    days = pd.to_timedelta(np.arange(n), unit="D")
    nothing = pd.Series(None, index=range(n), dtype=object)
    episodes = pd.DataFrame(
        {
            "row": np.arange(1, n + 1),
            "lead_id": [f"L{i}" for i in range(n)],
            "handed_over_at": START + days,
            "sequence": np.nan,
            "decision": nothing,
            "decided_at": pd.Series(pd.NaT, index=range(n), dtype="datetime64[us]"),
            "reason": nothing,
            "rep": nothing,
            "early": False,
            "unknown": nothing,
        }
    ).assign(**columns)
    times = {"handed_over_at": "datetime64[us]", "decided_at": "datetime64[us]"}
    return episodes.astype({"lead_id": object, "decision": object, **times})


def make_activities(
    rows: pd.DataFrame | Sequence[tuple[str | None, Any, str | None]],
) -> Relation:
    """A relation of activities: lead, moment, type."""
    frame = pd.DataFrame(rows, columns=["lead_id", "at", "type"])
    frame["at"] = pd.to_datetime(frame["at"]).astype("datetime64[us]")
    return from_arrow(to_arrow(frame.astype({"lead_id": object, "type": object})))


def make_tables(
    attributes: pd.DataFrame,
    *,
    episodes: pd.DataFrame | None = None,
    activities: Any = None,
    settings: Settings | None = None,
    order: Order = "time",
    decision_columns: Mapping[str, int] | None = None,
) -> Tables:
    """Tables as the contract would give them; the kinds follow from the types."""
    if episodes is None:
        episodes = make_episodes(len(attributes)).set_axis(attributes.index)
    if order != "time":
        episodes = episodes.assign(
            handed_over_at=pd.Series(pd.NaT, index=episodes.index, dtype="datetime64[us]"),
            sequence=np.arange(len(episodes), dtype=float),
        )
    return Tables(
        settings=settings or make_settings(),
        episodes=episodes,
        attributes=attributes,
        columns={name: make_column(name, attributes[name]) for name in attributes.columns},
        activities=activities,
        outcomes=None,
        decision_columns=decision_columns or {},
        order=order,
        as_of=None,
        now=pd.Timestamp("2030-01-01"),
        findings=(),
        origin="leads.csv",
    )


def make_column(name: str, values: pd.Series) -> Column:
    """The profile of a column, from its type."""
    kind: Kind = "text"
    if pd.api.types.is_numeric_dtype(values):
        kind = "number"
    elif pd.api.types.is_datetime64_any_dtype(values):
        kind = "time"
    if values.isna().all():
        kind = "empty"
    return Column(
        name=name,
        kind=kind,
        n_rows=len(values),
        n_missing=int(values.isna().sum()),
        n_distinct=values.nunique(),
    )


def make_table(levels: Mapping[str, Sequence[str]], numbers: Sequence[str] = ()) -> FeatureTable:
    """A feature table of CRM columns as they are: categories by their levels, then numbers."""
    features: list[Feature] = [attribute(name, kind="fit", form="category") for name in levels]
    features += [attribute(name, kind="behaviour", form="number") for name in numbers]
    return FeatureTable(
        features=tuple(features),
        levels={name: (NOT_GIVEN, OTHER, *values) for name, values in levels.items()},
        types=(),
        kinds={},
        complete=(),
        skipped={},
        order="time",
    )


def tables_of_world(world: World) -> Tables:
    """The simulated CRM in canonical form, without what sales fills in."""
    leads = world.leads.reset_index(drop=True)
    decisions = world.decisions.drop_duplicates()
    episodes = make_episodes(
        len(leads), lead_id=_as_canonical(leads["Id"]), handed_over_at=leads["MQL_Date__c"]
    )
    episodes = _add_decisions(episodes, decisions)
    dropped = ["Id", "MQL_Date__c", "OwnerId", "Status", "Rating"]
    attributes = leads.drop(columns=dropped).apply(_as_canonical)
    activities = world.activities[["LeadId", "CreatedDate", "Type"]]
    return make_tables(
        attributes,
        episodes=episodes,
        activities=make_activities(activities.set_axis(["lead_id", "at", "type"], axis=1)),
    )


def _as_canonical(values: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.astype("datetime64[us]")
    if pd.api.types.is_bool_dtype(values):
        return values.map({True: "true", False: "false"}).astype(object)
    if pd.api.types.is_numeric_dtype(values):
        return values.astype(float)
    return values.astype(object).where(values.notna(), None)


def _add_decisions(episodes: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """Give each hand-over the first decision before the lead's next one."""
    later = episodes.sort_values("handed_over_at").groupby("lead_id")["handed_over_at"].shift(-1)
    pairs = episodes[["lead_id", "handed_over_at"]].assign(episode=episodes.index, until=later)
    pairs = pairs.merge(decisions, left_on="lead_id", right_on="LeadId")
    inside = (pairs["CreatedDate"] >= pairs["handed_over_at"]) & ~(
        pairs["CreatedDate"] >= pairs["until"]
    )
    first = pairs[inside].sort_values("CreatedDate").drop_duplicates("episode")
    first = first.set_index("episode").reindex(episodes.index)
    return episodes.assign(
        decision=first["Status"].map(STATUS).astype(object).where(first["Status"].notna(), None),
        decided_at=first["CreatedDate"].astype("datetime64[us]"),
    )
