"""What is kept of a retraining: the same in the registry, on the card and in the report."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from features.language import Phrase
from models.promotion.champion_comparison import ChampionComparison
from models.promotion.gate import Case, decide
from models.registry.champion import Registered
from pipelines.retrain_outcome import Champion, Retraining, describe, list_result, spell_out
from pipelines.retrain_record import (
    describe_provenance,
    describe_refusal,
    make_run_notes,
    metrics_of_comparison,
    render_pages,
    report_folder,
)
from serve.card.provenance import Provenance
from tests.pipelines.retrained import make_retraining


@pytest.fixture(scope="module")
def made() -> Retraining:
    return make_retraining()


def test_without_a_comparison_and_without_a_champion(made: Retraining) -> None:
    first = replace(
        made,
        champion=Champion(None, None),
        comparison=None,
        verdict=decide(Case(skill="none", comparison=None), made.settings.gate),
    )
    result = list_result(first)
    assert result["figures"] is None and result["champion"] is None
    text = "\n".join(describe({**result, "report": "r"}))
    assert text.startswith("Held: no model is in use; m000000000002 is kept as challenger.")
    assert metrics_of_comparison(None) == metrics_of_comparison(Phrase("Why not.")) == {}
    notes = make_run_notes(first, result, attempt="a", description="d", digest="")
    assert notes.compared_with is None
    assert describe_provenance(first, result, digest="").compared == {
        **dict.fromkeys(("champion", "judged_on", "figures")),
    }


def test_the_registry_is_told_of_the_data_and_the_lineage(made: Retraining) -> None:
    notes = make_run_notes(made, list_result(made), attempt="a1", description="# d", digest="0123")
    assert notes.compared_with == Registered("spring-lead-quality", "7", "m000000000001")
    assert notes.tags["leadaccord.data_digest"] == notes.digest == "0123"
    assert " to " in notes.tags["leadaccord.window"]
    assert notes.challenger
    assert max(map(len, notes.tags.values())) < 5_000


def test_the_card_is_told_what_was_decided(made: Retraining) -> None:
    result = list_result(made)
    provenance = describe_provenance(made, result, digest="0123")
    assert provenance.put_in_use == (result["decision"] == "promoted")
    assert provenance.verdict is not None and provenance.compared is not None
    assert provenance.verdict["mode"] == "on"
    reasons = [Phrase.from_dict(reason) for reason in provenance.verdict["reasons"]]
    assert spell_out(reasons) == result["reasons"]
    assert provenance.compared["champion"] == "m000000000001"
    assert provenance.compared["figures"] == result["figures"]
    again = Provenance.from_dict(json.loads(json.dumps(provenance.to_dict())), where="here")
    assert again.to_dict() == json.loads(json.dumps(provenance.to_dict()))


def test_metrics_hold_every_figure_with_its_interval(made: Retraining) -> None:
    metrics = metrics_of_comparison(made.comparison)
    assert len(metrics) == 1 + 4 * 3 * 3
    assert isinstance(made.comparison, ChampionComparison)
    found = made.comparison.paired.measures["log_loss"].difference
    assert metrics["new_log_loss_difference_low"] == found.low


def test_pages_and_folder_are_named_by_the_day(made: Retraining) -> None:
    pages = render_pages(made, list_result(made))
    assert set(pages) == {"decision.html", "decision.md"}
    folder = report_folder(made.settings, made.as_of, "m1")
    assert folder == made.settings.home / "retraining" / "2026-03-01-m1"


def test_a_refusal_is_told_too(made: Retraining) -> None:
    notes = describe_refusal(list_result(made), "text")
    assert notes.tags["leadaccord.job"] == "retrain" and not notes.challenger
