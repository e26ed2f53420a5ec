"""Escaping of spreadsheet formulas in text cells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

# Blanks, quotes and control characters before the sign do not stop every spreadsheet, and the
# wide forms of the signs count as the signs where such keyboards are used. Blanks are listed, as
# Arrow's expressions know only those of ASCII by a name.
_BLANKS = r"\x00-\x20\x85\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}"
_SKIPPED = rf'["{_BLANKS}\x{{FEFF}}]'
_SIGNS = r"[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}'\t\r\n]"
RUNNABLE = rf"\A{_SKIPPED}*{_SIGNS}"
"""What text to neutralise looks like, as Arrow's expressions are written."""

_RUNNABLE = re.compile(re.sub(r"\\x\{([0-9A-F]+)\}", lambda m: chr(int(m[1], 16)), RUNNABLE))


def neutralise_text(text: object) -> object:
    """Return one text made safe for a spreadsheet; anything else as it is.

    Text that begins with ``= + - @``, a tab or a line break, perhaps after blanks or quotes, gets
    an apostrophe before it; so does text that begins with an apostrophe, so that taking one away
    always gives the original.
    """
    if not isinstance(text, str):
        return text
    return "'" + text if _RUNNABLE.match(text) else text


def neutralise_array(texts: pa.Array) -> pa.Array:
    """Return an array of text made safe for a spreadsheet, as `neutralise_text` does.

    Parameters
    ----------
    texts : Array of string
        Missing values stay missing.

    Returns
    -------
    Array of string
    """
    import pyarrow.compute as pc

    runs = pc.match_substring_regex(texts, RUNNABLE)
    if not pc.any(runs).as_py():
        return texts
    return pc.if_else(runs, pc.binary_join_element_wise("'", texts, ""), texts)
