"""Score changes of the report: what the score of a lead was before, and why it is another now."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from features.language import Language
from models.artifact.bundle import ModelBundle
from serve.report.contents import ScoreChanges
from serve.report.redaction import find_told
from serve.report.scored_hand_overs import ScoredHandOvers
from serve.scoring.changes import (
    ChangeFinder,
    EarlierScores,
    ScoredLeads,
    show_scores,
    to_moments,
)

LEAST_POINTS = 3
"""A smaller change is not worth a reader's time: a training moves most scores by a point or two."""

RECENT_DAYS = 90
"""Since the hand-over: an older lead's change is shown only while it waits."""


def find_score_changes(
    earlier: EarlierScores,
    bundle: ModelBundle,
    scored: ScoredHandOvers,
    languages: Sequence[Language],
    *,
    rows: pd.Index | None = None,
    hidden: Collection[str] = (),
) -> ScoreChanges:
    """Find the leads whose score is another than the last other one that is kept.

    Parameters
    ----------
    earlier : EarlierScores
    bundle : ModelBundle
        The model in use.
    scored : ScoredHandOvers
        By this model.
    languages : sequence of Language
        Of the reasons.
    rows : Index, optional
        Labels of the hand-overs to look at; those of leads that wait or came lately if None.
    hidden : collection of str
        Columns whose values may not be shown. A change since the score of a model that learned
        from one has no reason.

    Returns
    -------
    ScoreChanges
        Of `LEAST_POINTS` or more; of no lead whose answer the model has learned from, as it would
        explain the answer by itself, and of none whose score before is of a model that can no
        longer be read.
    """
    chosen = _choose(scored.hand_overs) if rows is None else rows
    learned = scored.hand_overs["learned"].astype(bool).to_numpy()
    places = np.flatnonzero(scored.hand_overs.index.isin(chosen) & ~learned)
    hand_overs = scored.hand_overs.iloc[places]
    scores = show_scores(hand_overs["probability"])
    finder = ChangeFinder(earlier, bundle, languages[0], total=max(len(places), 1))
    found, states = finder.find_other(hand_overs, scores)
    large = np.abs(show_scores(states["probability"]) - scores[found]) >= LEAST_POINTS
    found, states = found[large], states[large].reset_index(drop=True)
    leads = _collect(bundle, scored, places[found], scores[found])
    texts: dict[str, dict[int, tuple[str, ...]]] = {one.code: {} for one in languages}
    for version, part in states.groupby("version", sort=False):
        mine = part.index.to_numpy()
        parts = finder.list_parts(str(version), part, leads.take(mine), languages)
        if parts is None:
            continue
        model = finder.open(str(version))
        silent = model is not None and bool(find_told(model, hidden))
        for one, said in zip(languages, parts, strict=True):
            texts[one.code] |= {
                place: () if silent else words for place, words in zip(mine, said, strict=True)
            }
    known = np.array(sorted(texts[languages[0].code]), dtype=np.int64)
    labels = hand_overs.index[found[known]]
    return ScoreChanges(
        was=pd.Series(show_scores(states["probability"])[known].astype(np.int64), index=labels),
        was_at=pd.Series(states["scored_at"].to_numpy()[known], index=labels),
        parts={
            code: pd.Series([said[place] for place in known], index=labels, dtype=object)
            for code, said in texts.items()
        },
    )


def _choose(hand_overs: pd.DataFrame) -> pd.Index:
    at = hand_overs["handed_over_at"]
    recent = at > at.max() - pd.Timedelta(days=RECENT_DAYS)
    chosen: pd.Index = hand_overs.index[(hand_overs["decision"] == "waiting") | recent]
    return chosen


def _collect(
    bundle: ModelBundle, scored: ScoredHandOvers, rows: np.ndarray, scores: np.ndarray
) -> ScoredLeads:
    values = scored.values.iloc[rows]
    return ScoredLeads(
        values,
        bundle.table.encode(values),
        scored.contributions[rows],
        scores,
        to_moments(scored.hand_overs["handed_over_at"].iloc[rows]),
    )
