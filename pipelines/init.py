"""Init command: look at an export of leads and propose its settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from features.columns.kinds import Column
from features.columns.profile import profile_columns, type_columns
from features.contract.tables import read_tables
from features.crm.time_roles import names_a_time
from features.errors import DataRefused, UsageError
from features.files import write_file
from features.labels import label_tables
from features.language import SOURCE_LANGUAGE, language
from features.proposal.proposal import Proposal, propose
from features.proposal.settings_text import to_toml
from features.settings.load import load_settings
from features.settings.schema import Settings
from features.sources.file import ROW
from features.sources.tables import SourceTable, open_table
from features.sources.workspace import Workspace
from models.evaluation.split import split_leads
from models.leakage.guards import find_leaks
from models.leakage.suspect import LeakSuspect
from pipelines.console import Console, wrap
from pipelines.init_questions import answer_questions, list_open_questions

MIN_LEADS_FOR_EVIDENCE = 100
_READ_SHARE = 0.95
_DAY_NUMBERS = (20_000, 80_000)  # days since 1900 as spreadsheets count them: 1954 to 2119


def run(
    console: Console,
    *,
    leads: Path,
    out: Path,
    force: bool,
    yes: bool = False,
    decision: str | None = None,
    hand_over: str | None = None,
) -> dict[str, Any]:
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
    yes : bool
        Ask nothing, even on a terminal.
    decision, hand_over : str, optional
        Columns that are known to hold the decision and the time of hand-over.

    Returns
    -------
    dict
        What was found, as shown with --json.

    Raises
    ------
    UsageError
        When the file to write is there already, or is the export itself; when a column named is
        not there; and, after the settings are written with the candidates as comments, when the
        decision or the hand-over is not clear.
    """
    _refuse_overwriting(leads, out, force=force)
    console.progress(f"Looking at {leads}")
    frame, columns = read_export(leads)
    _check_named(columns, {"--decision": decision, "--hand-over": hand_over})
    reference = Path(os.path.relpath(leads.absolute(), out.absolute().parent)).as_posix()
    proposal = propose(frame, columns, leads=reference, decision=decision, handed_over_at=hand_over)
    if console.can_ask and not yes:
        proposal = answer_questions(console, proposal, frame, columns)
    write_file(out, to_toml(proposal).encode("utf-8"))
    unclear = list_open_questions(proposal)
    if not unclear:
        console.progress("Looking for columns that know the answer")
        found = find_suspects(load_settings(out))
        proposal = replace(proposal, suspects={**found, **proposal.suspects})
        write_file(out, to_toml(proposal).encode("utf-8"))
    result = {**to_result(proposal), "out": str(out), "seconds": console.elapsed()}
    if unclear:
        if not console.as_json:
            console.result(result, describe(result))
        raise UsageError(
            "the settings are not complete:" + "".join(f"\n{line}" for line in unclear),
            where=str(out),
            next_step="Choose in the file, where they are listed as comments, or run it again "
            "with --force and --decision COLUMN (or --hand-over COLUMN)",
            code="unclear_export",
        )
    console.result(result, describe(result))
    return result


def _refuse_overwriting(leads: Path, out: Path, *, force: bool) -> None:
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


def _check_named(columns: Mapping[str, Column], named: Mapping[str, str | None]) -> None:
    for option, name in named.items():
        if name is not None and name not in columns:
            raise UsageError(
                f"the column that {option} names is not in the export",
                got=f'"{name}"',
                expected=", ".join(list(columns)[:20]),
                next_step="Write the name as the export has it",
            )


def read_export(leads: Path) -> tuple[pd.DataFrame, dict[str, Column]]:
    """Read an export as what its columns hold.

    Parameters
    ----------
    leads : Path

    Returns
    -------
    frame : DataFrame
    columns : dict of str to Column
        A column whose name says that it holds times is read as times, even where its values are
        day numbers, as long as nearly all can be read so.
    """
    size = leads.stat().st_size if leads.is_file() else 0
    with Workspace(Path.cwd() / ".leadaccord", size=size) as workspace:
        source = open_table(
            workspace.connection, str(leads.absolute()), name="leads", root=Path.cwd()
        )
        columns = profile_columns(source.relation, missing=())
        frame = _read(source, columns)
        unread = [name for name in columns if _may_be_times(name, frame[name], columns[name])]
        if unread:
            again = profile_columns(source.relation, missing=(), times=unread)
            read = {name: again[name] for name in unread if _is_read(again[name])}
            if read:
                columns = {**columns, **read}
                frame = _read(source, columns)
    return frame, columns


def _read(source: SourceTable, columns: Mapping[str, Column]) -> pd.DataFrame:
    frame: pd.DataFrame = type_columns(source.relation, columns, missing=()).to_pandas()
    return frame.drop(columns=ROW)


def _may_be_times(name: str, values: pd.Series, column: Column) -> bool:
    if column.kind not in ("number", "text") or not names_a_time(name):
        return False
    if column.kind == "text":
        return bool(values.dropna().astype(str).str.contains(r"\d\d").mean() > _READ_SHARE)
    low, high = _DAY_NUMBERS
    return bool((values.dropna().between(low, high) | (values.dropna() > 1e8)).all())


def _is_read(column: Column) -> bool:
    given = column.n_rows - column.n_missing
    return given > 0 and column.n_unparsed <= (1 - _READ_SHARE) * given


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


def to_result(proposal: Proposal) -> dict[str, Any]:
    """Return a proposal as plain types."""
    return {
        "preset": proposal.preset,
        "id": proposal.id,
        "handed_over_at": proposal.handed_over_at,
        "order": proposal.order,
        "decision": proposal.decision,
        "closed": proposal.closed,
        "converted": proposal.converted,
        "decided_at": proposal.decided_at,
        "values": {meaning: list(values) for meaning, values in proposal.values.items()},
        "missing": list(proposal.missing),
        "leak_suspects": dict(proposal.suspects),
        "owners": list(proposal.owners),
        "notes": {key: list(notes) for key, notes in proposal.notes.items()},
    }


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
            listed = ", ".join(value or "nothing entered" for value in values)
            lines += wrap(f"{meaning}: {listed}", indent="    ")
    for note in result["notes"]["decision"]:
        if note.startswith(("not ", "only ", "sales took over ")):
            lines += wrap(note, indent="    ")
    if result["decided_at"] is not None:
        lines.append(f"  decided at  {result['decided_at']}")
    for column, evidence in result["leak_suspects"].items():
        lines += wrap(f"excluded for now: {column} ({evidence})", indent="  ")
    named = "" if result["out"] == "leadaccord.toml" else f" --config {result['out']}"
    return [*lines, "", f"Read the file, correct it, then run: leadaccord check{named}"]
