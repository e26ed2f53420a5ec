"""Settings file of a command: named, found in a folder above, or named by the environment."""

from __future__ import annotations

from pathlib import Path

from features.files import expand_home

SETTINGS_FILE = Path("leadaccord.toml")
VARIABLE = "LEADACCORD_CONFIG"
"""Names the settings file where ``--config`` does not."""


def find_settings(named: Path | None, *, folder: Path, home: Path | None) -> Path:
    """Return the settings file to use.

    Parameters
    ----------
    named : Path or None
        As the user, or the environment, named it; taken as it is.
    folder : Path
        Where the command runs.
    home : Path or None
        The user's home, above which nothing is looked for; None where there is none.

    Returns
    -------
    Path
        The first ``leadaccord.toml`` in the folder or one above it, the name alone where it lies
        in the folder itself or nowhere.
    """
    if named is not None:
        return expand_home(named)
    for place in (folder, *folder.parents):
        if (place / SETTINGS_FILE).is_file():
            return SETTINGS_FILE if place == folder else place / SETTINGS_FILE
        if place == home:
            break
    return SETTINGS_FILE
