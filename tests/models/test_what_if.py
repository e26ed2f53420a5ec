"""Replacing leads by more like others: the shares by hand, the interval by drawing leads."""

from __future__ import annotations

import numpy as np
import pytest

from models.what_if import replace_leads


def draw(seed: int, n: int = 2_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Decisions, who goes (accepted less often), and whom the new leads are like."""
    rng = np.random.default_rng(seed)
    out = rng.random(n) < 0.2
    like = ~out & (rng.random(n) < 0.7)
    return rng.random(n) < np.where(out, 0.2, 0.5), out, like


def replace_slowly(accepted: np.ndarray, out: np.ndarray, like: np.ndarray) -> float:
    """Each lead that goes is replaced by the mean of those that new ones are like."""
    after = [
        accepted[like].mean() if gone else won for won, gone in zip(accepted, out, strict=True)
    ]
    return float(np.mean(after))


def test_shares_before_and_after() -> None:
    accepted, out, like = draw(1)
    found = replace_leads(accepted, out, like)
    assert found.n == 2_000
    assert found.replaced == out.sum()
    assert found.before == pytest.approx(accepted.mean())
    assert found.after == pytest.approx(replace_slowly(accepted, out, like))
    assert found.gain == pytest.approx(found.after - found.before)
    assert found.low < found.gain < found.high


def test_the_interval_is_that_of_drawing_leads_anew() -> None:
    accepted, out, like = draw(2, 400)
    found = replace_leads(accepted, out, like)
    rng = np.random.default_rng(9)
    gains = []
    for _ in range(2_000):
        drawn = rng.integers(0, 400, 400)
        won = accepted[drawn]
        gains.append(replace_slowly(won, out[drawn], like[drawn]) - won.mean())
    low, high = np.quantile(gains, [0.05, 0.95])
    assert found.low == pytest.approx(low, abs=0.006)
    assert found.high == pytest.approx(high, abs=0.006)


def test_the_same_leads_give_the_same_interval_in_any_order() -> None:
    accepted, out, like = draw(3)
    mixed = np.random.default_rng(0).permutation(len(accepted))
    assert replace_leads(accepted[mixed], out[mixed], like[mixed]) == replace_leads(
        accepted, out, like
    )


def test_replacing_nobody_gains_nothing() -> None:
    accepted, out, _ = draw(4)
    found = replace_leads(accepted, np.zeros_like(out), np.ones_like(out))
    assert (found.gain, found.low, found.high) == (0, 0, 0)


def test_intervals_hold_the_gain_as_often_as_they_say() -> None:
    held = []
    for seed in range(200):
        found = replace_leads(*draw(seed, 800))
        # Expected: a fifth of the leads, accepted at 0.2, goes for leads accepted at 0.5.
        held.append(found.low <= 0.2 * 0.3 <= found.high)
    assert 0.83 <= np.mean(held) <= 0.96


def test_new_leads_must_be_like_some_that_stay() -> None:
    accepted, out, like = draw(5)
    with pytest.raises(ValueError, match="that stay"):
        replace_leads(accepted, out, out)
    with pytest.raises(ValueError, match="that stay"):
        replace_leads(accepted, out, np.zeros_like(like))
