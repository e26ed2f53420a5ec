"""Words of the page's script, in the reader's language."""

from __future__ import annotations

from features.language import Language
from features.language import translatable as _
from models.reasons.bands import BAND_WORDS, BANDS
from models.reasons.change_sentences import BARE, WHOLE
from serve.pages.words import BEFORE_ANSWER
from serve.report.model_summary import DECISIONS

WORDS = {
    "any": _("all"),
    "within": _("last {days} days"),
    "none": _("(not given)"),
    "found": _("{count} of {total} leads"),
    "found_one": _("1 of {total} leads"),
    "nothing": _("No lead fits these filters."),
    "more": _("Show {count} more"),
    "range": _("{low} to {high}"),
    "overdue": _("waiting long"),
    "before": BEFORE_ANSWER,
    "was": _("was {score}"),
    "changed": _("Why it changed since {day}"),
    "change": WHOLE,
    "change_bare": BARE,
    "no_time": _("no time"),
    "for": _("Speaks for it"),
    "against": _("Speaks against it"),
    "record": _("Open in the CRM"),
    "why_not": _("Why not higher"),
    "no_reason": _("Nothing that counts."),
    "elsewhere": _("in the workbook"),
    "elsewhere_how": _(
        "This page explains the newest leads and those to act on. The workbook has the reasons of "
        "all; leadaccord report --lead {id} writes a page about this one."
    ),
    "way": _("How the score comes about"),
    "way_caption": _("From the average lead to this one, in points of chance"),
    "step": _("Step"),
    "points": _("Points"),
    "after": _("Chance after it"),
    "average": _("The average lead"),
    "rest": _("Everything else"),
    "this": _("This lead"),
    "little": _("less than 1"),
    "story": _("What it did before hand-over"),
    "handed_over_on": _("Handed over on {date}"),
    "decided_on": _("{decision} on {date}"),
    "sales_reason": _("Reason given by sales: {reason}"),
    "same_day": _("less than a day before"),
    "one_day": _("1 day before"),
    "days": _("{days} days before"),
    "times": _("{count} times"),
    "earlier": _("and {count} more before that"),
    "earlier_one": _("and 1 more before that"),
    "no_story": _("Nothing is known of what it did."),
    "similar": _("The most similar leads so far"),
    "similar_caption": _("Leads that sales has answered, most similar first"),
    "no_similar": _("No answered lead is like it."),
    "lead": _("Lead"),
    "score": _("Score"),
    "answer": _("What sales said"),
    "missing": _("What its record lacks"),
    "no_missing": _("Nothing that most records have."),
    "kept": _("{count} verdicts noted. They are kept in this browser until you export them."),
    "kept_one": _("1 verdict noted. It is kept in this browser until you export it."),
    "lost": _("{count} verdicts noted. Export them before you close the page: they are lost then."),
    "lost_one": _("1 verdict noted. Export it before you close the page: it is lost then."),
    "no_verdict": _("No verdict is noted yet."),
    "decision_answered": _("answered"),
    "opportunity": _("an opportunity"),
    "won": _("won"),
    "won_now": _("won in this period"),
    "won_since": _("won since, by whoever"),
    "said": _("scored {low} to {high} before the answer"),
    "exported": _("Written: {file}"),
}


def write_words(language: Language) -> dict[str, str]:
    """Return every phrase of the script by its key, gaps left open.

    Parameters
    ----------
    language : Language

    Returns
    -------
    dict
        Those of `WORDS`, of each decision as ``decision_NAME`` and of each band as ``band_PLACE``.
    """
    said = {key: language.text(phrase) for key, phrase in WORDS.items()}
    bands = {f"band_{BANDS.index(name)}": phrase for name, phrase in BAND_WORDS.items()}
    decisions = {f"decision_{name}": phrase for name, phrase in DECISIONS.items()}
    return said | {key: language.text(phrase) for key, phrase in (decisions | bands).items()}
