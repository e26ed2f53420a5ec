"""Redacted, a report holds no way to reach anybody, and its rows can still be told apart."""

from __future__ import annotations

import html
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from features.contract.tables import Tables
from features.language import language
from serve.report.assemble import assemble
from serve.report.explanation import explain_lead
from serve.report.fields import Fields
from serve.report.html.explanation_page import render_explanation
from serve.report.html.page import render
from serve.report.redaction import (
    HIDDEN,
    LONGEST,
    MIN_GIVEN,
    hide_contacts,
    hide_written,
    mask_ids,
    redact_fields,
    redact_hand_overs,
    redact_sources,
    redact_tables,
)
from serve.report.scored_hand_overs import score_hand_overs
from tests.serve.report.conftest import Company, label_now
from tests.serve.report.workbooks import read

IDS = pd.Series(["ann@x.example", "00Q1", "ann@x.example", "+34 600 123 456", "4711"])
ROWS = pd.Series([7, 2, 3, 9, 10])


def test_ids_that_reach_somebody_become_the_leads_first_row() -> None:
    assert mask_ids(IDS, ROWS, every=False).tolist() == ["#3", "00Q1", "#3", "#9", "4711"]
    assert mask_ids(IDS, ROWS, every=True).tolist() == ["#3", "#2", "#3", "#9", "#10"]


@pytest.mark.parametrize(
    ("column", "masked"), [("Email", True), ("Full Name", True), ("Id", False)]
)
def test_a_column_called_like_a_personal_one_is_masked_whole(
    company: Company, column: str, masked: bool
) -> None:
    hand_overs = redact_hand_overs(company.scored, column).hand_overs
    assert (hand_overs["shown_id"] != hand_overs["lead_id"]).all() == masked
    assert hand_overs.groupby("lead_id")["shown_id"].nunique().max() == 1
    assert hand_overs.groupby("shown_id")["lead_id"].nunique().max() == 1


def test_reasons_stay_where_they_come_from_a_list() -> None:
    listed = ["No budget"] * (MIN_GIVEN - 2) + ["no  budget", "NO BUDGET"]
    seldom = ["Spoke to Ann"] * (MIN_GIVEN - 1)
    wrong = ["ask ann@x.example", "call +34 600 123 456", "x" * (LONGEST + 1)] * MIN_GIVEN
    reasons = pd.Series([*listed, None, *seldom, *wrong], dtype=object)
    shown = hide_written(reasons)
    assert shown[: len(listed)].tolist() == listed
    assert shown[len(listed)] is None
    assert set(shown[len(listed) + 1 :]) == {HIDDEN}


def test_addresses_and_numbers_go_and_the_rest_stays() -> None:
    said = "Referred by is one seldom seen: ann.lee@x.example, +1 (555) 010-9999, 44% of 1,234"
    assert hide_contacts(said) == (
        f"Referred by is one seldom seen: {HIDDEN} {HIDDEN}, 44% of 1,234"
    )
    for harmless in ("2026-01-15 Webinar", "over 1.9, up to 3.9", "00Q6dvOfvVDzEzxyf3", "C++ @ 9"):
        assert hide_contacts(harmless) == harmless
    fields = Fields(pd.DataFrame({"source": ["Web", "a@b.example", None]}), {"source": "Source"})
    assert redact_fields(fields).frame["source"].tolist() == ["Web", HIDDEN, None]
    owned = Fields(fields.frame.assign(owner="Ann"), {"source": "Source", "owner": "Owner"})
    assert list(redact_fields(owned).frame) == ["source"]


def test_redacted_tables_hold_nothing_that_display_names(company: Company) -> None:
    tables = redact_tables(company.tables)
    assert tables.settings.leads.display == ()
    assert set(company.tables.attributes) - set(tables.attributes) == {"Company"}
    assert company.tables.settings.leads.display == ("Company",)
    tables, scored = redact_sources(company.tables, company.scored)
    assert "Company" not in tables.attributes
    assert (scored.hand_overs["reason"] == HIDDEN).sum() == 0, "all come from a list"


@pytest.fixture(scope="module")
def telling(company: Company) -> Tables:
    """The company with addresses as ids, sources and reasons of some leads."""
    episodes = company.tables.episodes
    address = "lead" + episodes["row"].astype(str) + "@ann.example"
    some = episodes["row"] % 3 == 0
    said = ("Ann wants " + episodes["row"].astype(str)).where(episodes["reason"].notna(), None)
    source = company.tables.attributes["LeadSource"]
    return replace(
        company.tables,
        episodes=episodes.assign(
            lead_id=episodes["lead_id"].mask(some, address),
            reason=episodes["reason"].mask(some, said),
        ),
        attributes=company.tables.attributes.assign(LeadSource=source.mask(some, address)),
    )


def test_nothing_that_is_written_tells(company: Company, telling: Tables, tmp_path: Path) -> None:
    labels, words = label_now(telling), language("en")
    scored = score_hand_overs(company.bundle, telling, labels)
    written = {}
    for redact in (False, True):
        (report,) = assemble(company.bundle, telling, scored, [words], newest=60, redact=redact)
        folder = tmp_path / str(redact)
        folder.mkdir()
        sheets = [
            str(cell) for rows in read(report, folder).values() for row in rows for cell in row
        ]
        lead = telling.episodes.loc[telling.episodes["row"] % 3 == 0, "lead_id"].iloc[-1]
        explanation = explain_lead(company.bundle, telling, labels, words, lead, redact=redact)
        pages = render([report]) + render_explanation(explanation, words)
        written[redact] = html.unescape(pages) + "\n".join(sheets)
    assert "@ann.example" in written[False] and "Ann wants" in written[False]
    assert "@ann.example" not in written[True] and "Ann wants" not in written[True]
    assert "(written by hand, not shown)" in written[True] and HIDDEN in written[True]
    assert "Student" in written[True], "a reason from a list stays"
