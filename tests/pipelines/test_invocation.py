"""Promises of `pipelines.invocation`: which settings are taken, and what is said about it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.invocation import Invocation
from pipelines.settings_file import VARIABLE


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder below one with settings, in which the command runs."""
    (tmp_path / "leadaccord.toml").touch()
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path / "data")
    monkeypatch.delenv(VARIABLE, raising=False)
    return tmp_path


def test_settings_from_elsewhere_are_named(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = Invocation("check", as_json=True, quiet=False)
    assert call.find_settings() == project / "leadaccord.toml"
    assert capsys.readouterr() == ("", f"leadaccord: settings from {project / 'leadaccord.toml'}\n")
    Invocation("check", as_json=False, quiet=True).find_settings()
    shutil.copy(project / "leadaccord.toml", project / "data")
    assert Invocation("check", as_json=False, quiet=False).find_settings().name == str(
        call.find_settings().name
    )
    assert capsys.readouterr() == ("", "")


def test_the_next_step_repeats_what_was_named_by_hand(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    named = project / "leadaccord.toml"
    by_hand = Invocation("check", as_json=False, quiet=False, config=named)
    assert by_hand.find_settings() == named
    by_hand.finish({})
    assert capsys.readouterr().err == f"Next: leadaccord train --config {named}\n"
    monkeypatch.setenv(VARIABLE, str(named))
    by_environment = Invocation("check", as_json=False, quiet=False, config=named)
    assert by_environment.find_settings() == named
    by_environment.finish({})
    said = f"leadaccord: settings from {named}\nNext: leadaccord train\n"
    assert capsys.readouterr().err == said
