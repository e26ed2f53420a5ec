"""Topics for and against each lead, each with the feature that shows it best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.matrix.feature_table import FeatureTable
from models.arrays import Floats

Places = NDArray[np.int16]

MAX_REASONS = 5
MIN_CONTRIBUTION = 0.08
"""Log-odds below which a contribution is no reason: about two points of probability.

The direction of smaller ones depends on what they are compared with."""

MIN_GAP = MIN_CONTRIBUTION / 2
"""Log-odds by which a feature has to move a lead further than it moves the typical one."""

NONE = -1
_ROWS_AT_ONCE = 2_048
"""So many rows fit the processor's cache, which makes it several times faster."""


@dataclass(frozen=True)
class Topics:
    """Features grouped by topic.

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


def rank_features(contributions: Floats, topics: Topics, typical: Floats | None = None) -> Places:
    """Return the features through which the strongest topics speak.

    Parameters
    ----------
    contributions : ndarray of shape (n_leads, n_features + 1)
        In log-odds; the last column is not read.
    topics : Topics
    typical : ndarray of shape (n_features,), optional
        What each feature of the typical lead contributes. A contribution is a comparison with
        the average: where the typical lead has a still better value, changing to it would move
        the lead the other way. With it a feature speaks only where it moves a lead `MIN_GAP`
        further than the typical one, and a value that most leads have is no reason.

    Returns
    -------
    ndarray of int16, shape (n_leads, 2 * MAX_REASONS)
        Positions of features: first those for, strongest first, then those against; `NONE` where
        nothing more is worth showing. Of equal topics, or features of a topic, the first counts.
    """
    found = np.full((len(contributions), 2 * MAX_REASONS), NONE, dtype=np.int16)
    for start in range(0, len(contributions), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        # A few rows at a time stay in the cache, whatever the number of leads.
        block = np.ascontiguousarray(contributions[rows])
        strength = _sum_topics(block, topics.members)
        against = None if typical is None else -typical
        found[rows, :MAX_REASONS] = _choose(block, strength, topics.members, typical)
        found[rows, MAX_REASONS:] = _choose(-block, -strength, topics.members, against)
    return found


def _sum_topics(block: Floats, members: Sequence[Sequence[int]]) -> Floats:
    """Return each topic's contribution, always added up in the same order."""
    strength = np.empty((len(block), len(members)))
    for topic, (first, *others) in enumerate(members):
        column = block[:, first]
        for position in others:
            column = column + block[:, position]
        strength[:, topic] = column
    return strength


def _choose(
    block: Floats, strength: Floats, members: Sequence[Sequence[int]], typical: Floats | None
) -> Places:
    """Return up to five features that raise the log-odds, those of the strongest topics."""
    chosen = np.full((len(block), MAX_REASONS), NONE, dtype=np.int16)
    rows = np.arange(len(block))
    block = block[:, :-1]
    if typical is not None:
        # Set to 0 rather than left out: 0 never speaks, and the arrays keep their shape.
        block = np.where(block - typical >= MIN_GAP, block, 0.0)
    speakers, speaks = _list_speakers(block, members)
    # Only five are wanted: the largest is taken five times, and nothing is sorted.
    rest = np.where(speaks, strength, -np.inf)
    for place in range(min(MAX_REASONS, len(members))):
        topic = rest.argmax(axis=1)
        told = rest[rows, topic] >= MIN_CONTRIBUTION
        chosen[told, place] = speakers[rows[told], topic[told]]
        rest[rows, topic] = -np.inf
    return chosen


def _list_speakers(
    block: Floats, members: Sequence[Sequence[int]]
) -> tuple[Places, NDArray[np.bool_]]:
    """Return, for each topic, the feature that moves each lead most, and whether it moves it up."""
    speakers = np.empty((len(block), len(members)), dtype=np.int16)
    speaks = np.empty(speakers.shape, dtype=bool)
    for topic, positions in enumerate(members):
        if len(positions) == 1:
            speakers[:, topic] = positions[0]
            speaks[:, topic] = block[:, positions[0]] > 0
        else:
            listed, own = np.array(positions, dtype=np.int16), block[:, positions]
            speakers[:, topic] = listed[own.argmax(axis=1)]
            speaks[:, topic] = own.max(axis=1) > 0
    return speakers, speaks
