"""Figures that are kept have as many digits as every processor agrees on."""

from __future__ import annotations

from models.evaluation.kept_figures import round_figures


def test_kept_figures_have_twelve_digits_and_whole_numbers_all_of_theirs() -> None:
    kept = round_figures({"a": (1 / 3, None, "b", 2), "c": {"d": 1234567890123457.0}})
    assert kept == {"a": [0.333333333333, None, "b", 2], "c": {"d": 1234567890123457.0}}
    assert round_figures(1 / 3 * (1 + 1e-15)) == round_figures(1 / 3)
