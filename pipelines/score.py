"""Score: read new leads, score them with the model in use, write result and rejects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from features.checks import refuse
from features.contract import Tables, read_tables
from features.errors import UsageError
from features.settings import Settings, load_settings
from models.bundle import ModelBundle
from models.tracking import load_champion
from pipelines.console import Console, wrap
from serve.batches import ScoredBatch, Tally, open_batches, score_schema
from serve.destinations import check_ending, encode_table, write_files

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
    now = pd.Timestamp.now("UTC").tz_localize(None).floor("s")
    with open_batches(settings, bundle, as_reference(leads), now=now) as batches:
        findings = batches.findings
        console.findings([finding for finding in findings if finding.severity != "note"])
        refuse(findings)
        console.progress(f"Scoring with model {bundle.version}")
        scored = [batches.score(number) for number in range(batches.count)]
        missing = batches.missing_columns
    tally = sum((batch.tally for batch in scored), Tally())
    console.progress(f"Writing {out}")
    rejects = write_scores(scored, out)
    result = {
        "model_version": bundle.version,
        "leads": tally.leads,
        "scored": tally.scored,
        "rejected": sum(tally.rejected.values()),
        "rejected_by_code": dict(tally.rejected),
        "unknown_levels": dict(tally.unknown_levels),
        "out_of_range": dict(tally.out_of_range),
        "missing_columns": list(missing),
        "new_columns": list(batches.new_columns),
        "out": str(out),
        "rejects": None if rejects is None else str(rejects),
        "findings": [finding.to_dict() for finding in findings],
        "seconds": console.elapsed(),
    }
    console.result(result, describe(result))
    return result


def read_own(settings: Settings, bundle: ModelBundle) -> Tables:
    """Read the project's own tables, each column as it was read in training."""
    return read_tables(settings, kinds=bundle.table.kinds, time_formats=bundle.table.time_formats)


def write_scores(scored: Sequence[ScoredBatch], out: Path) -> Path | None:
    """Write the scores, and the rejects beside them if there are any."""
    import pyarrow as pa

    rejects = out.with_name(out.name + REJECTS)
    tables = [batch.scores.cast(score_schema()) for batch in scored]
    contents = {out: encode_table(_to_pandas(pa.concat_tables(tables)), out)}
    bad = pa.concat_tables([batch.rejects for batch in scored])
    if len(bad):
        contents[rejects] = encode_table(_to_pandas(bad), rejects)
    write_files(contents)
    if rejects not in contents:
        rejects.unlink(missing_ok=True)
        return None
    return rejects


def _to_pandas(table: Any) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas()
    return frame.astype(
        {
            n: object
            for n in frame
            if not pd.api.types.is_numeric_dtype(frame[n])
            and not pd.api.types.is_datetime64_any_dtype(frame[n])
        }
    )


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
    if result["out_of_range"]:
        named = sorted(result["out_of_range"].items(), key=lambda item: -item[1])[:5]
        numbers = ", ".join(f"{name} ({n:,})" for name, n in named)
        lines += wrap(f"Leads with numbers outside the range that was learned from: {numbers}")
    if result["new_columns"]:
        names = ", ".join(result["new_columns"][:8])
        lines += wrap(f"Columns that were not there in training, not used: {names}")
    return lines


def as_reference(leads: str | None) -> str | None:
    """Resolve a path where the command runs, not where the settings stand."""
    if leads is None:
        return None
    path = Path(leads).expanduser()
    return str(path.absolute()) if "/" in leads or path.exists() or path.suffix else leads
