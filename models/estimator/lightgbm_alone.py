"""Import of LightGBM without scikit-learn."""

from __future__ import annotations

import sys


def load_lightgbm() -> None:
    """Load LightGBM as where scikit-learn is not installed, unless either is loaded already.

    LightGBM offers estimators in the manner of scikit-learn and loads it for them, which takes
    longer than all else it does; boosters do not need it. The estimators stay unusable until the
    process ends, so this is for processes that score and end. Scikit-learn itself can be loaded
    afterwards.
    """
    if "lightgbm" in sys.modules or "sklearn" in sys.modules:
        return
    # Python raises ImportError for a module that stands here as None.
    sys.modules["sklearn"] = None  # type: ignore[assignment]
    try:
        import lightgbm  # noqa: F401
    finally:
        del sys.modules["sklearn"]
