"""Platforms: every module can be imported where only Unix modules are missing, as on Windows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("features", "models", "serve", "pipelines")

# Only our own imports are refused: libraries have versions of their own for each platform.
SCRIPT = """
import builtins, importlib, sys

UNIX = {"fcntl", "grp", "pwd", "resource", "termios"}
packages, *modules = [sys.argv[1].split(","), *sys.argv[2:]]
plain = builtins.__import__

def refuse(name, globals=None, locals=None, fromlist=(), level=0):
    importer = (globals or {}).get("__name__", "")
    own = importer.partition(".")[0] in packages
    if own and name.partition(".")[0] in UNIX:
        raise ModuleNotFoundError(f"{importer} imports {name}", name=name)
    return plain(name, globals, locals, fromlist, level)

builtins.__import__ = refuse
for module in modules:
    importlib.import_module(module)
print(len(modules))
"""


def import_all(packages: tuple[str, ...], root: Path) -> subprocess.CompletedProcess[str]:
    paths = [path for package in packages for path in sorted((root / package).rglob("*.py"))]
    modules = [".".join(path.relative_to(root).with_suffix("").parts) for path in paths]
    arguments = [",".join(packages), *modules]
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_module_can_be_imported_without_the_modules_of_unix() -> None:
    done = import_all(PACKAGES, ROOT)
    assert done.returncode == 0, done.stderr[-2_000:]
    assert int(done.stdout) > 200


def test_an_import_of_a_unix_module_is_found(tmp_path: Path) -> None:
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / "locks.py").write_text("import fcntl\n", "utf-8")
    done = import_all(("planted",), tmp_path)
    assert done.returncode != 0
    assert "planted.locks imports fcntl" in done.stderr
