"""Wording of reasons: the sentence for a value of a feature, chosen by the feature's recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from features.language import translatable as _


@dataclass(frozen=True)
class Wording:
    """How the values of a recipe are put into words; each text is an English message id.

    Texts may name ``{value}`` or ``{percent}``, ``{label}``, ``{column}``, ``{word}`` and
    whatever the feature's label holds, such as ``{activity}`` and ``{days}``.

    Attributes
    ----------
    value, missing : str
        For a value, and for none.
    no : str or None
        For "no", where values are "yes" and "no" and `value` is for "yes".
    zero : str or None
        For 0, where it needs another sentence than other numbers.
    same_day : str or None
        For less than 1, where that is less than a day.
    counted : bool
        Whether values are whole numbers, so that a range reads "3 to 5" and not "over 2, up to 5".
    never_negative : bool
        Whether 0 is the smallest value there can be, so that a range up to 0 reads "0".
    own_words : bool
        Whether values are words of this project, which are translated, and not the CRM's.
    """

    value: str
    missing: str
    no: str | None = None
    zero: str | None = None
    same_day: str | None = None
    counted: bool = False
    never_negative: bool = False
    own_words: bool = False


WORDINGS: Mapping[str, Wording] = {
    "as_is": Wording(_("{label} is {value}"), _("{label} is not given")),
    "seniority": Wording(
        _("Seniority from {column}: {value}"), _("{column} is not given"), own_words=True
    ),
    "function": Wording(
        _("Function from {column}: {value}"), _("{column} is not given"), own_words=True
    ),
    "domain": Wording(
        _("Kind of e-mail address: {value}"), _("{column} is not given"), own_words=True
    ),
    "present": Wording(
        _("{column} is given"), _("{column} is not given"), no=_("{column} is not given")
    ),
    "looks real": Wording(
        _("{column} looks like a real one"),
        _("{column} is not given"),
        no=_("{column} does not look like a real one"),
    ),
    "mentions": Wording(
        _("{column} mentions “{word}”"),
        _("{column} is not given"),
        no=_("{column} does not mention “{word}”"),
    ),
    "days_before": Wording(
        _("{column} was {value} days before hand-over"),
        _("{column} is not given or not dated before hand-over"),
        same_day=_("{column} was less than a day before hand-over"),
        never_negative=True,
    ),
    "words": Wording(
        _("{value} words in {column}"),
        _("Nothing written in {column}"),
        zero=_("Nothing written in {column}"),
        counted=True,
    ),
    "completeness": Wording(
        _("{percent} of the record is filled"),
        _("The record is empty"),
        zero=_("The record is empty"),
    ),
    "weekday": Wording(
        _("Handed over on {value}"), _("Weekday of hand-over not known"), own_words=True
    ),
    "hour": Wording(
        _("Handed over at {value} h (UTC)"), _("Hour of hand-over not known"), counted=True
    ),
    "activity_count": Wording(
        _("{activity}: {value} in the {days} days before hand-over"),
        _("{activity}: not known"),
        zero=_("No {activity} in the {days} days before hand-over"),
        counted=True,
    ),
    "activity_total": Wording(
        _("{value} activities in the {days} days before hand-over"),
        _("Activities: not known"),
        zero=_("No activity in the {days} days before hand-over"),
        counted=True,
    ),
    "activity_recency": Wording(
        _("Last {activity} {value} days before hand-over"),
        _("No {activity} before hand-over"),
        same_day=_("Last {activity} less than a day before hand-over"),
        never_negative=True,
    ),
    "last_touch": Wording(
        _("Last activity before hand-over: {value}"), _("No activity before hand-over")
    ),
    "days": Wording(_("{label}: {value}"), _("{label}: never"), never_negative=True),
    "number": Wording(_("{label}: {value}"), _("{label}: not known")),
    "count": Wording(_("{label}: {value}"), _("{label}: not known"), counted=True),
}
"""By the recipe of `features.matrix.definitions.Feature`."""

# Levels of derived features; listed here so that they get into the catalogues.
VOCABULARY = tuple(
    _(word)
    for word in (
        "executive",
        "vice president",
        "director",
        "manager",
        "student",
        "junior",
        "specialist",
        "not recognised",
        "marketing",
        "sales",
        "information technology",
        "engineering",
        "finance",
        "purchasing",
        "operations",
        "human resources",
        "legal",
        "customer service",
        "education",
        "general management",
        "free",
        "company",
        "government",
        "disposable",
        "not an address",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    )
)

RARE = _("{label} is one seldom seen: {value}")
QUOTE = _("{what}: sales accepted {share} of {count} such leads, {base} of all")
QUOTE_RANGE = _(
    "{what}: sales accepted {share} of {count} leads in that range ({range}), {base} of all"
)
