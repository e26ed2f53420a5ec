"""Line of the last months: accepted share with its band, and expected beside it, as a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from serve.report.contents import Group

MONTHS = 12
_TOPS = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
_FEWEST = 2


@dataclass(frozen=True)
class Trend:
    """What the page draws in a square of 100 by 100 that it stretches.

    Attributes
    ----------
    band : tuple of str
        Points of each unbroken band.
    accepted, expected : tuple of str
        Points of each unbroken line.
    dots : tuple of (str, bool)
        Place of each month's share, and whether the month is still filling.
    aim : str or None
        Height of the agreed share.
    ticks : tuple of (float, str)
        Shares named at the side, and their heights.
    names : tuple of str
        Months, oldest first.
    """

    band: tuple[str, ...]
    accepted: tuple[str, ...]
    expected: tuple[str, ...]
    dots: tuple[tuple[str, bool], ...]
    aim: str | None
    ticks: tuple[tuple[float, str], ...]
    names: tuple[str, ...]


def draw_trend(months: Sequence[Group], aim: float | None = None) -> Trend | None:
    """Place the newest months.

    Parameters
    ----------
    months : sequence of Group
        Oldest first.
    aim : float, optional
        The share that the teams agreed on.

    Returns
    -------
    Trend or None
        None where fewer than two months are answered. The scale begins at 0, so that chance does
        not look like a turn.
    """
    months = months[-MONTHS:]
    shares = [month.share for month in months]
    if sum(share is not None for share in shares) < _FEWEST:
        return None
    seen = [share.high for share in shares if share] + [aim or 0.0]
    foreseen = [_foresee(month) for month in months]
    seen += [share for share in foreseen if share is not None]
    top = next(top for top in _TOPS if top >= max(seen) or top == _TOPS[-1])

    def height(share: float) -> str:
        return f"{100 - 100 * share / top:.2f}"

    across = [f"{100 * (place + 0.5) / len(months):.2f}" for place in range(len(months))]
    points = list(zip(across, shares, foreseen, strict=True))
    runs = [list(run) for there, run in groupby(points, lambda p: p[1] is not None) if there]
    judged = [list(run) for there, run in groupby(points, lambda p: p[2] is not None) if there]
    return Trend(
        band=tuple(
            " ".join(
                [f"{x},{height(s.high)}" for x, s, _ in run if s]
                + [f"{x},{height(s.low)}" for x, s, _ in reversed(run) if s]
            )
            for run in runs
        ),
        accepted=tuple(" ".join(f"{x},{height(s.value)}" for x, s, _ in run if s) for run in runs),
        expected=tuple(
            " ".join(f"{x},{height(e)}" for x, _, e in run if e is not None) for run in judged
        ),
        dots=tuple(
            (f"{x} {height(s.value)}", month.young)
            for (x, s, _), month in zip(points, months, strict=True)
            if s
        ),
        aim=None if aim is None else height(aim),
        ticks=tuple((top * part / 2, height(top * part / 2)) for part in (2, 1, 0)),
        names=tuple(month.name for month in months),
    )


def _foresee(month: Group) -> float | None:
    """Return what was expected of a month; None where that is of less than half of its answers."""
    enough = month.judged is not None and 2 * month.judged.leads >= month.answered
    return month.expected if enough else None
