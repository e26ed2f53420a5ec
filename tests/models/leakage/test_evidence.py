"""Evidence: what settles the decision alone is quarantined or asked about; what is honest stays."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from features.language import Phrase, language
from features.matrix.planning import plan_features
from models.leakage.evidence import find_by_evidence, is_nearly_settled, out_of_fold_rates
from models.leakage.suspect import LeakSuspect
from tests.tables import make_tables

N = 2_000
RNG = np.random.default_rng(11)
ACCEPTED = pd.Series((RNG.random(N) < 0.4).astype(float))
YES = ACCEPTED == 1
HONEST = {
    "Industry": RNG.choice(["Foods", "Media", "Retail"], N),
    "Employees": RNG.lognormal(4, 1, N).round(),
}


def evaluate(
    columns: dict[str, Any],
    *,
    accepted: pd.Series = ACCEPTED,
    trust: tuple[str, ...] = (),
) -> tuple[dict[str, LeakSuspect], dict[str, float]]:
    attributes = pd.DataFrame({**HONEST, **columns})
    tables = make_tables(attributes, order="file")
    table, values, _ = plan_features(tables, attributes.index, omit={})
    found, alone = find_by_evidence(values, table, attributes, accepted, trust=trust)
    assert len({suspect.column for suspect in found}) == len(found)
    return {suspect.column: suspect for suspect in found}, alone


def say(phrase: Phrase) -> str:
    """The phrase in English."""
    return language("en").phrase(phrase)


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
    found, _ = evaluate({"x": QUARANTINED[name]})
    assert {column: suspect.action for column, suspect in found.items()} == {"x": "quarantined"}
    assert any(char.isdigit() for char in say(found["x"].evidence))


@pytest.mark.parametrize("name", QUARANTINED)
def test_what_the_settings_vouch_for_is_left_alone(name: str) -> None:
    found, alone = evaluate({"x": QUARANTINED[name]}, trust=("x",))
    assert found == {} and alone["x"] > 0.65


def test_levels_that_settle_half_of_the_leads_are_quarantined(rng: np.random.Generator) -> None:
    accepted = pd.Series((rng.random(N) < 0.12).astype(float))
    settled = (accepted == 0) & (rng.random(N) < 0.65)
    found, alone = evaluate({"x": np.where(settled, "no fit", "open")}, accepted=accepted)
    assert alone["x"] < 0.9, "the whole column does not settle the decision"
    assert found["x"].action == "quarantined" and found["x"].leads == settled.sum()


def test_a_level_that_gives_the_answer_away_is_asked_about(rng: np.random.Generator) -> None:
    stage = rng.choice(["blue", "green"], N).astype(object)
    stage[YES & (rng.random(N) < 0.3)] = "meeting\u202e held"
    found, _ = evaluate({"Colour": stage})
    leads = int((stage == "meeting\u202e held").sum())
    suspect = found.pop("Colour")
    assert (suspect.action, suspect.leads, suspect.accepted) == ("ask", leads, leads)
    assert say(suspect.evidence).startswith(
        f"of the {leads} leads with “meeting held” sales accepted {leads};"
    )
    assert found == {}


def test_a_word_that_gives_the_answer_away_is_asked_about(rng: np.random.Generator) -> None:
    won = YES & (rng.random(N) < 0.3)
    notes = [f"lead number {i} {'converted' if w else 'open'} by web" for i, w in enumerate(won)]
    found, _ = evaluate({"Notes": notes})
    assert found["Notes"].action == "ask"
    assert "“Notes mentions “converted”: yes”" in say(found["Notes"].evidence)
    in_spanish = language("es").phrase(found["Notes"].evidence)
    assert "«Notes" in in_spanish and "ventas aceptó" in in_spanish


def give_away(kind: str, mine: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Numbers that some leads have and no other."""
    usual = rng.gamma(2, 20, N).round(2)
    return {
        "the largest": np.where(mine, rng.integers(600, 900, N), np.rint(usual)),
        "the smallest": np.where(mine, -rng.gamma(2, 20, N) - 1, usual),
        "a range between": np.where(mine, rng.uniform(300, 400, N), usual + 600 * (usual > 40)),
        "one number": np.where(mine, 999.0, usual),
        "one of a few": np.where(mine, 3, rng.choice([1.0, 2.0, 4.0], N)),
        "where it is missing": np.where(mine, np.nan, usual),
        "beside missing ones": np.where(mine, 700.0, np.where(rng.random(N) < 0.5, np.nan, usual)),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "answer", "share"),
    [
        ("the largest", True, 0.04),
        ("the largest", False, 0.2),
        ("the smallest", False, 0.04),
        ("a range between", True, 0.09),
        ("one number", False, 0.04),
        ("one of a few", True, 0.06),
        ("where it is missing", False, 0.04),
        ("beside missing ones", True, 0.2),
    ],
)
def test_a_number_that_gives_some_leads_away_is_asked_about(
    kind: str, answer: bool, share: float, rng: np.random.Generator
) -> None:
    mine = np.zeros(N, dtype=bool)
    mine[rng.choice(np.flatnonzero(answer == YES), round(share * N), replace=False)] = True
    found, _ = evaluate({"x": give_away(kind, mine, rng)})
    assert set(found) == {"x"}
    assert found["x"].action == "ask"


