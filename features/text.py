"""Text for readers and cells: one line without control characters, and texts cut to a length."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

FEW_ACCEPTED = 0.10


_MAX_VALUE = 60


def share_digits(base: float) -> int:
    """Return the decimals of percentages, given the rate they are compared with.

    Where few or nearly all are accepted, whole percentages would make all rates alike.
    """
    return 0 if FEW_ACCEPTED <= base <= 1 - FEW_ACCEPTED else 1


def clean(text: str) -> str:
    """Return typed text fit for one line: no control characters, spaces folded, not too long."""
    folded = printable(text)
    return folded if len(folded) <= _MAX_VALUE else folded[: _MAX_VALUE - 1] + "…"


def printable(text: str) -> str:
    """Return text without control characters and with its spaces folded."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def escape_controls(text: str) -> str:
    r"""Return text that a terminal or a log shows as it is, and that commands neither.

    Control characters, and those that turn the direction of writing, become escapes; line breaks
    do as well.

    Examples
    --------
    >>> print(escape_controls("red \x1b[31m"))
    red \x1b[31m
    """
    if text.isprintable():
        return text
    return "".join(sign if _is_shown(sign) else ascii(sign)[1:-1] for sign in text)


def _is_shown(sign: str) -> bool:
    """Whether a sign is shown: blanks of any width, and joiners within words, are."""
    return sign.isprintable() or sign in "\u200c\u200d" or unicodedata.category(sign) == "Zs"


def is_utf8(name: str) -> bool:
    """Return whether a name can be written as UTF-8, as not every name of a file can."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


if TYPE_CHECKING:
    import pyarrow as pa

ELLIPSIS = "\u2026"


def is_long(texts: pa.Array, size: int) -> bool:
    """Whether a text of an array may be longer than `size`; False is certain, True is not."""
    import pyarrow.compute as pc

    # A character has one unit or two.
    return bool(pc.any(pc.greater(pc.utf8_length(texts), size // 2)).as_py())


def fit_text(text: str, size: int) -> str:
    """Return a text of at most `size` units, an ellipsis in the place of what was cut.

    Parameters
    ----------
    text : str
    size : int
        At least 1.
    """
    if _measure(text) <= size:
        return text
    # A character of two units is never cut in half.
    kept = text.encode("utf-16-le")[: (size - 1) * 2].decode("utf-16-le", "ignore")
    return kept + ELLIPSIS


def fit_lines(text: str, size: int) -> str:
    """Return as many whole lines as `size` units hold, an ellipsis for the rest.

    Where not even the first line fits, it is cut inside.
    """
    if _measure(text) <= size:
        return text
    kept = text
    while "\n" in kept:
        kept = kept.rpartition("\n")[0]
        if _measure(kept) + 2 <= size:
            return f"{kept}\n{ELLIPSIS}"
    return fit_text(text, size)


def _measure(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
