"""Reasons for many leads at once: Shapley contributions as plain sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from features.columns.categories import split
from features.language import Language
from features.matrix.definitions import Feature
from features.matrix.feature_table import FeatureTable
from models.reasons.acceptance_by_value import Statistics
from models.reasons.numbers import NumberWriter, find_alike
from models.reasons.sentences import Sentence, SentenceWriter
from models.reasons.topics import MAX_REASONS, NONE, group_topics, rank_features
from models.reasons.wording import WORDINGS

if TYPE_CHECKING:
    import pyarrow as pa

_SLOTS = 2 * MAX_REASONS


class ReasonWriter:
    """Writes the reasons for and against each lead.

    Parameters
    ----------
    table : FeatureTable
    statistics : Statistics
        Acceptance by value among the leads learned from.
    language : Language
    typical : ndarray of shape (n_features,), optional
        What each feature of the typical lead contributes (see `rank_features`).

    Notes
    -----
    A sentence speaks for a whole topic through the feature that moves it most. Leads share most
    of their sentences: each is made once for all leads that say the same, and only its place in a
    dictionary is kept per lead.

    Examples
    --------
    >>> import pandas as pd
    >>> from features.language import language
    >>> from features.matrix.definitions import attribute
    >>> from features.matrix.feature_table import FeatureTable
    >>> source = attribute("Source", kind="context", form="category")
    >>> levels = {"Source": ("(not given)", "(other)", "Web", "Event")}
    >>> table = FeatureTable((source,), levels, (), {}, (), {}, "time")
    >>> from models.reasons.acceptance_by_value import tabulate
    >>> values = pd.DataFrame({"Source": ["Web", "Event"] * 50})
    >>> matrix = table.encode(values)
    >>> statistics = tabulate(matrix, table, np.array([0.0, 1.0] * 50))
    >>> writer = ReasonWriter(table, statistics, language("en"))
    >>> reason_1, *_ = writer.write(values[1:2], matrix[1:2], np.array([[0.9, 0.0]]))
    >>> reason_1.to_pylist()
    ['Source is Event: sales accepted 100% of 50 such leads, 50% of all']
    """

    def __init__(
        self,
        table: FeatureTable,
        statistics: Statistics,
        language: Language,
        *,
        typical: np.ndarray | None = None,
    ) -> None:
        self._table = table
        self._typical = typical
        self._topics = group_topics(table)
        self._sentences = SentenceWriter(table, statistics, language)
        self._numbers = NumberWriter(language)
        self._made: dict[tuple[int, int, bool, object, bool], Sentence] = {}

    def write(
        self, values: pd.DataFrame, matrix: np.ndarray, contributions: np.ndarray
    ) -> list[pa.DictionaryArray]:
        """Return up to five reasons for and five against each lead.

        Parameters
        ----------
        values : DataFrame of shape (n_leads, n_features)
            As computed, before encoding; texts are objects or categories.
        matrix : ndarray of shape (n_leads, n_features)
            The same, encoded.
        contributions : ndarray of shape (n_leads, n_features + 1)
            In log-odds; the last column is not read.

        Returns
        -------
        list of DictionaryArray, each of shape (n_leads,)
            The reasons for, strongest first, then those against; null where fewer speak.
        """
        ranked = rank_features(contributions, self._topics, self._typical)
        told = ranked.ravel()
        order = np.argsort(told, kind="stable")
        bounds = np.searchsorted(told[order], np.arange(len(self._table.features) + 1))
        places = np.full(told.shape, NONE, dtype=np.int32)
        sentences: list[str] = []
        for position, feature in enumerate(self._table.features):
            cells = order[bounds[position] : bounds[position + 1]]
            if not len(cells):
                continue
            rows, is_for = cells // _SLOTS, cells % _SLOTS < MAX_REASONS
            column, codes = values[feature.name], matrix[rows, position]
            if feature.form == "category":
                found = self._tell_levels(position, column, rows, codes, is_for)
            else:
                found = self._tell_numbers(position, codes, is_for)
            places[cells] = found[0] + len(sentences)
            sentences += found[1]
        return _to_arrow(places.reshape(ranked.shape), sentences)

    def _tell_levels(
        self,
        position: int,
        column: pd.Series,
        rows: np.ndarray,
        codes: np.ndarray,
        is_for: np.ndarray,
    ) -> tuple[np.ndarray, list[str]]:
        """Return the place of each cell's sentence, and the sentences."""
        feature = self._table.features[position]
        numbers, distinct = split(column)
        key = (numbers[rows].astype(np.int64) + 1) * 2 + is_for
        _, first, places = np.unique(key, return_index=True, return_inverse=True)
        texts = []
        for cell in first:
            place = int(numbers[rows[cell]])
            value = distinct[place] if place >= 0 else None
            kind = value if WORDINGS[feature.recipe].no is not None else value is None
            sentence = self._make(
                position, int(codes[cell]), bool(is_for[cell]), value, kind, False
            )
            texts.append(sentence.fill(self._sentences.show(feature, value)))
        return places, texts

    def _tell_numbers(
        self, position: int, numbers: np.ndarray, is_for: np.ndarray
    ) -> tuple[np.ndarray, list[str]]:
        """Return the place of each cell's sentence, and the sentences."""
        feature, statistics = self._sentences.at(position)
        groups = statistics.group(numbers)
        # Less than a day is worded without its number.
        hidden = (numbers > 0) & (numbers < 1) & (WORDINGS[feature.recipe].same_day is not None)
        alike = find_alike(np.where(hidden, 0.5, numbers), exact=feature.recipe == "completeness")
        key = (alike * len(statistics.leads) + groups) * 2 + is_for
        _, first, places = np.unique(key, return_index=True, return_inverse=True)
        shown = self._numbers.write(numbers[first])
        texts = []
        for cell, number in zip(first, shown, strict=True):
            value, group = float(numbers[cell]), int(groups[cell])
            named = self._sentences.name_range(position, group) == number
            kind = _kind_of(feature, value)
            sentence = self._make(position, group, bool(is_for[cell]), value, kind, named)
            if feature.recipe == "completeness":
                number = self._sentences.show(feature, value)
            texts.append(sentence.fill(number))
        return places, texts

    def _make(
        self, position: int, group: int, is_for: bool, value: object, kind: object, named: bool
    ) -> Sentence:
        key = (position, group, is_for, kind, named)
        if key not in self._made:
            self._made[key] = self._sentences.make(position, group, is_for, value, named=named)
        return self._made[key]


def _kind_of(feature: Feature, value: float) -> str:
    """Return the kind of wording of a number: missing, nothing, same day or number."""
    if value != value:
        return "missing"
    if value == 0:
        return "nothing"
    same_day = WORDINGS[feature.recipe].same_day is not None and value < 1
    return "same day" if same_day else "number"


def _to_arrow(places: np.ndarray, sentences: list[str]) -> list[pa.DictionaryArray]:
    """Return each column with a dictionary of the sentences that occur in it."""
    import pyarrow as pa

    whole = pa.array(sentences, pa.string())
    columns = []
    for slot in range(_SLOTS):
        place = places[:, slot]
        none = place == NONE
        used = np.flatnonzero(np.bincount(place[~none], minlength=len(sentences)))
        short = np.zeros(len(sentences) + 1, dtype=np.int32)
        short[used] = np.arange(len(used), dtype=np.int32)
        indices = pa.array(short[place], mask=none)
        columns.append(pa.DictionaryArray.from_arrays(indices, whole.take(pa.array(used))))
    return columns
