"""The browser of this machine, for tests and benchmarks of pages."""

from __future__ import annotations

import os
import shutil
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
HOW_TO_GET_IT = (
    "no Chromium or Chrome is installed: `apt-get install chromium`, or name one in "
    "LEADACCORD_CHROMIUM"
)


def find_chromium() -> str | None:
    """Return the program of the Chromium that is installed; none is ever downloaded."""
    named = os.environ.get("LEADACCORD_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def launch_options(program: str) -> dict[str, Any]:
    """Return how Playwright is to start it."""
    # Chromium refuses its sandbox to root, as whom build servers often run.
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return {"executable_path": program, "args": ["--no-sandbox"] if root else []}
