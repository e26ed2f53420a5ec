"""What `make planted` counts: months, changes that change only what they say, and the page."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special

from features.contract.tables import find_last
from tests.benchmarks.changes import CHANGE, CHANGES, LOST_SHARE, cross_entropy, plant
from tests.benchmarks.months import START, Company, look_back
from tests.benchmarks.planted import LOOKS
from tests.benchmarks.planted_page import first, is_promoted, is_red, render
from tests.tables import make_activities, make_episodes, make_tables
from tests.trained import train_once

TRAINED = 2


@pytest.fixture(scope="module")
def company() -> Company:
    """Six months of one lead an hour, every other accepted at even odds."""
    n = 6 * 30 * 24
    times = START + pd.to_timedelta(np.arange(n), unit="h")
    said = pd.Series(np.where(np.arange(n) % 2, "accepted", "rejected"), dtype=object)
    episodes = make_episodes(n, handed_over_at=times, decision=said)
    episodes["decided_at"] = episodes["handed_over_at"] + pd.Timedelta(days=3)
    rng = np.random.default_rng(1)
    attributes = pd.DataFrame(
        {
            "LeadSource": pd.Series(rng.choice(["Paid Search", "Website"], n), dtype=object),
            "Industry": pd.Series("Software", index=range(n), dtype=object),
            "AnnualRevenue": 1e6,
            "Rating": pd.Series("Hot", index=range(n), dtype=object),
            "Status": pd.Series("Qualified", index=range(n), dtype=object),
        }
    )
    rows = [(f"L{i}", times[i], "visit") for i in range(0, n, 48)]
    tables = make_tables(attributes, episodes=episodes, activities=make_activities(rows))
    return Company(TRAINED, train_once()[1].bundle, tables, np.zeros(n))


def late_rows(company: Company) -> np.ndarray:
    return (company.tables.episodes["handed_over_at"] >= company.month(CHANGE)).to_numpy()


def test_months_are_counted_from_the_training(company: Company) -> None:
    assert company.month(-TRAINED) == START
    assert company.month(0) == START + pd.DateOffset(months=TRAINED)
    assert company.month(1) == company.month(0) + pd.DateOffset(months=1)


def test_looking_back_hides_what_came_later(company: Company) -> None:
    moment = company.month(1)
    seen = look_back(company.tables, moment)
    assert seen.episodes["handed_over_at"].max() < moment
    open_ = seen.episodes["decision"].isna()
    assert open_.sum() == 3 * 24
    assert (seen.episodes["handed_over_at"][open_] >= moment - pd.Timedelta(days=3)).all()
    assert seen.attributes["Rating"].isna().equals(open_)
    assert seen.as_of == moment


@pytest.mark.parametrize("name", CHANGES)
def test_nothing_changes_before_the_change(company: Company, name: str) -> None:
    changed = plant(company, CHANGES[name], seed=3)
    early = ~late_rows(company)
    for part in ("episodes", "attributes"):
        before, after = getattr(company.tables, part), getattr(changed.tables, part)
        pd.testing.assert_frame_equal(before[early], after[early])
    assert (changed.truth[early] == company.truth[early]).all()
    assert LOOKS[CHANGES[name].kind] >= 3


def test_honest_changes_move_the_truth_and_the_decisions_alike(company: Company) -> None:
    late = late_rows(company)
    changed = plant(company, CHANGES["sales becomes stricter"], seed=3)
    share = (changed.tables.episodes["decision"] == "accepted")[late].mean()
    # Half were accepted; of even odds, 0.7 less in log-odds is what is left.
    assert share == pytest.approx(special.expit(-0.7), abs=0.02)
    assert changed.truth[late] == pytest.approx(-0.7)
    spoiled = plant(company, CHANGES["a source goes bad"], seed=3)
    paid = (company.tables.attributes["LeadSource"] == "Paid Search").to_numpy()
    assert spoiled.truth[late & paid] == pytest.approx(-1.5)
    assert spoiled.truth[late & ~paid] == pytest.approx(0)


def test_faults_leave_the_truth_alone(company: Company) -> None:
    late = late_rows(company)
    for name, change in CHANGES.items():
        if change.kind == "fault":
            assert (plant(company, change, seed=3).truth == company.truth).all(), name
    lost = plant(company, CHANGES["most acceptances are not exported"], seed=3)
    was = (company.tables.episodes["decision"] == "accepted").to_numpy()
    gone = lost.tables.episodes["decision"].isna().to_numpy()
    assert not gone[~(late & was)].any()
    assert gone[late & was].mean() == pytest.approx(LOST_SHARE, abs=0.06)
    silent = plant(company, CHANGES["activities no longer arrive"], seed=3).tables.activities
    assert silent is not None and company.tables.activities is not None
    assert find_last(silent, company.tables.now) < company.month(CHANGE)
    assert 0 < silent.count() < company.tables.activities.count()


def test_the_log_loss_to_expect_is_that_of_many_draws() -> None:
    rng = np.random.default_rng(2)
    truth, p = rng.normal(size=50), rng.uniform(0.1, 0.9, 50)
    drawn = rng.random((20_000, 50)) < special.expit(truth)
    loss = -np.where(drawn, np.log(p), np.log1p(-p)).mean()
    assert cross_entropy(truth, p) == pytest.approx(loss, abs=0.003)
    assert cross_entropy(truth, special.expit(truth)) < cross_entropy(truth, p)


def look(red: bool, decision: str | None, gain: float = 0.0, later: float | None = None) -> Any:
    return {
        "red": ["inputs"] if red else [],
        "decision": decision,
        "gain": gain,
        "gain_later": later,
    }


def test_the_page_counts_what_was_seen() -> None:
    honest = {"kind": "honest", "looks": [look(False, "held"), look(True, "promoted", later=0.02)]}
    never = {"kind": "honest", "looks": [look(False, "held")] * 5}
    fault = {"kind": "fault", "looks": [look(True, "held")] * 3}
    steady = {"kind": "none", "looks": [look(False, "held", 0.001), look(False, "promoted", 0.01)]}
    assert (first(honest, is_red), first(honest, is_promoted), first(never, is_red)) == (1, 1, None)
    companies = [
        {"seed": seed, "changes": {"nothing changes": steady, "stricter": run, "empty": fault}}
        for seed, run in ((5, honest), (6, never))
    ]
    page = render({"size": 450, "companies": companies})
    assert "2 simulated companies, seeds 5 to 6" in page
    assert "| stricter | 0% | 50% | 0% | 50% | inputs 1 |" in page
    assert "| empty | 100% | 0% | 0% | 0% | inputs 2 |" in page
    assert (
        "| stricter | honest | 0% | 50% | 0% | 0% | 0% | 50% | 1 of 2 | 1 of 1 | +0.0200 |" in page
    )
    assert "| empty | fault | 0% | 0% | 0% |  |  | 100% | 2 of 2 | - | - |" in page
    assert "0 of 2 companies with a fault promoted one (0%)" in page
    assert "1 of 2 companies with an honest change" in page
    assert "0 of 2 steady months whose models are truly less than" in page
    assert "2 of 4 steady months of all, in which a challenger" in page
    assert "0 of 4 steady months of all, in which a model was promoted that is truly worse" in page
    assert "No model was promoted in a company with a fault" in page
    spoiled = {"kind": "fault", "looks": [look(True, "promoted", later=-0.01)]}
    companies[0]["changes"]["empty"] = spoiled
    told = render({"size": 450, "companies": companies})
    assert "Of the 1 models promoted in spite of a fault, 1 were so" in told
    assert "month after were 0 of 1" in told
