"""Text for readers: one line without control characters, and decimals of shares."""

from __future__ import annotations

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


def is_utf8(name: str) -> bool:
    """Return whether a name can be written as UTF-8, as not every name of a file can."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
