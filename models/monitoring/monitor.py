"""Monitoring of the model in use, over all areas, on the leads since its training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from features.checks.copies import find_copies
from features.contract.tables import Tables, find_last
from features.labels import Labels
from features.language import Phrase
from features.language import translatable as _
from features.matrix.feature_table import MISSING_CODE, OTHER_CODE, FeatureTable
from features.units import DAY
from models.arrays import Floats
from models.artifact.bundle import ModelBundle
from models.artifact.reference import Reference, count_grades, count_groups, count_scores
from models.artifact.response_times import answer_delays
from models.monitoring.answers import Answered, compare_answers, evaluate_answers
from models.monitoring.inputs import (
    FeatureDrift,
    Volume,
    add_copies,
    compare_features,
    compare_volume,
    evaluate_freshness,
    evaluate_inputs,
    evaluate_volume,
)
from models.monitoring.leads import (
    Leads,
    choose_monitored,
    current,
    require_reference,
    score_monitored,
)
from models.monitoring.prior_shift import PriorShift, estimate_prior_shift, note_prior_shift
from models.monitoring.scores import (
    Gap,
    Performance,
    ScoreDrift,
    compare_decisions,
    compare_scores,
    evaluate_decisions,
    evaluate_performance,
    evaluate_scores,
    measure_performance,
)
from models.monitoring.status import Colour, Status, worst


@dataclass(frozen=True)
class MonitoringResult:
    """Result of monitoring.

    Attributes
    ----------
    reference : Reference
        What the leads are compared with.
    since, now : Timestamp
        Leads handed over after the one are looked at, as things stood at the other: the newest
        moment that the tables speak of.
    leads, answered : int
    statuses : tuple of Status
        One for each area.
    features : tuple of FeatureDrift
        The most moved first.
    volume, scores, performance, gaps, answers
        The numbers behind the lights.
    ages : mapping of str to float or None
        Days since the newest row of each table.
    names : mapping of int to Phrase or str
        Of the source's groups.
    prior_shift : PriorShift or None
        The accepted share by the scores alone.
    new_values : mapping of str to int
        The commonest values of the source that were never seen, with their leads.
    """

    reference: Reference
    since: pd.Timestamp
    now: pd.Timestamp
    leads: int
    answered: int
    statuses: tuple[Status, ...]
    features: tuple[FeatureDrift, ...]
    volume: Volume
    scores: ScoreDrift
    performance: Performance
    gaps: tuple[Gap, ...]
    answers: tuple[Answered, ...]
    ages: Mapping[str, float | None]
    names: Mapping[int, Phrase | str]
    prior_shift: PriorShift | None
    new_values: Mapping[str, int]

    @property
    def colour(self) -> Colour:
        """Return the worst colour; grey does not count where another area has a colour."""
        told = [light.colour for light in self.statuses if light.colour != "grey"]
        return worst(told)

    @property
    def alert(self) -> bool:
        """Return whether any status is red."""
        return self.colour == "red"


def monitor_model(
    bundle: ModelBundle, tables: Tables, labels: Labels, *, since: pd.Timestamp | None = None
) -> MonitoringResult:
    """Monitor the leads handed over since the model was trained.

    Parameters
    ----------
    bundle : ModelBundle
        The model in use.
    tables : Tables
        The project's own, read as in training.
    labels : Labels
        Of the same tables.
    since : Timestamp, optional
        First moment of the monitored hand-overs; after the last one learned from if left out.

    Returns
    -------
    MonitoringResult

    Raises
    ------
    UsageError
        When the model has nothing to compare with.
    DataRefused
        When no lead was handed over since.
    """
    reference = require_reference(bundle, tables)
    start = reference.end if since is None else since
    chosen = choose_monitored(tables, labels, start, after=since is None)
    leads = score_monitored(bundle, tables, chosen, labels)
    counted = count_groups(leads.matrix, bundle.table, bundle.statistics)
    names = name_groups(bundle.table, reference.source)
    features = compare_features(reference, counted, bundle.table)
    days = (current(tables) - start).total_seconds() / DAY
    volume = compare_volume(reference, counted, leads=len(leads.p), days=days)
    by_score = count_scores(leads.p)
    scores = compare_scores(reference, by_score, count_grades(leads.grades))
    shift = estimate_prior_shift(reference, by_score, counted, bundle.table, bundle.statistics)
    chance = reference.times.among_answered(leads.age, leads.p)
    performance = measure_performance(
        leads.p, answered=leads.answered, accepted=leads.accepted, chance=chance
    )
    gaps = _compare_decided(leads, chance, known=int(bundle.figures["n_test"]))
    # Where silence is an answer, no answer is ever outstanding.
    silent = tables.settings.decision.present_means is not None
    answers = () if silent else count_answers(leads, reference)
    fresh, ages = evaluate_freshness(reference, find_newest(tables), now=tables.now)
    return MonitoringResult(
        reference=reference,
        since=start,
        now=current(tables),
        leads=len(leads.p),
        answered=int(leads.answered.sum()),
        statuses=(
            evaluate_inputs(features),
            add_copies(
                evaluate_volume(volume, names),
                int(find_copies(tables).again.isin(chosen).sum()),
                len(leads.p),
            ),
            fresh,
            note_prior_shift(evaluate_scores(scores), shift),
            evaluate_performance(performance, bundle.figures),
            evaluate_decisions(gaps, names),
            evaluate_answers(answers, names),
        ),
        features=features,
        volume=volume,
        scores=scores,
        performance=performance,
        gaps=gaps,
        answers=answers,
        ages=ages,
        names=names,
        prior_shift=shift,
        new_values=count_new_values(leads, bundle.table, reference.source),
    )


def _compare_decided(leads: Leads, chance: Floats, *, known: int) -> tuple[Gap, ...]:
    """Compare sales' decisions with what the scores promised, for the leads that are decided."""
    said = leads.answered
    groups = None if leads.groups is None else leads.groups[said]
    return compare_decisions(leads.accepted[said], chance[said], groups, known=known)


