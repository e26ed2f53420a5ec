"""Compilation of the Shapley loops: once per machine, without the global lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Return a function that numba compiles at its first call.

    Machine code is kept beside the module or, where that folder cannot be written, in the user's
    cache folder, so that the next run loads it. Where neither can be written (a container with a
    read-only file system) it is compiled anew in each process. The code holds no lock, so threads
    run it side by side. `fastmath` is off: it would assume away the NaN that stand for missing
    values, and let the last bits depend on how many rows are taken at a time.
    """
    try:
        return cast(Function, numba.njit(function, nogil=True, cache=True))
    except RuntimeError:  # numba found no folder for its cache
        return cast(Function, numba.njit(function, nogil=True))
