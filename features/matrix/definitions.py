"""Feature definitions: the name, source, label and purpose of every feature.

Every feature the model can see is an entry made here. The families below are the whole list;
a project's own columns and activity types fill their gaps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from features.language import Phrase
from features.language import translatable as _
from features.naming import activity_label, readable

Kind = Literal["fit", "behaviour", "context", "history"]
Form = Literal["number", "category"]

KINDS: tuple[Kind, ...] = ("fit", "behaviour", "context", "history")
WINDOWS = (7, 30, 90)
"""Days before hand-over over which activities are counted."""

TYPE = "activities.type: "
"""Before the name of an activity type where columns that are left out are named."""

# Two levels exist in every category: what was left empty, and what is too rare to learn from.
NOT_GIVEN = "(not given)"
OTHER = "(other)"


@dataclass(frozen=True)
class Feature:
    """One column of the feature matrix.

    Attributes
    ----------
    name : str
        Unique; the matrix's column name.
    kind : {"fit", "behaviour", "context", "history"}
        Who the lead is, what it did, how it came, what happened to it before.
    form : {"number", "category"}
        A number may be missing (NaN); a category has the level "(not given)" instead.
    source : str
        ``table.column`` it is made from.
    known : str
        When its value is known, in words.
    label : Phrase
        What a reader calls it.
    why : str
        Why it can tell something about acceptance.
    topic : str
        Facets of the same thing share a topic, so that one reason speaks for them together.
    recipe : str
        How it is made, and so which sentence tells a lead's value (see `models.reasons.writer`).
    detail : str
        What the recipe needs besides the column, such as the word that a text mentions.
    """

    name: str
    kind: Kind
    form: Form
    source: str
    known: str
    label: Phrase
    why: str
    topic: str
    recipe: str = "as_is"
    detail: str = ""

    @property
    def column(self) -> str:
        """Return the source column without its table."""
        return self.source.split(".", 1)[1]

    def to_dict(self) -> dict[str, Any]:
        """Return the feature as plain types."""
        fields = dict(vars(self))
        fields["label"] = self.label.to_dict()
        return fields

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Feature:
        """Return the feature that `to_dict` wrote."""
        return cls(**{**data, "label": Phrase.from_dict(data["label"])})


AT_HAND_OVER = "at hand-over, as entered"
BEFORE_HAND_OVER = "from what was dated before hand-over"


def attribute(column: str, *, kind: Kind, form: Form) -> Feature:
    """Return the feature that is a CRM column as it is."""
    return Feature(
        name=column,
        kind=kind,
        form=form,
        source=f"leads.{column}",
        known=AT_HAND_OVER,
        label=Phrase("{column}", {"column": readable(column)}),
        why="what the CRM knows of the lead",
        topic=column,
    )


def days_before(column: str, *, kind: Kind) -> Feature:
    """Return the feature that counts the days from a date column to hand-over."""
    return Feature(
        name=f"{column}: days before",
        kind=kind,
        form="number",
        source=f"leads.{column}",
        known="at hand-over; later dates count as missing",
        label=Phrase(_("days from {column} to hand-over"), {"column": readable(column)}),
        why="how fresh the lead was when it was handed over",
        topic=column,
        recipe="days_before",
    )


def derived(column: str, facet: str) -> Feature:
    """Return a feature derived at the door from a personal or free-text column.

    Parameters
    ----------
    column : str
        The source column, whose content goes no further.
    facet : str
        A key of `DOOR_FACETS`.
    """
    text, why = DOOR_FACETS[facet]
    return Feature(
        name=f"{column}: {facet}",
        kind="fit",
        form="category",
        source=f"leads.{column}",
        known=AT_HAND_OVER,
        label=Phrase(text, {"column": readable(column)}),
        why=why,
        topic=f"{column}: {facet}",
        recipe=facet,
    )


DOOR_FACETS: dict[str, tuple[str, str]] = {
    "seniority": (_("seniority ({column})"), "seniority decides who can buy"),
    "function": (_("function ({column})"), "the function tells whether the offer fits"),
    "domain": (
        _("kind of e-mail address ({column})"),
        "company addresses come from people at work; free and disposable ones often do not",
    ),
    "present": (_("{column} given"), "those who want to be reached leave a way to reach them"),
    "looks real": (_("{column} looks real"), "made-up entries come from people passing a form"),
}


def words(column: str, kind: Kind) -> Feature:
    """Return the number of words typed into a free-text column."""
    return Feature(
        name=f"{column}: words",
        kind=kind,
        form="number",
        source=f"leads.{column}",
        known=AT_HAND_OVER,
        label=Phrase(_("number of words in {column}"), {"column": readable(column)}),
        why="a lead that explains itself has a need",
        topic=column,
        recipe="words",
    )


def mentions(column: str, word: str, kind: Kind) -> Feature:
    """Return whether a free-text column mentions one of its common words."""
    return Feature(
        name=f"{column}: mentions {word}",
        kind=kind,
        form="category",
        source=f"leads.{column}",
        known=AT_HAND_OVER,
        label=Phrase(_("{column} mentions “{word}”"), {"column": readable(column), "word": word}),
        why="what the lead wrote itself",
        topic=f"{column}: {word}",
        recipe="mentions",
        detail=word,
    )


def completeness() -> Feature:
    """Return the share of the lead's columns that are filled."""
    return Feature(
        name="completeness",
        kind="fit",
        form="number",
        source="leads.*",
        known=AT_HAND_OVER,
        label=Phrase(_("share of the record that is filled")),
        why="careful records come from interested leads",
        topic="completeness",
        recipe="completeness",
    )


