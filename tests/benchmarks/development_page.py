"""The page's section on eight more public files, from the figures measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.benchmarks.learners import OURS
from tests.benchmarks.real_files_page import (
    ROWS,
    decimal,
    format_seconds,
    list_versions,
    mean_figures,
    rank_rows,
    signed,
    table,
)

TITLE = "Eight more public files, random quarters"
HELD_OUT = ("extraalearn", "telco_churn")
AUC_NEAR, LOSS_NEAR = 0.003, 0.01
"""What counts as beside the best row: .003 of AUC, 1 % of log-loss."""


def render(results: Mapping[str, Any]) -> str:
    """Return the section as Markdown."""
    cases = results["cases"]
    files = {file: [c for c in cases if c["file"] == file] for file in _files(cases)}
    means = {file: mean_figures(of_file) for file, of_file in files.items()}
    parts = [
        f"## {TITLE}",
        _introduce(results, files),
        "### Mean over the quarters of each file, AUC / log-loss",
        _file_table(means),
        "### Mean ranks",
        _rank_table(cases),
        "### Beside the best row",
        _say_near(means),
    ]
    return "\n\n".join(parts)


def _files(cases: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(case["file"] for case in cases))


def _introduce(results: Mapping[str, Any], files: Mapping[str, Sequence[Any]]) -> str:
    sizes = ", ".join(
        f"{file} {of_file[0]['n_train'] + of_file[0]['n_test']:,}"
        for file, of_file in files.items()
    )
    versions = list_versions(results["versions"])
    if results["peer_versions"]:
        versions += f"; in the peers' environment {list_versions(results['peer_versions'])}"
    text = (
        f"No time is known in these files ({sizes} rows), so random quarters are predicted from "
        f"the other three (seeds {', '.join(map(str, results['seeds']))}). The rows are those "
        "above, with the same features for all. Six of the files were used to choose the recipe; "
        f"{' and '.join(HELD_OUT)} chose nothing ([decision 0038]"
        "(decisions/0038-trees-that-the-table-bears.md)). "
        f"{results['cores']} cores, {results['threads']} threads for each row. "
        f"Versions: {versions}."
    )
    if results["missing"]:
        text += f" Not run: {', '.join(results['missing'])}."
    return text


def _file_table(means: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    names = [name for name in ROWS if all(name in rows for rows in means.values())]
    body = [
        [
            file + (" (held out)" if file in HELD_OUT else ""),
            *(f"{decimal(rows[n]['auc'])} / {decimal(rows[n]['log_loss'])}" for n in names),
            format_seconds(rows[OURS]["cpu_seconds"]),
        ]
        for file, rows in means.items()
    ]
    return table(["", *names, f"CPU s of {OURS}"], body)


def _rank_table(cases: Sequence[Mapping[str, Any]]) -> str:
    ranks = {figure: rank_rows(cases, figure) for figure in ("auc", "log_loss")}
    body = [
        [
            name,
            f"{ranks['auc'][name]:.2f}",
            f"{ranks['log_loss'][name]:.2f}",
            decimal(row["auc"]),
            decimal(row["log_loss"]),
            decimal(row["ece"]),
            format_seconds(row["seconds"]),
        ]
        for name, row in mean_figures(cases).items()
    ]
    head = ["", "rank by AUC", "rank by log-loss", "AUC", "log-loss", "ECE", "s"]
    return table(head, body)


def _say_near(means: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Say of each file how far the model is from the best row, and on how many it is beside it."""
    body, near = [], 0
    for file, rows in means.items():
        best_auc = max(rows, key=lambda name: rows[name]["auc"])
        best_loss = min(rows, key=lambda name: rows[name]["log_loss"])
        behind = rows[OURS]["auc"] - rows[best_auc]["auc"]
        more = rows[OURS]["log_loss"] / rows[best_loss]["log_loss"] - 1
        near += behind >= -AUC_NEAR and more <= LOSS_NEAR
        body.append([file, best_auc, signed(behind), best_loss, f"{more:+.1%}"])
    head = ["", "best by AUC", "AUC ahead by", "best by log-loss", "log-loss more by"]
    said = (
        f"Within {decimal(AUC_NEAR)[:4]} AUC and {LOSS_NEAR:.0%} log-loss of the best row on "
        f"{near} of {len(means)} files."
    )
    return f"{table(head, body)}\n\n{said}"
