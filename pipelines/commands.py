"""Commands: one per job, each calling the module that does it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.errors import UsageError
from pipelines.invocation import Invocation
from pipelines.options import (
    AsJson,
    AsOfDay,
    BatchRows,
    Busy,
    Changes,
    Config,
    DryRun,
    Engine,
    Format,
    GateMode,
    IfBusy,
    LeadId,
    Leads,
    Master,
    MaxRejected,
    Quiet,
    Rejects,
    ScoresOut,
    Strict,
    Threads,
)
from pipelines.settings_file import SETTINGS_FILE
from pipelines.trial_commands import trial

app = typer.Typer(
    name="leadaccord",
    help="Predicts which marketing leads sales will accept, and shows both teams why.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(trial)

REJECTED = 3


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"leadaccord {version('leadaccord')}")
        raise typer.Exit


@app.callback()
def leadaccord(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_show_version, help="Print the version and leave."
        ),
    ] = False,
) -> None:
    """Predicts which marketing leads sales will accept, and shows both teams why."""


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the project.")] = Path("leadaccord-demo"),
    leads: Annotated[int, typer.Option(min=1_000, help="Leads to simulate.")] = 30_000,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of the simulation; another seed gives another company.")
    ] = 20,
    engine: Engine = "local",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Simulate a CRM, then check, train, score and report on it."""
    from pipelines import demo as job

    command = Invocation("demo", as_json=as_json, quiet=quiet)
    spark = engine == "spark"
    result = job.run(command.console, out=out, n_leads=leads, seed=seed, spark=spark)
    command.finish(result)


@app.command()
def init(
    leads: Annotated[Path, typer.Argument(help="Your export of leads: CSV or Parquet.")],
    out: Annotated[Path, typer.Option(help="The settings file to write.")] = SETTINGS_FILE,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; what is unclear is listed.")] = (
        False
    ),
    decision: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column with what sales decided.")
    ] = None,
    hand_over: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column with the time of hand-over.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Look at an export and propose a leadaccord.toml for it."""
    from pipelines import init as job

    command = Invocation("init", as_json=as_json, quiet=quiet)
    result = job.run(
        command.console,
        leads=leads,
        out=out,
        force=force,
        yes=yes,
        decision=decision,
        hand_over=hand_over,
    )
    command.finish(result)


@app.command()
def check(config: Config = None, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Check the data: what is wrong, how often, and what to do."""
    from pipelines import check as job

    command = Invocation("check", as_json=as_json, quiet=quiet, config=config)
    command.finish(job.run(command.console, config=command.find_settings()))


