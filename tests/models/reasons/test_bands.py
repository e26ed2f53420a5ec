"""Score bands: every score lies in the band whose limits hold it, and no band is higher up."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.settings.schema import BandSettings
from models.reasons.bands import BANDS, describe_bands, find_bands


@given(st.sets(st.integers(1, 100), min_size=3, max_size=3))
def test_each_score_lies_between_the_limits_of_its_band(limits: set[int]) -> None:
    cool, warm, hot = sorted(limits)
    bands = BandSettings(hot=hot, warm=warm, cool=cool)
    ranges = describe_bands(bands)
    scores = np.arange(101)
    found = find_bands(scores, bands)
    assert (np.diff(found) <= 0).all()
    for score, place in zip(scores.tolist(), found.tolist(), strict=True):
        low, high = ranges[BANDS[place]]
        assert low <= score <= high
