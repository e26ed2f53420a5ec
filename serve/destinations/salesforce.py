"""Salesforce Bulk API 2.0: upsert jobs by record id or external id."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

from serve.destinations.hubspot import refuse_missing
from serve.destinations.sent import Records
from serve.destinations.session import Login, Session

VERSION = "v62.0"
_DONE = {"JobComplete", "Failed", "Aborted"}
_POLLS = 20_000
"""With waits of up to a minute a job is given two weeks, longer than Salesforce keeps it."""


@dataclass(frozen=True)
class Salesforce:
    """Records of one object of Salesforce; see `Vendor`.

    Attributes
    ----------
    object : str
        Such as Lead.
    key : str
        The field that holds the lead's id: Id, or an external id.
    batch_rows : int
        In one job; the longest records then stay below the 100 MB of a job.
    """

    object: str
    key: str = "Id"
    format: str = "salesforce"
    batch_rows: int = 4_000

    @property
    def any_id(self) -> bool:
        """Whether leads go by an external id."""
        return self.key != "Id"

    def login(self) -> Login:
        """Return the place of the token."""
        return Login("LEADACCORD_SALESFORCE")

    def name_field(self, name: str) -> str:
        """Return the API name, which the import file has too; the key may be another."""
        return self.key if name == "Id" else name

    def complete(self, record: dict[str, Any], score: int, before: int | None) -> dict[str, Any]:
        """Return the record."""
        return record

    def check(self, session: Session, fields: list[str]) -> None:
        """Refuse an object without the fields."""
        path = f"/services/data/{VERSION}/sobjects/{self.object}/describe"
        answer = session.request("GET", path)
        if answer.status_code != 200:
            raise session.refuse(answer)
        there = {found["name"] for found in answer.json()["fields"]}
        refuse_missing(session, [self.key, *fields], there)

    def begin(self, session: Session, records: Records) -> str:
        """Upload the records; nothing happens to them before `finish`."""
        job = {
            "object": self.object,
            "operation": "upsert",
            "externalIdFieldName": self.key,
            "contentType": "CSV",
            "lineEnding": "LF",
        }
        answer = session.request("POST", self._path(), json=job)
        if answer.status_code not in (200, 201):
            raise session.refuse(answer)
        ticket = str(answer.json()["id"])
        answer = session.request(
            "PUT",
            self._path(ticket, "batches"),
            content=_to_csv(records),
            headers={"Content-Type": "text/csv; charset=UTF-8"},
        )
        if answer.status_code != 201:
            raise session.refuse(answer)
        return ticket

    def finish(self, session: Session, ticket: str, records: Records) -> dict[str, str] | None:
        """Let the job begin, wait for its end, and read what it refused; see `Vendor`."""
        state = self._ask(session, ticket)
        if state is None:
            return None
        if state == "Open":
            body = {"state": "UploadComplete"}
            answer = session.request("PATCH", self._path(ticket), json=body)
            if answer.status_code != 200:
                raise session.refuse(answer)
        for poll in range(_POLLS):
            state = self._ask(session, ticket)
            if state is None or state in _DONE:
                break
            session.wait(min(2.0**poll, 60.0) if poll < 6 else 60.0)
        if state is None:
            return None
        refused = {}
        for part in ("failedResults", "unprocessedrecords"):
            answer = session.request("GET", self._path(ticket, part))
            if answer.status_code != 200:
                raise session.refuse(answer)
            for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8"), newline="")):
                refused[row[self.key]] = row.get("sf__Error") or f"not processed, job {state}"
        return refused

    def _ask(self, session: Session, ticket: str) -> str | None:
        answer = session.request("GET", self._path(ticket))
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise session.refuse(answer)
        return str(answer.json()["state"])

    def _path(self, *parts: str) -> str:
        return "/".join((f"/services/data/{VERSION}/jobs/ingest", *parts))


def _to_csv(records: Records) -> bytes:
    """Return the records as Salesforce reads them: no apostrophes, as no spreadsheet does."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(next(iter(records.values()))), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records.values())
    return text.getvalue().encode("utf-8")
