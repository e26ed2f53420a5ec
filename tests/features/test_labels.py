"""Labels: cases, laws, and the simulated CRM labelled a second time in plain SQL."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.contract.as_of import parse_as_of
from features.contract.decision_match import match_decisions, translate_values
from features.errors import LeadaccordError
from features.labels import (
    RULES,
    Labels,
    count_maturity,
    label_leads,
    label_tables,
    mark_duplicates,
    read_labelled,
)
from features.matrix.history import count_history
from features.settings.load import load_settings
from features.settings.schema import DecisionSettings, Settings
from features.simulation.company import simulate

START = pd.Timestamp("2025-01-01")
AS_OF = pd.Timestamp("2025-06-30")

Row = tuple[str | None, str | None, str | None, str | None]


def make_episodes(rows: Sequence[Row], sequence: Sequence[float] | None = None) -> pd.DataFrame:
    """Lead, hand-over, decision, moment of the decision."""
    frame = pd.DataFrame(rows, columns=["lead_id", "handed_over_at", "decision", "decided_at"])
    for name in ("handed_over_at", "decided_at"):
        frame[name] = pd.to_datetime(frame[name], format="ISO8601").astype("datetime64[us]")
    frame["sequence"] = np.nan if sequence is None else sequence
    frame["early"] = False
    return frame.astype({"lead_id": object, "decision": object})


def label(rows: Sequence[Row], **options: Any) -> Labels:
    keys = {
        name: options.pop(name)
        for name in ("present_means", "matured_after_days")
        if name in options
    }
    decision = DecisionSettings(**{"matured_after_days": 30, **keys})
    return label_leads(make_episodes(rows), decision=decision, **{"as_of": AS_OF, **options})


def test_each_answer_has_its_label() -> None:
    labels = label(
        [
            ("A", "2025-01-01", "accepted", "2025-01-02"),
            ("B", "2025-01-01", "rejected", "2025-01-02"),
            ("C", "2025-01-01", "recycled", "2025-01-02"),
            ("D", "2025-01-01", None, None),
        ]
    )
    assert labels.accepted.to_list()[:3] == [1.0, 0.0, 0.0]
    assert np.isnan(labels.accepted[3])
    assert labels.rule.to_list() == ["used", "used", "used", "untouched"]


def test_each_rule_removes_its_row_and_the_first_rule_counts() -> None:
    rows: list[Row] = [
        (None, "2099-01-01", "accepted", "2025-01-02"),
        ("A", "2025-01-01", "accepted", "2025-01-02"),
        ("A", "2025-01-01", "accepted", "2025-01-02"),
        ("B", None, "accepted", "2025-01-02"),
        ("C", "2099-01-01", None, None),
        ("D", "2020-01-01", "accepted", "2020-01-02"),
        ("E", "2025-01-05", "accepted", "2025-01-02"),
        ("F", "2025-06-20", "accepted", "2025-06-21"),
        ("G", "2025-01-01", None, None),
    ]
    episodes = make_episodes(rows)
    episodes["early"] = episodes["lead_id"] == "E"
    labels = label_leads(
        episodes,
        decision=DecisionSettings(matured_after_days=30),
        as_of=AS_OF,
        since=pd.Timestamp("2024-01-01"),
    )
    assert labels.rule.to_list() == [
        "missing_id",
        "used",
        "duplicate",
        "missing_hand_over",
        "hand_over_in_future",
        "before_since",
        "decision_before_hand_over",
        "not_matured",
        "untouched",
    ]
    assert labels.excluded == dict.fromkeys(RULES, 1)
    assert labels.accepted.notna().to_list() == labels.used.to_list()


def test_a_lead_matures_on_the_day_and_not_before() -> None:
    rows: list[Row] = [
        ("A", "2025-05-31 00:00:00", "rejected", "2025-06-01"),
        ("B", "2025-05-31 00:00:01", "rejected", "2025-06-01"),
    ]
    assert label(rows).rule.to_list() == ["used", "not_matured"]


def test_hand_overs_lie_in_the_future_of_the_reading_not_of_the_data() -> None:
    rows: list[Row] = [("A", "2025-07-01", "rejected", "2025-07-01")]
    assert label(rows).rule[0] == "hand_over_in_future"
    assert label(rows, now=pd.Timestamp("2025-07-02")).rule[0] == "not_matured"


def test_silence_past_maturity_is_a_no_where_only_acceptances_are_listed() -> None:
    rows: list[Row] = [
        ("won", "2025-01-01", "accepted", "2025-01-20"),
        ("silent", "2025-01-01", None, None),
        ("won too late", "2025-01-01", "accepted", "2025-03-20"),
        ("young", "2025-06-20", None, None),
        ("young and won", "2025-06-20", "accepted", "2025-06-21"),
        ("won some day", "2025-01-01", "accepted", None),
    ]
    labels = label(rows, present_means="accepted")
    assert labels.accepted.fillna(-1).to_list() == [1, 0, 0, -1, -1, 1]
    assert labels.excluded["not_matured"] == 2
    assert labels.excluded["untouched"] == 0


def test_silence_is_a_yes_where_only_rejections_are_listed() -> None:
    rows: list[Row] = [
        ("A", "2025-01-01", "rejected", "2025-01-20"),
        ("B", "2025-01-01", None, None),
        ("C", "2025-01-01", "rejected", "2025-03-20"),
    ]
    assert label(rows, present_means="rejected").accepted.to_list() == [0.0, 1.0, 1.0]


def test_an_answer_on_the_last_day_is_in_time_and_silence_waits_for_that_day_to_end() -> None:
    last_day: list[Row] = [("A", "2025-01-01", "accepted", "2025-01-31 20:00")]
    next_day: list[Row] = [("A", "2025-01-01", "accepted", "2025-02-01 00:00")]
    assert label(last_day, present_means="accepted").accepted.to_list() == [1.0]
    assert label(next_day, present_means="accepted").accepted.to_list() == [0.0]
    silent: list[Row] = [("A", "2025-01-01", None, None)]
    for now, rule in (("2025-01-31 19:00", "not_matured"), ("2025-02-01 00:00", "used")):
        labels = label(silent, present_means="accepted", as_of=pd.Timestamp(now))
        assert labels.rule.to_list() == [rule]


def test_auto_maturity_is_the_age_by_which_most_answers_had_come() -> None:
    rows: list[Row] = [
        (f"L{i}", "2025-01-01", "rejected", str(START + pd.Timedelta(days=i))) for i in range(101)
    ]
    labels = label(rows, matured_after_days="auto")
    assert labels.matured_after_days == pytest.approx(95)
    assert labels.used.all()
    early = AS_OF - pd.Timedelta(days=180 - 94)
    assert label(rows, matured_after_days="auto", as_of=early).excluded["not_matured"] == 101


def test_auto_maturity_ignores_what_has_no_age() -> None:
    assert count_maturity(pd.Series([np.nan, -3.0, 2.0, 2.0])) == 2.0
    assert count_maturity(pd.Series([np.nan, np.nan])) == 0.0
    assert count_maturity(pd.Series([], dtype=float)) == 0.0


def test_a_decision_dated_by_the_day_of_hand_over_took_no_time() -> None:
    rows: list[Row] = [("A", "2025-01-01 15:00", "accepted", "2025-01-01")]
    labels = label(rows, matured_after_days="auto")
    assert labels.matured_after_days == 0.0
    half: list[Row] = [
        *((f"a{i}", "2025-01-01 15:00", "accepted", "2025-01-01") for i in range(99)),
        ("late", "2025-01-01 15:00", "accepted", "2025-02-10 15:00"),
    ]
    assert label(half, matured_after_days="auto").matured_after_days == 0.0


def test_without_times_nothing_has_an_age() -> None:
    rows: list[Row] = [("A", None, "accepted", None), ("B", None, "rejected", None)]
    episodes = make_episodes([*rows, ("C", None, None, None)], sequence=[1, np.nan, 3])
    labels = label_leads(episodes, decision=DecisionSettings(), as_of=None, timed=False)
    assert labels.matured_after_days is None
    assert labels.rule.to_list() == ["used", "missing_hand_over", "untouched"]


def test_of_copies_the_one_decided_first_is_kept() -> None:
    rows: list[Row] = [
        ("A", "2025-01-01", None, None),
        ("A", "2025-01-01", "rejected", "2025-01-09"),
        ("A", "2025-01-01", "accepted", "2025-01-03"),
        ("A", "2025-01-02", None, None),
    ]
    episodes = make_episodes(rows).set_axis([4, 4, 2, 9])
    assert mark_duplicates(episodes).to_list() == [True, True, False, False]
    assert mark_duplicates(episodes).index.to_list() == [4, 4, 2, 9]


def test_a_repeated_place_in_the_order_is_a_copy() -> None:
    rows: list[Row] = [("A", None, None, None)] * 3
    episodes = make_episodes(rows, sequence=[1, 1, 2])
    assert mark_duplicates(episodes).to_list() == [False, True, False]
    assert not mark_duplicates(make_episodes(rows)).any()


# Laws. Hand-overs at whole hours and decisions at odd minutes: no two answers of one moment.
HAND_OVERS = st.lists(
    st.tuples(st.sampled_from([None, *"ABCDE"]), st.none() | st.integers(0, 3000)), max_size=20
)
DECISIONS = st.lists(
    st.tuples(
        st.sampled_from("ABCDE"),
        st.integers(-200, 3500),
        st.sampled_from(["accepted", "rejected", "recycled"]),
    ),
    max_size=20,
    unique_by=lambda row: row[1],
)
PRESENT = st.sampled_from([None, "accepted", "rejected"])
MATURITY = st.sampled_from([0, 7, 60, "auto"])


def build(
    hand_overs: Sequence[tuple[str | None, int | None]],
    decisions: Sequence[tuple[str, int, str]],
    present: str | None,
) -> pd.DataFrame:
    times = [
        None if hour is None else str(START + pd.Timedelta(hours=hour)) for _, hour in hand_overs
    ]
    episodes = make_episodes(
        [(lead, at, None, None) for (lead, _), at in zip(hand_overs, times, strict=True)]
    )
    made = [START + pd.Timedelta(hours=hour, minutes=23) for _, hour, _ in decisions]
    table = pd.DataFrame(
        {
            "lead_id": pd.Series([lead for lead, _, _ in decisions], dtype=object),
            "decided_at": pd.Series(made, dtype="datetime64[us]"),
            "decision": pd.Series([present or said for _, _, said in decisions], dtype=object),
            "reason": None,
            "rep": None,
        }
    )
    found = match_decisions(episodes, table, timed=True)
    return episodes.assign(**{name: found[name] for name in found})


def by_hand_over(episodes: pd.DataFrame, labels: Labels) -> dict[Any, float]:
    """Return the label of each lead's hand-over that is used."""
    keys = zip(episodes["lead_id"], episodes["handed_over_at"], strict=True)
    used = {
        key: float(value)
        for key, value, use in zip(keys, labels.accepted, labels.used, strict=True)
        if use
    }
    assert len(used) == labels.used.sum()
    return used


