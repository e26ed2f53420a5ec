"""Contributions turned into sentences that a salesperson understands."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.language import Language
from features.language import translatable as _
from features.matrix import FeatureTable, encode_levels
from features.registry import NOT_GIVEN, OTHER, Feature, activity_label
from models.ranges import name_ranges
from models.statistics import FeatureStatistics, Statistics

MAX_REASONS = 5
MIN_CONTRIBUTION = 0.05
"""Log-odds below which a contribution is no reason: about one point of probability."""
MIN_LEADS_TO_QUOTE = 20
FEW_ACCEPTED = 0.10
_MAX_VALUE = 60

# Values from vocabularies of our own; listed here so that the catalogues know them.
_VOCABULARY = tuple(
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
_CLOSED = frozenset({"seniority", "function", "domain", "weekday"})

# What a value says, by recipe: the sentence for a value, and the one for a missing value.
_SENTENCES: dict[str, tuple[str, str]] = {
    "as_is": (_("{label} is {value}"), _("{label} is not given")),
    "seniority": (_("Seniority from {column}: {value}"), _("{column} is not given")),
    "function": (_("Function from {column}: {value}"), _("{column} is not given")),
    "domain": (_("Kind of e-mail address: {value}"), _("{column} is not given")),
    "days_before": (
        _("{column} was {value} days before hand-over"),
        _("{column} is not given or not dated before hand-over"),
    ),
    "words": (_("{value} words in {column}"), _("Nothing written in {column}")),
    "completeness": (_("{percent} of the record is filled"), _("The record is empty")),
    "weekday": (_("Handed over on {value}"), _("Weekday of hand-over not known")),
    "hour": (_("Handed over at {value} h (UTC)"), _("Hour of hand-over not known")),
    "activity_count": (
        _("{activity}: {value} in the {days} days before hand-over"),
        _("{activity}: not known"),
    ),
    "activity_total": (
        _("{value} activities in the {days} days before hand-over"),
        _("Activities: not known"),
    ),
    "activity_recency": (
        _("Last {activity} {value} days before hand-over"),
        _("No {activity} before hand-over"),
    ),
    "days": (_("{label}: {value}"), _("{label}: never")),
    "number": (_("{label}: {value}"), _("{label}: not known")),
    "count": (_("{label}: {value}"), _("{label}: not known")),
    "last_touch": (
        _("Last activity before hand-over: {value}"),
        _("No activity before hand-over"),
    ),
}
_YES_NO: dict[str, tuple[str, str, str]] = {
    "present": (_("{column} is given"), _("{column} is not given"), _("{column} is not given")),
    "looks real": (
        _("{column} looks like a real one"),
        _("{column} does not look like a real one"),
        _("{column} is not given"),
    ),
    "mentions": (
        _("{column} mentions “{word}”"),
        _("{column} does not mention “{word}”"),
        _("{column} is not given"),
    ),
}
_SAME_DAY = {
    "activity_recency": _("Last {activity} less than a day before hand-over"),
    "days_before": _("{column} was less than a day before hand-over"),
}
_NONE_OF = _("No {activity} in the {days} days before hand-over")
_NO_ACTIVITY = _("No activity in the {days} days before hand-over")
_RARE = _("{label} is one seldom seen: {value}")
_QUOTE = _("{what}: {share} of such leads were accepted, {base} overall ({count} leads)")
_QUOTE_RANGE = _(
    "{what}: {share} of leads in that range ({range}) were accepted, {base} overall ({count} leads)"
)
_FOR = _("{what}: speaks for the lead together with the rest of its record")
_AGAINST = _("{what}: speaks against the lead together with the rest of its record")


@dataclass(frozen=True)
class Topics:
    """Features grouped by what they are about.

    Attributes
    ----------
    names : tuple of str
    members : tuple of tuple of int
        Positions of each topic's features.
    """

    names: tuple[str, ...]
    members: tuple[tuple[int, ...], ...]


def group_topics(table: FeatureTable) -> Topics:
    """Group the features of a table by topic, in the order they first occur."""
    found: dict[str, list[int]] = {}
    for position, feature in enumerate(table.features):
        found.setdefault(feature.topic, []).append(position)
    return Topics(tuple(found), tuple(tuple(members) for members in found.values()))


class ReasonWriter:
    """Writes the reasons for and against each lead.

    Parameters
    ----------
    table : FeatureTable
    statistics : Statistics
        Acceptance by value among the leads learned from.
    language : Language

    Notes
    -----
    A sentence speaks for a whole topic through the feature that moves it most. The rate it
    quotes is that of training leads with such a value, and it is quoted only where it points
    the same way as the contribution and rests on `MIN_LEADS_TO_QUOTE` leads or more: what a
    value does together with others may differ from what it does alone.
    """

    def __init__(self, table: FeatureTable, statistics: Statistics, language: Language) -> None:
        self._table = table
        self._statistics = statistics
        self._language = language
        self._topics = group_topics(table)
        self._rates = {name: entry.rates() for name, entry in statistics.features.items()}
        self._written: dict[tuple[int, object, bool], str] = {}

    def write(
        self, values: pd.DataFrame, matrix: np.ndarray, contributions: np.ndarray
    ) -> tuple[list[list[str]], list[list[str]]]:
        """Return up to five reasons for and five against each lead.

        Parameters
        ----------
        values : DataFrame of shape (n_leads, n_features)
            As computed, before encoding.
        matrix : ndarray of shape (n_leads, n_features)
            The same, encoded.
        contributions : ndarray of shape (n_leads, n_features + 1)
            In log-odds; the last column is not read.

        Returns
        -------
        reasons, against : list of list of str
            Strongest first; shorter than five where less than five speak.
        """
        by_topic = np.column_stack(
            [contributions[:, list(members)].sum(axis=1) for members in self._topics.members]
        )
        columns = [values[feature.name].to_numpy(dtype=object) for feature in self._table.features]
        both = []
        for sign in (1.0, -1.0):
            strength = by_topic * sign
            order = np.argsort(-strength, axis=1, kind="stable")[:, :MAX_REASONS]
            both.append(
                [
                    [
                        self._sentence(row, topic, sign, columns, matrix, contributions)
                        for topic in order[row]
                        if strength[row, topic] >= MIN_CONTRIBUTION
                    ]
                    for row in range(len(values))
                ]
            )
        return both[0], both[1]

    def _sentence(
        self,
        row: int,
        topic: int,
        sign: float,
        columns: list[np.ndarray],
        matrix: np.ndarray,
        contributions: np.ndarray,
    ) -> str:
        members = self._topics.members[topic]
        position = max(members, key=lambda i: (contributions[row, i] * sign, -i))
        value, code = columns[position][row], float(matrix[row, position])
        shown = None if is_missing(value) else value
        key = (position, shown, sign > 0)
        if key not in self._written:
            self._written[key] = self._compose(position, shown, code, sign > 0)
        return self._written[key]

    def _compose(self, position: int, value: object, code: float, is_for: bool) -> str:
        feature = self._table.features[position]
        what = self.describe(feature, value)
        statistics = self._statistics.features[feature.name]
        group = int(statistics.group(np.array([code]))[0])
        leads = int(statistics.leads[group])
        rate, base = float(self._rates[feature.name][group]), self._statistics.base_rate
        digits = share_digits(base)
        share = self._language.percent(rate, digits=digits)
        overall = self._language.percent(base, digits=digits)
        agrees = rate > base if is_for else rate < base
        # A rate that reads the same as the overall one explains nothing.
        if leads < MIN_LEADS_TO_QUOTE or not agrees or share == overall:
            return self._language.text(_FOR if is_for else _AGAINST, what=what)
        gaps = {"what": what, "share": share, "base": overall, "count": leads}
        spread = self._name_range(feature, value, statistics, group)
        if spread is None:
            return self._language.text(_QUOTE, **gaps)
        return self._language.text(_QUOTE_RANGE, **gaps, range=spread)

    def _name_range(
        self, feature: Feature, value: object, statistics: FeatureStatistics, group: int
    ) -> str | None:
        """Name the range the quoted leads lie in; None where the value stands for itself."""
        if statistics.edges is None or len(statistics.edges) == 0 or is_missing(value):
            return None
        spread = name_ranges(feature, statistics.edges, self._language)[group]
        alone = self._value_gaps(feature, value, missing=False)["value"]
        return None if spread == alone else spread

    def describe(self, feature: Feature, value: object) -> str:
        """Return what a lead's value of a feature says, as the start of a sentence."""
        language = self._language
        gaps = {key: printable(str(gap)) for key, gap in feature.label.values.items()}
        gaps |= {"label": printable(language.phrase(feature.label)), "word": feature.detail}
        missing = is_missing(value)
        if feature.recipe in _YES_NO:
            yes, no, absent = _YES_NO[feature.recipe]
            template = absent if missing else yes if value == "yes" else no
        elif not missing and value == 0 and feature.recipe == "activity_count":
            template = _NONE_OF
        elif not missing and value == 0 and feature.recipe == "activity_total":
            template = _NO_ACTIVITY
        elif not missing and feature.recipe in _SAME_DAY and float(value) < 1:  # type: ignore[arg-type]
            template = _SAME_DAY[feature.recipe]
        elif self._is_rare(feature, value, missing):
            template = _RARE
        else:
            nothing = missing or (value == 0 and feature.recipe in ("words", "completeness"))
            template = _SENTENCES[feature.recipe][1 if nothing else 0]
        return _capital(
            language.text(template, **gaps, **self._value_gaps(feature, value, missing))
        )

    def _value_gaps(self, feature: Feature, value: object, missing: bool) -> dict[str, str]:
        if missing:
            return {}
        if isinstance(value, str):
            return {"value": level_label(value, feature, self._language)}
        number = float(value)  # type: ignore[arg-type]
        return {
            "value": write_number(number, self._language),
            "percent": self._language.percent(number),
        }

    def _is_rare(self, feature: Feature, value: object, missing: bool) -> bool:
        if missing or feature.recipe != "as_is" or feature.form != "category":
            return False
        codes = encode_levels(pd.Series([value], dtype=object), self._table.levels[feature.name])
        return bool(codes[0] == 1)


