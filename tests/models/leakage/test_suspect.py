"""Suspects: plain when stored, each column once, and its evidence in whole percent."""

from __future__ import annotations

import numpy as np

from features.language import Phrase
from models.leakage.suspect import LeakSuspect, keep_strongest, to_omit, to_percent


def test_a_suspect_is_plain_types() -> None:
    evidence = Phrase("{late} of {known}", {"late": 3, "known": 7})
    suspect = LeakSuspect("x", "ask", evidence, 7, 3, 0.75)
    assert suspect.to_dict() == {
        "column": "x",
        "action": "ask",
        "evidence": {"text": "{late} of {known}", "values": {"late": 3, "known": 7}},
        "leads": 7,
        "accepted": 3,
        "auc": 0.75,
        "table": "leads",
    }
    assert Phrase.from_dict(suspect.to_dict()["evidence"]) == evidence


def test_each_column_is_named_once_and_quarantined_if_any_guard_says_so() -> None:
    why = Phrase("why")
    ask, first = LeakSuspect("x", "ask", why, 1), LeakSuspect("x", "quarantined", why, 2)
    second, beside = LeakSuspect("x", "quarantined", why, 3), LeakSuspect("y", "ask", why, 4)
    elsewhere = LeakSuspect("x", "quarantined", why, 5, table="decisions")
    assert keep_strongest([ask, beside, first, second, elsewhere]) == [first, beside, elsewhere]
    assert to_omit([first, beside, elsewhere]) == {"x": "why"}


def test_shares_are_told_in_whole_percent() -> None:
    assert [to_percent(share) for share in (0.0, 0.004, 0.926, np.float64(1))] == [0, 0, 93, 100]
