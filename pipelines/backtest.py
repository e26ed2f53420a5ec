"""Backtest command: replay the last months and report what monthly retraining was worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.contract.tables import Tables
from features.errors import DataRefused, SettingsError
from features.files import write_file
from features.labels import Labels, read_labelled
from features.language import SOURCE_LANGUAGE, language
from features.own_folders import remove_own
from features.settings.load import load_settings
from features.settings.schema import Settings
from models.artifact.bundle import ModelBundle
from models.promotion.backtest import (
    CANDIDATES,
    POLICIES,
    Month,
    Policy,
    choose_leads,
    choose_months,
    evaluate_month,
    sum_up,
)
from models.promotion.champion_comparison import predict, reads_alike
from pipelines.console import Console, wrap
from pipelines.reading import read_own
from pipelines.replay import FOLDER, Decided, Replay, open_replay, replay_months
from serve.pages.backtest import summarise_backtest
from serve.pages.backtest_page import render_backtest
from serve.runs.locks import lock_folder
from serve.runs.places import refuse_inputs


def run(console: Console, *, config: Path, months: int, out: Path) -> dict[str, Any]:
    """Replay history by the settings.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.
    months : int
        How many months to replay, the newest whose leads have matured.
    out : Path
        The page to write.

    Returns
    -------
    dict
        As shown with --json.
    """
    settings = load_settings(config)
    refuse_inputs(settings, [out])
    console.progress("Reading the tables")
    tables, labels = read_labelled(settings)
    span = choose_span(tables, labels, months)
    with lock_folder(
        settings.home / FOLDER, name="the backtest", if_busy="refuse", progress=console.say
    ):
        replay = open_replay(settings, tables)
        told = f"{span[0][0]:%Y-%m} to {span[-1][0]:%Y-%m}"
        console.progress(f"Replaying {len(span)} months, {told}")
        with console.counting("months replayed", total=len(span)) as advance:
            decided = replay_months(replay, [start for start, _ in span], advance=advance)
        refuse_untrained(decided)
        console.progress("Evaluating each policy on each month's leads")
        found = evaluate_months(replay, tables, labels, span, decided)
        forget_others(replay)
    worth = {way: sum_up(found, way) for way in CANDIDATES}
    console.progress(f"Writing {out}")
    words = settings.words()
    share = settings.gate.top_share
    summary = summarise_backtest(found, worth, top_share=share, language=words)
    page = render_backtest(summary, words, project=settings.project.name)
    write_file(out, page.encode("utf-8"))
    # The terminal speaks English, whatever the page does.
    plain = language(SOURCE_LANGUAGE)
    result = {
        **summarise_backtest(found, worth, top_share=share, language=plain),
        "out": str(out),
        "seconds": console.elapsed(),
    }
    console.result(result, describe(result))
    return result


def choose_span(
    tables: Tables, labels: Labels, months: int
) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """Return the months to replay.

    Raises
    ------
    SettingsError
        When leads or decisions have no times.
    """
    decided = tables.episodes["decision"].notna()
    named = tables.settings.decision.decided_at is not None
    if not tables.timed or tables.as_of is None:
        raise _no_clock("leads have no time of hand-over", "handed_over_at under [leads]")
    if not named or tables.episodes.loc[decided, "decided_at"].isna().all():
        raise _no_clock("decisions have no time", "decided_at under [decision]")
    return choose_months(tables.as_of, labels.matured_after_days or 0.0, months)


def refuse_untrained(decided: Sequence[Decided]) -> None:
    """Refuse a history in which no month had a model that could be put in use."""
    if any(one.champion is not None for one in decided):
        return
    words = language(SOURCE_LANGUAGE)
    reasons = [words.phrase(reason) for reason in decided[-1].reasons]
    raise DataRefused(
        "no model could be trained at the start of any month, so there is nothing to replay",
        where=f"{decided[0].moment:%Y-%m-%d} to {decided[-1].moment:%Y-%m-%d}",
        got=" ".join(reasons),
        next_step="Bring more history, or look at it with leadaccord check",
        code="too_little_history",
    )


def evaluate_months(
    replay: Replay,
    tables: Tables,
    labels: Labels,
    span: Sequence[tuple[pd.Timestamp, pd.Timestamp]],
    decided: Sequence[Decided],
) -> list[Month]:
    """Evaluate each policy on each month's leads."""
    models: dict[Policy, str | None] = dict.fromkeys(POLICIES)
    found = []
    for (start, end), one in zip(span, decided, strict=True):
        models = choose_models(models, one)
        figures = None
        if models["kept"] is not None:
            leads = choose_leads(tables.episodes, labels, start, end)
            scores = score_month(replay, tables, leads, models)
            y = labels.accepted[leads].to_numpy(dtype=np.float64)
            gate, seed = replay.settings.gate, replay.settings.train.seed
            figures = evaluate_month(y, scores, top_share=gate.top_share, seed=seed)
        found.append(Month(start, end, models, one.decision, one.reasons, figures))
    return found


def choose_models(
    before: Mapping[Policy, str | None], decided: Decided
) -> dict[Policy, str | None]:
    """Return the model in use in a month, by way; all begin with the first that is put in use."""
    if before["kept"] is None:
        return dict.fromkeys(POLICIES, decided.champion)
    newest = (decided.version if decided.skilled else None) or before["retrained"]
    return {"kept": before["kept"], "retrained": newest, "gated": decided.champion}


def score_month(
    replay: Replay, tables: Tables, leads: pd.Index, models: Mapping[Policy, str | None]
) -> dict[Policy, np.ndarray]:
    """Return the scores of each policy's model; each model scores the leads once."""
    versions = dict.fromkeys(version for version in models.values() if version is not None)
    said = {
        version: _predict(replay.settings, replay.load(version), tables, leads)
        for version in versions
    }
    return {way: said[version] for way, version in models.items() if version is not None}


def forget_others(replay: Replay) -> None:
    """Remove the months of other data and settings, which nothing will ask for again."""
    for other in replay.folder.parent.iterdir():
        if other != replay.folder:
            remove_own(other)


def _predict(
    settings: Settings, bundle: ModelBundle, tables: Tables, leads: pd.Index
) -> np.ndarray:
    theirs = tables if reads_alike(tables, bundle.table) else read_own(settings, bundle)
    return predict(bundle, theirs, leads)


def describe(result: Mapping[str, Any]) -> list[str]:
    """Return the result as lines for a terminal of 80 columns."""
    lines = [
        f"{'':9} {'':8} AUC with the model    log-loss with the model",
        f"{'month':9} {'leads':>7}  kept  monthly gated    kept  monthly gated   gate",
    ]
    lines += [_row(month) for month in result["months"]]
    lines += ["", *wrap(result["sentence"])]
    for sentence in result["more"]:
        lines += ["", *wrap(sentence)]
    return [*lines, "", *wrap(f"The page with all figures: {result['out']}")]


def _row(month: Mapping[str, Any]) -> str:
    head, figures = f"{month['start'][:7]:9}", month["figures"]
    said = month["decision"] or "refused"
    if figures is None:
        why = month["why"] or "no model yet"
        return f"{head} {'-':>7}  {why}"[:79]
    cells = [
        " ".join(f"{figures['ways'][way][name]['value']:7.3f}" for way in POLICIES)
        for name in ("auc", "log_loss")
    ]
    return f"{head} {figures['leads']:>7,} {cells[0]}  {cells[1]}   {said}"


def _no_clock(what: str, key: str) -> SettingsError:
    return SettingsError(
        f"a backtest needs the times of leads and decisions, and {what}",
        expected=key,
        next_step="Name the column there",
        code="no_clock",
    )
