"""Ranges of a number in words."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from features.language import Language
from features.language import translatable as _
from features.matrix.definitions import Feature
from models.reasons.edges import count_decimals
from models.reasons.wording import WORDINGS


def name_ranges(feature: Feature, edges: np.ndarray, language: Language) -> list[str]:
    """Return the words for the groups of a number.

    Parameters
    ----------
    feature : Feature
    edges : ndarray of shape (n_groups - 1,)
        The upper ends of the groups but the last, rising, each inside its group.
    language : Language

    Returns
    -------
    list of str
        One for each group, such as "over 29, up to 60"; a whole number that stands alone in
        its group is named by itself.
    """
    if len(edges) == 0:
        return [language.text(_("(given)"))]
    wording = WORDINGS[feature.recipe]
    shown = _write_numbers(feature, edges, language)
    smallest = (wording.counted or wording.never_negative) and edges[0] == 0
    first = shown[0] if smallest else None
    words = [first or language.text(_("up to {high}"), high=shown[0])]
    if not wording.counted:
        words += [
            language.text(_("over {low}, up to {high}"), low=low, high=high)
            for low, high in pairwise(shown)
        ]
        return [*words, language.text(_("over {low}"), low=shown[-1])]
    for low, high in pairwise(edges):
        start, end = language.number(low + 1, digits=0), language.number(high, digits=0)
        between = language.text(_("{low} to {high}"), low=start, high=end)
        words.append(end if low + 1 == high else between)
    last = language.number(edges[-1] + 1, digits=0)
    return [*words, language.text(_("{low} or more"), low=last)]


def _write_numbers(feature: Feature, edges: np.ndarray, language: Language) -> list[str]:
    decimals = count_decimals(feature, edges)
    if decimals is None:
        return [language.scientific(edge) for edge in edges]
    if feature.recipe == "completeness":
        return [language.percent(edge, digits=decimals) for edge in edges]
    return [language.number(edge, digits=decimals) for edge in edges]
