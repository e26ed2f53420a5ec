"""Training: guard against leaks, learn from older leads, evaluate on newer ones, refit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
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
from models.estimator.forward_validation import Forward
from models.estimator.lead_quality import LeadQualityModel
from models.estimator.recipe import Recipe
from models.evaluation.metrics import Figures, GroupFigures, judge, judge_by_group
from models.evaluation.skill import judge_earlier, skill
from models.evaluation.split import Split, require_both_decisions, split_leads
from models.leakage import guards
from models.leakage.evidence import find_by_evidence
from models.leakage.guards import LeakSuspect
from models.leakage.undecided import find_beside_undecided
from models.reasons.acceptance_by_value import Statistics, tabulate
from models.reasons.grades import grade_leads
from models.reasons.writer import group_topics

Progress = Callable[[str], None]

MAX_SEGMENTS = 4
MAX_SEGMENT_LEVELS = 60
_IMPORTANCE_LEADS = 5_000


@dataclass(frozen=True)
class Trained:
    """A trained model and how it was judged.

    Attributes
    ----------
    bundle : ModelBundle
        Refitted on all leads used; its figures are those of the same recipe on the newest
        leads, which it had not learned from.
    split : Split
    probability : Series of shape (n_test,)
        What the judged model gave the test leads.
    accepted : Series of shape (n_test,)
        What sales decided on them.
    findings : tuple of Finding
        Columns that were left out.
    """

    bundle: ModelBundle
    split: Split
    probability: pd.Series
    accepted: pd.Series
    findings: tuple[Finding, ...]


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
class Judged:
    """How the model of the older leads did on the newer ones."""

    log_odds: np.ndarray
    probability: np.ndarray
    figures: Figures
    baseline: Figures
    segments: Mapping[str, tuple[GroupFigures, ...]]
    verdict: str


def train_model(tables: Tables, labels: Labels, *, progress: Progress) -> Trained:
    """Train and judge a model.

    Parameters
    ----------
    tables : Tables
    labels : Labels
        With enough accepted and rejected leads; `features.checks.tables` sees to that.
    progress : callable
        Told in words what begins.

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
    omit = guards.to_omit(suspects)

    progress(f"Learning from the {len(split.train):,} older leads")
    older = learn_older(tables, accepted, split, omit=omit)
    trust = settings.features.trust
    suspects += ask_after(older.model.forward_, len(split.train), alone, suspects, trust)

    progress(f"Judging on the {len(split.test):,} newest leads")
    judged = judge_newer(older, accepted, split, seed=settings.train.seed)

    progress(f"Refitting on all {len(split.both):,} leads by the same recipe")
    newer = accepted[split.test].astype(float)
    forward = older.model.forward_.extend(judged.log_odds, np.asarray(newer, np.float64))
    bundle = refit(tables, labels, split, older, forward, omit=omit)
    figures = {
        **bundle.figures,
        **summarise(tables, labels, split, judged),
        "leak_suspects": [suspect.to_dict() for suspect in suspects],
        "features": len(bundle.table.features),
        **describe_choices(older.model),
    }
    episodes, probability = tables.episodes, pd.Series(judged.probability, index=split.test)
    membership = record_membership(
        episodes.loc[split.train], episodes.loc[split.test], judged.probability
    )
    bundle = replace(bundle, figures=figures, training_membership=membership)
    return Trained(bundle, split, probability, newer, older.findings)


def learn_older(
    tables: Tables, accepted: pd.Series, split: Split, *, omit: Mapping[str, str]
) -> Older:
    """Plan the features on the older leads and learn from them."""
    table, values, findings = plan_features(tables, split.train, omit=omit)
    X, y = table.encode(values.loc[split.train]), accepted[split.train].to_numpy(dtype=float)
    model = LeadQualityModel(Recipe(seed=tables.settings.train.seed)).fit(
        X, y, categories=table.categories, ordered=split.kind != "shuffled"
    )
    return Older(model, X, y, table, values, findings)


