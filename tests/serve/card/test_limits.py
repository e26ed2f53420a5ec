"""Known limits: each told where it holds, and not where it does not."""

from __future__ import annotations

from typing import Any

import pytest

from models.evaluation.probabilities import HEADS
from serve.card import limits
from serve.card.limits import ALWAYS, find_limits


def figures(**changes: Any) -> dict[str, Any]:
    """A model with nothing to say against."""
    judged = {"n": 1_000, "n_accepted": 400, "ece": 0.02, "ece_by_chance": 0.015}
    fine = {
        "split": "time",
        "skill": "good",
        "judged": {**judged, **changes.pop("judged", {})},
        "train_base_rate": 0.4,
        "base_rate": 0.41,
        "excluded": {"untouched": 10},
        "n_train": 3_000,
        "n_test": 1_000,
        "leak_suspects": [{"column": "Status", "action": "quarantined"}],
    }
    return {**fine, **changes}


def group(name: str, *, low: float | None = 0.7, side: str = "near") -> dict[str, Any]:
    auc = None if low is None else {"value": low + 0.1, "low": low, "high": low + 0.2}
    return {"name": name, "auc": auc, "side": side}


def find(**changes: Any) -> dict[str, dict[str, Any]]:
    segments = changes.pop("segments", [])
    found = find_limits(figures(**changes), segments)
    return {phrase.text: dict(phrase.values) for phrase in found}


def test_of_a_good_model_only_what_holds_of_every_one_is_told() -> None:
    segments = [{"label": "Source", "groups": [group("Web"), group("Fair")]}]
    assert list(find(segments=segments)) == list(ALWAYS)


ASKED = [{"column": name, "action": "ask"} for name in ("Rank", "Tag")]
OFF = {"ece": 0.125, "ece_by_chance": 0.03125}


@pytest.mark.parametrize(
    ("text", "values", "changes"),
    [
        (limits.SHUFFLED, {}, {"split": "shuffled"}),
        (limits.WEAK, {}, {"skill": "weak"}),
        (limits.NONE, {}, {"skill": "none"}),
        (limits.FEW, {"rarer": 119}, {"judged": {"n_accepted": 881}}),
        (limits.UNCALIBRATED, {"error": 12.5, "chance": 3.125}, {"judged": OFF}),
        (limits.SHIFTED, {"before": 40.0, "after": 50.0}, {"base_rate": 0.5}),
        (limits.UNDECIDED, {"share": 20.0}, {"excluded": {"untouched": 1_000}}),
        (limits.ASKED, {"columns": "Rank, Tag"}, {"leak_suspects": ASKED}),
    ],
)
def test_each_limit_is_told_with_its_numbers(
    text: str, values: dict[str, Any], changes: dict[str, Any]
) -> None:
    found = find(**changes)
    assert found[text] == {
        k: v if isinstance(v, str) else pytest.approx(v) for k, v in values.items()
    }
    assert len(found) == 1 + len(ALWAYS)


def test_probabilities_that_mislead_are_a_limit() -> None:
    judged = {"log_loss": 0.85, "log_loss_of_base_rate": 0.68, "base_rate": 0.8}
    verdict = {"verdict": "useless", "reasons": ["base_rate"], "expected": 0.4}
    found = find(judged=judged, probabilities=verdict, logistic_regression={"log_loss": 0.7})
    assert {str(value) for value in found[HEADS["useless"]].values()} == {"0.850", "0.680"}


def test_without_an_order_no_shift_is_told() -> None:
    assert limits.SHIFTED not in find(split="shuffled", base_rate=0.9)


def test_segments_are_named_by_what_is_wrong_with_them() -> None:
    segments = [
        {"label": "Source", "groups": [group("Web", low=0.5), group("Fair", low=None)]},
        {"label": "City", "groups": [group("Leeds", side="above"), group("Bonn", side="below")]},
        {"label": "Size", "groups": [group("1", side="above"), group("2")]},
    ]
    found = find(segments=segments)
    assert found[limits.BLIND] == {"groups": "Source: Web"}
    assert found[limits.UNJUDGED] == {"groups": "Source: Fair"}
    assert found[limits.ELSEWHERE] == {"groups": "City: Leeds, Bonn; Size: 1"}
