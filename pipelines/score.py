"""Score: read new leads, score them with the model in use, write result and rejects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from features.checks import check_tables, refuse
from features.contract import Tables, read_tables
from features.errors import UsageError
from features.language import language
from features.settings import Settings, load_settings
from models.bundle import ModelBundle
from models.tracking import load_champion
from pipelines.console import Console, wrap
from serve.destinations import check_ending, encode_table, write_files
from serve.scoring import Scored, score_leads

REJECTS = ".rejects.csv"


def run(console: Console, *, config: Path, leads: str | None, out: Path) -> dict[str, Any]:
    """Score leads by the settings.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.
    leads : str or None
        A file, glob or table of leads; the project's own leads if None.
    out : Path
        Where the result goes; rows that cannot be scored go to ``OUT.rejects.csv`` beside it.

    Returns
    -------
    dict
        Counts and places, as shown with --json.

    Raises
    ------
    UsageError
        When no model is in use, or `out` is not a place for a table.
    """
    settings = load_settings(config)
    check_out(out, settings, leads)
    bundle = load_champion(settings)
    console.progress("Reading the leads")
    tables = read_new(settings, bundle, leads)
    findings = check_tables(tables)
    console.findings([finding for finding in findings if finding.severity != "note"])
    refuse(findings)

    console.progress(f"Scoring {len(tables.episodes):,} leads with model {bundle.version}")
    scored = score_leads(
        bundle,
        tables,
        language=language(settings.project.language),
        scored_at=tables.now.floor("s"),
        earlier=read_earlier(settings, bundle, leads),
    )
    console.progress(f"Writing {out}")
    rejects = write_scores(scored, out)
    result = {
        "model_version": bundle.version,
        "leads": len(tables.episodes),
        "scored": len(scored.scores),
        "rejected": len(scored.rejects),
        "rejected_by_code": count_codes(scored.rejects),
        "unknown_levels": dict(scored.unknown),
        "missing_columns": list(scored.missing_columns),
        "out": str(out),
        "rejects": None if rejects is None else str(rejects),
        "findings": [finding.to_dict() for finding in findings],
        "seconds": console.elapsed(),
    }
    console.result(result, describe(result))
    return result


def read_new(settings: Settings, bundle: ModelBundle, leads: str | None) -> Tables:
    """Read the leads to score, each column as it was read in training."""
    reference = None if leads is None else _as_reference(leads)
    table = bundle.table
    return read_tables(
        settings,
        leads=reference,
        decided=False,
        kinds=table.kinds,
        time_formats=table.time_formats,
    )


def read_own(settings: Settings, bundle: ModelBundle) -> Tables:
    """Read the project's own tables, each column as it was read in training."""
    return read_tables(settings, kinds=bundle.table.kinds, time_formats=bundle.table.time_formats)


def read_earlier(settings: Settings, bundle: ModelBundle, leads: str | None) -> pd.DataFrame | None:
    """Read the project's own hand-overs and decisions, if the model looks at lead history."""
    if "earlier hand-overs" not in bundle.table.names:
        return None
    unneeded = {"activities": None, "outcomes": None}
    tables = settings.tables.model_copy(update=unneeded)
    own = settings.model_copy(update={"tables": tables})
    return read_own(own, bundle).episodes


def write_scores(scored: Scored, out: Path) -> Path | None:
    """Write the scores, and the rejects beside them if there are any."""
    rejects = out.with_name(out.name + REJECTS)
    contents = {out: encode_table(scored.scores, out)}
    if len(scored.rejects):
        contents[rejects] = encode_table(scored.rejects, rejects)
    write_files(contents)
    if rejects not in contents:
        rejects.unlink(missing_ok=True)
        return None
    return rejects


def check_out(out: Path, settings: Settings, leads: str | None) -> None:
    """Refuse a place for the result that is not a table, or is one of the inputs."""
    check_ending(out)
    refuse_input(out, settings, leads)


def refuse_input(out: Path, settings: Settings, leads: str | None = None) -> None:
    """Refuse a place for the result where one of the inputs stands."""
    tables = settings.tables
    named = (tables.leads, tables.activities, tables.decisions, tables.outcomes)
    inputs = {settings.root / reference for reference in named if reference} | {settings.file}
    inputs |= {Path(leads).expanduser()} if leads else set()
    if out.exists() and any(path.exists() and path.samefile(out) for path in inputs):
        raise UsageError(
            "the result would replace what it is made from",
            where=str(out),
            next_step="Give another name with --out",
        )


def count_codes(rejects: pd.DataFrame) -> dict[str, int]:
    """Return how many rows each code kept from being scored."""
    return {str(code): int(n) for code, n in rejects["code"].value_counts().items()}


def describe(result: Mapping[str, Any]) -> list[str]:
    """Return the result as lines for a terminal of 80 columns."""
    lines = [
        f"Scored {result['scored']:,} of {result['leads']:,} leads with model "
        f"{result['model_version']}: {result['out']}"
    ]
    if result["rejected"]:
        codes = ", ".join(f"{n} {code}" for code, n in result["rejected_by_code"].items())
        lines += wrap(f"{result['rejected']:,} rows not scored ({codes}): {result['rejects']}")
    if result["missing_columns"]:
        names = ", ".join(result["missing_columns"][:8])
        lines += wrap(f"Columns the model knows and the leads lack, taken as empty: {names}")
    if result["unknown_levels"]:
        named = sorted(result["unknown_levels"].items(), key=lambda item: -item[1])[:5]
        levels = ", ".join(f"{name} ({n:,})" for name, n in named)
        lines += wrap(f"Leads with values too rare to have been learned, or new: {levels}")
    return lines


def _as_reference(leads: str) -> str:
    """Resolve a path where the command runs, not where the settings stand."""
    path = Path(leads).expanduser()
    return str(path.absolute()) if "/" in leads or path.exists() or path.suffix else leads
