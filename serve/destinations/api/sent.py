"""Sent state: digests of what a CRM has confirmed, so that unchanged records are not sent again.

A lead stands under the project's keyed hash, as in the score history; no text is kept.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.errors import DestinationError
from features.files import raising_resumable_error
from models.artifact.score_history import find_secret, key_leads

Records = Mapping[str, Mapping[str, Any]]
"""What a CRM is to hold, by lead id."""

# What is forgotten is overwritten in the file, and not only marked as free.
_MAKE = """
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS sent (lead INTEGER PRIMARY KEY, digest BLOB, score INTEGER, job TEXT);
"""


@dataclass(frozen=True)
class SentState:
    """What one CRM holds, as far as it has confirmed it.

    Attributes
    ----------
    db : Connection
    secret : bytes
        The project's own, by which leads are hashed.
    score, volatile : str
        The fields of the score, and of what changes with each run and is no reason to send a
        record again.
    """

    db: sqlite3.Connection
    secret: bytes
    score: str
    volatile: str

    @property
    def job(self) -> str:
        """The job that was handed in, and whose outcome is not yet known; empty for none."""
        found = self.db.execute("SELECT max(job) FROM sent").fetchone()
        return str(found[0] or "")

    def find_changed(self, records: Records) -> dict[str, int | None]:
        """Return the leads whose record is not what was sent, with the score before the change."""
        changed = {}
        for lead, (key, digest, _) in zip(records, self._describe(records), strict=True):
            found = self.db.execute("SELECT digest, score FROM sent WHERE lead = ?", [key])
            before = found.fetchone()
            if before is None or before[0] != digest:
                changed[lead] = before[1] if before else None
        return changed

    def confirm(self, records: Records, job: str = "") -> None:
        """Note what the CRM has taken, or is to take by a job; on the disk before this returns."""
        rows = [(*row, job) for row in self._describe(records)]
        with self.db:
            self.db.executemany("INSERT OR REPLACE INTO sent VALUES (?, ?, ?, ?)", rows)

    def settle(self, refused: Iterable[str] | None) -> None:
        """Confirm the job that was handed in, but for the refused; None where it was lost."""
        with self.db:
            if refused is None:
                self.db.execute("DELETE FROM sent WHERE job != ''")
            else:
                self.db.executemany("DELETE FROM sent WHERE lead = ?", self._key(refused))
            self.db.execute("UPDATE sent SET job = '' WHERE job != ''")

    def _describe(self, records: Records) -> list[tuple[int, bytes, int]]:
        return [
            (key, self._digest(record), record[self.score])
            for (key,), record in zip(self._key(records), records.values(), strict=True)
        ]

    def _key(self, leads: Iterable[str]) -> list[tuple[int]]:
        return _key(leads, self.secret)

    def _digest(self, record: Mapping[str, Any]) -> bytes:
        lasting = {name: value for name, value in record.items() if name != self.volatile}
        content = json.dumps(lasting, sort_keys=True, default=str).encode()
        return hashlib.blake2b(content, digest_size=16, key=self.secret).digest()


@contextmanager
def open_sent(home: Path, place: str, *, score: str, volatile: str) -> Iterator[SentState]:
    """Open what was sent to a place, made where there is none.

    Parameters
    ----------
    home : Path
        The project's home.
    place : str
        The address.
    score, volatile : str
        As in `SentState`.

    Raises
    ------
    DestinationError
        When the home cannot be written or the file is damaged; without it all would be sent anew.
    """
    secret = find_secret(home / "history")
    path = _folder(home) / f"{hashlib.sha256(place.encode()).hexdigest()[:16]}.sqlite"
    with raising_resumable_error(path.parent):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _open(path, secret) as db:
        yield SentState(db, secret, score, volatile)


def forget_sent(home: Path, lead_id: str) -> int:
    """Remove a lead from all that is kept of what was sent; return from how many places.

    Raises
    ------
    DestinationError
        When a file is damaged or cannot be written.
    """
    removed = 0
    for path in sorted(_folder(home).glob("*.sqlite")):
        secret = find_secret(home / "history")
        with _open(path, secret) as db, db:
            found = db.execute("DELETE FROM sent WHERE lead = ?", *_key([lead_id], secret))
            removed += found.rowcount
    return removed


def _folder(home: Path) -> Path:
    return home / "sent"


def _key(leads: Iterable[str], secret: bytes) -> list[tuple[int]]:
    # SQLite's whole numbers have a sign.
    return [(int(key),) for key in key_leads(leads, secret).view("i8")]


@contextmanager
def _open(path: Path, secret: bytes) -> Iterator[sqlite3.Connection]:
    check = int.from_bytes(hashlib.blake2b(b"", digest_size=4, key=secret).digest()) >> 1
    try:
        with closing(sqlite3.connect(path)) as db:
            db.executescript(_MAKE)
            # Under another secret no lead could be found in it, to compare or to forget.
            if db.execute("PRAGMA user_version").fetchone()[0] != check:
                with db:
                    db.execute("DELETE FROM sent")
                    db.execute(f"PRAGMA user_version = {check}")
            yield db
    except sqlite3.Error as error:
        raise DestinationError(
            "what was sent to the CRM cannot be noted",
            where=str(path),
            got=str(error),
            next_step="Free the disk or mend the rights, and run the command again; a damaged "
            "file may be removed, all is then sent once more",
        ) from error
