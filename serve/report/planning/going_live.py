"""Going live: what a new model changes for the waiting leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from features.contract.tables import Tables
from features.labels import label_tables
from features.language import Language, Phrase, language
from features.language import translatable as _
from features.settings.schema import Settings
from models.artifact.bundle import ModelBundle
from models.reasons.bands import BAND_WORDS, BANDS, describe_bands, find_bands
from models.reasons.change_sentences import ChangeWriter, Explained
from models.reasons.topics import group_topics
from serve.pages.words import write_sentence
from serve.report.drivers import topic_label
from serve.report.fields import find_owner, name_levels
from serve.report.scored_hand_overs import NOT_COUNTED
from serve.scoring.changes import show_scores, take_side
from serve.scoring.scorer import find_rejects

DAYS = 90
"""Leads that have waited for longer have gone cold, whatever their score."""

MOST_LEADS, MOST_OWNERS, MOST_DRIVERS = 5, 12, 3
LEAST_SHIFT = 0.02
"""Log-odds by which a driver's mean weight must move to be named."""

NOTE = (
    _("From the next scoring on, lead scores come from a new model."),
    _("Of {waiting} waiting leads, {up} move to a higher band and {down} to a lower one."),
    _("Hot leads score {limit} or more: there are {after} now, before there were {before}."),
    _("What counts more than before: {rose}; what counts less: {fell}."),
    _("Go on calling the highest scores first, and a low one now and then."),
)
NOTHING = _("nothing clearly")


def preview_scores(
    old: ModelBundle, old_tables: Tables, new: ModelBundle, tables: Tables, words: Language
) -> dict[str, Any] | None:
    """Return what changes for the waiting leads, as plain types in the reader's words.

    Parameters
    ----------
    old, new : ModelBundle
        The model in use, and the one that may replace it.
    old_tables, tables : Tables
        The same tables as each model reads them.
    words : Language

    Returns
    -------
    dict or None
        ``waiting``, ``up``, ``down`` (leads that move to another band), ``bands``, ``owners``,
        ``movers`` (without ids, as the page outlives a lead that is to be forgotten), ``rose``,
        ``fell`` (drivers), and ``note`` by language. None where no lead waits.
    """
    rows = find_waiting(tables)
    if rows.empty:
        return None
    was, now = _explain(old, old_tables, rows), _explain(new, tables, rows)
    before, after = (
        show_scores(bundle.probability(side.contributions.sum(axis=1)))
        for bundle, side in ((old, was), (new, now))
    )
    limits = tables.settings.bands
    bands = find_bands(before, limits), find_bands(after, limits)
    counts = {
        "waiting": len(rows),
        "up": int((bands[1] < bands[0]).sum()),
        "down": int((bands[1] > bands[0]).sum()),
    }
    table = _list_bands(tables.settings, *bands)
    return {
        **counts,
        "bands": table,
        "owners": _list_owners(tables, rows, *bands),
        "movers": _list_movers(old, new, was, now, before, after, tables, rows, words),
        **dict(zip(("rose", "fell"), _list_drivers(old, new, words), strict=True)),
        "note": {
            code: _write_note(old, new, counts, table[0], limits.hot, language(code))
            for code in ("en", "es")
        },
    }


def find_waiting(tables: Tables) -> pd.Index:
    """Return the hand-overs of the last 90 days without a decision, the newest of each lead."""
    episodes = tables.episodes
    waiting = episodes["decision"].isna() & find_rejects(episodes, timed=tables.timed).isna()
    waiting &= ~label_tables(tables).rule.isin(NOT_COUNTED)
    if tables.timed:
        times = episodes["handed_over_at"]
        times = times.where(times <= tables.now)  # a date in the future is a mistake
        waiting &= times > times.max() - pd.Timedelta(days=DAYS)
        episodes = episodes.sort_values("handed_over_at", kind="stable")
    once = episodes[waiting.loc[episodes.index]].drop_duplicates("lead_id", keep="last")
    found: pd.Index = once.index
    return found


def _explain(bundle: ModelBundle, tables: Tables, rows: pd.Index) -> Explained:
    some = replace(
        tables, episodes=tables.episodes.loc[rows], attributes=tables.attributes.loc[rows]
    )
    matrix = bundle.table.encode(bundle.table.compute(some, earlier=tables.episodes))
    return Explained(matrix, bundle.model.explainer(len(rows))(matrix))


