"""Columns that know the answer: found by name, time and evidence, before anything is learned.

A column that settles the decision nearly alone was most likely filled in because of it. It is
*quarantined*: not learned from unless the settings trust it. A column that is merely very strong
may be honest; it is kept and *asked about* wherever the figures are shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from features.contract import Tables
from features.matrix import FeatureTable
from features.presets import is_blocked
from features.registry import Feature
from models.evaluation import wilson_interval
from models.reasons import clean

Action = Literal["quarantined", "ask"]

SETTLING_AUC = 0.90
"""A single column that ranks leads this well settles the decision nearly alone."""
SETTLED_SHARE = 0.5
"""Share of leads in settled groups from which the whole column counts as settling."""
CERTAINTY = 0.10
"""A group is settled when at most this share of the doubt in the base rate is left."""
MIN_GROUP = 30
MIN_GROUP_SHARE = 0.01
SUSPECT_NAME_AUC = 0.60
ASK_AUC = 0.70
ASK_SHARE_OF_SKILL = 0.70
LATE_SHARE = 0.01
FILL_GAP_QUARANTINE = 0.80
FILL_GAP_ASK = 0.50

_MISSING = "(missing)"
_BINS = 20
_FOLDS = 5
_PRIOR = 10.0

# What sales tends to write once it has spoken to the lead. A name alone proves nothing, so
# these count only together with evidence.
_SUSPECT_NAME = re.compile(
    r"^(tags?|rating|stage|status|disposition|remarks|outcome|result|etiquetas?|estado|etapa)$|"
    r"(lead|sales|call|contact|deal|opportunity|pipeline|funnel) "
    r"(quality|profile|rating|stage|status|result|outcome|disposition|grade)|"
    r"\b(next step|follow ?up|converted|conversion date|won|lost|closed|close date|opportunity|"
    r"deal|qualified|disqualified|rejection|reject|resultado|calidad del lead|motivo)\b"
)
_EARLIER = re.compile(r"\b(previous|prior|earlier|before|anterior|past)\b")


@dataclass(frozen=True)
class LeakSuspect:
    """A column that may know the answer.

    Attributes
    ----------
    column : str
    action : {"quarantined", "ask"}
    evidence : str
        Why, in words with counts.
    leads : int
        Leads the evidence speaks of.
    accepted : int or None
        How many of them sales accepted; None where it does not apply.
    auc : float or None
        How well the column alone ranks the leads (0.5 is chance).
    table : {"leads", "decisions"}
        Where the column stands.
    """

    column: str
    action: Action
    evidence: str
    leads: int
    accepted: int | None = None
    auc: float | None = None
    table: Literal["leads", "decisions"] = "leads"

    def to_dict(self) -> dict[str, Any]:
        """Return the suspect as plain types."""
        return asdict(self)


def find_by_name(tables: Tables) -> list[LeakSuspect]:
    """Return the columns that a CRM writes after hand-over, and those of the decisions table."""
    trusted = set(tables.settings.features.trust) | set(tables.settings.features.exclude)
    found = []
    for name in tables.attributes.columns:
        reason = is_blocked(name, tables.settings.leads.preset)
        if reason is not None and name not in trusted:
            filled = int(tables.attributes[name].notna().sum())
            found.append(LeakSuspect(name, "quarantined", f"by its name: {reason}", filled))
    return found + _find_beside_decisions(tables)


def to_omit(suspects: Sequence[LeakSuspect]) -> dict[str, str]:
    """Return the columns of leads that must not be learned from, and why."""
    return {
        suspect.column: suspect.evidence
        for suspect in suspects
        if suspect.action == "quarantined" and suspect.table == "leads"
    }


def _find_beside_decisions(tables: Tables) -> list[LeakSuspect]:
    """Return the columns of the decisions table, none of which exists before a decision."""
    decision = tables.settings.decision
    # Where the table says what was decided, its own time, reason and rep surprise nobody. Where
    # a row's being there is the decision, every one of its columns is one.
    own = {decision.column, decision.decided_at, decision.reason, decision.rep}
    expected = own if decision.present_means is None else set()
    found = []
    for name, filled in tables.decision_columns.items():
        if name not in expected:
            evidence = (
                f"stands in the table of decisions, filled for {filled} of them: "
                "it does not exist before a decision"
            )
            suspect = LeakSuspect(name, "quarantined", evidence, filled, table="decisions")
            found.append(suspect)
    return found


def find_by_time(tables: Tables, training: pd.Index) -> list[LeakSuspect]:
    """Return the date columns that are dated after hand-over too often to be an accident."""
    if not tables.timed:
        return []
    trusted = set(tables.settings.features.trust) | set(tables.settings.features.exclude)
    handed_over = tables.episodes.loc[training, "handed_over_at"]
    found = []
    for name, column in tables.columns.items():
        if column.kind != "time" or name in trusted:
            continue
        times = tables.attributes.loc[training, name]
        late = int((times.dt.normalize() > handed_over.dt.normalize()).sum())
        known = int(times.notna().sum())
        if late >= 5 and late >= LATE_SHARE * known:
            evidence = f"dated after hand-over for {late} of the {known} leads that have it"
            found.append(LeakSuspect(name, "quarantined", evidence, late))
    return found


def find_by_evidence(
    values: pd.DataFrame,
    table: FeatureTable,
    attributes: pd.DataFrame,
    accepted: pd.Series,
    *,
    undecided: pd.DataFrame | None = None,
    trust: Sequence[str] = (),
) -> tuple[list[LeakSuspect], dict[str, float]]:
    """Judge each column of leads by how much of the decision it gives away alone.

    Parameters
    ----------
    values : DataFrame of shape (n_leads, n_features)
        The computed features of the training leads, oldest first.
    table : FeatureTable
    attributes : DataFrame
        The source columns of the same leads.
    accepted : Series of shape (n_leads,)
        1 accepted, 0 rejected.
    undecided : DataFrame, optional
        The source columns of leads without a decision: what is filled in only for decided
        leads was filled in because of the decision.
    trust : sequence of str
        Columns the settings vouch for.

    Returns
    -------
    suspects : list of LeakSuspect
    alone : dict of str to float
        The AUC of each column alone, from out-of-fold rates.
    """
    y = accepted.to_numpy(dtype=float)
    suspects: list[LeakSuspect] = []
    alone: dict[str, float] = {}
    for column, features in _features_by_column(table, attributes).items():
        groups = {feature: _group(values[feature.name]) for feature in features}
        alone[column] = max(_ranking(out_of_fold_rates(g, y), y) for g in groups.values())
        if column in trust:
            continue
        filled = attributes[column].notna().to_numpy()
        unfilled = None if undecided is None else undecided.get(column)
        verdict = (
            _judge_alone(column, alone[column], len(y))
            or _judge_filling(column, filled, y)
            or _judge_undecided(column, filled, unfilled)
            or _judge_groups(column, groups, y)
        )
        if verdict is not None:
            suspects.append(verdict)
    return suspects, alone


def ask_about(
    alone: Mapping[str, float], *, model_auc: float, leads: int, known: Sequence[str]
) -> list[LeakSuspect]:
    """Return the columns that carry most of the model's skill by themselves.

    Parameters
    ----------
    alone : mapping of str to float
        The AUC of each column alone.
    model_auc : float
        The model's AUC on leads it had not learned from, inside the training part.
    leads : int
        Leads behind the figures.
    known : sequence of str
        Columns already named by another guard, or trusted.
    """
    found = []
    for column, auc in alone.items():
        share = (auc - 0.5) / max(model_auc - 0.5, 1e-9)
        if column not in known and auc >= ASK_AUC and share >= ASK_SHARE_OF_SKILL:
            evidence = (
                f"alone it ranks leads with an AUC of {auc:.2f}, the whole model with "
                f"{model_auc:.2f}; known at hand-over? If not, exclude it"
            )
            found.append(LeakSuspect(column, "ask", evidence, leads, None, round(auc, 4)))
    return found


def out_of_fold_rates(groups: pd.Series, accepted: np.ndarray) -> np.ndarray:
    """Return, for each lead, the acceptance rate of its group among the other folds.

    Folds interleave, so that a drifting base rate does not hide what a column knows.
    """
    codes, _ = pd.factorize(groups)
    n_groups = int(codes.max()) + 1
    fold = np.arange(len(accepted)) % _FOLDS
    rates = np.empty(len(accepted))
    for held_out in range(_FOLDS):
        inside, outside = fold != held_out, fold == held_out
        count = np.bincount(codes[inside], minlength=n_groups)
        total = np.bincount(codes[inside], weights=accepted[inside], minlength=n_groups)
        base = accepted[inside].mean()
        rates[outside] = ((total + _PRIOR * base) / (count + _PRIOR))[codes[outside]]
    return rates


def _features_by_column(table: FeatureTable, attributes: pd.DataFrame) -> dict[str, list[Feature]]:
    by_column: dict[str, list[Feature]] = {}
    for feature in table.features:
        if feature.source.startswith("leads.") and feature.column in attributes:
            by_column.setdefault(feature.column, []).append(feature)
    return by_column


def _group(values: pd.Series) -> pd.Series:
    """Return categories as they are and numbers in bins of equal count; missing is a group."""
    if not pd.api.types.is_numeric_dtype(values):
        return values.where(values.notna(), _MISSING)
    known = values.dropna().to_numpy()
    edges = np.unique(known)
    if len(edges) > _BINS:
        edges = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1], method="lower"))
    place = pd.Series(np.searchsorted(edges, values.to_numpy()), index=values.index, dtype=object)
    return place.where(values.notna(), _MISSING)


def _ranking(rates: np.ndarray, accepted: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(accepted, rates))


def _judge_alone(column: str, auc: float, leads: int) -> LeakSuspect | None:
    if auc >= SETTLING_AUC:
        evidence = f"alone it ranks the {leads} leads with an AUC of {auc:.2f}"
        return LeakSuspect(column, "quarantined", evidence, leads, None, round(auc, 4))
    plain = re.sub(r"[\W_]+", " ", column).strip().casefold()
    suspect = _SUSPECT_NAME.search(plain) and not _EARLIER.search(plain)
    if suspect and auc >= SUSPECT_NAME_AUC:
        evidence = (
            f"named like something sales fills in after contact, and alone it ranks the "
            f"{leads} leads with an AUC of {auc:.2f}"
        )
        return LeakSuspect(column, "quarantined", evidence, leads, None, round(auc, 4))
    return None


def _judge_filling(column: str, filled: np.ndarray, accepted: np.ndarray) -> LeakSuspect | None:
    """Judge whether being filled in, or being empty, settles the decision."""
    for mask, state in ((filled, "filled in"), (~filled, "empty")):
        leads, won = int(mask.sum()), int(accepted[mask].sum())
        enough = leads >= 20 and len(accepted) - leads >= 20
        if enough and _is_settled(leads, won, float(accepted.mean())):
            evidence = f"where it is {state}, sales accepted {won} of {leads} leads"
            return LeakSuspect(column, "quarantined", evidence, leads, won)
    return None


def _judge_undecided(
    column: str, filled: np.ndarray, undecided: pd.Series | None
) -> LeakSuspect | None:
    """Judge whether the column is filled in only for leads that were decided."""
    if undecided is None or len(undecided) < MIN_GROUP:
        return None
    gap = float(filled.mean() - undecided.notna().mean())
    if abs(gap) < FILL_GAP_ASK:
        return None
    action: Action = "quarantined" if abs(gap) >= FILL_GAP_QUARANTINE else "ask"
    evidence = (
        f"filled in for {filled.mean():.0%} of the decided leads and for "
        f"{undecided.notna().mean():.0%} of the undecided"
    )
    return LeakSuspect(column, action, evidence, len(undecided))


def _judge_groups(
    column: str, groups: Mapping[Feature, pd.Series], accepted: np.ndarray
) -> LeakSuspect | None:
    """Judge whether single levels, or ranges of a number, settle the decision."""
    found = [_judge_levels(feature, values, accepted) for feature, values in groups.items()]
    verdicts = [suspect for suspect in found if suspect is not None]
    return min(verdicts, key=lambda suspect: suspect.action == "ask", default=None)


def _judge_levels(feature: Feature, groups: pd.Series, accepted: np.ndarray) -> LeakSuspect | None:
    """Judge the groups of one feature."""
    base = float(accepted.mean())
    frame = pd.DataFrame({"group": groups.to_numpy(), "accepted": accepted})
    counted = frame.groupby("group", sort=False)["accepted"].agg(["size", "sum"])
    counted = counted[counted["size"] >= max(MIN_GROUP, MIN_GROUP_SHARE * len(accepted))]
    settled = [
        (int(row["size"]), int(row["sum"]), str(level))
        for level, row in counted.iterrows()
        if _is_settled(int(row["size"]), int(row["sum"]), base)
    ]
    if not settled:
        return None
    covered = sum(size for size, _, _ in settled)
    if covered >= SETTLED_SHARE * len(accepted):
        evidence = f"its values settle {covered} of {len(accepted)} leads nearly alone"
        return LeakSuspect(feature.column, "quarantined", evidence, covered, None)
    if feature.form == "number":
        return None
    leads, won, level = max(settled)
    what = level if feature.recipe == "as_is" else f"{feature.name} = {level}"
    evidence = (
        f'of the {leads} leads with "{clean(what)}" sales accepted {won}; '
        "known at hand-over? If not, exclude it"
    )
    return LeakSuspect(feature.column, "ask", evidence, leads, won)


def _is_settled(leads: int, accepted: int, base: float) -> bool:
    """Tell whether the group's rate is surely so extreme that hardly a doubt is left."""
    low, high = wilson_interval(accepted, leads)
    return bool(low >= 1 - CERTAINTY * (1 - base) or high <= CERTAINTY * base)
