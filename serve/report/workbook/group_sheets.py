"""Sheets of groups of leads, rejections, changes and drivers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from features.language import Language
from features.language import translatable as _
from serve.report.contents import Change, Group, Grouping, Rejections, Share
from serve.report.results.by_group import ResultGroup, Results
from serve.report.workbook.sheets import Column, Sheet

_NAMES = {
    "source": _("By source"),
    "campaign": _("By campaign"),
    "persona": _("By persona"),
    "month": _("By month"),
}
_SIDES = {"above": _("above"), "below": _("below"), "near": _("no clear difference")}


def make_groups(grouping: Grouping, words: Language) -> Sheet:
    """Return one way to part the leads, a group a row.

    Parameters
    ----------
    grouping : Grouping
    words : Language
    """
    columns = (
        Column(grouping.label, width=30),
        *_counts(words, _("Handed over"), _("Answered"), _("Accepted"), _("Waiting")),
        *_with_limits(words, _("Accepted of the answered")),
        Column(words.text(_("Expected")), "share"),
        *_with_limits(words, _("Accepted of the leads expected of")),
        Column(words.text(_("Of so many leads")), "count"),
        Column(words.text(_("Against what was expected")), width=20),
        Column(words.text(_("Expected of the waiting")), "share"),
        Column(words.text(_("Still filling")), width=10),
    )
    return Sheet(words.text(_NAMES[grouping.key]), columns, _list_groups(grouping, words), frozen=1)


def make_results(results: Results, currency: str | None, words: Language) -> Sheet:
    """Return what came of accepted leads, a group a row.

    Parameters
    ----------
    results : Results
    currency : str or None
        Of the amounts.
    words : Language
    """
    amount = words.text(_("Amount won"))
    columns = (
        Column(words.text(_("By")), width=24),
        Column(words.text(_("Group")), width=30),
        *_counts(words, _("Accepted"), _("Opportunities")),
        *_with_limits(words, _("Opportunities of the accepted")),
        *_counts(words, _("Won")),
        Column(amount if currency is None else f"{amount} ({currency})", "count", 16),
    )
    rows = [
        (label, *_result(group))
        for label, groups in (
            (results.whole.name, (results.whole,)),
            *((grouping.label, grouping.groups) for grouping in results.groupings),
        )
        for group in groups
    ]
    return Sheet(words.text(_("What came of it")), columns, rows, frozen=2)


def _result(group: ResultGroup) -> tuple[object, ...]:
    came, amount = group.opportunity, group.amount
    return (
        *(group.name, came.whole, came.count, came.value, came.low, came.high, group.won.count),
        amount.value if amount.count else None,
    )


def make_rejections(rejections: Rejections, words: Language) -> Sheet:
    """Return why sales rejected, a source a row.

    Parameters
    ----------
    rejections : Rejections
    words : Language
    """
    columns = (
        Column(words.text(_("Source")), width=30),
        Column(words.text(_("All with a reason")), "count"),
        *(Column(reason, "count", 16) for reason in rejections.reasons),
    )
    return Sheet(
        words.text(_("Rejections")),
        columns,
        ((source, sum(counts), *counts) for source, counts in rejections.sources),
        frozen=1,
    )


def make_changes(changes: Sequence[Change], words: Language) -> Sheet:
    """Return what other choices of leads would have brought.

    Parameters
    ----------
    changes : sequence of Change
    words : Language
    """
    columns = (
        Column(words.text(_("Change")), "wrapped", 70),
        Column(words.text(_("Handed over")), "count"),
        Column(words.text(_("Accepted before")), "share"),
        *_with_limits(words, _("Accepted after")),
        Column(words.text(_("Difference in points")), "points"),
        Column(words.text(_("At least")), "points"),
        Column(words.text(_("At most")), "points"),
        Column(words.text(_("Clear of chance")), width=12),
        Column(words.text(_("Of so many leads")), "count"),
    )
    yes, no = words.text(_("yes")), words.text(_("no"))
    rows = (
        (
            change.words,
            change.volume,
            change.before.value,
            *_share(change.after),
            *(100 * x for x in (change.gain, change.gain_low, change.gain_high)),
            yes if change.clear else no,
            change.after.leads,
        )
        for change in changes
    )
    return Sheet(words.text(_("Changes")), columns, rows, frozen=1)


def make_drivers(drivers: Sequence[dict[str, Any]], words: Language) -> Sheet:
    """Return how often sales accepted by the values that count most.

    Parameters
    ----------
    drivers : sequence of dict
        As `serve.report.drivers.list_drivers` gives them.
    words : Language
    """
    columns = (
        Column(words.text(_("What counts")), width=34),
        Column(words.text(_("Weight against the strongest")), "share"),
        Column(words.text(_("Counted by")), width=34),
        Column(words.text(_("Value")), width=30),
        *_counts(words, _("Leads"), _("Accepted")),
        *_with_limits(words, _("Accepted of the answered")),
        Column(words.text(_("Against the average")), width=20),
    )
    rows = (
        (
            *(driver["label"], driver["strength"], driver["about"], row["value"]),
            *(row["leads"], row["accepted"], row["share"], row["low"], row["high"]),
            words.text(_SIDES[row["side"]]),
        )
        for driver in drivers
        for row in driver["rows"]
    )
    return Sheet(words.text(_("What drives acceptance")), columns, rows, frozen=1)


def _list_groups(grouping: Grouping, words: Language) -> Iterator[Sequence[object]]:
    yes = words.text(_("yes"))
    for group in grouping.groups:
        yield (
            *(group.name, group.handed_over, group.answered, group.accepted, group.waiting),
            *_share(group.share),
            group.expected,
            *_share(group.judged),
            None if group.judged is None else group.judged.leads,
            _side(group, words),
            group.expected_waiting,
            yes if group.young else None,
        )


def _side(group: Group, words: Language) -> str | None:
    return None if group.judged is None else words.text(_SIDES[group.side])


def _share(share: Share | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if share is None else (share.value, share.low, share.high)


def _counts(words: Language, *titles: str) -> tuple[Column, ...]:
    return tuple(Column(words.text(title), "count") for title in titles)


def _with_limits(words: Language, title: str) -> tuple[Column, ...]:
    """Return the columns of a share and of the ends of its interval."""
    titles = (title, _("Probably at least"), _("Probably at most"))
    return tuple(Column(words.text(one), "share") for one in titles)