@settings(max_examples=30)
@given(HAND_OVERS, DECISIONS, PRESENT, MATURITY)
def test_every_row_is_used_or_counted_under_one_rule(
    hand_overs: Any, decisions: Any, present: Any, maturity: Any
) -> None:
    episodes = build(hand_overs, decisions, present)
    decision = DecisionSettings(present_means=present, matured_after_days=maturity)
    labels = label_leads(episodes, decision=decision, as_of=AS_OF)
    assert sum(labels.excluded.values()) + labels.used.sum() == len(episodes)
    assert labels.accepted.notna().equals(labels.used)
    assert labels.accepted.dropna().isin([0.0, 1.0]).all()


@settings(max_examples=30)
@given(HAND_OVERS, DECISIONS, PRESENT, MATURITY, st.randoms(use_true_random=False))
def test_row_order_does_not_matter(
    hand_overs: Any, decisions: Any, present: Any, maturity: Any, rng: random.Random
) -> None:
    decision = DecisionSettings(present_means=present, matured_after_days=maturity)
    results = []
    for left, right in (
        (hand_overs, decisions),
        (rng.sample(hand_overs, len(hand_overs)), rng.sample(decisions, len(decisions))),
    ):
        episodes = build(left, right, present)
        labels = label_leads(episodes, decision=decision, as_of=AS_OF)
        results.append((by_hand_over(episodes, labels), labels.excluded, labels.matured_after_days))
    assert results[0] == results[1]


