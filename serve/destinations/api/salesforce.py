"""Salesforce Bulk API 2.0: upsert jobs by record id or external id."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from itertools import count
from typing import Any

from serve.destinations.api.sent import Records
from serve.destinations.api.session import Login, Session, UnsureError, refuse_missing

VERSION = "v62.0"
LONGEST_POLL = 60.0
_OVER = {"JobComplete", "Failed", "Aborted"}
_JOBS = f"/services/data/{VERSION}/jobs/ingest"


@dataclass(frozen=True)
class Salesforce:
    """Records of one object of Salesforce; see `Vendor`.

    Attributes
    ----------
    host : str
        My Domain, such as acme.my.salesforce.com.
    object : str
        Such as Lead.
    key : str
        The field that holds the lead's id: Id, or an external id.
    batch_rows : int
        In one job; the longest records then stay below the 100 MB that it takes.
    """

    host: str
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

    def complete(self, record: dict[str, Any], before: int | None) -> dict[str, Any]:
        """Return the record as it is."""
        return record

    def check(self, session: Session, fields: list[str]) -> None:
        """Refuse an object without the fields."""
        path = f"/services/data/{VERSION}/sobjects/{self.object}/describe"
        found = session.get(path)["fields"]
        refuse_missing(session, [self.key, *fields], {field["name"] for field in found})

    def begin(self, session: Session, records: Records) -> str:
        """Upload the records as a job; nothing happens to them before `finish`.

        A job takes one upload: where its answer was lost, another job takes its place, and the one
        that was never begun is removed by Salesforce.
        """
        job = {
            "object": self.object,
            "operation": "upsert",
            "externalIdFieldName": self.key,
            "contentType": "CSV",
            "lineEnding": "LF",
        }
        headers = {"Content-Type": "text/csv; charset=UTF-8"}
        for attempt in count():
            answer = session.request("POST", _JOBS, json=job)
            if answer.status_code not in (200, 201):
                raise session.refuse(answer)
            name = str(answer.json()["id"])
            content = _to_csv(records)
            try:
                answer = session.request(
                    "PUT", f"{_JOBS}/{name}/batches", content=content, headers=headers, once=True
                )
            except UnsureError:
                session.pause(attempt, got="no answer to an upload")
                continue
            if answer.status_code != 201:
                raise session.refuse(answer)
            return name
        raise AssertionError

    def finish(self, session: Session, job: str, records: Records) -> dict[str, str] | None:
        """Let the job begin, wait for its end, and read what it refused; see `Vendor`."""
        path = f"{_JOBS}/{job}"
        info = _ask(session, path)
        if info and info["state"] == "Open":
            answer = session.request("PATCH", path, json={"state": "UploadComplete"})
            info = _ask(session, path)
            # Of a request whose answer was lost the second one is refused, as the job has begun.
            if info and info["state"] == "Open":
                raise session.refuse(answer)
        for poll in count():
            if info is None or info["state"] in _OVER:
                break
            session.wait(min(2.0 ** min(poll, 9), LONGEST_POLL))
            info = _ask(session, path)
        if info is None:
            return None
        left = f"not processed: {info.get('errorMessage') or info['state']}"
        failed = _read_results(session, f"{path}/failedResults")
        rest = _read_results(session, f"{path}/unprocessedrecords")
        return {row[self.key]: row.get("sf__Error") or left for row in (*failed, *rest)}


def _ask(session: Session, path: str) -> dict[str, Any] | None:
    """Return what is known of a job; None where it is not there any more."""
    answer = session.request("GET", path)
    if answer.status_code == 404:
        return None
    if answer.status_code != 200:
        raise session.refuse(answer)
    return dict(answer.json())


def _read_results(session: Session, path: str) -> list[dict[str, str]]:
    answer = session.request("GET", path)
    if answer.status_code != 200:
        raise session.refuse(answer)
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8"), newline="")))


def _to_csv(records: Records) -> bytes:
    """Return the records as Salesforce reads them: no apostrophes, as no spreadsheet does."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(next(iter(records.values()))), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records.values())
    return text.getvalue().encode("utf-8")
