"""Retrain command: train a challenger as of a day, compare it, promote or hold it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from features.checks.tables import check_records, check_tables, refuse
from features.contract.as_of import AsOf, parse_as_of
from features.contract.digest import digest_tables
from features.contract.records import Records, read_records
from features.contract.tables import Tables, complete, outline, read_tables
from features.errors import DataRefused, ModelError, SourceError
from features.files import write_files
from features.labels import Labels, label_tables
from features.language import Phrase, translatable
from features.settings.load import load_settings
from features.settings.schema import Settings
from models.artifact.bundle import ModelBundle
from models.artifact.folder import remove_drafts, save_bundle
from models.evaluation.intervals import Interval
from models.evaluation.probabilities import doubt_probabilities
from models.promotion.champion_comparison import (
    ChampionComparison,
    compare_with_champion,
    reads_alike,
)
from models.promotion.enough_leads import list_lacking
from models.promotion.gate import Case, Verdict, decide
from models.registry.alias import ChampionMovedError
from models.registry.champion import (
    Registered,
    find_champion,
    load_registered,
    models_folder,
    outline_registered,
)
from models.registry.history import begin_attempt, clear_interrupted, end_attempt, lock_home
from models.registry.training_runs import log_refusal
from models.training import Trained, train_model
from pipelines.console import Console
from pipelines.retrain_outcome import Champion, Retraining, describe, list_result
from pipelines.retrain_record import (
    describe_provenance,
    describe_refusal,
    make_run_notes,
    metrics_of_comparison,
    render_pages,
    report_folder,
)
from pipelines.tracking import log_runs
from pipelines.train_record import record_run
from serve.card.store import HTML, card_folder
from serve.pages.decision import WAITING, name_outcome

EXIT_CODES = {"promoted": 0, "refused": 3, "held": 4}

LOST = translatable(
    "The model in use ({version}) cannot be read, so there is nothing to compare with: {why}"
)
MOVED = translatable(
    "During the comparison another model was put in use: {now}. Retrain to be compared with it."
)
NO_MODEL = translatable("no model")
DATA_REFUSED = translatable("The data were refused: {why}")


def run(
    console: Console,
    *,
    config: Path,
    as_of: str | None = None,
    gate: str | None = None,
    wait: bool = True,
) -> int:
    """Retrain by the settings.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.
    as_of : str or None
        The day before which the world is seen; now if None.
    gate : str or None
        "on", "dry-run" or "off" instead of the mode in the settings.
    wait : bool
        Whether to wait for another run that retrains the project, or to refuse.

    Returns
    -------
    int
        The exit code: 0 promoted, 3 the data were refused, 4 the gate held the new model back.
    """
    settings = load_settings(config)
    if gate is not None:
        mode = settings.gate.model_copy(update={"mode": gate})
        settings = settings.model_copy(update={"gate": mode})
    moment = parse_as_of(as_of, now=pd.Timestamp.now("UTC").tz_localize(None).floor("us"))
    with lock_home(settings, wait=wait):
        if clear_interrupted(settings):
            console.progress("Cleared up after a run that was interrupted")
        remove_drafts(models_folder(settings))
        result = _retrain(console, settings, moment)
    if name_outcome(result["decision"], result["challenger"]) != WAITING:
        log_runs(console, settings)
    console.result(result, describe(result))
    return EXIT_CODES[result["decision"]]


def _retrain(console: Console, settings: Settings, as_of: AsOf) -> dict[str, Any]:
    registered = find_champion(settings)
    champion = Champion(registered, None)
    try:
        console.progress(f"Reading the tables as of {as_of.moment:%Y-%m-%d %H:%M}")
        records = read_records(settings, as_of=as_of)
        if lacking := list_lacking_early(settings, registered, records):
            return hold_early(settings, champion, lacking, as_of, seconds=console.elapsed())
        champion = find_model_in_use(settings)
        tables = complete(records)
        labels = label_tables(tables)
        findings = check_tables(tables, labels)
        console.findings([finding for finding in findings if finding.severity != "note"])
        refuse(findings)
        trained = train_model(tables, labels, progress=console.progress)
    except (DataRefused, SourceError) as error:
        console.say(str(error))
        return refuse_data(settings, champion, error, as_of, seconds=console.elapsed())

    console.progress("Storing the model")
    bundle = save_bundle(trained.bundle, models_folder(settings))
    trained = replace(trained, bundle=bundle)
    comparison: ChampionComparison | Phrase | None = None
    if (old := champion.bundle) is not None and old.version != bundle.version:
        console.progress(f"Comparing it with {old.version} on the newest leads, new to both")
        comparison = compare_with(old, settings, tables, labels, as_of)
    verdict = decide(make_case(champion, bundle, comparison), settings.gate)
    made = Retraining(
        settings,
        as_of,
        champion,
        trained,
        tables,
        comparison,
        verdict,
        (*findings, *trained.findings),
    )
    console.progress(f"Recording the decision: {verdict.decision}")
    return record(made, trained, seconds=console.elapsed())


def list_lacking_early(
    settings: Settings, registered: Registered | None, records: Records
) -> tuple[Phrase, ...]:
    """Return why nothing can be decided yet, before activities and further columns are read.

    Raises
    ------
    DataRefused
        When nothing can be decided, and the leads or decisions could not be learned from.

    Notes
    -----
    A gate that is off asks for no comparison, and a model that cannot be read allows none.
    """
    if registered is None or settings.gate.mode == "off":
        return ()
    champion = outline_registered(settings, registered)
    if champion is None:
        return ()
    tables = outline(records)
    labels = label_tables(tables)
    lacking = list_lacking(tables, labels, champion)
    if lacking:
        refuse(check_records(tables, labels))
    return lacking


def find_model_in_use(settings: Settings) -> Champion:
    """Load the model in use; one that cannot be read is reported and not compared with."""
    registered = find_champion(settings)
    if registered is None:
        return Champion(None, None)
    try:
        return Champion(registered, load_registered(settings, registered))
    except ModelError as error:
        gaps = {"version": registered.version or registered.number, "why": str(error)}
        return Champion(registered, None, (Phrase(LOST, gaps),))


def compare_with(
    old: ModelBundle, settings: Settings, tables: Tables, labels: Labels, as_of: AsOf
) -> ChampionComparison | Phrase:
    """Compare a challenger with the model in use on leads new to both."""
    theirs = tables
    if not reads_alike(tables, old.table):
        theirs = read_tables(
            settings, kinds=old.table.kinds, time_formats=old.table.time_formats, as_of=as_of
        )
    return compare_with_champion(tables, labels, old, theirs, seed=settings.train.seed)


def make_case(
    champion: Champion, bundle: ModelBundle, comparison: ChampionComparison | Phrase | None
) -> Case:
    """Return the inputs of the gate's decision on a new model."""
    promised = None
    if champion.bundle is not None:
        promised = Interval(**champion.bundle.figures["judged"]["auc"])
    return Case(
        skill=str(bundle.figures["skill"]),
        comparison=comparison,
        promised_auc=promised,
        doubt=doubt_probabilities(bundle.figures),
        same=champion.bundle is not None and champion.bundle.version == bundle.version,
        notes=champion.notes,
    )


