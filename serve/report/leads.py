"""The leads shown one by one, each with what its account needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.contract import Tables
from features.language import Language
from features.language import translatable as _
from features.registry import readable
from models.bundle import ModelBundle
from models.calibration import Calibration
from models.reasons import MAX_REASONS, clean
from models.similar import NONE, find_similar
from models.steps import step_through
from serve.report.disagreements import find_surprising
from serve.report.drivers import topic_label
from serve.report.events import list_events
from serve.report.fields import Fields
from serve.report.ledger import Ledger
from serve.report.shape import Leads
from serve.scoring import Scorer

if TYPE_CHECKING:
    import pyarrow as pa

MOST = 0.5
"""Share of the records that must have a field for its lack to be worth telling."""

_DIGITS = 6
_RESERVED = 0.25


def choose_leads(entries: pd.DataFrame, newest: int) -> pd.Index:
    """Return the leads to show, in the order to show them.

    Parameters
    ----------
    entries : DataFrame
        As `Ledger.entries`.
    newest : int
        How many at most.

    Returns
    -------
    Index
        Waiting ones, the newest, then decided ones: the most surprising, for which a quarter of
        the room is kept, and the newest. Sorted by waiting first, then falling score.
    """
    newest_first = entries.index[::-1]
    is_waiting = (entries["decision"] == "waiting").to_numpy()[::-1]
    waiting, decided = newest_first[is_waiting], newest_first[~is_waiting]
    surprising = _interleave(*find_surprising(entries))
    reserved = surprising[: max(newest - len(waiting), int(newest * _RESERVED))]
    waiting = waiting[: newest - len(reserved)]
    rest = decided[~decided.isin(reserved)][: newest - len(reserved) - len(waiting)]
    chosen = entries.loc[waiting.append(reserved).append(rest)]
    order = np.lexsort(
        (
            chosen["lead_id"].astype(str),
            -chosen["place"],
            -chosen["probability"],
            chosen["decision"] != "waiting",
        )
    )
    ordered: pd.Index = chosen.index[order]
    return ordered


def show_leads(
    bundle: ModelBundle,
    tables: Tables,
    ledger: Ledger,
    fields: Fields,
    language: Language,
    *,
    newest: int,
    redact: bool,
) -> tuple[Leads, pd.Index]:
    """Return the leads to show with their accounts, and their labels.

    Parameters
    ----------
    bundle : ModelBundle
    tables : Tables
    ledger : Ledger
    fields : Fields
        Of all hand-overs in the ledger.
    language : Language
    newest : int
        How many leads at most.
    redact : bool
        Leave out what `display` names, and the owner.

    Returns
    -------
    leads : Leads
    labels : Index
        Of the hand-overs, in the order of the leads.
    """
    labels = choose_leads(ledger.entries, newest)
    return show_chosen(bundle, tables, ledger, fields, language, labels, redact=redact), labels


def show_chosen(
    bundle: ModelBundle,
    tables: Tables,
    ledger: Ledger,
    fields: Fields,
    language: Language,
    labels: pd.Index,
    *,
    redact: bool,
) -> Leads:
    """Return certain leads with their accounts.

    Parameters
    ----------
    bundle, tables, ledger, fields, language, redact
        As for `show_leads`.
    labels : Index
        Of the hand-overs to show, in the order to show them.
    """
    place = ledger.entries.index.get_indexer(labels)
    entries, values = ledger.entries.loc[labels], ledger.values.loc[labels]
    scores = _score(bundle, entries, values, language, len(ledger.entries))
    steps, topics, average = _explain(bundle, ledger, place, language)
    shown = _display(tables, labels, language, redact=redact)
    events = list_events(entries, tables.activities, language)
    similar, past = _find_past(ledger, tables, place, language, redact=redact)
    kept = fields.frame.loc[labels].drop(columns=["owner"] if redact else [], errors="ignore")
    return Leads(
        frame=_make_frame(bundle, entries, scores),
        shown=shown.reset_index(drop=True),
        fields=kept.where(kept.notna(), "").reset_index(drop=True),
        field_labels={name: fields.labels[name] for name in kept.columns},
        reasons_for=_sentences(scores, "reason"),
        reasons_against=_sentences(scores, "against"),
        topics=topics,
        steps=steps,
        average=average,
        event_types=events.types,
        events=events.events,
        events_more=events.more,
        similar=similar,
        past=past,
        missing=_list_missing(bundle, tables, labels),
        total=len(ledger.entries),
    )


def _score(
    bundle: ModelBundle,
    entries: pd.DataFrame,
    values: pd.DataFrame,
    language: Language,
    total: int,
) -> pa.Table:
    nothing = pd.Series(None, index=entries.index, dtype=object)
    scorer = Scorer(bundle, language, pd.Timestamp(0), total=total)
    batch, _contributions = scorer.score(entries, nothing, values)
    return batch.scores


def _make_frame(bundle: ModelBundle, entries: pd.DataFrame, scores: pa.Table) -> pd.DataFrame:
    """Return the leads with the score that counts: of the leads judged on, the one before."""
    p = entries["probability"].to_numpy()
    low, high = interval_around(bundle.model.calibration_, p)
    return pd.DataFrame(
        {
            "lead_id": [clean(str(lead)) for lead in entries["lead_id"]],
            "handed_over_at": entries["handed_over_at"].to_numpy(),
            "decision": entries["decision"].to_numpy(),
            "decided_at": entries["decided_at"].to_numpy(),
            "reason": [
                clean(text) if isinstance(text, str) and text.strip() else None
                for text in entries["reason"]
            ],
            "score": np.rint(p * 100).astype(np.int64),
            "probability": p.round(_DIGITS),
            "low": low.round(_DIGITS),
            "high": high.round(_DIGITS),
            "grade": scores["grade"].to_pylist(),
            "overdue": entries["overdue"].to_numpy(dtype=bool),
            "learned": entries["learned"].to_numpy(dtype=bool),
            "surprise": entries["surprise"].to_numpy(),
        }
    )


def interval_around(calibration: Calibration, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the 90 % interval of the true probability around calibrated ones.

    Parameters
    ----------
    calibration : Calibration
    p : ndarray of shape (n,)
        Probabilities, perhaps of another calibration.
    """
    from scipy import special

    log_odds = (special.logit(p) - calibration.shift) / calibration.slope
    return calibration.interval(log_odds)


