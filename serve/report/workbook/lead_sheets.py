"""Sheets of leads: the worklist, and the list of disagreements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from features.contract.corrections import COLUMNS, DECISIONS
from features.language import Language
from features.language import translatable as _
from models.reasons.topics import MAX_REASONS
from serve.report.contents import Leads, Report
from serve.report.model_summary import DECISIONS as WORDS
from serve.report.since.movers import write_lead_change
from serve.report.workbook.sheets import Column, Sheet

_SENTENCE = 60


def make_worklist(report: Report, words: Language) -> Sheet:
    """Return every lead of the report, in its order.

    Parameters
    ----------
    report : Report
    words : Language
    """
    leads = report.leads
    reasons = [
        *(f"{words.text(_('Speaks for it'))} {i + 1}" for i in range(MAX_REASONS)),
        *(f"{words.text(_('Speaks against it'))} {i + 1}" for i in range(MAX_REASONS)),
    ]
    columns = (
        Column(words.text(_("Lead")), width=22),
        *(Column(name, width=24) for name in leads.shown.columns),
        Column(words.text(_("Score")), "score", 8),
        Column(words.text(_("Before sales' answer was known")), "score", 14),
        Column(words.text(_("Score before")), "score", 10),
        Column(words.text(_("Likely at least")), "share", 10),
        Column(words.text(_("Likely at most")), "share", 10),
        Column(words.text(_("Grade")), width=8),
        Column(words.text(_("Handed over")), "day", 14),
        Column(words.text(_("What sales said")), width=22),
        Column(words.text(_("Decided")), "day", 14),
        Column(words.text(_("Reason given by sales")), width=24),
        Column(words.text(_("Waiting long")), width=12),
        *_outcome_columns(leads, words),
        *(Column(label, width=20) for label in leads.field_labels.values()),
        *(Column(title, width=_SENTENCE) for title in reasons),
        Column(words.text(_("Why the score changed")), width=_SENTENCE),
        Column(words.text(_("What its record lacks")), width=40),
    )
    return Sheet(words.text(_("Worklist")), columns, _list_leads(leads, words), frozen=1)


def make_disagreements(report: Report, words: Language) -> Sheet:
    """Return the leads that sales decided against the score, with room for a verdict.

    Saved as CSV, the sheet is what ``corrections`` under ``[tables]`` takes: the columns that
    are read there have the names that they have in the file.

    Parameters
    ----------
    report : Report
    words : Language
    """
    leads = report.leads
    columns = (
        Column(COLUMNS[0], width=22),
        Column(COLUMNS[1], "moment", 20),
        Column(COLUMNS[2], "fill_in", 12, choices=DECISIONS),
        Column(COLUMNS[3], "fill_in", 24),
        Column(COLUMNS[4], "fill_in", 40),
        Column(COLUMNS[5], "fill_in_moment", 20),
        *(Column(name, width=24) for name in leads.shown.columns),
        Column(words.text(_("Score")), "score", 8),
        Column(words.text(_("Before sales' answer was known")), "score", 14),
        Column(words.text(_("What sales said")), width=22),
        Column(words.text(_("Reason given by sales")), width=24),
        Column(words.text(_("Speaks for it")), "wrapped", _SENTENCE),
        Column(words.text(_("Speaks against it")), "wrapped", _SENTENCE),
    )
    return Sheet(
        words.text(_("Disagreements")), columns, _list_disagreements(report, words), frozen=1
    )


def _list_leads(leads: Leads, words: Language) -> Iterator[Sequence[object]]:
    frame = leads.frame
    said = {name: words.text(text) for name, text in WORDS.items()}
    yes = words.text(_("yes"))
    came = {1: words.text(_("an opportunity")), 2: words.text(_("won"))}
    outcomes = _outcome_columns(leads, words)
    shown, fields = _texts(leads.shown), _texts(leads.fields)
    for i, row in enumerate(frame.itertuples(index=False)):
        yield (
            row.lead_id,
            *shown[i],
            row.score,
            row.score_before,
            row.was,
            row.low,
            row.high,
            row.grade,
            _day(row.handed_over_at),
            said[str(row.state)],
            _day(row.decided_at),
            _text(row.reason),
            yes if row.overdue else None,
            *_outcome(row, came, yes if row.won_since else None)[: len(outcomes)],
            *fields[i],
            *_fill(leads.reasons_for[i]),
            *_fill(leads.reasons_against[i]),
            write_lead_change(leads, i, words) or None,
            ", ".join(leads.missing[i]),
        )


def _list_disagreements(report: Report, words: Language) -> Iterator[Sequence[object]]:
    """Give the leads most surprising first, whichever side they surprise on."""
    leads = report.leads
    both = np.concatenate([report.disagreements.rejected, report.disagreements.accepted])
    surprise = leads.frame["surprise"].to_numpy()[both]
    shown = _texts(leads.shown)
    for place in both[np.argsort(-surprise, kind="stable")]:
        row = leads.frame.iloc[place]
        at = row["handed_over_at"]
        yield (
            row["lead_id"],
            None if pd.isna(at) else at,
            *(None,) * 4,
            *shown[place],
            row["score"],
            row["score_before"],
            words.text(WORDS[row["decision"]]),
            _text(row["reason"]),
            "\n".join(leads.reasons_for[place]),
            "\n".join(leads.reasons_against[place]),
        )


def _outcome_columns(leads: Leads, words: Language) -> tuple[Column, ...]:
    """Return the columns of what came of each lead; none where nothing came of any."""
    if not leads.frame["outcome"].any():
        return ()
    return (
        Column(words.text(_("What came of it")), width=16),
        Column(words.text(_("Won")), "day", 14),
        Column(words.text(_("Amount won")), "count", 14),
        Column(words.text(_("won since, by whoever")), width=14),
    )


def _outcome(row: Any, came: Mapping[int, str], since: str | None) -> tuple[object, ...]:
    amount = None if pd.isna(row.amount) else row.amount
    return came.get(row.outcome), _day(row.won_at), amount, since


def _texts(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    """Return the rows of a table that may have no columns."""
    if not len(frame.columns):
        return [()] * len(frame)
    return list(frame.itertuples(index=False, name=None))


def _fill(sentences: Sequence[str]) -> tuple[str | None, ...]:
    return (*sentences, *(None,) * (MAX_REASONS - len(sentences)))


def _day(moment: object) -> object:
    return moment.date() if isinstance(moment, pd.Timestamp) else None


def _text(value: object) -> object:
    return value if isinstance(value, str) else None
