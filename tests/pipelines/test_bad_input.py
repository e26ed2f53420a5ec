"""What users get wrong: answered in words, with exit code 2 or 3, and nothing is changed."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.pipelines.conftest import Leadaccord, Project, Run

SETTINGS = """\
[tables]
leads = "leads.csv"

[leads]
id = "id"
handed_over_at = "at"

[decision]
column = "said"
accepted = ["yes"]
rejected = ["no"]
matured_after_days = 0
"""
Snapshot = Callable[[Path], dict[str, bytes]]


def make_leads(n: int = 300) -> pd.DataFrame:
    """Leads of which a third are rejected."""
    at = pd.date_range("2025-01-01", periods=n, freq="h")
    return pd.DataFrame(
        {
            "id": [f"L{i}" for i in range(n)],
            "at": at.strftime("%Y-%m-%d %H:%M"),
            "size": [i % 7 for i in range(n)],
            "said": ["yes" if i % 3 else "no" for i in range(n)],
        }
    )


def to_csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, lineterminator="\n").encode()


def make_parquet() -> bytes:
    buffer = io.BytesIO()
    make_leads().to_parquet(buffer)
    return buffer.getvalue()


def make_workbook() -> bytes:
    """The parts by which a workbook is known."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return buffer.getvalue()


GOOD = to_csv(make_leads())
HEADER = GOOD.partition(b"\n")[0] + b"\n"
WIDE = b",".join(b"c%d" % i for i in range(100_000)) + b"\n"


@dataclass(frozen=True)
class Flat:
    """A project with one flat file."""

    folder: Path
    leadaccord: Leadaccord

    @property
    def config(self) -> Path:
        return self.folder / "leadaccord.toml"

    @property
    def leads(self) -> Path:
        return self.folder / "leads.csv"

    def run(self, command: str, *arguments: object) -> Run:
        return self.leadaccord(command, *arguments, "--config", self.config)


@pytest.fixture
def flat(tmp_path: Path, leadaccord: Leadaccord) -> Flat:
    folder = tmp_path / "flat"
    folder.mkdir()
    project = Flat(folder, leadaccord)
    project.leads.write_bytes(GOOD)
    project.config.write_text(SETTINGS, "utf-8")
    return project


def assert_told(run: Run, code: int, *said: str) -> None:
    """The command ended with the code, in words that hold these."""
    assert run.code == code, run.err
    assert run.out == ""
    assert "Traceback" not in run.err
    assert "leadaccord: " in run.err
    for part in said:
        assert part in run.err


FILES: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "empty": (b"", ("file is empty", "leads.csv")),
    "blank lines": (b"\n\r\n  \n", ("file is empty",)),
    "header only": (HEADER, ("no rows",)),
    "row cut off": (GOOD[:2_000].rpartition(b",")[0], ("line 76", "ends in the middle")),
    "row too long": (GOOD + b"L9,2025-01-01 00:00,1,yes,1\n", ("line 302", "got 5", "expected 4")),
    "quote never closed": (GOOD + b'"L9', ("quote", "line 302")),
    "binary": (np.random.default_rng(1).bytes(5_000), ("not CSV",)),
    "workbook": (make_workbook(), ("workbook is damaged", "save it as CSV")),
    "web page": (b"<!DOCTYPE html><html><body>Sign in</body></html>", ("a web page",)),
    "json": (b'[{"id": 1, "at": "2025-01-01"}]', ("JSON",)),
    "parquet cut off": (make_parquet()[:-100], ("damaged Parquet",)),
    "100,000 columns": (WIDE + WIDE, ("too many columns", "100,000")),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read(flat: Flat, snapshot: Snapshot, name: str) -> None:
    content, said = FILES[name]
    flat.leads.write_bytes(content)
    before = snapshot(flat.folder)
    for command in ("check", "train"):
        run = flat.run(command)
        assert_told(run, 3)
        for part in said:
            assert part.casefold() in run.err.casefold()
    init = flat.leadaccord("init", flat.leads, "--out", flat.folder / "new.toml")
    assert_told(init, 3)
    assert snapshot(flat.folder) == before


@pytest.mark.parametrize("name", ["empty", "header only", "row cut off", "binary", "workbook"])
def test_leads_to_score_that_cannot_be_read(
    project: Project, leadaccord: Leadaccord, tmp_path: Path, snapshot: Snapshot, name: str
) -> None:
    new = tmp_path / "new.csv"
    new.write_bytes(FILES[name][0])
    out = tmp_path / "scored.csv"
    before = snapshot(tmp_path)
    run = leadaccord("score", new, "--config", project.config, "--out", out)
    assert run.code == 3
    assert "Traceback" not in run.err
    assert snapshot(tmp_path) == before


