"""Models registered for computed features: refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import ModelError
from models.registry.pyfunc import _load_pyfunc
from tests.models.conftest import Recorded


def test_an_older_model_is_refused_in_words(recorded: Recorded, tmp_path: Path) -> None:
    """As MLflow meets one: its own loader asks the module that was named then."""
    import mlflow

    mlflow.pyfunc.save_model(
        str(tmp_path / "old"),
        loader_module="models.registry.pyfunc",
        data_path=str(recorded.settings.home / "models" / recorded.bundle.version),
        pip_requirements=["pandas"],
    )
    with pytest.raises(ModelError, match=r"registered by an earlier version.*Run leadaccord train"):
        mlflow.pyfunc.load_model(str(tmp_path / "old"))


def test_the_loader_never_returns() -> None:
    with pytest.raises(ModelError, match="for computed features"):
        _load_pyfunc("anywhere")
