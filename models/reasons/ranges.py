"""Ranges of a number in words."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from features.language import Language
from features.language import translatable as _
from features.matrix.definitions import Feature
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
    """Write the edges with as few decimals as keep them apart, if up to six can."""
    if feature.recipe == "completeness":
        return [language.percent(edge, digits=_digits(edges * 100)) for edge in edges]
    digits = _digits(edges)
    if len(np.unique(np.round(edges, digits))) < len(edges):
        return [language.scientific(edge) for edge in edges]
    return [language.number(edge, digits=digits) for edge in edges]


def _digits(edges: np.ndarray) -> int:
    if np.all(np.abs(edges - np.round(edges)) < 1e-9):
        return 0
    apart = (d for d in range(1, 6) if len(np.unique(np.round(edges, d))) == len(edges))
    return next(apart, 6)
