"""Leaks: what knows the answer is quarantined or asked about; what is honest is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.contract import read_tables
from features.labels import label_leads
from features.matrix import plan_features
from features.settings import load_settings
from models.leaks import (
    ASK_AUC,
    LeakSuspect,
    ask_about,
    find_by_evidence,
    find_by_name,
    find_by_time,
    out_of_fold_rates,
)
from models.split import split_leads
from models.training import find_leaks
from tests.tables import START, make_settings, make_tables

N = 2_000
RNG = np.random.default_rng(11)
ACCEPTED = pd.Series((RNG.random(N) < 0.4).astype(float))
YES = ACCEPTED == 1
HONEST = {
    "Industry": RNG.choice(["Foods", "Media", "Retail"], N),
    "Employees": RNG.lognormal(4, 1, N).round(),
}


def judge(
    columns: dict[str, Any],
    *,
    accepted: pd.Series = ACCEPTED,
    undecided: pd.DataFrame | None = None,
    trust: tuple[str, ...] = (),
) -> tuple[dict[str, LeakSuspect], dict[str, float]]:
    attributes = pd.DataFrame({**HONEST, **columns})
    tables = make_tables(attributes, order="file")
    table, values, _ = plan_features(tables, attributes.index, omit={})
    found, alone = find_by_evidence(
        values, table, attributes, accepted, undecided=undecided, trust=trust
    )
    assert len({suspect.column for suspect in found}) == len(found)
    return {suspect.column: suspect for suspect in found}, alone


def noisy(copied: Any, share: float) -> np.ndarray:
    """The answer with a share of it drawn anew."""
    drawn = np.random.default_rng(1).permutation(np.asarray(copied, dtype=object))
    return np.where(np.random.default_rng(2).random(N) < share, drawn, copied)


STATUS_COPY = YES.map({True: "Won", False: "Junk"}).astype(object)
QUARANTINED: dict[str, Any] = {
    "a copy of the status": STATUS_COPY,
    "a copy with many levels": [f"{s} {i % 9}" for i, s in enumerate(STATUS_COPY)],
    "a copy with faults": noisy(STATUS_COPY, 0.08),
    "a flag": YES.astype(float),
    "a number": np.where(YES, 100.0, 0.0) + RNG.normal(0, 10, N),
    "an amount where accepted, else nothing": np.where(YES, RNG.lognormal(8, 1, N).round(2), 0.0),
    "filled in only where accepted": np.where(YES, RNG.choice(["a", "b"], N), None),
    "filled in only where rejected": np.where(YES, None, RNG.choice(["a", "b"], N)),
    "a number filled in where accepted": np.where(YES, RNG.normal(size=N), np.nan),
    "a remark filled in for some of the accepted": np.where(
        YES & (RNG.random(N) < 0.4), RNG.choice(["a", "b"], N), None
    ),
    "notes of the call": [
        f"call no {i}: " + ("deal made today" if yes else "nothing came of it")
        for i, yes in enumerate(YES)
    ],
}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.mark.parametrize("name", QUARANTINED)
def test_a_planted_leak_is_quarantined(name: str) -> None:
    found, _ = judge({"x": QUARANTINED[name]})
    assert {column: suspect.action for column, suspect in found.items()} == {"x": "quarantined"}
    assert any(char.isdigit() for char in found["x"].evidence)


@pytest.mark.parametrize("name", QUARANTINED)
def test_what_the_settings_vouch_for_is_left_alone(name: str) -> None:
    found, alone = judge({"x": QUARANTINED[name]}, trust=("x",))
    assert found == {} and alone["x"] > 0.65


def test_levels_that_settle_half_of_the_leads_are_quarantined(rng: np.random.Generator) -> None:
    accepted = pd.Series((rng.random(N) < 0.12).astype(float))
    settled = (accepted == 0) & (rng.random(N) < 0.65)
    found, alone = judge({"x": np.where(settled, "no fit", "open")}, accepted=accepted)
    assert alone["x"] < 0.9, "the whole column does not settle the decision"
    assert found["x"].action == "quarantined" and found["x"].leads == settled.sum()


def test_a_level_that_gives_the_answer_away_is_asked_about(rng: np.random.Generator) -> None:
    stage = rng.choice(["blue", "green"], N).astype(object)
    stage[YES & (rng.random(N) < 0.3)] = "meeting\u202e held"
    found, _ = judge({"Colour": stage})
    leads = int((stage == "meeting\u202e held").sum())
    suspect = found.pop("Colour")
    assert (suspect.action, suspect.leads, suspect.accepted) == ("ask", leads, leads)
    assert suspect.evidence.startswith(f'of the {leads} leads with "meeting held" sales accepted')
    assert found == {}


def test_a_word_that_gives_the_answer_away_is_asked_about(rng: np.random.Generator) -> None:
    won = YES & (rng.random(N) < 0.3)
    notes = [f"lead number {i} {'converted' if w else 'open'} by web" for i, w in enumerate(won)]
    found, _ = judge({"Notes": notes})
    assert found["Notes"].action == "ask"
    assert '"Notes: mentions converted = yes"' in found["Notes"].evidence


def test_ranges_of_numbers_are_no_words_to_ask_about(rng: np.random.Generator) -> None:
    score = rng.normal(0, 1, N)
    score[YES & (rng.random(N) < 0.2)] = 9.0
    assert judge({"x": np.where(rng.random(N) < 0.1, np.nan, score)})[0] == {}


def test_what_is_empty_for_undecided_leads_alone_was_filled_in_on_deciding(
    rng: np.random.Generator,
) -> None:
    filled = rng.choice(["a", "b"], N)
    half = np.where(rng.random(N) < 0.75, filled, None)
    undecided = pd.DataFrame(
        {"x": [None] * 300, "y": ["a"] * 30 + [None] * 270, "Industry": ["Foods"] * 300}
    )
    found, _ = judge({"x": filled, "y": half}, undecided=undecided)
    assert {name: suspect.action for name, suspect in found.items()} == {
        "x": "quarantined",
        "y": "ask",
    }
    assert (
        found["x"].evidence == "filled in for 100% of the decided leads and for 0% of the undecided"
    )
    few = judge({"x": filled}, undecided=undecided.head(20))[0]
    assert few == {}


@pytest.mark.parametrize("column", ["Tags", "Lead Quality", "Lead Profile", "deal_stage", "Etapa"])
def test_a_suspect_name_needs_only_some_evidence(column: str, rng: np.random.Generator) -> None:
    fair = np.where(rng.random(N) < 0.5, STATUS_COPY, noisy(STATUS_COPY, 1.0))
    assert judge({column: fair})[0][column].action == "quarantined"
    assert judge({column: rng.permutation(STATUS_COPY)})[0] == {}
    assert judge({"Segment": fair})[0] == {}


def test_an_honest_strong_column_survives(rng: np.random.Generator) -> None:
    strong = 1.2 * YES + rng.normal(size=N)
    found, alone = judge({"Total Time Spent on Website": strong})
    assert 0.77 < alone["Total Time Spent on Website"] < 0.83
    assert found == {}


@given(st.integers(0, 10_000), st.sampled_from([0.12, 0.4, 0.7, 0.88]))
@settings(max_examples=12)
def test_honest_noise_is_never_named(seed: int, rate: float) -> None:
    rng = np.random.default_rng(seed)
    columns = {
        "flag": rng.choice([0.0, 1.0], N, p=[0.9, 0.1]),
        "number": rng.normal(size=N),
        "count": rng.poisson(0.5, N).astype(float),
        "page": rng.choice([f"/lp/{i}" for i in range(40)], N),
        "gaps": np.where(rng.random(N) < 0.9, None, "given"),
        "Tags": rng.choice(["a", "b", None], N),
    }
    undecided = pd.DataFrame({name: values[:200] for name, values in columns.items()})
    accepted = pd.Series((rng.random(N) < rate).astype(float))
    found, alone = judge(columns, accepted=accepted, undecided=undecided)
    assert found == {}
    assert max(alone.values()) < 0.60


def test_columns_are_judged_whatever_their_order() -> None:
    columns = {name: QUARANTINED[name] for name in ("a flag", "a number", "a copy of the status")}
    backwards = dict(reversed(columns.items()))
    assert judge(columns)[0] == judge(backwards)[0]


def test_columns_a_crm_writes_after_hand_over_are_known_by_name() -> None:
    names = ["IsConverted", "LastActivityDate", "Status", "Industry"]
    attributes = pd.DataFrame({name: ["a", None] * 10 for name in names})
    bare = find_by_name(make_tables(attributes, decision_columns={"sdr_id": 7}))
    assert {suspect.column for suspect in bare} == {"IsConverted", "LastActivityDate", "sdr_id"}
    assert {suspect.action for suspect in bare} == {"quarantined"}
    assert {suspect.column: suspect.leads for suspect in bare}["IsConverted"] == 10
    salesforce = make_settings(leads={"preset": "salesforce"}, trust=("IsConverted",))
    named = find_by_name(make_tables(attributes, settings=salesforce))
    assert {suspect.column for suspect in named} == {"LastActivityDate", "Status"}


def dates(late: int) -> pd.DataFrame:
    at = pd.Series(START + pd.to_timedelta(np.arange(100), unit="D"))
    shift = np.where(np.arange(100) < late, 1, -3)
    return pd.DataFrame({"met": at + pd.to_timedelta(shift, unit="D"), "size": 1.0})


def test_dates_after_hand_over_are_quarantined() -> None:
    tables = make_tables(dates(late=20))
    (suspect,) = find_by_time(tables, tables.episodes.index)
    assert (suspect.column, suspect.action, suspect.leads) == ("met", "quarantined", 20)
    assert suspect.evidence == "dated after hand-over for 20 of the 100 leads that have it"


def test_dates_of_the_same_day_and_a_few_slips_are_no_leak() -> None:
    tables = make_tables(dates(late=4))
    assert find_by_time(tables, tables.episodes.index) == []
    same_day = tables.episodes["handed_over_at"] + pd.Timedelta(hours=10)
    tables = make_tables(pd.DataFrame({"met": same_day}))
    assert find_by_time(tables, tables.episodes.index) == []


def test_dates_the_settings_speak_of_or_cannot_be_compared_are_left_alone() -> None:
    for keys in ({"trust": ("met",)}, {"exclude": ("met",)}):
        tables = make_tables(dates(late=50), settings=make_settings(**keys))
        assert find_by_time(tables, tables.episodes.index) == []
    tables = make_tables(dates(late=50), order="file")
    assert find_by_time(tables, tables.episodes.index) == []


def test_what_carries_most_of_the_skill_is_asked_about() -> None:
    alone = {"duration": 0.81, "second": 0.74, "weak": ASK_AUC - 0.01, "known": 0.85}
    found = ask_about(alone, model_auc=0.88, leads=500, known=["known"])
    assert [(s.column, s.action, s.leads, s.auc) for s in found] == [("duration", "ask", 500, 0.81)]
    assert "AUC of 0.81, the whole model with 0.88" in found[0].evidence
    assert ask_about({"a": 0.75}, model_auc=0.5, leads=5, known=[])[0].column == "a"


def test_rates_never_look_at_the_lead_itself() -> None:
    groups = pd.Series([f"g{i}" for i in range(200)])
    accepted = (np.arange(200) % 2).astype(float)
    rates = out_of_fold_rates(groups, accepted)
    flipped = accepted.copy()
    flipped[17] = 1 - flipped[17]
    assert out_of_fold_rates(groups, flipped)[17] == rates[17]
    together = out_of_fold_rates(pd.Series(["g"] * 200), accepted)
    assert together == pytest.approx(0.5)


def test_a_suspect_is_plain_types() -> None:
    suspect = judge({"x": STATUS_COPY})[0]["x"]
    assert suspect.to_dict() == {
        "column": "x",
        "action": "quarantined",
        "evidence": f"alone it ranks the {N} leads with an AUC of 1.00",
        "leads": N,
        "accepted": None,
        "auc": 1.0,
        "table": "leads",
    }


def find_in_real_data(
    folder: Path, tmp_path: Path, settings_text: str
) -> tuple[dict[str, str], dict[str, float]]:
    """Run the three guards on the older leads of a real export; nothing is excluded."""
    file = tmp_path / "leadaccord.toml"
    file.write_text(settings_text.format(folder=folder.as_posix()))
    tables = read_tables(load_settings(file))
    labels = label_leads(
        tables.episodes,
        decision=tables.settings.decision,
        as_of=tables.as_of,
        timed=tables.timed,
    )
    split = split_leads(tables.episodes, labels.used, order=tables.order, test_share=0.25, seed=20)
    suspects, alone = find_leaks(tables, split.train, labels.accepted, labels)
    return {suspect.column: suspect.action for suspect in suspects}, alone


@pytest.mark.real
def test_what_sales_filled_in_at_x_education_is_quarantined(
    real_data: Path, tmp_path: Path
) -> None:
    found, alone = find_in_real_data(
        real_data,
        tmp_path,
        """
        tables.leads = "{folder}/xeducation_leads.csv"
        leads = {{ id = "Prospect ID", order = "Lead Number", missing = ["Select"] }}
        decision = {{ column = "Converted", accepted = [1], rejected = [0] }}
        """,
    )
    quarantined = {column for column, action in found.items() if action == "quarantined"}
    assert quarantined == {
        "Tags",
        "Lead Quality",
        "Lead Profile",
        "Last Activity",
        "Last Notable Activity",
    }
    assert "Total Time Spent on Website" not in found
    assert alone["Total Time Spent on Website"] > 0.7


@pytest.mark.real
def test_the_length_of_the_call_is_asked_about_at_the_bank(real_data: Path, tmp_path: Path) -> None:
    found, alone = find_in_real_data(
        real_data,
        tmp_path,
        """
        tables.leads = "{folder}/bank_additional_full.csv"
        leads.order = "file"
        decision = {{ column = "y", accepted = ["yes"], rejected = ["no"] }}
        """,
    )
    assert found == {}
    asked = ask_about(alone, model_auc=0.93, leads=30_000, known=[])
    assert [suspect.column for suspect in asked] == ["duration"]


@pytest.mark.real
def test_nothing_of_the_deals_is_learned_from_at_olist(real_data: Path, tmp_path: Path) -> None:
    found, _ = find_in_real_data(
        real_data,
        tmp_path,
        """
        tables.leads = "{folder}/olist_marketing_qualified_leads_dataset.csv"
        tables.decisions = "{folder}/olist_closed_deals_dataset.csv"
        leads = {{ id = "mql_id", handed_over_at = "first_contact_date" }}
        [decision]
        id = "mql_id"
        present_means = "accepted"
        decided_at = "won_date"
        matured_after_days = 90
        """,
    )
    assert len(found) == 13 and set(found.values()) == {"quarantined"}
    assert not {"landing_page_id", "origin"} & set(found)
