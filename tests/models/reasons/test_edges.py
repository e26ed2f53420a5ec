"""Edges of ranges: whoever counts the leads in a printed range finds the printed count."""

from __future__ import annotations

import numpy as np
import pytest
from babel.numbers import parse_decimal
from hypothesis import given
from hypothesis import strategies as st

from features.language import Language
from features.matrix.definitions import Feature, attribute, completeness
from features.matrix.feature_table import FeatureTable
from models.reasons.acceptance_by_value import FeatureStatistics, tabulate
from models.reasons.edges import count_decimals, round_edges
from models.reasons.ranges import name_ranges

SIZE = attribute("Size", kind="fit", form="number")
LANGUAGES = [Language("en"), Language("es")]
SHARES = st.lists(st.integers(0, 12).map(lambda k: k / 12), min_size=1, max_size=60)
DAYS = st.lists(st.floats(0.0, 400.0), min_size=1, max_size=120)
ANY = st.lists(
    st.one_of(st.floats(-1e18, 1e18), st.floats(-1.0, 1.0), st.floats(0, 1e-290), st.just(0.0)),
    min_size=1,
    max_size=60,
)


def count(feature: Feature, numbers: list[float]) -> FeatureStatistics:
    table = FeatureTable((feature,), {}, (), {}, (), {}, "time")
    matrix = np.array(numbers)[:, None]
    return tabulate(matrix, table, np.zeros(len(numbers))).features[feature.name]


def read(shown: str, language: Language) -> float:
    """The number a reader takes from a printed edge."""
    percent = shown.endswith("%")
    plain = shown.rstrip("%\u00a0 ")
    digits, _, power = plain.partition("E")
    number = float(parse_decimal(digits, locale=language.code))
    if percent:
        return float(f"{number}e-2")
    return float(f"{number}e{power}") if power else number


def printed_counts(
    feature: Feature, entry: FeatureStatistics, numbers: list[float], language: Language
) -> list[int]:
    """How many of the numbers a reader finds in each range of `name_ranges`."""
    assert entry.edges is not None
    over, up_to = language.text("over {low}", low="{}"), language.text("up to {high}", high="{}")
    found = []
    for name in name_ranges(feature, entry.edges, language):
        low, high = -np.inf, np.inf
        for part in name.split(", "):
            for words in (over, up_to):
                start = words.partition("{}")[0]
                if part.startswith(start):
                    value = read(part.removeprefix(start), language)
                    low, high = (value, high) if words == over else (low, value)
        found.append(sum(low < number <= high for number in numbers))
    return found


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
@given(numbers=st.one_of(DAYS, ANY))
def test_a_reader_counts_what_is_printed(language: Language, numbers: list[float]) -> None:
    entry = count(SIZE, numbers)
    assert printed_counts(SIZE, entry, numbers, language) == entry.leads[:-1].tolist()


@given(numbers=SHARES)
def test_so_does_one_of_percentages(numbers: list[float]) -> None:
    entry = count(completeness(), numbers)
    for language in LANGUAGES:
        shown = printed_counts(completeness(), entry, numbers, language)
        assert shown == entry.leads[:-1].tolist()


@given(numbers=st.one_of(DAYS, ANY))
def test_no_range_is_empty(numbers: list[float]) -> None:
    assert (count(SIZE, numbers).leads[:-1] > 0).all()


@given(numbers=SHARES)
def test_of_few_values_none_shares_its_range_for_the_sake_of_rounding(numbers: list[float]) -> None:
    if len(set(numbers)) <= 8:
        assert len(count(completeness(), numbers).leads) == len(set(numbers)) + 1


@pytest.mark.parametrize(
    ("edges", "largest", "rounded", "decimals"),
    [
        ([18.51, 54.27], 90.0, [18.6, 54.3], 1),
        ([18.0, 54.0], 90.0, [18.0, 54.0], 0),
        ([18.51, 18.54], 90.0, [18.51, 18.54], 2),
        ([18.51, 54.27], 54.28, [18.51, 54.27], 2),
        ([-0.04, 5.0], 6.0, [0.0, 5.0], 0),
        ([1.234e-300, 2e-300], 1.0, [1.24e-300, 2e-300], None),
        ([1.234e16, 2e16], 3e16, [1.24e16, 2e16], 0),
    ],
)
def test_edges_are_rounded_up_with_as_few_decimals_as_hold_them_apart(
    edges: list[float], largest: float, rounded: list[float], decimals: int | None
) -> None:
    found = round_edges(SIZE, np.array(edges), np.array([*edges, largest]))
    assert found.tolist() == rounded
    assert count_decimals(SIZE, found) == decimals


def test_edges_of_models_of_before_are_written_as_briefly_as_ever() -> None:
    assert count_decimals(SIZE, np.array([18.123456789, 54.27])) == 1
