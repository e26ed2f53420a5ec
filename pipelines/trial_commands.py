"""Trial commands: plan, assign and read, each calling the function that does it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from pipelines.invocation import Invocation
from pipelines.options import AsJson, Config, Leads, Quiet

trial = typer.Typer(
    name="trial",
    help="Find out whether working by the score pays: plan, assign, read.",
    rich_markup_mode=None,
)

Name = Annotated[
    str, typer.Argument(help="The trial: small letters, digits and hyphens, such as autumn-2026.")
]

Days = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1_000,
        help="Days from hand-over within which it has to. Default: by when it usually has.",
    ),
]
Effect = Annotated[
    float | None,
    typer.Option(
        min=0.0001,
        max=1,
        help="The smallest rise worth finding; 0.05 is five points. Default: a tenth of "
        "today's share.",
    ),
]


@trial.command()
def plan(
    name: Name,
    outcome: Annotated[
        Literal["accepted", "opportunity", "won"],
        typer.Option(help="What has to become of a lead."),
    ] = "opportunity",
    days: Days = None,
    effect: Effect = None,
    share: Annotated[
        float, typer.Option(min=0.05, max=0.95, help="Of leads that are worked by the score.")
    ] = 0.5,
    start: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="DAY",
            help="The first day of hand-over that counts. Default: next Monday.",
        ),
    ] = None,
    models: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="FIRST SECOND",
            help="Compare the scores of two models, by version, instead of a hold-out.",
        ),
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Plan a trial on one page that both teams sign."""
    from pipelines import trial as job

    command = Invocation("trial plan", as_json=as_json, quiet=quiet, config=config)
    found = command.find_settings()
    result = job.plan(
        command.console,
        config=found,
        name=name,
        outcome=outcome,
        days=days,
        effect=effect,
        share=share,
        start=None if start is None else start.date(),
        models=models,
    )
    command.finish(result)


@trial.command()
def assign(
    name: Name,
    leads: Leads = None,
    out: Annotated[
        Path, typer.Option(help="The file of groups to write: .csv, .parquet or .xlsx.")
    ] = Path("groups.csv"),
    config: Config = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write the group of each lead, the same on every machine."""
    from pipelines import trial as job

    command = Invocation("trial assign", as_json=as_json, quiet=quiet, config=config)
    found = command.find_settings()
    command.finish(job.assign(command.console, config=found, name=name, leads=leads, out=out))


@trial.command()
def read(
    name: Name,
    groups: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Leads with the group that they were worked in, to be checked: columns "
            "lead_id and group.",
        ),
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say what the trial shows so far, as often as you like."""
    from pipelines import trial as job

    command = Invocation("trial read", as_json=as_json, quiet=quiet, config=config)
    found = command.find_settings()
    command.finish(job.read(command.console, config=found, name=name, groups=groups))
