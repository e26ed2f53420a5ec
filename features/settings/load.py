"""Loading of settings: the file is read once and checked whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from features.errors import SettingsError
from features.secrets import show_address
from features.settings.keys import read_sections
from features.settings.problem import drop_echoes, to_error
from features.settings.rules import collect_problems, find_missing_decision
from features.settings.schema import SECTIONS, Settings
from features.settings.toml_text import find_key_lines, parse_toml, read_text
from features.text import is_utf8, printable


def load_settings(path: Path) -> Settings:
    """Read and check a settings file.

    Parameters
    ----------
    path : Path
        The file, usually `leadaccord.toml`.

    Returns
    -------
    Settings
        Frozen; keys that the file leaves out have their defaults.

    Raises
    ------
    SettingsError
        When the file is missing, is not TOML, or says what cannot be meant. Names the key, the
        file, the line and the fix of the first three mistakes and counts the rest.
    """
    text = read_text(path)
    raw = parse_toml(text, path)
    sections, problems = read_sections(raw, SECTIONS)
    folder = path.absolute().parent
    if not is_utf8(str(folder)):
        raise SettingsError(
            "the project stands in a folder whose name is not UTF-8",
            where=printable(str(folder)),
            next_step="Rename the folder",
        )
    settings = Settings.model_validate({**sections, "file": path, "root": folder})
    problems += drop_echoes(collect_problems(settings), problems)
    if problems:
        raise to_error(problems, file=str(path), lines=find_key_lines(text))
    return settings


def require_decision(settings: Settings) -> None:
    """Refuse settings that, after their preset is applied, still name no decision.

    Parameters
    ----------
    settings : Settings
        Settings as `apply_preset` returns them.

    Raises
    ------
    SettingsError
        When the decision's column or its accepted or rejected values are unknown.
    """
    if settings.decision.present_means is None:
        problems = list(find_missing_decision(settings.decision))
        if problems:
            raise to_error(problems, file=str(settings.file), lines={})


def settings_to_dict(settings: Settings) -> dict[str, Any]:
    """Return the settings as plain types, for a log.

    Parameters
    ----------
    settings : Settings
        Settings of a project.

    Returns
    -------
    dict of str to dict
        One entry per table of the file; paths as they are written there, no machine's folder,
        and a connection's password and tokens replaced by `***`.
    """
    plain: dict[str, Any] = settings.model_dump(mode="json", exclude={"file", "root"})
    plain["tables"]["connection"] = show_address(settings.tables.connection)
    return plain
