"""Train command: read, check, label, guard, learn, evaluate, store, and put in use."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from features.checks.tables import check_tables, refuse
from features.contract.digest import digest_tables
from features.contract.tables import Tables
from features.labels import RULES, read_labelled
from features.language import SOURCE_LANGUAGE, Phrase, language
from features.settings.load import load_settings, settings_to_dict
from features.settings.schema import Settings
from features.text import share_digits
from models.artifact.bundle import ModelBundle
from models.artifact.folder import DRAFT_PREFIX, remove_drafts, save_bundle
from models.registry.champion import Registered, models_folder
from models.registry.history import lock_home
from models.registry.training_runs import RunNotes, log_training
from models.training import Trained, train_model
from pipelines.console import Console, wrap
from pipelines.tracking import log_runs
from serve.card.provenance import Provenance, Standing, make_provenance
from serve.card.store import (
    HTML,
    card_folder,
    describe_data,
    list_software,
    render_card,
    store_card,
    write_record,
)

SKILL = {
    "good": "Skill: good. Leads can be worked in the order of their scores.",
    "weak": "Skill: weak. The order is only a little better than chance; use it with care.",
    "none": "Skill: none. The order may be no better than chance, so the model is not put in use. "
    "What was known at hand-over may not predict what sales decides.",
}
NO_ORDER = (
    "The leads have no time and no order, so the test leads were drawn at random "
    "(split: shuffled). Expect lower figures on new leads."
)

SHORTER = (
    "Training window: the newest {share:.0%} of the leads. Learning from these alone predicted "
    "newer leads better than learning from all."
)


def run(console: Console, *, config: Path) -> dict[str, Any]:
    """Train a model by the settings.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.

    Returns
    -------
    dict
        The training result, as shown with --json.
    """
    settings = load_settings(config)
    console.progress("Reading the tables")
    tables, labels = read_labelled(settings)

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


def describe_training(
    tables: Tables, bundle: ModelBundle, *, put_in_use: bool
) -> tuple[Provenance, RunNotes]:
    """Return the details of a training for the card and the registry."""
    digest = digest_tables(tables)
    provenance = make_provenance(
        tables.settings,
        job="train",
        as_of=bundle.figures["as_of"],
        digest=digest,
        put_in_use=put_in_use,
        software=list_software(),
    )
    tags = {"leadaccord.job": "train", **describe_data(bundle.figures, digest)}
    return provenance, RunNotes(
        tags=tags, digest=digest, dataset=f"{tables.settings.project.name} leads"
    )


def record_run(
    settings: Settings,
    trained: Trained,
    *,
    provenance: Provenance,
    notes: RunNotes,
    more: Mapping[str, str] | None = None,
    metrics: Mapping[str, float] | None = None,
) -> Registered:
    """Write the model's card, log the run with all it shows, and register the model.

    `trained` is stored already. `more` are texts to keep with the run, by the name of their file.
    """
    from models.evaluation.plots import draw_importance, draw_plots

    bundle, figures, models = trained.bundle, trained.bundle.figures, models_folder(settings)
    card = render_card(settings, bundle, provenance, Standing(in_use=provenance.put_in_use))
    store_card(settings, bundle.version, card)
    kept = {**card, **write_record(provenance), **(more or {})}
    # Below the models, where the next run clears up after one that was killed.
    with tempfile.TemporaryDirectory(dir=models, prefix=DRAFT_PREFIX) as folder:
        draw_plots(trained.accepted, trained.probability, figures, Path(folder))
        draw_importance(trained.bundle.importance, Path(folder) / "importance.png")
        for name, text in kept.items():
            (Path(folder) / name).write_text(text, "utf-8")
        return log_training(
            settings,
            bundle,
            parameters=flatten(settings_to_dict(settings)),
            metrics={**metrics_of(figures), **(metrics or {})},
            tags={"skill": str(figures["skill"]), "split": str(figures["split"])},
            artifacts=Path(folder),
            put_in_use=provenance.put_in_use,
            notes=notes,
        )


def metrics_of(figures: Mapping[str, Any]) -> dict[str, float]:
    """Return the figures that are numbers, and the counts by rule."""
    numbers = {
        name: float(value)
        for name, value in figures.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    for part in figures["judged"]["top"]:
        name = f"precision_top_{round(100 * part['share'])}"
        numbers |= {name: part["precision"]["value"], f"{name}_lift": part["lift"]}
        numbers |= {f"{name}_{end}": part["precision"][end] for end in ("low", "high")}
    return numbers | {f"excluded_{rule}": float(n) for rule, n in figures["excluded"].items()}


def flatten(content: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return nested settings as ``table.key``: text."""
    result: dict[str, str] = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            result |= flatten(value, f"{prefix}{key}.")
        else:
            result[f"{prefix}{key}"] = str(value)[:500]
    return result