def write_number(number: float, language: Language) -> str:
    """Return a number with the decimals that tell it from others, two digits at least."""
    size = abs(number)
    if size >= 10 or number == round(number):
        return language.number(number, digits=0)
    if size >= 0.1:
        return language.number(number, digits=1 if size >= 1 else 2)
    digits = 1 - math.floor(math.log10(size))
    return language.number(number, digits=digits) if digits <= 6 else language.scientific(number)


def share_digits(base: float) -> int:
    """Return the decimals of percentages, given the rate they are compared with.

    Where few or nearly all are accepted, whole percentages would make all rates alike.
    """
    return 0 if FEW_ACCEPTED <= base <= 1 - FEW_ACCEPTED else 1


def level_label(level: str, feature: Feature, language: Language) -> str:
    """Return a level as readers see it: our own words translated, the CRM's as they are."""
    if level == NOT_GIVEN:
        return language.text(_("(not given)"))
    if level == OTHER:
        return language.text(_("(other)"))
    if feature.recipe == "last_touch":
        return clean(activity_label(level))
    return language.text(level) if feature.recipe in _CLOSED else clean(level)


def clean(text: str) -> str:
    """Return typed text fit for one line: no control characters, spaces folded, not too long."""
    folded = printable(text)
    return folded if len(folded) <= _MAX_VALUE else folded[: _MAX_VALUE - 1] + "…"


def printable(text: str) -> str:
    """Return text without control characters and with its spaces folded."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def is_missing(value: object) -> bool:
    """Tell whether a computed value is missing: None or NaN."""
    return value is None or value != value


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def label_of(feature: Feature, language: Language) -> str:
    """Return what readers call a feature."""
    return _capital(printable(language.phrase(feature.label)))
