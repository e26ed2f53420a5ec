"""Champion/challenger comparison on the newest leads, which neither has learned from.

The model in use was fitted on all that had matured when it was made, so only leads newer than
those are new to it. The newest of these, half of them at most, are the test leads; the challenger
learns from all older ones, so that it can show what fresher leads are worth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from features.contract.tables import Tables
from features.errors import DataRefused
from features.labels import Labels
from features.language import Phrase, translatable
from features.matrix.feature_table import FeatureTable
from models.arrays import Floats
from models.artifact.bundle import ModelBundle, ModelOutline
from models.evaluation.comparison import Comparison, compare
from models.evaluation.metrics import Metrics, evaluate
from models.evaluation.probabilities import ProbabilityVerdict, judge_probabilities
from models.evaluation.segments import segment_columns
from models.evaluation.split import Split, SplitKind
from models.leakage.guards import find_leaks
from models.leakage.suspect import to_omit
from models.promotion.broken_inputs import (
    ChangedInput,
    find_changed_inputs,
    find_copied,
    find_lost_decisions,
)
from models.promotion.newest_hand_overs import MONTH, NewestAnswers, compare_newest
from models.training import learn_older

MIN_OF_EACH = 20
"""Fewest accepted and fewest rejected leads for a comparison."""

ENOUGH = 2.0
"""So many times the fewest test leads are enough, if the newest month has not more."""

TOO_FEW = translatable(
    "Only {new} leads have matured that the model in use has not learned from; {wanted} are needed "
    "to compare two models, with at least {each} of either decision."
)
NONE_NEW = translatable(
    "No decided leads have matured since the model in use was trained; {wanted} are needed to "
    "compare two models, with at least {each} of either decision."
)
NO_ORDER = translatable(
    "The leads have no time and no order, so it is unknown which are new to the model in use."
)
NO_WINDOW = translatable(
    "The model in use does not say up to when it learned, so it is unknown which are new to it."
)
OTHER_ORDER = translatable(
    "The model in use was made from leads in another order, so it is unknown which are new to it."
)
ONE_DECISION = translatable("The leads to learn from or to evaluate on were all decided alike.")


@dataclass(frozen=True)
class ChampionComparison:
    """Both models on the same leads.

    Attributes
    ----------
    split : Split
        The leads that the evaluated challenger learned from, and the test leads of both.
    paired : Comparison
    champion, challenger : Metrics
        Each model on the test leads.
    champion_verdict, challenger_verdict : ProbabilityVerdict
        On each model's probabilities for the test leads.
    champion_rate : float
        Share accepted among the leads that the champion learned from.
    changed : tuple of ChangedInput
        Inputs that differ among the test leads, or among the hand-overs of the newest
        30 days, than among the older ones; one per column.
    newest_answers : NewestAnswers or None
        Sales' decisions so far on the hand-overs of the newest 30 days.
    missing : tuple of str
        Columns the champion learned from that the leads lack; taken as empty.
    scores : DataFrame of shape (n_test, 2)
        The probability that each model gave the test leads: ``champion``, ``challenger``.
    """

    split: Split
    paired: Comparison
    champion: Metrics
    challenger: Metrics
    champion_verdict: ProbabilityVerdict
    challenger_verdict: ProbabilityVerdict
    champion_rate: float
    changed: tuple[ChangedInput, ...]
    newest_answers: NewestAnswers | None
    missing: tuple[str, ...]
    scores: pd.DataFrame


def compare_with_champion(
    tables: Tables,
    labels: Labels,
    champion: ModelBundle,
    champion_tables: Tables,
    *,
    seed: int,
) -> ChampionComparison | Phrase:
    """Compare champion and challenger on the same new leads.

    Parameters
    ----------
    tables : Tables
    labels : Labels
    champion : ModelBundle
        The model in use.
    champion_tables : Tables
        The same rows, each column read as it was for the champion.
    seed : int
        Of the intervals.

    Returns
    -------
    ChampionComparison or Phrase
        In words why they cannot be compared, where that is so.
    """
    found = choose_leads(tables, labels, champion)
    if isinstance(found, Phrase):
        return found
    accepted = labels.accepted
    y = accepted[found.test].to_numpy(dtype=float)
    # Judged is a challenger of the older leads alone; the model that is registered is refitted on
    # all leads, and no lead would be left to test that one.
    try:
        omit = to_omit(find_leaks(tables, found.train, accepted, labels)[0])
        older = learn_older(tables, accepted, found, omit=omit)
    except DataRefused as error:
        return Phrase("{text}", {"text": str(error)})
    newer = older.values.loc[found.test]
    new = older.model.predict_proba(older.table.encode(newer))[:, 1]
    old = predict(champion, champion_tables, found.test)
    rate, usual_rate = float(older.y.mean()), champion.statistics.base_rate
    newest = compare_newest(
        tables, labels, older.values, older.table, older=found.train, usual_rate=usual_rate
    )
    changed = (
        *find_changed_inputs(older.values.loc[found.train], newer, older.table),
        *find_lost_decisions(tables, labels, found),
        *find_copied(tables, labels),
        *newest.changed,
    )
    segments = segment_columns(older.model, older.table)
    champion_figures, champion_verdict = _judge(y, old, rate, seed=seed)
    figures, verdict = _judge(y, new, rate, seed=seed)
    return ChampionComparison(
        split=found,
        paired=compare(
            y,
            old,
            new,
            top_share=tables.settings.gate.top_share,
            segments={name: newer[name] for name in segments},
            seed=seed,
        ),
        champion=champion_figures,
        challenger=figures,
        champion_verdict=champion_verdict,
        challenger_verdict=verdict,
        champion_rate=usual_rate,
        changed=_first_of_each(changed),
        newest_answers=newest.answers,
        missing=_missing(champion.table, champion_tables),
        scores=pd.DataFrame({"champion": old, "challenger": new}, index=found.test),
    )


def _judge(y: Floats, p: Floats, rate: float, *, seed: int) -> tuple[Metrics, ProbabilityVerdict]:
    figures = evaluate(y, p, reference_rate=rate, seed=seed)
    return figures, judge_probabilities(y, p, figures, reference_rate=rate, seed=seed)


def choose_leads(
    tables: Tables, labels: Labels, champion: ModelBundle | ModelOutline
) -> Split | Phrase:
    """Return the leads for a comparison with the model in use, or in words why there are none.

    Nothing is learned for it, so it can be asked before.
    """
    wanted = tables.settings.gate.min_leads
    found = split_new(tables, labels.used, champion, min_leads=wanted)
    if isinstance(found, Phrase):
        return found
    accepted = labels.accepted[found.test].astype(float)
    if min(accepted.sum(), len(accepted) - accepted.sum()) < MIN_OF_EACH:
        return _too_few(len(accepted), wanted)
    if labels.accepted[found.train].nunique() < 2:
        return Phrase(ONE_DECISION)
    return found


def split_new(
    tables: Tables, used: pd.Series, champion: ModelBundle | ModelOutline, *, min_leads: int
) -> Split | Phrase:
    """Set the test leads apart, the newest of those that are new to the champion.

    They are half of them at most, and no more than are needed: those of the newest month, or twice
    the fewest allowed. Only a challenger that has learned from a change can follow it, and testing
    on half a year would keep half a year from it.

    Parameters
    ----------
    tables : Tables
    used : Series of bool
        The leads with a matured label.
    champion : ModelBundle or ModelOutline
    min_leads : int
        Fewest test leads, more than half of the new ones if need be.

    Returns
    -------
    Split or Phrase
        In words why there are none.
    """
    kind = tables.order
    if kind == "none":
        return Phrase(NO_ORDER)
    if champion.table.order != kind:
        return Phrase(OTHER_ORDER)
    timed = kind == "time"
    column = "handed_over_at" if timed else "sequence"
    last = last_learned(champion.figures, timed=timed)
    if last is None:
        return Phrase(NO_WINDOW)
    # By row as well, so that leads of one moment are split the same way every time.
    leads = tables.episodes[used].sort_values([column, "row"], kind="stable")
    new = int((leads[column] > last).sum())
    size = max(min_leads, min(new // 2, _enough(leads, min_leads, timed=timed)))
    if new < min_leads or new >= len(leads):
        return _too_few(new, min_leads)
    cut = len(leads) - size
    split_kind: SplitKind = kind
    return Split(leads.index[:cut], leads.index[cut:], split_kind)


def _enough(leads: pd.DataFrame, min_leads: int, *, timed: bool) -> int:
    """Return how many test leads are enough; without times all are used."""
    if not timed:
        return len(leads)
    times = leads["handed_over_at"]
    newest = int((times > times.iloc[-1] - MONTH).sum())
    return max(round(ENOUGH * min_leads), newest)


def predict(bundle: ModelBundle, tables: Tables, leads: pd.Index) -> np.ndarray:
    """Return the probability that a stored model gives leads, shape (n_leads,)."""
    episodes, attributes = tables.episodes.loc[leads], tables.attributes.loc[leads]
    part = replace(tables, episodes=episodes, attributes=attributes)
    values = bundle.table.compute(part, earlier=tables.episodes)
    return bundle.model.predict_proba(bundle.table.encode(values))[:, 1]


def reads_alike(tables: Tables, table: FeatureTable) -> bool:
    """Return whether a model would read the leads' columns as these tables have them."""
    shared = [name for name in table.kinds if name in tables.columns]
    return all(
        table.kinds[name] in ("empty", tables.columns[name].kind) for name in shared
    ) and all(
        tables.time_formats.get(name, form) == form for name, form in table.time_formats.items()
    )