def hand_over_time() -> tuple[Feature, ...]:
    """Return weekday and hour of hand-over."""
    common: dict[str, Any] = {
        "kind": "context",
        "source": "leads.handed_over_at",
        "known": "at hand-over",
    }
    return (
        Feature(
            name="weekday of hand-over",
            form="category",
            label=Phrase(_("weekday of hand-over")),
            why="leads of a weekend wait longer",
            topic="weekday of hand-over",
            recipe="weekday",
            **common,
        ),
        Feature(
            name="hour of hand-over",
            form="number",
            label=Phrase(_("hour of hand-over (UTC)")),
            why="leads of office hours come from people at work",
            topic="hour of hand-over",
            recipe="hour",
            **common,
        ),
    )


def activity_counts(kind_of_activity: str) -> tuple[Feature, ...]:
    """Return the features of one type of activity: counts per window and days since the last."""
    values = {"activity": activity_label(kind_of_activity)}
    topic = f"activity {kind_of_activity}"
    common: dict[str, Any] = {
        "kind": "behaviour",
        "form": "number",
        "source": "activities.type",
        "known": BEFORE_HAND_OVER,
        "topic": topic,
    }
    counts = tuple(
        Feature(
            name=f"{topic}: last {days} days",
            label=Phrase(
                _("{activity} in the {days} days before hand-over"), {**values, "days": days}
            ),
            why="what a lead did lately tells what it wants",
            recipe="activity_count",
            detail=str(days),
            **common,
        )
        for days in WINDOWS
    )
    since = Feature(
        name=f"{topic}: days since last",
        label=Phrase(_("days from the last {activity} to hand-over"), values),
        why="interest cools with the days",
        recipe="activity_recency",
        **common,
    )
    return (*counts, since)


_OVER_ALL = (
    (
        "days since last",
        "days",
        _("days from the last activity to hand-over"),
        "interest cools",
    ),
    (
        "days since first",
        "days",
        _("days from the first activity to hand-over"),
        "how long it knows us",
    ),
    (
        "change of pace",
        "number",
        _("activities of the last 7 days less a usual week of the last 30"),
        "a lead that speeds up is deciding",
    ),
    (
        "distinct kinds",
        "count",
        _("kinds of activity in the last 90 days"),
        "breadth of interest",
    ),
)


def activity_summary() -> tuple[Feature, ...]:
    """Return the features over all types of activity together."""
    common: dict[str, Any] = {
        "kind": "behaviour",
        "source": "activities.at",
        "known": BEFORE_HAND_OVER,
    }
    counts = tuple(
        Feature(
            name=f"activities: last {days} days",
            form="number",
            label=Phrase(_("activities in the {days} days before hand-over"), {"days": days}),
            why="how busy the lead was",
            topic="activities",
            recipe="activity_total",
            detail=str(days),
            **common,
        )
        for days in WINDOWS
    )
    numbers = tuple(
        Feature(
            name=f"activities: {facet}",
            form="number",
            label=Phrase(text),
            why=why,
            topic="activities" if facet == "distinct kinds" else f"activities: {facet}",
            recipe=recipe,
            **common,
        )
        for facet, recipe, text, why in _OVER_ALL
    )
    last = Feature(
        name="activities: last touch",
        form="category",
        label=Phrase(_("last activity before hand-over")),
        why="the touch that led to the hand-over",
        topic="activities: last touch",
        recipe="last_touch",
        **common,
    )
    return (*counts, *numbers, last)


def history() -> tuple[Feature, ...]:
    """Return what happened at earlier hand-overs of the same lead."""
    entries = (
        (
            "earlier hand-overs",
            "count",
            _("earlier hand-overs of this lead"),
            "leads.handed_over_at",
        ),
        (
            "earlier rejections",
            "count",
            _("earlier rejections of this lead"),
            "decisions.decision",
        ),
        (
            "days since earlier hand-over",
            "days",
            _("days since the lead was last handed over"),
            "leads.handed_over_at",
        ),
    )
    return tuple(
        Feature(
            name=name,
            kind="history",
            form="number",
            source=source,
            known=BEFORE_HAND_OVER,
            label=Phrase(text),
            why="what sales said before about the same lead",
            topic="earlier hand-overs",
            recipe=recipe,
        )
        for name, recipe, text, source in entries
    )
