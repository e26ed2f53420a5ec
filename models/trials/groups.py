"""Group assignment: a keyed hash of the lead's id, the same on every machine and in every month.

Nothing is stored and nothing is drawn twice: a lead that is handed over again is in the group it
was in. The key is the trial's name. It has to be another for each trial, so that two trials draw
their groups independently; it need not be secret, as a CRM gives the ids and no one chooses them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_BYTES = 8


def draw_groups(leads: Iterable[str], *, name: str, share: float) -> NDArray[np.bool_]:
    """Return which leads are in the group of the score.

    Parameters
    ----------
    leads : iterable of str
        Ids as the table contract has them, of Salesforce's two forms the longer.
    name : str
        The trial's name, the key of the hash.
    share : float
        Of all leads in the world that are in the group of the score.

    Returns
    -------
    array of bool

    Examples
    --------
    >>> draw_groups(["a", "b", "c", "d"], name="spring", share=0.5).tolist()
    [False, True, False, False]
    """
    keyed = hmac.new(f"leadaccord trial {name}".encode(), digestmod=hashlib.sha256)
    limit = round(share * 2 ** (8 * _BYTES))
    return np.array([_hash(keyed, lead) < limit for lead in leads], dtype=bool)


def _hash(keyed: hmac.HMAC, lead: str) -> int:
    own = keyed.copy()
    own.update(lead.encode("utf-8", "surrogatepass"))
    return int.from_bytes(own.digest()[:_BYTES], "big")
