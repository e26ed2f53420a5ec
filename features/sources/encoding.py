"""Text encodings: files are decompressed, decoded, or refused if they are not text."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

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
)
_HIGH_LETTERS = re.compile(rb"[\xa8\xb8\xc0-\xff]+")
_LETTERS_OF_A_WORD = 4
_JSON = re.compile(r'[\s\ufeff]*(?:\{\s*["}]|\[\s*["\[{\]])')
_SQL = re.compile(
    r"(?is)[\s\ufeff]*(?>--[^\n]*\s+|/\*.*?\*/;?\s*)*+(?:SET \w+ ?=|CREATE (?:TABLE|SCHEMA) "
    r"|INSERT INTO |COPY \S+ ?\()"
)
_LONGEST = 1 << 26
_TAIL = 1 << 16
# A text with so many zero bytes, or other bytes that no text holds, is a program's own format.
_FEW_ZEROS, _SEEN, _LINE_END = 0.05, 10_000, re.compile("[\r\n]")
_MOST_ZEROS, _MOST_CONTROLS = 0.2, 0.02
_CONTROLS = bytes([*range(1, 9), *range(14, 27), *range(28, 32)])


@dataclass(frozen=True)
class Decoded:
    """What is seen of a file while all of it is decoded.

    Attributes
    ----------
    encoding : str
        A codec of Python.
    quotes : int
        Quotes in the file.
    zeros : int
        Zero bytes, which no text means.
    zero_line : int
        The line of the first of them.
    size : int
        Bytes, unpacked.
    tail : str
        The last characters.
    """

    encoding: str
    quotes: int
    zeros: int
    zero_line: int
    size: int
    tail: str


class PartOfFile(io.RawIOBase):
    """The bytes of a file up to a place, without zero bytes where they are to be left out."""

    def __init__(self, stream: IO[bytes], end: int | None, *, zeros: bool) -> None:
        self._stream, self._left, self._zeros = stream, end, zeros

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer; 0 at the end."""
        while True:
            size = len(buffer) if self._left is None else min(len(buffer), self._left)
            chunk = self._stream.read(size) if size else b""
            if self._left is not None:
                self._left -= len(chunk)
            kept = chunk if self._zeros else chunk.replace(b"\0", b"")
            if kept or not chunk:
                buffer[: len(kept)] = kept
                return len(kept)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        super().close()


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


def open_part(path: Path, end: int | None, *, zeros: bool) -> IO[bytes]:
    """Open a file for reading its bytes, unpacked, up to a place and perhaps without zero bytes."""
    if end is None and zeros:
        return open_bytes(path)
    return io.BufferedReader(PartOfFile(open_bytes(path), end, zeros=zeros), _CHUNK)


def open_text(
    path: Path, encoding: str, *, end: int | None = None, zeros: bool = True
) -> io.TextIOWrapper:
    """Open a file for reading its text, unpacked; see `open_part`."""
    # newline="" leaves line ends inside quotes as they are.
    return io.TextIOWrapper(open_part(path, end, zeros=zeros), encoding=encoding, newline="")


@contextmanager
def fields_of_any_length() -> Iterator[None]:
    """Raise the limit of the csv module, which is one for the whole program, for a while."""
    before = csv.field_size_limit(_LONGEST)
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
    if kinds:
        raise _make_not_csv(shown, kinds[0])


def refuse_other_texts(text: str, shown: str) -> None:
    """Refuse JSON and dumps of databases, however they are laid out.

    Parameters
    ----------
    text, shown : str
        The beginning of the file, and the path as shown in the message.

    Raises
    ------
    SourceError
    """
    for pattern, kind in ((_JSON, "JSON"), (_SQL, "SQL, as a dump of a database is")):
        if pattern.match(text):
            raise _make_not_csv(shown, kind)


def _make_not_csv(shown: str, kind: str) -> SourceError:
    return SourceError(
        "the file is not CSV",
        where=shown,
        got=kind,
        expected="text with one row per line, an Excel workbook (.xlsx) or Parquet",
        next_step=_SAVE_AS_CSV,
        code="not_csv",
    )


def find_encoding(path: Path, head: bytes, shown: str, given: str | None) -> Decoded:
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
        then cp1251 where such bytes form whole words and else cp1252, unless letters of UTF-8 came
        before the first byte that does not fit.

    Returns
    -------
    Decoded

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
        name = codecs.lookup(given).name
        utf8 = name == "utf-8" and marked == "utf-8-sig"
        unmarked = _unmarked_utf16(head) if name == "utf-16" and marked is None else None
        return _decode_or_refuse(path, "utf-8-sig" if utf8 else unmarked or given, shown)
    if marked is not None:
        return _decode_or_refuse(path, marked, shown)
    unmarked = _unmarked_utf16(head)
    if unmarked is not None:
        return _decode_or_refuse(path, unmarked, shown)
    if _is_binary(head):
        raise _make_not_csv(shown, "zero bytes, as in a program's own format")
    try:
        return _decode(path, "utf-8", shown)
    except _Undecodable as error:
        if error.beyond_ascii:
            # Letters that are valid UTF-8 came before, so this is damage, not another encoding.
            raise _make_undecodable(path, "utf-8", shown, error.offset) from None
    return _decode_or_refuse(path, _guess_code_page(head), shown)


