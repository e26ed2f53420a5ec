"""Leak guards: columns suspected of knowing the decision by name, time or strength.

A column that settles the decision nearly alone was most likely filled in because of it. It is
*quarantined*: not learned from unless the settings trust it. A column that is merely very strong
may be honest; it is kept and *asked about* wherever the figures are shown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from features.contract.tables import Tables
from features.crm.block_lists import is_blocked
from features.labels import Labels
from features.language import Phrase
from features.language import translatable as _
from features.matrix.planning import plan_features
from models.estimator.rolling_origin import RollingOriginPredictions
from models.leakage.activity_types import find_by_activities
from models.leakage.evidence import find_by_evidence
from models.leakage.suspect import LeakSuspect, keep_strongest, to_omit
from models.leakage.undecided import find_beside_undecided, match_undecided

ASK_AUC = 0.70
ASK_SHARE_OF_SKILL = 0.65
LATE_SHARE = 0.01
MIN_LATE = 5


def find_leaks(
    tables: Tables, training: pd.Index, accepted: pd.Series, labels: Labels
) -> tuple[list[LeakSuspect], dict[str, float]]:
    """Run every guard on the training leads.

    Returns
    -------
    suspects : list of LeakSuspect
        Each column, and each type of activity, once.
    alone : dict of str to float
        The AUC of each column alone, and of each type that no column is called like.
    """
    named = find_by_name(tables) + find_by_time(tables, training)
    table, values, _ = plan_features(tables, training, omit=to_omit(named), behaviour=False)
    shown, alone = find_by_evidence(
        values.loc[training],
        table,
        tables.attributes.loc[training],
        accepted[training],
        trust=tables.settings.features.trust,
    )
    matched = match_undecided(tables, labels.rule, accepted[training])
    if matched is not None:
        shown += find_beside_undecided(tables, table, matched)
    done, alone_types = find_by_activities(tables, training, accepted[training], matched)
    return keep_strongest(named + shown + done), alone_types | alone


def find_by_name(tables: Tables) -> list[LeakSuspect]:
    """Return the columns that a CRM writes after hand-over, and those of the decisions table."""
    spoken_of = list_spoken_of(tables)
    found = []
    for name in tables.attributes.columns:
        reason = is_blocked(name, tables.settings.leads.preset)
        if reason is not None and name not in spoken_of:
            filled = int(tables.attributes[name].notna().sum())
            crm = {"crm": reason.partition(":")[0]}
            evidence = Phrase(_("by its name: written after hand-over ({crm})"), crm)
            found.append(LeakSuspect(name, "quarantined", evidence, filled))
    return found + _find_beside_decisions(tables)


def list_spoken_of(tables: Tables) -> set[str]:
    """Return the columns that the settings name, which need no question."""
    return {*tables.settings.features.trust, *tables.settings.features.exclude}


def _find_beside_decisions(tables: Tables) -> list[LeakSuspect]:
    """Return the columns of the decisions table, none of which exists before a decision."""
    decision = tables.settings.decision
    # Where the table says what was decided, its own time, reason and rep surprise nobody. Where
    # a row's being there is the decision, every one of its columns is one.
    own = set(decision.named.values())
    expected = own if decision.present_means is None else set()
    found = []
    for name, filled in tables.decision_columns.items():
        if name not in expected:
            text = _(
                "stands in the table of decisions, filled for {filled} of them: "
                "it does not exist before a decision"
            )
            evidence = Phrase(text, {"filled": filled})
            found.append(LeakSuspect(name, "quarantined", evidence, filled, table="decisions"))
    return found


def find_by_time(tables: Tables, training: pd.Index) -> list[LeakSuspect]:
    """Return the date columns that are dated after hand-over too often to be an accident.

    Parameters
    ----------
    tables : Tables
    training : Index
        The hand-overs that may be learned from.

    Returns
    -------
    list of LeakSuspect
        Quarantined where the date is of a later day, asked about where it is of a later hour:
        clocks of different zones look the same.
    """
    if not tables.timed:
        return []
    spoken_of = list_spoken_of(tables)
    handed_over = tables.episodes.loc[training, "handed_over_at"]
    found = []
    for name, column in tables.columns.items():
        if column.kind == "time" and name not in spoken_of:
            suspect = _test_times(name, tables.attributes.loc[training, name], handed_over)
            found += [] if suspect is None else [suspect]
    return found


def _test_times(name: str, times: pd.Series, handed_over: pd.Series) -> LeakSuspect | None:
    """Test how often one date column is dated after hand-over."""
    known = int(times.notna().sum())
    after_day = times.dt.normalize() > handed_over.dt.normalize()
    late = int(after_day.sum())
    if late >= max(MIN_LATE, LATE_SHARE * known):
        text = _("dated after hand-over for {late} of the {known} leads that have it")
        evidence = Phrase(text, {"late": late, "known": known})
        return LeakSuspect(name, "quarantined", evidence, late)
    # Where hand-over has no hour, every hour of its day comes after it.
    hours_known = handed_over != handed_over.dt.normalize()
    delay = (times - handed_over)[hours_known & ~after_day]
    delay = delay[delay > pd.Timedelta(0)]
    late = len(delay)
    # One and the same delay everywhere is the same moment by another clock.
    if late >= max(MIN_LATE, LATE_SHARE * known) and delay.dt.floor("min").nunique() > 1:
        text = _(
            "dated later on the day of hand-over for {late} of the {known} leads that have it; "
            "known at hand-over, and by the same clock? If not, exclude it"
        )
        return LeakSuspect(name, "ask", Phrase(text, {"late": late, "known": known}), late)
    return None


def suspect_dominant(
    alone: Mapping[str, float],
    *,
    model_auc: float,
    leads: int,
    known: Sequence[str],
    types: Collection[str] = (),
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
    types : collection of str
        Those of `alone` that are types of activity.
    """
    found = []
    for column, auc in alone.items():
        share = (auc - 0.5) / max(model_auc - 0.5, 1e-9)
        if column not in known and auc >= ASK_AUC and share >= ASK_SHARE_OF_SKILL:
            text = _(
                "alone it ranks the leads with an AUC of {auc}, the whole model with "
                "{model_auc}; known at hand-over? If not, exclude it"
            )
            figures = {"auc": f"{auc:.2f}", "model_auc": f"{model_auc:.2f}"}
            suspect = LeakSuspect(column, "ask", Phrase(text, figures), leads, None, round(auc, 4))
            found.append(replace(suspect, table="activities") if column in types else suspect)
    return found


def find_dominant_columns(
    rolling: RollingOriginPredictions,
    alone: Mapping[str, float],
    *,
    leads: int,
    known: Sequence[str],
    types: Collection[str],
) -> list[LeakSuspect]:
    """Return the columns that carry most of the model's skill, measured on the training leads."""
    from sklearn.metrics import roc_auc_score

    if not 0 < rolling.accepted.sum() < len(rolling.accepted):
        return []
    return suspect_dominant(
        alone,
        model_auc=float(roc_auc_score(rolling.accepted, rolling.log_odds)),
        leads=leads,
        known=known,
        types=types,
    )
