"""Sent state: digests of what a CRM has confirmed, so that unchanged records stay at home.

A lead stands under the project's keyed hash, as in the score history; no text is kept.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from features.errors import DestinationError
from models.artifact.score_history import key_leads

Records = Mapping[str, Mapping[str, Any]]
"""What a CRM is to hold, by lead id."""

_MAKE = """
CREATE TABLE IF NOT EXISTS sent (lead INTEGER PRIMARY KEY, digest BLOB, score INTEGER);
CREATE TABLE IF NOT EXISTS pending (lead INTEGER PRIMARY KEY, digest BLOB, score INTEGER);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value BLOB);
"""
_KEY, _TICKET = "key", "ticket"


class SentState:
    """What one CRM holds, as far as it has confirmed it.

    Parameters
    ----------
    connection : Connection
    secret : bytes
        The project's own, by which leads are hashed.
    volatile : str
        The field that changes with each run, and is no reason to send a record again.
    """

    def __init__(self, connection: sqlite3.Connection, secret: bytes, volatile: str) -> None:
        self._db, self._secret, self._volatile = connection, secret, volatile

    @property
    def ticket(self) -> str:
        """The job that was handed in, and whose outcome is not yet known; empty for none."""
        found = self._db.execute("SELECT value FROM notes WHERE name = ?", [_TICKET]).fetchone()
        return str(found[0]) if found else ""

    def find_changed(self, records: Records, scores: Mapping[str, int]) -> dict[str, int | None]:
        """Return the leads whose record is not what was sent, with the score before the change."""
        changed = {}
        for lead, (key, digest, _) in self._describe(records, scores).items():
            found = self._db.execute("SELECT digest, score FROM sent WHERE lead = ?", [key])
            before = found.fetchone()
            if before is None or before[0] != digest:
                changed[lead] = before[1] if before else None
        return changed

    def confirm(self, records: Records, scores: Mapping[str, int]) -> None:
        """Note what the CRM has taken; on the disk before this returns."""
        with self._db:
            self._db.executemany(
                "INSERT OR REPLACE INTO sent VALUES (?, ?, ?)",
                self._describe(records, scores).values(),
            )

    def hand_in(self, ticket: str, records: Records, scores: Mapping[str, int]) -> None:
        """Note a job that the CRM does in its own time."""
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", [_TICKET, ticket])
            self._db.executemany(
                "INSERT OR REPLACE INTO pending VALUES (?, ?, ?)",
                self._describe(records, scores).values(),
            )

    def settle(self, refused: Mapping[str, str] | None) -> None:
        """Confirm the job that was handed in, but for the refused; None where it was lost."""
        with self._db:
            if refused is not None:
                self._db.executemany("DELETE FROM pending WHERE lead = ?", self._key(refused))
                self._db.execute("INSERT OR REPLACE INTO sent SELECT * FROM pending")
            self._db.execute("DELETE FROM pending")
            self._db.execute("DELETE FROM notes WHERE name = ?", [_TICKET])

    def _describe(
        self, records: Records, scores: Mapping[str, int]
    ) -> dict[str, tuple[int, bytes, int]]:
        keys = (key for (key,) in self._key(records))
        return {
            lead: (key, self._digest(record), scores[lead])
            for key, (lead, record) in zip(keys, records.items(), strict=True)
        }

    def _key(self, leads: Mapping[str, Any]) -> list[tuple[int]]:
        return [(int(key),) for key in key_leads(leads, self._secret).view("i8")]

    def _digest(self, record: Mapping[str, Any]) -> bytes:
        lasting = {name: value for name, value in record.items() if name != self._volatile}
        content = json.dumps(lasting, sort_keys=True, default=str).encode()
        return hashlib.blake2b(content, digest_size=16, key=self._secret).digest()


def sent_folder(home: Path) -> Path:
    """Return the folder of what was sent, in a project's home."""
    return home / "sent"


@contextmanager
def open_sent(home: Path, name: str, secret: bytes, volatile: str) -> Iterator[SentState]:
    """Open what was sent to a place, made where there is none.

    Parameters
    ----------
    home : Path
        The project's home.
    name : str
        The place.
    secret : bytes
        What was kept under another one goes, as no lead could be found in it.
    volatile : str

    Raises
    ------
    DestinationError
        When the home cannot be written or the file is damaged; without it all would be sent anew.
    """
    path = sent_folder(home) / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.sqlite"
    check = hashlib.blake2b(b"", key=secret).digest()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as db:
            db.executescript(_MAKE)
            known = db.execute("SELECT value FROM notes WHERE name = ?", [_KEY]).fetchone()
            if known is None or known[0] != check:
                with db:
                    for table in ("sent", "pending", "notes"):
                        db.execute(f"DELETE FROM {table}")  # noqa: S608
                    db.execute("INSERT INTO notes VALUES (?, ?)", [_KEY, check])
            yield SentState(db, secret, volatile)
    except (OSError, sqlite3.Error) as error:
        raise DestinationError(
            "what was sent cannot be noted",
            where=str(path),
            got=str(error),
            next_step="Free the disk or mend the rights, and run the command again; a damaged "
            "file may be removed, all is then sent once more",
        ) from None


def forget_sent(home: Path, lead_id: str, secret: bytes) -> int:
    """Remove a lead from all that is kept of what was sent; return how many notes there were."""
    removed = 0
    for path in sorted(sent_folder(home).glob("*.sqlite")):
        with closing(sqlite3.connect(path)) as db, db:
            for table in ("sent", "pending"):
                keys = [int(key) for key in key_leads([lead_id], secret).view("i8")]
                removed += db.execute(f"DELETE FROM {table} WHERE lead = ?", keys).rowcount  # noqa: S608
            db.execute("VACUUM") if not db.in_transaction else None
    return removed
