"""The line of months: where it is drawn, and what breaks it."""

from __future__ import annotations

from dataclasses import replace

from serve.report.contents import Group, Share
from serve.report.html.trend import MONTHS, draw_trend


def make_month(share: float | None, *, young: bool = False, judged: int = 100) -> Group:
    """A month of 100 answers."""
    seen = None if share is None else Share(share, share - 0.1, share + 0.1, 100)
    of_judged = Share(share or 0.0, 0, 1, judged)
    return Group("Jan 2026", 120, 100, 40, 20, seen, 0.3, of_judged, 0.4, "near", young)


def test_a_share_lies_at_its_height_on_a_scale_from_zero() -> None:
    trend = draw_trend([make_month(0.3), make_month(0.15, young=True)], aim=0.2)
    assert trend is not None
    assert trend.ticks == ((0.4, "0.00"), (0.2, "50.00"), (0.0, "100.00"))
    assert trend.accepted == ("25.00,25.00 75.00,62.50",)
    assert trend.dots == (("25.00 25.00", False), ("75.00 62.50", True))
    assert trend.band == ("25.00,0.00 75.00,37.50 75.00,87.50 25.00,50.00",)
    assert trend.aim == "50.00"


def test_months_without_answers_break_the_line_and_few_judged_leads_the_expected() -> None:
    months = [make_month(0.3), make_month(None), make_month(0.3, judged=10), make_month(0.3)]
    trend = draw_trend(months)
    assert trend is not None
    assert [len(run.split()) for run in trend.accepted] == [1, 2]
    assert [len(run.split()) for run in trend.expected] == [2, 1]
    assert draw_trend(months[:2]) is None


def test_only_the_newest_months_are_drawn() -> None:
    months = [replace(make_month(0.3), name=str(i)) for i in range(MONTHS + 3)]
    trend = draw_trend(months)
    assert trend is not None
    assert trend.names == tuple(map(str, range(3, MONTHS + 3)))
