"""The page's section on the three public files, from the figures measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tests.benchmarks.cases import ORIGINS, SPLIT
from tests.benchmarks.comparison import mean_ranks
from tests.benchmarks.learners import OURS

TITLE = "Three public files, beside the peers"

TITLES = {"xeducation": "X Education", "olist": "Olist, 90 days", "bank": "bank, no duration"}
FIGURES = {"auc": "AUC", "average_precision": "AP", "log_loss": "log-loss", "ece": "ECE"}
HIGHEST_FIRST = {"auc": True, "average_precision": True, "log_loss": False, "ece": False}

ROWS = {
    OURS: "the default model of `leadaccord train`",
    "logistic": "logistic regression, one column per level, levels under 10 leads pooled, C .3",
    "LightGBM defaults": "LightGBM as it comes",
    "LightGBM recipe": "300 trees at rate .03, 15 leaves, 40 leads per leaf, half of the columns "
    "and .8 of the leads per tree, L2 5, cat_smooth 50, cat_l2 50",
    "logistic + trees": "logistic regression (C .1, cross-fitted) as the start of the recipe's "
    "trees, their number chosen on the newest fifth of the training leads",
    "CatBoost": "CatBoost as it comes",
    "EBM": "explainable boosting machine as it comes (interpret-core)",
    "FLAML 60 s": "FLAML with 60 seconds; it searches by its default for two classes, the AUC",
    "AutoGluon good": "AutoGluon, preset good_quality, by log-loss, without stacking and without "
    "the neural networks, which need torch",
}


def render(results: Mapping[str, Any]) -> str:
    """Return the section as Markdown."""
    splits = {case["file"]: case for case in results["cases"] if case["origin"] == SPLIT}
    rolling = [case for case in results["cases"] if case["origin"] != SPLIT]
    parts = [
        f"## {TITLE}",
        _introduce(results),
        "### Oldest 75 % trains, newest 25 % tests",
        *(_describe_split(TITLES[file], case) for file, case in splits.items()),
        "#### Mean over the files",
        _mean_table(splits),
        f"### Rolling origins: {len(rolling)} cases",
        "Trained on the oldest " + ", ".join(map(str, ORIGINS)) + " % of each file, tested on the "
        "next 10 %. The rank is 1 for the best row of a case; ties share. Means over all cases.",
        _rank_table(rolling),
        *_say_unranked(results["cases"], rolling),
        "### Where it is behind, and what it costs",
        _say_behind(splits),
        _say_rank(rolling),
        _say_cost(results["cases"]),
    ]
    return "\n\n".join(parts)


def _introduce(results: Mapping[str, Any]) -> str:
    """Say what is compared and how."""
    there = {name for case in results["cases"] for name in case["rows"]}
    lines = [f"- **{name}**: {text}." for name, text in ROWS.items() if name in there]
    versions = list_versions(results["versions"])
    if results["peer_versions"]:
        versions += f"; in the peers' environment {list_versions(results['peer_versions'])}"
    text = [
        "The files are read by the settings in [examples/](../examples/README.md); columns that "
        "those settings or the leak guards set aside are learned from by no row. Every row gets "
        "the same features, planned on the training leads alone. No row is given what sales "
        "decided on the test leads: that is looked at once, for the figures below. The recipe of "
        f"{OURS} was chosen on the older 75 % of each file and on simulated companies "
        "([decision 0011](decisions/0011-a-line-and-trees.md)). While it was made, the figures of "
        "the newer part were seen for four states of it; they chose none of its settings, but "
        "that two of them did badly there made the search go on.",
        "\n".join(lines),
        f"Seed {results['seed']} for the bootstrap ({results['resamples']:,} resamples) and for "
        f"every row. {results['cores']} cores, {results['threads']} threads for each row. Seconds "
        "are those of fitting and predicting; other work on the machine lengthens them, and "
        f"leaves FLAML less of its 60. Versions: {versions}.",
        "AP is the average precision, log-loss is in nats, ECE is the mean distance between what "
        "was promised and what was accepted, in ten groups of leads.",
    ]
    if results["missing"]:
        text.append(
            f"Not run here: {', '.join(results['missing'])}. `make peers` installs every peer in "
            "an environment of its own; then run `make accuracy` again without PEERS_ONLY."
        )
    return "\n\n".join(text)


def list_versions(versions: Mapping[str, str]) -> str:
    """Return names with their versions."""
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _describe_split(title: str, case: Mapping[str, Any]) -> str:
    """Return one file's table."""
    head = [
        f"#### {title}",
        f"{case['n_train']:,} leads to learn from, {case['train_rate']:.1%} accepted; "
        f"{case['n_test']:,} newer ones to test, {case['test_rate']:.1%} accepted. The last column "
        f"is the 95 % interval of {OURS}'s AUC minus the row's.",
    ]
    body = [
        [
            name,
            *(decimal(row[figure]) for figure in FIGURES),
            format_seconds(row["seconds"]),
            f"{signed(row['low'])} to {signed(row['high'])}" if "low" in row else "",
        ]
        for name, row in case["rows"].items()
    ]
    return "\n\n".join([*head, table(["", *FIGURES.values(), "s", "AUC ahead by"], body)])