def test_numbers_that_give_leads_away_are_named_so_that_they_can_be_counted(
    rng: np.random.Generator,
) -> None:
    mine = (YES & (rng.random(N) < 0.2)).to_numpy()
    amount = give_away("the largest", mine, rng)
    suspect = evaluate({"x": amount})[0]["x"]
    least = re.search(r"“at least ([\d.]+)”", say(suspect.evidence))
    assert least is not None
    counted = amount >= float(least[1])
    assert (suspect.leads, suspect.accepted) == (counted.sum(), ACCEPTED[counted].sum())
    assert "«al menos" in language("es").phrase(suspect.evidence)


@pytest.mark.parametrize("column", ["Tags", "Lead Quality", "Lead Profile", "deal_stage", "Etapa"])
def test_a_suspect_name_needs_only_some_evidence(column: str, rng: np.random.Generator) -> None:
    fair = np.where(rng.random(N) < 0.5, STATUS_COPY, noisy(STATUS_COPY, 1.0))
    assert evaluate({column: fair})[0][column].action == "quarantined"
    assert evaluate({column: rng.permutation(STATUS_COPY)})[0] == {}
    assert evaluate({"Segment": fair})[0] == {}


def test_an_honest_strong_column_survives(rng: np.random.Generator) -> None:
    strong = 1.2 * YES + rng.normal(size=N)
    found, alone = evaluate({"Total Time Spent on Website": strong})
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
    accepted = pd.Series((rng.random(N) < rate).astype(float))
    found, alone = evaluate(columns, accepted=accepted)
    assert found == {}
    assert max(alone.values()) < 0.60


def test_columns_are_judged_whatever_their_order() -> None:
    columns = {name: QUARANTINED[name] for name in ("a flag", "a number", "a copy of the status")}
    backwards = dict(reversed(columns.items()))
    assert evaluate(columns)[0] == evaluate(backwards)[0]


def test_rates_never_look_at_the_lead_itself() -> None:
    groups = pd.Series([f"g{i}" for i in range(200)])
    accepted = (np.arange(200) % 2).astype(float)
    rates = out_of_fold_rates(groups, accepted)
    flipped = accepted.copy()
    flipped[17] = 1 - flipped[17]
    assert out_of_fold_rates(groups, flipped)[17] == rates[17]
    together = out_of_fold_rates(pd.Series(["g"] * 200), accepted)
    assert together == pytest.approx(0.5)


@given(st.integers(1, 400), st.integers(0, 400), st.floats(0.02, 0.98), st.integers(1, 200))
def test_nearly_settled_is_little_doubt_that_chance_does_not_explain(
    leads: int, doubtful: int, usual: float, tests: int
) -> None:
    doubtful = min(doubtful, leads)
    by_chance = sum(binom.pmf(k, leads, usual / 2) for k in range(doubtful + 1))
    if abs(by_chance * tests - 0.05) < 1e-9 or abs(doubtful - 0.1 * usual * leads) < 1e-9:
        return
    wanted = doubtful <= 0.1 * usual * leads and by_chance <= 0.05 / tests
    assert is_nearly_settled(doubtful, leads, usual, tests=tests) == wanted


def test_no_leads_settle_nothing() -> None:
    assert not is_nearly_settled(0, 0, 0.5)


@pytest.mark.parametrize(("accepted", "asked"), [(30, True), (29, True), (24, False)])
def test_a_small_level_is_asked_about_only_where_it_leaves_hardly_a_doubt(
    accepted: int, asked: bool, rng: np.random.Generator
) -> None:
    colour = rng.choice(["blue", "green", "red"], N).astype(object)
    colour[np.flatnonzero(YES)[:accepted]] = "odd"
    colour[np.flatnonzero(~YES)[: 30 - accepted]] = "odd"
    found, _ = evaluate({"Colour": colour})
    assert set(found) == ({"Colour"} if asked else set())


def test_a_handful_of_leads_proves_nothing(rng: np.random.Generator) -> None:
    page = rng.choice([f"/lp/{i}" for i in range(40)], N).astype(object)
    page[np.flatnonzero(YES)[:11]] = "/lp/odd"
    assert evaluate({"Page": page})[0] == {}
