"""Changes of scores: what a lead's score was at the last scoring, and why it is another now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from features.language import Language
from features.matrix.carrying import carry_over
from models.artifact.bundle import ModelBundle
from models.artifact.score_history import ScoreHistory, key_leads
from models.reasons.change_sentences import (
    UNKNOWN,
    ChangeWriter,
    Explained,
    ModelSide,
    write_change,
)

if TYPE_CHECKING:
    import pyarrow as pa

Load = Callable[[str], "ModelBundle | None"]
"""Gives the model of a version; None where it can no longer be read."""


@dataclass(frozen=True)
class EarlierScores:
    """What is needed to say how scores changed.

    Attributes
    ----------
    history : ScoreHistory
    load : callable
        Gives the model of an earlier score.
    """

    history: ScoreHistory
    load: Load


@dataclass(frozen=True)
class ScoredLeads:
    """Some leads with what their scores are made of.

    Attributes
    ----------
    values : DataFrame of shape (n, n_features)
        As computed, before encoding.
    matrix : ndarray of shape (n, n_features)
        The same, encoded.
    contributions : ndarray of shape (n, n_features + 1)
    scores : ndarray of int, shape (n,)
        As they are shown.
    handed_over_at : ndarray of datetime64, shape (n,)
    """

    values: pd.DataFrame
    matrix: np.ndarray
    contributions: np.ndarray
    scores: np.ndarray
    handed_over_at: np.ndarray

    def take(self, rows: np.ndarray) -> ScoredLeads:
        """Return some of the leads."""
        return ScoredLeads(
            self.values.iloc[rows],
            self.matrix[rows],
            self.contributions[rows],
            self.scores[rows],
            self.handed_over_at[rows],
        )


class ChangeFinder:
    """Finds the changes of scores by one model since they were last given.

    Parameters
    ----------
    earlier : EarlierScores
    bundle : ModelBundle
        The model that scores now.
    language : Language
    total : int
        Leads of all calls together (see `LeadQualityModel.explainer`).
    threads : int
        0 takes all cores.
    """

    def __init__(
        self,
        earlier: EarlierScores,
        bundle: ModelBundle,
        language: Language,
        *,
        total: int,
        threads: int = 0,
    ) -> None:
        self._history, self._load = earlier.history, earlier.load
        self._bundle, self._language = bundle, language
        self._total, self._threads = total, threads
        notes = self._history.notes().sort_values(["lead", "scored_at"], kind="stable")
        self._latest = notes.drop_duplicates("lead", keep="last").reset_index(drop=True)
        self._models: dict[str, ModelBundle | None] = {bundle.version: bundle}
        self._writers: dict[tuple[str, str], ChangeWriter] = {}

    def find(self, hand_overs: pd.DataFrame, leads: ScoredLeads) -> pa.Table:
        """Return the columns ``previous_score`` and ``change_reason``, a row for each lead.

        Parameters
        ----------
        hand_overs : DataFrame of shape (n, ...)
            ``lead_id``, ``handed_over_at``.
        leads : ScoredLeads
            The same leads.

        Returns
        -------
        pyarrow Table
            A lead that was not scored before, or whose score then was for a newer hand-over, has
            neither; the reason is null where the score that is shown did not change.
        """
        import pyarrow as pa

        rows, states = self._match(hand_overs)
        previous = np.full(len(hand_overs), -1, dtype=np.int16)
        reasons = np.full(len(hand_overs), None, dtype=object)
        previous[rows] = show_scores(states["probability"])
        differs = previous[rows] != leads.scores[rows]
        for version, part in states[differs].groupby("version", sort=False):
            mine = rows[part.index]
            texts = self.explain(str(version), part, leads.take(mine))
            if texts is None:
                previous[mine] = -1
                texts = [self._language.text(UNKNOWN, version=str(version))] * len(mine)
            reasons[mine] = texts
        return pa.table(
            {
                "previous_score": pa.array(previous, pa.int16(), mask=previous < 0),
                "change_reason": pa.array(reasons, pa.string()),
            }
        )

    def find_other(
        self, hand_overs: pd.DataFrame, scores: np.ndarray
    ) -> tuple[np.ndarray, pd.DataFrame]:
        """Return the last kept state of each lead in which its score was another.

        Parameters
        ----------
        hand_overs : DataFrame of shape (n, ...)
            ``lead_id``, ``handed_over_at``.
        scores : ndarray of int, shape (n,)
            As they are shown now.

        Returns
        -------
        rows : ndarray of int
            The hand-overs with such a state. One whose lead was scored for a newer hand-over has
            none.
        states : DataFrame
            A row for each of these, with the columns that `ScoreHistory.find` gives.
        """
        leads = key_leads(hand_overs["lead_id"].tolist(), self._history.secret)
        asked = pd.DataFrame(
            {
                "lead": leads,
                "row": np.arange(len(leads)),
                "at": to_moments(hand_overs["handed_over_at"]),
                "now": scores,
            }
        )
        states = self._history.find(leads).merge(asked, on="lead", how="inner")
        newer = states["row"][states["handed_over_at"] > states["at"]]
        differs = show_scores(states["probability"]) != states["now"].to_numpy()
        other = states[differs & ~states["row"].isin(newer).to_numpy()]
        # The newest of each lead comes first.
        other = other.drop_duplicates("row").sort_values("row").reset_index(drop=True)
        return other["row"].to_numpy(dtype=np.int64), other

    def explain(self, version: str, states: pd.DataFrame, leads: ScoredLeads) -> list[str] | None:
        """Return why each score is another than in an earlier state, None as `list_parts`."""
        parts = self.list_parts(version, states, leads, (self._language,))
        if parts is None:
            return None
        before = show_scores(states["probability"]).tolist()
        return [
            write_change(self._language, score, was, said)
            for score, was, said in zip(leads.scores.tolist(), before, parts[0], strict=True)
        ]

    def list_parts(
        self,
        version: str,
        states: pd.DataFrame,
        leads: ScoredLeads,
        languages: Sequence[Language],
    ) -> list[list[tuple[str, ...]]] | None:
        """Return in each language the parts of each change since an earlier state.

        Parameters
        ----------
        version : str
            The model that gave the earlier scores.
        states : DataFrame of shape (n, ...)
            ``place``, ``probability``, ``handed_over_at`` of the earlier scores, as
            `ScoreHistory.find` gives them.
        leads : ScoredLeads
            The same leads now.
        languages : sequence of Language

        Returns
        -------
        list of list of tuple of str, or None
            None where that model can no longer be read.
        """
        model = self.open(version)
        if model is None:
            return None
        was = self._history.matrix(version, states["place"].to_numpy())
        if was.shape[1] != len(model.table.features):
            return None
        explain = model.model.explainer(self._total, threads=self._threads)
        then, at = to_moments(states["handed_over_at"]), leads.handed_over_at
        now = Explained(leads.matrix, leads.contributions, at)
        if model is self._bundle:
            old, moved = Explained(was, explain(was), then), now
        else:
            is_now = carry_over(model.table, was, self._bundle.table, leads.values)
            both = explain(np.vstack([was, is_now]))
            old = Explained(was, both[: len(was)], then)
            moved = Explained(is_now, both[len(was) :], at)
        before = show_scores(states["probability"])
        return [
            self._writer(version, model, language).list_parts(
                old, moved, now, before=before, after=leads.scores
            )
            for language in languages
        ]

    def open(self, version: str) -> ModelBundle | None:
        """Return the model of a version; None where it can no longer be read."""
        if version not in self._models:
            self._models[version] = self._load(version)
        return self._models[version]

    def _match(self, hand_overs: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
        """Return the rows of leads that were scored before, and their latest states."""
        if self._latest.empty:
            return np.empty(0, dtype=np.int64), self._latest
        leads = key_leads(hand_overs["lead_id"].tolist(), self._history.secret)
        known = self._latest["lead"].to_numpy()
        place = np.minimum(np.searchsorted(known, leads), len(known) - 1)
        at = to_moments(hand_overs["handed_over_at"])
        before = to_moments(self._latest["handed_over_at"])[place]
        rows = np.flatnonzero((known[place] == leads) & ~(at < before))
        return rows, self._latest.iloc[place[rows]].reset_index(drop=True)

    def _writer(self, version: str, model: ModelBundle, language: Language) -> ChangeWriter:
        key = (version, language.code)
        if key not in self._writers:
            old, new = take_side(model), take_side(self._bundle)
            self._writers[key] = ChangeWriter(new if model is self._bundle else old, new, language)
        return self._writers[key]


@dataclass(frozen=True)
class Keeper:
    """Picks what is kept of a run's scores for the changes of the next one.

    Attributes
    ----------
    secret : callable
        Gives the key of the hashes of leads.
    scored_at : Timestamp
        UTC.
    rows : ndarray of int or None
        The rows of the input that are kept, rising; all if None.
    """

    secret: Callable[[], bytes]
    scored_at: pd.Timestamp
    rows: np.ndarray | None = None

    def keep(
        self, hand_overs: pd.DataFrame, matrix: np.ndarray, probability: np.ndarray
    ) -> pa.Table:
        """Return the rows of `models.artifact.score_history.ScoreHistory` of some leads.

        Parameters
        ----------
        hand_overs : DataFrame of shape (n, ...)
            ``row``, ``lead_id``, ``handed_over_at``.
        matrix : ndarray of shape (n, n_features)
        probability : ndarray of shape (n,)
        """
        import pyarrow as pa

        if self.rows is not None:
            mine = np.isin(hand_overs["row"].to_numpy(), self.rows)
            hand_overs, matrix, probability = hand_overs[mine], matrix[mine], probability[mine]
        at = np.full(len(hand_overs), self.scored_at.to_datetime64()).astype("datetime64[us]")
        columns = {
            "lead": key_leads(hand_overs["lead_id"].tolist(), self.secret()),
            "handed_over_at": to_moments(hand_overs["handed_over_at"]),
            "scored_at": at,
            "probability": probability,
            **{str(place): matrix[:, place] for place in range(matrix.shape[1])},
        }
        return pa.table({name: pa.array(values) for name, values in columns.items()})


def take_side(bundle: ModelBundle) -> ModelSide:
    """Return what the change of a score needs of a model."""
    calibration = bundle.model.calibration_
    return ModelSide(bundle.table, bundle.statistics, calibration.slope, calibration.shift)


def to_moments(times: pd.Series) -> np.ndarray:
    """Return times to the microsecond, NaT where there is none."""
    return np.asarray(times.to_numpy("datetime64[us]"))


def show_scores(probability: pd.Series | np.ndarray) -> np.ndarray:
    """Return scores as they are shown, 0 to 100."""
    return np.rint(np.asarray(probability, dtype=np.float64) * 100).astype(np.int16)
