"""What is said of a retraining: plain, and on 80 columns."""

from __future__ import annotations

import json

import pytest

from features.language import Phrase
from pipelines.retrain_outcome import Retraining, describe, list_result, spell_out
from tests.pipelines.retrained import make_retraining


@pytest.fixture(scope="module")
def made() -> Retraining:
    return make_retraining()


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


def test_sentences_begin_with_a_capital() -> None:
    assert spell_out([Phrase("log-loss got better")]) == ["Log-loss got better"]
