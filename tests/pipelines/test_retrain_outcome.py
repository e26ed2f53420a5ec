"""What is told of a retraining: the same everywhere, plain, and on 80 columns."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.contract.as_of import parse_as_of
from features.language import Phrase
from features.settings.schema import GateSettings
from models.promotion.champion_comparison import ChampionComparison, compare_with_champion
from models.promotion.gate import Case, decide
from models.registry.champion import Registered
from pipelines.retrain_outcome import (
    Champion,
    Retraining,
    describe,
    describe_provenance,
    describe_refusal,
    list_result,
    make_run_notes,
    metrics_of_comparison,
    render_pages,
    report_folder,
    spell_out,
)
from serve.card.provenance import Provenance
from tests.features.contract.test_as_of import NOW
from tests.trained import draw_tables, label, make_project, train


@pytest.fixture(scope="module")
def made() -> Retraining:
    """A small company's month, decided and not recorded."""
    gate = GateSettings(min_leads=60)
    settings = make_project(Path("/")).model_copy(update={"gate": gate})
    tables = replace(draw_tables(800), settings=settings)
    old = np.arange(800) < 500
    before = replace(tables, episodes=tables.episodes[old], attributes=tables.attributes[old])
    champion = replace(train(before).bundle, version="m000000000001")
    trained = train(tables)
    trained = replace(trained, bundle=replace(trained.bundle, version="m000000000002"))
    comparison = compare_with_champion(tables, label(tables), champion, tables, seed=20)
    verdict = decide(Case(skill="good", comparison=comparison), gate)
    known = Registered("spring-lead-quality", "7", champion.version)
    as_of = parse_as_of("2026-03-01", now=NOW)
    return Retraining(
        settings, as_of, Champion(known, champion), trained, tables, comparison, verdict, ()
    )


def test_the_result_is_one_json_object(made: Retraining) -> None:
    result = list_result(made)
    again = json.loads(json.dumps(result, allow_nan=False))
    assert (again["champion"], again["challenger"]) == ("m000000000001", "m000000000002")
    assert set(again["figures"]) == {
        *("auc", "average_precision", "log_loss", "top_precision", "ece"),
    }
    assert again["judged_on"]["leads"] == 120
    assert again["decision"] == made.verdict.decision
    assert not made.same


def test_it_is_told_on_80_columns(made: Retraining) -> None:
    lines = describe({**list_result(made), "report": "report.html"})
    assert all(len(line) <= 80 for line in lines)
    text = "\n".join(lines)
    assert "On 120 leads that neither has learned from" in text
    for name in ("AUC", "average precision", "log-loss (less is better)", "precision, best 20%"):
        assert f"  {name} " in text


def test_corrected_decisions_are_counted(made: Retraining) -> None:
    result = {**list_result(made), "report": "report.html"}
    assert "corrected by the teams" not in "\n".join(describe(result))
    result["recipe"] = {**result["recipe"], "corrected": 1}
    assert "\n1 decision was corrected by the teams\n" in "\n".join(describe(result))


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


def test_sentences_begin_with_a_capital() -> None:
    assert spell_out([Phrase("log-loss got better")]) == ["Log-loss got better"]
