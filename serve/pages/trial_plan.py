"""Trial plan page: one page in every language, which both teams sign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from features.language import Language, language, list_languages
from features.language import translatable as _
from models.trials.plan import TrialPlan
from serve.pages.rendering import STYLE, render_page

TEMPLATE = "trial.html.j2"
STYLES = (STYLE, "trial.css")

OUTCOMES = {
    "accepted": _("are accepted by sales"),
    "opportunity": _("become opportunities"),
    "won": _("become won deals"),
}
QUESTIONS = {
    "hold-out": _("Do more leads {outcome} where sales works by the score?"),
    "scores": _(
        "Do more leads {outcome} with the scores of model {first} than with those of {second}?"
    ),
}
GROUPS = {
    "hold-out": _(
        "{share} of the leads are in the group “{first}”: sales gets them with score and reasons, "
        "best first. The others are in the group “{second}”: sales gets them as before, without "
        "any score."
    ),
    "scores": _(
        "{share} of the leads are in the group “{first}”: sales gets them with the scores of that "
        "model. The others are in the group “{second}” and come with the scores of that one."
    ),
}
DRAWN = _(
    "Nobody chooses the group: it follows from the lead's id, is the same on every machine, and "
    "stays when the lead comes again: leadaccord trial assign {name}."
)


@dataclass(frozen=True)
class Side:
    """The plan in one language.

    Attributes
    ----------
    code : str
        Of the language.
    title : str
    rows : tuple of (str, tuple of str)
        A heading and its sentences.
    foot : tuple of str
        Who signs, the team first; how; and by what the plan is known.
    """

    code: str
    title: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    foot: tuple[str, str, str, str]


def describe_plan(plan: TrialPlan, words: Language) -> Side:
    """Return all that the plan says, in one language.

    Parameters
    ----------
    plan : TrialPlan
    words : Language
    """
    t = words.text
    gaps = {
        "outcome": t(OUTCOMES[plan.outcome]),
        "first": plan.groups[0],
        "second": plan.groups[1],
        "share": words.percent(plan.share),
        "name": plan.name,
    }
    question = t(QUESTIONS[plan.design], **gaps)
    counts = t(
        _(
            "Whether it happens within {days} days of a lead's first hand-over in the trial. Every "
            "lead of a group counts, also one that nobody called."
        ),
        **gaps,
        days=plan.days,
    )
    rows = (
        (t(_("Question")), (question,)),
        (t(_("What counts")), (counts, t(_SWAY)) if plan.outcome == "accepted" else (counts,)),
        (t(_("Two groups")), (t(GROUPS[plan.design], **gaps), t(DRAWN, **gaps), t(_FAIR))),
        (t(_("How many leads, how long")), _describe_size(plan, words)),
        (t(_("When one may look")), _describe_looks(plan, words)),
    )
    return Side(
        code=words.code,
        title=t(_("Plan of the trial {name}"), name=plan.name),
        rows=rows,
        foot=(t(_("Marketing")), t(_("Sales")), t(_("Name, day, signature")), t(_("Seal"))),
    )


_FAIR = _(
    "Both groups get the same reps, and hours in proportion to their leads. Otherwise one group is "
    "worked at the other's cost, and the difference promises more than the score is worth."
)


_SWAY = _(
    "The answer is given by people who see the score, so a rise may be the score's own echo. "
    "Opportunities and won deals are the better question where their dates are known."
)


def _describe_size(plan: TrialPlan, words: Language) -> tuple[str, ...]:
    size = words.text(
        _(
            "{size} leads in both groups together. If the share rises from {before} (of {leads} "
            "earlier leads) to {after}, four of five trials of this size show it."
        ),
        size=plan.size,
        before=words.percent(plan.base_rate, digits=1),
        leads=plan.base_leads,
        after=words.percent(plan.base_rate + plan.effect, digits=1),
    )
    time = words.text(
        _(
            "At the present pace of {pace} new leads a week the groups are full after {weeks} "
            "weeks: from {start} to {end}; the last outcomes are known on {known}."
        ),
        pace=words.number(plan.per_week, digits=0),
        weeks=words.number(plan.weeks, digits=0),
        start=words.date(plan.start),
        end=words.date(plan.full.date()),
        known=words.date(plan.full.date() + timedelta(days=plan.days)),
    )
    others = [
        words.text(
            _("to {after}: {size} leads, {weeks} weeks"),
            after=words.percent(plan.base_rate + one.effect, digits=1),
            size=one.size,
            weeks=words.number(one.weeks, digits=0),
        )
        for one in plan.alternatives
    ]
    rises = words.text(_("A smaller or larger rise: {others}."), others="; ".join(others))
    return (size, time, rises)


def _describe_looks(plan: TrialPlan, words: Language) -> tuple[str, ...]:
    t = words.text
    any_day = t(
        _(
            "On any day, as often as one likes: leadaccord trial read {name}. The trial has shown "
            "that it pays once the whole interval of the difference lies above 0, and may end "
            "then. With all looks together that is wrong in at most 5 of 100 trials."
        ),
        name=plan.name,
    )
    end = t(
        _(
            "If the groups are full, the last outcomes are known, and 0 still lies within, the "
            "trial ends as not shown. Until then groups, share and question stay as they are."
        )
    )
    ratio = (
        t(_("Each reading also checks whether the groups are as large as planned."))
        if plan.noticed_loss is None
        else t(
            _(
                "Each reading also checks whether the groups are as large as planned: if {loss} of "
                "one group were lost on the way, it would be noticed, and nothing may be read."
            ),
            loss=words.percent(plan.noticed_loss),
        )
    )
    return (any_day, end, ratio)


def render_plan(plan: TrialPlan, words: Language, *, project: str) -> str:
    """Render the plan as one page that loads and runs nothing; every value is escaped.

    Parameters
    ----------
    plan : TrialPlan
    words : Language
        Of the page's title; the page itself is in all languages.
    project : str
    """
    sides = [describe_plan(plan, language(code)) for code in list_languages()]
    return render_page(TEMPLATE, STYLES, words, plan=plan, sides=sides, project=project)
