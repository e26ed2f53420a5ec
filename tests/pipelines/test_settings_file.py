"""Promises of `pipelines.settings_file`: the nearest settings above, but none above the home."""

from __future__ import annotations

from pathlib import Path

from pipelines.settings_file import SETTINGS_FILE, find_settings


def test_the_nearest_file_at_or_above_the_folder_is_taken(tmp_path: Path) -> None:
    deep = tmp_path / "home" / "project" / "data" / "new"
    deep.mkdir(parents=True)
    (tmp_path / SETTINGS_FILE).touch()
    home, project = tmp_path / "home", tmp_path / "home" / "project"
    assert find_settings(None, folder=deep, home=home) == SETTINGS_FILE
    (home / SETTINGS_FILE).touch()
    assert find_settings(None, folder=deep, home=home) == home / SETTINGS_FILE
    (project / SETTINGS_FILE).touch()
    assert find_settings(None, folder=deep, home=home) == project / SETTINGS_FILE
    assert find_settings(None, folder=project, home=home) == SETTINGS_FILE
    # A folder of that name is no file, and who works outside the home looks up to the root.
    (deep / SETTINGS_FILE).mkdir()
    assert find_settings(None, folder=deep, home=None) == project / SETTINGS_FILE


def test_a_named_file_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).touch()
    named = Path("other.toml")
    assert find_settings(named, folder=tmp_path, home=None) == named
    assert find_settings(Path("~/a.toml"), folder=tmp_path, home=None).is_absolute()