LEADS: dict[str, tuple[pd.DataFrame, tuple[str, ...]]] = {
    "unknown decision": (
        make_leads().assign(said=["maybe" if i % 5 == 0 else "no" for i in range(300)]),
        ("unknown_decision", '"maybe" (60)', "undecided"),
    ),
    "too few accepted": (
        make_leads(90).assign(said=["yes" if i < 39 else "no" for i in range(90)]),
        ("too_few_accepted", "39 accepted", "at least 40"),
    ),
    "too few rejected": (make_leads(60), ("too_few_rejected", "20 rejected")),
    "one class": (make_leads().assign(said="yes"), ("one_class", "all 300 leads", "accepted")),
    "no decision": (make_leads().assign(said=""), ("too_few_accepted", "too_few_rejected")),
    "no id": (make_leads().assign(id=""), ("missing_id", "300 of 300")),
    "no time": (make_leads().assign(at="soon"), ("missing_hand_over", "300 of 300")),
    "all in the future": (
        make_leads().assign(at="2999-01-01 10:00"),
        ("too_few_accepted", "0 accepted leads"),
    ),
}


@pytest.mark.parametrize("name", LEADS)
def test_leads_that_cannot_be_learned_from(flat: Flat, snapshot: Snapshot, name: str) -> None:
    leads, said = LEADS[name]
    flat.leads.write_bytes(to_csv(leads))
    before = snapshot(flat.folder)
    assert_told(flat.run("train"), 3, *said)
    checked = flat.run("check", "--json")
    assert checked.code == 3
    codes = set(checked.json["error"]["code"].split(","))
    assert {part for part in said if part.isidentifier() and "_" in part} <= codes
    assert snapshot(flat.folder) == before


def test_newer_leads_of_one_kind_only(flat: Flat, snapshot: Snapshot) -> None:
    leads = make_leads()
    flat.leads.write_bytes(to_csv(leads.assign(said=sorted(leads["said"]))))
    before = snapshot(flat.folder)
    run = flat.run("train")
    assert run.code == 3
    assert "same decision" in run.err
    assert "Traceback" not in run.err
    assert snapshot(flat.folder) == before


def test_a_column_named_twice_is_read_and_noted(flat: Flat) -> None:
    flat.leads.write_bytes(GOOD.replace(b"id,at,size,said", b"id,at,id,said"))
    run = flat.run("check", "--json")
    assert run.code == 0
    assert run.json["used"] == 300
    found = {finding["code"]: finding for finding in run.json["findings"]}
    assert found["duplicate_header"]["severity"] == "note"
    assert 'called "id_2"' in found["duplicate_header"]["message"]


CHANGED: dict[str, tuple[tuple[str, str], int, tuple[str, ...]]] = {
    "unknown key": (
        ("[leads]", "[features]\nexclud = []\n\n[leads]"),
        2,
        ("[features] exclud is not known", "exclude", "line 5"),
    ),
    "unknown table": (("[leads]", "[lead]"), 2, ("[lead] is not known", "[leads]")),
    "no TOML": (("[leads]", "[leads"), 2, ("not valid TOML", "line 4")),
    "column not there": (('"said"', '"sayd"'), 2, ("[decision] column", '"sayd"', '"said"')),
    "id not there": (('id = "id"', 'id = "Ident"'), 2, ("[leads] id", '"Ident"')),
    "time not there": (('"at"', '"when"'), 2, ("[leads] handed_over_at", '"when"')),
    "no rejected values": (('rejected = ["no"]\n', ""), 2, ("[decision] rejected is missing",)),
    "wrong type": (('["yes"]', "true"), 2, ("[decision] accepted",)),
    "wrong values": (('["no"]', '["nope"]'), 3, ("unknown_decision", '"no" (100)')),
    "leads not there": (("leads.csv", "nowhere.csv"), 2, ('"nowhere.csv"', "leads.csv")),
    "glob of nothing": (("leads.csv", "no*.csv"), 2, ('"no*.csv"',)),
    "a folder": (('"leads.csv"', '"."'), 3, ("is a folder", "*.csv")),
    "an impossible name": (("leads.csv", "x" * 300 + ".csv"), 3, ("cannot be opened",)),
    "a database not known": (
        ("[tables]", '[tables]\nconnection = "nosuch://"'),
        2,
        ("connection", "nosuch://", "no such kind of database"),
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_settings_that_do_not_fit(flat: Flat, snapshot: Snapshot, name: str) -> None:
    (old, new), code, said = CHANGED[name]
    assert old in SETTINGS
    flat.config.write_text(SETTINGS.replace(old, new), "utf-8")
    before = snapshot(flat.folder)
    for command in ("check", "train"):
        run = flat.run(command)
        assert run.code == code
        assert "Traceback" not in run.err
        for part in said:
            assert part in run.err
    assert snapshot(flat.folder) == before


@pytest.mark.parametrize("command", ["check", "train", "score", "report", "explain"])
def test_without_settings(leadaccord: Leadaccord, tmp_path: Path, command: str) -> None:
    arguments = ("L1",) if command == "explain" else ()
    run = leadaccord(command, *arguments, "--config", tmp_path / "leadaccord.toml")
    assert_told(run, 2, "There is no settings file", "leadaccord init FILE", str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["score", "report", "explain"])
def test_before_training(flat: Flat, snapshot: Snapshot, command: str) -> None:
    before = snapshot(flat.folder)
    arguments = ("L1",) if command == "explain" else ("--out", flat.folder / f"{command}.csv")
    assert_told(flat.run(command, *arguments), 2, "No model is in use yet", "leadaccord train")
    assert snapshot(flat.folder) == before


def test_init_of_nothing(leadaccord: Leadaccord, tmp_path: Path) -> None:
    for leads in (tmp_path / "nowhere.csv", tmp_path):
        run = leadaccord("init", leads, "--out", tmp_path / "new.toml")
        assert run.code in (2, 3)
        assert_told(run, run.code, str(leads))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("scored.ods", 'the ending ".ods"'),
        ("scored", 'the ending ""'),
        ("taken/scored.csv", "riting failed"),
        ("folder.csv", "cannot be written"),
        ("x" * 300 + ".csv", "too long"),
    ],
)
def test_a_place_that_takes_no_scores(
    project: Project, leadaccord: Leadaccord, snapshot: Snapshot, out: str, said: str
) -> None:
    (project.folder / "taken").write_text("a file", "utf-8")
    (project.folder / "folder.csv").mkdir()
    before = snapshot(project.folder)
    where = project.folder / out
    run = leadaccord("score", "--config", project.config, "--out", where)
    assert_told(run, 2, said)
    assert snapshot(project.folder) == before


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read and write anything"
)
def test_files_one_may_not_touch(flat: Flat) -> None:
    flat.leads.chmod(0)
    run = flat.run("check")
    assert run.code in (2, 3)
    assert "Traceback" not in run.err
    flat.leads.chmod(0o600)
    flat.folder.chmod(0o500)
    run = flat.leadaccord("init", flat.leads, "--out", flat.folder / "new.toml")
    flat.folder.chmod(0o700)
    assert_told(run, 2, "cannot be written")


