"""HubSpot of the tests, after its pages on batch updates, errors and limits.

https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/batch/post-crm-v3-objects-contacts-batch-update
and https://developers.hubspot.com/docs/api/error-handling
"""

from __future__ import annotations

import re
from typing import Any

from serve.destinations.crm import CRM_FORMATS
from tests.crm_servers.base import Answer, Asked, Crm

PROPERTIES = {
    field.name.lower().replace(" ", "_"): field.kind for field in CRM_FORMATS["hubspot"].fields[1:]
}
SHAPES = {"Number": r"\d+(\.\d+)?", "Date picker": r"\d{4}-\d\d-\d\d", "Single-line text": r".+"}
THROTTLED = Answer(
    429,
    {
        "status": "error",
        "message": "You have reached your ten_secondly_rolling limit.",
        "errorType": "RATE_LIMIT",
        "policyName": "TEN_SECONDLY_ROLLING",
    },
    {"Retry-After": "10"},
)


def fault(status: int, category: str, message: str) -> Answer:
    return Answer(status, {"status": "error", "category": category, "message": message})


class Hub(Crm):
    """Contacts by their record id; they are updated, never made."""

    def __init__(self, ids: list[str]) -> None:
        super().__init__()
        self.records: dict[str, dict[str, str]] = {record: {} for record in ids}
        self.properties = dict(PROPERTIES)
        self.unnamed = False
        """Whether errors leave out which records they are about."""

    def refuse_token(self) -> Answer:
        return fault(401, "EXPIRED_AUTHENTICATION", "The OAuth token of this call expired")

    def respond(self, asked: Asked) -> Answer:
        if asked.line == "GET /crm/v3/properties/contacts":
            found = [{"name": name, "type": "x"} for name in self.properties]
            return Answer(200, {"results": found})
        if asked.line == "POST /crm/v3/objects/contacts/batch/update":
            return self._update(asked.json()["inputs"])
        return Answer(404, b"<html>no such page</html>", kind="text/html")

    def _update(self, inputs: list[dict[str, Any]]) -> Answer:
        ids = [given["id"] for given in inputs]
        if len(ids) > 100 or len(set(ids)) < len(ids):
            return fault(400, "VALIDATION_ERROR", "too many inputs, or duplicate IDs found")
        for given in inputs:
            for name, value in given["properties"].items():
                if name not in self.properties:
                    return fault(400, "VALIDATION_ERROR", f'Property "{name}" does not exist')
                shape = SHAPES.get(self.properties[name], r"(?s).+")
                if not isinstance(value, str) or not re.fullmatch(shape, value):
                    return fault(400, "VALIDATION_ERROR", f"{name}: {value!r} is not valid")
        done = []
        for given in inputs:
            if given["id"] in self.records:
                self.records[given["id"]] |= given["properties"]
                done.append({"id": given["id"], "properties": given["properties"]})
        missing = [record for record in ids if record not in self.records]
        if not missing:
            return Answer(200, {"status": "COMPLETE", "results": done})
        error = {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": "Could not get some CONTACT objects, they may be deleted or not exist.",
            "context": {} if self.unnamed else {"ids": missing},
        }
        return Answer(
            207, {"status": "COMPLETE", "results": done, "numErrors": 1, "errors": [error]}
        )