def last_learned(figures: Mapping[str, object], *, timed: bool) -> pd.Timestamp | float | None:
    """Return the time, or the place in the order, of the newest lead that a model learned from."""
    if not timed:
        last = figures.get("last_in_order")
        return float(last) if isinstance(last, int | float) else None
    window = figures.get("window")
    if not isinstance(window, list | tuple) or len(window) != 2 or not window[1]:
        return None
    return pd.Timestamp(window[1])


def _missing(table: FeatureTable, tables: Tables) -> tuple[str, ...]:
    wanted = dict.fromkeys(
        feature.column
        for feature in table.features
        if feature.source.startswith("leads.") and feature.column not in ("*", "handed_over_at")
    )
    return tuple(name for name in wanted if name not in tables.attributes.columns)


def _first_of_each(changed: Iterable[ChangedInput]) -> tuple[ChangedInput, ...]:
    """Return one change per column, the one found first."""
    found: dict[str, ChangedInput] = {}
    for change in changed:
        found.setdefault(change.column, change)
    return tuple(found.values())


def _too_few(new: int, wanted: int) -> Phrase:
    gaps = {"wanted": wanted, "each": MIN_OF_EACH}
    return Phrase(TOO_FEW, {"new": new, **gaps}) if new else Phrase(NONE_NEW, gaps)
