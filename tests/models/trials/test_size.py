"""Sizes of trials: what was planned is what independent trials find."""

from __future__ import annotations

import numpy as np
import pytest

from models.trials.evidence import RATIO_ALPHA, Design, bound_difference, doubt_ratio
from models.trials.size import count_chances, find_loss, find_power, find_size

DESIGNS = [Design(0.5, 0.3, 0.1), Design(0.8, 0.1, 0.08)]


@pytest.mark.parametrize("design", DESIGNS)
def test_the_size_finds_the_difference_in_four_of_five_other_trials(design: Design) -> None:
    size, trials = find_size(design), 400
    random = np.random.default_rng(77)
    chances = count_chances(design.share, design.centre, design.centre + design.effect)
    days = random.multinomial(size // 40, chances, size=(trials, 40))
    low, _ = bound_difference(days.cumsum(axis=1), design)
    assert (low[:, -1] > 0).mean() > 0.8 - 2 * np.sqrt(0.16 / trials)


@pytest.mark.parametrize("design", DESIGNS)
def test_looking_at_any_time_costs_at_most_as_much_again(design: Design) -> None:
    before, after = design.centre, design.centre + design.effect
    spread = before * (1 - before) / (1 - design.share) + after * (1 - after) / design.share
    fixed = (1.96 + 0.8416) ** 2 * spread / design.effect**2
    assert fixed < find_size(design) < 2.2 * fixed


def test_a_size_is_the_same_each_time_and_power_grows_with_it() -> None:
    design = DESIGNS[0]
    size = find_size(design)
    assert size == find_size(design)
    powers = [find_power(design, round(size * factor)) for factor in (0.5, 1, 2)]
    assert powers == sorted(powers) and powers[0] < 0.8 < powers[1]


def test_a_loss_that_is_promised_to_be_noticed_is() -> None:
    random, size = np.random.default_rng(78), 3_000
    loss = find_loss(DESIGNS[0], size)
    assert loss is not None and loss < 0.3
    score = random.binomial(size, 0.5, size=(600, 1))
    left = random.binomial(score, 1 - loss)
    assert (doubt_ratio(left, size - score, 0.5) >= 1 / RATIO_ALPHA).mean() > 0.98


def test_of_few_leads_no_loss_is_promised() -> None:
    assert find_loss(DESIGNS[0], 40) is None
