"""Init command: look at an export of leads and propose its settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from features.columns.profile import profile_columns, type_columns
from features.contract.tables import read_tables
from features.errors import DataRefused, UsageError
from features.files import write_file
from features.labels import label_tables
from features.language import SOURCE_LANGUAGE, language
from features.proposal.proposal import Proposal, propose, to_toml
from features.settings.load import load_settings
from features.settings.schema import Settings
from features.sources.tables import ROW, open_table
from features.sources.workspace import Workspace
from models.evaluation.split import split_leads
from models.leakage.guards import LeakSuspect
from models.training import find_leaks
from pipelines.console import Console, wrap

MIN_LEADS_FOR_EVIDENCE = 100


def run(console: Console, *, leads: Path, out: Path, force: bool) -> dict[str, Any]:
    """Propose the settings for an export.

    Parameters
    ----------
    console : Console
    leads : Path
        A CSV or Parquet file.
    out : Path
        The settings file to write.
    force : bool
        Whether an existing file may be replaced.

    Returns
    -------
    dict
        What was found, as shown with --json.

    Raises
    ------
    UsageError
        When the file to write is there already, or is the export itself.
    """
    if out.exists() and not force:
        raise UsageError(
            "there is a settings file already",
            where=str(out),
            next_step="Give another name with --out, or --force to replace it",
        )
    if out.exists() and leads.exists() and out.samefile(leads):
        raise UsageError(
            "the settings would replace the leads they are for",
            where=str(out),
            next_step="Give another name with --out",
        )
    console.progress(f"Looking at {leads}")
    proposal = look(leads, out)
    write_file(out, to_toml(proposal).encode("utf-8"))
    if proposal.decision is not None:
        console.progress("Looking for columns that know the answer")
        proposal = replace(proposal, suspects=find_suspects(load_settings(out)))
        write_file(out, to_toml(proposal).encode("utf-8"))
    result = {
        "out": str(out),
        "preset": proposal.preset,
        "id": proposal.id,
        "handed_over_at": proposal.handed_over_at,
        "order": proposal.order,
        "decision": proposal.decision,
        "values": {meaning: list(values) for meaning, values in proposal.values.items()},
        "missing": list(proposal.missing),
        "leak_suspects": dict(proposal.suspects),
        "seconds": console.elapsed(),
    }
    console.result(result, describe(result))
    return result


def look(leads: Path, out: Path) -> Proposal:
    """Read the export and guess what it holds."""
    with Workspace(out.absolute().parent / ".leadaccord", size=_measure(leads)) as workspace:
        source = open_table(
            workspace.connection, str(leads.absolute()), name="leads", root=Path.cwd()
        )
        columns = profile_columns(source.relation, missing=())
        frame = type_columns(source.relation, columns, missing=()).to_pandas().drop(columns=ROW)
    reference = os.path.relpath(leads.absolute(), out.absolute().parent)
    return propose(frame, columns, leads=Path(reference).as_posix())


def _measure(leads: Path) -> int:
    """Return the bytes of a file; 0 where there is none, which is said when it is opened."""
    return leads.stat().st_size if leads.is_file() else 0


def find_suspects(settings: Settings) -> dict[str, str]:
    """Return the columns that the leak guard would name, with its evidence."""
    tables = read_tables(settings)
    labels = label_tables(tables)
    used = labels.accepted[labels.used]
    if len(used) < MIN_LEADS_FOR_EVIDENCE or used.nunique() < 2:
        return {}
    try:
        split = split_leads(
            tables.episodes,
            labels.used,
            order=tables.order,
            test_share=settings.train.test_share,
            seed=settings.train.seed,
        )
    except DataRefused:
        # Without older and newer leads there is nothing to look at yet; `check` says so.
        return {}
    if labels.accepted[split.train].nunique() < 2:
        return {}
    suspects: list[LeakSuspect]
    suspects, _ = find_leaks(tables, split.train, labels.accepted, labels)
    english = language(SOURCE_LANGUAGE)
    return {s.column: english.phrase(s.evidence) for s in suspects if s.action == "quarantined"}


def describe(result: Mapping[str, Any]) -> list[str]:
    """Return what was found as lines for a terminal of 80 columns."""

    def shown(value: Any) -> str:
        return "not found" if value is None else str(value)

    lines = [f"Proposed {result['out']}", f"  lead id     {shown(result['id'])}"]
    if result["handed_over_at"] is not None:
        lines.append(f"  hand-over   {result['handed_over_at']}")
    else:
        lines.append(f"  order       {shown(result['order'])} (no time found)")
    lines.append(f"  decision    {shown(result['decision'])}")
    for meaning, values in result["values"].items():
        if values:
            lines += wrap(f"{meaning}: {', '.join(values)}", indent="    ")
    for column, evidence in result["leak_suspects"].items():
        lines += wrap(f"excluded for now: {column} ({evidence})", indent="  ")
    named = "" if result["out"] == "leadaccord.toml" else f" --config {result['out']}"
    return [*lines, "", f"Read the file, correct it, then run: leadaccord check{named}"]