def judge_newer(older: Older, accepted: pd.Series, split: Split, *, seed: int) -> Judged:
    """Judge the model, and its peer, on the leads that it has not learned from."""
    y, values = accepted[split.test].to_numpy(dtype=float), older.values.loc[split.test]
    X, rate = older.table.encode(values), float(older.y.mean())
    log_odds = older.model.log_odds(X)
    p = older.model.calibration_.probability(log_odds)
    figures = judge(y, p, reference_rate=rate, seed=seed)
    peer = predict_logistic(older.X, older.y, X, older.table)
    return Judged(
        log_odds=log_odds,
        probability=p,
        figures=figures,
        baseline=judge(y, peer, reference_rate=rate, seed=seed),
        segments=judge_segments(older.model, older.table, values, y, p),
        verdict=skill(figures, earlier=judge_earlier(older.model.forward_)),
    )


def find_leaks(
    tables: Tables, training: pd.Index, accepted: pd.Series, labels: Labels
) -> tuple[list[LeakSuspect], dict[str, float]]:
    """Run the three guards on the training leads, from what the leads table says alone.

    Returns
    -------
    suspects : list of LeakSuspect
        Each column once.
    alone : dict of str to float
        The AUC of each column alone.
    """
    named = guards.find_by_name(tables) + guards.find_by_time(tables, training)
    flat = replace(tables, activities=None)
    table, values, _ = plan_features(flat, training, omit=guards.to_omit(named))
    shown, alone = find_by_evidence(
        values.loc[training],
        table,
        tables.attributes.loc[training],
        accepted[training],
        trust=tables.settings.features.trust,
    )
    shown += find_beside_undecided(tables, table, labels.rule)
    return guards.keep_strongest(named + shown), alone


def ask_after(
    forward: Forward,
    leads: int,
    alone: Mapping[str, float],
    suspects: list[LeakSuspect],
    trust: tuple[str, ...],
) -> list[LeakSuspect]:
    """Name the columns that carry most of the model's skill, judged inside the training part."""
    from sklearn.metrics import roc_auc_score

    if not 0 < forward.accepted.sum() < len(forward.accepted):
        return []
    return guards.ask_about(
        alone,
        model_auc=float(roc_auc_score(forward.accepted, forward.log_odds)),
        leads=leads,
        known=[*trust, *(suspect.column for suspect in suspects)],
    )


def describe_choices(model: LeadQualityModel) -> dict[str, Any]:
    """Return what forward validation chose, and how far calibration moved on the newest leads."""
    forward = model.forward_
    # Without an order in time no lead counts more than another.
    count = round(HALF_LIFE * len(forward.log_odds)) if forward.ordered else 0
    newest = slice(-count, None)
    alone, accepted = forward.log_odds[newest], forward.accepted[newest]
    return {
        "chosen": {
            "trees": model.parts_.booster.num_trees(),
            "history": model.recipe.history,
            "forward_leads": len(forward.log_odds),
        },
        "calibration_moved": {
            "leads": len(accepted),
            "newest": forward.ordered,
            "accepted": float(accepted.mean()),
            "before": float(special.expit(alone).mean()),
            "after": float(model.calibration_.probability(alone).mean()),
        },
    }


