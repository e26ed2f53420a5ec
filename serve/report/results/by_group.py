"""Outcomes by score band, source, campaign, persona and month, and of the leads not accepted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.labels import count_maturity
from features.language import Language
from features.language import translatable as _
from features.settings.schema import BandSettings
from features.units import DAY
from models.evaluation.intervals import Z95
from models.reasons.bands import BAND_WORDS, describe_bands
from serve.report.fields import Fields
from serve.report.outcomes import find_opportunities
from serve.report.results.figures import Figure, make_share, make_total, share_variance
from serve.report.scored_hand_overs import ScoredHandOvers, to_scores

DAYS = 365
"""Days of hand-overs that are counted, up to the newest; all where leads have no times."""

MIN_LEADS = 20
MAX_GROUPS = 12
_FIELDS = ("source", "campaign", "persona")
_NOT_ACCEPTED = ("rejected", "recycled", "waiting")


@dataclass(frozen=True)
class ResultGroup:
    """What came of accepted leads that have something in common.

    Attributes
    ----------
    name : str
        Words.
    filters : mapping of str to str
        What the list of leads is filtered by to show the group.
    opportunity, won, amount : Figure
        Accepted leads that became an opportunity; deals of the accepted leads; their amounts.
    young : bool
        Some of the accepted leads are younger than most opportunities take.
    """

    name: str
    filters: Mapping[str, str]
    opportunity: Figure
    won: Figure
    amount: Figure
    young: bool


@dataclass(frozen=True)
class ResultGrouping:
    """One way to part the accepted leads.

    Attributes
    ----------
    key : {"band", "source", "campaign", "persona", "month"}
    label : str
        Words.
    groups : tuple of ResultGroup
        Bands from the highest, months in their order, others by amount won, most first.
    left_out : int
        Groups too small to list.
    in_none : int
        Accepted leads that belong to no group: those without a score from before the answer.
    """

    key: str
    label: str
    groups: tuple[ResultGroup, ...]
    left_out: int = 0
    in_none: int = 0


@dataclass(frozen=True)
class Results:
    """What came of the leads of a year.

    Attributes
    ----------
    days : int or None
        So many days of hand-overs are counted; None where leads have no times.
    start : date or None
        The first of these days.
    whole : ResultGroup
        All accepted leads.
    words : str
        How the share of opportunities goes with the score.
    groupings : tuple of ResultGrouping
    missed : mapping of str to Figure
        Of the leads that sales "rejected", "recycled" or left "waiting" those won since, by
        whichever hand-over of the lead.
    ripens : float
        Days after hand-over in which 95 of 100 opportunities came.
    """

    days: int | None
    start: dt.date | None
    whole: ResultGroup
    words: str
    groupings: tuple[ResultGrouping, ...]
    missed: Mapping[str, Figure]
    ripens: float


def count_results(
    scored: ScoredHandOvers, fields: Fields, language: Language, *, bands: BandSettings
) -> Results | None:
    """Count what came of the leads.

    Parameters
    ----------
    scored : ScoredHandOvers
    fields : Fields
        Of the same hand-overs.
    language : Language
    bands : BandSettings

    Returns
    -------
    Results or None
        None where no outcome of an accepted lead is known.
    """
    part = scored.hand_overs
    if "won" not in part or not find_opportunities(part).any():
        return None
    start = None
    if scored.timed:
        first = part["handed_over_at"].max().normalize() - pd.Timedelta(days=DAYS - 1)
        start = first.date()
        part = part[part["handed_over_at"] >= first]
    part, ripens = _mark_young(part)
    accepted = part[part["decision"] == "accepted"]
    whole = count_group(language.text(_("All")), {}, accepted)
    by_band = list_bands(accepted, bands, language)
    groupings = [by_band] if by_band.groups else []
    for key in _FIELDS:
        if key in fields.frame:
            groupings.append(_group(accepted, fields, key, language))
    if scored.timed:
        groupings.append(list_months(accepted, language))
    return Results(
        days=DAYS if scored.timed else None,
        start=start,
        whole=whole,
        words=describe(whole, by_band.groups, language),
        groupings=tuple(groupings),
        missed=dict(count_missed(part)),
        ripens=ripens,
    )


def count_group(name: str, filters: Mapping[str, str], accepted: pd.DataFrame) -> ResultGroup:
    """Count what came of some accepted leads.

    Parameters
    ----------
    name : str
        Words.
    filters : mapping of str to str
    accepted : DataFrame
        Rows of `ScoredHandOvers.hand_overs`, with ``unripe``.
    """
    won = accepted[accepted["won"]]
    return ResultGroup(
        name=name,
        filters=filters,
        opportunity=make_share(
            "opportunity", int(find_opportunities(accepted).sum()), len(accepted)
        ),
        won=make_total("won", np.ones(len(won))),
        amount=make_total("amount", won["amount"].to_numpy(dtype=float)),
        young=bool(accepted["unripe"].any()),
    )


def list_bands(accepted: pd.DataFrame, limits: BandSettings, language: Language) -> ResultGrouping:
    """Part accepted leads by the score that was given before sales' answer was known."""
    scores = pd.Series(to_scores(accepted["before_answer"]), index=accepted.index)
    groups, left_out = [], 0
    for band, (low, high) in describe_bands(limits).items():
        part = accepted[scores.between(low, high)]
        if len(part) >= MIN_LEADS:
            text = _("{band}, {low} to {high}")
            word = language.text(BAND_WORDS[band])
            name = language.text(text, band=word, low=str(low), high=str(high))
            groups.append(count_group(name, {"said": f"{low}-{high}"}, part))
        else:
            left_out += len(part) > 0
    label = language.text(_("Score before the answer"))
    return ResultGrouping("band", label, tuple(groups), left_out, int(scores.isna().sum()))


