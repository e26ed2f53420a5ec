"""Commands: one per job, each calling the module that does it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from features.errors import UsageError
from pipelines.console import Console

app = typer.Typer(
    name="leadaccord",
    help="Predicts which marketing leads sales will accept, and shows both teams why.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Config = Annotated[Path, typer.Option("--config", help="The settings file.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="One JSON object on standard output, nothing else there.")
]
AsOfDay = Annotated[
    str | None, typer.Option("--as-of", help="See the world as it stood before this day (UTC).")
]
GateMode = Literal["on", "dry-run", "off"]
SETTINGS_FILE = Path("leadaccord.toml")

Format = Literal["csv", "parquet", "xlsx", "salesforce", "hubspot", "dynamics"]
Busy = Literal["refuse", "wait"]

ALONE = "alone"
"""Tells a command that nothing else runs in its process, which ends with it."""

REJECTED = 3


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the project.")] = Path("leadaccord-demo"),
    leads: Annotated[int, typer.Option(min=1_000, help="Leads to simulate.")] = 30_000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another company.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Simulate a CRM, then check, train, score and report on it."""
    from pipelines import demo as job

    console = Console(as_json=as_json)
    job.run(console, out=out, n_leads=leads, seed=seed)


@app.command()
def init(
    leads: Annotated[Path, typer.Argument(help="Your export of leads: CSV or Parquet.")],
    out: Annotated[Path, typer.Option(help="The settings file to write.")] = SETTINGS_FILE,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at an export and propose a leadaccord.toml for it."""
    from pipelines import init as job

    job.run(Console(as_json=as_json), leads=leads, out=out, force=force)


@app.command()
def check(config: Config = SETTINGS_FILE, as_json: AsJson = False) -> None:
    """Check the data: what is wrong, how often, and what to do."""
    from pipelines import check as job

    job.run(Console(as_json=as_json), config=config)


@app.command()
def train(config: Config = SETTINGS_FILE, as_json: AsJson = False) -> None:
    """Learn from what sales decided, and judge it on newer leads."""
    from pipelines import train as job

    job.run(Console(as_json=as_json), config=config)


@app.command()
def retrain(
    as_of: AsOfDay = None,
    gate: Annotated[
        GateMode | None, typer.Option("--gate", help="Instead of mode under [gate].")
    ] = None,
    if_busy: Annotated[
        Busy, typer.Option(help="While another run retrains the project: refuse, or wait.")
    ] = "refuse",
    config: Config = SETTINGS_FILE,
    as_json: AsJson = False,
) -> None:
    """Train a challenger; promote it over the champion, or hold it."""
    from pipelines import retrain as job

    console = Console(as_json=as_json)
    code = job.run(console, config=config, as_of=as_of, gate=gate, wait=if_busy == "wait")
    raise typer.Exit(code)


@app.command()
def rollback(
    version: Annotated[
        str | None,
        typer.Argument(help="A model's version or number; the one before, if left out."),
    ] = None,
    config: Config = SETTINGS_FILE,
    as_json: AsJson = False,
) -> None:
    """Put an earlier model in use again."""
    from pipelines import rollback as job

    job.run(Console(as_json=as_json), config=config, version=version)


@app.command()
def card(
    version: Annotated[
        str | None,
        typer.Argument(help="A model's version or number; the model in use, if left out."),
    ] = None,
    approved_by: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Note that this person approves the model."),
    ] = None,
    config: Config = SETTINGS_FILE,
    as_json: AsJson = False,
) -> None:
    """Write a model's card: its use, figures, limits and approval."""
    from pipelines import card as job

    job.run(Console(as_json=as_json), config=config, version=version, approved_by=approved_by)


@app.command()
def score(
    context: typer.Context,
    leads: Annotated[
        str | None,
        typer.Argument(
            help="File, glob or table of leads, - for standard input; the project's own if left "
            "out."
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            help="Result: .csv, .parquet or .xlsx, or a table as the URL of its database with "
            "?table=NAME; else as set, or scored.csv."
        ),
    ] = None,
    format: Annotated[
        Format | None,
        typer.Option(
            help="Kind of file, or the CRM whose import takes it; else as set, or by --out."
        ),
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="Where rejected rows go; else OUT.rejects.csv.")
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Exit code 3 if any row was rejected; the rest is delivered all same."
        ),
    ] = False,
    max_rejected: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            help="Above this share of rejected rows nothing but the rejects is delivered, and "
            "the exit code is 3; else as set, or 0.5.",
        ),
    ] = None,
    if_busy: Annotated[
        Busy, typer.Option(help="While another run writes to the same place: refuse, or wait.")
    ] = "refuse",
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads to use; all cores if left out.")
    ] = None,
    batch_rows: Annotated[
        int | None, typer.Option(min=1, help="Leads per batch, the most that a crash costs.")
    ] = None,
    config: Config = SETTINGS_FILE,
    as_json: AsJson = False,
) -> None:
    """Score leads: probability, interval, grade and reasons for each.

    A run that was stopped or killed goes on where it was when the same command is run again.
    """
    if context.obj == ALONE:
        from models.estimator.lightgbm_alone import load_lightgbm

        load_lightgbm()
    from pipelines import score as job

    options = job.Options(
        format=format,
        rejects=rejects,
        max_rejected=max_rejected,
        if_busy=if_busy,
        threads=threads,
        batch_rows=batch_rows,
    )
    result = job.run(Console(as_json=as_json), config=config, leads=leads, out=out, options=options)
    if strict and result["rejected"]:
        raise typer.Exit(REJECTED)


