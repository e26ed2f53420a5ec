from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

import serve.runs.journal
from features.settings.schema import Settings
from serve.runs.journal import (
    JOURNAL,
    Identity,
    Journal,
    digest_code,
    digest_settings,
    read_journal,
    write_journal,
)
from tests.serve.spools import MOMENT, make_identity
from tests.tables import make_settings


def test_a_journal_is_read_as_it_was_written(tmp_path: Path) -> None:
    journal = Journal(make_identity(), MOMENT, 7)
    write_journal(tmp_path, journal)
    assert read_journal(tmp_path) == journal
    write_journal(tmp_path, journal.mark_delivered())
    read = read_journal(tmp_path)
    assert read is not None and read.delivered
    assert [path.name for path in tmp_path.iterdir()] == [JOURNAL]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": 99}', "\x00" * 50])
def test_what_is_no_journal_is_none(tmp_path: Path, content: str) -> None:
    assert read_journal(tmp_path) is None
    (tmp_path / JOURNAL).write_text(content)
    assert read_journal(tmp_path) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"count": 7', '"count": 1'),
        ('"count": 7', '"count": 1e999'),
        ('"delivered": false', '"delivered": true'),
        ('"scored_at": "2026', '"scored_at": "2025'),
        (MOMENT.isoformat(), "nan"),
        ('"sha256": ', '"other": '),
        ("{", "[" * 100_000),
    ],
)
def test_a_journal_that_was_changed_is_none(tmp_path: Path, old: str, new: str) -> None:
    write_journal(tmp_path, Journal(make_identity(), MOMENT, 7))
    text = (tmp_path / JOURNAL).read_text()
    assert old in text
    (tmp_path / JOURNAL).write_text(text.replace(old, new, 1))
    assert read_journal(tmp_path) is None


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_no_journal(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / JOURNAL)
    assert read_journal(tmp_path) is None


def test_a_journal_of_another_format_is_none(tmp_path: Path) -> None:
    write_journal(tmp_path, Journal(make_identity(), MOMENT, 7))
    content = json.loads((tmp_path / JOURNAL).read_text())
    content["format"] += 1
    (tmp_path / JOURNAL).write_text(json.dumps(content))
    assert read_journal(tmp_path) is None


@pytest.mark.parametrize("name", [field.name for field in fields(Identity)])
def test_each_part_of_the_identity_tells_runs_apart(name: str) -> None:
    one = make_identity()
    other = make_identity(**{name: 4 if name == "batch_rows" else "other"})
    assert one != other
    assert len(one.differs_in(other)) == 1
    assert Journal(one, MOMENT, 1).run_id != Journal(other, MOMENT, 1).run_id


def test_the_code_that_shapes_results_has_a_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digest_code()
    rooms = Path(serve.runs.journal.__file__).resolve().parents[2]
    for room in ("features", "models", "serve"):
        shutil.copytree(rooms / room, tmp_path / room)
    monkeypatch.setattr(
        serve.runs.journal, "__file__", str(tmp_path / "serve" / "runs" / "journal.py")
    )
    digest_code.cache_clear()
    assert digest_code() == before
    (tmp_path / "models" / "reasons" / "grades.py").write_text("# another rule\n")
    digest_code.cache_clear()
    assert digest_code() != before
    monkeypatch.undo()
    digest_code.cache_clear()


def test_settings_that_shape_no_result_do_not_tell_runs_apart(tmp_path: Path) -> None:
    settings = make_settings()
    before = digest_settings(settings)
    assert digest_settings(settings.model_copy(update={"root": tmp_path})) == before
    score = Settings.model_fields["score"].default.model_copy(update={"max_rejected": 0.1})
    assert digest_settings(settings.model_copy(update={"score": score})) == before
    leads = settings.leads.model_copy(update={"missing": ("none",)})
    assert digest_settings(settings.model_copy(update={"leads": leads})) != before