def _mean_table(splits: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the mean of each figure over the files, for rows that are there on all."""
    means = mean_figures(list(splits.values()))
    body = [
        [
            name,
            *(decimal(row[figure]) for figure in FIGURES),
            format_seconds(row["seconds"]),
            format_seconds(row["cpu_seconds"]),
        ]
        for name, row in means.items()
    ]
    return table(["", *FIGURES.values(), "s", "CPU s"], body)


def _rank_table(cases: Sequence[Mapping[str, Any]]) -> str:
    """Return the mean ranks and the mean figures over the rolling cases."""
    ranks = {figure: rank_rows(cases, figure) for figure in ("auc", "log_loss")}
    means = mean_figures(cases)
    body = [
        [
            name,
            f"{ranks['auc'][name]:.2f}",
            f"{ranks['log_loss'][name]:.2f}",
            decimal(row["auc"]),
            decimal(row["log_loss"]),
            decimal(row["ece"]),
        ]
        for name, row in means.items()
    ]
    return table(["", "rank by AUC", "rank by log-loss", "AUC", "log-loss", "ECE"], body)


def _say_unranked(
    cases: Sequence[Mapping[str, Any]], rolling: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Name the rows that were not run on all rolling cases."""
    there = {name: None for case in cases for name in case["rows"]}
    lacking = [name for name in there if name not in mean_figures(rolling)]
    return [f"Not run on all of these, so not ranked: {', '.join(lacking)}."] if lacking else []


def mean_figures(cases: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Return the mean of every figure over cases, of the rows that are there in each."""
    names = [name for name in cases[0]["rows"] if all(name in case["rows"] for case in cases)]
    return {
        name: {
            figure: float(np.mean([case["rows"][name][figure] for case in cases]))
            for figure in (*FIGURES, "seconds", "cpu_seconds")
        }
        for name in names
    }


def _say_behind(splits: Mapping[str, Mapping[str, Any]]) -> str:
    """Name the rows that are ahead on the split, and whether chance may explain it."""
    lines = []
    for file, case in splits.items():
        rows, own = case["rows"], case["rows"][OURS]
        by_auc = [name for name in rows if rows[name]["auc"] > own["auc"]]
        by_loss = [name for name in rows if rows[name]["log_loss"] < own["log_loss"]]
        ahead = [
            f"{name} by {rows[name]['auc'] - own['auc']:.4f}"
            + (" (beyond chance)" if rows[name]["high"] < 0 else "")
            for name in sorted(by_auc, key=lambda name: -rows[name]["auc"])
        ]
        losses = [
            f"{name} by {own['log_loss'] - rows[name]['log_loss']:.4f}"
            for name in sorted(by_loss, key=lambda name: rows[name]["log_loss"])
        ]
        lines.append(
            f"- {TITLES[file]}: ahead in AUC: {', '.join(ahead) or 'no row'}; "
            f"in log-loss: {', '.join(losses) or 'no row'}."
        )
    note = "A lead in AUC counts as beyond chance where the interval above lies below zero."
    return "\n".join([*lines, "", note])


def _say_rank(cases: Sequence[Mapping[str, Any]]) -> str:
    """Say which rows have the better mean rank over the rolling cases."""
    lines = []
    for figure in ("auc", "log_loss"):
        ranks = rank_rows(cases, figure)
        ahead = [name for name in sorted(ranks, key=ranks.__getitem__) if ranks[name] < ranks[OURS]]
        lines.append(
            f"- Mean rank by {FIGURES[figure]} over the rolling cases: {ranks[OURS]:.2f} "
            f"among {len(ranks)} rows; better: "
            + (", ".join(f"{name} with {ranks[name]:.2f}" for name in ahead) or "no row")
            + "."
        )
    return "\n".join(lines)


def rank_rows(cases: Sequence[Mapping[str, Any]], figure: str) -> dict[str, float]:
    """Return the mean rank by a figure of the rows that are there in every case."""
    values = [{name: row[figure] for name, row in case["rows"].items()} for case in cases]
    return mean_ranks(values, highest_first=HIGHEST_FIRST[figure])


def _say_cost(cases: Sequence[Mapping[str, Any]]) -> str:
    """Say how long the model took and how long the slowest peers did."""
    seconds = {
        name: [case["rows"][name]["seconds"] for case in cases if name in case["rows"]]
        for name in cases[0]["rows"]
    }
    own = seconds[OURS]
    least, most = format_seconds(min(own)), format_seconds(max(own))
    text = f"{OURS} took {least} to {most} s a case to fit and predict"
    slower = sorted(
        (name for name in seconds if np.mean(seconds[name]) >= 2 * np.mean(own)),
        key=lambda name: -float(np.mean(seconds[name])),
    )
    if slower:
        text += "; on average " + ", ".join(
            f"{name} took {float(np.mean(seconds[name]) / np.mean(own)):.0f} times that"
            for name in slower
        )
    return text + "."


def table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose columns line up, the first to the left."""
    widths = [max(3, *(len(row[i]) for row in [head, *body])) for i in range(len(head))]

    def line(row: Sequence[str]) -> str:
        cells = [
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return "| " + " | ".join(cells) + " |"

    rule = [("-" * (w - 1) + ":") if i else "-" * w for i, w in enumerate(widths)]
    return "\n".join([line(head), "| " + " | ".join(rule) + " |", *(line(row) for row in body)])


def decimal(value: float) -> str:
    """Return a figure between 0 and 1 with four decimals and no leading zero."""
    return f"{value:.4f}".removeprefix("0")


def signed(value: float) -> str:
    """Return a difference with its sign and three decimals."""
    return f"{value:+.3f}".replace("0.", ".", 1)


def format_seconds(value: float) -> str:
    """Return seconds, below ten with one decimal."""
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"
