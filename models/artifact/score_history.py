"""Score history: the last scores of each lead, kept so that a change can be explained.

Of a lead there is what its scores were made of, the encoded features, under a keyed hash of its id.
Two states are kept at most: the score of the last scoring, and the one before it that was another.
Each model has a file of its own, as another model has other features.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd

from features.errors import LeadaccordError
from features.files import raising_resumable_error, write_files
from features.settings.schema import Settings
from models.artifact.training_membership import hash_texts

KEY, LOCK = "key", "lock"
NOTES = ("lead", "handed_over_at", "scored_at", "probability")
"""What stands before the features in a row."""

STATES = 2
_KEY_BYTES = 32
_FILE = re.compile(r"m[0-9a-f]{12}\.parquet")


class HistoryError(LeadaccordError):
    """The score history cannot be read or written."""

    default_code = "history"


@dataclass(frozen=True)
class ScoreHistory:
    """What is kept of earlier scorings.

    Attributes
    ----------
    rows : mapping of str to DataFrame
        By the version of the model: `NOTES` and a column for each feature, named by its place.
    secret : bytes
        Of the hashes; empty where nothing was ever kept.
    """

    rows: Mapping[str, pd.DataFrame]
    secret: bytes = b""

    def find(self, leads: np.ndarray) -> pd.DataFrame:
        """Return the states of leads, the newest of each lead first.

        Parameters
        ----------
        leads : ndarray of uint64
            As `key_leads` makes them.

        Returns
        -------
        DataFrame
            `NOTES`, ``version``, and ``place``, the row among those of that version.
        """
        notes = self.notes()
        found = notes[notes["lead"].isin(leads)]
        return found.sort_values(["lead", "scored_at"], ascending=[True, False], kind="stable")

    def notes(self) -> pd.DataFrame:
        """Return `NOTES`, ``version`` and ``place`` of every row."""
        parts = [
            frame[list(NOTES)].assign(version=version, place=range(len(frame)))
            for version, frame in self.rows.items()
            if len(frame)
        ]
        return pd.concat(parts, ignore_index=True) if parts else _nothing()

    def matrix(self, version: str, places: np.ndarray) -> np.ndarray:
        """Return the encoded features of some rows, shape (n_places, n_features)."""
        frame = self.rows[version]
        features = [name for name in frame if name not in NOTES]
        return np.asarray(frame[features].to_numpy(dtype=np.float64)[places])


def history_folder(settings: Settings) -> Path:
    """Return the folder of a project's score history."""
    return settings.home / "history"


def key_leads(lead_ids: Iterable[object], secret: bytes) -> np.ndarray:
    """Return the hash under which each lead is kept, of its id alone.

    Parameters
    ----------
    lead_ids : iterable
        As the CRM writes them.
    secret : bytes
        The project's own, from `find_secret`.

    Examples
    --------
    >>> here, there = (key_leads(["00Q1"], secret) for secret in (b"spring", b"autumn"))
    >>> bool(here[0] == there[0])
    False
    """
    return hash_texts((str(lead) for lead in lead_ids), secret=secret)


def find_secret(folder: Path) -> bytes:
    """Return the secret of a project's hashes, made when it is first asked for.

    Where it was lost or damaged, what was kept under it goes: nobody could find a lead in it, to
    explain or to forget it.

    Raises
    ------
    DestinationError
        When it cannot be written.
    """
    with lock_history(folder):
        known = _read_secret(folder)
        if known is not None:
            return known
        made = secrets.token_bytes(_KEY_BYTES)
        _remove_all(folder)
        write_files({folder / KEY: made})
        (folder / KEY).chmod(0o600)
        return made


def read_history(folder: Path) -> ScoreHistory:
    """Read the score history of a project; nothing where none was kept.

    Raises
    ------
    HistoryError
        When a file of it is damaged.
    """
    secret = _read_secret(folder)
    if secret is None:
        return ScoreHistory({})
    return ScoreHistory({path.stem: _read(path) for path in _list_files(folder)}, secret)


def sum_history(folder: Path) -> str:
    """Return a SHA-256 of what is kept: another history, another sum; empty for none."""
    files = _list_files(folder)
    if not files:
        return ""
    found = hashlib.sha256()
    for path in files:
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


def add_scores(folder: Path, version: str, scored: pd.DataFrame, *, limit: int) -> None:
    """Add the scores of a run; what was there before stays whole if this is interrupted.

    Parameters
    ----------
    folder : Path
    version : str
        The model's.
    scored : DataFrame
        `NOTES` and the features, as `ScoreHistory.rows` holds them. Of a lead that stands there
        more than once the newest hand-over is kept.
    limit : int
        Leads that are kept, those scored last first, and of those the newest hand-overs.

    Raises
    ------
    HistoryError
        When a file of the history is damaged.
    DestinationError
        When the folder cannot be written.
    """
    with lock_history(folder):
        before = read_history(folder)
        _write(folder, before, merge(before, version, scored, limit=limit))


