"""Scoring: one row per lead, with probability, interval, grade and reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.batches.rows import code_rejects, make_untimed
from features.contract.partition import Partition
from features.contract.tables import Tables
from features.language import Language
from features.matrix.feature_table import OTHER_CODE, compute_features
from models.artifact.bundle import ModelBundle
from models.reasons.grades import grade_leads
from models.reasons.topics import MAX_REASONS
from models.reasons.writer import ReasonWriter
from serve.scoring.changes import ChangeFinder, Keeper, ScoredLeads, show_scores, to_moments
from serve.scoring.score_table import COLUMNS
from serve.scoring.tally import Tally

if TYPE_CHECKING:
    import pyarrow as pa

SENTENCES = tuple(
    f"{side}_{place}" for side in ("reason", "against") for place in range(1, MAX_REASONS + 1)
)
SCORE_COLUMNS = tuple(COLUMNS)
REJECT_COLUMNS = ("row", "lead_id", "code", "message")
_DIGITS = 6

REJECTED = {
    "missing_id": "the row has no lead id",
    "missing_hand_over": "the row has no time of hand-over that can be read",
    "duplicate": "the same hand-over of the same lead stands in an earlier row",
}


def reject_schema() -> pa.Schema:
    """Return the columns of rows that could not be scored."""
    import pyarrow as pa

    types = dict.fromkeys(REJECT_COLUMNS, pa.string())
    return pa.schema(list((types | {"row": pa.int64()}).items()))


@dataclass(frozen=True)
class ScoredBatch:
    """Leads scored: `score_schema`, the rest by `reject_schema`, and the counts of both.

    Attributes
    ----------
    scores, rejects : pyarrow Table
    tally : Tally
    kept : pyarrow Table or None
        What goes into the score history, where one is kept.
    """

    scores: pa.Table
    rejects: pa.Table
    tally: Tally
    kept: pa.Table | None = None


class Scorer:
    """Scores leads whose features are computed, with one model and at one moment.

    Parameters
    ----------
    bundle : ModelBundle
    language : Language
        Of the reasons.
    scored_at : Timestamp
        Written beside every score, UTC.
    total : int
        Leads of all calls together, so that each is scored as if there were one call.
    threads : int
        0 takes all cores.
    changes : ChangeFinder, optional
        Adds `CHANGE_COLUMNS` to the scores.
    keeper : Keeper, optional
        Picks what is kept of them.

    Examples
    --------
    A model of one column, and one lead scored with it:

    >>> from features.language import language
    >>> from features.matrix.definitions import attribute
    >>> from features.matrix.feature_table import FeatureTable
    >>> from models.estimator.lead_quality import LeadQualityModel
    >>> from models.reasons.acceptance_by_value import tabulate
    >>> source = attribute("Source", kind="context", form="category")
    >>> levels = {"Source": ("(not given)", "(other)", "Web", "Event")}
    >>> table = FeatureTable((source,), levels, (), {}, (), {}, "time")
    >>> values = pd.DataFrame({"Source": ["Web", "Event"] * 50})
    >>> X, y = table.encode(values), np.array([0.0, 1.0] * 50)
    >>> model = LeadQualityModel().fit(X, y, categories=(0,))
    >>> bundle = ModelBundle(model, table, tabulate(X, table, y), {}, {}, "m1")
    >>> scorer = Scorer(bundle, language("en"), pd.Timestamp("2026-03-01"), total=1)
    >>> leads = pd.DataFrame(
    ...     {"row": [1], "lead_id": ["L-1"], "handed_over_at": [pd.Timestamp("2026-02-27")]}
    ... )
    >>> code = pd.Series([None], dtype=object)  # nothing keeps the lead from being scored
    >>> batch, _ = scorer.score(leads, code, values[1:2].reset_index(drop=True))
    >>> batch.scores.select(["lead_id", "score", "grade"]).to_pylist()
    [{'lead_id': 'L-1', 'score': 88, 'grade': 'B2'}]
    """

    def __init__(
        self,
        bundle: ModelBundle,
        language: Language,
        scored_at: pd.Timestamp,
        *,
        total: int,
        threads: int = 0,
        changes: ChangeFinder | None = None,
        keeper: Keeper | None = None,
    ) -> None:
        self._bundle, self._changes, self._keeper = bundle, changes, keeper
        self._explain = bundle.model.explainer(total, threads=threads)
        self._writer = ReasonWriter(
            bundle.table, bundle.statistics, language, typical=bundle.typical_contributions
        )
        self._scored_at = scored_at

    def score(
        self, hand_overs: pd.DataFrame, code: pd.Series, values: pd.DataFrame
    ) -> tuple[ScoredBatch, np.ndarray]:
        """Score the rows that nothing keeps from it.

        Parameters
        ----------
        hand_overs : DataFrame
            ``row``, ``lead_id``, ``handed_over_at``.
        code : Series of object
            What keeps a row from being scored; missing if nothing.
        values : DataFrame of shape (n_rows, n_features)

        Returns
        -------
        scored : ScoredBatch
        contributions : ndarray of shape (n_scored, n_features + 1)
        """
        good = code.isna().to_numpy()
        if not good.all():
            hand_overs, values, whole = hand_overs[good], values[good], hand_overs
        else:
            whole = hand_overs
        matrix = self._bundle.table.encode(values)
        contributions = self._explain(matrix)
        tally = Tally(
            leads=len(whole),
            scored=len(hand_overs),
            rejected={str(name): int(n) for name, n in code.value_counts().items()},
            unknown_levels=count_unknown(matrix, self._bundle),
            out_of_range=self._bundle.statistics.count_outside(matrix, self._bundle.table.names),
        )
        scores = self._write(hand_overs, values, matrix, contributions)
        kept = None
        if self._changes or self._keeper:
            probability = self._bundle.probability(contributions.sum(axis=1))
            if self._keeper:
                kept = self._keeper.keep(hand_overs, matrix, probability)
            if self._changes:
                leads = ScoredLeads(
                    values,
                    matrix,
                    contributions,
                    show_scores(probability),
                    to_moments(hand_overs["handed_over_at"]),
                )
                found = self._changes.find(hand_overs, leads)
                for name in found.column_names:
                    scores = scores.append_column(name, found[name])
        return ScoredBatch(scores, describe_rejects(whole, code), tally, kept), contributions

    def write(
        self, hand_overs: pd.DataFrame, values: pd.DataFrame, contributions: np.ndarray
    ) -> pa.Table:
        """Return the scores of leads whose contributions are known.

        Parameters
        ----------
        hand_overs : DataFrame of shape (n, ...)
            ``lead_id``, ``handed_over_at``.
        values : DataFrame of shape (n, n_features)
        contributions : ndarray of shape (n, n_features + 1)
            Of the same model, as `score` gives them.
        """
        return self._write(hand_overs, values, self._bundle.table.encode(values), contributions)

    def _write(
        self,
        hand_overs: pd.DataFrame,
        values: pd.DataFrame,
        matrix: np.ndarray,
        contributions: np.ndarray,
    ) -> pa.Table:
        import pyarrow as pa

        bundle, size = self._bundle, len(hand_overs)
        log_odds = contributions.sum(axis=1)
        probability = bundle.probability(log_odds)
        low, high = bundle.model.calibration_.interval(log_odds)
        grades = grade_leads(contributions, bundle.table, probability=bundle.probability)
        sentences = self._writer.write(values, matrix, contributions)
        columns = {
            "lead_id": pa.array(hand_overs["lead_id"].to_numpy(), pa.string(), from_pandas=True),
            "handed_over_at": pa.array(hand_overs["handed_over_at"], pa.timestamp("us")),
            "probability": probability.round(_DIGITS),
            "probability_low": low.round(_DIGITS),
            "probability_high": high.round(_DIGITS),
            "score": show_scores(probability),
            "grade": pa.array(grades.astype(object), pa.string()).dictionary_encode(),
            **dict(zip(SENTENCES, sentences, strict=True)),
            "model_version": _repeat(bundle.version, size),
            "scored_at": pa.array(np.full(size, self._scored_at.to_datetime64(), "datetime64[us]")),
        }
        return pa.table(columns)


def score_partition(
    bundle: ModelBundle,
    partition: Partition,
    *,
    language: Language,
    scored_at: pd.Timestamp,
    threads: int = 1,
) -> pa.Table:
    """Score a partition; the same hand-over has the same scores in any partition.

    Parameters
    ----------
    bundle : ModelBundle
    partition : Partition
        Hand-overs that can be scored: each with an id, and with a time where the model counts
        from one.
    language : Language
        Of the reasons.
    scored_at : Timestamp
        Written beside every score, UTC.
    threads : int
        0 takes all cores.

    Returns
    -------
    pyarrow Table
        `SCORE_COLUMNS`, in the order of the hand-overs.

    Notes
    -----
    Reads and writes nothing, and knows no settings: it runs wherever a partition is.
    """
    size = partition.hand_overs.num_rows
    keys = partition.hand_overs.to_pandas().assign(row=range(1, size + 1))
    nothing = pd.Series(None, index=keys.index, dtype=object)
    values = compute_features(partition, bundle.table)
    scorer = Scorer(bundle, language, scored_at, total=size, threads=threads)
    return scorer.score(keys, nothing, values)[0].scores


@dataclass(frozen=True)
class Scored:
    """The leads of some tables, scored, for those who look at them one by one.

    Attributes
    ----------
    scores : DataFrame
        `SCORE_COLUMNS`, in the order of the input.
    rejects : DataFrame
        `REJECT_COLUMNS`: the rows that could not be scored; with `scores` they make up the
        input, each row once.
    values : DataFrame
        The computed features of the scored leads.
    contributions : ndarray of shape (n_scored, n_features + 1)
    tally : Tally
    missing_columns : tuple of str
        Columns the model learned from that the input does not have.
    """

    scores: pd.DataFrame
    rejects: pd.DataFrame
    values: pd.DataFrame
    contributions: np.ndarray
    tally: Tally
    missing_columns: tuple[str, ...]


def score_leads(
    bundle: ModelBundle,
    tables: Tables,
    *,
    language: Language,
    scored_at: pd.Timestamp,
    earlier: pd.DataFrame | None = None,
) -> Scored:
    """Score every lead of tables that are in memory.

    Parameters
    ----------
    bundle : ModelBundle
    tables : Tables
        The leads to score, and the activities known of them.
    language : Language
        Of the reasons.
    scored_at : Timestamp
        Written beside every score, UTC.
    earlier : DataFrame, optional
        Every hand-over known so far with its decision, for the history of returning leads.

    Returns
    -------
    Scored

    Raises
    ------
    SettingsError
        When the model counts from the time of hand-over and the leads have no such column.
    """
    if bundle.table.order == "time" and not tables.timed:
        raise make_untimed(tables.origin)
    code = find_rejects(tables.episodes, timed=tables.timed)
    good = tables.episodes.index[code.isna()]
    values = bundle.table.compute(tables, earlier=earlier)
    scorer = Scorer(bundle, language, scored_at, total=len(good))
    batch, contributions = scorer.score(tables.episodes, code, values)
    return Scored(
        scores=_to_frame(batch.scores, good),
        rejects=_to_frame(batch.rejects, tables.episodes.index[code.notna()]),
        values=values.loc[good],
        contributions=contributions,
        tally=batch.tally,
        missing_columns=tuple(
            name for name in bundle.table.sources if name not in tables.attributes.columns
        ),
    )


def find_rejects(episodes: pd.DataFrame, *, timed: bool) -> pd.Series:
    """Return, per hand-over, the code of what keeps it from being scored; missing if nothing."""
    repeated = episodes.duplicated(["lead_id", "handed_over_at"])
    return code_rejects(episodes, repeated, timed=timed)


def count_unknown(matrix: np.ndarray, bundle: ModelBundle) -> dict[str, int]:
    """Count, per category, the leads whose level training never saw.

    A rare level that training pooled is not told apart from one it never saw: the model
    treats both alike.
    """
    names, places = bundle.table.names, bundle.table.categories
    counts = {names[place]: int((matrix[:, place] == OTHER_CODE).sum()) for place in places}
    return {name: count for name, count in counts.items() if count}


def describe_rejects(hand_overs: pd.DataFrame, code: pd.Series) -> pa.Table:
    """Return the rows that cannot be scored, with code and words."""
    import pyarrow as pa

    bad = code.notna().to_numpy()
    codes = code[bad].tolist()
    return pa.table(
        {
            "row": hand_overs.loc[bad, "row"].to_numpy(),
            "lead_id": pa.array(
                hand_overs.loc[bad, "lead_id"].to_numpy(), pa.string(), from_pandas=True
            ),
            "code": codes,
            "message": [REJECTED[name] for name in codes],
        },
        reject_schema(),
    )


def _repeat(text: str, size: int) -> pa.DictionaryArray:
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(size, np.int32)), pa.array([text]))


def _to_frame(table: pa.Table, index: pd.Index) -> pd.DataFrame:
    """Return the rows with texts as objects, None where there is none."""
    columns: dict[str, Any] = {}
    for name in table.column_names:
        column = table[name]
        text = name not in ("row", "score") and not name.startswith(("prob", "scored", "handed"))
        columns[name] = (
            pd.Series(column.to_pylist(), index=index, dtype=object)
            if text
            else pd.Series(column.to_numpy(), index=index)
        )
    return pd.DataFrame(columns, index=index)