@settings(max_examples=30)
@given(HAND_OVERS, DECISIONS, PRESENT, st.sampled_from([0, 7, 60]), st.integers(0, 3000))
def test_what_comes_later_never_changes_a_label_once_given(
    hand_overs: Any, decisions: Any, present: Any, maturity: Any, today: int
) -> None:
    decision = DecisionSettings(present_means=present, matured_after_days=maturity)
    then = START + pd.Timedelta(hours=today, minutes=30)
    known = [row for row in hand_overs if row[1] is None or row[1] <= today]
    said = [row for row in decisions if row[1] <= today]
    before = build(known, said, present)
    after = build(hand_overs, decisions, present)
    old = by_hand_over(before, label_leads(before, decision=decision, as_of=then))
    new = by_hand_over(after, label_leads(after, decision=decision, as_of=AS_OF))
    assert old.items() <= new.items()


# A second way through the simulated CRM: window functions over the export as it is.
ORACLE = """
WITH hand_overs AS (SELECT place, Id AS id, MQL_Date__c AS given FROM leads),
periods AS (
    SELECT id, given,
           lead(given) OVER in_time AS until,
           lag(given) OVER in_time AS previous,
           row_number() OVER in_time - 1 AS hand_overs_before
    FROM (SELECT DISTINCT id, given FROM hand_overs WHERE id IS NOT NULL AND given IS NOT NULL)
    WINDOW in_time AS (PARTITION BY id ORDER BY given)
),
answers AS (
    SELECT id, given, Status AS status, CreatedDate AS decided_at
    FROM periods JOIN decisions ON LeadId = id
    WHERE CreatedDate >= given AND (until IS NULL OR CreatedDate < until)
    QUALIFY row_number() OVER (PARTITION BY id, given ORDER BY CreatedDate) = 1
),
maturity AS (SELECT quantile_cont(epoch(decided_at - given) / 86400.0, 0.95) AS days FROM answers),
told AS (
    SELECT p.*, status,
           (SELECT count(*) FROM answers a WHERE a.id = p.id AND a.given < p.given
            AND a.decided_at < p.given AND a.status <> $accepted) AS rejections_before,
           EXISTS (SELECT 1 FROM decisions d WHERE d.LeadId = p.id)
           AND NOT EXISTS (SELECT 1 FROM answers a WHERE a.id = p.id) AS early
    FROM periods p LEFT JOIN answers USING (id, given)
)
SELECT days AS maturity,
       CASE WHEN h.id IS NULL THEN 'missing_id'
            WHEN h.given IS NULL THEN 'missing_hand_over'
            WHEN row_number() OVER (PARTITION BY h.id, h.given ORDER BY place) > 1 THEN 'duplicate'
            WHEN h.given > $now::TIMESTAMP THEN 'hand_over_in_future'
            WHEN h.given < $since::TIMESTAMP THEN 'before_since'
            WHEN early THEN 'decision_before_hand_over'
            WHEN epoch($as_of::TIMESTAMP - h.given) / 86400.0 < days THEN 'not_matured'
            WHEN status IS NULL THEN 'untouched'
            ELSE 'used' END AS rule,
       status = $accepted AS accepted,
       coalesce(hand_overs_before, 0) AS hand_overs_before,
       coalesce(rejections_before, 0) AS rejections_before,
       epoch(h.given - previous) / 86400.0 AS days_since
FROM hand_overs h CROSS JOIN maturity LEFT JOIN told t ON t.id = h.id AND t.given = h.given
ORDER BY place
"""
MEANING = DecisionSettings(
    column="Status", accepted=("Qualified",), rejected=("Disqualified",), recycled=("Recycled",)
)


