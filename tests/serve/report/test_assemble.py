"""The whole report: its parts agree with each other and with what training stored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.language import language
from models.evaluation.metrics import evaluate
from serve.report.assemble import assemble, show_every_lead
from serve.report.contents import Report
from serve.report.scored_hand_overs import score_hand_overs
from tests.serve.report.conftest import NEWEST, Company, label_now


def test_scores_of_judged_leads_give_the_figures_that_training_stored(company: Company) -> None:
    figures = company.bundle.figures
    hand_overs = company.scored.hand_overs.loc[company.trained.probability.index]
    again = evaluate(
        (hand_overs["decision"] == "accepted").astype(float).to_numpy(),
        hand_overs["before_answer"].to_numpy(),
        reference_rate=figures["train_base_rate"],
    )
    assert again.to_dict()["auc"] == pytest.approx(figures["judged"]["auc"])
    assert again.log_loss == pytest.approx(figures["log_loss"])
    for mine, stored in zip(again.calibration, figures["judged"]["calibration"], strict=True):
        assert mine.n == stored["n"]
        assert mine.mean_predicted == pytest.approx(stored["mean_predicted"])
        assert mine.accepted.value == pytest.approx(stored["accepted"]["value"])


def test_all_parts_count_the_same_leads(company: Company, report: Report) -> None:
    hand_overs = company.scored.hand_overs
    assert report.language == "en"
    assert report.leads.total == len(hand_overs)
    assert sum(group.handed_over for group in report.groupings[-1].groups) == len(hand_overs)
    assert [grouping.key for grouping in report.groupings] == [
        "source",
        "campaign",
        "persona",
        "month",
    ]
    assert report.rejections is not None
    assert report.summary["version"] == company.bundle.version


def test_the_order_of_the_rows_changes_nothing(company: Company, report: Report) -> None:
    mixed = company.tables.episodes.sample(frac=1, random_state=8).index
    tables = replace(
        company.tables,
        episodes=company.tables.episodes.loc[mixed],
        attributes=company.tables.attributes.loc[mixed],
    )
    scored = score_hand_overs(company.bundle, tables, label_now(tables))
    (again,) = assemble(company.bundle, tables, scored, [language("en")], newest=NEWEST)
    assert again.opening == report.opening
    assert again.groupings == report.groupings
    assert again.rejections == report.rejections
    assert again.changes == report.changes
    assert again.leads.frame.equals(report.leads.frame)
    assert again.leads.reasons_for == report.leads.reasons_for
    assert again.leads.events == report.leads.events
    np.testing.assert_array_equal(again.leads.similar, report.leads.similar)
    np.testing.assert_array_equal(again.leads.steps, report.leads.steps)
    np.testing.assert_array_equal(again.disagreements.rejected, report.disagreements.rejected)


def test_in_another_language_the_numbers_are_the_same(company: Company, report: Report) -> None:
    tongues = [language("es"), language("en")]
    spanish, english = assemble(
        company.bundle, company.tables, company.scored, tongues, newest=NEWEST
    )
    assert english.leads.reasons_for == report.leads.reasons_for
    assert spanish.language == "es"
    assert spanish.opening == report.opening
    assert spanish.groupings[0].label == "Origen del lead"
    assert english.groupings[0].label == report.groupings[0].label == "Lead Source"
    assert spanish.groupings[-1].groups[-1].name == "jun 2026"
    assert spanish.leads.topics != report.leads.topics
    np.testing.assert_array_equal(spanish.leads.steps, report.leads.steps)


def test_redacted_leads_are_not_parted_by_what_display_names(
    company: Company, report: Report
) -> None:
    shown = company.tables.settings.leads.model_copy(
        update={"display": ("Company", "LeadSource", "Country", "Title")}
    )
    settings = company.tables.settings.model_copy(update={"leads": shown})
    tables = replace(company.tables, settings=settings)
    (redacted,) = assemble(
        company.bundle, tables, company.scored, [language("en")], newest=50, redact=True
    )
    assert {"source", "country", "persona", "owner"} <= set(report.leads.field_labels)
    assert list(redacted.leads.shown) == []
    assert list(redacted.leads.fields) == list(redacted.leads.field_labels) == ["campaign"]
    assert [grouping.key for grouping in redacted.groupings] == ["campaign", "month"]
    named = {group.name for grouping in redacted.groupings for group in grouping.groups}
    assert not named & set(company.tables.attributes["LeadSource"].dropna())
    assert (redacted.leads.past["title"] == redacted.leads.past["lead_id"]).all()


def test_every_lead_is_shown_beside_the_same_figures(company: Company, report: Report) -> None:
    words = language("en")
    every = show_every_lead(report, company.bundle, company.tables, company.scored, words)
    (asked,) = assemble(
        company.bundle, company.tables, company.scored, [words], newest=report.leads.total
    )
    assert every.leads.frame.equals(asked.leads.frame)
    assert every.leads.reasons_for == asked.leads.reasons_for
    np.testing.assert_array_equal(every.disagreements.rejected, asked.disagreements.rejected)
    assert every.groupings is report.groupings
    again = show_every_lead(every, company.bundle, company.tables, company.scored, words)
    assert again is every
