"""Change sentences: shown points add up, and only what changed is said to have changed."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from features.language import language
from models.reasons.acceptance_by_value import tabulate
from models.reasons.change_sentences import ChangeWriter, Explained, ModelSide
from tests.tables import make_table

EN, ES = language("en"), language("es")
TABLE = make_table({"Industry": ["Foods", "Media"], "Country": ["Spain"]}, ["Visits"])
INDUSTRY, COUNTRY, VISITS = (TABLE.names.index(name) for name in ("Industry", "Country", "Visits"))
RECORD = [2.0, 2.0, 0.0]
POINTS = re.compile(r"\(([+-]\d+)\)")


def side(*, slope: float = 1.0, shift: float = 0.0) -> ModelSide:
    rng = np.random.default_rng(0)
    matrix = np.column_stack([rng.integers(0, 4, 100), rng.integers(0, 3, 100), rng.random(100)])
    statistics = tabulate(matrix, TABLE, (rng.random(100) < 0.5).astype(float))
    return ModelSide(TABLE, statistics, slope, shift)


SAME = side()


def seen(values: list[float], record: list[float] = RECORD, base: float = 0.0) -> Explained:
    return Explained(np.array([record]), np.array([[*values, base]]))


def score(explained: Explained, of: ModelSide) -> np.ndarray:
    z = of.shift + of.slope * explained.contributions.sum(axis=1)
    return np.rint(100 * special.expit(z)).astype(int)


def say(
    old: Explained,
    moved: Explained,
    new: Explained,
    *,
    sides: tuple[ModelSide, ModelSide] = (SAME, SAME),
    words: object = EN,
) -> str:
    writer = ChangeWriter(*sides, words)  # type: ignore[arg-type]
    before, after = score(old, sides[0]), score(new, sides[1])
    (line,) = writer.write(old, moved, new, before=before, after=after)
    return line


def test_what_the_lead_did_is_named_with_what_was_before() -> None:
    visited = [2.0, 2.0, 3.0]
    moved = seen([0.1, 0.0, 0.9], visited)
    assert say(seen([0.1, 0.0, 0.0]), moved, moved) == "73, was 52: Visits is 3, was 0 (+21)"
    assert (
        say(seen([0.1, 0.0, 0.0]), moved, moved, words=ES)
        == "73, antes 52: Visits: 3, antes 0 (+21)"
    )


def test_a_value_that_stayed_is_not_said_to_have_changed() -> None:
    moved = seen([0.6, 0.0, 0.9], [2.0, 2.0, 3.0])
    line = say(seen([0.0, 0.0, 0.0]), moved, moved)
    assert line == "82, was 50: Visits is 3, was 0 (+19); smaller changes together (+13)"


def test_a_value_that_was_missing_has_no_before() -> None:
    old = seen([0.0, 0.0, 0.0], [0.0, 2.0, np.nan])
    moved = seen([0.8, 0.0, -0.6], [3.0, 2.0, 0.0])
    assert say(old, moved, moved) == "55, was 50: Industry is Media (+20); Visits is 0 (-15)"


def test_what_the_model_learned_and_what_sales_accepts_are_named() -> None:
    old = seen([0.5, 0.2, 0.0])
    new = seen([0.1, 0.6, 0.0], base=0.5)
    assert say(old, old, new) == (
        "77, was 67: the model now rates higher: Country is Spain (+8); "
        "the model now rates lower: Industry is Foods (-8); "
        "sales accepts more leads than before (+10)"
    )
    stricter = side(shift=-0.4)
    assert say(old, old, old, sides=(SAME, stricter)) == (
        "57, was 67: sales accepts fewer leads than before (-10)"
    )


def test_a_topic_that_the_new_model_lacks_is_named() -> None:
    narrow = replace(SAME, table=replace(TABLE, features=TABLE.features[1:]))
    old = seen([0.9, 0.0, 0.0])
    new = Explained(np.array([RECORD[1:]]), np.array([[0.0, 0.0, 0.0]]))
    line = say(old, old, new, sides=(SAME, narrow))
    assert line == "50, was 71: the model no longer looks at: Industry (-21)"


NUMBERS = st.lists(st.floats(-2, 2), min_size=3, max_size=3)


@given(NUMBERS, NUMBERS, NUMBERS, st.floats(-1, 1), st.booleans(), st.sampled_from([EN, ES]))
def test_shown_points_add_up_to_the_shown_difference(
    first: list[float],
    second: list[float],
    third: list[float],
    base: float,
    changed: bool,
    words: object,
) -> None:
    record = [3.0, 2.0, 5.0] if changed else RECORD
    old, moved, new = seen(first), seen(second, record), seen(third, record, base)
    if not changed:
        moved = old
    later = side(slope=0.8, shift=0.1)
    line = say(old, moved, new, sides=(SAME, later), words=words)
    is_now, was = (int(number) for number in re.findall(r"\d+", line)[:2])
    assert (is_now, was) == (score(new, later)[0], score(old, SAME)[0])
    assert sum(map(int, POINTS.findall(line))) == is_now - was
    assert "(+0)" not in line and len(POINTS.findall(line)) <= 7


@pytest.mark.parametrize("words", [EN, ES])
def test_leads_do_not_depend_on_one_another(words: object) -> None:
    olds = [[0.1, 0.0, 0.4], [0.5, -0.5, 0.0]]
    news = [[0.3, 0.0, 0.4], [0.5, -0.9, 0.9]]
    records = [[3.0, 2.0, 0.0], [2.0, 0.0, 4.0]]

    def stack(values: list[list[float]], matrices: list[list[float]]) -> Explained:
        return Explained(np.array(matrices), np.array([[*row, 0.0] for row in values]))

    old, new = stack(olds, [RECORD, RECORD]), stack(news, records)
    writer = ChangeWriter(SAME, SAME, words)  # type: ignore[arg-type]
    before, after = score(old, SAME), score(new, SAME)
    both = writer.write(old, new, new, before=before, after=after)
    alone = [
        say(seen(a), seen(b, r), seen(b, r), words=words)
        for a, b, r in zip(olds, news, records, strict=True)
    ]
    assert both == alone
