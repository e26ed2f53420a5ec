"""New leads a comparison has to wait for, and the day on which there are enough."""

from __future__ import annotations

import math

import pandas as pd

from features.contract.tables import Tables
from features.labels import Labels
from features.language import Phrase, translatable
from models.artifact.bundle import ModelBundle, ModelOutline
from models.promotion.champion_comparison import (
    NONE_NEW,
    ONE_DECISION,
    TOO_FEW,
    choose_leads,
    last_learned,
)

RECENT = pd.Timedelta(days=60)
"""The newest matured leads, which show how fast further ones come."""

FAR = 3_650
"""Days after which a day named would be a guess at nothing."""

PACE = translatable("At the present pace an export of {day} or later has enough.")
BEFORE = translatable(
    "The model in use has learned from leads up to {last}, which is after {day}, the moment asked "
    "for; a later one is needed to compare two models."
)


def list_lacking(
    tables: Tables, labels: Labels, champion: ModelBundle | ModelOutline
) -> tuple[Phrase, ...]:
    """Return in words why no two models can be compared yet, before anything is learned.

    Parameters
    ----------
    tables : Tables
        Only hand-overs and decisions are looked at, as `features.contract.tables.outline` has them.
    labels : Labels
    champion : ModelBundle or ModelOutline
        The model in use.

    Returns
    -------
    tuple of Phrase
        Empty where enough leads of either decision are new to the model in use, or where it is
        another reason that keeps the two from being compared. Where leads have times, also the
        day from which on an export has enough, if they mature as fast as those of the last 60
        days.
    """
    found = choose_leads(tables, labels, champion)
    if not isinstance(found, Phrase) or found.text not in (TOO_FEW, NONE_NEW, ONE_DECISION):
        return ()
    last = last_learned(champion.figures, timed=tables.timed)
    if isinstance(last, pd.Timestamp) and last > tables.now:
        gaps = {"last": f"{last:%Y-%m-%d}", "day": f"{tables.now.ceil('s'):%Y-%m-%d}"}
        return (Phrase(BEFORE, gaps),)
    new = int(found.values.get("new", 0))
    lacking = 0 if found.text == ONE_DECISION else tables.settings.gate.min_leads - new
    days = _count_days(tables, labels, lacking=lacking)
    if days is None or labels.as_of is None or days > FAR:
        return (found,)
    day = labels.as_of.normalize() + pd.Timedelta(days=days)
    return found, Phrase(PACE, {"day": f"{day:%Y-%m-%d}"})


def _count_days(tables: Tables, labels: Labels, *, lacking: int) -> int | None:
    """Return the days until so many more leads have matured, None where nobody can know."""
    if not tables.timed or lacking <= 0:
        return None
    times = tables.episodes.loc[labels.used, "handed_over_at"]
    recent = int((times > times.max() - RECENT).sum())
    return math.ceil(lacking * RECENT.days / recent) if recent else None