@app.command()
def report(
    out: Annotated[
        Path | None,
        typer.Option(help="The page to write; else report.html, with --lead lead.html."),
    ] = None,
    newest: Annotated[
        int, typer.Option(min=1, help="How many leads to show one by one, the newest.")
    ] = 20_000,
    days: Annotated[
        int, typer.Option(min=1, help="Days that the opening sentence tells of, the last ones.")
    ] = 30,
    workbook: Annotated[
        Path | None, typer.Option(help="Also write an Excel workbook with every lead: .xlsx.")
    ] = None,
    lead: Annotated[
        str | None, typer.Option(metavar="ID", help="Instead, the account of this one lead.")
    ] = None,
    redact: Annotated[
        bool, typer.Option("--redact", help="Leave out the columns of display, and owners.")
    ] = False,
    config: Config = SETTINGS_FILE,
    as_json: AsJson = False,
) -> None:
    """Write the page both teams read: which leads first, and why."""
    if lead is not None:
        if workbook is not None:
            raise UsageError(
                "--lead writes one page and no workbook", next_step="Leave out --workbook"
            )
        from pipelines import report_lead

        page = out or report_lead.PAGE
        report_lead.run(
            Console(as_json=as_json), config=config, lead_id=lead, out=page, redact=redact
        )
        return
    from pipelines import report as job

    out = out or Path("report.html")
    job.run(
        Console(as_json=as_json),
        config=config,
        out=out,
        newest=newest,
        days=days,
        workbook=workbook,
        redact=redact,
    )


@app.command()
def monitor(
    since: Annotated[
        str | None,
        typer.Option(
            help="Look at leads handed over from this day on; since the training if left out."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write a page with the numbers here.")] = None,
    as_of: AsOfDay = None,
    config: Config = SETTINGS_FILE,
    as_json: AsJson = False,
) -> None:
    """Tell whether the model in use still holds; exit code 3 if not."""
    from pipelines import monitor as job

    console = Console(as_json=as_json)
    if job.run(console, config=config, since=since, out=out, as_of=as_of)["alert"]:
        raise typer.Exit(job.ALERT)


@app.command()
def backtest(
    months: Annotated[int, typer.Option(min=2, help="How many months to replay.")] = 12,
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("backtest.html"),
    config: Config = SETTINGS_FILE,
    as_json: AsJson = False,
) -> None:
    """Replay past months: what monthly retraining was worth.

    A run that was stopped or killed goes on where it was when the same command is run again.
    """
    from pipelines import backtest as job

    job.run(Console(as_json=as_json), config=config, months=months, out=out)


@app.command()
def explain(
    lead_id: Annotated[str, typer.Argument(help="The lead's id.")],
    config: Config = SETTINGS_FILE,
    as_json: AsJson = False,
) -> None:
    """Print one lead's account: its score and reasons."""
    from pipelines import explain as job

    job.run(Console(as_json=as_json), config=config, lead_id=lead_id)