def refit(
    tables: Tables,
    labels: Labels,
    split: Split,
    older: Older,
    forward: Forward,
    *,
    omit: Mapping[str, str],
) -> ModelBundle:
    """Fit the recipe of the judged model on every lead used, older and newer.

    `forward` is calibrated on: what the recipe predicted for leads it had not seen, the test
    leads last.
    """
    table, values, _ = plan_features(tables, split.both, omit=omit)
    matrix = table.encode(values.loc[split.both])
    y = labels.accepted[split.both].to_numpy(dtype=float)
    model = older.model.refit(matrix, y, forward, categories=table.categories)
    statistics = tabulate(matrix, table, y)
    contributions = model.contributions(matrix[-_IMPORTANCE_LEADS:])
    topics = group_topics(table)
    strength = {
        name: float(np.abs(contributions[:, list(members)].sum(axis=1)).mean())
        for name, members in zip(topics.names, topics.members, strict=True)
    }
    return ModelBundle(
        model=model,
        table=table,
        statistics=statistics,
        importance=dict(sorted(strength.items(), key=lambda item: (-item[1], item[0]))),
        figures={"base_log_odds": float(contributions[0, -1])},
        reference=keep_reference(tables, labels, split, older, table, values, statistics, model),
    )


def keep_reference(
    tables: Tables,
    labels: Labels,
    split: Split,
    older: Older,
    table: FeatureTable,
    values: pd.DataFrame,
    statistics: Statistics,
    model: LeadQualityModel,
) -> Reference | None:
    """Count the newest leads, which later ones are compared with; None where nothing has a time.

    Their scores are those of the judged model, which had not learned from them, on the
    calibration of the one that is put in use.
    """
    if split.kind != "time":
        return None
    judged = choose_reference(tables.episodes, labels.rule, split.test)
    matrix = older.table.encode(older.values.loc[judged])
    probability = model.calibration_.probability(older.model.log_odds(matrix))
    return describe_reference(
        tables.episodes,
        labels.rule,
        judged=judged,
        values=values,
        table=table,
        statistics=statistics,
        unseen={
            older.table.names[i]: int((matrix[:, i] == OTHER_CODE).sum())
            for i in older.table.categories
        },
        scores=np.rint(probability * 100).astype(np.int64),
        grades=grade_leads(
            older.model.contributions(matrix[-_IMPORTANCE_LEADS:]),
            older.table,
            probability=model.calibration_.probability,
        ),
    )


def judge_segments(
    model: LeadQualityModel,
    table: FeatureTable,
    values: pd.DataFrame,
    accepted: np.ndarray,
    p: np.ndarray,
) -> dict[str, tuple[GroupFigures, ...]]:
    """Judge by source, then by the categories that tell most about acceptance."""
    return {
        name: judge_by_group(accepted, p, values[name]) for name in segment_columns(model, table)
    }


def segment_columns(model: LeadQualityModel, table: FeatureTable) -> list[str]:
    """Return the features to judge by: source, then the categories that tell most."""
    gain = dict(zip(table.names, model.parts_.booster.feature_importance("gain"), strict=True))
    candidates = [
        feature
        for feature in table.features
        if feature.form == "category"
        and feature.source.startswith("leads.")
        and 4 <= len(table.levels[feature.name]) <= MAX_SEGMENT_LEVELS
        and feature.recipe in ("as_is", "seniority", "function")
    ]
    # Where a lead came from is what both teams ask first.
    candidates.sort(key=lambda f: ("source" not in f.name.casefold(), -gain[f.name], f.name))
    return [feature.name for feature in candidates[:MAX_SEGMENTS]]


def summarise(tables: Tables, labels: Labels, split: Split, judged: Judged) -> dict[str, Any]:
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
        "auc": figures.auc.value,
        "auc_low": figures.auc.low,
        "auc_high": figures.auc.high,
        "average_precision": figures.average_precision.value,
        "average_precision_low": figures.average_precision.low,
        "average_precision_high": figures.average_precision.high,
        "brier": figures.brier,
        "log_loss": figures.log_loss,
        "ece": figures.ece,
        "ece_by_chance": figures.ece_by_chance,
        "skill": judged.verdict,
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
    """Return the place of the newest lead used, where an order stands in for time."""
    if split.kind == "shuffled":
        return None
    return float(tables.episodes.loc[split.both, "sequence"].max())


def _iso(moment: pd.Timestamp | None) -> str | None:
    return None if moment is None or pd.isna(moment) else moment.isoformat(sep=" ")