def test_plain_sql_finds_the_same_labels_and_history_in_the_simulated_crm() -> None:
    world = simulate(n_leads=1500, dirty=True)
    leads = world.leads[["Id", "MQL_Date__c"]].assign(place=range(1, len(world.leads) + 1))
    as_of = world.decisions["CreatedDate"].max()
    since = pd.Timestamp("2024-09-01")
    accepted = "Qualified"
    assert accepted in set(world.decisions["Status"])

    connection = duckdb.connect()
    connection.register("leads", leads)
    connection.register("decisions", world.decisions)
    given_values = {"accepted": accepted, "now": as_of, "as_of": as_of, "since": since}
    oracle = connection.execute(ORACLE, given_values).df()

    episodes = make_episodes([(None, None, None, None)] * len(leads))
    episodes["lead_id"] = leads["Id"].astype(object).where(leads["Id"].notna(), None)
    episodes["handed_over_at"] = leads["MQL_Date__c"].astype("datetime64[us]")
    answer, unknown = translate_values(world.decisions["Status"], MEANING)
    assert unknown.isna().all()
    decisions = pd.DataFrame(
        {
            "lead_id": world.decisions["LeadId"].astype(object),
            "decided_at": world.decisions["CreatedDate"].astype("datetime64[us]"),
            "decision": answer,
            "reason": world.decisions["Disqualified_Reason__c"],
            "rep": world.decisions["OwnerId"],
        }
    )
    found = match_decisions(episodes, decisions, timed=True)
    episodes = episodes.assign(**{name: found[name] for name in found})
    labels = label_leads(episodes, decision=MEANING, as_of=as_of, since=since)
    history = count_history(episodes, episodes, episodes.index)

    assert labels.rule.to_list() == oracle["rule"].to_list()
    assert all(count > 0 for count in labels.excluded.values())
    assert labels.matured_after_days == pytest.approx(oracle["maturity"][0])
    used = labels.used.to_numpy()
    assert labels.accepted[used].to_list() == oracle["accepted"][used].astype(float).to_list()
    assert history["earlier hand-overs"].to_list() == oracle["hand_overs_before"].to_list()
    assert history["earlier rejections"].to_list() == oracle["rejections_before"].to_list()
    assert history["earlier rejections"].sum() > 20
    np.testing.assert_allclose(history["days since earlier hand-over"], oracle["days_since"])