def _list_bands(settings: Settings, before: np.ndarray, after: np.ndarray) -> list[dict[str, Any]]:
    """Return each band with its leads before and after, and where those before go."""
    ranges = describe_bands(settings.bands)
    return [
        {
            "name": BAND_WORDS[band],
            "low": ranges[band][0],
            "high": ranges[band][1],
            "before": int((before == place).sum()),
            "after": int((after == place).sum()),
            "goes_to": np.bincount(after[before == place], minlength=len(BANDS)).tolist(),
        }
        for place, band in enumerate(BANDS)
    ]


def _list_owners(
    tables: Tables, rows: pd.Index, before: np.ndarray, after: np.ndarray
) -> list[dict[str, Any]]:
    """Return the bands of each owner's (or team's) leads beside its capacity, most leads first."""
    capacity, attributes = tables.settings.capacity, tables.attributes.loc[rows]
    named = capacity.by is not None and capacity.by in attributes
    whose = attributes[capacity.by] if named else find_owner(tables, attributes)
    if whose is None:
        return []
    names = name_levels(whose).to_numpy()
    room = capacity.leads_per_week if named else None
    owners = pd.Series(names).dropna().value_counts().index[:MOST_OWNERS]
    return [
        {
            "name": str(owner),
            "before": np.bincount(before[names == owner], minlength=len(BANDS)).tolist(),
            "after": np.bincount(after[names == owner], minlength=len(BANDS)).tolist(),
            "capacity": room.get(str(owner)) if isinstance(room, Mapping) else room,
        }
        for owner in owners
    ]


def _list_movers(
    old: ModelBundle,
    new: ModelBundle,
    was: Explained,
    now: Explained,
    before: np.ndarray,
    after: np.ndarray,
    tables: Tables,
    rows: pd.Index,
    words: Language,
) -> list[dict[str, Any]]:
    """Return the leads whose scores move most, with the reason."""
    gap = np.abs(after.astype(int) - before)
    most = np.argsort(-gap, kind="stable")[:MOST_LEADS]
    most = most[gap[most] > 0]
    sides = [Explained(side.matrix[most], side.contributions[most]) for side in (was, was, now)]
    writer = ChangeWriter(take_side(old), take_side(new), words)
    texts = writer.write(*sides, before=before[most], after=after[most])
    times = tables.episodes.loc[rows[most], "handed_over_at"]
    return [
        {"day": None if pd.isna(day) else day, "why": text}
        for day, text in zip(times, texts, strict=True)
    ]


def _list_drivers(
    old: ModelBundle, new: ModelBundle, words: Language
) -> tuple[list[str], list[str]]:
    """Return the drivers that count more, and those that count less, most moved first."""
    names = {**_name_topics(old, words), **_name_topics(new, words)}
    shift = {
        name: float(new.importance.get(name, 0.0)) - float(old.importance.get(name, 0.0))
        for name in names
    }
    order = sorted(shift, key=lambda name: -abs(shift[name]))
    rose = [names[name] for name in order if shift[name] >= LEAST_SHIFT][:MOST_DRIVERS]
    fell = [names[name] for name in order if shift[name] <= -LEAST_SHIFT][:MOST_DRIVERS]
    return rose, fell


def _name_topics(bundle: ModelBundle, words: Language) -> dict[str, str]:
    topics = group_topics(bundle.table)
    return {
        name: topic_label(name, [bundle.table.features[i] for i in members], words)
        for name, members in zip(topics.names, topics.members, strict=True)
    }


def _write_note(
    old: ModelBundle,
    new: ModelBundle,
    counts: Mapping[str, int],
    hot: Mapping[str, Any],
    limit: int,
    words: Language,
) -> str:
    """Return five sentences for sales."""
    rose, fell = (
        ", ".join(drivers) or words.text(NOTHING) for drivers in _list_drivers(old, new, words)
    )
    gaps = {
        **counts,
        "limit": limit,
        "before": hot["before"],
        "after": hot["after"],
        "rose": rose,
        "fell": fell,
    }
    return " ".join(write_sentence(Phrase(text, gaps), words) for text in NOTE)