def count_answers(leads: Leads, reference: Reference) -> tuple[Answered, ...]:
    """Compare how many leads are answered with how many should be, given their age.

    Where answers have no times, only leads that had time to be answered are counted.
    """
    counted = leads.mature | reference.times.known
    listed = pd.DataFrame(
        {
            "handed_over_at": leads.episodes["handed_over_at"].to_numpy(),
            "answered": leads.answered,
            "delay": answer_delays(leads.episodes).to_numpy(),
            "expected": reference.times.share_by(leads.age, leads.p),
            "mature": leads.mature,
        }
    )[counted]
    groups = None if leads.groups is None else leads.groups[counted]
    return compare_answers(listed, groups, known=reference.leads)


def find_newest(tables: Tables) -> dict[str, pd.Timestamp | None]:
    """Return the newest moment of each table that has times, none of the future."""
    episodes, now = tables.episodes, tables.now
    newest: dict[str, pd.Timestamp | None] = {
        "leads": episodes["handed_over_at"][episodes["handed_over_at"] <= now].max()
    }
    if tables.activities is not None:
        # Dates of the future are typing errors; one must not make an old export look fresh.
        newest["activities"] = find_last(tables.activities, now)
    decided = episodes["decided_at"]
    if decided.notna().any():
        newest["decisions"] = decided[decided <= now].max()
    return newest


def name_groups(table: FeatureTable, source: str) -> dict[int, Phrase | str]:
    """Return the names of the groups of the source."""
    if not source:
        return {}
    names: dict[int, Phrase | str] = dict(enumerate(table.levels[source]))
    names[MISSING_CODE] = Phrase(_("(not given)"))
    names[OTHER_CODE] = Phrase(_("(never seen before, or rare)"))
    return names


def count_new_values(leads: Leads, table: FeatureTable, source: str) -> dict[str, int]:
    """Return the five commonest values of the source that training did not know."""
    if leads.groups is None:
        return {}
    new = leads.values[source][leads.groups == OTHER_CODE].value_counts().head(5)
    return {str(value): int(count) for value, count in new.items()}
