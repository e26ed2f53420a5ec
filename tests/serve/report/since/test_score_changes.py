"""Score changes on the report: the same as `score --changes`, and silent where they must be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.contract.tables import Tables
from features.language import language
from models.artifact.bundle import ModelBundle
from models.artifact.score_history import ScoreHistory
from models.reasons.change_sentences import write_change
from serve.report.assemble import assemble, show_every_lead
from serve.report.contents import ScoreChanges
from serve.report.redaction import HIDDEN
from serve.report.since.score_changes import LEAST_POINTS, find_score_changes
from serve.scoring.changes import ChangeFinder, EarlierScores, Keeper
from serve.scoring.scorer import Scorer, find_rejects
from tests.serve.report.conftest import Company

EN, ES = language("en"), language("es")
OLD = "m00000000000a"
SECRET = b"k" * 32
THEN = pd.Timestamp("2026-06-20")


def keep(bundle: ModelBundle, tables: Tables) -> EarlierScores:
    """The history after a scoring of all hand-overs."""
    matrix = bundle.table.encode(bundle.table.compute(tables))
    chance = bundle.probability(bundle.model.log_odds(matrix))
    kept = Keeper(lambda: SECRET, THEN).keep(tables.episodes, matrix, chance).to_pandas()
    newest = kept.sort_values("handed_over_at").drop_duplicates("lead", keep="last")
    version = bundle.version
    return EarlierScores(ScoreHistory({version: newest}, SECRET), {version: bundle}.get)


@pytest.fixture(scope="module")
def earlier(company: Company) -> EarlierScores:
    """What an older version said when every tenth lead came from a partner."""
    old = replace(company.bundle, version=OLD)
    source = company.tables.attributes["LeadSource"].copy()
    source.iloc[::10] = "Partner Referral"
    attributes = company.tables.attributes.assign(LeadSource=source)
    return keep(old, replace(company.tables, attributes=attributes))


def test_the_report_says_what_score_with_changes_says(
    company: Company, earlier: EarlierScores
) -> None:
    changes = find_score_changes(earlier, company.bundle, company.scored, [EN, ES])
    hand_overs = company.scored.hand_overs
    assert len(changes.was) > 10
    assert not hand_overs.loc[changes.was.index, "learned"].any()
    total = len(company.tables.episodes)
    finder = ChangeFinder(earlier, company.bundle, EN, total=total)
    scorer = Scorer(company.bundle, EN, company.tables.now, total=total, changes=finder)
    values = company.bundle.table.compute(company.tables)
    rejects = find_rejects(company.tables.episodes, timed=True)
    batch, _index = scorer.score(company.tables.episodes, rejects, values)
    scored = batch.scores.select(["lead_id", "handed_over_at", "previous_score", "change_reason"])
    scores = scored.to_pandas().set_index(["lead_id", "handed_over_at"])
    now = np.rint(100 * hand_overs["probability"]).astype(int)
    assert (np.abs(changes.was - now[changes.was.index]) >= LEAST_POINTS).all()
    for label, was in changes.was.items():
        lead = hand_overs.loc[label]
        other = scores.loc[(lead["lead_id"], lead["handed_over_at"])]
        said = write_change(EN, int(now[label]), int(was), changes.parts["en"][label])
        assert (other["previous_score"], other["change_reason"]) == (was, said)
        assert len(changes.parts["es"][label]) == len(changes.parts["en"][label])
    assert (changes.was_at == THEN).all()


def test_a_model_that_is_gone_or_nothing_kept_shows_no_change(
    company: Company, earlier: EarlierScores
) -> None:
    for known in (
        EarlierScores(earlier.history, lambda version: None),
        EarlierScores(ScoreHistory({}), lambda version: None),
    ):
        found = find_score_changes(known, company.bundle, company.scored, [EN])
        assert found.was.empty and found.parts["en"].empty


def test_a_column_that_is_now_displayed_is_not_shown_by_an_older_model(
    company: Company, earlier: EarlierScores
) -> None:
    shown = find_score_changes(earlier, company.bundle, company.scored, [EN])
    hidden = find_score_changes(
        earlier, company.bundle, company.scored, [EN], hidden=("LeadSource",)
    )
    assert any("Partner Referral" in " ".join(parts) for parts in shown.parts["en"])
    assert hidden.was.equals(shown.was)
    assert set(hidden.parts["en"]) == {()}


@pytest.mark.parametrize("redact", [False, True])
def test_addresses_in_a_reason_are_redacted(company: Company, redact: bool) -> None:
    hand_overs = company.scored.hand_overs
    waiting = hand_overs.index[hand_overs["decision"] == "waiting"]
    said = pd.Series([("Lead Source is ann@ann.example (+2)",)] * len(waiting), index=waiting)
    changes = ScoreChanges(
        was=pd.Series(0, index=waiting), was_at=pd.Series(THEN, index=waiting), parts={"en": said}
    )
    tables, scored = company.tables, company.scored
    (report,) = assemble(company.bundle, tables, scored, [EN], redact=redact, changes=changes)
    whole = show_every_lead(
        report, company.bundle, tables, scored, EN, redact=redact, changes=changes
    )
    assert report.since.movers and len(report.leads.changes[0]) == 1
    shown = [
        *(mover.why for mover in report.since.movers),
        *(
            part
            for leads in (report.leads, whole.leads)
            for parts in leads.changes
            for part in parts
        ),
    ]
    assert {"ann@ann.example" in text for text in shown} == {not redact}
    assert {HIDDEN in text for text in shown} == {redact}
