"""Record of a training: its card, its run and its model in the registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.contract.digest import digest_tables
from features.contract.tables import Tables
from features.own_folders import own_folder
from features.settings.load import settings_to_dict
from features.settings.schema import Settings
from models.artifact.bundle import ModelBundle
from models.artifact.folder import DRAFT_PREFIX
from models.artifact.lead_explanation import explain_leads
from models.registry.champion import Registered, models_folder
from models.registry.training_runs import RunNotes, log_training
from models.training import Trained
from serve.card.provenance import Provenance, Standing, make_provenance
from serve.card.store import (
    describe_data,
    list_software,
    render_card,
    store_card,
    write_record,
)
from serve.scoring.mlflow_model import describe_model


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
    from models.evaluation.plots import draw_explanation, draw_importance, draw_plots

    bundle, figures, models = trained.bundle, trained.bundle.figures, models_folder(settings)
    card = render_card(settings, bundle, provenance, Standing(in_use=provenance.put_in_use))
    store_card(settings, bundle.version, card)
    kept = {**card, **write_record(provenance), **(more or {})}
    # Below the models, where the next run clears up after one that was killed.
    with own_folder(models, DRAFT_PREFIX) as draft:
        folder, served = draft / "run", draft / "served"
        folder.mkdir()
        served.mkdir()
        draw_plots(trained.accepted, trained.probability, figures, folder)
        draw_importance(trained.bundle.importance, folder / "importance.png")
        words = settings.words()
        draw_explanation(explain_leads(bundle, trained.newest, words), folder)
        for name, text in kept.items():
            (folder / name).write_text(text, "utf-8")
        return log_training(
            settings,
            bundle,
            describe_model(settings, bundle, served, handed_over_at=trained.handed_over_at),
            parameters=flatten(settings_to_dict(settings)),
            metrics={**metrics_of(figures), **(metrics or {})},
            tags={"skill": str(figures["skill"]), "split": str(figures["split"])},
            artifacts=folder,
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
