"""Sentences about one value of a feature, each with the rate it quotes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.language import Language
from features.language import translatable as _
from features.matrix.definitions import NOT_GIVEN, OTHER, Feature
from features.matrix.feature_table import OTHER_CODE, FeatureTable, encode_levels
from features.naming import name_activity, name_gaps, name_value
from features.text import clean, printable, share_digits
from models.reasons.acceptance_by_value import FeatureStatistics, Statistics
from models.reasons.ranges import name_ranges
from models.reasons.wording import QUOTE, QUOTE_RANGE, RARE, WORDINGS

MIN_LEADS_TO_QUOTE = 20
_CHANCE = 1.96
"""Standard errors that chance stays within in 19 of 20 cases."""

_GAP = "\ue000"
"""Stands for the value while a sentence is made; no text holds it, as it is no character."""


@dataclass(frozen=True)
class Sentence:
    """A sentence whose value is still to be filled in.

    Attributes
    ----------
    before, after : str
        The text around the value; the whole sentence in `before` where it is not named.
    filled : bool
        Whether the value is named.
    """

    before: str
    after: str = ""
    filled: bool = True

    def fill(self, shown: str) -> str:
        """Return the sentence with the value as readers see it."""
        if not self.filled:
            return self.before
        # A sentence that begins with the value begins with a capital all the same.
        return self.before + shown + self.after if self.before else capitalise(shown) + self.after


class SentenceWriter:
    """Writes sentences about the values of features.

    Parameters
    ----------
    table : FeatureTable
    statistics : Statistics
        Acceptance by value among the leads learned from.
    language : Language

    Notes
    -----
    The rate quoted is that of training leads with such a value, and it is quoted only where it
    points the same way as the contribution, rests on `MIN_LEADS_TO_QUOTE` leads or more and lies
    further from the overall one than chance explains: what a value does together with others may
    differ from what it does alone. Elsewhere the sentence names the value and quotes nothing.
    """

    def __init__(self, table: FeatureTable, statistics: Statistics, language: Language) -> None:
        self._table = table
        self._statistics = statistics
        self._language = language
        self._rates = {name: entry.rates() for name, entry in statistics.features.items()}
        self._ranges: dict[int, list[str]] = {}

    def write(self, position: int, value: object, code: float, is_for: bool) -> str:
        """Return the sentence for one value.

        Parameters
        ----------
        position : int
            Of the feature in the table.
        value : str, float or None
            As computed; None or NaN where it is missing.
        code : float
            The same, encoded.
        is_for : bool
            Whether it speaks for the lead.
        """
        feature, statistics = self.at(position)
        group = int(statistics.group(np.array([code]))[0])
        shown = self.show(feature, value)
        named = self.name_range(position, group) == self.show_alone(value)
        return self.make(position, group, is_for, value, named=named).fill(shown)

    def at(self, position: int) -> tuple[Feature, FeatureStatistics]:
        """Return a feature, and acceptance by its values."""
        feature = self._table.features[position]
        return feature, self._statistics.features[feature.name]

    def make(
        self, position: int, group: int, is_for: bool, value: object, *, named: bool
    ) -> Sentence:
        """Make the sentence for all values of a group that are worded alike.

        Parameters
        ----------
        position : int
            Of the feature in the table.
        group : int
            Of the value, in the feature's statistics.
        is_for : bool
            Whether it speaks for the lead.
        value : str, float or None
            One of them: missing, nothing, less than a day, a level or any other number.
        named : bool
            Whether the value reads as the range of its group, which is then not named again.
        """
        feature, statistics = self.at(position)
        what = self._describe(feature, value)
        leads = int(statistics.leads[group])
        rate, base = float(self._rates[feature.name][group]), self._statistics.base_rate
        ahead = rate - base if is_for else base - rate
        digits = share_digits(base)
        share = self._language.percent(rate, digits=digits)
        overall = self._language.percent(base, digits=digits)
        enough = leads >= MIN_LEADS_TO_QUOTE and ahead > noise(self._statistics, leads)
        if not enough or share == overall:
            return _part(what)
        gaps = {"what": what, "share": share, "base": overall, "count": leads}
        spread = self.name_range(position, group)
        if spread is None or named or is_missing(value):
            return _part(self._language.text(QUOTE, **gaps))
        return _part(self._language.text(QUOTE_RANGE, **gaps, range=spread))

    def describe(self, feature: Feature, value: object) -> str:
        """Return a lead's value of a feature as the start of a sentence."""
        return _part(self._describe(feature, value)).fill(self.show(feature, value))

    def show(self, feature: Feature, value: object) -> str:
        """Return a value as the sentence names it."""
        if is_missing(value):
            return ""
        if isinstance(value, str):
            return level_label(value, feature, self._language)
        number = float(value)  # type: ignore[arg-type]
        if feature.recipe == "completeness":
            return self._language.percent(number)
        return write_number(number, self._language)

    def show_alone(self, value: object) -> str | None:
        """Return a number as a range of it alone would read; None for anything else."""
        if is_missing(value) or isinstance(value, str):
            return None
        return write_number(float(value), self._language)  # type: ignore[arg-type]

    def name_range(self, position: int, group: int) -> str | None:
        """Name the range of a group of numbers; None where its values are written themselves."""
        if position not in self._ranges:
            feature, statistics = self.at(position)
            edges = statistics.edges
            self._ranges[position] = (
                []
                if edges is None or len(edges) == 0
                else name_ranges(feature, edges, self._language)
            )
        names = self._ranges[position]
        return names[group] if group < len(names) else None

    def _describe(self, feature: Feature, value: object) -> str:
        """Return the words for a value, with `_GAP` in its place."""
        language = self._language
        gaps = _name_label_gaps(feature, language)
        label = language.text(feature.label.text, **gaps)
        gaps |= {"label": label, "word": feature.detail}
        template = self._choose(feature, value)
        return capitalise(language.text(template, **gaps, value=_GAP, percent=_GAP))

    def _choose(self, feature: Feature, value: object) -> str:
        """Return the wording for a value."""
        wording = WORDINGS[feature.recipe]
        if is_missing(value):
            return wording.missing
        if wording.no is not None:
            return wording.value if value == "yes" else wording.no
        if wording.zero is not None and value == 0:
            return wording.zero
        if wording.same_day is not None and float(value) < 1:  # type: ignore[arg-type]
            return wording.same_day
        return RARE if self._is_rare(feature, value) else wording.value

    def _is_rare(self, feature: Feature, value: object) -> bool:
        if feature.recipe != "as_is" or feature.form != "category":
            return False
        codes = encode_levels(pd.Series([value], dtype=object), self._table.levels[feature.name])
        return bool(codes[0] == OTHER_CODE)


