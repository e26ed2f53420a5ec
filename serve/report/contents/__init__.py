"""Contents of the report as plain values: counted on one side of this module, drawn on the other.

Nothing here depends on a language but where it says "words": those are already in the reader's.
Texts of the CRM are cleaned (`features.text.clean`), never escaped: escaping is the drawer's.
Shares and probabilities lie between 0 and 1.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from serve.report.contents.since import KeptPromise, Mover, ScoreChanges, Since
from serve.report.results.by_group import Results
from serve.report.results.figures import Figure, Side

__all__ = ["KeptPromise", "Mover", "ScoreChanges", "Since"]


@dataclass(frozen=True)
class Share:
    """A share of leads with its 95 % interval.

    Attributes
    ----------
    value, low, high : float
    leads : int
        The leads it is a share of.
    """

    value: float
    low: float
    high: float
    leads: int


@dataclass(frozen=True)
class Opening:
    """The period in one sentence.

    Attributes
    ----------
    start, end : date or None
        First and last day of hand-overs counted; None where leads have no times, and then
        everything is counted.
    handed_over, answered, accepted, waiting : int
        Hand-overs of the period; those with a decision; those accepted; those without one.
    expected : float or None
        Mean probability of the waiting; None if there are none.
    expected_low, expected_high : float or None
        90 % interval of the share that sales would accept of them.
    overdue : int
        Waiting for longer than the teams agreed on, or where they did not, than sales takes for
        95 of 100 of its answers.
    """

    start: dt.date | None
    end: dt.date | None
    handed_over: int
    answered: int
    accepted: int
    waiting: int
    expected: float | None
    expected_low: float | None
    expected_high: float | None
    overdue: int


@dataclass(frozen=True)
class Aims:
    """What the teams agreed on, each None where they did not.

    Attributes
    ----------
    accepted, answered : float or None
        Shares to reach: accepted of the answered, answered of those handed over.
    """

    accepted: float | None = None
    answered: float | None = None


@dataclass(frozen=True)
class Advice:
    """What the page asks the teams to decide, in words; None where nothing is worth it.

    Attributes
    ----------
    do : str or None
        The change that is worth most, in acceptances a week.
    agree : str or None
        The group on which the answers of sales differ most from what was expected.
    watch : str or None
        Whether the scores held of late.
    """

    do: str | None
    agree: str | None
    watch: str | None


@dataclass(frozen=True)
class Group:
    """Leads that have something in common, such as their source.

    Attributes
    ----------
    name : str
        Words.
    handed_over, answered, accepted, waiting : int
    share : Share or None
        Accepted of the answered; None if none is answered.
    expected : float or None
        Mean probability, before the answer was known, of the answered leads that are good to
        judge by: old enough for slow answers to have come too; None if there are none.
    judged : Share or None
        Accepted among the leads that `expected` is of, so that the two can be compared.
    expected_waiting : float or None
        Mean probability of the waiting; None if there are none.
    side : {"above", "below", "near"}
        Where `judged` lies beside `expected`: "near" where its interval holds it.
    young : bool
        Some of the leads are too young to be answered: the row is still filling.
    """

    name: str
    handed_over: int
    answered: int
    accepted: int
    waiting: int
    share: Share | None
    expected: float | None
    judged: Share | None
    expected_waiting: float | None
    side: Side
    young: bool


@dataclass(frozen=True)
class Grouping:
    """One way to part the leads.

    Attributes
    ----------
    key : {"source", "campaign", "persona", "month"}
    label : str
        Words: the column's name, or for personas both of them.
    groups : tuple of Group
        Months in their order, others by leads handed over, most first.
    left_out : int
        Groups too small to list.
    """

    key: str
    label: str
    groups: tuple[Group, ...]
    left_out: int


@dataclass(frozen=True)
class Rejections:
    """Why sales rejected, by source.

    Attributes
    ----------
    reasons : tuple of str
        Most frequent first; the last may stand for all others.
    sources : tuple of (str, tuple of int)
        Name of the source and its rejected leads by reason, in the order of `reasons`.
    sides : tuple of tuple of {"above", "below", "near"}
        For each of these counts whether the source has the reason more or less often than the
        others: "near" where chance explains it, all cells of the table taken together.
    without : int
        Rejected leads without a reason.
    """

    reasons: tuple[str, ...]
    sources: tuple[tuple[str, tuple[int, ...]], ...]
    sides: tuple[tuple[Side, ...], ...]
    without: int


@dataclass(frozen=True)
class Change:
    """What another choice of leads at equal volume would have brought.

    Attributes
    ----------
    words : str
        The change in one sentence.
    volume : int
        Leads handed over, now and after the change.
    before, after : Share
        Accepted of them.
    gain, gain_low, gain_high : float
        Difference of the two shares with its 90 % interval.
    clear : bool
        The interval does not hold zero.
    source : str or None
        The source whose lower-scored half goes; None where the lowest-scored of all go.
    below : int
        The score under which leads go.
    """

    words: str
    volume: int
    before: Share
    after: Share
    gain: float
    gain_low: float
    gain_high: float
    clear: bool
    source: str | None
    below: int


@dataclass(frozen=True)
class Leads:
    """The leads shown one by one; row i of every part is the same lead.

    Attributes
    ----------
    frame : DataFrame of shape (n, ...)
        Index 0 to n - 1, sorted by waiting first, then falling score.
        ``lead_id`` (text), ``handed_over_at`` (datetime64 or NaT), ``decision`` ("waiting",
        "accepted", "rejected", "recycled"), ``state`` (the same, of the waiting "open", not
        started, or "working" where it is known), ``decided_at``, ``reason`` (text of sales or
        missing), ``score`` (0 to 100), ``band`` (its place in `models.reasons.bands.BANDS`),
        ``probability``, ``low``, ``high`` (90 % interval),
        ``grade``, ``overdue`` (bool), ``learned`` (bool: the model in use has learned from its
        decision), ``score_before`` (0 to 100: what was said before sales' answer was known;
        missing unless the model has learned from the answer and this was kept), ``surprise``
        (minus the log of the probability, before the answer was known, of what sales decided;
        missing where it is waiting or nothing was said before), ``outcome`` (2 for a deal, 1 for
        an opportunity, else 0), ``won_at`` (datetime64 or NaT), ``amount`` (of the
        deals, NaN where not known), ``won_since`` (bool: the lead was won after this hand-over,
        whichever brought the deal), ``was`` and ``was_at`` (the last
        other score of the lead and when it was given; missing where none is known).
        The score is what the model in use says today, the same as in every file of scores.
    shown : DataFrame of shape (n, n_display)
        The columns that `display` names as words; empty text where missing. No columns with
        `redact`.
    fields : DataFrame of shape (n, n_fields)
        What leads can be filtered by, as words: those there are of ``source``, ``owner``,
        ``country``, ``campaign``, ``persona``; empty text where missing. With `redact` no owner.
    field_labels : mapping of str to str
        Words for each of `fields`.
    reasons_for, reasons_against : tuple of tuple of str
        Words per lead, strongest first, at most five.
    changes : tuple of tuple of str
        Words per lead, why its score is another than ``was``.
    topics : tuple of str
        Words for what contributions are about.
    steps : ndarray of float, shape (n, n_topics)
        How the score comes about: from the average lead's probability, each topic adds this much
        probability, taken strongest first; average + row sum = probability.
    average : float
        The average lead's probability.
    event_types : tuple of str
        Words for kinds of activity.
    events : tuple of tuple of (float, int)
        Per lead what it did before hand-over, newest first, at most `MAX_EVENTS`: days before
        hand-over, and the place in `event_types`.
    events_more : ndarray of int, shape (n,)
        Activities before hand-over that `events` leaves out.
    similar : ndarray of int, shape (n, 5)
        Places of the most similar decided leads in `past`, most similar first; -1 where fewer.
    past : DataFrame
        ``lead_id``, ``handed_over_at``, ``decision``, ``reason``, ``score``, ``title`` (what
        `display` shows of it, joined; the id where nothing) of the leads `similar` names. The
        score is today's, as everywhere.
    missing : tuple of tuple of str
        Per lead the words for what its record lacks and most records have.
    total : int
        Leads that could have been shown; more than n if only the newest and the most surprising
        are.
    link : str or None
        Address of a record in the CRM, in which ``{id}`` stands for its id. None with `redact`.
    """

    frame: pd.DataFrame
    shown: pd.DataFrame
    fields: pd.DataFrame
    field_labels: Mapping[str, str]
    reasons_for: tuple[tuple[str, ...], ...]
    reasons_against: tuple[tuple[str, ...], ...]
    changes: tuple[tuple[str, ...], ...]
    topics: tuple[str, ...]
    steps: np.ndarray
    average: float
    event_types: tuple[str, ...]
    events: tuple[tuple[tuple[float, int], ...], ...]
    events_more: np.ndarray
    similar: np.ndarray
    past: pd.DataFrame
    missing: tuple[tuple[str, ...], ...]
    total: int
    link: str | None = None


MAX_EVENTS = 20


@dataclass(frozen=True)
class Disagreements:
    """Where score and sales part ways, most surprising first.

    Attributes
    ----------
    rejected, accepted : ndarray of int
        Places in `Leads.frame`: high scores that sales rejected, low scores that it accepted.
        By the score before the answer was known, never by one that has learned from it.
    looked_at : int
        Leads among which they were found.
    """

    rejected: np.ndarray
    accepted: np.ndarray
    looked_at: int


@dataclass(frozen=True)
class Report:
    """Everything the report says in one language.

    Attributes
    ----------
    language : str
        Code.
    summary : mapping
        As `serve.report.model_summary.summarise_model` gives it: project, model, state,
        calibration, terms, drivers, segments, leak suspects, what was counted, figures.
    days : int
        Of the period that the opening counts.
    opening : Opening
    funnel : tuple of Figure
    advice : Advice
    groupings : tuple of Grouping
    results : Results or None
        None where no outcome is known.
    currency : str or None
        Of all amounts; None where the settings name none.
    rejections : Rejections or None
        None where sales gives no reasons.
    changes : tuple of Change
    leads : Leads
    disagreements : Disagreements
    since : Since
    capacity : mapping or None
        As `serve.report.planning.capacity.summarise_capacity` gives it; None where the settings
        name none.
    """

    language: str
    summary: Mapping[str, Any]
    days: int
    opening: Opening
    funnel: tuple[Figure, ...]
    advice: Advice
    groupings: tuple[Grouping, ...]
    results: Results | None
    currency: str | None
    rejections: Rejections | None
    changes: tuple[Change, ...]
    leads: Leads
    disagreements: Disagreements
    since: Since
    capacity: Mapping[str, Any] | None
