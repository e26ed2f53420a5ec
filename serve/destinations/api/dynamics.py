"""Dataverse Web API: scores in the table that the panel of Dynamics 365 Sales shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import quote, urlsplit

from features.errors import DestinationError
from serve.destinations.api.sent import Records
from serve.destinations.api.session import (
    BatchRefused,
    Login,
    Session,
    UnsureError,
    read_message,
    url_of,
)
from serve.destinations.crm import PANEL_GRADES

TABLE = "msdyn_predictivescore"
IMPROVING, STEADY, DECLINING, UNKNOWN = range(4)
_SET = f"/api/data/v9.2/{TABLE}s"
_ID, _LEAD = f"{TABLE}id", "msdyn_entityid"
_NAMES = {
    "Entity ID": _LEAD,
    "Entity type": "msdyn_entitytype",
    "Score": "msdyn_score",
    "Grade": "msdyn_grade",
    "Score trend": "msdyn_scoretrend",
    "Score reasons": "msdyn_scorereasons",
    "Scored on": "msdyn_scoredon",
}


@dataclass(frozen=True)
class Dynamics:
    """The predictive scores of an organisation; see `Vendor`.

    Attributes
    ----------
    host : str
        Of the organisation, such as contoso.crm4.dynamics.com.
    batch_rows : int
        Such a request is done whole or not at all, so that a small one loses less.
    page_rows : int
    """

    host: str
    format: str = "dynamics-scores"
    batch_rows: int = 100
    any_id: bool = False
    page_rows: int = 500

    def login(self) -> Login:
        """Return the place of the token, which lives about an hour."""
        return Login("LEADACCORD_DYNAMICS", scope=f"{url_of(self.host)}/.default")

    def name_field(self, name: str) -> str:
        """Return the logical name of a column."""
        return _NAMES[name]

    def complete(self, record: dict[str, Any], before: int | None) -> dict[str, Any]:
        """Return the record with numbers for choices, and the trend since what was sent last."""
        score, trend = record["msdyn_score"], UNKNOWN
        if before is not None:
            trend = STEADY if score == before else IMPROVING if score > before else DECLINING
        grade = PANEL_GRADES.index(record["msdyn_grade"])
        return {**record, "msdyn_grade": grade, "msdyn_scoretrend": trend}

    def check(self, session: Session, fields: list[str]) -> None:
        """Refuse an organisation without the table or its columns."""
        session.get(f"{_SET}?$select={','.join(fields)}&$top=1")

    def begin(self, session: Session, records: Records) -> str:
        """Hand in nothing, as rows are written at once."""
        return ""

    def finish(self, session: Session, job: str, records: Records) -> dict[str, str] | None:
        """Update the rows that are there and make the others; see `Vendor`.

        A request whose answer was lost may have made its rows: they are looked for again before
        any is made, so none is there twice.
        """
        for attempt in count():
            known = self._find(session, records)
            there = [
                {**record, _ID: known[lead.lower()]}
                for lead, record in records.items()
                if lead.lower() in known
            ]
            new = [record for lead, record in records.items() if lead.lower() not in known]
            try:
                self._write(session, "UpdateMultiple", there)
                self._write(session, "CreateMultiple", new)
            except UnsureError:
                session.pause(attempt, got="no answer to CreateMultiple")
            else:
                break
        return {}

    def _find(self, session: Session, records: Records) -> dict[str, str]:
        """Return the ids of the rows that are there, by lead id in small letters."""
        leads = ",".join(f"'{lead.lower()}'" for lead in records)
        where = (
            "msdyn_entitytype eq 'lead' and Microsoft.Dynamics.CRM.In"
            f"(PropertyName='{_LEAD}',PropertyValues=[{leads}])"
        )
        url = f"{_SET}?$select={_ID},{_LEAD}&$filter={quote(where)}"
        found: dict[str, str] = {}
        while url:
            prefer = {"Prefer": f"odata.maxpagesize={self.page_rows}"}
            content = session.get(url, headers=prefer)
            found |= {str(row[_LEAD]).lower(): str(row[_ID]) for row in content["value"]}
            url = content.get("@odata.nextLink", "")
            if url and urlsplit(url)[:2] != urlsplit(url_of(self.host))[:2]:
                raise DestinationError(
                    "the CRM names another host for the next page",
                    where=session.name,
                    got=urlsplit(url).netloc,
                    expected=self.host,
                    next_step="See that the address is that of the organisation",
                )
        return found

    def _write(self, session: Session, action: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        targets = [{"@odata.type": f"Microsoft.Dynamics.CRM.{TABLE}", **row} for row in rows]
        answer = session.request(
            "POST",
            f"{_SET}/Microsoft.Dynamics.CRM.{action}",
            json={"Targets": targets},
            once=action == "CreateMultiple",
        )
        if answer.status_code == 412:
            # Another request made one of the rows in between: the table has a key of lead ids.
            raise UnsureError
        if answer.status_code not in (200, 204):
            raise BatchRefused(read_message(answer))
