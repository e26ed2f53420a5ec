"""Model folder: text, JSON and Parquet with a manifest of checksums; no pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from features.errors import DestinationError, ModelError
from features.matrix.feature_table import FORMAT as FEATURE_FORMAT
from features.matrix.feature_table import FeatureTable
from features.own_folders import own_folder, remove_left_over
from features.stored_json import parse_json
from models.artifact.bundle import ModelBundle, ModelOutline
from models.artifact.reference import Reference
from models.artifact.training_membership import TrainingMembership
from models.artifact.tree_text import check_trees
from models.estimator.lead_quality import LeadQualityModel
from models.reasons.acceptance_by_value import Statistics

FORMAT = 3
MANIFEST = "manifest.json"
DRAFT_PREFIX = ".writing-"
TREES = "trees.txt"
MODEL = "model.json"
FEATURES = "features.json"
STATISTICS = "statistics.parquet"
FIGURES = "figures.json"
REFERENCE = "reference.json"
SEEN = "seen.parquet"
PARTS = (TREES, MODEL, FEATURES, STATISTICS, FIGURES, REFERENCE, SEEN)


def save_bundle(bundle: ModelBundle, models: Path) -> ModelBundle:
    """Write a model into a folder named by its version.

    Parameters
    ----------
    bundle : ModelBundle
    models : Path
        The folder that holds a project's models; made if it is not there.

    Returns
    -------
    ModelBundle
        The same with its version. The folder ``models / version`` appears whole or not at all;
        saving the same model twice changes nothing, except that it mends a damaged folder.

    Raises
    ------
    DestinationError
        When the folder cannot be written.
    """
    try:
        with own_folder(models, DRAFT_PREFIX) as draft:
            folder = draft / "model"
            version = _write_parts(bundle, folder)
            target = models / version
            if target.exists() and not _is_whole(target):
                target.rename(draft / "damaged")
            if not target.exists():
                folder.rename(target)
    except OSError as error:
        raise DestinationError(
            "the model cannot be written",
            where=str(models),
            got=error.strerror or str(error),
            next_step="Free space or rights there, or set home under [project]; "
            "the model in use is unchanged",
        ) from error
    return replace(bundle, version=version)


def load_bundle(folder: Path) -> ModelBundle:
    """Read a model and check every byte of it.

    Parameters
    ----------
    folder : Path
        As `save_bundle` made it.

    Raises
    ------
    ModelError
        When a file is missing or changed, or the format is another.
    """
    manifest = _read_manifest(folder)
    for name in PARTS:
        _check_sum(folder / name, manifest["sha256"].get(name))
    rest = _read_json(folder / MODEL)
    table = _read_table(folder)
    statistics = pd.read_parquet(folder / STATISTICS)
    trees = (folder / TREES).read_text("utf-8")
    check_trees(trees, where=str(folder / TREES))
    model = LeadQualityModel.from_stored(trees, rest["model"])
    if model.components_.booster.num_feature() != len(table.features):
        raise ModelError(
            "the trees and the feature table do not belong together",
            where=str(folder),
            got=f"trees over {model.components_.booster.num_feature()} features",
            expected=f"{len(table.features)}",
            next_step="Train again with leadaccord train",
        )
    return ModelBundle(
        model=model,
        table=table,
        statistics=Statistics.from_frame(
            statistics, leads=rest["leads"], accepted=rest["accepted"]
        ),
        # JSON is written with sorted keys; strongest first is what the bundle promises.
        importance=dict(sorted(rest["importance"].items(), key=lambda item: (-item[1], item[0]))),
        figures=_read_json(folder / FIGURES),
        reference=_read_reference(folder / REFERENCE),
        training_membership=TrainingMembership.from_frame(pd.read_parquet(folder / SEEN)),
        version=version_of(manifest["sha256"]),
    )


def load_outline(folder: Path) -> ModelOutline | None:
    """Read what a model is about, which takes no library of trees; None where it is not whole."""
    if not _is_whole(folder):
        return None
    return ModelOutline(_read_table(folder), _read_json(folder / FIGURES))


def _read_table(folder: Path) -> FeatureTable:
    features = _read_json(folder / FEATURES)
    if features.get("format") != FEATURE_FORMAT:
        raise ModelError(
            "the model was made for another feature table",
            where=str(folder),
            got=f"format {features.get('format')}",
            expected=f"format {FEATURE_FORMAT}",
            next_step="Train again with leadaccord train",
        )
    return FeatureTable.from_dict(features)


def version_of(sums: Mapping[str, str]) -> str:
    """Return the version of a model, a hash of its content."""
    together = "".join(f"{name}:{sums[name]};" for name in sorted(sums))
    return "m" + hashlib.sha256(together.encode()).hexdigest()[:12]


def remove_drafts(models: Path) -> None:
    """Remove what an interrupted run left half written."""
    remove_left_over(models, DRAFT_PREFIX)


def find_copy(place: Path, version: str) -> Path | None:
    """Return a whole copy of a model somewhere below a folder, or None."""
    for manifest in sorted(place.rglob(f"{version}/{MANIFEST}")):
        if _is_whole(manifest.parent):
            return manifest.parent
    return None


def _is_whole(folder: Path) -> bool:
    try:
        manifest = _read_manifest(folder)
        for name in PARTS:
            _check_sum(folder / name, manifest["sha256"].get(name))
    except ModelError:
        return False
    return version_of(manifest["sha256"]) == folder.name


def _write_parts(bundle: ModelBundle, folder: Path) -> str:
    folder.mkdir()
    trees, rest = bundle.model.to_stored()
    (folder / TREES).write_text(trees, "utf-8")
    _write_json(
        folder / MODEL,
        {
            "model": rest,
            "importance": dict(bundle.importance),
            "leads": bundle.statistics.leads,
            "accepted": bundle.statistics.accepted,
        },
    )
    _write_json(folder / FEATURES, bundle.table.to_dict())
    bundle.statistics.to_frame().to_parquet(folder / STATISTICS, index=False)
    _write_json(folder / FIGURES, dict(bundle.figures))
    bundle.training_membership.to_frame().to_parquet(folder / SEEN, index=False)
    reference = {} if bundle.reference is None else bundle.reference.to_dict()
    # On one line: hundreds of counts, which nobody reads one by one.
    (folder / REFERENCE).write_text(json.dumps(reference, ensure_ascii=False), "utf-8")
    sums = {name: _sum(folder / name) for name in PARTS}
    _write_json(folder / MANIFEST, {"format": FORMAT, "sha256": sums})
    return version_of(sums)


def _read_manifest(folder: Path) -> dict[str, Any]:
    if not (folder / MANIFEST).is_file():
        raise ModelError(
            "this is not a model folder",
            where=str(folder),
            got=f"no {MANIFEST}",
            next_step="Train with leadaccord train",
        )
    manifest = _read_json(folder / MANIFEST)
    if manifest.get("format") != FORMAT or not isinstance(manifest.get("sha256"), dict):
        raise ModelError(
            "the model folder has another format",
            where=str(folder),
            got=f"format {manifest.get('format')}",
            expected=f"format {FORMAT}",
            next_step="Train again with leadaccord train",
        )
    return manifest


def _check_sum(path: Path, expected: str | None) -> None:
    if not path.is_file():
        raise ModelError(
            f"the model lacks its file {path.name}",
            where=str(path.parent),
            next_step="Restore the folder from a copy, or train again",
        )
    if _sum(path) != expected:
        raise ModelError(
            f"the model's file {path.name} was changed after it was written",
            where=str(path),
            got=f"SHA-256 {_sum(path)[:12]}…",
            expected=f"{str(expected)[:12]}…",
            next_step="Restore the folder from a copy, or train again",
        )


def _sum(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path) from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = parse_json(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(path) from error
    if not isinstance(content, dict):
        raise _unreadable(path)
    return content


def _read_reference(path: Path) -> Reference | None:
    stored = _read_json(path)
    return Reference.from_dict(stored) if stored else None


def _unreadable(path: Path) -> ModelError:
    return ModelError(
        f"the model's file {path.name} cannot be read",
        where=str(path),
        next_step="Restore the folder from a copy, or train again",
    )


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    # Keys keep their order: the strongest topic and the first segment come first.
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
