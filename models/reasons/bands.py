"""Score bands: hot, warm, cool and cold leads, by limits of the settings."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.language import translatable as _
from features.settings.schema import BandSettings

BANDS = ("hot", "warm", "cool", "cold")
"""From the highest scores to the lowest."""

BAND_WORDS: dict[str, str] = {
    "hot": _("hot"),
    "warm": _("warm"),
    "cool": _("cool"),
    "cold": _("cold"),
}


def find_bands(scores: ArrayLike, limits: BandSettings) -> NDArray[np.int64]:
    """Return the place in `BANDS` of each score.

    Parameters
    ----------
    scores : array of shape (n,)
        0 to 100, as they are shown: a reader who sees the limit sees the band.
    limits : BandSettings

    Examples
    --------
    >>> [BANDS[place] for place in find_bands([75, 74, 25, 0], BandSettings())]
    ['hot', 'warm', 'cool', 'cold']
    """
    floors = [limits.hot, limits.warm, limits.cool]
    return np.asarray((np.asarray(scores)[..., None] < floors).sum(axis=-1), dtype=np.int64)


def describe_bands(limits: BandSettings) -> dict[str, tuple[int, int]]:
    """Return the lowest and the highest score of each band.

    Examples
    --------
    >>> describe_bands(BandSettings())["warm"]
    (50, 74)
    """
    floors = (limits.hot, limits.warm, limits.cool, 0)
    tops = (100, *(floor - 1 for floor in floors[:-1]))
    return dict(zip(BANDS, zip(floors, tops, strict=True), strict=True))
