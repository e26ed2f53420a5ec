"""Batch scoring: bounded memory, and the same result with any batch size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import TracebackType

import pandas as pd

from features.batches.input import ScoringInput, open_input
from features.batches.rows import FeatureRows
from features.findings import Finding, sort_by_severity
from features.settings.schema import Settings
from models.artifact.bundle import ModelBundle
from models.shapley.kernel import count_cores
from serve.scoring.changes import ChangeFinder, EarlierScores, Keeper
from serve.scoring.idle_leads import note_idle_leads
from serve.scoring.scorer import ScoredBatch, Scorer

BATCH_ROWS = 50_000


@dataclass(frozen=True)
class Keep:
    """How much is kept of a run's scores.

    Attributes
    ----------
    secret : callable
        Gives the key of the hashes of leads. It is made and asked for only once there is
        something to keep, so that a run that is refused leaves nothing.
    limit : int
        Leads at most, the newest.
    """

    secret: Callable[[], bytes]
    limit: int


class Batches:
    """The leads to score, opened; `open_batches` makes it, leaving it frees what it holds.

    Attributes
    ----------
    digest : str
        SHA-256 of all that is read, hexadecimal: another input, another digest.
    count : int
        Number of batches: batch k holds the rows from ``k * rows`` on.
    findings : tuple of Finding
        What was noticed about the leads, errors first.
    missing_columns, new_columns : tuple of str
        Columns of leads the model learned from that are not there; and those training never saw.
    """

    digest: str
    count: int
    findings: tuple[Finding, ...]
    missing_columns: tuple[str, ...]
    new_columns: tuple[str, ...]

    def __init__(
        self, source: ScoringInput, scorer: Scorer, stack: ExitStack, findings: Iterable[Finding]
    ) -> None:
        self.digest, self.count = source.digest, source.count
        self.findings = sort_by_severity((*source.findings, *findings))
        self.missing_columns, self.new_columns = source.missing_columns, source.new_columns
        self._source, self._scorer, self._stack = source, scorer, stack
        self._reader: ThreadPoolExecutor | None = None
        self._next: tuple[int, Future[FeatureRows]] | None = None

    def score(self, number: int) -> ScoredBatch:
        """Score a batch; the same number always gives the same result.

        Parameters
        ----------
        number : int
            From 0, below `count`.
        """
        if not 0 <= number < self.count:
            raise IndexError(f"there is no batch {number} of {self.count}")
        found = self._read(number)
        scored, _ = self._scorer.score(found.keys, found.code, found.values)
        return scored

    def _read(self, number: int) -> FeatureRows:
        """Return the features of a batch, and begin with those of the next in a thread."""
        ahead, self._next = self._next, None
        if ahead is not None and ahead[0] == number:
            found = ahead[1].result()
        else:
            found = self._source.read(number)
        if number + 1 < self.count:
            if self._reader is None:
                self._reader = self._stack.enter_context(ThreadPoolExecutor(1, "leadaccord-read"))
            self._next = (number + 1, self._reader.submit(self._source.read, number + 1))
        return found

    def close(self) -> None:
        """Free the database and the thread."""
        self._stack.close()

    def __enter__(self) -> Batches:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Free what it holds."""
        self.close()


def open_batches(
    settings: Settings,
    bundle: ModelBundle,
    leads: str | None,
    *,
    now: pd.Timestamp,
    rows: int = BATCH_ROWS,
    threads: int | None = None,
    earlier: EarlierScores | None = None,
    keep: Keep | None = None,
) -> Batches:
    """Open leads to score.

    Parameters
    ----------
    settings : Settings
    bundle : ModelBundle
    leads : str or None
        A path, glob or table; the project's own leads if None.
    now : Timestamp
        The moment of scoring, UTC, without a zone; hand-overs after it lie in the future.
    rows : int
        Of a batch: how much memory is used, never what comes out.
    threads : int, optional
        All cores if left out.
    earlier : EarlierScores, optional
        Where given, scores have the columns of their changes as well.
    keep : Keep, optional
        Where given, each batch holds what is kept of its scores.

    Returns
    -------
    Batches

    Raises
    ------
    SettingsError
        When the settings name a table or column that is not there, or the model counts from
        the time of hand-over and the leads have no column for it.
    SourceError
        When a file cannot be read, or leads that were given lack a column they need.
    """
    cores = threads or count_cores()
    with ExitStack() as stack:
        stack.enter_context(_limit_arrow(cores))
        source = stack.enter_context(
            open_input(settings, bundle.table, leads, now=now, rows=rows, threads=cores)
        )
        words, total = settings.words(), source.leads.total
        changes = keeper = None
        if earlier is not None:
            changes = ChangeFinder(earlier, bundle, words, total=total, threads=cores)
        if keep is not None:
            keeper = Keeper(keep.secret, now, source.find_newest(keep.limit))
        scorer = Scorer(
            bundle, words, now, threads=cores, total=total, changes=changes, keeper=keeper
        )
        idle = source.counts.idle
        said = [] if idle is None else note_idle_leads(*idle, bundle.reference)
        return Batches(source, scorer, stack.pop_all(), said)


@contextmanager
def _limit_arrow(threads: int) -> Iterator[None]:
    """Keep Arrow to so many threads for a while."""
    import pyarrow as pa

    before = pa.cpu_count()
    pa.set_cpu_count(threads)
    try:
        yield
    finally:
        pa.set_cpu_count(before)
