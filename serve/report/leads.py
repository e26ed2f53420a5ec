"""Leads shown one by one, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.contract.tables import Tables
from features.language import Language
from features.language import translatable as _
from features.matrix.definitions import readable
from features.text import clean
from models.artifact.bundle import ModelBundle
from models.reasons.writer import MAX_REASONS
from serve.report.contents import Leads
from serve.report.drivers import topic_label
from serve.report.events import name_type
from serve.report.fields import Fields
from serve.report.redaction import hide_all
from serve.report.scored_hand_overs import ScoredHandOvers
from serve.report.selection import Selection, clean_reasons, detail_leads
from serve.scoring.scorer import Scorer

if TYPE_CHECKING:
    import pyarrow as pa

MOST = 0.5
"""Share of the records that must have a field for its lack to be worth telling."""

LATER = _("What the model learned later")


def show_leads(
    bundle: ModelBundle,
    tables: Tables,
    scored: ScoredHandOvers,
    selection: Selection,
    fields: Fields,
    language: Language,
    *,
    redact: bool,
) -> Leads:
    """Return the selected leads with their explanations in words.

    Parameters
    ----------
    bundle : ModelBundle
    tables : Tables
    scored : ScoredHandOvers
    selection : Selection
    fields : Fields
        Of all hand-overs in `scored`.
    language : Language
    redact : bool
        Leave out what `display` names, and the owner.
    """
    labels, total = selection.labels, len(scored.hand_overs)
    fit = hide_all if redact else tuple
    scores = _score(bundle, scored, labels, language)
    kept = fields.frame.loc[labels].drop(columns=["owner"] if redact else [], errors="ignore")
    return Leads(
        frame=selection.frame.assign(grade=scores["grade"].to_pylist()),
        shown=_display(tables, labels, language, redact=redact).reset_index(drop=True),
        fields=kept.where(kept.notna(), "").reset_index(drop=True),
        field_labels={name: fields.labels[name] for name in kept.columns},
        reasons_for=tuple(map(fit, _sentences(scores, "reason"))),
        reasons_against=tuple(map(fit, _sentences(scores, "against"))),
        topics=name_topics(bundle, scored, language),
        steps=selection.steps,
        average=selection.average,
        event_types=fit(name_type(kind, language) for kind in selection.events.types),
        events=selection.events.events,
        events_more=selection.events.more,
        similar=selection.similar,
        past=_show_past(tables, scored, selection, language, redact=redact),
        missing=list_missing(bundle, tables, labels),
        total=total,
    )


def show_chosen(
    bundle: ModelBundle,
    tables: Tables,
    scored: ScoredHandOvers,
    fields: Fields,
    language: Language,
    labels: pd.Index,
    *,
    redact: bool,
) -> Leads:
    """Return certain leads with their explanations, in one language.

    Parameters
    ----------
    bundle, tables, scored, fields, language, redact
        As for `show_leads`.
    labels : Index
        Of the hand-overs to show, in the order to show them.
    """
    selection = detail_leads(bundle, tables, scored, labels)
    return show_leads(bundle, tables, scored, selection, fields, language, redact=redact)


def name_topics(
    bundle: ModelBundle, scored: ScoredHandOvers, language: Language
) -> tuple[str, ...]:
    """Return what the steps to a score are about; the last is what was learned later."""
    features, topics = bundle.table.features, scored.topics
    words = [
        topic_label(name, [features[i] for i in members], language)
        for name, members in zip(topics.names, topics.members, strict=True)
    ]
    return (*words, language.text(LATER))


def list_missing(
    bundle: ModelBundle, tables: Tables, labels: pd.Index
) -> tuple[tuple[str, ...], ...]:
    """Return what each record lacks of the fields that are learned from and that most have."""
    names = [name for name in bundle.table.sources if name in tables.attributes.columns]
    lacking = tables.attributes[names].isna()
    usual = [name for name in names if lacking[name].mean() <= 1 - MOST]
    words = np.array([clean(readable(name)) for name in usual], dtype=object)
    return tuple(tuple(words[row]) for row in lacking.loc[labels, usual].to_numpy())


def show_values(values: pd.Series, language: Language) -> list[str]:
    """Return displayed values as words; empty texts where missing."""
    made: dict[Any, str] = {}

    def show(value: Any) -> str:
        if pd.isna(value):
            return ""
        if value not in made:
            made[value] = _write(value, language)
        return made[value]

    return [show(value) for value in values]


def _score(
    bundle: ModelBundle, scored: ScoredHandOvers, labels: pd.Index, language: Language
) -> pa.Table:
    """Score the leads as `serve.scoring.scorer` does for everyone else."""
    nothing = pd.Series(None, index=labels, dtype=object)
    scorer = Scorer(bundle, language, pd.Timestamp(0), total=len(scored.hand_overs))
    batch, _contributions = scorer.score(
        scored.hand_overs.loc[labels], nothing, scored.values.loc[labels]
    )
    return batch.scores


def _display(tables: Tables, labels: pd.Index, language: Language, *, redact: bool) -> pd.DataFrame:
    """Return the columns to show as words; empty texts where missing."""
    names = [name for name in tables.settings.leads.display if name in tables.attributes.columns]
    columns = {
        clean(name): show_values(tables.attributes.loc[labels, name], language)
        for name in ([] if redact else names)
    }
    return pd.DataFrame(columns, index=labels)


def _write(value: Any, language: Language) -> str:
    if isinstance(value, pd.Timestamp):
        return language.date(value.date())
    if isinstance(value, int | float):
        return language.number(value, digits=2)
    return clean(str(value))


def _show_past(
    tables: Tables,
    scored: ScoredHandOvers,
    selection: Selection,
    language: Language,
    *,
    redact: bool,
) -> pd.DataFrame:
    """Return the past leads that some are similar to."""
    past = scored.hand_overs.loc[selection.past]
    display = _display(tables, past.index, language, redact=redact)
    ids = [clean(str(lead)) for lead in past["shown_id"]]
    titles = [" · ".join(filter(None, row)) for row in display.to_numpy().tolist()]
    return pd.DataFrame(
        {
            "lead_id": ids,
            "handed_over_at": past["handed_over_at"].to_numpy(),
            "decision": past["decision"].to_numpy(),
            "reason": clean_reasons(past["reason"]),
            "score": np.rint(past["probability"].to_numpy() * 100).astype(np.int64),
            "title": [title or lead for title, lead in zip(titles, ids, strict=True)],
        }
    )


def _sentences(scores: pa.Table, prefix: str) -> tuple[tuple[str, ...], ...]:
    columns = [scores[f"{prefix}_{i}"].to_pylist() for i in range(1, MAX_REASONS + 1)]
    return tuple(
        tuple(text for text in row if text is not None) for row in zip(*columns, strict=True)
    )
