"""Attributes: what becomes of each column of leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.matrix.attributes import (
    MAX_WORDS,
    AttributePlan,
    common_words,
    compute_attributes,
    find_roles,
    plan_attributes,
    tidy,
)
from tests.tables import START, make_column, make_settings

N = 200


def plan(
    attributes: pd.DataFrame, *, timed: bool = True, omit: dict[str, str] | None = None, **keys: Any
) -> AttributePlan:
    columns = {name: make_column(name, attributes[name]) for name in attributes.columns}
    settings = make_settings(**keys).features
    return plan_attributes(attributes, columns, settings=settings, omit=omit or {}, timed=timed)


def plan_one(values: Sequence[object], name: str = "x", **keys: Any) -> AttributePlan:
    return plan(pd.DataFrame({name: list(values)}), **keys)


def compute(attributes: pd.DataFrame, planned: AttributePlan) -> pd.DataFrame:
    times = pd.Series(START, index=attributes.index, dtype="datetime64[us]")
    features = planned.features
    complete = [feature.column for feature in features if feature.column != "*"]
    return compute_attributes(attributes, features, handed_over_at=times, complete=complete)


def numbers(n: int = N) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 50, n).astype(float)


def test_numbers_stay_numbers_and_categories_categories() -> None:
    planned = plan(pd.DataFrame({"employees": numbers(), "industry": ["Foods", "Media"] * 100}))
    assert [(f.name, f.form) for f in planned.features] == [
        ("employees", "number"),
        ("industry", "category"),
    ]
    assert planned.skipped == {} and planned.findings == ()


def test_codes_are_categories_and_their_digits_survive() -> None:
    codes = [1_234_567.0, 1_234_568.0] * 100
    (feature,) = plan_one(codes, "leadsourcecode").features
    values = compute(pd.DataFrame({"leadsourcecode": codes}), plan_one(codes, "leadsourcecode"))
    assert feature.form == "category"
    assert set(values["leadsourcecode"]) == {"1234567", "1234568"}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([None] * N, "empty_column"),
        (["same"] * N, "constant_column"),
        ([7.0] * N, "constant_column"),
        ([f"00Q{i:05d}" for i in range(N)], "nearly_id"),
        ([f"Name{i} Surname{i}" for i in range(N)], "nearly_id"),
        ([float(i) for i in range(1000, 1000 + N)], "nearly_id"),
        ([float(i) for i in range(9000, 9000 - N, -1)], "nearly_id"),
    ],
)
def test_what_cannot_tell_leads_apart_is_left_out_and_said(values: list[object], code: str) -> None:
    planned = plan_one(values)
    assert planned.features == ()
    assert [(finding.code, finding.column) for finding in planned.findings] == [(code, "x")]
    assert set(planned.skipped) == {"x"}


def test_a_constant_with_gaps_is_kept_for_its_gaps() -> None:
    assert len(plan_one([7.0, np.nan] * 100).features) == 1
    assert len(plan_one(["yes", None] * 100).features) == 1


def test_omitted_excluded_and_owner_columns_are_not_learned_from() -> None:
    frame = pd.DataFrame({name: ["a", "b"] * 100 for name in ("Tags", "Stage", "OwnerId", "Size")})
    planned = plan(frame, exclude=("Tags",), omit={"Stage": "knows the answer"})
    assert [feature.name for feature in planned.features] == ["Size"]
    assert planned.skipped == {
        "Tags": "excluded by the settings",
        "Stage": "knows the answer",
        "OwnerId": "the rep is never a feature",
    }


def test_personal_columns_leave_only_their_classes() -> None:
    frame = pd.DataFrame(
        {
            "FirstName": ["Ana", "Bo"] * 100,
            "Street": ["Main Street 1", "Main Street 2"] * 100,
            "Email": ["a@gmail.com", "b@altora.example"] * 100,
            "Phone": ["+34 600 111 222", None] * 100,
            "Company": ["Altora", "test"] * 100,
            "Website": ["https://altora.example", None] * 100,
            "Title": ["CEO", "IT Manager"] * 100,
        }
    )
    planned = plan(frame)
    names = [f.name for f in planned.features if f.recipe not in ("mentions", "completeness")]
    assert names == [
        "Company: looks real",
        "Email: domain",
        "Phone: present",
        "Title: seniority",
        "Title: function",
        "Website: present",
    ]
    assert set(planned.skipped) == {"FirstName", "Street"}
    values = compute(frame, planned)
    assert values.loc[0, names].tolist() == [
        "yes", "free", "yes", "executive", "general management", "yes",
    ]  # fmt: skip
    assert values.loc[1, names].tolist() == [
        "no", "company", "no", "manager", "information technology", "no",
    ]  # fmt: skip


def test_roles_are_found_by_what_a_column_holds() -> None:
    frame = pd.DataFrame(
        {
            "field_1": ["a@b.example", "c@d.example", None],
            "field_2": ["+34 600 111 222", "600 333 444", None],
            "field_3": [34600111222.0, 34600111229.0, 34600111225.0],
            "field_4": ["Madrid", "Leeds", None],
            "field_5": pd.to_datetime(["2025-01-01"] * 3),
        }
    )
    assert find_roles(frame) == {"field_1": "email", "field_2": "phone", "field_3": "phone"}


def test_dates_count_the_days_before_hand_over() -> None:
    frame = pd.DataFrame(
        {"CreatedDate": pd.to_datetime(["2024-12-31 09:00", "2025-01-01 21:00", None])}
    )
    planned = plan(frame)
    values = compute(frame, planned)["CreatedDate: days before"]
    assert [feature.kind for feature in planned.features] == ["context"]
    assert values.iloc[0] == 1.0
    assert values.iloc[1:].isna().all(), "what is dated later on the same day was not known"


def test_a_hand_over_dated_by_the_day_may_come_after_any_moment_of_it() -> None:
    frame = pd.DataFrame({"seen": pd.to_datetime(["2025-01-01 21:00", "2025-01-02 00:00"])})
    day = pd.Series(pd.Timestamp("2025-01-01"), index=frame.index)
    features = plan(frame).features
    values = compute_attributes(frame, features, handed_over_at=day, complete=())
    assert values["seen: days before"].iloc[0] == 0.0
    assert np.isnan(values["seen: days before"].iloc[1])


def test_dates_cannot_be_counted_without_times() -> None:
    planned = plan(pd.DataFrame({"seen": pd.to_datetime(["2024-12-31", None])}), timed=False)
    assert planned.features == ()
    assert [finding.code for finding in planned.findings] == ["date_unused"]


def test_free_text_becomes_its_length_and_its_common_words() -> None:
    texts = [f"we need a demo, please call {i} times" for i in range(100)]
    texts += [f"just looking around number {i}" for i in range(100)]
    frame = pd.DataFrame({"comment": texts, "size": numbers()})
    planned = plan(frame)
    values = compute(frame, planned)
    assert set(values["comment: words"]) == {8.0, 5.0}
    assert values["comment: mentions demo"].tolist() == ["yes"] * 100 + ["no"] * 100
    assert "comment: mentions just" in values and "comment: mentions we" not in values


def test_common_words_are_common_but_not_everywhere() -> None:
    texts = pd.Series(["alpha beta"] * 50 + ["alpha gamma"] * 40 + ["alpha delta 42"] * 10)
    assert common_words(texts) == ["beta", "gamma"]
    many = pd.Series([f"w{i % 40}x unique{i}" for i in range(2_000)])
    assert len(common_words(many)) == MAX_WORDS
    assert common_words(many) == common_words(many.sample(frac=1, random_state=3))


def test_680_spellings_of_job_titles_are_handled() -> None:
    rng = np.random.default_rng(0)
    ranks, areas = ["VP", "Head of", "Jr.", "Intern", "Mgr"], ["Sales", "IT", "Compras", "Finance"]
    titles = [f"{ranks[i % 5]} {areas[i % 4]} {i}" for i in range(680)]
    frame = pd.DataFrame({"Job Title": rng.choice(titles, 5_000)})
    values = compute(frame, plan(frame))
    assert frame["Job Title"].nunique() > 600
    assert values["Job Title: seniority"].nunique() == 5
    assert values["Job Title: function"].nunique() == 4


def test_completeness_is_the_share_of_filled_columns() -> None:
    frame = pd.DataFrame({"a": ["x", None, "y"], "b": [1.0, np.nan, np.nan], "c": ["u", None, "v"]})
    assert compute(frame, plan(frame))["completeness"].tolist() == [1.0, 0.0, 2 / 3]


def test_a_missing_column_counts_as_missing_for_every_lead() -> None:
    frame = pd.DataFrame(
        {
            "size": numbers(),
            "industry": ["Foods", "Media"] * 100,
            "Email": ["a@gmail.com", "b@altora.example"] * 100,
            "seen": pd.to_datetime(["2024-12-31"] * 199 + [None]),
            "Phone": ["+34 600 111 222", None] * 100,
        }
    )
    planned = plan(frame)
    values = compute(pd.DataFrame(index=range(3)), planned)
    present = values.pop("Phone: present")
    assert values.pop("completeness").tolist() == [0.0] * 3
    assert present.tolist() == ["no"] * 3
    assert len(values) == 3 and values.isna().all(axis=None)


def test_infinite_numbers_are_missing() -> None:
    frame = pd.DataFrame({"size": [1.0, 2.0, np.inf, -np.inf, np.nan]})
    values = compute(frame, plan_one([1.0, 2.0, 3.0], "size"))["size"]
    assert values.isna().tolist() == [False, False, True, True, True]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Lead Source", "context"),
        ("utm_medium", "context"),
        ("Landing_Page__c", "context"),
        ("TotalVisits", "behaviour"),
        ("Total Time Spent on Website", "behaviour"),
        ("Page Views Per Visit", "behaviour"),
        ("Industry", "fit"),
        ("Country", "fit"),
    ],
)
def test_columns_are_sorted_into_kinds_by_rule(name: str, kind: str) -> None:
    assert [f.kind for f in plan_one(numbers(), name).features] == [kind]


def test_the_settings_say_what_a_column_is() -> None:
    frame = pd.DataFrame({"TotalVisits": numbers(), "Industry": numbers()})
    planned = plan(frame, fit=("TotalVisits",), behaviour=("Industry",))
    kinds = {feature.name: feature.kind for feature in planned.features}
    assert kinds == {"TotalVisits": "fit", "Industry": "behaviour"}


def test_the_order_of_columns_changes_nothing() -> None:
    frame = pd.DataFrame({"b": numbers(), "a": ["u", "v"] * 100, "c": [None] * N, "Title": "CEO"})
    assert plan(frame[["Title", "c", "a", "b"]]) == plan(frame)


def test_tidy_folds_spaces_and_keeps_missing() -> None:
    assert tidy(pd.Series([" Paid \n Search", None], dtype=object)).tolist() == [
        "Paid Search",
        None,
    ]
    assert tidy(pd.Series([3.0, 2.5, np.nan])).tolist() == ["3", "2.5", None]
