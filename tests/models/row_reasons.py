"""The plain way to write reasons, with which the fast one has to agree."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.language import Language
from features.matrix.definitions import Feature
from features.matrix.feature_table import FeatureTable, encode_levels
from features.naming import name_gaps
from features.text import printable, share_digits
from models.reasons.acceptance_by_value import FeatureStatistics, Statistics
from models.reasons.ranges import name_ranges
from models.reasons.sentences import (
    MIN_LEADS_TO_QUOTE,
    capitalise,
    is_missing,
    level_label,
    write_number,
)
from models.reasons.topics import MAX_REASONS, MIN_CONTRIBUTION, group_topics
from models.reasons.wording import QUOTE, QUOTE_RANGE, RARE, WORDINGS


class RowReasons:
    """Writes the reasons for and against each lead, one row and one sentence at a time."""

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
        rest = (self._statistics.leads - leads) / self._statistics.leads
        by_chance = (rate - base) ** 2 <= 1.96**2 * base * (1 - base) * rest / max(leads, 1)
        # A rate that reads the same as the overall one explains nothing.
        if leads < MIN_LEADS_TO_QUOTE or not agrees or by_chance or share == overall:
            return what
        gaps = {"what": what, "share": share, "base": overall, "count": leads}
        spread = self._name_range(feature, value, statistics, group)
        if spread is None:
            return self._language.text(QUOTE, **gaps)
        return self._language.text(QUOTE_RANGE, **gaps, range=spread)

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
        named = name_gaps(feature.label.values, language)
        gaps = {key: printable(str(gap)) for key, gap in named.items()}
        label = printable(language.text(feature.label.text, **named))
        gaps |= {"label": label, "word": feature.detail}
        missing = is_missing(value)
        wording = WORDINGS[feature.recipe]
        if missing:
            template = wording.missing
        elif wording.no is not None:
            template = wording.value if value == "yes" else wording.no
        elif value == 0 and wording.zero is not None:
            template = wording.zero
        elif wording.same_day is not None and float(value) < 1:  # type: ignore[arg-type]
            template = wording.same_day
        else:
            template = RARE if self._is_rare(feature, value, missing) else wording.value
        return capitalise(
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
