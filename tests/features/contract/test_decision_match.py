"""Which decision belongs to which hand-over: the first one after it, whatever the rows' order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.contract.decision_match import (
    end_of_day,
    keep_closed,
    match_decisions,
    read_answers,
    sort_by_decision,
    translate_values,
)
from features.settings.schema import DecisionSettings

MEANING = DecisionSettings(
    column="Status",
    accepted=("Qualified", "1"),
    rejected=("Disqualified", "0", "false"),
    recycled=("Nurture",),
    undecided=("Open",),
)


def make_episodes(rows: Sequence[tuple[str | None, str | None]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "lead_id": pd.Series([lead for lead, _ in rows], dtype=object),
            "handed_over_at": pd.to_datetime([at for _, at in rows]).astype("datetime64[us]"),
            "sequence": np.nan,
        }
    )


def make_decisions(rows: Sequence[tuple[str | None, str | None, str]]) -> pd.DataFrame:
    times = pd.to_datetime([at for _, at, _ in rows], format="ISO8601")
    return pd.DataFrame(
        {
            "lead_id": pd.Series([lead for lead, _, _ in rows], dtype=object),
            "decided_at": pd.Series(times).astype("datetime64[us]"),
            "decision": pd.Series([answer for _, _, answer in rows], dtype=object),
            "reason": pd.Series([f"reason {i}" for i in range(len(rows))], dtype=object),
            "rep": pd.Series(["R"] * len(rows), dtype=object),
        }
    )


def match(
    episodes: Sequence[tuple[str | None, str | None]],
    decisions: Sequence[tuple[str | None, str | None, str]],
) -> list[str | None]:
    found = match_decisions(make_episodes(episodes), make_decisions(decisions), timed=True)
    return [None if pd.isna(answer) else answer for answer in found["decision"]]


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("Qualified", "accepted"),
        (" qualified ", "accepted"),
        ("DISQUALIFIED", "rejected"),
        ("Nurture", "recycled"),
        ("1", "accepted"),
        ("1.0", "accepted"),
        (1, "accepted"),
        (1.0, "accepted"),
        (np.int64(0), "rejected"),
        (False, "rejected"),
        (np.bool_(False), "rejected"),
        ("Open", None),
        (None, None),
    ],
)
def test_values_are_translated_whatever_their_case_and_type(
    value: object, answer: str | None
) -> None:
    answers, unknown = translate_values(pd.Series([value], dtype=object), MEANING)
    assert answers.isna().all() if answer is None else list(answers) == [answer]
    assert unknown.isna().all()


def test_a_value_that_no_list_names_is_kept_as_it_is_written() -> None:
    values = pd.Series(["Open", "In Review", None, "Qualified", "10"], index=[7, 5, 3, 1, 0])
    answers, unknown = translate_values(values, MEANING)
    assert unknown.dropna().to_dict() == {5: "In Review", 0: "10"}
    assert answers.dropna().to_dict() == {1: "accepted"}


def test_a_decision_belongs_to_the_latest_hand_over_before_it() -> None:
    episodes = [("A", "2025-01-01 09:00"), ("A", "2025-03-01 09:00"), ("B", "2025-01-01 09:00")]
    assert match(episodes, [("A", "2025-03-01 09:00", "accepted")]) == [None, "accepted", None]
    assert match(episodes, [("A", "2025-03-01 08:59", "rejected")]) == ["rejected", None, None]
    assert match(episodes, [("C", "2025-03-01 08:59", "rejected")]) == [None, None, None]


def test_the_first_decision_counts() -> None:
    later_first = [("A", "2025-01-09 10:00", "accepted"), ("A", "2025-01-04 10:00", "recycled")]
    assert match([("A", "2025-01-01 09:00")], later_first) == ["recycled"]


def test_of_the_same_moment_the_first_row_counts() -> None:
    same = [("A", "2025-01-09 10:00", "rejected"), ("A", "2025-01-09 10:00", "accepted")]
    assert match([("A", "2025-01-01 09:00")], same) == ["rejected"]


def test_a_date_without_a_time_of_day_stands_for_the_whole_day() -> None:
    episode = [("A", "2025-01-01 15:30")]
    assert match(episode, [("A", "2025-01-01", "accepted")]) == ["accepted"]
    assert match(episode, [("A", "2024-12-31", "accepted")]) == [None]
    # Another row that has a time of day does not change what this one's date stands for.
    mixed = [("A", "2025-01-01", "accepted"), ("B", "2025-01-05 10:00", "rejected")]
    assert match(episode, mixed) == ["accepted"]


def test_an_undated_decision_needs_a_lead_with_one_hand_over() -> None:
    once, twice = ("A", "2025-01-01 09:00"), ("A", "2025-02-01 09:00")
    undated = [("A", None, "accepted")]
    assert match([once], undated) == ["accepted"]
    assert match([once, twice], undated) == [None, None]
    assert match([once, once], undated) == ["accepted", None]  # a copy is no second hand-over


def test_a_dated_decision_comes_before_an_undated_one() -> None:
    both = [("A", None, "accepted"), ("A", "2025-01-03 10:00", "rejected")]
    assert match([("A", "2025-01-01 09:00")], both) == ["rejected"]


def test_rows_without_an_id_match_nothing() -> None:
    nobody = [(None, "2025-01-03 10:00", "accepted"), (None, None, "accepted")]
    assert match([(None, "2025-01-01 09:00")], nobody) == [None]


def test_no_rows_on_either_side_is_no_trouble() -> None:
    assert match([], [("A", "2025-01-03 10:00", "accepted")]) == []
    assert match([("A", "2025-01-01 09:00")], []) == [None]
    assert match([("A", None)], [("A", "2025-01-03 10:00", "accepted")]) == [None]


def test_early_marks_leads_decided_before_their_first_hand_over_only() -> None:
    episodes = make_episodes([("A", "2025-02-01 09:00"), ("B", "2025-02-01 09:00"), ("C", None)])
    decisions = make_decisions(
        [
            ("A", "2025-01-20 10:00", "rejected"),
            ("B", "2025-01-20 10:00", "rejected"),
            ("B", "2025-02-03 10:00", "accepted"),
        ]
    )
    found = match_decisions(episodes, decisions, timed=True)
    assert list(found["early"]) == [True, False, False]
    assert pd.isna(found["decision"][0])


def test_reason_rep_and_date_come_from_the_same_decision() -> None:
    decisions = make_decisions(
        [("A", "2025-01-09 10:00", "accepted"), ("A", "2025-01-04 10:00", "rejected")]
    )
    row = match_decisions(make_episodes([("A", "2025-01-01")]), decisions, timed=True).iloc[0]
    assert (row["reason"], row["rep"]) == ("reason 1", "R")
    assert row["decided_at"] == pd.Timestamp("2025-01-04 10:00")


def test_without_times_the_first_decision_goes_to_the_first_hand_over_in_order() -> None:
    episodes = make_episodes([("A", None), ("A", None), ("B", None)]).assign(sequence=[9, 4, 1])
    decisions = make_decisions(
        [("A", "2025-01-09 10:00", "accepted"), ("A", "2025-01-04 10:00", "rejected")]
    )
    found = match_decisions(episodes, decisions, timed=False)
    assert list(found["decision"].fillna("none")) == ["none", "rejected", "none"]
    assert not found["early"].any()


# Hand-overs at whole hours and decisions at odd minutes: no two answers of the same moment.
EPISODES = st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 200)), max_size=12)
ANSWERS = st.lists(
    st.tuples(
        st.sampled_from("ABC"),
        st.integers(-50, 250),
        st.sampled_from(["accepted", "rejected", "recycled"]),
    ),
    max_size=12,
    unique_by=lambda row: row[1],
)
START = pd.Timestamp("2025-01-01")


def drawn(
    episodes: list[tuple[str, int]], answers: list[tuple[str, int, str]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    hand_overs = [(lead, str(START + pd.Timedelta(hours=hour))) for lead, hour in episodes]
    decided = [
        (lead, str(START + pd.Timedelta(hours=hour, minutes=17)), answer)
        for lead, hour, answer in answers
    ]
    return make_episodes(hand_overs), make_decisions(decided)


@given(EPISODES, ANSWERS)
def test_matching_agrees_with_asking_each_decision_in_turn(
    episodes: list[tuple[str, int]], answers: list[tuple[str, int, str]]
) -> None:
    found = match_decisions(*drawn(episodes, answers), timed=True)
    expected: dict[int, str] = {}
    for lead, hour, answer in sorted(answers, key=lambda row: row[1]):
        before = [(at, -i) for i, (who, at) in enumerate(episodes) if who == lead and at <= hour]
        if before:
            expected.setdefault(-max(before)[1], answer)
    assert found["decision"].dropna().to_dict() == expected


@settings(max_examples=30)
@given(EPISODES, ANSWERS, st.randoms(use_true_random=False))
def test_row_order_does_not_matter(
    episodes: list[tuple[str, int]], answers: list[tuple[str, int, str]], random: object
) -> None:
    left, right = drawn(list(dict.fromkeys(episodes)), answers)
    shuffled = left.sample(frac=1, random_state=random.getrandbits(32))  # type: ignore[attr-defined]
    mixed = right.sample(frac=1, random_state=random.getrandbits(32))  # type: ignore[attr-defined]
    straight = match_decisions(left, right, timed=True)
    found = match_decisions(shuffled, mixed, timed=True)
    assert list(found.index) == list(shuffled.index)
    pd.testing.assert_frame_equal(found.sort_index(), straight)


@given(st.lists(st.datetimes(pd.Timestamp("2000-01-01"), pd.Timestamp("2040-01-01"))))
def test_the_end_of_a_day_is_that_day_and_other_times_stay(times: list[object]) -> None:
    moments = pd.Series(pd.to_datetime(times), dtype="datetime64[us]")
    moments = pd.concat([moments, moments.dt.normalize()], ignore_index=True)
    latest = end_of_day(moments)
    assert (latest.dt.normalize() == moments.dt.normalize()).all()
    whole = moments == moments.dt.normalize()
    assert (latest[~whole] == moments[~whole]).all()
    assert ((latest + pd.Timedelta(microseconds=1))[whole].dt.normalize() > moments[whole]).all()


def test_decided_copies_come_before_undecided_ones() -> None:
    copies = pd.DataFrame(
        {
            "decision": [None, "rejected", "accepted", None],
            "decided_at": pd.to_datetime(["2025-01-01", None, "2025-01-05", None]),
        },
        index=[3, 1, 2, 0],
    )
    assert list(sort_by_decision(copies).index) == [2, 1, 3, 0]


@pytest.mark.parametrize(
    "closed",
    [[True, False, None], ["TRUE", "false", None], [" True ", "no", ""], [1.0, 0.0, np.nan]],
)
def test_an_answer_counts_for_closed_records_alone(closed: list[object]) -> None:
    said = pd.Series(["Qualified", "Qualified", "Disqualified"])
    decision = MEANING.model_copy(update={"closed": "IsClosed", "closed_values": ("true", "1")})
    kept = keep_closed(said, pd.Series(closed), decision)
    answer, unknown = translate_values(kept, decision)
    assert answer.tolist() == ["accepted", None, None]
    assert unknown.isna().all()
    assert keep_closed(said, None, decision) is said


def test_a_box_that_nobody_ticked_is_an_answer_once_the_record_is_closed() -> None:
    frame = pd.DataFrame(
        {"box": ["x", None, None], "on": pd.to_datetime(["2025-01-05"] * 2 + [""])}
    )
    decision = DecisionSettings(column="box", closed="on", accepted=("x",), rejected=("",))
    answer, unknown = read_answers(frame, {"column": "box", "closed": "on"}, decision)
    assert answer.tolist() == ["accepted", "rejected", None]
    assert unknown.isna().all()


def test_a_converted_record_is_accepted_whatever_the_status_says() -> None:
    frame = pd.DataFrame(
        {
            "status": ["Contacted", "Disqualified", "Disqualified", "odd", "Qualified", None],
            "taken": [" TRUE", "false", None, "true", "false", "True"],
        }
    )
    found = {"column": "status", "converted": "taken"}
    decision = MEANING.model_copy(update={"converted": "taken", "converted_values": ("true",)})
    answer, unknown = read_answers(frame, found, decision)
    expected = ["accepted", "rejected", "rejected", "accepted", "accepted", "accepted"]
    assert answer.tolist() == expected
    assert unknown.isna().all()


def test_without_values_every_entry_means_converted() -> None:
    frame = pd.DataFrame({"status": ["Disqualified"] * 2, "taken_at": ["2025-01-03", None]})
    decision = MEANING.model_copy(update={"converted": "taken_at"})
    answer, _ = read_answers(frame, {"column": "status", "converted": "taken_at"}, decision)
    assert answer.tolist() == ["accepted", "rejected"]
