"""Monitor command: whether the model in use still holds, on the leads since its training."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from features.contract.as_of import parse_as_of
from features.errors import UsageError
from features.files import write_file
from features.labels import label_tables
from features.language import SOURCE_LANGUAGE, language
from features.settings.load import load_settings
from models.monitoring.monitor import monitor_model
from models.registry.champion import load_champion
from pipelines.console import WIDTH, Console, wrap
from pipelines.reading import read_own
from pipelines.tracking import log_runs
from serve.pages.monitor import AREAS, summarise_monitoring
from serve.pages.monitor_page import render_monitoring
from serve.runs.places import refuse_inputs

ALERT = 5
"""The exit code where a light is red."""


def run(
    console: Console,
    *,
    config: Path,
    since: str | None,
    out: Path | None,
    as_of: str | None = None,
) -> dict[str, Any]:
    """Monitor the model in use.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.
    since : str or None
        Look at leads handed over from this day on; from the training on if None.
    out : Path or None
        The page to write, if any.
    as_of : str or None
        The day before which the world is seen; now if None.

    Returns
    -------
    dict
        As shown with --json; ``alert`` is true if any status is red.
    """
    start = parse_since(since)
    moment = None
    if as_of is not None:
        now = pd.Timestamp.now("UTC").tz_localize(None).floor("us")
        moment = parse_as_of(as_of, now=now)
    settings = load_settings(config)
    if out is not None:
        refuse_inputs(settings, [out])
    bundle = load_champion(settings)
    seen = "" if moment is None else f" as of {moment.moment:%Y-%m-%d %H:%M}"
    console.progress(f"Reading the tables{seen}")
    tables = read_own(settings, bundle, moment)
    console.progress("Comparing the leads since the training with those before")
    watched = monitor_model(bundle, tables, label_tables(tables), since=start)
    if out is not None:
        console.progress(f"Writing {out}")
        words = settings.words()
        summary = summarise_monitoring(watched, bundle, language=words)
        page = render_monitoring(summary, words, project=settings.project.name)
        write_file(out, page.encode("utf-8"))
    # The terminal speaks English, whatever the page does.
    told = summarise_monitoring(watched, bundle, language=language(SOURCE_LANGUAGE))
    result = {**told, "out": None if out is None else str(out), "seconds": console.elapsed()}
    log_runs(console, settings)
    console.result(result, describe(result))
    return result


def parse_since(text: str | None) -> pd.Timestamp | None:
    """Return the day a user names.

    Raises
    ------
    UsageError
        When it is no date.
    """
    if text is None:
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(
            "--since is not a date",
            got=f'"{text}"',
            expected="a day such as 2026-03-01",
            next_step="Write it as year-month-day",
        ) from error
    return pd.Timestamp(day)


def describe(result: Mapping[str, Any]) -> list[str]:
    """Return the result as lines for a terminal of 80 columns."""
    day = result["since"][:10]
    lines = wrap(
        f"Model {result['model_version']} on {result['leads']:,} leads handed over since {day}; "
        f"sales has answered {result['answered']:,} of them."
    )
    lines.append("")
    for light in result["lights"]:
        head = f"  {light['colour'].upper():6} {AREAS[light['area']]:12} "
        for reason in light["because"][:4]:
            lines += _hang(reason, head)
            head = " " * len(head)
        if len(light["because"]) > 4:
            lines.append(f"{head}and {len(light['because']) - 4} more")
    lines.append("")
    if result["alert"]:
        lines += wrap("Alert: check the red areas before relying on the scores.")
    if result["out"]:
        lines += wrap(f"The page with the numbers: {result['out']}")
    elif result["alert"]:
        lines += wrap("The numbers: leadaccord monitor --out monitor.html")
    return lines if lines[-1] else lines[:-1]


def _hang(text: str, head: str) -> list[str]:
    """Return a sentence behind its head, later lines under its first word."""
    import textwrap

    return textwrap.wrap(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head))