@app.command()
def train(config: Config = None, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Learn from sales' decisions and evaluate on newer leads."""
    from pipelines import train as job

    command = Invocation("train", as_json=as_json, quiet=quiet, config=config)
    command.finish(job.run(command.console, config=command.find_settings()))


@app.command()
def retrain(
    as_of: AsOfDay = None,
    gate: Annotated[
        GateMode | None, typer.Option("--gate", help="Overrides mode under [gate].")
    ] = None,
    if_busy: Annotated[
        Busy, typer.Option(help="When another run is retraining the project: refuse or wait.")
    ] = "refuse",
    config: Config = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Train a challenger; promote it over the champion, or hold it."""
    from pipelines import retrain as job

    command = Invocation("retrain", as_json=as_json, quiet=quiet, config=config)
    found, wait = command.find_settings(), if_busy == "wait"
    code = job.run(command.console, config=found, as_of=as_of, gate=gate, wait=wait)
    command.finish({"decision": "held" if code else "promoted"})
    raise typer.Exit(code)


@app.command()
def rollback(
    version: Annotated[
        str | None,
        typer.Argument(help="A model's version or number. Default: the one before."),
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Put an earlier model in use again."""
    from pipelines import rollback as job

    command = Invocation("rollback", as_json=as_json, quiet=quiet, config=config)
    command.finish(job.run(command.console, config=command.find_settings(), version=version))


@app.command()
def card(
    version: Annotated[
        str | None,
        typer.Argument(help="A model's version or number. Default: the model in use."),
    ] = None,
    approved_by: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Record that this person approves the model."),
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a model's card: its use, figures, limits and approval."""
    from pipelines import card as job

    command = Invocation("card", as_json=as_json, quiet=quiet, config=config)
    found = command.find_settings()
    command.finish(job.run(command.console, config=found, version=version, approved_by=approved_by))


@app.command()
def score(
    leads: Leads = None,
    out: ScoresOut = None,
    format: Format = None,
    rejects: Rejects = None,
    strict: Strict = False,
    max_rejected: MaxRejected = None,
    if_busy: IfBusy = "refuse",
    threads: Threads = None,
    batch_rows: BatchRows = None,
    changes: Changes = False,
    dry_run: DryRun = False,
    engine: Engine = "local",
    master: Master = None,
    config: Config = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Score leads: probability, interval, grade and reasons for each.

    A run that was stopped or killed resumes where it was when the same command is run again.
    """
    from pipelines import score as job
    from pipelines.scoring_run import Options

    options = Options(
        format=format,
        rejects=rejects,
        max_rejected=max_rejected,
        if_busy=if_busy,
        threads=threads,
        batch_rows=batch_rows,
        changes=changes,
        dry_run=dry_run,
    )
    command = Invocation("score", as_json=as_json, quiet=quiet, config=config)
    found = command.find_settings()
    if engine == "spark":
        from pipelines import score_spark

        result = score_spark.run(
            command.console, config=found, leads=leads, out=out, options=options, master=master
        )
    elif master is not None:
        raise UsageError("--master is for Spark", next_step="Add --engine spark, or leave it out")
    else:
        result = job.run(command.console, config=found, leads=leads, out=out, options=options)
    command.finish(result)
    if strict and (result["rejected"] or (result["crm"] or {}).get("refused")):
        raise typer.Exit(REJECTED)


@app.command()
def report(
    out: Annotated[
        Path | None,
        typer.Option(help="The page to write. Default: report.html, or lead.html with --lead."),
    ] = None,
    newest: Annotated[
        int, typer.Option(min=1, help="How many leads to show one by one, the newest.")
    ] = 20_000,
    days: Annotated[
        int,
        typer.Option(
            min=1, max=36_500, help="How many of the latest days the opening sentence covers."
        ),
    ] = 30,
    workbook: Annotated[
        Path | None, typer.Option(help="Also write an Excel workbook with every lead: .xlsx.")
    ] = None,
    lead: Annotated[
        str | None, typer.Option(metavar="ID", help="Write a page about this lead only.")
    ] = None,
    redact: Annotated[
        bool, typer.Option("--redact", help="Leave out owners and the columns named by display.")
    ] = False,
    config: Config = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write the page both teams read: which leads first, and why."""
    command = Invocation("report", as_json=as_json, quiet=quiet, config=config)
    if lead is not None:
        if workbook is not None:
            raise UsageError(
                "--lead writes one page and no workbook", next_step="Leave out --workbook"
            )
        from pipelines import report_lead

        page = out or report_lead.PAGE
        found = command.find_settings()
        result = report_lead.run(
            command.console, config=found, lead_id=lead, out=page, redact=redact
        )
        command.finish(result)
        return
    from pipelines import report as job

    out = out or Path("report.html")
    result = job.run(
        command.console,
        config=command.find_settings(),
        out=out,
        newest=newest,
        days=days,
        workbook=workbook,
        redact=redact,
    )
    command.finish(result)


@app.command()
def monitor(
    since: Annotated[
        str | None,
        typer.Option(
            help="Monitor leads handed over from this day on. Default: since the training."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write a page with the numbers here.")] = None,
    as_of: AsOfDay = None,
    config: Config = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Check whether the model in use still holds; exit code 5 if not."""
    from pipelines import monitor as job

    command = Invocation("monitor", as_json=as_json, quiet=quiet, config=config)
    found = command.find_settings()
    result = job.run(command.console, config=found, since=since, out=out, as_of=as_of)
    command.finish(result)
    if result["alert"]:
        raise typer.Exit(job.ALERT)


@app.command()
def backtest(
    months: Annotated[int, typer.Option(min=2, help="How many months to replay.")] = 12,
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("backtest.html"),
    config: Config = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Replay past months and report what monthly retraining was worth.

    A run that was stopped or killed resumes where it was when the same command is run again.
    """
    from pipelines import backtest as job

    command = Invocation("backtest", as_json=as_json, quiet=quiet, config=config)
    found = command.find_settings()
    command.finish(job.run(command.console, config=found, months=months, out=out))


@app.command()
def capacity(
    leads_per_week: Annotated[
        float | None,
        typer.Option(min=0.1, help="Leads that sales can work in a week; overrides [capacity]."),
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say which score fills sales' week, and what that brings."""
    from pipelines import capacity as job

    command = Invocation("capacity", as_json=as_json, quiet=quiet, config=config)
    found = command.find_settings()
    command.finish(job.run(command.console, config=found, leads=leads_per_week))


@app.command()
def explain(
    lead_id: LeadId,
    config: Config = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Print one lead's score and reasons."""
    from pipelines import explain as job

    command = Invocation("explain", as_json=as_json, quiet=quiet, config=config)
    command.finish(job.run(command.console, config=command.find_settings(), lead_id=lead_id))


@app.command()
def forget(
    lead_id: LeadId,
    config: Config = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Remove what is kept of one lead."""
    from pipelines import forget as job

    command = Invocation("forget", as_json=as_json, quiet=quiet, config=config)
    command.finish(job.run(command.console, config=command.find_settings(), lead_id=lead_id))
