"""A model card's parts for tests: the shared small model, and any provenance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from features.language import Phrase, language
from models.artifact.bundle import ModelBundle
from serve.card.provenance import Provenance, Standing
from serve.card.summary import summarise_card
from tests.trained import train_once

HOSTILE = '<script>alert(1)</script>|`x`"'
VERSION = "m0123456789ab"


def make_bundle(**figures: Any) -> ModelBundle:
    """The shared model with other figures."""
    bundle = train_once()[1].bundle
    return replace(bundle, version=VERSION, figures={**bundle.figures, **figures})


def any_provenance(**changes: Any) -> Provenance:
    parts: dict[str, Any] = {
        "project": "spring",
        "owner": None,
        "job": "train",
        "as_of": "2026-02-28 23:59:59.999999",
        "digest": "0123456789abcdef",
        "set_aside": ["Budget"],
        "words": {"accepted": ["Yes"], "rejected": ["No"], "recycled": [], "undecided": ["Open"]},
        "present_means": None,
        "software": {"leadaccord": "0.1.0"},
        "put_in_use": True,
    }
    return Provenance(**{**parts, **changes})


def make_verdict(mode: str = "on", *reasons: str) -> dict[str, Any]:
    return {"mode": mode, "reasons": [Phrase("{text}", {"text": r}).to_dict() for r in reasons]}


def paired(old: float, new: float, reach: float = 0.01) -> dict[str, Any]:
    def interval(value: float) -> dict[str, float]:
        return {"value": value, "low": value - reach, "high": value + reach}

    return {
        "champion": interval(old),
        "challenger": interval(new),
        "difference": interval(new - old),
    }


def make_comparison(champion: str | None = "mold", *, alone: bool = False) -> dict[str, Any]:
    if alone:
        return {"champion": champion, "judged_on": None, "figures": None}
    names = ("auc", "average_precision", "log_loss", "top_precision")
    return {
        "champion": champion,
        "judged_on": {"leads": 1_234, "window": ["2026-01-02", "2026-02-03"], "top_share": 0.2},
        "figures": {name: paired(0.8, 0.83) for name in names},
    }


def summarise(
    code: str = "en",
    *,
    bundle: ModelBundle | None = None,
    standing: Standing | None = None,
    **provenance: Any,
) -> dict[str, Any]:
    return summarise_card(
        bundle or make_bundle(),
        any_provenance(**provenance),
        standing or Standing(in_use=True),
        language(code),
    )