def describe(result: Mapping[str, Any]) -> list[str]:
    """Return the training result as lines for a terminal of 80 columns."""
    judged, baseline = result["judged"], result["logistic_regression"]
    best = judged["top"][0]
    digits = share_digits(result["base_rate"])
    newer = "other" if result["split"] == "shuffled" else "newer"
    lines = [
        f"Model {result['model_version']}",
        f"  learned from  {result['n_train']:>9,} leads, {result['train_base_rate']:.1%} accepted",
        f"  judged on     {result['n_test']:>9,} {newer} leads, {result['base_rate']:.1%} accepted",
        "",
        _figure("AUC", judged["auc"], baseline["auc"]["value"]),
        _figure(
            "average precision", judged["average_precision"], baseline["average_precision"]["value"]
        ),
        f"  log-loss              {judged['log_loss']:.3f}  "
        f"(base rate {judged['log_loss_of_base_rate']:.3f}; "
        f"logistic regression {baseline['log_loss']:.3f})",
        f"  calibration error     {judged['ece']:.3f}  "
        f"(by chance alone {judged['ece_by_chance']:.3f})",
        f"  best 10 % of leads    {best['precision']['value']:.{digits}%} accepted, "
        f"{best['lift']:.1f} times the average",
        "",
        *wrap(SKILL[result["skill"]]),
    ]
    if result["split"] == "shuffled":
        lines += wrap(NO_ORDER)
    lines += ["", *wrap(describe_calibration(result["calibration_moved"]))]
    if result["chosen"]["history"] < 1:
        lines += wrap(SHORTER.format(share=result["chosen"]["history"]))
    lines += describe_corrected(result["corrected"])
    lines += describe_excluded(result["excluded"])
    lines += describe_suspects(result["leak_suspects"])
    lines += ["", f"{'In use' if result['in_use'] else 'Stored'}: {result['registered']}"]
    lines += [f"Model card: {result['model_card']}"]
    return lines


def describe_calibration(moved: Mapping[str, Any]) -> str:
    """Return in words how far calibration moved the probabilities."""
    # Plus 0, so that no move at all is never written -0.0.
    points = round(100 * (moved["after"] - moved["before"]), 1) + 0.0
    return (
        f"Calibration: of the {moved['leads']:,} {'newest ' if moved['newest'] else ''}leads it "
        "rests on, sales accepted "
        f"{moved['accepted']:.1%}; uncalibrated, the model expected {moved['before']:.1%}. "
        f"Their mean probability was moved by {points:+.1f} points, to {moved['after']:.1%}."
    )


def describe_corrected(count: int) -> list[str]:
    """Return how many decisions count as the teams corrected them, as lines."""
    if not count:
        return []
    what = "decision was" if count == 1 else "decisions were"
    return ["", f"{count:,} {what} corrected by the teams"]


def describe_excluded(excluded: Mapping[str, int]) -> list[str]:
    """Return the rows each rule removed, as lines."""
    lines = ["", "Leads not used, by rule"]
    lines += [f"  {count:>9,}  {RULES[rule]}" for rule, count in excluded.items() if count]
    return lines if len(lines) > 2 else ["", "Leads not used: none"]


def spell_out(suspect: Mapping[str, Any]) -> dict[str, Any]:
    """Return a leak suspect with its evidence as a sentence in English, as the terminal is."""
    evidence = Phrase.from_dict(suspect["evidence"])
    return {**suspect, "evidence": language(SOURCE_LANGUAGE).phrase(evidence)}


def describe_suspects(suspects: list[dict[str, Any]]) -> list[str]:
    """Return the leak suspects as lines."""
    if not suspects:
        return []
    lines = ["", "Columns that may know the answer"]
    for suspect in suspects:
        word = "not learned from" if suspect["action"] == "quarantined" else "asked about"
        lines += wrap(f"{suspect['column']} ({word}): {suspect['evidence']}", indent="  ")
    return lines


def _figure(name: str, interval: Mapping[str, float], baseline: float) -> str:
    return (
        f"  {name:20}  {interval['value']:.3f}  (95 %: {interval['low']:.3f} to "
        f"{interval['high']:.3f}; logistic regression {baseline:.3f})"
    )