def list_months(accepted: pd.DataFrame, language: Language) -> ResultGrouping:
    """Part accepted leads by the month of hand-over."""
    months = accepted["handed_over_at"].dt.to_period("M")
    groups = tuple(
        count_group(language.month(month.start_time.date()), {"month": str(month)}, part)
        for month, part in accepted.groupby(months, sort=True)
    )
    return ResultGrouping("month", language.text(_("Month of hand-over")), groups)


def describe(whole: ResultGroup, bands: Sequence[ResultGroup], language: Language) -> str:
    """Say in a sentence how opportunities go with the score.

    Parameters
    ----------
    whole : ResultGroup
        All accepted leads.
    bands : sequence of ResultGroup
        From the highest to the lowest; those too small to be listed are not there.
    language : Language
    """
    share = language.percent(whole.opportunity.value or 0.0)
    if bands and _differ(bands[0].opportunity, bands[-1].opportunity):
        text = _(
            "Of accepted leads scored {high}, {share} became opportunities; of those scored {low}, "
            "{other}."
        )
        return language.text(
            text,
            high=_name_scores(bands[0], language),
            low=_name_scores(bands[-1], language),
            share=language.percent(bands[0].opportunity.value or 0.0),
            other=language.percent(bands[-1].opportunity.value or 0.0),
        )
    if len(bands) > 1:
        text = _(
            "Of accepted leads {share} became opportunities; the score made no clear difference."
        )
        return language.text(text, share=share)
    return language.text(_("Of accepted leads {share} became opportunities."), share=share)


def _name_scores(band: ResultGroup, language: Language) -> str:
    low, high = band.filters["said"].split("-")
    return language.text(_("{low} to {high}"), low=low, high=high)


def count_missed(hand_overs: pd.DataFrame) -> Iterator[tuple[str, Figure]]:
    """Give by decision how many leads that sales did not accept were won since."""
    for decision in _NOT_ACCEPTED:
        part = hand_overs[hand_overs["decision"] == decision]
        if len(part):
            yield decision, make_share("won_since", int(part["won_since"].sum()), len(part))


def _group(accepted: pd.DataFrame, fields: Fields, key: str, language: Language) -> ResultGrouping:
    names = fields.frame.loc[accepted.index, key]
    names = names.where(names.notna(), language.text(_("(not given)")))
    parts = list(accepted.groupby(names, sort=True))
    groups = [
        count_group(str(n), {key: str(n)}, part) for n, part in parts if len(part) >= MIN_LEADS
    ]
    ranked = sorted(groups, key=lambda one: (-(one.amount.value or 0.0), -one.won.count, one.name))
    kept = tuple(ranked[:MAX_GROUPS])
    return ResultGrouping(key, fields.labels[key], kept, len(parts) - len(kept))


def _mark_young(hand_overs: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """Mark the leads younger than 95 of 100 opportunities take; none where days are missing."""
    taken = (hand_overs["opportunity_at"] - hand_overs["handed_over_at"]).dt.total_seconds() / DAY
    ripens = count_maturity(taken)
    newest = hand_overs[["handed_over_at", "opportunity_at", "decided_at"]].max().max()
    age = (newest - hand_overs["handed_over_at"]).dt.total_seconds() / DAY
    return hand_overs.assign(unripe=age < ripens), ripens


def _differ(high: Figure, low: Figure) -> bool:
    """Return whether two shares differ by more than chance explains."""
    variance = sum(share_variance(one.count, one.whole or 0) for one in (high, low))
    return abs((high.value or 0.0) - (low.value or 0.0)) > Z95 * float(np.sqrt(variance))
