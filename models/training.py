"""Training: guard against leaks, learn from older leads, evaluate on newer ones, refit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from features.contract.tables import Tables
from features.findings import Finding
from features.labels import Labels
from features.matrix.feature_table import OTHER_CODE, FeatureTable
from features.matrix.planning import plan_features
from models.artifact.bundle import ModelBundle
from models.artifact.reference import Reference, choose_reference, describe_reference
from models.artifact.training_membership import record_membership
from models.estimator.baseline import predict_logistic
from models.estimator.calibration import HALF_LIFE
from models.estimator.components import Hyperparameters
from models.estimator.lead_quality import LeadQualityModel
from models.evaluation.kept_figures import round_figures
from models.evaluation.metrics import Metrics, evaluate
from models.evaluation.probabilities import ProbabilityVerdict, judge_probabilities
from models.evaluation.segments import GroupMetrics, evaluate_segments
from models.evaluation.skill import evaluate_earlier, skill
from models.evaluation.split import Split, require_both_decisions, split_leads
from models.leakage.asked_about import measure_without
from models.leakage.guards import find_dominant_columns, find_leaks
from models.leakage.suspect import to_omit
from models.reasons.acceptance_by_value import Statistics, tabulate
from models.reasons.grades import grade_leads
from models.reasons.topics import group_topics

Progress = Callable[[str], None]

_IMPORTANCE_LEADS = 5_000
_SHOWN_LEADS = 1_000


@dataclass(frozen=True)
class Trained:
    """A trained model and its evaluation.

    Attributes
    ----------
    bundle : ModelBundle
        Refitted on all leads used; its figures are of a model fitted alike on the older leads and
        leads, which it had not learned from.
    split : Split
    probability : Series of shape (n_test,)
        Of the test leads, by the model of the older leads.
    accepted : Series of shape (n_test,)
        Sales' decisions on them.
    findings : tuple of Finding
        Columns that were left out.
    newest : DataFrame of shape (n, n_features)
        The features of the newest leads used, to show what moves them.
    handed_over_at : str or None
        The column of leads with the time of hand-over.
    """

    bundle: ModelBundle
    split: Split
    probability: pd.Series
    accepted: pd.Series
    findings: tuple[Finding, ...]
    newest: pd.DataFrame
    handed_over_at: str | None


@dataclass(frozen=True)
class Older:
    """The model of the older leads, what it learned from, and the features of all leads."""

    model: LeadQualityModel
    X: np.ndarray
    y: np.ndarray
    table: FeatureTable
    values: pd.DataFrame
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Refitted:
    """The model of all leads used, with what is known of them by their values.

    Attributes
    ----------
    model : LeadQualityModel
    table : FeatureTable
    values : DataFrame of shape (n_hand_overs, n_features)
        Of every hand-over, used or not.
    statistics : Statistics
    importance : dict of str to float
        See `ModelBundle`.
    base_log_odds : float
        An average lead's.
    """

    model: LeadQualityModel
    table: FeatureTable
    values: pd.DataFrame
    statistics: Statistics
    importance: dict[str, float]
    base_log_odds: float


@dataclass(frozen=True)
class Evaluation:
    """Evaluation of the model of the older leads on the newer ones."""

    log_odds: np.ndarray
    probability: np.ndarray
    figures: Metrics
    baseline: Metrics
    segments: Mapping[str, tuple[GroupMetrics, ...]]
    verdict: str
    probabilities: ProbabilityVerdict


def train_model(tables: Tables, labels: Labels, *, progress: Progress) -> Trained:
    """Train and evaluate a model.

    Parameters
    ----------
    tables : Tables
    labels : Labels
        With enough accepted and rejected leads; `features.checks.tables` sees to that.
    progress : callable
        Called with a sentence when a step begins.

    Returns
    -------
    Trained
    """
    settings = tables.settings
    accepted = labels.accepted
    split = split_leads(
        tables.episodes,
        labels.used,
        order=tables.order,
        test_share=settings.train.test_share,
        seed=settings.train.seed,
    )
    require_both_decisions(split, accepted)

    progress("Looking for columns that know the answer")
    suspects, alone = find_leaks(tables, split.train, accepted, labels)
    omit = to_omit(suspects)

    progress(f"Learning from the {len(split.train):,} older leads")
    older = learn_older(tables, accepted, split, omit=omit)
    suspects += find_dominant_columns(
        older.model.rolling_origin_,
        alone,
        leads=len(split.train),
        known=[*settings.features.trust, *(suspect.column for suspect in suspects)],
        types=set(alone) - set(tables.columns),
    )

    progress(f"Evaluating on the {len(split.test):,} newest leads")
    judged = evaluate_newer(older, accepted, split, seed=settings.train.seed)
    without = measure_without(suspects, tables, accepted, split, older.model)

    progress(f"Refitting on all {len(split.both):,} leads with the same hyperparameters")
    final = refit(tables, accepted, split, older, judged, omit=omit)
    kept = round_figures(
        {
            **summarise(tables, labels, split, judged),
            "leak_suspects": [suspect.to_dict() for suspect in suspects],
            "without_asked_about": without,
            "features": len(final.table.features),
            **describe_choices(older.model),
        }
    )
    older_leads, newer_leads = (tables.episodes.loc[part] for part in (split.train, split.test))
    bundle = ModelBundle(
        model=final.model,
        table=final.table,
        statistics=final.statistics,
        importance=final.importance,
        figures={"base_log_odds": final.base_log_odds, **kept},
        reference=make_reference(tables, labels, split, older, final),
        training_membership=record_membership(older_leads, newer_leads, judged.probability),
    )
    return Trained(
        bundle=bundle,
        split=split,
        probability=pd.Series(judged.probability, index=split.test),
        accepted=accepted[split.test].astype(float),
        findings=older.findings,
        newest=final.values.loc[split.both[-_SHOWN_LEADS:], final.table.names],
        handed_over_at=settings.leads.handed_over_at,
    )


def learn_older(
    tables: Tables, accepted: pd.Series, split: Split, *, omit: Mapping[str, str]
) -> Older:
    """Plan the features on the older leads and learn from them."""
    table, values, findings = plan_features(tables, split.train, omit=omit)
    X, y = table.encode(values.loc[split.train]), accepted[split.train].to_numpy(dtype=float)
    model = LeadQualityModel(Hyperparameters(seed=tables.settings.train.seed)).fit(
        X, y, categories=table.categories, ordered=split.kind != "shuffled"
    )
    return Older(model, X, y, table, values, findings)


def evaluate_newer(older: Older, accepted: pd.Series, split: Split, *, seed: int) -> Evaluation:
    """Evaluate the model and the baseline on leads that neither has learned from."""
    y, values = accepted[split.test].to_numpy(dtype=float), older.values.loc[split.test]
    X, rate = older.table.encode(values), float(older.y.mean())
    log_odds = older.model.log_odds(X)
    p = older.model.calibration_.probability(log_odds)
    figures = evaluate(y, p, reference_rate=rate, seed=seed)
    baseline = predict_logistic(older.X, older.y, X, older.table)
    return Evaluation(
        log_odds=log_odds,
        probability=p,
        figures=figures,
        baseline=evaluate(y, baseline, reference_rate=rate, seed=seed),
        segments=evaluate_segments(older.model, older.table, values, y, p),
        verdict=skill(figures, earlier=evaluate_earlier(older.model.rolling_origin_)),
        probabilities=judge_probabilities(
            y, p, figures, reference_rate=rate, baseline=baseline, seed=seed
        ),
    )


def describe_choices(model: LeadQualityModel) -> dict[str, Any]:
    """Return the choices of rolling-origin validation, and the shift by calibration."""
    rolling = model.rolling_origin_
    # Without an order in time no lead counts more than another.
    count = round(HALF_LIFE * len(rolling.log_odds)) if rolling.ordered else 0
    newest = slice(-count, None)
    alone, accepted = rolling.log_odds[newest], rolling.accepted[newest]
    return {
        "chosen": {
            "trees": model.components_.booster.num_trees(),
            "history": model.hyperparameters_.train_window,
            "forward_leads": len(rolling.log_odds),
        },
        "calibration_moved": {
            "leads": len(accepted),
            "newest": rolling.ordered,
            "accepted": float(accepted.mean()),
            "before": float(special.expit(alone).mean()),
            "after": float(model.calibration_.probability(alone).mean()),
        },
    }


def refit(
    tables: Tables,
    accepted: pd.Series,
    split: Split,
    older: Older,
    judged: Evaluation,
    *,
    omit: Mapping[str, str],
) -> Refitted:
    """Fit a model with the chosen hyperparameters on every lead used, older and newer.

    It is calibrated on predictions for leads that a model had not seen, the test leads last.
    """
    newer = accepted[split.test].to_numpy(dtype=float)
    rolling = older.model.rolling_origin_.append_newer(judged.log_odds, newer)
    table, values, _ = plan_features(tables, split.both, omit=omit)
    matrix = table.encode(values.loc[split.both])
    y = accepted[split.both].to_numpy(dtype=float)
    model = older.model.refit(matrix, y, rolling, categories=table.categories)
    contributions = model.contributions(matrix[-_IMPORTANCE_LEADS:])
    topics = group_topics(table)
    strength = {
        name: float(np.abs(contributions[:, list(members)].sum(axis=1)).mean())
        for name, members in zip(topics.names, topics.members, strict=True)
    }
    return Refitted(
        model=model,
        table=table,
        values=values,
        statistics=tabulate(matrix, table, y),
        importance=dict(sorted(strength.items(), key=lambda item: (-item[1], item[0]))),
        base_log_odds=float(contributions[0, -1]),
    )


def make_reference(
    tables: Tables, labels: Labels, split: Split, older: Older, final: Refitted
) -> Reference | None:
    """Return the reference for monitoring, from the newest leads; None where nothing has a time.

    Their scores are those of the judged model, which had not learned from them, on the
    calibration of the one that is put in use. Their grades are those of the model in use, as the
    grades of later leads will be: where few values are summed up, two models may grade a whole
    cluster of the same leads differently.
    """
    if split.kind != "time":
        return None
    judged = choose_reference(tables.episodes, labels.rule, split.test)
    matrix = older.table.encode(older.values.loc[judged])
    calibration = final.model.calibration_
    probability = calibration.probability(older.model.log_odds(matrix))
    newest = final.table.encode(final.values.loc[judged[-_IMPORTANCE_LEADS:]])
    return describe_reference(
        tables.episodes,
        labels.rule,
        judged=judged,
        values=final.values,
        table=final.table,
        statistics=final.statistics,
        unseen={
            older.table.names[i]: int((matrix[:, i] == OTHER_CODE).sum())
            for i in older.table.categories
        },
        scores=np.rint(probability * 100).astype(np.int64),
        grades=grade_leads(
            final.model.contributions(newest),
            final.table,
            probability=calibration.probability,
        ),
    )


def summarise(tables: Tables, labels: Labels, split: Split, judged: Evaluation) -> dict[str, Any]:
    """Return the training result as plain types; nothing in it depends on the clock."""
    figures = judged.figures
    train_rate = float(labels.accepted[split.train].mean())
    window = tables.episodes.loc[split.both, "handed_over_at"]
    cut = tables.episodes.loc[split.test, "handed_over_at"]
    return {
        "n_train": len(split.train),
        "n_test": len(split.test),
        "base_rate": figures.base_rate,
        "train_base_rate": train_rate,
        "split": split.kind,
        **figures.flatten(),
        "skill": judged.verdict,
        "probabilities": judged.probabilities.to_dict(),
        "excluded": labels.excluded,
        "corrected": labels.n_corrected,
        "matured_after_days": labels.matured_after_days,
        "as_of": _iso(labels.as_of),
        "window": [_iso(window.min()), _iso(window.max())],
        "test_from": _iso(cut.min()),
        **({} if tables.timed else {"last_in_order": _last_in_order(tables, split)}),
        "judged": figures.to_dict(),
        "logistic_regression": judged.baseline.to_dict(),
        "segments": {
            name: [asdict(group) for group in groups] for name, groups in judged.segments.items()
        },
        "figures_of": "the same recipe fitted on the older leads only, judged on the newer ones",
    }


def _last_in_order(tables: Tables, split: Split) -> float | None:
    """Return the place of the newest lead used, where an order takes the place of time."""
    if split.kind == "shuffled":
        return None
    return float(tables.episodes.loc[split.both, "sequence"].max())


def _iso(moment: pd.Timestamp | None) -> str | None:
    return None if moment is None or pd.isna(moment) else moment.isoformat(sep=" ")
