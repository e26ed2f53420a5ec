"""The notebooks: they run from top to bottom, hold no outputs, and use what is documented."""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ROOMS = ("features", "models", "serve", "pipelines")
INLINE = "module://matplotlib_inline.backend_inline"  # what a notebook draws with
NO_BARS = "ignore:IProgress not found"  # tqdm, which shap loads, misses a widget for its bars
INDEX = (ROOT / "notebooks" / "README.md").read_text("utf-8")

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code_of(path: Path) -> str:
    return "\n\n".join(cell.source for cell in read(path).cells if cell.cell_type == "code")


def names_used(path: Path) -> set[tuple[str, str]]:
    """Return module and name of everything of ours that a notebook imports."""
    imports = (node for node in ast.walk(ast.parse(code_of(path))) if hasattr(node, "names"))
    return {
        (node.module, alias.name)
        for node in imports
        if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in ROOMS
        for alias in node.names
    }


def test_there_are_three() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "01_from_export_to_model",
        "02_why_this_lead",
        "03_what_changed_this_month",
    ]


@every_notebook
def test_nothing_that_ran_is_kept(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None
        assert cell.metadata == {}


@every_notebook
def test_its_code_is_in_the_style_of_the_project(path: Path) -> None:
    for command in (["check"], ["format", "--check"]):
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *command, str(path)], cwd=ROOT, capture_output=True
        )
        assert run.returncode == 0, run.stdout.decode()


@every_notebook
def test_it_uses_only_what_is_listed_and_documented(path: Path) -> None:
    used = names_used(path)
    assert used
    for module, name in used:
        assert f"`{module}.{name}`" in INDEX
        assert not name.startswith("_")
        thing = getattr(importlib.import_module(module), name)
        if inspect.isroutine(thing):
            assert "Parameters\n" in str(inspect.getdoc(thing)), name


def test_what_is_listed_is_used() -> None:
    listed = set(re.findall(r"^- `([\w.]+)\.(\w+)`", INDEX, flags=re.MULTILINE))
    assert listed == set().union(*map(names_used, NOTEBOOKS))


@pytest.mark.slow
@every_notebook
def test_it_runs_from_top_to_bottom(path: Path) -> None:
    from nbclient import NotebookClient
    from traitlets.config import Config

    notebook = read(path)
    # Through files, not ports, so that nobody else on the machine can listen.
    quietly = Config({"KernelManager": {"transport": "ipc"}})
    NotebookClient(notebook, timeout=300, kernel_name="python3", config=quietly).execute(
        cwd=str(ROOT), env={**os.environ, "MPLBACKEND": INLINE, "PYTHONWARNINGS": NO_BARS}
    )
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", ())]
    drawn = [out for out in outputs if "image/png" in out.get("data", {})]
    assert drawn
    told = [out.text for out in outputs if out.output_type == "stream" and out.name == "stderr"]
    assert [text for text in told if "Warning" in text] == []
