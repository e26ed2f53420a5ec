"""Earlier hand-overs of the leads to score, with what sales decided on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from features.columns.arrow import to_frame
from features.columns.categories import without_categories
from features.columns.ids import read_id
from features.columns.kinds import Kind, Known
from features.columns.profile import type_columns
from features.contract.columns import profile_few
from features.contract.decision_match import match_decisions
from features.contract.decisions import (
    add_flat_decision,
    find_decision_columns,
    translate_decisions,
)
from features.contract.leads import make_episodes, store_leads
from features.contract.partition import EARLIER, to_arrow
from features.contract.records import complete_settings
from features.matrix.feature_table import FeatureTable
from features.settings.schema import Settings
from features.sources.duckdb_relation import Relation, describe, from_arrow, keep
from features.sources.sql import quote
from features.sources.tables import SourceTable

_LEADS_AT_ONCE = 50_000

Decide = Callable[[pd.DataFrame, pd.DataFrame, str], pd.DataFrame]


def collect_earlier(
    own: SourceTable,
    decisions: SourceTable | None,
    keys: Relation,
    *,
    settings: Settings,
    plan: FeatureTable,
) -> Relation:
    """Collect every hand-over of the leads that come again, with its decision.

    Parameters
    ----------
    own : SourceTable
        The project's own leads.
    decisions : SourceTable or None
    keys : Relation
        ``lead_id`` and ``handed_over_at`` of the leads to score, in the same connection.
    settings : Settings
        As the user wrote them.
    plan : FeatureTable
        How training read the leads.

    Returns
    -------
    Relation
        ``lead_id``, ``handed_over_at``, ``decision``, ``decided_at``.

    Raises
    ------
    SettingsError
        When the settings name a column that is not there.
    """
    settings = _complete(settings, own, decisions, plan)
    flat = list(settings.decision.named.values())
    leads = store_leads(
        own,
        settings=settings,
        kinds=_flat_kinds(settings),
        time_formats=plan.time_formats,
        wanted=flat if decisions is None else (),
    )
    connection = own.relation.connection
    again = keep(
        connection,
        f"SELECT DISTINCT k.lead_id FROM {keys.place} k JOIN {leads.keys.place} o"
        " ON k.lead_id = o.lead_id AND o.handed_over_at < k.handed_over_at",
    )
    decide = _decide_flat(settings) if decisions is None else _decide_listed(decisions, settings)
    parts = -(-again.count() // _LEADS_AT_ONCE)
    connection.execute(
        "CREATE OR REPLACE TABLE earlier (lead_id VARCHAR, handed_over_at TIMESTAMP,"
        " decision VARCHAR, decided_at TIMESTAMP)"
    )
    for part in range(parts):
        some = f"(SELECT lead_id FROM {again.place} WHERE hash(lead_id) % {parts} = {part})"
        # In the order of the rows: of decisions of the same moment the first counts.
        known = leads.read_keys(where=f"WHERE lead_id IN {some}")
        among = f"(SELECT _row FROM {leads.keys.place} WHERE lead_id IN {some})"
        frame = to_frame(leads.read_columns(where=f"WHERE _row IN {among}"), known.index)
        episodes = make_episodes(known, order=leads.order)
        episodes = decide(episodes, without_categories(frame), some)
        found = from_arrow(to_arrow(episodes[list(EARLIER)]), connection)
        connection.execute(f"INSERT INTO earlier SELECT * FROM {found.place}")
        connection.execute(f"DROP TABLE {found.place}")
    return describe(connection, "earlier")


def _complete(
    settings: Settings, own: SourceTable, decisions: SourceTable | None, plan: FeatureTable
) -> Settings:
    opened = {"leads": own.columns}
    if decisions is not None:
        opened["decisions"] = decisions.columns
    return complete_settings(settings, opened, decided=True, kinds=plan.kinds)


def _flat_kinds(settings: Settings) -> Mapping[str, Kind]:
    """Return how the columns of a flat decision are read."""
    named = settings.decision.named.items()
    return {name: "time" if key == "decided_at" else "text" for key, name in named}


def _decide_flat(settings: Settings) -> Decide:
    """Return the function that takes decisions from columns of leads."""

    def decide(episodes: pd.DataFrame, frame: pd.DataFrame, some: str) -> pd.DataFrame:
        return add_flat_decision(episodes, frame, settings=settings)

    return decide


def _decide_listed(decisions: SourceTable, settings: Settings) -> Decide:
    """Return the function that takes them from a table of their own."""
    lead_id, found = find_decision_columns(decisions.columns, settings=settings)
    names = list(dict.fromkeys([lead_id, *found.values()]))
    kinds: dict[str, Known] = dict.fromkeys(names, "text")
    kinds[lead_id] = "id"
    if "decided_at" in found:
        kinds[found["decided_at"]] = "time"
    columns = profile_few(decisions, names, kinds, settings=settings, time_formats={})
    relation, missing = decisions.relation, settings.leads.missing
    typed = read_id(quote(lead_id), relation.types[lead_id], missing)

    def decide(episodes: pd.DataFrame, frame: pd.DataFrame, some: str) -> pd.DataFrame:
        place = f"(SELECT * FROM {relation.place} WHERE {typed} IN {some})"
        part = Relation(relation.connection, place, relation.types)
        rows = type_columns(part, columns, missing=missing).to_pandas()
        answers, _ = translate_decisions(rows, lead_id, found, decision=settings.decision)
        matched = match_decisions(episodes, answers, timed=True)
        return episodes.assign(**{str(name): matched[name] for name in matched})

    return decide