def forget_lead(folder: Path, lead_id: str) -> int:
    """Remove all states of a lead, and return how many there were.

    Raises
    ------
    HistoryError
        When a file of the history is damaged.
    DestinationError
        When the folder cannot be written.
    """
    if not _list_files(folder):
        return 0
    with lock_history(folder):
        if _read_secret(folder) is None:
            _remove_all(folder)  # the lead may be in it, and nobody can say where
            return 0
        before = read_history(folder)
        lead = key_leads([lead_id], before.secret)[0]
        after = {version: frame[frame["lead"] != lead] for version, frame in before.rows.items()}
        _write(folder, before, after)
    return sum(len(frame) for frame in before.rows.values()) - sum(map(len, after.values()))


def merge(
    before: ScoreHistory, version: str, scored: pd.DataFrame, *, limit: int
) -> dict[str, pd.DataFrame]:
    """Return the rows that are kept once a run is added, by the version of their model.

    Parameters
    ----------
    before, version, scored, limit
        As in `add_scores`.

    Notes
    -----
    A score that is as before, by the same model for the same hand-over, takes the place of the
    earlier one, so that what it was before it changed stays known.
    """
    newest = scored.sort_values("handed_over_at", kind="stable", na_position="first")
    newest = newest.drop_duplicates("lead", keep="last")
    parts = dict(before.rows)
    kept = parts.get(version)
    fits = kept is not None and list(kept) == list(newest)
    parts[version] = pd.concat([kept, newest], ignore_index=True) if fits else newest
    notes = ScoreHistory(parts).notes()
    # An older hand-over, scored after a newer one, says nothing about the lead today.
    last = notes.groupby("lead")[["handed_over_at", "scored_at"]].transform("max")
    older = notes["handed_over_at"] < last["handed_over_at"]
    notes = notes[~(older & (notes["scored_at"] == last["scored_at"]))]
    notes = notes.sort_values(["lead", "scored_at"], kind="stable")
    same = notes[["lead", "version", "handed_over_at", "probability"]]
    state = same.assign(handed_over_at=same["handed_over_at"].fillna(pd.Timestamp(0)))
    again = (state == state.shift(-1)).all(axis=1)
    notes = notes[~again.to_numpy()].groupby("lead").tail(STATES)
    notes = notes[notes["lead"].isin(_choose_leads(notes, limit))]
    return {
        name: frame.iloc[np.sort(notes["place"][notes["version"] == name].to_numpy())]
        for name, frame in parts.items()
    }


def lock_history(folder: Path) -> AbstractContextManager[object]:
    """Hold the history, so that two runs do not lose what the other one adds."""
    from filelock import FileLock

    with raising_resumable_error(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / LOCK)


def _read_secret(folder: Path) -> bytes | None:
    """Return the secret, None where there is none or it is damaged."""
    path = folder / KEY
    if not path.is_file():
        return None
    with raising_resumable_error(path):
        secret = path.read_bytes()
    return secret if len(secret) == _KEY_BYTES else None


def _choose_leads(notes: pd.DataFrame, limit: int) -> pd.Series:
    newest = notes.groupby("lead").tail(1)
    order = newest.sort_values(["scored_at", "handed_over_at"], kind="stable", na_position="first")
    return order["lead"].tail(limit) if limit > 0 else order["lead"].head(0)


def _write(folder: Path, before: ScoreHistory, after: Mapping[str, pd.DataFrame]) -> None:
    """Write the files that changed, and remove those of which nothing is left."""
    changed = {
        folder / f"{name}.parquet": _to_bytes(frame)
        for name, frame in after.items()
        if len(frame) and not frame.equals(before.rows.get(name, frame.head(0)))
    }
    if changed:
        write_files(changed)
    with raising_resumable_error(folder):
        for path in _list_files(folder):
            if not len(after.get(path.stem, ())):
                path.unlink()


def _remove_all(folder: Path) -> None:
    with raising_resumable_error(folder):
        for path in _list_files(folder):
            path.unlink()


def _to_bytes(frame: pd.DataFrame) -> bytes:
    sink = BytesIO()
    frame.to_parquet(sink, index=False, compression="zstd")
    return sink.getvalue()


def _read(path: Path) -> pd.DataFrame:
    import pyarrow as pa

    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise _make_damaged(path, type(error).__name__) from error
    features = [str(place) for place in range(len(frame.columns) - len(NOTES))]
    if list(frame) != [*NOTES, *features]:
        raise _make_damaged(path, "other columns")
    return frame


def _make_damaged(path: Path, got: str) -> HistoryError:
    return HistoryError(
        "the score history cannot be read",
        where=str(path),
        got=got,
        next_step="Remove the file; changes are explained again from the next scoring on",
    )


def _list_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _FILE.fullmatch(path.name))


def _nothing() -> pd.DataFrame:
    times = pd.Series([], dtype="datetime64[us]")
    return pd.DataFrame(
        {
            "lead": pd.Series([], dtype=np.uint64),
            "handed_over_at": times,
            "scored_at": times,
            "probability": pd.Series([], dtype=float),
            "version": pd.Series([], dtype=object),
            "place": pd.Series([], dtype=int),
        }
    )
