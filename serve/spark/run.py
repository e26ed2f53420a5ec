"""Scoring run on Spark: the tables surveyed, their rows put into buckets, and these scored."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from features.batches.digest import join_digests
from features.batches.input import check_rows, compare_columns, list_scored
from features.batches.rows import LeadRows, gather
from features.checks.row_counts import RowCounts
from features.contract.columns import Question
from features.contract.decisions import find_decision_columns
from features.contract.events import find_activity_columns
from features.contract.records import complete_settings
from features.findings import Finding, sort_by_severity
from features.matrix.feature_table import FeatureTable
from features.settings.schema import Settings
from features.sources.database import check_connection
from features.sources.duckdb_relation import from_arrow
from features.sources.file import ROW
from features.sources.tables import SourceTable
from models.artifact.bundle import ModelBundle
from serve.scoring.idle_leads import note_idle_leads
from serve.scoring.score_table import score_schema
from serve.scoring.scorer import REJECT_COLUMNS, reject_schema
from serve.scoring.tally import Tally
from serve.spark.blocks import Packing, pack
from serve.spark.scoring import COUNTS, REJECT, SCORE, BucketScorer, result_schema
from serve.spark.sources import SparkTable, open_spark_table
from serve.spark.survey import Surveyed, answer_from, survey, take_notes

if TYPE_CHECKING:
    import pyarrow as pa

LEADS_PER_BUCKET = 20_000
"""Leads of a bucket, about: what a worker holds in memory at a time."""

_OTHERS_PER_BUCKET = 1_000_000


@dataclass(frozen=True)
class SparkLeads:
    """Leads to score, surveyed; see `open_leads`.

    Attributes
    ----------
    settings : Settings
        As the user wrote them.
    bundle : ModelBundle
    tables : mapping of str to SparkTable
        By their part in scoring.
    surveyed : mapping of str to Surveyed
    opened : mapping of str to SourceTable
        The same tables without rows, read as those with them are.
    rows : LeadRows
        How the leads are read; none are in it.
    kept : mapping of str to list of str
        The columns of each table that are needed.
    given : bool
        Whether the leads are others than the settings name.
    missing_columns, new_columns : tuple of str
        As of `ScoringInput`.
    """

    settings: Settings
    bundle: ModelBundle
    tables: Mapping[str, SparkTable]
    surveyed: Mapping[str, Surveyed]
    opened: Mapping[str, SourceTable]
    rows: LeadRows
    kept: Mapping[str, list[str]]
    given: bool
    missing_columns: tuple[str, ...]
    new_columns: tuple[str, ...]

    @property
    def total(self) -> int:
        """Rows of the leads."""
        return self.surveyed["leads"].rows

    @property
    def buckets(self) -> int:
        """Parts into which the leads are put."""
        others = sum(found.rows for found in self.surveyed.values()) - self.total
        return max(1, -(-self.total // LEADS_PER_BUCKET), -(-others // _OTHERS_PER_BUCKET))

    @property
    def digest(self) -> str:
        """SHA-256 of what was read; of files the one that scoring on one machine gives."""
        return join_digests(
            self.settings,
            (
                (table.name, len(table.files), self.surveyed[part].digests)
                for part, table in self.tables.items()
            ),
        )

    def check(self, counts: RowCounts) -> tuple[Finding, ...]:
        """Return what is to be said of the leads, errors first.

        Parameters
        ----------
        counts : RowCounts
            Of all buckets.
        """
        found = check_rows(self.opened, self.rows, counts)
        idle = counts.idle
        said = [] if idle is None else note_idle_leads(*idle, self.bundle.reference)
        return sort_by_severity((*found, *said))

    def score(self, scored_at: pd.Timestamp) -> SparkScores:
        """Score the leads, and keep the result on the disks of Spark's workers.

        Parameters
        ----------
        scored_at : Timestamp
            Written beside every score, UTC; hand-overs after it lie in the future.
        """
        from pyspark import StorageLevel
        from pyspark.sql.pandas.types import from_arrow_schema

        scorer = BucketScorer(
            settings=self.settings,
            bundle=self.bundle,
            scored_at=scored_at,
            schemas={part: self._schema(part) for part in self.tables},
            origins={part: table.origin for part, table in self.tables.items()},
            answers={part: found.answers for part, found in self.surveyed.items()},
            given=self.given,
            total=self.total,
        )
        blocks = reduce(lambda one, other: one.unionAll(other), map(self._pack, self.tables))
        shape = from_arrow_schema(result_schema(), prefer_timestamp_ntz=True)
        grouped = blocks.repartition(self.buckets, "bucket").groupBy("bucket")
        frame = grouped.applyInArrow(lambda found: scorer(found), shape)
        return SparkScores(frame.persist(StorageLevel.DISK_ONLY))

    def _pack(self, part: str) -> Any:
        packing = Packing(
            source=part,
            names=self.kept[part],
            lead_id=self._find_id(part),
            missing=self.settings.leads.missing,
            offsets=self.surveyed[part].offsets,
            buckets=self.buckets,
        )
        return pack(self.tables[part], packing)

    def _find_id(self, part: str) -> str | None:
        """Return the column of a table that names the lead."""
        columns, named = self.opened[part].columns, self.rows.leads.settings
        if part == "activities":
            return find_activity_columns(columns, settings=named).lead_id
        if part == "leads":
            return named.leads.id
        decided = _complete(self.settings, self.bundle.table, self.opened)
        if part == "decisions":
            return find_decision_columns(columns, settings=decided)[0]
        return decided.leads.id

    def _schema(self, part: str) -> pa.Schema:
        import pyarrow as pa

        schema = self.tables[part].schema
        fields = [schema.field(name) for name in self.kept[part]]
        return pa.schema([*fields, pa.field(ROW, pa.int64())])


@dataclass(frozen=True)
class SparkScores:
    """Scores, rejects and counts in one frame of Spark, `result_schema`.

    Attributes
    ----------
    frame : pyspark.sql.DataFrame
    """

    frame: Any

    @cached_property
    def counted(self) -> tuple[RowCounts, Tally]:
        """The counts of all buckets; asking for them scores the leads."""
        rows = self.frame.where(f"kind = '{COUNTS}'").select("counts").toLocalIterator()
        whole: RowCounts | None = None
        tally = Tally()
        for row in rows:
            counts, some = pickle.loads(bytes(row["counts"]))  # noqa: S301  our own workers'
            whole = counts if whole is None else whole + counts
            tally += some
        if whole is None:
            raise ValueError("no bucket was scored")
        return whole, tally

    @property
    def scores(self) -> Any:
        """The scores in the order of their leads, as a frame of Spark."""
        return self._take(SCORE).select(*score_schema().names)

    def rejects(self) -> Iterator[pa.Table]:
        """Yield the rows that could not be scored, in their order."""
        import pyarrow as pa

        rows = self._take(REJECT).select(*REJECT_COLUMNS).toLocalIterator()
        while some := list(islice(rows, LEADS_PER_BUCKET)):
            yield pa.Table.from_pylist([row.asDict() for row in some], reject_schema())

    def free(self) -> None:
        """Let Spark forget the result."""
        self.frame.unpersist()

    def _take(self, kind: str) -> Any:
        return self.frame.where(f"kind = '{kind}'").orderBy("row")


def open_leads(
    spark: Any, settings: Settings, bundle: ModelBundle, leads: str | None, *, stage: Path
) -> SparkLeads:
    """Open leads to score and survey their tables.

    Parameters
    ----------
    spark : pyspark.sql.SparkSession
    settings : Settings
    bundle : ModelBundle
    leads : str or None
        A path, glob, folder or table; the project's own leads if None.
    stage : Path
        A folder that the workers can read.

    Raises
    ------
    SettingsError, SourceError
        As `features.batches.input.open_input` does.
    """
    check_connection(settings.tables.connection)
    plan, given = bundle.table, leads is not None
    tables = {
        part: open_spark_table(spark, settings, *where, stage=stage)
        for part, where in list_scored(settings, plan, leads).items()
    }
    # The same questions are asked of a table without rows as of one with them.
    asked: dict[str, list[Question]] = {part: [] for part in tables}
    blank = _open_empty(tables)
    noting = {part: take_notes(table, asked[part]) for part, table in blank.items()}
    _gather_none(settings, plan, noting, given=given)
    surveyed = {
        part: survey(table, asked[part], missing=settings.leads.missing)
        for part, table in tables.items()
    }
    opened = {
        part: replace(
            table.select(*(name for name in table.columns if name not in surveyed[part].empty)),
            notes=(*table.notes, *surveyed[part].notes),
            profile=answer_from(surveyed[part].answers),
        )
        for part, table in blank.items()
    }
    rows = _gather_none(settings, plan, opened, given=given)
    missing, new = compare_columns(plan, rows.leads)
    return SparkLeads(
        settings=settings,
        bundle=bundle,
        tables=tables,
        surveyed=surveyed,
        opened=opened,
        rows=rows,
        kept=_list_kept(settings, plan, opened, rows),
        given=given,
        missing_columns=missing,
        new_columns=new,
    )


def _open_empty(tables: Mapping[str, SparkTable]) -> dict[str, SourceTable]:
    """Return the tables without rows, in one database."""
    import pyarrow as pa

    found: dict[str, SourceTable] = {}
    connection: Any = None
    for part, table in tables.items():
        schema = table.schema.append(pa.field(ROW, pa.int64()))
        relation = from_arrow(schema.empty_table(), connection)
        connection = relation.connection
        found[part] = SourceTable(table.name, relation, table.origin, (), table.notes)
    return found


def _gather_none(
    settings: Settings, plan: FeatureTable, opened: Mapping[str, SourceTable], *, given: bool
) -> LeadRows:
    return gather(settings, plan, opened, given=given, now=pd.Timestamp(0), rows=1)


def _list_kept(
    written: Settings, plan: FeatureTable, opened: Mapping[str, SourceTable], rows: LeadRows
) -> dict[str, list[str]]:
    """Return the columns of each table that the workers need."""
    named = rows.leads.settings
    keys = [named.leads.id, named.leads.handed_over_at, named.leads.order]
    kept: dict[str, list[str | None]] = {"leads": [*keys, *rows.leads.columns]}
    if plan.needs("history"):
        own = "own" if "own" in opened else "leads"
        flat = _complete(written, plan, opened)
        decided = flat.decision.named.values() if "decisions" not in opened else ()
        at = [flat.leads.id, flat.leads.handed_over_at, flat.leads.order]
        kept[own] = [*kept.get(own, ()), *at, *decided]
    if "decisions" in opened:
        lead_id, found = find_decision_columns(
            opened["decisions"].columns, settings=_complete(written, plan, opened)
        )
        kept["decisions"] = [lead_id, *found.values()]
    if "activities" in opened:
        columns = find_activity_columns(opened["activities"].columns, settings=named)
        kept["activities"] = [*columns.columns]
    return {
        part: [name for name in opened[part].columns if name in names]
        for part, names in kept.items()
    }


def _complete(written: Settings, plan: FeatureTable, opened: Mapping[str, SourceTable]) -> Settings:
    """Return the settings by which decisions of the project's own leads are read."""
    columns = {"leads": opened.get("own", opened["leads"]).columns}
    if "decisions" in opened:
        columns["decisions"] = opened["decisions"].columns
    return complete_settings(written, columns, decided=True, kinds=plan.kinds)