def _guess_code_page(head: bytes) -> str:
    """Return the code page of Windows: words are of Cyrillic letters, or hold one or two others."""
    runs = [len(run) for run in _HIGH_LETTERS.findall(head)]
    in_words = sum(length for length in runs if length >= _LETTERS_OF_A_WORD)
    return "cp1251" if in_words > sum(runs) / 2 else "cp1252"


def _check_encoding(given: str) -> None:
    try:
        b"a".decode(given, errors="replace")
        codecs.getincrementaldecoder(given)
    except (LookupError, UnicodeError):
        raise SettingsError(
            "[csv] encoding is not an encoding of text",
            got=f'"{given}"',
            expected='for example "utf-8", "latin-1" or "cp1252"',
            next_step="Correct it, or leave it out",
        ) from None


def _unmarked_utf16(head: bytes) -> str | None:
    """Recognise UTF-16 without a mark: of signs and digits every second byte is zero."""
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        half, other = head[first::2], head[1 - first :: 2]
        if not half or other.count(0) or half.count(0) < _FEW_ZEROS * len(half):
            continue
        # Zero bytes within a text of single bytes would make it Chinese without line ends.
        text = head[: len(head) // 2 * 2].decode(name, errors="replace")
        if half.count(0) > len(half) / 2 or (_LINE_END.search(text) and _count_near(text)):
            return name
    return None


def _count_near(text: str) -> bool:
    near = sum(char < "\u0600" for char in text[:_SEEN])
    return near > 0.5 * min(len(text), _SEEN)


def _is_binary(head: bytes) -> bool:
    if b"\0" not in head:
        return False
    controls = len(head) - len(head.translate(None, _CONTROLS))
    lines = b"\n" in head or b"\r" in head
    many = head.count(0) > _MOST_ZEROS * len(head) or controls > _MOST_CONTROLS * len(head)
    return many or not lines


class _Undecodable(Exception):
    """Bytes that do not belong to an encoding."""

    def __init__(self, offset: int, beyond_ascii: bool) -> None:
        self.offset = offset
        self.beyond_ascii = beyond_ascii
        super().__init__(offset)


def _decode_or_refuse(path: Path, encoding: str, shown: str) -> Decoded:
    try:
        return _decode(path, encoding, shown)
    except _Undecodable as error:
        raise _make_undecodable(path, encoding, shown, error.offset) from None


def _decode(path: Path, encoding: str, shown: str) -> Decoded:
    """Decode the file to its end and note what is to be known of all of it."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    seen = _Seen()
    with open_bytes(path) as stream:
        while True:
            chunk = stream.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                # The decoder may have kept the first bytes of a letter from the chunk before.
                kept = len(error.object) - len(chunk)
                before = seen.beyond_ascii or not error.object[: error.start].isascii()
                raise _Undecodable(seen.size - kept + error.start, before) from None
            except UnicodeError:
                raise _Undecodable(seen.size, seen.beyond_ascii) from None
            seen.add(text, len(chunk), shown)
            if not chunk:
                break
    if seen.zeros > _MOST_ZEROS * seen.size:
        raise _make_not_csv(shown, "zero bytes, as in a program's own format")
    return Decoded(encoding, seen.quotes, seen.zeros, seen.zero_line, seen.size, seen.tail)


class _Seen:
    """What is counted while a file is decoded."""

    def __init__(self) -> None:
        self.size = self.quotes = self.zeros = self.zero_line = self.lines = self.line = 0
        self.beyond_ascii = False
        self.tail = ""

    def add(self, text: str, size: int, shown: str) -> None:
        """Count what a piece of the file holds."""
        if "\0" in text:
            if not self.zeros:
                self.zero_line = self.lines + text[: text.index("\0")].count("\n") + 1
            self.zeros += text.count("\0")
        self.quotes += text.count('"')
        self.lines += text.count("\n")
        end = max(text.rfind("\n"), text.rfind("\r"))
        self.line = self.line + len(text) if end < 0 else len(text) - end
        if self.line > _LONGEST:
            raise _make_endless(shown)
        self.beyond_ascii = self.beyond_ascii or not text.isascii()
        self.tail = (self.tail + text)[-_TAIL:]
        self.size += size


def _make_endless(shown: str) -> SourceError:
    return SourceError(
        "a line does not end",
        where=shown,
        got=f"more than {_LONGEST >> 20} million characters",
        expected="text with one row per line",
        next_step=_SAVE_AS_CSV,
        code="not_csv",
    )


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
