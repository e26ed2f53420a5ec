"""Report page: one self-contained HTML file in every language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from features.language import Language, language
from features.language import translatable as _
from features.text import share_digits
from models.reasons.bands import BAND_WORDS, BANDS
from serve.pages.rendering import STYLE, hash_style, make_environment, read_part, render_page
from serve.pages.words import BEFORE_ANSWER
from serve.report.contents import Group, Report
from serve.report.html.lead_data import pack_leads
from serve.report.html.packing import write_json
from serve.report.html.script_words import write_words
from serve.report.html.to_act_on import choose_within, is_within, mark_to_call
from serve.report.html.trend import draw_trend
from serve.report.model_summary import DECISIONS, FEW_LEADS
from serve.report.since.movers import write_lead_change

TITLE = _("Lead report: {project}")

SHELL = "report/page.html.j2"
BODY = "report/body.html.j2"
PAGE_STYLE = "report/page.css"
SCRIPT = "report/report.js"

STILL_LEADS = 10
"""Waiting leads that stand in the page itself, for paper and for readers without scripts."""

CASES_AT_ONCE = 5
"""Disagreements on each side that are open to be read; the others unfold."""


DRIVERS_AT_ONCE = 5
"""Drivers of acceptance that are listed; the others unfold."""


def render(reports: Sequence[Report]) -> str:
    """Render the report.

    Parameters
    ----------
    reports : sequence of Report
        The same report in each language, at least one; the page opens in the first.

    Returns
    -------
    str
        HTML that loads nothing: its own policy forbids every source but its one style sheet and
        its one script, which are named by their hashes. Every value is escaped, and the script
        makes texts of them, never markup.
    """
    # Without what sets it in: a page is sent by mail.
    script = "\n".join(line.lstrip() for line in read_part(SCRIPT).splitlines())
    first = language(reports[0].language)
    return render_page(
        SHELL,
        (STYLE, PAGE_STYLE),
        first,
        first=reports[0],
        title=first.text(TITLE, project=reports[0].summary["project"]),
        bodies=[render_body(report) for report in reports],
        tongues=[(report.language, name_language(report.language)) for report in reports],
        data=write_json(gather_data(reports)),
        script=script,
        script_hash=hash_style(script),
    )


def render_body(report: Report) -> str:
    """Render what stands on the page in one language.

    Parameters
    ----------
    report : Report

    Returns
    -------
    str
        HTML whose every id begins with the language's code, so that the bodies of several
        languages fit into one page.
    """
    words = language(report.language)
    leads = report.leads
    to_call = np.flatnonzero(mark_to_call(leads.frame))
    within = choose_within(leads.frame)
    fresh = to_call if within is None else to_call[is_within(leads.frame, within)[to_call]]
    body: str = (
        make_environment(words, digits=share_digits(report.summary["state"]["share"]))
        .get_template(BODY)
        .render(
            r=report,
            s=report.summary,
            p=f"{report.language}-",
            waiting=[show_lead(report, place, words) for place in fresh[:STILL_LEADS]],
            states=leads.frame["state"].value_counts().to_dict(),
            n_fresh=len(fresh),
            within=within,
            money=lambda amount: words.money(amount, report.currency),
            trend=draw_trend(list_months(report), find_aim(report)),
            period=f"within={report.days}&" if report.opening.start else "",
            bands=[BAND_WORDS[name] for name in BANDS],
            timed=bool(leads.frame["handed_over_at"].notna().any()),
            disputes=[
                (key, [show_lead(report, place, words) for place in places])
                for key, places in (
                    ("rejected", report.disagreements.rejected),
                    ("accepted", report.disagreements.accepted),
                )
            ],
            at_once=CASES_AT_ONCE,
            drivers_at_once=DRIVERS_AT_ONCE,
            decisions=DECISIONS,
            before_answer=BEFORE_ANSWER,
            few=FEW_LEADS,
        )
    )
    return body


def list_months(report: Report) -> tuple[Group, ...]:
    """Return the months of a report, oldest first; none where leads have no times."""
    return next((one.groups for one in report.groupings if one.key == "month"), ())


def find_aim(report: Report) -> float | None:
    """Return the accepted share that the teams agreed on."""
    return next((figure.aim for figure in report.funnel if figure.key == "accepted"), None)


def show_lead(report: Report, place: int, words: Language) -> dict[str, Any]:
    """Return one lead as the templates show it.

    Parameters
    ----------
    report : Report
    place : int
        In the frame of its leads.
    words : Language
        Of the dates.

    Returns
    -------
    dict
        ``place``, ``title``, ``id``, ``score``, ``before`` (its score before sales' answer was
        known, None unless the model has learned from the answer), ``low``, ``high``, ``grade``,
        ``handed_over`` and ``decided`` (words or empty), ``decision``, ``reason`` of sales (empty
        if none), ``overdue``, ``facts``, ``reasons``, ``against`` and ``change`` (why the score is
        another than before; empty where it is not).
    """
    leads = report.leads
    row = leads.frame.iloc[place]
    shown = [text for text in leads.shown.iloc[place] if text]
    return {
        "place": int(place),
        "title": " · ".join(shown) or row["lead_id"],
        "id": row["lead_id"] if shown else "",
        "score": int(row["score"]),
        "before": None if pd.isna(row["score_before"]) else int(row["score_before"]),
        "low": float(row["low"]),
        "high": float(row["high"]),
        "grade": row["grade"],
        "handed_over": _write_day(row["handed_over_at"], words),
        "decided": _write_day(row["decided_at"], words),
        "decision": row["decision"],
        "reason": row["reason"] if isinstance(row["reason"], str) else "",
        "overdue": bool(row["overdue"]),
        "facts": [text for text in leads.fields.iloc[place] if text],
        "reasons": leads.reasons_for[place],
        "against": leads.reasons_against[place],
        "change": write_lead_change(leads, place, words),
    }


def gather_data(reports: Sequence[Report]) -> dict[str, Any]:
    """Return all that the script works on.

    Parameters
    ----------
    reports : sequence of Report

    Returns
    -------
    dict
        ``languages`` with code, title of the page and words for the script; ``leads`` as
        `serve.report.html.lead_data.pack_leads` gives them; ``disputes``, per place of a lead that
        the teams see differently the exact time of its hand-over and what sales decided;
        ``memory``, the name under which a browser may keep verdicts; ``made``, the day of the
        report; ``within``, as `choose_within` says; and ``digits``, decimals of percentages.
    """
    first = reports[0]
    frame = first.leads.frame
    places = np.concatenate([first.disagreements.rejected, first.disagreements.accepted])
    return {
        "languages": [
            {
                "code": report.language,
                "title": language(report.language).text(TITLE, project=report.summary["project"]),
                "words": write_words(language(report.language)),
            }
            for report in reports
        ],
        "leads": pack_leads(reports),
        "disputes": {
            str(place): {
                "handed_over_at": _write_moment(frame["handed_over_at"].iloc[place]),
                "decision": frame["decision"].iloc[place],
            }
            for place in places
        },
        "memory": f"leadaccord verdicts {first.summary['project']}",
        "made": first.summary["made"].isoformat(),
        "within": choose_within(frame),
        "digits": share_digits(first.summary["state"]["share"]),
    }


def name_language(code: str) -> str:
    """Return a language's name as its speakers write it."""
    from babel.core import Locale

    name = str(Locale.parse(code).get_display_name(code))
    return name[:1].upper() + name[1:]


def _write_day(moment: Any, words: Language) -> str:
    return "" if pd.isna(moment) else words.date(pd.Timestamp(moment).date())


def _write_moment(moment: Any) -> str:
    """Return a time in UTC as ISO 8601, or an empty text."""
    return "" if pd.isna(moment) else pd.Timestamp(moment).isoformat() + "Z"
