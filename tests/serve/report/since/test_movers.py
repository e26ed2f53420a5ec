"""Movers: groups that changed for sure, and waiting leads in another band."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from features.language import language
from features.settings.schema import BandSettings
from serve.report.contents import Report
from serve.report.fields import Fields
from serve.report.scored_hand_overs import ScoredHandOvers
from serve.report.since.movers import list_shifts, summarise_since, write_lead_change
from tests.serve.report.conftest import Company
from tests.serve.report.reports import make_report

EN, ES = language("en"), language("es")


def two_months(company: Company, now: float, before: float) -> tuple[ScoredHandOvers, Fields]:
    """Two months of 300 leads of three sources, all answered in a day; one source changes."""
    n = 1_800
    days = np.r_[np.repeat(np.arange(30), 30), np.repeat(np.arange(30, 60), 30)]
    source = np.tile(["Fair", "Web", "Mail"], n // 3)
    order = np.tile(np.repeat(np.arange(100), 3), 6) / 100  # as even as can be
    share = np.where(source != "Fair", 0.4, np.where(days >= 30, now, before))
    at = pd.Timestamp("2026-01-01 08:00") + pd.to_timedelta(days, "D")
    hand_overs = pd.DataFrame(
        {
            "handed_over_at": at,
            "decided_at": at + pd.Timedelta(hours=20),
            "decision": np.where(order < share, "accepted", "rejected"),
        }
    )
    fields = Fields(pd.DataFrame({"source": source}, index=hand_overs.index), {"source": "Source"})
    return replace(company.scored, hand_overs=hand_overs), fields


def test_a_source_that_fell_is_named_with_both_shares(company: Company) -> None:
    scored, fields = two_months(company, 0.2, 0.5)
    (said,) = list_shifts(scored, fields, EN, days=30)
    assert said.startswith("Fair: sales accepted 20% of 300 leads, less than in the 30 days before")
    assert "(50% of " in said
    (said,) = list_shifts(*two_months(company, 0.5, 0.2), ES, days=30)
    assert said.startswith("Fair: ventas aceptó el 50") and "más que" in said


def test_a_difference_that_chance_explains_is_not_named(company: Company) -> None:
    assert list_shifts(*two_months(company, 0.43, 0.4), EN, days=30) == ()


def test_without_days_of_answers_nothing_is_compared(company: Company) -> None:
    scored, fields = two_months(company, 0.2, 0.5)
    undated = scored.hand_overs.assign(decided_at=pd.NaT)
    assert list_shifts(replace(scored, hand_overs=undated), fields, EN, days=30) == ()


def moved(report: Report) -> pd.DataFrame:
    frame = report.leads.frame
    limits = BandSettings()
    ends = [0, limits.cool, limits.warm, limits.hot, 101]
    changed = pd.cut(frame["was"], ends, right=False) != pd.cut(frame["score"], ends, right=False)
    return frame[(frame["decision"] == "waiting") & frame["was"].notna() & changed]


def test_waiting_leads_in_another_band_are_counted_and_named(company: Company) -> None:
    report = make_report(400)
    found = summarise_since(
        company.scored, company.fields, report.leads, (), BandSettings(), EN, days=30
    )
    expected = moved(report)
    assert (found.up, found.down) == (len(expected), 0) and found.up > 2
    assert len(found.movers) == min(found.up, 5)
    for mover in found.movers:
        row = expected[expected["lead_id"] == mover.lead_id].iloc[0]
        assert mover.now == row["band"] < mover.was
        assert mover.why.startswith(f"{row['score']}, was {row['was']:.0f}: Demo request")


def test_a_lead_whose_score_did_not_change_says_nothing() -> None:
    leads = make_report(50).leads
    silent = int(np.flatnonzero(leads.frame["was"].isna())[0])
    assert write_lead_change(leads, silent, EN) == ""
