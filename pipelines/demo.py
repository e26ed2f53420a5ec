"""Demo command: a simulated company's CRM, from its export to a report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from features.contract.as_of import parse_as_of
from features.errors import UsageError
from features.files import write_file
from features.simulation.company import simulate
from features.simulation.export import write_world
from pipelines import check, report, score, train, train_outcome
from pipelines.console import Console, wrap
from serve.report.assemble import NEWEST

NEW_LEADS = "data/new_leads.csv"
NEW_DAYS = 30

START, MONTHS = "2024-07-01", 24
TRAINED_ON, EXPORTED_ON = "2026-06-01", "2026-07-01"
"""The model is a month older than the export, so that there is something to monitor and learn."""

SETTINGS = """\
# The simulated company exports its Salesforce: leads, what they did, and what sales decided.

[project]
name = "demo"
language = "en"                        # try "es"

[tables]
leads = "data/leads.csv"
activities = "data/activities/*.csv"
decisions = "data/decisions.csv"
outcomes = "data/outcomes.csv"

[leads]
preset = "salesforce"
id = "Id"
handed_over_at = "MQL_Date__c"
display = ["Company"]
status = "Status"                      # how far sales is with a lead that it has not answered
working = ["Working"]

[decision]
column = "Status"
accepted = ["Qualified"]
rejected = ["Disqualified"]
recycled = ["Recycled"]
decided_at = "CreatedDate"
reason = "Disqualified_Reason__c"
rep = "OwnerId"
id = "LeadId"

[activities]
id = "LeadId"
at = "CreatedDate"
type = "Type"

[outcomes]
id = "LeadId"
opportunity_at = "CreatedDate"
won_at = "CloseDate"
amount = "Amount"
"""


def run(
    console: Console, *, out: Path, n_leads: int, seed: int, spark: bool = False
) -> dict[str, Any]:
    """Simulate a CRM and run the main job on it.

    Parameters
    ----------
    console : Console
    out : Path
        The folder that becomes the project.
    n_leads : int
        Hand-overs to simulate.
    seed : int
    spark : bool
        Whether the newest leads are scored by Spark on this machine.

    Returns
    -------
    dict
        The figures and the files, as shown with --json.

    Raises
    ------
    UsageError
        When the folder holds something else.
    """
    config = out / "leadaccord.toml"
    check_folder(out, config)
    # First, so that a demo that was interrupted is known as one.
    write_file(config, SETTINGS.encode("utf-8"))
    console.progress(f"Simulating two years of a company's CRM: {n_leads:,} leads")
    world = simulate(n_leads=n_leads, seed=seed, start=START, months=MONTHS)
    write_world(world, out)
    # Raw, as a CRM writes it: what is hostile in it is for the reader to take.
    write_file(out / NEW_LEADS, newest_leads(world.leads).to_csv(index=False).encode("utf-8"))

    checked = check.run(console.part(), config=config)
    day = parse_as_of(TRAINED_ON, now=pd.Timestamp(EXPORTED_ON))
    trained = train.run(console.part(), config=config, as_of=day)
    scored = _score_newest(console.part(), config, out, spark=spark)
    page, book = out / "report.html", out / "report.xlsx"
    report.run(console.part(), config=config, out=page, newest=NEWEST, workbook=book)
    result = {
        "out": str(out),
        "leads": checked["leads"],
        "used": checked["used"],
        "model_version": trained["model_version"],
        "skill": trained["skill"],
        "auc": trained["auc"],
        "auc_low": trained["auc_low"],
        "auc_high": trained["auc_high"],
        "scored": scored["scored"],
        "rejected": scored["rejected"],
        "seconds": console.elapsed(),
    }
    lines = [
        *train_outcome.describe(trained),
        "",
        *wrap(
            f"Done in {result['seconds']:.0f} seconds: simulated {checked['leads']:,} hand-overs, "
            f"learned from the {trained['n_train'] + trained['n_test']:,} that were decided by "
            f"{TRAINED_ON}, scored the {scored['scored']:,} of the month after."
        ),
        "",
        f"  settings   {config}",
        f"  leads      {out / 'data'}",
        f"  scores     {scored['out']}",
        f"  report     {page}",
        f"             {book}",
        "",
        f"Open the report in a browser. Next, with the export of {EXPORTED_ON}:",
        "",
        f"  cd {out}",
        "  leadaccord explain LEAD_ID",
        f"  leadaccord monitor --as-of {EXPORTED_ON}",
        f"  leadaccord retrain --as-of {EXPORTED_ON}",
    ]
    console.result(result, lines)
    return result


def _score_newest(console: Console, config: Path, out: Path, *, spark: bool) -> dict[str, Any]:
    leads, scores = str(out / NEW_LEADS), out / "scored.csv"
    if not spark:
        return score.run(console, config=config, leads=leads, out=scores)
    from pipelines import score_spark

    return score_spark.run(
        console, config=config, leads=leads, out=scores, options=score.USUAL, master="local[*]"
    )


def check_folder(out: Path, config: Path) -> None:
    """Refuse a folder that holds anything but an earlier demo, which is replaced."""
    title = SETTINGS.partition("\n")[0]
    ours = config.is_file() and config.read_bytes().startswith(title.encode("utf-8"))
    if out.is_dir() and any(out.iterdir()) and not ours:
        raise UsageError(
            "the folder for the demo is not empty",
            where=str(out),
            next_step="Name a new folder with --out",
        )


def newest_leads(leads: pd.DataFrame) -> pd.DataFrame:
    """Return the leads handed over in the last `NEW_DAYS` days of the export, as ops gets them."""
    handed_over = pd.to_datetime(leads["MQL_Date__c"], errors="coerce")
    # The export's last day, not the latest date in it: a few rows are dated far in the future.
    last = handed_over[handed_over <= pd.to_datetime(leads["CreatedDate"]).max()].max()
    newest = handed_over.between(last - pd.Timedelta(days=NEW_DAYS), last)
    return leads[newest]
