"""Open records: what flags and a status say about each other."""

from __future__ import annotations

import pandas as pd

from features.proposal.decision import rate_decisions
from features.proposal.open_records import describe_open, explains, find_closed, sort_by_flags

N = 60


def cycle(*values: object) -> list[object]:
    return [values[i % len(values)] for i in range(N)]


FRAME = pd.DataFrame(
    {
        "Stage": cycle("Kész", "Elutasítva", "Folyamatban"),
        "Is Won": cycle("Y", "N", "N"),
        "Closed": cycle("Y", "Y", "N"),
        "Marital status": cycle("Single", "Married", "Widow", "Divorced"),
    }
)
RATED = {candidate.column: candidate for candidate in rate_decisions(FRAME, {})}


def test_the_closed_flag_is_found_by_name_and_values() -> None:
    assert find_closed(FRAME) == "Closed"
    assert find_closed(FRAME.drop(columns="Closed")) is None
    assert find_closed(FRAME.assign(Closed=cycle("2024", "2025"))) is None


def test_both_flags_sort_every_value() -> None:
    found = sort_by_flags(RATED["Stage"], FRAME, list(RATED.values()), "Closed")
    assert found.values["accepted"] == ("Kész",)
    assert found.values["rejected"] == ("Elutasítva",)
    assert found.values["undecided"] == ("Folyamatban",)
    assert "values sorted by Is Won and Closed" in found.evidence


def test_the_won_flag_alone_sorts_no_rejection() -> None:
    found = sort_by_flags(RATED["Stage"], FRAME, list(RATED.values()), None)
    assert found.values["accepted"] == ("Kész",) and found.values["rejected"] == ()


def test_without_flags_a_status_stays_as_it_is() -> None:
    assert sort_by_flags(RATED["Stage"], FRAME, [], "Closed") == RATED["Stage"]


def test_a_value_that_is_sometimes_open_keeps_the_meaning_of_its_word() -> None:
    mixed = FRAME.assign(Closed=cycle("Y", "N"))
    found = sort_by_flags(RATED["Stage"], mixed, list(RATED.values()), "Closed")
    assert set(found.values["unsure"]) >= {"Elutasítva"}


def test_a_status_explains_an_answer_that_follows_from_it() -> None:
    sorted_stage = sort_by_flags(RATED["Stage"], FRAME, list(RATED.values()), "Closed")
    assert explains(sorted_stage, RATED["Is Won"], FRAME)
    other = FRAME.assign(**{"Is Won": cycle("N", "Y", "Y", "N", "N")})
    assert not explains(sorted_stage, RATED["Is Won"], other)
    assert "20 records" in describe_open(sorted_stage, RATED["Is Won"], FRAME)
