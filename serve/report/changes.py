"""Changes of who is handed over that would have raised acceptance at equal volume."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.language import Language
from features.language import translatable as _
from serve.report.contents import Change
from serve.report.fields import Fields
from serve.report.groupings import make_share
from serve.report.scored_hand_overs import ScoredHandOvers

LOWEST = (0.1, 0.2)
MIN_LEADS = 100
"""Leads that a change has to rest on, and that a source must have."""

MAX_CHANGES = 4
_HALF = 0.5


def list_changes(scored: ScoredHandOvers, fields: Fields, language: Language) -> tuple[Change, ...]:
    """Try changes on the leads whose score had not seen the answer.

    Parameters
    ----------
    scored : ScoredHandOvers
    fields : Fields
        Of the same hand-overs.
    language : Language

    Returns
    -------
    tuple of Change
        Those that would clearly have raised acceptance, the largest gain first, at most
        `MAX_CHANGES`. Which leads go is decided by their source and by the score before their
        answer was known, never by what sales then decided.
    """
    hand_overs = scored.hand_overs[scored.hand_overs["fresh"]]
    if len(hand_overs) < MIN_LEADS:
        return ()
    source = fields.frame.loc[hand_overs.index, "source"] if "source" in fields.frame else None
    p = hand_overs["before_answer"].to_numpy()
    won = (hand_overs["decision"] == "accepted").to_numpy()
    changes = [
        describe_change(words, replace_leads(won, out, like), source=name, below=border(p, out))
        for words, name, out, like in _propose(p, source, language)
    ]
    clear = [change for change in changes if change.clear and change.gain > 0]
    return tuple(sorted(clear, key=lambda change: (-change.gain, change.words))[:MAX_CHANGES])


def border(p: np.ndarray, out: np.ndarray) -> int:
    """Return the score under which the leads that go lie."""
    return int(np.ceil(100 * p[out].max())) if out.any() else 0


def describe_change(words: str, found: Replacement, *, source: str | None, below: int) -> Change:
    """Return a change with the intervals of its shares."""
    return Change(
        words=words,
        volume=found.n,
        before=make_share(found.before * found.n, found.n),
        after=make_share(found.after * found.n, found.n),
        gain=found.gain,
        gain_low=found.low,
        gain_high=found.high,
        clear=not found.low <= 0 <= found.high,
        source=source,
        below=below,
    )


def _propose(
    p: np.ndarray, source: pd.Series | None, language: Language
) -> Iterator[tuple[str, str | None, np.ndarray, np.ndarray]]:
    """Yield each change in words, its source, with who goes and whom the new leads are like."""
    for share in LOWEST:
        out = mark_lowest(p, share)
        words = language.text(
            _(
                "Without the {share} of hand-overs with the lowest scores, and with as many more "
                "like the rest, accepted as often as the rest was"
            ),
            share=language.percent(share),
        )
        yield words, None, out, ~out
    for name, count in ({} if source is None else source.value_counts()).items():
        of_source = np.asarray(source == name)
        if count < MIN_LEADS or (~of_source).sum() < MIN_LEADS:
            continue
        out = np.zeros(len(p), dtype=bool)
        out[of_source] = mark_lowest(p[of_source], _HALF)
        words = language.text(
            _(
                "Without the lower-scored half of the leads from {source}, and with as many more "
                "from the other sources, accepted as often as those were"
            ),
            source=str(name),
        )
        yield words, str(name), out, ~of_source


def mark_lowest(p: np.ndarray, share: float) -> np.ndarray:
    """Mark the lowest-scored share of leads; leads tied with the first that stays stay."""
    border = np.sort(p)[min(int(np.floor(share * len(p))), len(p) - 1)]
    return np.asarray(p < border)


LEVEL = 0.90
N_DRAWS = 4_000


@dataclass(frozen=True)
class Replacement:
    """Acceptance before and after, and the difference with its 90 % interval.

    Attributes
    ----------
    n : int
        Leads, before and after.
    replaced : int
        Leads thought away.
    before, after : float
        Accepted share.
    gain, low, high : float
        Their difference.
    """

    n: int
    replaced: int
    before: float
    after: float
    gain: float
    low: float
    high: float


def replace_leads(
    accepted: NDArray[np.bool_], out: NDArray[np.bool_], like: NDArray[np.bool_], *, seed: int = 20
) -> Replacement:
    """Replace some leads by as many more that are accepted as often as others.

    Parameters
    ----------
    accepted : ndarray of bool, shape (n_leads,)
        What sales decided.
    out : ndarray of bool, shape (n_leads,)
        The leads to replace; chosen without a look at `accepted`.
    like : ndarray of bool, shape (n_leads,)
        The leads that the new ones are like, at least one; none of them is out.
    seed : int

    Returns
    -------
    Replacement
        The interval is that of a paired bootstrap: leads are drawn anew, and what is before and
        what is after is taken from the same draw. Only counts matter, so counts are drawn.

    Raises
    ------
    ValueError
        If a lead is both out and a model for others, or nobody is.
    """
    if (out & like).any() or not like.any():
        raise ValueError("new leads must be like some that stay")
    part = np.where(out, 0, np.where(like, 1, 2)) * 2 + accepted
    counts = np.bincount(part, minlength=6)
    before, after = _compare(counts[None, :].astype(float))
    drawn = np.random.default_rng(seed).multinomial(len(part), counts / len(part), size=N_DRAWS)
    gains = np.subtract(*_compare(drawn[drawn[:, 2:4].sum(axis=1) > 0].astype(float))[::-1])
    low, high = np.quantile(gains, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Replacement(
        n=len(part),
        replaced=int(out.sum()),
        before=float(before[0]),
        after=float(after[0]),
        gain=float(after[0] - before[0]),
        low=float(low),
        high=float(high),
    )


def _compare(counts: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the accepted shares before and after, from counts of shape (n_draws, 6)."""
    total = counts.sum(axis=1)
    out, like = counts[:, 0] + counts[:, 1], counts[:, 2] + counts[:, 3]
    won = counts[:, 1] + counts[:, 3] + counts[:, 5]
    gained = out * counts[:, 3] / like - counts[:, 1]
    return won / total, (won + gained) / total
