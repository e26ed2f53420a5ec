"""Which hand-over a correction means, against a search that goes through all of them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.contract.correction_match import match_corrections
from tests.tables import make_episodes

MOMENTS = [
    pd.Timestamp(text)
    for text in (
        "2025-03-01 08:15:30.5",
        "2025-03-01 08:15:40",
        "2025-03-01 17:00",
        "2025-03-02 08:15",
    )
]


def corrections(*rows: tuple[Any, Any, str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["lead_id", "handed_over_at", "decision", "noted_at"])
    times = {name: "datetime64[us]" for name in ("handed_over_at", "noted_at")}
    return frame.assign(row=range(1, len(frame) + 1)).astype({"lead_id": object, **times})


def episodes_at(*moments: pd.Timestamp, lead: str = "A") -> pd.DataFrame:
    n = len(moments)
    return make_episodes(n, lead_id=[lead] * n, handed_over_at=list(moments))


def match(episodes: pd.DataFrame, *rows: tuple[Any, Any, str, Any], **options: Any) -> Any:
    settled, findings = match_corrections(
        episodes, corrections(*rows), **({"timed": True} | options)
    )
    return settled.tolist(), [(finding.code, finding.count) for finding in findings]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (MOMENTS[0], ["accepted", None, None, None]),
        (MOMENTS[1], [None, "accepted", None, None]),
        ("2025-03-01 08:15:30", ["accepted", None, None, None]),
        ("2025-03-02", [None, None, None, "accepted"]),
        ("2025-03-01 17:00", [None, None, "accepted", None]),
    ],
)
def test_a_time_means_the_only_hand_over_it_can_stand_for(
    written: object, expected: list[str | None]
) -> None:
    row = ("A", pd.Timestamp(written), "accepted", None)  # type: ignore[arg-type]
    assert match(episodes_at(*MOMENTS), row) == (expected, [])


@pytest.mark.parametrize("written", ["2025-03-01", "2025-03-01 08:15", None])
def test_a_time_that_can_mean_several_is_refused(written: str | None) -> None:
    at = None if written is None else pd.Timestamp(written)
    settled, told = match(episodes_at(*MOMENTS), ("A", at, "accepted", None))
    assert settled == [None] * 4 and told == [("correction_ambiguous", 1)]


def test_copies_of_a_hand_over_are_one_and_all_corrected() -> None:
    twice = episodes_at(MOMENTS[0], MOMENTS[0])
    assert match(twice, ("A", None, "rejected", None)) == (["rejected", "rejected"], [])


def test_without_times_a_correction_names_a_lead_that_stands_there_once() -> None:
    untimed = make_episodes(3, lead_id=["A", "A", "B"]).assign(handed_over_at=pd.NaT)
    rows = [("B", None, "accepted", None), ("A", None, "accepted", None)]
    settled, told = match(untimed, *rows, timed=False)
    assert settled == [None, None, "accepted"] and told == [("correction_ambiguous", 1)]


def test_leads_not_there_yet_are_no_error_at_a_past_moment() -> None:
    row = corrections(("Z", None, "accepted", None))
    for replay, severity in ((True, "warning"), (False, "error")):
        _, findings = match_corrections(episodes_at(MOMENTS[0]), row, timed=True, replay=replay)
        assert [finding.severity for finding in findings] == [severity]


NOTED = st.sampled_from([None, *pd.date_range("2025-05-01", periods=4)])


@given(st.lists(st.tuples(st.sampled_from(["accepted", "rejected"]), NOTED), min_size=1))
def test_the_newest_counts_and_contradictions_are_refused(notes: list[tuple[str, Any]]) -> None:
    rows = [("A", None, decision, at) for decision, at in notes]
    settled, told = match(episodes_at(MOMENTS[0]), *rows)
    # An oracle of its own: a decision may be the last one if nothing dated came after it.
    dated = [at for _, at in notes if at is not None]
    may_be_last = {said for said, at in notes if at is None or at >= max(dated)}
    if len(may_be_last) == 1:
        assert settled == [may_be_last.pop()] and told == []
    else:
        assert settled == [None] and told == [("correction_conflict", len(notes))]


@given(st.permutations(range(5)))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    rows = [
        ("A", MOMENTS[0], "accepted", pd.Timestamp("2025-05-01")),
        ("A", MOMENTS[0], "rejected", pd.Timestamp("2025-05-02")),
        ("A", MOMENTS[2], "accepted", None),
        ("B", None, "rejected", pd.Timestamp("2025-05-03")),
        ("B", None, "rejected", None),
    ]
    both = pd.concat([episodes_at(*MOMENTS), episodes_at(MOMENTS[0], lead="B")], ignore_index=True)
    expected = ["rejected", None, "accepted", None, "rejected"]
    assert match(both, *(rows[i] for i in order)) == (expected, [])
