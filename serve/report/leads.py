"""Leads shown one by one, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.columns.categories import convert_distinct
from features.contract.tables import Tables
from features.language import Language
from features.naming import name_column
from features.text import clean
from models.artifact.bundle import ModelBundle
from models.reasons.topics import MAX_REASONS
from serve.report.contents import Leads, ScoreChanges
from serve.report.drivers import topic_label
from serve.report.events import name_type
from serve.report.fields import Fields
from serve.report.scored_hand_overs import ScoredHandOvers, to_scores
from serve.report.selection import Selection, clean_reasons
from serve.scoring.scorer import Scorer

if TYPE_CHECKING:
    import pyarrow as pa

MOST = 0.5
"""Share of the records that must have a field for its lack to be worth naming."""


def show_leads(
    bundle: ModelBundle,
    tables: Tables,
    scored: ScoredHandOvers,
    selection: Selection,
    fields: Fields,
    language: Language,
    changes: ScoreChanges,
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
    changes : ScoreChanges
    """
    labels = selection.labels
    scores = _score(bundle, scored, labels, language)
    shown = fields.frame.loc[labels]
    return Leads(
        frame=selection.frame.assign(
            grade=scores["grade"].to_pylist(),
            was=changes.was.reindex(labels).to_numpy(dtype=float),
            was_at=changes.was_at.reindex(labels).to_numpy(),
        ),
        shown=_display(tables, labels, language).reset_index(drop=True),
        fields=shown.where(shown.notna(), "").reset_index(drop=True),
        field_labels={name: fields.labels[name] for name in shown.columns},
        reasons_for=_sentences(scores, "reason"),
        reasons_against=_sentences(scores, "against"),
        changes=_list_changes(changes, labels, language),
        topics=name_topics(bundle, scored, language),
        steps=selection.steps,
        average=selection.average,
        event_types=tuple(name_type(kind, language) for kind in selection.events.types),
        events=selection.events.events,
        events_more=selection.events.more,
        similar=selection.similar,
        past=_show_past(tables, scored, selection, language),
        missing=list_missing(bundle, tables, labels, language),
        total=len(scored.hand_overs),
        link=tables.settings.leads.link,
    )


def name_topics(
    bundle: ModelBundle, scored: ScoredHandOvers, language: Language
) -> tuple[str, ...]:
    """Return what the steps to a score are about."""
    features, topics = bundle.table.features, scored.topics
    return tuple(
        topic_label(name, [features[i] for i in members], language)
        for name, members in zip(topics.names, topics.members, strict=True)
    )


def list_missing(
    bundle: ModelBundle, tables: Tables, labels: pd.Index, language: Language
) -> tuple[tuple[str, ...], ...]:
    """Return what each record lacks of the fields that are learned from and that most have."""
    names = [name for name in bundle.table.sources if name in tables.attributes.columns]
    lacking = tables.attributes[names].isna()
    usual = [name for name in names if lacking[name].mean() <= 1 - MOST]
    words = np.array([clean(name_column(name, language)) for name in usual], dtype=object)
    return tuple(tuple(words[row]) for row in lacking.loc[labels, usual].to_numpy())


def show_values(values: pd.Series, language: Language) -> list[str]:
    """Return displayed values as words; empty texts where missing."""
    return list(convert_distinct(values, lambda value: _write(value, language), missing=""))


def _score(
    bundle: ModelBundle, scored: ScoredHandOvers, labels: pd.Index, language: Language
) -> pa.Table:
    """Write the leads' scores as `serve.scoring.scorer` does for everyone else."""
    place = scored.hand_overs.index.get_indexer(labels)
    scorer = Scorer(bundle, language, pd.Timestamp(0), total=len(labels))
    return scorer.write(
        scored.hand_overs.iloc[place], scored.values.iloc[place], scored.contributions[place]
    )


def _display(tables: Tables, labels: pd.Index, language: Language) -> pd.DataFrame:
    """Return the columns to show as words; empty texts where missing."""
    names = [name for name in tables.settings.leads.display if name in tables.attributes.columns]
    columns = {
        clean(name): show_values(tables.attributes.loc[labels, name], language) for name in names
    }
    return pd.DataFrame(columns, index=labels)


def _write(value: Any, language: Language) -> str:
    if isinstance(value, pd.Timestamp):
        return language.date(value.date())
    if isinstance(value, int | float):
        return language.number(value, digits=2)
    return clean(str(value))


def _show_past(
    tables: Tables, scored: ScoredHandOvers, selection: Selection, language: Language
) -> pd.DataFrame:
    """Return the past leads that some are similar to."""
    past = scored.hand_overs.loc[selection.past]
    display = _display(tables, past.index, language)
    ids = [clean(str(lead)) for lead in past["shown_id"]]
    titles = [" · ".join(filter(None, row)) for row in display.to_numpy().tolist()]
    return pd.DataFrame(
        {
            "lead_id": ids,
            "handed_over_at": past["handed_over_at"].to_numpy(),
            "decision": past["decision"].to_numpy(),
            "reason": clean_reasons(past["reason"]).to_numpy(),
            "score": to_scores(past["probability"]).astype(np.int64),
            "title": [title or lead for title, lead in zip(titles, ids, strict=True)],
        }
    )


def _list_changes(
    changes: ScoreChanges, labels: pd.Index, language: Language
) -> tuple[tuple[str, ...], ...]:
    """Return why each score changed, nothing where it did not."""
    if language.code not in changes.parts:
        return ((),) * len(labels)
    said = changes.parts[language.code].to_dict()
    return tuple(said.get(label, ()) for label in labels)


def _sentences(scores: pa.Table, prefix: str) -> tuple[tuple[str, ...], ...]:
    columns = [scores[f"{prefix}_{i}"].to_pylist() for i in range(1, MAX_REASONS + 1)]
    return tuple(
        tuple(text for text in row if text is not None) for row in zip(*columns, strict=True)
    )
