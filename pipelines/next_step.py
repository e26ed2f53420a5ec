"""Next step after each command, for people at a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Result = Mapping[str, Any]


def suggest(command: str, result: Result, *, config: str = "") -> str:
    """Return what to do after a command, in one line.

    Parameters
    ----------
    command : str
    result : mapping
        As the command shows it with ``--json``.
    config : str
        The option that names the settings, where the user gave one; it is repeated.

    Returns
    -------
    str
        Empty where nothing is to be done.

    Examples
    --------
    >>> suggest("check", {})
    'leadaccord train'
    """
    step = _STEPS[command](result)
    return step + config if step.startswith("leadaccord ") else step


def _after_train(result: Result) -> str:
    if result.get("in_use", True):
        return "leadaccord score NEW_LEADS.csv --out scored.csv"
    return "more leads or better columns; leadaccord check says what is wrong with the data"


def _after_retrain(result: Result) -> str:
    if result.get("decision") == "promoted":
        return "leadaccord score NEW_LEADS.csv --out scored.csv"
    return "read the reasons above; the model in use stays"


def _after_monitor(result: Result) -> str:
    return "leadaccord retrain" if result["alert"] else ""


def _after_reading(result: Result) -> str:
    if result["verdict"] == "open":
        return f"leadaccord trial read {result['trial']}"
    return "end the trial together, and write down why"


_STEPS: Mapping[str, Callable[[Result], str]] = {
    "demo": lambda result: "leadaccord init YOUR_EXPORT.csv",
    "init": lambda result: "leadaccord check",
    "check": lambda result: "leadaccord train",
    "train": _after_train,
    "retrain": _after_retrain,
    "rollback": lambda result: "leadaccord score NEW_LEADS.csv --out scored.csv",
    "card": lambda result: "have it read, then leadaccord card --approved-by NAME",
    "score": lambda result: "leadaccord report",
    "report": lambda result: f"open {result['out']} in a browser",
    "monitor": _after_monitor,
    "backtest": lambda result: f"open {result['out']} in a browser",
    "capacity": lambda result: "leadaccord report",
    "trial plan": lambda result: f"print {result['out']} and have both teams sign it",
    "trial assign": lambda result: f"leadaccord trial read {result['trial']}",
    "trial read": _after_reading,
    "forget": lambda result: "leadaccord report",
    "explain": lambda result: f"leadaccord report --lead {result['lead_id']}",
}
