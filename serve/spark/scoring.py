"""Scoring of buckets: the leads of one, read, computed and scored as one machine does it."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.batches.rows import LeadRows, gather
from features.checks.row_counts import RowCounts
from features.settings.schema import Settings
from features.sources.duckdb_relation import from_arrow
from features.sources.file import ROW
from features.sources.tables import SourceTable
from models.artifact.bundle import ModelBundle
from serve.scoring.score_table import score_schema
from serve.scoring.scorer import ScoredBatch, Scorer, reject_schema
from serve.scoring.tally import Tally
from serve.spark.blocks import unpack
from serve.spark.survey import Answers, answer_from

if TYPE_CHECKING:
    import pyarrow as pa

SCORE, REJECT, COUNTS = "score", "reject", "counts"


def result_schema() -> pa.Schema:
    """Return the columns of a result: what a row is, its number, and a score, reject or counts."""
    import pyarrow as pa

    rejects = [field for field in reject_schema() if field.name in ("code", "message")]
    named = [("kind", pa.string()), ("row", pa.int64()), ("counts", pa.binary())]
    return pa.schema([*(pa.field(*column) for column in named), *score_schema(), *rejects])


@dataclass(frozen=True)
class BucketScorer:
    """Scores the leads of a bucket; goes to the workers.

    Attributes
    ----------
    settings : Settings
        As the user wrote them.
    bundle : ModelBundle
    scored_at : Timestamp
    schemas : mapping of str to pyarrow Schema
        The columns of each table that are kept, and ``_row``.
    origins : mapping of str to str
    answers : mapping of str to sequence of (Question, mapping of str to Column)
        How the columns of each table are written, by all its rows.
    given : bool
        Whether the leads are others than the settings name.
    total : int
        Leads of all buckets.
    """

    settings: Settings
    bundle: ModelBundle
    scored_at: pd.Timestamp
    schemas: Mapping[str, pa.Schema]
    origins: Mapping[str, str]
    answers: Mapping[str, Answers]
    given: bool
    total: int

    def __call__(self, blocks: pa.Table) -> pa.Table:
        """Score a bucket.

        Parameters
        ----------
        blocks : pyarrow Table
            `BLOCKS`.

        Returns
        -------
        pyarrow Table
            `result_schema`.
        """
        tables = unpack(blocks, self.schemas)
        numbers = tables["leads"][ROW].to_numpy()
        rows = self._gather(tables)
        if not len(numbers):
            return _describe(None, numbers, rows.counts)
        found = rows.read(0)
        scored, _ = self._scorer.score(found.keys, found.code, found.values)
        good = numbers[found.keys["row"].to_numpy()[found.code.isna().to_numpy()] - 1]
        return _describe(scored, good, rows.counts.numbered(numbers), numbers)

    @cached_property
    def _scorer(self) -> Scorer:
        words = self.settings.words()
        return Scorer(self.bundle, words, self.scored_at, total=self.total, threads=1)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what each worker makes for itself."""
        return {name: value for name, value in vars(self).items() if name != "_scorer"}

    def _gather(self, tables: Mapping[str, pa.Table]) -> LeadRows:
        import duckdb

        options: dict[str, Any] = {"threads": 1, "python_enable_replacements": False}
        connection = duckdb.connect(config=options)
        opened = {
            source: SourceTable(
                name="leads" if source == "own" else source,
                relation=from_arrow(_number(table), connection),
                origin=self.origins[source],
                files=(),
                notes=(),
                profile=answer_from(self.answers[source]),
            )
            for source, table in tables.items()
        }
        return gather(
            self.settings,
            self.bundle.table,
            opened,
            given=self.given,
            now=self.scored_at,
            rows=max(tables["leads"].num_rows, 1),
        )


def _number(table: pa.Table) -> pa.Table:
    """Return rows numbered from 1, as if they were all."""
    import pyarrow as pa

    place = table.schema.get_field_index(ROW)
    numbers = pa.array(np.arange(1, table.num_rows + 1), pa.int64())
    return table.set_column(place, ROW, numbers)


def _describe(
    scored: ScoredBatch | None,
    good: np.ndarray,
    counts: RowCounts,
    numbers: np.ndarray | None = None,
) -> pa.Table:
    """Return what a bucket gave as one table."""
    import pyarrow as pa

    tally = Tally() if scored is None else scored.tally
    parts = [pa.table({"kind": [COUNTS], "counts": [pickle.dumps((counts, tally))]})]
    if scored is not None and numbers is not None:
        schema = score_schema()
        plain = scored.scores.select(schema.names).cast(schema)
        parts.append(_name(plain, SCORE, good))
        rejects, places = scored.rejects, scored.rejects["row"].to_numpy()
        parts.append(_name(rejects.drop_columns(["row"]), REJECT, numbers[places - 1]))
    whole = result_schema()
    return pa.concat_tables([_fill(part, whole) for part in parts])


def _name(table: pa.Table, kind: str, rows: np.ndarray) -> pa.Table:
    import pyarrow as pa

    kinds = pa.array([kind] * table.num_rows, pa.string())
    return table.append_column("kind", kinds).append_column("row", pa.array(rows, pa.int64()))


def _fill(table: pa.Table, schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    columns = [
        table[column.name].cast(column.type)
        if column.name in table.column_names
        else pa.nulls(table.num_rows, column.type)
        for column in schema
    ]
    return pa.table(columns, schema=schema)
