"""HubSpot API: batch update of the properties of contacts or leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from serve.destinations.api.sent import Records
from serve.destinations.api.session import (
    BatchRefused,
    Login,
    Session,
    read_message,
    refuse_missing,
)

UNNAMED = "not among the records that HubSpot says it updated"


@dataclass(frozen=True)
class HubSpot:
    """Contacts or leads of HubSpot; see `Vendor`.

    Attributes
    ----------
    host : str
    object : str
        Such as contacts, leads, or the number of a type.
    batch_rows : int
        As many as one request takes.
    """

    host: str
    object: str
    format: str = "hubspot"
    batch_rows: int = 100
    any_id: bool = False

    def login(self) -> Login:
        """Return the place of a private app's token, which does not expire."""
        return Login("LEADACCORD_HUBSPOT")

    def name_field(self, name: str) -> str:
        """Return the internal name that HubSpot makes of a label."""
        return name.lower().replace(" ", "_")

    def complete(self, record: dict[str, Any], before: int | None) -> dict[str, Any]:
        """Return the record as it is."""
        return record

    def check(self, session: Session, fields: list[str]) -> None:
        """Refuse an object without the properties."""
        found = session.get(f"/crm/v3/properties/{self.object}")["results"]
        refuse_missing(session, fields, {field["name"] for field in found})

    def begin(self, session: Session, records: Records) -> str:
        """Hand in nothing, as the update is done at once."""
        return ""

    def finish(self, session: Session, job: str, records: Records) -> dict[str, str] | None:
        """Update the records; see `Vendor`."""
        inputs = [
            {"id": lead, "properties": {name: str(record[name]) for name in list(record)[1:]}}
            for lead, record in records.items()
        ]
        path = f"/crm/v3/objects/{self.object}/batch/update"
        answer = session.request("POST", path, json={"inputs": inputs})
        if answer.status_code not in (200, 207):
            raise BatchRefused(read_message(answer))
        content = answer.json()
        taken = {str(result["id"]) for result in content.get("results", ())}
        errors = content.get("errors", ())
        said = {
            str(lead): error.get("message", "")
            for error in errors
            for lead in error.get("context", {}).get("ids", ())
        }
        # An error need not name its record; who was not taken was refused all the same.
        other = next((error["message"] for error in errors if "message" in error), UNNAMED)
        return {lead: said.get(lead, other) for lead in records if lead not in taken}
