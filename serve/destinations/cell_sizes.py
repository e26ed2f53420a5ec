"""Cell limits: texts cut to the length that spreadsheets and CRMs allow, in UTF-16 units."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
