"""Segments of scored batches on disk: one file each, named by its number and checksum."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from features.files import write_durably
from features.stored_json import parse_json
from serve.scoring.scorer import ScoredBatch
from serve.scoring.tally import Tally

if TYPE_CHECKING:
    import pyarrow as pa

_NAME = re.compile(r"\d{6,9}-[0-9a-f]{64}\.arrow")
_NUMBER, _TALLY, _REJECTS = b"leadaccord.number", b"leadaccord.tally", b"leadaccord.rejects"
_KEPT = b"leadaccord.kept"


def write_segment(folder: Path, number: int, batch: ScoredBatch) -> Path:
    """Write a batch so that it is on the disk whole, or not there.

    Parameters
    ----------
    folder : Path
    number : int
        Of the batch, from 0.
    batch : ScoredBatch

    Returns
    -------
    Path
        The file; its name tells whether its bytes are still those that were written.
    """
    content = _encode(number, batch)
    path = folder / f"{number:06d}-{hashlib.sha256(content).hexdigest()}.arrow"
    write_durably(path, content)
    return path


def find_segments(folder: Path) -> tuple[dict[int, Path], tuple[Path, ...]]:
    """Look through a folder for segments and compare each with its sum.

    Returns
    -------
    dict of int to Path
        The whole ones by number, in order.
    tuple of Path
        Those that are damaged or renamed, and a second one of a number.
    """
    whole: dict[int, Path] = {}
    damaged = []
    for path in sorted(path for path in list_own_files(folder) if _NAME.fullmatch(path.name)):
        number, _, rest = path.name.partition("-")
        if int(number) not in whole and _is_whole(path, int(number), rest.removesuffix(".arrow")):
            whole[int(number)] = path
        else:
            damaged.append(path)
    return whole, tuple(damaged)


def list_own_files(folder: Path) -> list[Path]:
    """Return the segments and the drafts of some in a folder, by their names.

    Anything else in the folder was put there by somebody else, and is not touched.
    """
    drafts = re.compile(rf"\.{_NAME.pattern}\.draft")
    named = (
        path
        for path in folder.iterdir()
        if _NAME.fullmatch(path.name) or drafts.fullmatch(path.name)
    )
    return [path for path in named if path.is_file() and not path.is_symlink()]


def _is_whole(path: Path, number: int, checksum: str) -> bool:
    """Whether a segment holds what was written, and is the batch that its name says."""
    if _sum(path) != checksum:
        return False
    with _open(path) as reader:
        return bool(reader.schema.metadata[_NUMBER] == str(number).encode())


def read_scores(segments: Mapping[int, Path]) -> Iterator[pa.Table]:
    """Read the scores, a table per segment, in the order of the batches."""
    for number in sorted(segments):
        with _open(segments[number]) as reader:
            yield reader.read_all().replace_schema_metadata(None)


def read_rejects(segments: Mapping[int, Path]) -> Iterator[pa.Table]:
    """Read the rejects, a table per segment, in the order of the batches."""
    import pyarrow as pa

    for number in sorted(segments):
        with _open(segments[number]) as reader:
            content = reader.schema.metadata[_REJECTS]
        yield pa.ipc.open_stream(content).read_all()


def read_tally(segments: Mapping[int, Path]) -> Tally:
    """Add up what was counted in all segments."""
    total = Tally()
    for number in sorted(segments):
        with _open(segments[number]) as reader:
            total += Tally.from_dict(parse_json(reader.schema.metadata[_TALLY]))
    return total


def read_kept(segments: Mapping[int, Path]) -> Iterator[pa.Table]:
    """Read what goes into the score history, a table per segment that holds some."""
    import pyarrow as pa

    for number in sorted(segments):
        with _open(segments[number]) as reader:
            content = reader.schema.metadata.get(_KEPT)
        if content is not None:
            yield pa.ipc.open_stream(content).read_all()


def _open(path: Path) -> pa.ipc.RecordBatchStreamReader:
    import pyarrow as pa

    # Not mapped into memory: the pages would count as ours until the end. Opened here, since Arrow
    # takes only names in UTF-8.
    return pa.ipc.open_stream(pa.PythonFile(path.open("rb"), mode="r"))


def _encode(number: int, batch: ScoredBatch) -> memoryview:
    """Return the scores as an Arrow stream that carries the rest in the schema's metadata."""
    notes = {
        _NUMBER: str(number).encode(),
        _TALLY: json.dumps(batch.tally.to_dict()).encode(),
        _REJECTS: bytes(_to_stream(batch.rejects)),
    }
    if batch.kept is not None:
        notes[_KEPT] = bytes(_to_stream(batch.kept))
    return _to_stream(batch.scores.replace_schema_metadata(notes))


def _to_stream(table: pa.Table) -> memoryview:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    # One chunk and so one dictionary: the stream is the same however the table was cut.
    whole = table.unify_dictionaries().combine_chunks()
    with pa.ipc.new_stream(sink, whole.schema, options=options) as writer:
        writer.write_table(whole)
    return memoryview(sink.getvalue())


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
