"""Salesforce of the tests, after its guide to Bulk API 2.0.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/bulk_api_2_0.htm
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from typing import Any

from serve.destinations.crm import CRM_FORMATS
from tests.crm_servers.base import Answer, Asked, Crm

FIELDS = [field.name for field in CRM_FORMATS["salesforce"].fields]
JOBS = "/services/data/v62.0/jobs/ingest"
BUSY = Answer(503, [{"errorCode": "SERVER_UNAVAILABLE", "message": "try again"}])


def fault(status: int, code: str, message: str) -> Answer:
    return Answer(status, [{"errorCode": code, "message": message}])


@dataclass
class Job:
    asked: dict[str, Any]
    state: str = "Open"
    rows: list[dict[str, str]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)
    message: str = ""


class Force(Crm):
    """Leads by their id; a job goes one state on whenever it is asked for."""

    def __init__(self, ids: list[str], key: str = "Id") -> None:
        super().__init__()
        self.key = key
        self.fields = [key, *FIELDS[1:]]
        self.records: dict[str, dict[str, str]] = {record: {} for record in ids}
        self.times = dict.fromkeys(ids, 0)
        self.jobs: dict[str, Job] = {}
        self.broken = False

    def refuse_token(self) -> Answer:
        return fault(401, "INVALID_SESSION_ID", "Session expired or invalid")

    def respond(self, asked: Asked) -> Answer:
        if asked.line == "GET /services/data/v62.0/sobjects/Lead/describe":
            return Answer(200, {"fields": [{"name": name} for name in self.fields]})
        if asked.line == f"POST {JOBS}":
            return self._open(asked.json())
        found = re.fullmatch(rf"{JOBS}/(\w+)(?:/(\w+))?", asked.path)
        job = self.jobs.get(found[1]) if found else None
        if found is None or job is None:
            return fault(404, "NOT_FOUND", "The requested resource does not exist")
        part = found[2]
        if asked.method == "PUT" and part == "batches":
            return self._upload(job, asked)
        if asked.method == "PATCH":
            return self._begin(job, asked.json())
        if part == "failedResults":
            return self._show([*job.failed], job)
        if part == "unprocessedrecords":
            return self._show(job.rows if job.state == "Failed" else [], job)
        return self._poll(found[1], job)

    def _open(self, asked: dict[str, Any]) -> Answer:
        right = {"object": "Lead", "operation": "upsert", "externalIdFieldName": self.key}
        if right | {"contentType": "CSV", "lineEnding": "LF"} != asked:
            return fault(400, "INVALIDJOB", f"{asked}")
        name = f"750{len(self.jobs):09d}"
        self.jobs[name] = Job(asked)
        return Answer(200, {"id": name, "state": "Open"})

    def _upload(self, job: Job, asked: Asked) -> Answer:
        if job.state != "Open" or job.rows:
            return fault(400, "INVALIDJOBSTATE", "Found multiple contents for job")
        assert "csv" in asked.headers["Content-Type"] and len(asked.body) < 100_000_000
        job.rows = list(csv.DictReader(io.StringIO(asked.body.decode(), newline="")))
        return Answer(201)

    def _begin(self, job: Job, asked: dict[str, Any]) -> Answer:
        if job.state != "Open" or asked != {"state": "UploadComplete"}:
            return fault(400, "INVALIDJOBSTATE", f"Job already {job.state}")
        job.state = "UploadComplete"
        return Answer(200, {"state": job.state})

    def _poll(self, name: str, job: Job) -> Answer:
        if job.state == "InProgress":
            self._process(job)
        elif job.state == "UploadComplete":
            job.state = "InProgress"
        said = {"errorMessage": job.message} if job.message else {}
        return Answer(200, {"id": name, "state": job.state, **said})

    def _process(self, job: Job) -> None:
        if self.broken:
            job.state, job.message = "Failed", "InvalidBatch : the trigger is broken"
            return
        job.state = "JobComplete"
        for row in job.rows:
            lead = row[self.key]
            if lead in self.records:
                self.records[lead] |= {name: cell for name, cell in row.items() if cell}
                self.times[lead] += 1
            else:
                error = "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"
                job.failed.append({"sf__Id": "", "sf__Error": error, **row})

    def _show(self, rows: list[dict[str, str]], job: Job) -> Answer:
        text = io.StringIO(newline="")
        names = list(rows[0]) if rows else ["sf__Id", "sf__Error", *job.rows[0]]
        writer = csv.DictWriter(text, names, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
        return Answer(200, text.getvalue().encode(), kind="text/csv")
