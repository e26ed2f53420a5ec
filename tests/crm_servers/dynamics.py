"""Dataverse of the tests, after Microsoft's pages on the Web API.

https://learn.microsoft.com/dynamics365/sales/populate-predictive-scores and
https://learn.microsoft.com/power-apps/developer/data-platform/bulk-operations
"""

from __future__ import annotations

import re
import uuid
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.crm_servers.base import Answer, Asked, Crm

SET = "/api/data/v9.2/msdyn_predictivescores"
COLUMNS = {
    "msdyn_entityid": str,
    "msdyn_entitytype": str,
    "msdyn_score": int,
    "msdyn_grade": int,
    "msdyn_scoretrend": int,
    "msdyn_scorereasons": str,
    "msdyn_scoredon": str,
}
ID = "msdyn_predictivescoreid"


def fault(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": message}})


THROTTLED = Answer(
    429,
    {"error": {"code": "0x80072322", "message": "Number of requests exceeded the limit of 6000."}},
    {"Retry-After": "7"},
)


class Dataverse(Crm):
    """The table of predictive scores: rows by their id, one of each lead."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, dict[str, Any]] = {}
        self.broken: set[str] = set()
        """Leads that a plug-in of the organisation refuses."""

    def put(self, lead: str, **values: Any) -> str:
        """Make a row, as Microsoft's own model does."""
        key = str(uuid.uuid4())
        self.rows[key] = {"msdyn_entityid": lead, "msdyn_entitytype": "lead", **values}
        return key

    def by_lead(self) -> dict[str, dict[str, Any]]:
        found = {row["msdyn_entityid"].lower(): row for row in self.rows.values()}
        assert len(found) == len(self.rows), "a lead has two rows"
        return found

    def refuse_token(self) -> Answer:
        return Answer(401, None, {"WWW-Authenticate": 'Bearer error="invalid_token"'})

    def respond(self, asked: Asked) -> Answer:
        path = urlsplit(asked.path).path
        if asked.method == "GET" and path == SET:
            return self._query(asked)
        action = path.removeprefix(f"{SET}/Microsoft.Dynamics.CRM.")
        if asked.method == "POST" and action in ("CreateMultiple", "UpdateMultiple"):
            targets = asked.json()["Targets"]
            return self._create(targets) if action == "CreateMultiple" else self._update(targets)
        return fault(404, "0x80060888", "Resource not found for the segment")

    def _query(self, asked: Asked) -> Answer:
        query = {name: values[0] for name, values in parse_qs(urlsplit(asked.path).query).items()}
        for name in query["$select"].split(","):
            if name not in (*COLUMNS, ID):
                return fault(400, "0x80060888", f"Could not find a property named '{name}'")
        wanted = None
        if "$filter" in query:
            found = re.fullmatch(
                r"msdyn_entitytype eq 'lead' and Microsoft\.Dynamics\.CRM\.In"
                r"\(PropertyName='msdyn_entityid',PropertyValues=\[([^\]]*)\]\)",
                query["$filter"],
            )
            if found is None:
                return fault(400, "0x80060888", "Invalid filter")
            wanted = set(found[1].replace("'", "").split(","))
        rows = [
            {ID: key, **row}
            for key, row in self.rows.items()
            if wanted is None or row["msdyn_entityid"].lower() in wanted
        ]
        size = int(asked.headers.get("Prefer", "odata.maxpagesize=5000").partition("=")[2])
        size = int(query.get("$top", size))
        start = int(query.get("$skiptoken", 0))
        content: dict[str, Any] = {"value": rows[start : start + size]}
        if start + size < len(rows) and "$top" not in query:
            again = urlencode({**query, "$skiptoken": start + size})
            content["@odata.nextLink"] = f"http://{self.host}{SET}?{again}"
        return Answer(200, content)

    def _create(self, targets: list[dict[str, Any]]) -> Answer:
        known = {row["msdyn_entityid"].lower() for row in self.rows.values()}
        for target in targets:
            if wrong := self._find_fault(target):
                return wrong
            lead = target["msdyn_entityid"].lower()
            if lead in known:
                return fault(412, "0x80060892", f"A record with Entity ID {lead} already exists.")
            known.add(lead)
        made = {str(uuid.uuid4()): self._strip(target) for target in targets}
        self.rows |= made
        return Answer(200, {"Ids": list(made)})

    def _update(self, targets: list[dict[str, Any]]) -> Answer:
        for target in targets:
            if wrong := self._find_fault(target):
                return wrong
            if target.get(ID) not in self.rows:
                return fault(404, "0x80040217", "msdyn_predictivescore Does Not Exist")
        for target in targets:
            self.rows[target[ID]] |= self._strip(target)
        return Answer(204)

    def _find_fault(self, target: dict[str, Any]) -> Answer | None:
        if target.get("@odata.type") != "Microsoft.Dynamics.CRM.msdyn_predictivescore":
            return fault(400, "0x80048d19", "@odata.type is missing")
        row = self._strip(target)
        for name, value in row.items():
            if name not in COLUMNS or type(value) is not COLUMNS[name]:
                return fault(400, "0x80048d19", f"Error identified in Payload: {name}")
        if row["msdyn_grade"] not in range(4) or row["msdyn_scoretrend"] not in range(4):
            return fault(400, "0x8004431a", "A validation error occurred: outside the valid range")
        if len(row["msdyn_scorereasons"]) > 10_000:
            return fault(400, "0x80044331", "msdyn_scorereasons exceeds the maximum length")
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", row["msdyn_scoredon"]):
            return fault(400, "0x80048d19", "Cannot convert to Edm.Date: msdyn_scoredon")
        if row["msdyn_entityid"] in self.broken:
            return fault(400, "0x80040265", "The plug-in says no")
        return None

    @staticmethod
    def _strip(target: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in target.items() if name not in (ID, "@odata.type")}