def write_features(model: Path, **changes: Any) -> None:
    """Change the model's feature table, and the manifest so that its sums are right again."""
    features = json.loads((model / "features.json").read_text("utf-8"))
    (model / "features.json").write_text(json.dumps(features | changes), "utf-8")
    manifest = json.loads((model / "manifest.json").read_text("utf-8"))
    content = (model / "features.json").read_bytes()
    manifest["sha256"]["features.json"] = hashlib.sha256(content).hexdigest()
    (model / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def change_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


PARTS = (
    "trees.txt",
    "model.json",
    "features.json",
    "statistics.parquet",
    "figures.json",
    "reference.json",
    "seen.parquet",
)


def test_a_model_that_is_not_whole(
    project: Project, leadaccord: Leadaccord, tmp_path: Path, snapshot: Snapshot
) -> None:
    out = tmp_path / "scored.csv"
    whole = snapshot(project.model)

    def run() -> Run:
        return leadaccord("score", "--config", project.config, "--out", out)

    for part in PARTS:
        change_byte(project.model / part)
        assert_told(run(), 3, f"{part} was changed", "train again")
        (project.model / part).unlink()
        assert_told(run(), 3, f"lacks its file {part}")
        (project.model / part).write_bytes(whole[part])
    (project.model / "manifest.json").write_text("{", "utf-8")
    assert_told(run(), 3, "manifest.json cannot be read")
    (project.model / "manifest.json").unlink()
    assert_told(run(), 3, "not a model folder")
    assert not out.exists()


def test_a_model_of_another_feature_table(
    project: Project, leadaccord: Leadaccord, tmp_path: Path
) -> None:
    write_features(project.model, format=999)
    out = tmp_path / "scored.csv"
    run = leadaccord("score", "--config", project.config, "--out", out)
    assert_told(run, 3, "made for another feature table", "format 999", "Train again")
    assert not out.exists()


def test_a_model_whose_trees_are_another_models(
    project: Project, leadaccord: Leadaccord, tmp_path: Path
) -> None:
    features = json.loads((project.model / "features.json").read_text("utf-8"))["features"]
    write_features(project.model, features=features[:-1])
    run = leadaccord("explain", "x", "--config", project.config)
    assert_told(run, 3, "do not belong together")


@pytest.mark.parametrize("command", ["score", "train"])
def test_a_tracking_store_of_garbage(
    project: Project, leadaccord: Leadaccord, tmp_path: Path, command: str
) -> None:
    (project.home / "tracking.db").write_bytes(b"garbage" * 2_000)
    out = tmp_path / "scored.csv"
    arguments = ("--out", out) if command == "score" else ()
    run = leadaccord(command, "--config", project.config, *arguments)
    assert run.code == 2
    assert run.out == ""
    assert "Traceback" not in run.err
    assert "tracking.db" in run.err
    assert not out.exists()
