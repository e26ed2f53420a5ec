"""The leads shown, in words: reasons as `score` gives them, nothing that must not be shown."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from features.language import language
from features.naming import readable
from serve.report.contents import Report, ScoreChanges
from serve.report.leads import show_leads, show_values
from serve.report.selection import detail_leads
from serve.scoring.scorer import score_leads
from tests.serve.report.conftest import NEWEST, Company


def test_what_a_record_lacks_is_told_where_most_have_it(company: Company, report: Report) -> None:
    attributes = company.tables.attributes
    sources = [name for name in company.bundle.table.sources if name in attributes]
    usual = {readable(name): name for name in sources if attributes[name].notna().mean() >= 0.5}
    by_id = attributes.set_axis(company.tables.episodes["lead_id"], axis=0)
    by_id = by_id[~by_id.index.duplicated(keep=False)]
    seen = 0
    for lead, missing in zip(report.leads.frame["lead_id"], report.leads.missing, strict=True):
        if lead not in by_id.index:
            continue
        lacking = {words for words, name in usual.items() if pd.isna(by_id.at[lead, name])}
        assert set(missing) == lacking
        seen += len(lacking)
    assert seen > 0


def test_what_is_displayed_stands_beside_each_lead(company: Company, report: Report) -> None:
    assert list(report.leads.shown.columns) == ["Company"]
    assert not report.leads.fields.isna().any().any()
    assert list(report.leads.fields.columns) == list(report.leads.field_labels)


def test_reasons_are_those_of_the_score(company: Company, report: Report) -> None:
    episodes = company.tables.episodes.loc[company.scored.hand_overs.index]
    scores = score_leads(
        company.bundle,
        replace(
            company.tables,
            episodes=episodes,
            attributes=company.tables.attributes.loc[episodes.index],
        ),
        language=language("en"),
        scored_at=company.tables.now,
        earlier=company.tables.episodes,
    ).scores.set_index(["lead_id", "handed_over_at"])
    leads = report.leads
    for row in range(0, NEWEST, 7):
        key = (leads.frame["lead_id"][row], leads.frame["handed_over_at"][row])
        score = scores.loc[key]
        for prefix, told in (("reason", leads.reasons_for), ("against", leads.reasons_against)):
            written = [score[f"{prefix}_{i}"] for i in range(1, 6)]
            assert told[row] == tuple(text for text in written if isinstance(text, str))


def test_certain_leads_are_shown_in_the_order_asked_for(company: Company) -> None:
    labels = company.scored.hand_overs.index[[5, 900, 40]]
    leads = show_leads(
        company.bundle,
        company.tables,
        company.scored,
        detail_leads(company.bundle, company.tables, company.scored, labels),
        company.fields,
        language("en"),
        ScoreChanges(),
    )
    asked = company.tables.episodes.loc[labels, "lead_id"]
    assert leads.frame["lead_id"].tolist() == asked.tolist()
    assert leads.total == len(company.scored.hand_overs)


def test_displayed_values_are_written_in_the_readers_language() -> None:
    values = pd.Series([1234.5, None, "a\x00b", pd.Timestamp("2026-03-01 10:00")], dtype=object)
    assert show_values(values, language("es")) == ["1.234,5", "", "a b", "1 mar 2026"]
