"""Stored JSON: read back so that any damage is one kind of error."""

from __future__ import annotations

import json
from typing import Any


def parse_json(text: str | bytes) -> Any:
    """Return what JSON holds.

    Parameters
    ----------
    text : str or bytes

    Raises
    ------
    ValueError
        When it is not JSON, not UTF-8, or nested too deep to be read.

    Examples
    --------
    >>> parse_json('{"rows": [1, 2]}')
    {'rows': [1, 2]}
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