def _explain(
    bundle: ModelBundle, ledger: Ledger, place: np.ndarray, language: Language
) -> tuple[np.ndarray, tuple[str, ...], float]:
    """Return the steps to each score, what they are about, and where they start."""
    table, topics = bundle.table, ledger.topics
    words = [
        topic_label(name, [table.features[i] for i in members], language)
        for name, members in zip(topics.names, topics.members, strict=True)
    ]
    base = bundle.average_log_odds
    moved = ledger.steps[place].astype(np.float64)
    steps = step_through(moved, base, probability=bundle.probability)
    average = float(bundle.probability(np.array([base]))[0])
    # What was said before the model learned from a lead may differ from what it says now.
    rest = ledger.entries["probability"].to_numpy()[place] - average - steps.sum(axis=1)
    words.append(language.text(_("What the model learned later")))
    return np.column_stack([steps, rest]), tuple(words), average


def _display(tables: Tables, labels: pd.Index, language: Language, *, redact: bool) -> pd.DataFrame:
    """Return the columns to show as words; empty texts where missing."""
    names = [name for name in tables.settings.leads.display if name in tables.attributes.columns]
    columns = {
        clean(name): show_values(tables.attributes.loc[labels, name], language)
        for name in ([] if redact else names)
    }
    return pd.DataFrame(columns, index=labels)


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


def _write(value: Any, language: Language) -> str:
    if isinstance(value, pd.Timestamp):
        return language.date(value.date())
    if isinstance(value, int | float):
        return language.number(value, digits=2)
    return clean(str(value))


def _find_past(
    ledger: Ledger, tables: Tables, place: np.ndarray, language: Language, *, redact: bool
) -> tuple[np.ndarray, pd.DataFrame]:
    """Return places of similar past leads, and those past leads."""
    entries = ledger.entries
    known = entries["known_at"].to_numpy()
    # A decision dated before its hand-over would let a lead resemble itself.
    usable = (entries["decision"] != "waiting").to_numpy() & (known >= entries["place"].to_numpy())
    pool = np.flatnonzero(usable)
    found = find_similar(
        ledger.steps[place],
        entries["place"].to_numpy()[place],
        ledger.steps[pool],
        known[pool],
    )
    named = np.unique(found[found != NONE])
    past = entries.iloc[pool[named]]
    display = _display(tables, past.index, language, redact=redact)
    ids = [clean(str(lead)) for lead in past["lead_id"]]
    titles = [" · ".join(filter(None, row)) for row in display.itertuples(index=False, name=None)]
    frame = pd.DataFrame(
        {
            "lead_id": ids,
            "handed_over_at": past["handed_over_at"].to_numpy(),
            "decision": past["decision"].to_numpy(),
            "reason": [
                clean(text) if isinstance(text, str) and text.strip() else None
                for text in past["reason"]
            ],
            "score": np.rint(past["probability"].to_numpy() * 100).astype(np.int64),
            "title": [
                title or lead for title, lead in zip(titles or [""] * len(ids), ids, strict=True)
            ],
        }
    )
    places = np.where(found == NONE, NONE, np.searchsorted(named, found))
    return places, frame


def _list_missing(
    bundle: ModelBundle, tables: Tables, labels: pd.Index
) -> tuple[tuple[str, ...], ...]:
    """Return what each record lacks of the fields that are learned from and that most have."""
    names = [name for name in bundle.table.sources if name in tables.attributes.columns]
    lacking = tables.attributes[names].isna()
    usual = [name for name in names if lacking[name].mean() <= 1 - MOST]
    words = np.array([clean(readable(name)) for name in usual], dtype=object)
    return tuple(tuple(words[row]) for row in lacking.loc[labels, usual].to_numpy())


def _sentences(scores: pa.Table, prefix: str) -> tuple[tuple[str, ...], ...]:
    columns = [scores[f"{prefix}_{i}"].to_pylist() for i in range(1, MAX_REASONS + 1)]
    return tuple(
        tuple(text for text in row if text is not None) for row in zip(*columns, strict=True)
    )


def _interleave(some: pd.Index, others: pd.Index) -> pd.Index:
    """Return both in turns."""
    turn = np.argsort(np.r_[np.arange(len(some)), np.arange(len(others))], kind="stable")
    both: pd.Index = some.append(others).take(turn)
    return both
