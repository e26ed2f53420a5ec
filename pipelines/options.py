"""Options of the commands: those that several share, and those of scoring."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from pipelines.settings_file import VARIABLE
from serve.destinations.formats import FORMATS

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar=VARIABLE,
        show_envvar=False,
        help="The settings file. Default: leadaccord.toml, here or in a folder above.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object to standard output and nothing else.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print only results, warnings and errors.")]
AsOfDay = Annotated[
    str | None, typer.Option("--as-of", help="Use only what was dated before this day (UTC).")
]
GateMode = Literal["on", "dry-run", "off"]

Engine = Annotated[
    Literal["local", "spark"],
    typer.Option(help="Where leads are scored: on this machine, or by Spark; see docs/scale.md."),
]
Master = Annotated[
    str | None,
    typer.Option(help="The Spark to use, such as local[4] or spark://HOST:7077. Default: its own."),
]
Busy = Literal["refuse", "wait"]
LeadId = Annotated[str, typer.Argument(help="The lead's id.")]

Leads = Annotated[
    str | None,
    typer.Argument(
        help="File, glob or table of leads; - for standard input. Default: the leads "
        "of the project."
    ),
]
ScoresOut = Annotated[
    str | None,
    typer.Option(
        help="Result: .csv, .parquet or .xlsx, or a table as the URL of its database or CRM "
        "with ?table=NAME. Default: as in the settings, otherwise scored.csv."
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        metavar=f"[{'|'.join(FORMATS)}]",
        help="File format, or the CRM that imports it. Default: as in the settings, or by "
        "the ending of --out.",
    ),
]
Rejects = Annotated[
    Path | None, typer.Option(help="File for rejected rows. Default: OUT.rejects.csv.")
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict", help="Exit code 3 if any row was rejected; the rest is still delivered."
    ),
]
MaxRejected = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        metavar="SHARE",
        help="Above this share of rejected rows only the rejects are delivered, and the "
        "exit code is 3. Default: as in the settings, otherwise 0.5.",
    ),
]
IfBusy = Annotated[
    Busy, typer.Option(help="When another run is writing to the same place: refuse or wait.")
]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads to use. Default: all cores.")]
BatchRows = Annotated[
    int | None, typer.Option(min=1, help="Leads per batch; a crash costs at most one batch.")
]
Changes = Annotated[
    bool,
    typer.Option(
        "--changes",
        help="Add previous_score and change_reason: what the score was at the last scoring, "
        "and why it changed. For files.",
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Show what would be sent to the CRM that --out names; send nothing."
    ),
]
