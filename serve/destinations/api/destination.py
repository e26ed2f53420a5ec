"""CRM destination: changed records alone, in batches, confirmed one batch at a time."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from features.errors import DestinationError
from features.settings.schema import BandSettings
from serve.destinations.api.sent import Records, SentState, open_sent
from serve.destinations.api.session import BatchRefused, Login, Session, Wait, open_session
from serve.destinations.crm import CRM_FORMATS, STRANGE_ID, CrmFormat, arrange
from serve.destinations.files import EARLIER
from serve.destinations.latest_scores import keep_latest
from serve.destinations.protocol import Delivery, Scores, Sending

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN, HOPELESS = 10, 100
NO_RECORD_ID = "the lead's id is not a record id of this CRM"
LOST = "the CRM does not know the job any more"

Changed = tuple[str, dict[str, Any], int | None]
"""A lead, its record, and the score that was sent last; None where none was."""


class Vendor(Protocol):
    """The requests of one CRM.

    Attributes
    ----------
    host : str
    format : str
        The entry of `CRM_FORMATS` that the records are made from.
    batch_rows : int
        Records in one request or job.
    any_id : bool
        Whether leads go by an id of the company's own.
    """

    @property
    def host(self) -> str: ...  # noqa: D102

    @property
    def format(self) -> str: ...  # noqa: D102

    @property
    def batch_rows(self) -> int: ...  # noqa: D102

    @property
    def any_id(self) -> bool: ...  # noqa: D102

    def login(self) -> Login:
        """Return the place of the token."""

    def name_field(self, name: str) -> str:
        """Return a field of the import file as the API calls it."""

    def complete(self, record: dict[str, Any], before: int | None) -> dict[str, Any]:
        """Return a record as it is sent, given the score before; None for none."""

    def check(self, session: Session, fields: list[str]) -> None:
        """Refuse a place that lacks fields, by reading alone."""

    def begin(self, session: Session, records: Records) -> str:
        """Hand in a job that is done later; empty where `finish` does all at once."""

    def finish(self, session: Session, job: str, records: Records) -> dict[str, str] | None:
        """Send, or wait for the job; return the refused leads with the CRM's message.

        None when a job of an earlier run is not there any more. Raises BatchRefused when none of
        several records was taken because of some.
        """


@dataclass(frozen=True)
class CrmDestination:
    """A CRM that takes scores through its API; see `Destination`.

    Records arrive batch by batch, not all or none: what was confirmed is noted in the project's
    home, and the same call goes on there.

    Attributes
    ----------
    address : str
        As it is shown.
    vendor : Vendor
    home : Path
        The project's home.
    bands : BandSettings
    dry_run : bool
        Whether to find out what would be sent, and send nothing.
    wait : callable
    """

    address: str
    vendor: Vendor
    home: Path
    bands: BandSettings
    dry_run: bool = False
    wait: Wait = field(default=time.sleep, repr=False)

    @property
    def name(self) -> str:
        """The address; a dry run has a name of its own, so that it resumes nobody's run."""
        return f"{self.address} (dry run)" if self.dry_run else self.address

    @property
    def crm(self) -> CrmFormat:
        """The import file that the records are made from."""
        return replace(CRM_FORMATS[self.vendor.format], bands=self.bands)

    def check(self) -> None:
        """Refuse a CRM that cannot take scores; see `Destination`."""
        if not self.dry_run:
            fields = [self.vendor.name_field(part.name) for part in self.crm.fields[1:]]
            with self._connect() as session:
                self.vendor.check(session, fields)

    def deliver(self, scores: Scores) -> Delivery:
        """Send what has changed; see `Destination`."""
        scores, earlier = keep_latest(scores)
        run = _Run(self, Counter({EARLIER: earlier}))
        names = {part.column: self.vendor.name_field(part.name) for part in self.crm.fields}
        score, volatile = names["score"], names["scored_at"]
        with open_sent(self.home, self.address, score=score, volatile=volatile) as sent:
            if self.dry_run:
                run.show(run.find_changed(scores, sent))
            else:
                with self._connect() as session:
                    # A killed run may have handed in a job: the CRM is then not yet at rest.
                    if sent.job:
                        sent.settle(self.vendor.finish(session, sent.job, {}))
                    run.send(run.find_changed(scores, sent), sent, session)
        run.refuse_hopeless(1)
        return run.report()

    def _connect(self) -> AbstractContextManager[Session]:
        return open_session(self.vendor.host, self.vendor.login(), name=self.name, wait=self.wait)


