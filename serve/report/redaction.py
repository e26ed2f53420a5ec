"""Redaction: replacements for text that may name a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from features.columns.categories import convert_distinct
from features.contacts import CONTACT, holds_contact
from features.contract.tables import Tables
from features.crm.block_lists import roles
from features.matrix.definitions import DOOR_FACETS
from features.matrix.feature_table import level_key
from features.text import printable
from models.artifact.bundle import ModelBundle
from serve.report.contents import Leads
from serve.report.fields import Fields
from serve.report.scored_hand_overs import ScoredHandOvers

HIDDEN = "[…]"
"""Stands where something is left out; the same in every language."""

MIN_GIVEN = 5
"""Hand-overs with the same reason from which on it was chosen from a list and not written."""

LONGEST = 60
"""Characters of a reason that may stand in such a list."""

_PERSONAL = {"email", "phone", "person_name", "street"}


def redact_sources(tables: Tables, scored: ScoredHandOvers) -> tuple[Tables, ScoredHandOvers]:
    """Return all that a report is made from without what may not be shown.

    Parameters
    ----------
    tables : Tables
    scored : ScoredHandOvers
        The hand-overs of these tables.
    """
    return redact_tables(tables), redact_hand_overs(scored, tables.settings.leads.id)


def redact_tables(tables: Tables) -> Tables:
    """Return the tables without the columns that `display` names."""
    settings = tables.settings
    leads = settings.leads.model_copy(update={"display": ()})
    return replace(
        tables,
        settings=settings.model_copy(update={"leads": leads}),
        attributes=tables.attributes.drop(columns=list(settings.leads.display), errors="ignore"),
    )


def redact_hand_overs(scored: ScoredHandOvers, id_column: str | None) -> ScoredHandOvers:
    """Return the hand-overs without the ids and reasons that may name a person.

    Parameters
    ----------
    scored : ScoredHandOvers
    id_column : str or None
        What the column of ids is called.

    Returns
    -------
    ScoredHandOvers
        With other ``shown_id`` (see `mask_ids`) and ``reason`` (see `hide_written`).
    """
    hand_overs = scored.hand_overs
    is_personal = id_column is not None and roles([id_column]).get(id_column) in _PERSONAL
    shown = mask_ids(hand_overs["lead_id"], hand_overs["row"], every=is_personal)
    reason = hide_written(hand_overs["reason"])
    return replace(scored, hand_overs=hand_overs.assign(shown_id=shown, reason=reason))


def mask_ids(ids: pd.Series, rows: pd.Series, *, every: bool) -> pd.Series:
    """Return ids with a number in place of those that are a way to reach somebody.

    Parameters
    ----------
    ids : Series of str
    rows : Series of int
        Where each stands in the export.
    every : bool
        Mask all of them.

    Returns
    -------
    Series of str
        `#` and the first row of the lead, so that its hand-overs still belong together, and
        those who have the export find it. What is made from the id alone could be undone by
        trying all addresses.
    """
    first = rows.groupby(ids).transform("min")
    open_ids = ids if every else ids[ids.map(holds_contact)]
    return ids.mask(ids.isin(open_ids), "#" + first.astype(str))


def hide_written(reasons: pd.Series) -> pd.Series:
    """Return reasons with `HIDDEN` in place of what somebody wrote.

    Parameters
    ----------
    reasons : Series of object
        Of each hand-over; missing where there is none.

    Returns
    -------
    Series of object
        A reason stays where `MIN_GIVEN` hand-overs or more have it, it is no longer than
        `LONGEST`, and it holds no address or number to call.
    """
    keys = convert_distinct(reasons, lambda text: level_key(printable(str(text))))
    counts = keys.value_counts()
    listed = {
        key
        for key, count in counts.items()
        if count >= MIN_GIVEN and len(str(key)) <= LONGEST and not holds_contact(str(key))
    }
    return reasons.where(keys.isna() | keys.isin(listed), HIDDEN)


def find_told(bundle: ModelBundle, columns: Iterable[str]) -> list[str]:
    """Return those of some columns whose values the reasons of a model show."""
    learned = {f.column for f in bundle.table.features if f.recipe not in DOOR_FACETS}
    return [name for name in columns if name in learned]


def redact_fields(fields: Fields) -> Fields:
    """Return what leads are grouped by without owners, addresses and numbers to call."""
    shown = {
        name: convert_distinct(fields.frame[name], hide_contacts)
        for name in fields.frame
        if name != "owner"
    }
    return Fields(pd.DataFrame(shown, index=fields.frame.index), fields.labels)


def redact_leads(leads: Leads) -> Leads:
    """Return leads without a link, whose sentences hold no addresses and numbers to call."""
    return replace(
        leads,
        changes=tuple(map(hide_all, leads.changes)),
        reasons_for=tuple(map(hide_all, leads.reasons_for)),
        reasons_against=tuple(map(hide_all, leads.reasons_against)),
        event_types=hide_all(leads.event_types),
        link=None,
    )


def hide_all(texts: Iterable[str]) -> tuple[str, ...]:
    """Return texts without addresses and numbers to call."""
    return tuple(map(hide_contacts, texts))


def hide_contacts(text: str) -> str:
    """Return a text with `HIDDEN` in place of e-mail addresses and international numbers."""
    return CONTACT.sub(HIDDEN, text)
