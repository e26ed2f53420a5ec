"""Storage: a model comes back as it was, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.errors import DestinationError, ModelError
from features.own_folders import make_own
from models.artifact.bundle import ModelBundle
from models.artifact.folder import (
    DRAFT_PREFIX,
    FEATURES,
    MANIFEST,
    MODEL,
    PARTS,
    load_bundle,
    remove_drafts,
    save_bundle,
    version_of,
)
from tests.trained import draw_tables, train, train_once


@pytest.fixture
def bundle() -> ModelBundle:
    return train_once()[1].bundle


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def matrix() -> np.ndarray:
    tables, trained = train_once()
    return trained.bundle.table.encode(trained.bundle.table.compute(tables))


def seal(folder: Path) -> None:
    """Make the manifest fit the files, as somebody would who changes them on purpose."""
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in PARTS}
    (folder / MANIFEST).write_text(json.dumps({"format": 3, "sha256": sums}))


def test_a_stored_model_predicts_bit_for_bit_the_same(bundle: ModelBundle, tmp_path: Path) -> None:
    saved = save_bundle(bundle, tmp_path)
    loaded = load_bundle(tmp_path / saved.version)
    rows = matrix()
    for method in ("log_odds", "predict_proba", "predict_interval", "contributions"):
        before, after = getattr(bundle.model, method)(rows), getattr(loaded.model, method)(rows)
        assert np.asarray(before).tobytes() == np.asarray(after).tobytes()
    assert loaded.version == saved.version
    assert loaded.table == bundle.table
    assert json.dumps(loaded.figures) == json.dumps(bundle.figures)
    assert loaded.average_log_odds == bundle.average_log_odds
    assert list(loaded.importance.items()) == list(bundle.importance.items())
    pd.testing.assert_frame_equal(loaded.statistics.to_frame(), bundle.statistics.to_frame())
    pd.testing.assert_frame_equal(
        loaded.training_membership.to_frame(), bundle.training_membership.to_frame()
    )


def test_saving_twice_changes_nothing(bundle: ModelBundle, tmp_path: Path) -> None:
    first = save_bundle(bundle, tmp_path)
    before = content(tmp_path)
    assert save_bundle(bundle, tmp_path).version == first.version
    assert content(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == [first.version]


def test_a_loaded_model_is_saved_as_the_same_bytes(bundle: ModelBundle, tmp_path: Path) -> None:
    version = save_bundle(bundle, tmp_path / "a").version
    again = save_bundle(load_bundle(tmp_path / "a" / version), tmp_path / "b")
    assert again.version == version
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_the_same_leads_give_the_same_folder_at_any_time(tmp_path: Path) -> None:
    tables = draw_tables()
    later = replace(draw_tables(), now=tables.now + pd.Timedelta(days=400))
    for name, each in (("a", tables), ("b", later)):
        save_bundle(train(each).bundle, tmp_path / name)
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_other_leads_give_another_version(bundle: ModelBundle, tmp_path: Path) -> None:
    other = train(draw_tables(seed=4)).bundle
    assert save_bundle(other, tmp_path).version != save_bundle(bundle, tmp_path).version
    assert len(list(tmp_path.iterdir())) == 2


def test_the_version_is_made_of_the_content_alone() -> None:
    sums = {"b": "2", "a": "1"}
    assert version_of(sums) == version_of(dict(reversed(sums.items())))
    assert re.fullmatch(r"m[0-9a-f]{12}", version_of(sums))
    assert version_of(sums) != version_of({"a": "1", "b": "3"})


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("place", [0.0, 0.5, 0.999])
def test_one_changed_byte_is_noticed(
    bundle: ModelBundle, tmp_path: Path, name: str, place: float
) -> None:
    folder = tmp_path / save_bundle(bundle, tmp_path).version
    damaged = bytearray((folder / name).read_bytes())
    damaged[int(place * len(damaged))] ^= 1
    (folder / name).write_bytes(damaged)
    with pytest.raises(ModelError, match=f"(?i)file {name} was changed after it was written"):
        load_bundle(folder)


@pytest.mark.parametrize("name", PARTS)
def test_a_lost_file_is_noticed(bundle: ModelBundle, tmp_path: Path, name: str) -> None:
    folder = tmp_path / save_bundle(bundle, tmp_path).version
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"(?i)lacks its file {name}.*train again"):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "manifest.json cannot be read"),
        ("[1]", "manifest.json cannot be read"),
        ("{", "manifest.json cannot be read"),
        ("\x00\x01", "manifest.json cannot be read"),
        ('{"format": 3}', "another format"),
        ('{"format": 99, "sha256": {}}', "Got format 99, expected format 3"),
        ('{"format": 3, "sha256": {}}', "was changed after it was written"),
    ],
)
def test_a_changed_manifest_is_noticed(
    bundle: ModelBundle, tmp_path: Path, text: str, message: str
) -> None:
    folder = tmp_path / save_bundle(bundle, tmp_path).version
    (folder / MANIFEST).write_text(text)
    with pytest.raises(ModelError, match=message):
        load_bundle(folder)


def test_a_folder_that_is_no_model_is_told_so(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ModelError, match=r"not a model folder.*leadaccord train"):
            load_bundle(folder)


def test_a_model_of_another_feature_table_is_refused(bundle: ModelBundle, tmp_path: Path) -> None:
    folder = tmp_path / save_bundle(bundle, tmp_path).version
    features = json.loads((folder / FEATURES).read_text())
    (folder / FEATURES).write_text(json.dumps({**features, "format": 0}))
    seal(folder)
    with pytest.raises(ModelError, match=r"another feature table.*Got format 0, expected format"):
        load_bundle(folder)


def test_trees_over_other_features_are_refused(bundle: ModelBundle, tmp_path: Path) -> None:
    folder = tmp_path / save_bundle(bundle, tmp_path).version
    features = json.loads((folder / FEATURES).read_text())
    (folder / FEATURES).write_text(json.dumps({**features, "features": features["features"][:-1]}))
    seal(folder)
    with pytest.raises(ModelError, match="do not belong together"):
        load_bundle(folder)


@pytest.mark.parametrize("part", ["recipe", "linear", "calibration"])
@pytest.mark.parametrize("older", [None, {"trees": 300, "method": "platt"}])
def test_a_model_of_another_make_is_refused(
    bundle: ModelBundle, tmp_path: Path, part: str, older: dict[str, object] | None
) -> None:
    folder = tmp_path / save_bundle(bundle, tmp_path).version
    content = json.loads((folder / MODEL).read_text())
    if older is None:
        del content["model"][part]
    else:
        content["model"][part] = older
    (folder / MODEL).write_text(json.dumps(content))
    seal(folder)
    with pytest.raises(ModelError, match=r"cannot be read by this version.*leadaccord train"):
        load_bundle(folder)


def test_saving_mends_a_damaged_folder(bundle: ModelBundle, tmp_path: Path) -> None:
    version = save_bundle(bundle, tmp_path).version
    before = content(tmp_path)
    (tmp_path / version / MODEL).write_text("{}")
    save_bundle(bundle, tmp_path)
    assert content(tmp_path) == before


def test_what_an_interrupted_run_left_is_removed(bundle: ModelBundle, tmp_path: Path) -> None:
    version = save_bundle(bundle, tmp_path).version
    left, lock = make_own(tmp_path, DRAFT_PREFIX)
    lock.release()
    (left / "model").mkdir()
    (left / "model" / MODEL).write_text("{")
    (tmp_path / ".writing-abc").mkdir()  # somebody else's
    remove_drafts(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".writing-abc", version]
    remove_drafts(tmp_path / "nowhere")


def test_a_place_that_is_no_folder_is_told(bundle: ModelBundle, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("in the way")
    with pytest.raises(DestinationError, match=r"cannot be written.*model in use is unchanged"):
        save_bundle(bundle, tmp_path / "models")
    assert (tmp_path / "models").read_text() == "in the way"


def test_a_full_disk_leaves_nothing_half_written(bundle: ModelBundle, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    save_bundle(bundle, tmp_path / "whole")
    largest = max(len(data) for data in content(tmp_path / "whole").values())
    # A limit on the size of a file stops writing in the middle, as a full disk does.
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest - 1, before[1]))
    try:
        with pytest.raises(DestinationError, match=r"model cannot be written.*Got File too large"):
            save_bundle(bundle, tmp_path / "models")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_folder_without_rights_is_told(bundle: ModelBundle, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir(mode=0o500)
    with pytest.raises(DestinationError, match="Permission denied"):
        save_bundle(bundle, tmp_path / "models")


def test_loading_runs_nothing_that_is_stored(bundle: ModelBundle, tmp_path: Path) -> None:
    folder = tmp_path / save_bundle(bundle, tmp_path).version
    assert sorted(path.name for path in folder.iterdir()) == sorted([*PARTS, MANIFEST])
    assert all(b"pickle" not in data.lower() for data in content(folder).values())
    load_bundle(folder)  # so that what follows imports nothing
    seen: list[str] = []
    watching = [True]

    def watch(event: str, _: tuple[object, ...]) -> None:
        if watching[0] and event in ("pickle.find_class", "exec", "compile"):
            seen.append(event)

    # A hook cannot be taken back, only told to look away.
    sys.addaudithook(watch)
    try:
        load_bundle(folder)
    finally:
        watching[0] = False
    assert seen == []


def test_a_folder_may_be_copied_elsewhere(bundle: ModelBundle, tmp_path: Path) -> None:
    version = save_bundle(bundle, tmp_path).version
    shutil.copytree(tmp_path / version, tmp_path / "copy of a model")
    assert load_bundle(tmp_path / "copy of a model").version == version


def test_figures_hold_no_clock_and_are_plain(bundle: ModelBundle, tmp_path: Path) -> None:
    folder = tmp_path / save_bundle(bundle, tmp_path).version
    text = json.dumps(bundle.figures, allow_nan=False)
    today = pd.Timestamp.now()
    for data in (text, *(data.decode("latin-1") for data in content(folder).values())):
        assert f"{today:%Y-%m-%d}" not in data
        assert str(tmp_path) not in data
    assert "seconds" not in bundle.figures
