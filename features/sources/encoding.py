"""Files of text: opened whatever compresses them, refused when they are something else."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from features.errors import SettingsError, SourceError

_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
# Longest first: the mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAVE_AS_CSV = "Open it in the program it belongs to and save it as CSV (UTF-8)"
_OTHER_FORMATS = (
    (b"PK\x03\x04", "an Excel workbook or another zip archive"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook of the old kind"),
    (b"%PDF", "a PDF document"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"SQLite format 3", "a SQLite database"),
    (b"ARROW1", "an Arrow file"),
    (b"{\\rtf", "a text document"),
)
_MARKUP = (
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML document"),
    (b'{"', "JSON"),
    (b"[{", "JSON"),
)


def read_head(path: Path) -> bytes:
    """Return the first bytes of a file, unpacked."""
    with open_bytes(path) as stream:
        return stream.read(_CHUNK)


def is_gzip(path: Path) -> bool:
    """Tell whether a file is compressed with gzip, by its first bytes."""
    with path.open("rb") as stream:
        return stream.read(2) == _GZIP


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file for reading its bytes, unpacked."""
    return cast("IO[bytes]", gzip.open(path, "rb")) if is_gzip(path) else path.open("rb")


def open_text(path: Path, encoding: str) -> io.TextIOWrapper:
    """Open a file for reading its text, unpacked."""
    # newline="" leaves line ends inside quotes as they are.
    return io.TextIOWrapper(open_bytes(path), encoding=encoding, newline="")


@contextmanager
def fields_of_any_length() -> Iterator[None]:
    """Lift the limit of the csv module, which is one for the whole program, for a while."""
    before = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(before)


def refuse_other_formats(head: bytes, shown: str) -> None:
    """Refuse what is not text, by the bytes such files begin with.

    Parameters
    ----------
    head : bytes
        The beginning of the file.
    shown : str
        The path as shown in the message.

    Raises
    ------
    SourceError
        That says what the file is.
    """
    start = head[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    kinds = [kind for magic, kind in _OTHER_FORMATS if head.startswith(magic)]
    kinds += [kind for magic, kind in _MARKUP if start.startswith(magic)]
    if not kinds:
        return
    kind = kinds[0]
    if head.startswith(b"PK"):
        kind = "an Excel workbook" if b"xl/" in head or b"[Content_Types]" in head else kind
    raise SourceError(
        "the file is not CSV",
        where=shown,
        got=kind,
        expected="text with one row per line",
        next_step=_SAVE_AS_CSV,
        code="not_csv",
    )


def find_encoding(path: Path, head: bytes, shown: str, given: str | None) -> tuple[str, bool]:
    """Find the encoding in which the whole file can be read.

    Parameters
    ----------
    path : Path
    head : bytes
        The beginning of the file.
    shown : str
        The path as shown in messages.
    given : str or None
        An encoding to hold to. Otherwise a byte order mark decides, then UTF-8 if every byte fits,
        then cp1252, unless letters of UTF-8 came before the first byte that does not fit.

    Returns
    -------
    str
        A codec of Python.
    bool
        Whether there is a quote anywhere in the file.

    Raises
    ------
    SettingsError
        When `given` is no encoding of text.
    SourceError
        When the file is binary, or a byte does not fit.
    """
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if given is not None:
        _check_encoding(given)
        utf8 = codecs.lookup(given).name == "utf-8" and marked == "utf-8-sig"
        return _decode_or_refuse(path, "utf-8-sig" if utf8 else given, shown)
    if marked is not None:
        return _decode_or_refuse(path, marked, shown)
    unmarked = _unmarked_utf16(head)
    if unmarked is not None:
        return _decode_or_refuse(path, unmarked, shown)
    if b"\0" in head:
        raise _make_binary(shown)
    try:
        return "utf-8", _decode(path, "utf-8", shown)
    except _Undecodable as error:
        if error.beyond_ascii:
            # Letters that are valid UTF-8 came before, so this is damage, not another encoding.
            raise _make_undecodable(path, "utf-8", shown, error.offset) from None
    return _decode_or_refuse(path, "cp1252", shown)


def _check_encoding(given: str) -> None:
    try:
        b"a".decode(given, errors="replace")
    except LookupError:
        raise SettingsError(
            "[csv] encoding is not an encoding of text",
            got=f'"{given}"',
            expected='for example "utf-8", "latin-1" or "cp1252"',
            next_step="Correct it, or leave it out",
        ) from None


def _unmarked_utf16(head: bytes) -> str | None:
    """Recognise UTF-16 without a mark: in plain letters every second byte is zero."""
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        half, other = head[first::2], head[1 - first :: 2]
        if half and half.count(0) > 0.5 * len(half) and not other.count(0):
            return name
    return None


class _Undecodable(Exception):
    """Bytes that do not belong to an encoding."""

    def __init__(self, offset: int, beyond_ascii: bool) -> None:
        self.offset = offset
        self.beyond_ascii = beyond_ascii
        super().__init__(offset)


def _decode_or_refuse(path: Path, encoding: str, shown: str) -> tuple[str, bool]:
    try:
        return encoding, _decode(path, encoding, shown)
    except _Undecodable as error:
        raise _make_undecodable(path, encoding, shown, error.offset) from None


def _decode(path: Path, encoding: str, shown: str) -> bool:
    """Decode the file to its end; tell whether there is a quote in it."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    offset, quoted, beyond_ascii = 0, False, False
    with open_bytes(path) as stream:
        while True:
            chunk = stream.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                # The decoder may have kept the first bytes of a letter from the chunk before.
                kept = len(error.object) - len(chunk)
                before = beyond_ascii or not error.object[: error.start].isascii()
                raise _Undecodable(offset - kept + error.start, before) from None
            if "\0" in text:
                raise _make_binary(shown)
            quoted = quoted or '"' in text
            beyond_ascii = beyond_ascii or not text.isascii()
            offset += len(chunk)
            if not chunk:
                return quoted


def _make_undecodable(path: Path, encoding: str, shown: str, offset: int) -> SourceError:
    with open_bytes(path) as stream:
        before = stream.read(offset)
    line = max(before.count(b"\n"), before.count(b"\r")) + 1
    return SourceError(
        f"the file is not valid {encoding}",
        where=f"{shown}, line {line}",
        got="a byte that means nothing there",
        next_step='Save it as UTF-8, or set encoding under [csv], for example "cp1252"',
        code="encoding",
    )


def _make_binary(shown: str) -> SourceError:
    return SourceError(
        "the file is not CSV",
        where=shown,
        got="zero bytes, as in a program's own format",
        expected="text with one row per line",
        next_step=_SAVE_AS_CSV,
        code="not_csv",
    )
