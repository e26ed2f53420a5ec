"""Which changes to who is handed over would have raised acceptance at equal volume."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from features.language import Language
from features.language import translatable as _
from models.what_if import Replacement, replace_leads
from serve.report.fields import Fields
from serve.report.groupings import make_share
from serve.report.ledger import Ledger
from serve.report.shape import Change

LOWEST = (0.1, 0.2)
MIN_LEADS = 100
"""Leads that a change has to be told from, and that a source must have."""

MAX_CHANGES = 4
_HALF = 0.5


def list_changes(ledger: Ledger, fields: Fields, language: Language) -> tuple[Change, ...]:
    """Try changes on the leads whose score had not seen the answer.

    Parameters
    ----------
    ledger : Ledger
    fields : Fields
        Of the same hand-overs.
    language : Language

    Returns
    -------
    tuple of Change
        Those that would clearly have raised acceptance, the largest gain first, at most
        `MAX_CHANGES`. Which leads go is told by their score and source alone, never by what
        sales then decided.
    """
    entries = ledger.entries[ledger.entries["fresh"]]
    if len(entries) < MIN_LEADS:
        return ()
    source = fields.frame.loc[entries.index, "source"] if "source" in fields.frame else None
    won = (entries["decision"] == "accepted").to_numpy()
    changes = [
        describe_change(words, replace_leads(won, out, like))
        for words, out, like in _propose(entries["probability"].to_numpy(), source, language)
    ]
    clear = [change for change in changes if change.clear and change.gain > 0]
    return tuple(sorted(clear, key=lambda change: (-change.gain, change.words))[:MAX_CHANGES])


def describe_change(words: str, found: Replacement) -> Change:
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
    )


def _propose(
    p: np.ndarray, source: pd.Series | None, language: Language
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield each change in words, with who goes and whom the new leads are like."""
    for share in LOWEST:
        out = mark_lowest(p, share)
        words = language.text(
            _(
                "Without the {share} of hand-overs with the lowest scores, and with as many more "
                "like the rest, accepted as often as the rest was"
            ),
            share=language.percent(share),
        )
        yield words, out, ~out
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
        yield words, out, ~of_source


def mark_lowest(p: np.ndarray, share: float) -> np.ndarray:
    """Mark the lowest-scored share of leads; leads tied with the first that stays stay."""
    border = np.sort(p)[min(int(np.floor(share * len(p))), len(p) - 1)]
    return np.asarray(p < border)
