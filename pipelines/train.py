"""Train command: read, check, label, guard, learn, evaluate, store, and put in use."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from features.checks.tables import check_tables, refuse
from features.contract.as_of import AsOf
from features.labels import read_labelled
from features.settings.load import load_settings
from models.artifact.folder import remove_drafts, save_bundle
from models.registry.champion import find_champion, models_folder
from models.registry.history import lock_home
from models.registry.store import uses_file
from models.training import train_model
from pipelines.console import Console
from pipelines.tracking import log_runs
from pipelines.train_outcome import describe, spell_out
from pipelines.train_record import describe_training, record_run
from serve.card.store import (
    HTML,
    card_folder,
)


def run(console: Console, *, config: Path, as_of: AsOf | None = None) -> dict[str, Any]:
    """Train a model by the settings.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.
    as_of : AsOf, optional
        Learn only from what was dated before this moment; from everything if left out.

    Returns
    -------
    dict
        The training result, as shown with --json.
    """
    settings = load_settings(config)
    if not uses_file():
        # A server that is away is better known of before learning than after it.
        find_champion(settings)
    console.progress("Reading the tables")
    tables, labels = read_labelled(settings, as_of)

    console.progress("Checking the data")
    findings = check_tables(tables, labels)
    console.findings([finding for finding in findings if finding.severity != "note"])
    refuse(findings)

    trained = train_model(tables, labels, progress=console.progress)

    console.progress("Storing the model")
    # A retraining of the same project must not find its drafts gone, nor lose its champion.
    with lock_home(settings, wait=True):
        remove_drafts(models_folder(settings))
        bundle = save_bundle(trained.bundle, models_folder(settings))
        in_use = bundle.figures["skill"] != "none"
        provenance, notes = describe_training(tables, bundle, put_in_use=in_use)
        registered = record_run(
            settings, replace(trained, bundle=bundle), provenance=provenance, notes=notes
        )

    result = {
        "model_version": bundle.version,
        **bundle.figures,
        "leak_suspects": [spell_out(suspect) for suspect in bundle.figures["leak_suspects"]],
        "in_use": in_use,
        "registered": f"{registered.name} version {registered.number}",
        "model_card": str(card_folder(settings, bundle.version) / HTML),
        "findings": [finding.to_dict() for finding in (*findings, *trained.findings)],
        "seconds": console.elapsed(),
    }
    log_runs(console, settings)
    console.result(result, describe(result))
    return result
