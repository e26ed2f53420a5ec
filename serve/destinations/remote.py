"""CRM destination: changed records alone, in batches, confirmed one batch at a time."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from features.errors import DestinationError
from features.settings.schema import BandSettings
from models.artifact.score_history import find_secret
from serve.destinations.crm import CRM_FORMATS, STRANGE_ID, arrange
from serve.destinations.files import EARLIER
from serve.destinations.latest_scores import keep_latest
from serve.destinations.protocol import Delivery, Scores
from serve.destinations.sent import Records, SentState, open_sent
from serve.destinations.session import BatchRefused, Login, Session, Wait, open_session

SHOWN, HOPELESS = 10, 200
NO_RECORD_ID = "the lead's id is not a record id of this CRM"


class Vendor(Protocol):
    """The requests of one CRM.

    Attributes
    ----------
    format : str
        The entry of `CRM_FORMATS` that the records are made from.
    batch_rows : int
        Records in one request or job.
    any_id : bool
        Whether leads go by an id of the company's own.
    """

    @property
    def format(self) -> str: ...  # noqa: D102

    @property
    def batch_rows(self) -> int: ...  # noqa: D102

    @property
    def any_id(self) -> bool: ...  # noqa: D102

    def login(self) -> Login:
        """Return the token's place."""

    def name_field(self, name: str) -> str:
        """Return a field of the import file as the API calls it."""

    def complete(self, record: dict[str, Any], score: int, before: int | None) -> dict[str, Any]:
        """Return a record with what follows from the score before; None for none."""

    def check(self, session: Session, fields: list[str]) -> None:
        """Refuse a place that lacks fields, by reading alone."""

    def begin(self, session: Session, records: Records) -> str:
        """Hand in a job that is done later; empty where `finish` does all at once."""

    def finish(self, session: Session, ticket: str, records: Records) -> dict[str, str] | None:
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
    name, base : str
        The address as it is shown, and the URL of the API.
    vendor : Vendor
    home : Path
        The project's home.
    bands : BandSettings
    dry_run : bool
        Whether to find out what would be sent, and send nothing.
    wait : callable
    """

    name: str
    base: str
    vendor: Vendor
    home: Path
    bands: BandSettings = BandSettings()
    dry_run: bool = False
    wait: Wait = field(default=time.sleep, repr=False)

    def check(self) -> None:
        """Refuse a CRM that cannot take scores; see `Destination`."""
        if not self.dry_run:
            fields = [self.vendor.name_field(name.name) for name in self._format().fields[1:]]
            with self._connect() as session:
                self.vendor.check(session, fields)

    def deliver(self, scores: Scores) -> Delivery:
        """Send what has changed; see `Destination`."""
        scores, earlier = keep_latest(scores)
        run = _Run(self, Counter({EARLIER: earlier}))
        volatile = self.vendor.name_field(
            next(part.name for part in self._format().fields if part.column == "scored_at")
        )
        secret = find_secret(self.home / "history")
        with open_sent(self.home, self.name, secret, volatile) as sent:
            if self.dry_run:
                run.go(scores, sent, None)
            else:
                with self._connect() as session:
                    run.settle(sent, session)
                    run.go(scores, sent, session)
        return run.report()

    def _format(self) -> Any:
        return replace(CRM_FORMATS[self.vendor.format], bands=self.bands)

    def _connect(self) -> Any:
        return open_session(self.base, self.vendor.login(), name=self.name, wait=self.wait)


class _Run:
    """One delivery: its counts, and the records that wait for their batch to be full."""

    def __init__(self, place: CrmDestination, warnings: Counter[str]) -> None:
        self.place, self.vendor, self.warnings = place, place.vendor, warnings
        self.rows = self.sent = self.unchanged = 0
        self.refused: dict[str, str] = {}
        self.shown: list[dict[str, Any]] = []
        self.befores: dict[str, int | None] = {}

    def report(self) -> Delivery:
        """Return what was done."""
        return Delivery(
            self.rows,
            warnings=dict(+self.warnings),
            sent=self.sent,
            unchanged=self.unchanged,
            refused=self.refused,
            shown=tuple(self.shown),
        )

    def settle(self, sent: SentState, session: Session) -> None:
        """Wait for the job that a killed run had handed in."""
        if sent.ticket:
            sent.settle(self.vendor.finish(session, sent.ticket, {}))

    def go(self, scores: Scores, sent: SentState, session: Session | None) -> None:
        """Send the changed records; without a session only count and show them."""
        waiting: dict[str, dict[str, Any]] = {}
        levels: dict[str, int] = {}
        for records, values in self._read(scores):
            self.rows += len(records)
            changed = sent.find_changed(records, values)
            self.unchanged += len(records) - len(changed)
            self.befores |= changed
            waiting |= {lead: records[lead] for lead in changed}
            levels |= {lead: values[lead] for lead in changed}
            while len(waiting) >= self.vendor.batch_rows:
                self._flush(waiting, levels, sent, session)
        while waiting:
            self._flush(waiting, levels, sent, session)

    def _read(self, scores: Scores) -> Iterator[tuple[dict[str, dict[str, Any]], dict[str, int]]]:
        crm = self.place._format()
        names = [self.vendor.name_field(part.name) for part in crm.fields]
        for table in scores():
            for start in range(0, table.num_rows, self.vendor.batch_rows):
                part = table.slice(start, self.vendor.batch_rows)
                arranged, warnings = arrange(part, crm)
                del warnings[STRANGE_ID]
                self.warnings += warnings
                rows = arranged.rename_columns(names).to_pylist()
                leads = part["lead_id"].to_pylist()
                values = dict(zip(leads, part["score"].to_pylist(), strict=True))
                records = dict(zip(leads, rows, strict=True))
                for lead in self._find_strange(records, crm.id_shape):
                    self.refused[lead] = NO_RECORD_ID
                    del records[lead]
                yield records, values

    def _find_strange(self, records: Records, shape: str) -> list[str]:
        if self.vendor.any_id:
            return []
        return [lead for lead in records if not re.fullmatch(shape, lead)]

    def _flush(
        self,
        waiting: dict[str, dict[str, Any]],
        levels: dict[str, int],
        sent: SentState,
        session: Session | None,
    ) -> None:
        leads = list(waiting)[: self.vendor.batch_rows]
        records = {lead: waiting.pop(lead) for lead in leads}
        scores = {lead: levels.pop(lead) for lead in leads}
        befores = {lead: self.befores.pop(lead) for lead in leads}
        full = {
            lead: self.vendor.complete(record, scores[lead], befores[lead])
            for lead, record in records.items()
        }
        if session is None:
            self.sent += len(full)
            self.shown += list(full.values())[: SHOWN - len(self.shown)]
            return
        self._send(session, sent, records, full, scores)
        if len(self.refused) >= HOPELESS and not self.sent:
            raise DestinationError(
                f"the CRM refused each of the first {len(self.refused)} records",
                where=self.place.name,
                got=next(reversed(self.refused.values())),
                next_step="Correct what it says; nothing was sent",
            )

    def _send(
        self,
        session: Session,
        sent: SentState,
        records: Records,
        full: Records,
        scores: Mapping[str, int],
    ) -> None:
        """Send a batch; in halves where one wrong record would keep back all others."""
        try:
            ticket = self.vendor.begin(session, full)
            if ticket:
                sent.hand_in(ticket, records, scores)
            refused = self.vendor.finish(session, ticket, full) or {}
        except BatchRefused as error:
            leads = list(full)
            if len(leads) == 1:
                self.refused[leads[0]] = session.login.hide(str(error))
                return
            for half in (leads[: len(leads) // 2], leads[len(leads) // 2 :]):
                part = {lead: full[lead] for lead in half}
                self._send(session, sent, {lead: records[lead] for lead in half}, part, scores)
            return
        if ticket:
            sent.settle(refused)
        else:
            taken = {lead: record for lead, record in records.items() if lead not in refused}
            sent.confirm(taken, scores)
        self.sent += len(full) - len(refused)
        self.refused |= {lead: session.login.hide(text) for lead, text in refused.items()}