class _Run:
    """One delivery, and its counts."""

    def __init__(self, place: CrmDestination, warnings: Counter[str]) -> None:
        self.name, self.vendor, self.crm = place.name, place.vendor, place.crm
        self.warnings = warnings
        self.rows = self.sent = self.unchanged = 0
        self.refused: dict[str, str] = {}
        self.shown: list[Mapping[str, Any]] = []

    def report(self) -> Delivery:
        """Return what was done."""
        sending = Sending(self.sent, self.unchanged, self.refused, tuple(self.shown))
        return Delivery(self.rows, warnings=dict(+self.warnings), sending=sending)

    def find_changed(self, scores: Scores, sent: SentState) -> Iterator[Changed]:
        """Give what is not as it was sent last."""
        for table in scores():
            for start in range(0, table.num_rows, self.vendor.batch_rows):
                part = table.slice(start, self.vendor.batch_rows)
                self.rows += part.num_rows
                records = self._make_records(part)
                changed = sent.find_changed(records)
                self.unchanged += len(records) - len(changed)
                for lead, before in changed.items():
                    yield lead, records[lead], before

    def show(self, changed: Iterator[Changed]) -> None:
        """Count what would be sent, and keep the first of it."""
        for _, record, before in changed:
            self.sent += 1
            if len(self.shown) < SHOWN:
                self.shown.append(self.vendor.complete(record, before))

    def send(self, changed: Iterator[Changed], sent: SentState, session: Session) -> None:
        """Send batch after batch."""
        while batch := list(islice(changed, self.vendor.batch_rows)):
            self._send(batch, sent, session)
            self.refuse_hopeless(HOPELESS)

    def refuse_hopeless(self, least: int) -> None:
        """End a run of which nothing arrives.

        Raises
        ------
        DestinationError
            When so many records were refused, and none was taken.
        """
        if len(self.refused) >= least and not self.sent and not self.unchanged:
            raise DestinationError(
                f"the CRM takes none of the records: {len(self.refused):,} were refused",
                where=self.name,
                got=next(reversed(self.refused.values())),
                next_step="Correct what it says and run the command again; nothing was sent",
            )

    def _make_records(self, table: pa.Table) -> dict[str, dict[str, Any]]:
        """Return the records of leads whose id may be one of the CRM's."""
        arranged, warnings = arrange(table, self.crm)
        del warnings[STRANGE_ID]
        self.warnings += warnings
        names = [self.vendor.name_field(part.name) for part in self.crm.fields]
        rows = arranged.rename_columns(names).to_pylist()
        records = dict(zip(table["lead_id"].to_pylist(), rows, strict=True))
        if not self.vendor.any_id:
            strange = [lead for lead in records if not re.fullmatch(self.crm.id_shape, lead)]
            for lead in strange:
                self.refused[lead] = NO_RECORD_ID
                del records[lead]
        return records

    def _send(self, batch: list[Changed], sent: SentState, session: Session) -> None:
        """Send a batch; in halves where one wrong record would keep back all others."""
        records = {lead: record for lead, record, _ in batch}
        full = {lead: self.vendor.complete(record, before) for lead, record, before in batch}
        try:
            job = self.vendor.begin(session, full)
            if job:
                sent.confirm(records, job)
            refused = self.vendor.finish(session, job, full)
        except BatchRefused as error:
            if len(batch) == 1:
                self.refused[batch[0][0]] = session.login.hide(str(error))
                return
            for half in (batch[: len(batch) // 2], batch[len(batch) // 2 :]):
                self._send(half, sent, session)
            return
        if refused is None:
            refused = dict.fromkeys(full, LOST)
        if job:
            sent.settle(refused)
        else:
            taken = {lead: record for lead, record in records.items() if lead not in refused}
            sent.confirm(taken)
        self.sent += len(full) - len(refused)
        self.refused |= {lead: session.login.hide(text) for lead, text in refused.items()}
