"""Standard streams: closed ones, ones that take ASCII only, and readers that went away.

What a job delivers does not depend on who reads its messages.
"""

from __future__ import annotations

import codecs
import io
import logging
import os
import sys
import unicodedata
import warnings
from typing import TextIO

_SPELLED = "leadaccord.spelled"
_PLAIN = {
    "LEFT DOUBLE QUOTATION MARK": '"',
    "RIGHT DOUBLE QUOTATION MARK": '"',
    "DOUBLE LOW-9 QUOTATION MARK": '"',
    "LEFT SINGLE QUOTATION MARK": "'",
    "RIGHT SINGLE QUOTATION MARK": "'",
    "EN DASH": "-",
    "EM DASH": "-",
    "RIGHTWARDS ARROW": "->",
    "LATIN SMALL LETTER SHARP S": "ss",
}


def prepare_streams() -> None:
    """Give closed streams a place to write to, and let the others spell what they cannot write.

    A closed stream leaves its number to the next file that is opened: a library that writes to
    standard output would write into the result.
    """
    codecs.register_error(_SPELLED, _spell)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is not None:
            continue
        # The lowest free number is taken: that of the stream, as those below it are open.
        if not _is_open(number):
            os.open(os.devnull, os.O_RDWR)
        mode = "r" if name == "stdin" else "w"
        setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_SPELLED)


def keep_libraries_quiet() -> None:
    """Keep warnings and logs of libraries from users, unless Python was asked for warnings.

    They speak of source lines to developers; what a user has to know is a finding or an error.
    """
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    # Without any handler Python prints what libraries log from "warning" on.
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.NullHandler())


def print_aside(text: str, *, end: str = "\n") -> None:
    """Print on standard error; a job goes on where nobody reads it any more.

    Parameters
    ----------
    text : str
    end : str
        What follows it.
    """
    print_to(sys.stderr, text, end=end)


def print_to(stream: TextIO, text: str, *, end: str = "\n") -> None:
    """Print on a stream of messages, as `print_aside` does."""
    try:
        print(text, end=end, file=stream, flush=True)
    except (OSError, ValueError):
        # A full disk, a reader that has gone, a stream closed meanwhile: none stops the job.
        discard(stream)


def discard(stream: object) -> None:
    """Send nowhere what a stream still holds, so that leaving does not fail over it.

    Parameters
    ----------
    stream : file object
        One without a number, as in tests, stays as it is.
    """
    try:
        number = stream.fileno()  # type: ignore[attr-defined]
    except (OSError, ValueError, AttributeError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


def takes_unicode(stream: object) -> bool:
    """Return whether a stream takes every sign there is."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return codecs.lookup(encoding).name.startswith("utf")


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _spell(error: UnicodeError) -> tuple[str, int]:
    """Write in ASCII what an encoding lacks: plain quotes, letters without accents, or "?"."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(_spell_sign(sign) for sign in signs), error.end


def _spell_sign(sign: str) -> str:
    if "\udc80" <= sign <= "\udcff":
        # A byte of a file's name that is not UTF-8.
        return f"\\x{ord(sign) - 0xDC00:02x}"
    plain = _PLAIN.get(unicodedata.name(sign, ""))
    decomposed = plain or unicodedata.normalize("NFKD", sign)
    return decomposed.encode("ascii", "ignore").decode("ascii") or "?"
