"""The checks of the gate: each holds what it is there for, and says why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from features.language import Phrase
from features.settings.schema import GateSettings
from models.evaluation.comparison import Paired, PairedGroup
from models.evaluation.intervals import Interval
from models.evaluation.probabilities import ProbabilityVerdict
from models.promotion.broken_inputs import ChangedInput
from models.promotion.champion_comparison import ChampionComparison
from models.promotion.newest_hand_overs import NewestAnswers
from tests.models.promotion.test_gate import ask, draw, make_comparison, told


@pytest.fixture(scope="module")
def better() -> ChampionComparison:
    return make_comparison(*draw(1_000, 1, old=1.5, new=0.3))


def test_what_gets_worse_holds_even_where_log_loss_got_better() -> None:
    # The old model ranks better and is far off in level.
    comparison = make_comparison(*draw(1_500, 5, old=0.1, new=0.9, bias=2.5))
    verdict = ask(comparison)
    assert verdict.decision == "held"
    assert "AUC got worse by more than 0.01" in told(verdict)
    assert "log-loss" not in told(verdict).lower()


def test_a_column_that_is_gone_holds_until_it_is_named(better: ChampionComparison) -> None:
    gone = replace(better, missing=("Title",))
    assert "lack the column Title" in told(ask(gone))
    assert ask(gone, GateSettings(changed_inputs=("Title",))).decision == "promoted"


def test_far_fewer_or_more_accepted_than_before_hold(better: ChampionComparison) -> None:
    verdict = ask(replace(better, champion_rate=0.9))
    assert verdict.decision == "held"
    assert "90 % of those learned from before" in told(verdict)
    patient = GateSettings(acceptance_factor=20)
    assert ask(replace(better, champion_rate=0.9), patient).decision == "promoted"


def test_the_answers_to_the_newest_hand_overs_hold_too(better: ChampionComparison) -> None:
    lost = replace(better, newest_answers=NewestAnswers(accepted=0.1, expected=0.5))
    verdict = ask(lost)
    assert verdict.decision == "held"
    assert "last 30 days that it has answered, sales accepted 10 %, expected 50 %" in told(verdict)
    assert ask(lost, GateSettings(acceptance_factor=20)).decision == "promoted"
    stricter = replace(better, newest_answers=NewestAnswers(accepted=0.3, expected=0.5))
    assert ask(stricter).decision == "promoted"
    none = replace(better, newest_answers=NewestAnswers(accepted=0.0, expected=0.5))
    assert ask(none).decision == "held"


def test_a_model_far_below_what_was_promised_is_held(better: ChampionComparison) -> None:
    verdict = ask(better, promised_auc=Interval(0.97, 0.96, 0.98))
    assert verdict.decision == "held"
    assert "far below the 0.97" in told(verdict)
    assert ask(better, promised_auc=Interval(0.82, 0.8, 0.84)).decision == "promoted"


def test_probabilities_off_beyond_chance_hold_unless_the_old_ones_are_too(
    better: ChampionComparison,
) -> None:
    off = replace(better.challenger, ece=0.2)
    assert "off by" in told(ask(replace(better, challenger=off)))
    both = replace(better, challenger=off, champion=replace(better.champion, ece=0.25))
    assert ask(both).decision == "promoted"


def test_useless_probabilities_hold_unless_the_old_ones_are_no_better(
    better: ChampionComparison,
) -> None:
    useless = ProbabilityVerdict("useless", ("base_rate",), 0.9)
    worse = replace(better.challenger, log_loss=0.9)
    found = replace(better, challenger=worse, challenger_verdict=useless)
    verdict = ask(replace(found, champion=replace(better.champion, log_loss=0.6)))
    assert verdict.decision == "held"
    assert "useless as chances" in told(verdict) and "0.90" in told(verdict)
    both = replace(better.champion, log_loss=0.95)
    assert ask(replace(found, champion=both)).decision == "promoted"


def test_a_segment_that_collapses_holds(better: ChampionComparison) -> None:
    fallen = Paired(Interval(0.8, 0.7, 0.9), Interval(0.6, 0.5, 0.7), Interval(-0.2, -0.25, -0.15))
    group = PairedGroup("Fair", 90, 40, fallen, fallen)
    comparison = replace(better.paired, segments={"Source": (group,)})
    verdict = ask(replace(better, paired=comparison))
    assert verdict.decision == "held"
    assert "Source is Fair, the AUC fell from 0.80 to 0.60 (90 leads)" in told(verdict)
    # The same fall, but as unsure as chance among many segments makes it.
    unsure = replace(group, auc=replace(fallen, difference=Interval(-0.2, -0.39, -0.01)))
    many = {f"c{i}": (unsure,) for i in range(6)}
    comparison = replace(better.paired, segments=many)
    assert ask(replace(better, paired=comparison)).decision == "promoted"


@pytest.mark.parametrize("kind", ["empty", "scale", "levels"])
def test_a_broken_input_holds_until_it_is_named_as_changed(
    better: ChampionComparison, kind: Any
) -> None:
    change = ChangedInput("Industry", kind, Phrase("Industry: filled in no more"))
    broken = replace(better, changed=(change,))
    verdict = ask(broken)
    assert verdict.decision == "held"
    assert "Industry: filled in no more. Correct it, or name" in told(verdict)
    assert ask(broken, GateSettings(changed_inputs=("Industry",))).decision == "promoted"
