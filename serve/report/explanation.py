"""Explanation of one lead as plain values, before rendering."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from features.contract.tables import Tables
from features.errors import UsageError
from features.labels import RULES, Labels
from features.language import Language
from features.text import clean
from models.artifact.bundle import ModelBundle
from serve.report.contents import Leads
from serve.report.fields import find_fields
from serve.report.leads import show_chosen
from serve.report.redaction import redact_fields, redact_hand_overs
from serve.report.scored_hand_overs import score_hand_overs

MOST_LIKE = 3
_SIMILAR = 0.75


@dataclass(frozen=True)
class EarlierHandOver:
    """Another hand-over of the lead.

    Attributes
    ----------
    day : date or None
        None where leads have no times.
    decision : str
        "waiting", "accepted", "rejected" or "recycled".
    score : int
        0 to 100.
    """

    day: dt.date | None
    decision: str
    score: int


@dataclass(frozen=True)
class LeadExplanation:
    """One lead's explanation.

    Attributes
    ----------
    project, version : str
    made : date
    leads : Leads
        Of the newest hand-over alone.
    others : tuple of EarlierHandOver
        Newest first.
    """

    project: str
    version: str
    made: dt.date
    leads: Leads
    others: tuple[EarlierHandOver, ...]


def explain_lead(
    bundle: ModelBundle,
    tables: Tables,
    labels: Labels,
    language: Language,
    lead_id: str,
    *,
    redact: bool = False,
) -> LeadExplanation:
    """Explain the score of the newest hand-over of one lead.

    Parameters
    ----------
    bundle : ModelBundle
        The model in use.
    tables : Tables
        The project's own, with its decisions.
    labels : Labels
        Of the same hand-overs.
    language : Language
        Of all words.
    lead_id : str
        As the CRM writes it.
    redact : bool
        Leave out what `display` names, who has the lead, and what else may name a person (see
        `serve.report.redaction`).

    Returns
    -------
    LeadExplanation

    Raises
    ------
    UsageError
        When there is no such lead, with the ids most like it, or it cannot be scored.
    """
    ids = tables.episodes["lead_id"]
    wanted = lead_id.strip()
    there = ids == wanted
    if not there.any():
        raise _make_unknown(wanted, ids.dropna().astype(str).unique().tolist(), tables.origin)
    scored = score_hand_overs(bundle, tables, labels)
    if redact:
        scored = redact_hand_overs(scored, tables.settings.leads.id)
    mine = scored.hand_overs[scored.hand_overs["lead_id"] == wanted]
    if mine.empty:
        raise _make_not_counted(labels.rule[there])
    hidden = tables.settings.leads.display if redact else ()
    fields = find_fields(tables, scored.hand_overs.index, language, hidden=hidden)
    fields = redact_fields(fields) if redact else fields
    newest = mine.index[-1:]
    return LeadExplanation(
        project=clean(tables.settings.project.name),
        version=bundle.version,
        made=tables.now.date(),
        leads=show_chosen(bundle, tables, scored, fields, language, newest, redact=redact),
        others=tuple(_list_others(mine.iloc[-2::-1])),
    )


def find_like(wanted: str, ids: Sequence[str]) -> list[str]:
    """Return the ids that are most like one: written with other letters' case, cut, or mistyped.

    Parameters
    ----------
    wanted : str
    ids : sequence of str

    Returns
    -------
    list of str
        At most `MOST_LIKE`; empty where none is alike.
    """
    folded = wanted.casefold()
    if not folded:
        return []
    # Many CRMs show an id in a short and a long form.
    cut = [
        name
        for name in ids
        if name.casefold().startswith(folded) or folded.startswith(name.casefold() or "\0")
    ]
    close = difflib.get_close_matches(wanted, ids, n=MOST_LIKE, cutoff=_SIMILAR) if not cut else []
    return (cut or close)[:MOST_LIKE]


def _make_unknown(wanted: str, ids: Sequence[str], origin: str) -> UsageError:
    like = [f'"{clean(name)}"' for name in find_like(wanted, ids)]
    return UsageError(
        "there is no lead with this id",
        where=origin,
        got=f'"{clean(wanted)}"',
        expected=f"an id such as {', '.join(like)}" if like else None,
        next_step="Give an id as written in the column named by [leads] id",
        code="lead_unknown",
    )


def _make_not_counted(rules: pd.Series) -> UsageError:
    return UsageError(
        "the lead is there, and cannot be scored",
        got=", ".join(dict.fromkeys(RULES[rule] for rule in rules if rule in RULES)),
        next_step="Correct it in the CRM, or see what leadaccord check says",
        code="lead_not_counted",
    )


def _list_others(earlier: pd.DataFrame) -> list[EarlierHandOver]:
    columns = (earlier[name] for name in ("handed_over_at", "decision", "probability"))
    return [
        EarlierHandOver(None if pd.isna(at) else at.date(), str(decision), round(100 * probability))
        for at, decision, probability in zip(*columns, strict=True)
    ]