def flat_project(folder: Path) -> Settings:
    """Four hand-overs of one file, one before the first day asked for, one of a later day."""
    (folder / "leads.csv").write_text(
        "Id,At,Status,On\nA,2025-01-05,Yes,2025-01-09\nB,2025-02-05,No,2025-02-09\n"
        "C,2025-03-05,Yes,2025-03-09\nD,2025-04-05,No,2025-04-09\n",
        encoding="utf-8",
    )
    (folder / "leadaccord.toml").write_text(
        '[tables]\nleads = "leads.csv"\n'
        '[leads]\nid = "Id"\nhanded_over_at = "At"\nsince = 2025-02-01\n'
        '[decision]\ncolumn = "Status"\naccepted = ["Yes"]\nrejected = ["No"]\n'
        'decided_at = "On"\nmatured_after_days = 0\n',
        encoding="utf-8",
    )
    return load_settings(folder / "leadaccord.toml")


def test_a_project_is_read_and_labelled_by_its_settings(tmp_path: Path) -> None:
    tables, labels = read_labelled(flat_project(tmp_path))
    found = dict(zip(tables.episodes["lead_id"], labels.rule, strict=True))
    assert found == {"A": "before_since", "B": "used", "C": "used", "D": "used"}
    assert labels.accepted[labels.used].to_list() == [0.0, 1.0, 0.0]
    again = label_tables(tables)
    pd.testing.assert_series_equal(again.rule, labels.rule)


def test_a_project_is_labelled_as_of_a_day(tmp_path: Path) -> None:
    as_of = parse_as_of("2025-03-31", now=pd.Timestamp("2025-12-31"))
    tables, _ = read_labelled(flat_project(tmp_path), as_of)
    assert sorted(tables.episodes["lead_id"]) == ["A", "B", "C"]


def test_a_project_whose_leads_are_not_there_is_refused_in_words(tmp_path: Path) -> None:
    settings = flat_project(tmp_path)
    (tmp_path / "leads.csv").unlink()
    with pytest.raises(LeadaccordError, match="leads"):
        read_labelled(settings)