def noise(statistics: Statistics, leads: int) -> float:
    """Return how far the rate of so many leads lies from that of all by chance, in 19 of 20 cases.

    The leads are taken to be drawn from all those learned from, without putting any back.
    """
    base = statistics.base_rate
    return _CHANCE * math.sqrt(base * (1 - base) * max(0.0, 1 / leads - 1 / statistics.leads))


def write_number(number: float, language: Language) -> str:
    """Return a number with the decimals that distinguish it from others, two digits at least."""
    size = abs(number)
    if size >= 10 or number == round(number):
        return language.number(number, digits=0)
    if size >= 0.1:
        return language.number(number, digits=1 if size >= 1 else 2)
    digits = 1 - math.floor(math.log10(size))
    return language.number(number, digits=digits) if digits <= 6 else language.scientific(number)


def level_label(level: str, feature: Feature, language: Language) -> str:
    """Return a level as readers see it: derived classes translated, the CRM's words as they are."""
    if level == NOT_GIVEN:
        return language.text(_("(not given)"))
    if level == OTHER:
        return language.text(_("(other)"))
    if feature.recipe == "last_touch":
        return clean(name_activity(level, language))
    if WORDINGS[feature.recipe].own_words:
        return language.text(level)
    return clean(name_value(feature.column, level, language))


def is_missing(value: object) -> bool:
    """Return whether a computed value is missing: None or NaN."""
    return value is None or value != value


def _part(sentence: str) -> Sentence:
    before, gap, after = sentence.partition(_GAP)
    return Sentence(before, after, filled=bool(gap))


def capitalise(sentence: str) -> str:
    """Return a sentence that begins with a capital letter."""
    return sentence[:1].upper() + sentence[1:]


def label_of(feature: Feature, language: Language) -> str:
    """Return the name of a feature for readers.

    Parameters
    ----------
    feature : Feature
    language : Language
        Of the label.
    """
    return capitalise(language.text(feature.label.text, **_name_label_gaps(feature, language)))


def _name_label_gaps(feature: Feature, language: Language) -> dict[str, str]:
    """Return what fills the gaps of a feature's label, as readers see it."""
    named = name_gaps(feature.label.values, language)
    return {key: printable(str(gap)) for key, gap in named.items()}
