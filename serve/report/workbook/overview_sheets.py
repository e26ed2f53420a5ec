"""First and last sheet: the period in figures, how far to trust them, and the terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from features.language import Language
from features.language import translatable as _
from serve.report.contents import Opening, Report
from serve.report.workbook.sheets import Cell, Column, Kind, Sheet

Row = Sequence[object]

_SKILL = {
    "good": _("Leads can be worked in the order of their score."),
    "weak": _("The order is better than chance, but by little. Use it with care."),
    "none": _("The order cannot be told from chance."),
}


def make_overview(report: Report, words: Language) -> Sheet:
    """Return the figures of the first screen.

    Parameters
    ----------
    report : Report
    words : Language
    """
    columns = (Column("", width=44), *(Column("", width=18) for _i in range(4)))
    return Sheet(words.text(_("Overview")), columns, list(_overview(report, words)), has_head=False)


def make_definitions(terms: Mapping[str, Any], words: Language) -> Sheet:
    """Return what the words mean in this project.

    Parameters
    ----------
    terms : mapping
        As `serve.report.model_summary.summarise_terms` gives them.
    words : Language
    """
    columns = (
        Column(words.text(_("Word")), width=20),
        Column(words.text(_("What it means here")), "wrapped", 110),
    )
    return Sheet(words.text(_("Definitions")), columns, list(_define(terms, words)))


def _overview(report: Report, words: Language) -> Iterator[Row]:
    summary, state = report.summary, report.summary["state"]
    yield (Cell(summary["project"], "title"),)
    yield words.text(_("Model")), summary["version"]
    yield words.text(_("Made on")), Cell(summary["made"], "day")
    yield ()
    yield from _period(report.opening, words)
    yield ()
    yield (Cell(words.text(_("How far to trust it")), "heading"),)
    yield (words.text(_SKILL[state["skill"]]),)
    yield from _notices(report, words)
    yield words.text(_("Leads it was judged on")), Cell(state["n_test"], "count")
    yield ()
    yield from _calibration(summary["calibration"]["bins"], words)


def _period(opening: Opening, words: Language) -> Iterator[Row]:
    if opening.start is not None:
        yield words.text(_("Hand-overs from")), Cell(opening.start, "day")
        yield words.text(_("to")), Cell(opening.end, "day")
    answered = opening.answered / opening.handed_over if opening.handed_over else None
    accepted = opening.accepted / opening.answered if opening.answered else None
    figures: list[tuple[str, object, Kind]] = [
        (_("Handed over"), opening.handed_over, "count"),
        (_("Answered by sales"), opening.answered, "count"),
        (_("Answered of the handed over"), answered, "share"),
        (_("Accepted by sales"), opening.accepted, "count"),
        (_("Accepted of the answered"), accepted, "share"),
        (_("Waiting"), opening.waiting, "count"),
        (_("Waiting longer than 95 of 100 answers take"), opening.overdue, "count"),
        (_("Expected of the waiting"), opening.expected, "share"),
        (_("Probably at least"), opening.expected_low, "share"),
        (_("Probably at most"), opening.expected_high, "share"),
    ]
    for label, value, kind in figures:
        yield words.text(label), Cell(value, kind)


def _notices(report: Report, words: Language) -> Iterator[Row]:
    if report.summary["state"]["split"] == "shuffled":
        yield (Cell(words.text(_("These figures flatter the model.")), "note"),)
    for phrase in report.summary["state"]["doubt"]:
        yield (Cell(words.phrase(phrase), "note"),)
    shown, total = len(report.leads.frame), report.leads.total
    if shown < total:
        only = words.text(
            _("The worklist holds {shown} of {total} leads: the newest and the most surprising."),
            **{"shown": words.number(shown, digits=0), "total": words.number(total, digits=0)},
        )
        yield (Cell(only, "note"),)


def _calibration(bins: Sequence[Mapping[str, Any]], words: Language) -> Iterator[Row]:
    titles = (
        _("Mean score"),
        _("Leads"),
        _("Accepted of them"),
        _("Probably at least"),
        _("Probably at most"),
    )
    yield tuple(Cell(words.text(title), "heading") for title in titles)
    for part in bins:
        accepted = part["accepted"]
        yield (
            Cell(100 * part["mean_predicted"], "score"),
            Cell(part["n"], "count"),
            *(Cell(accepted[name], "share") for name in ("value", "low", "high")),
        )


def _define(terms: Mapping[str, Any], words: Language) -> Iterator[Row]:
    text = words.text
    yield (
        text(_("Lead")),
        text(
            _(
                "Somebody whom marketing took for promising and handed over to sales (a "
                "marketing-qualified lead, MQL). A lead that is handed over again counts again."
            )
        ),
    )
    yield (
        text(_("Score")),
        text(
            _(
                "The chance, in percent, that sales accepts the lead: of 100 leads with score 70, "
                "about 70 should be accepted. It is what the model in use says today of what was "
                "known when the lead was handed over, the same in every file and on every page."
            )
        ),
    )
    yield (
        text(_("Before sales' answer was known")),
        text(
            _(
                "The model in use has learned from sales' answers. Where it has learned from "
                "the answer to a lead, its score of this lead is no forecast, and the score "
                "given before the answer was known stands beside it, if it was kept. Only "
                "scores from before the answer are compared with what sales did: in how far to "
                "trust the score, in what was expected, in other choices of leads, and in where"
                " we disagree."
            )
        ),
    )
    yield text(_("Accepted")), _answer(terms, "accepted", _("No rejection came in time."), words)
    yield text(_("Rejected")), _answer(terms, "rejected", _("No acceptance came in time."), words)
    yield text(_("Recycled")), _recycled(terms, words)
    yield text(_("Untouched")), _untouched(terms, words)
    yield text(_("Matured")), _matured(terms, words)
    yield (
        text(_("Grade")),
        text(
            _(
                "The letter says what the lead's fit does to its chance, the digit what its "
                "behaviour does. A or 1 raises an average lead by 10 points or more, B or 2 by "
                "less; C or 3 lowers it by up to 10 points, D or 4 by more."
            )
        ),
    )


def _answer(terms: Mapping[str, Any], answer: str, silent: str, words: Language) -> str:
    if terms["present_means"] == answer:
        return words.text(_("The lead stands in the table of decisions."))
    if not terms[answer]:
        return words.text(silent)
    values = ", ".join(terms[answer])
    return words.text(_("The first answer after hand-over is one of: {values}."), values=values)


def _recycled(terms: Mapping[str, Any], words: Language) -> str:
    values = ", ".join(terms["recycled"])
    sent = words.text(_("Sent back to marketing."))
    if values:
        sent = words.text(_("Sent back to marketing: {values}."), values=values)
    counts = words.text(
        _("It counts as rejected for that hand-over; when the lead comes again, that is a new one.")
    )
    return f"{sent} {counts}"


def _untouched(terms: Mapping[str, Any], words: Language) -> str:
    if terms["present_means"]:
        said = words.text(
            _(
                "No decision was entered. Once the lead has matured, silence counts as the other "
                "answer."
            )
        )
    else:
        said = words.text(_("No decision yet. It is not a rejection and is not counted."))
    if not terms["undecided"]:
        return said
    values = ", ".join(terms["undecided"])
    return f"{said} {words.text(_('Answers that mean this: {values}.'), values=values)}"


def _matured(terms: Mapping[str, Any], words: Language) -> str:
    if terms["matured_after_days"] is None or terms["as_of"] is None:
        return words.text(
            _("The leads have no times, so none can be too young: every answer counts.")
        )
    return words.text(
        _(
            "Handed over at least {days} days before {date}. The model learns from no younger "
            "lead, whatever its answer so far: early answers are not a fair sample."
        ),
        days=terms["matured_after_days"],
        date=words.date(terms["as_of"]),
    )
