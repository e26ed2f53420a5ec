"""HubSpot API: batch update of the properties of contacts or leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from features.errors import DestinationError
from serve.destinations.sent import Records
from serve.destinations.session import BatchRefused, Login, Session, read_message

HOST = "api.hubapi.com"


@dataclass(frozen=True)
class HubSpot:
    """Contacts or leads of HubSpot; see `Vendor`."""

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

    def complete(self, record: dict[str, Any], score: int, before: int | None) -> dict[str, Any]:
        """Return the record."""
        return record

    def check(self, session: Session, fields: list[str]) -> None:
        """Refuse an object without the properties."""
        answer = session.request("GET", f"/crm/v3/properties/{self.object}")
        if answer.status_code != 200:
            raise session.refuse(answer)
        refuse_missing(session, fields, {found["name"] for found in answer.json()["results"]})

    def begin(self, session: Session, records: Records) -> str:
        """Hand in nothing, as the update is done at once."""
        return ""

    def finish(self, session: Session, ticket: str, records: Records) -> dict[str, str] | None:
        """Update the records; see `Vendor`."""
        inputs = [
            {
                "id": lead,
                "properties": {k: str(v) for k, v in record.items() if k != "record_id"},
            }
            for lead, record in records.items()
        ]
        path = f"/crm/v3/objects/{self.object}/batch/update"
        answer = session.request("POST", path, json={"inputs": inputs})
        if answer.status_code not in (200, 207):
            raise BatchRefused(read_message(answer))
        content = answer.json()
        taken = {str(result["id"]) for result in content.get("results", ())}
        said = {
            str(lead): error.get("message", "")
            for error in content.get("errors", ())
            for lead in error.get("context", {}).get("ids", ())
        }
        # An error need not name its record; who was not taken was refused all the same.
        other = next((error.get("message", "") for error in content.get("errors", ())), "")
        return {lead: said.get(lead, other) for lead in records if lead not in taken}


def refuse_missing(session: Session, fields: list[str], there: set[str]) -> None:
    """Refuse a CRM in which fields are missing.

    Raises
    ------
    DestinationError
    """
    missing = [name for name in fields if name not in there]
    if missing:
        raise DestinationError(
            "the CRM lacks fields for the scores",
            where=session.name,
            got=f"no {', '.join(missing)}",
            next_step="Make them as docs/operating.md lists them, or grant the right to see them",
        )
