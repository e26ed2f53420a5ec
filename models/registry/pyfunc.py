"""Loader of models that were registered before they took raw leads: it refuses them in words."""

from __future__ import annotations

from typing import NoReturn

from features.errors import ModelError


def _load_pyfunc(path: str) -> NoReturn:
    """Refuse a model whose input were computed features; MLflow calls this by its name.

    Raises
    ------
    ModelError
        Always.
    """
    raise ModelError(
        "MLflow cannot load this model: it was registered by an earlier version of leadaccord, "
        "for computed features instead of raw leads",
        where=path,
        next_step="Run leadaccord train or retrain and load the new version; the commands of "
        "leadaccord use the old one as before",
    )