def record(made: Retraining, trained: Trained, *, seconds: float) -> dict[str, Any]:
    """Write the reports, record the run, and put the model in use if it is promoted.

    The move of the alias is the last thing done: a run killed before it changed nothing in use.

    Raises
    ------
    ChampionMovedError
        When the model in use was exchanged while this one was recorded; what was recorded of it
        is marked as interrupted.
    """
    now = find_champion(made.settings)
    made = hold_if_moved(made, now)
    result = list_result(made)
    if made.verdict.decision != "promoted":
        result["in_use"] = None if now is None else now.version
    pages = render_pages(made, result)
    folder = report_folder(made.settings, made.as_of, trained.bundle.version)
    write_files({folder / name: text.encode("utf-8") for name, text in pages.items()})
    registered = made.champion.registered
    if not made.same:
        try:
            registered = _register(made, trained, result, pages)
        except ChampionMovedError:
            # What is written of it promises a move that was not made.
            clear_interrupted(made.settings)
            for name in pages:
                (folder / name).unlink(missing_ok=True)
            with suppress(OSError):  # it stays where there is anything else in it
                folder.rmdir()
            raise
    return {
        **result,
        "registered": None if registered is None else str(registered),
        "report": str(folder / "decision.html"),
        "model_card": str(card_folder(made.settings, trained.bundle.version) / HTML),
        "findings": [finding.to_dict() for finding in made.findings],
        "seconds": seconds,
    }


def hold_if_moved(made: Retraining, now: Registered | None) -> Retraining:
    """Hold a model back that was to replace one which is no longer in use.

    Another home, or a person, may have put another model, `now`, in use while this was judged.
    """
    if made.verdict.decision != "promoted" or now == made.champion.registered:
        return made
    gaps = {"now": Phrase(NO_MODEL) if now is None else str(now)}
    verdict = replace(
        made.verdict, decision="held", reasons=(Phrase(MOVED, gaps), *made.verdict.reasons)
    )
    return replace(made, verdict=verdict)


def _register(
    made: Retraining, trained: Trained, result: dict[str, Any], pages: dict[str, str]
) -> Registered:
    digest = "" if made.tables is None else digest_tables(made.tables)
    attempt = begin_attempt(made.settings)
    registered = record_run(
        made.settings,
        trained,
        provenance=describe_provenance(made, result, digest=digest),
        notes=make_run_notes(
            made, result, attempt=attempt, description=pages["decision.md"], digest=digest
        ),
        more=pages,
        metrics=metrics_of_comparison(made.comparison),
    )
    end_attempt(made.settings)
    return registered


def refuse_data(
    settings: Settings,
    champion: Champion,
    error: DataRefused | SourceError,
    as_of: AsOf,
    *,
    seconds: float,
) -> dict[str, Any]:
    """Record that the data were refused, and why."""
    verdict = Verdict("refused", (*champion.notes, Phrase(DATA_REFUSED, {"why": str(error)})))
    result, pages = _write_without_model(settings, champion, verdict, as_of)
    log_refusal(settings, describe_refusal(result, pages["decision.md"]), pages)
    return {**result, "code": error.code, "seconds": seconds}


def hold_early(
    settings: Settings,
    champion: Champion,
    reasons: tuple[Phrase, ...],
    as_of: AsOf,
    *,
    seconds: float,
) -> dict[str, Any]:
    """Write down that nothing was learned, as nothing could be decided from it.

    It is no run in MLflow, whose import alone takes longer than to find it out.
    """
    verdict = Verdict("held", (*champion.notes, *reasons))
    result, _ = _write_without_model(settings, champion, verdict, as_of)
    return {**result, "seconds": seconds}


def _write_without_model(
    settings: Settings, champion: Champion, verdict: Verdict, as_of: AsOf
) -> tuple[dict[str, Any], dict[str, str]]:
    """Write the pages of a decision without a new model; return it and them."""
    made = Retraining(settings, as_of, champion, None, None, None, verdict, ())
    result = list_result(made)
    pages = render_pages(made, result)
    folder = report_folder(settings, as_of, verdict.decision)
    write_files({folder / name: text.encode("utf-8") for name, text in pages.items()})
    return {**result, "report": str(folder / "decision.html")}, pages
