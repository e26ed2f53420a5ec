"""Explanation of one lead as plain values, before rendering."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.columns.ids import complete_id
from features.contract.tables import Tables
from features.errors import UsageError
from features.labels import RULES, Labels
from features.language import Language, Phrase
from features.text import clean
from models.artifact.bundle import ModelBundle
from models.evaluation.probabilities import doubt_probabilities
from serve.report.assemble import NO_CHANGES, describe_leads
from serve.report.contents import Leads
from serve.report.redaction import redact_sources
from serve.report.scored_hand_overs import NOT_COUNTED, score_hand_overs, to_scores
from serve.report.selection import detail_leads
from serve.report.since.score_changes import find_score_changes
from serve.scoring.changes import EarlierScores
from serve.scoring.scorer import find_rejects

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
        0 to 100, as the model in use says today.
    score_before : int or None
        What was said before sales' answer was known, where the model has learned from it.
    """

    day: dt.date | None
    decision: str
    score: int
    score_before: int | None = None


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
    doubt : tuple of Phrase
        Why the probability is not to be taken at its word, where that is so.
    """

    project: str
    version: str
    made: dt.date
    leads: Leads
    others: tuple[EarlierHandOver, ...]
    doubt: tuple[Phrase, ...] = ()


def explain_lead(
    bundle: ModelBundle,
    tables: Tables,
    labels: Labels,
    language: Language,
    lead_id: str,
    *,
    redact: bool = False,
    earlier: EarlierScores | None = None,
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
    earlier : EarlierScores, optional
        By which a change of the score is explained.

    Returns
    -------
    LeadExplanation

    Raises
    ------
    UsageError
        When there is no such lead, with the ids most like it, or it cannot be scored.
    """
    there = find_lead(tables, lead_id)
    scored = score_hand_overs(bundle, tables, labels)
    mine = scored.hand_overs.loc[scored.hand_overs.index.isin(there)]
    if mine.empty:
        raise _make_not_counted(labels.rule[there])
    changes = NO_CHANGES
    if earlier is not None:
        hidden = tables.settings.leads.shown if redact else ()
        changes = find_score_changes(
            earlier, bundle, scored, (language,), rows=mine.index[-1:], hidden=hidden
        )
    if redact:
        tables, scored = redact_sources(tables, scored)
    selection = detail_leads(bundle, tables, scored, mine.index[-1:])
    _fields, leads = describe_leads(
        bundle, tables, scored, selection, language, redact=redact, changes=changes
    )
    return LeadExplanation(
        project=clean(tables.settings.project.name),
        version=bundle.version,
        made=tables.now.date(),
        leads=leads,
        others=tuple(_list_others(mine.iloc[-2::-1])),
        doubt=doubt_probabilities(bundle.figures),
    )


def find_lead(tables: Tables, lead_id: str) -> pd.Index:
    """Return the labels of a lead's hand-overs.

    Parameters
    ----------
    tables : Tables
    lead_id : str
        As the CRM writes it; blanks around it do not matter.

    Raises
    ------
    UsageError
        When there is no such lead, with the ids most like it.
    """
    ids, wanted = tables.episodes["lead_id"], complete_id(lead_id.strip())
    there = ids.index[(ids == wanted).to_numpy(dtype=bool, na_value=False)]
    if there.empty:
        raise _make_unknown(wanted, ids.dropna().astype(str).unique().tolist(), tables.origin)
    return there


def choose_newest(tables: Tables, labels: Labels, hand_overs: pd.Index) -> pd.Index:
    """Return the label of the hand-over of a lead that is explained.

    Parameters
    ----------
    tables : Tables
    labels : Labels
        Of the same tables.
    hand_overs : Index
        Of one lead, at least one.

    Returns
    -------
    Index of length 1
        The newest that the report counts; the newest that can be scored where it counts none,
        or else the newest.
    """
    order = ["handed_over_at", "sequence", "row"]
    mine: pd.Index = tables.episodes.loc[hand_overs].sort_values(order, na_position="first").index
    rejected = find_rejects(tables.episodes, timed=tables.timed)[mine].notna().to_numpy()
    left_out = labels.rule[mine].isin(NOT_COUNTED).to_numpy()
    scored: pd.Index = mine[~rejected]
    counted: pd.Index = mine[~rejected & ~left_out]
    chosen = next((some for some in (counted, scored) if len(some)), mine)
    return chosen[-1:]


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
    scores = to_scores(earlier["probability"]).astype(int).tolist()
    before = to_scores(earlier["before_answer"].where(earlier["learned"].astype(bool)))
    return [
        EarlierHandOver(
            None if pd.isna(at) else at.date(),
            str(decision),
            score,
            None if np.isnan(said) else int(said),
        )
        for at, decision, score, said in zip(
            earlier["handed_over_at"], earlier["decision"], scores, before, strict=True
        )
    ]
