"""The project as a whole: its locks, its layout, and what its documents promise."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from serve.scoring.mlflow_model import PACKAGES

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("features", "models", "serve", "pipelines")  # each may import only those before it
EXTRAS_LOCKED = {
    "requirements.lock": ("build",),
    "requirements-dev.lock": ("build", "dev", "postgres", "spark", "crm"),
}
LOCKS = tuple(EXTRAS_LOCKED)
PEERS_LOCK = "requirements-peers.lock"  # what accuracy is compared with, never a dependency
BENCH_LOCK = "requirements-bench.lock"  # the same for speed
PEERS = {"autogluon-tabular", "catboost", "flaml", "interpret-core"}
BENCHMARKS = Path("tests/benchmarks")
HEAVY = {"lightgbm", "matplotlib", "mlflow", "numba", "pandas", "shap", "sklearn"}

# Written so that no pattern matches its own text here.
PLACES_OF_ONE_MACHINE = re.compile(
    r"(?<![\w.~*$}>-])/(?:root|home|Users|work|tmp)/|[A-Z]:\\{1,2}Users\b"
    r"|/sim[p]le/|index[-_]ur[l]|find[-_]link[s]|pyth[o]nhosted"
)


def lock_entries(name: str) -> list[str]:
    """Return the lock's logical lines without comments, continued lines joined."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


def locked_pins(name: str) -> set[str]:
    """Return `name==version ; marker` of every entry."""
    return {entry.split("--hash=")[0].strip() for entry in lock_entries(name)}


def locked_versions(name: str) -> dict[str, list[str]]:
    """Return the versions of every package of a lock, several where they differ by platform."""
    locked: dict[str, list[str]] = {}
    for pin in locked_pins(name):
        package, version = re.split(r"==|\s*;", pin)[:2]
        locked.setdefault(canonicalize_name(package.split("[")[0]), []).append(version.strip())
    return locked


def unmet(requirements: list[Requirement], lock: str) -> list[str]:
    """Return the requirements that a lock does not satisfy."""
    locked = locked_versions(lock)
    return [
        str(wanted)
        for wanted in requirements
        if not (found := locked.get(canonicalize_name(wanted.name)))
        or not all(wanted.specifier.contains(version) for version in found)
    ]


def pyproject() -> dict[str, Any]:
    """Return the tables of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def declared(*extras: str) -> list[Requirement]:
    """Return the requirements the project declares, with those of the extras."""
    table = pyproject()["project"]
    groups = [table["dependencies"], *(table["optional-dependencies"][extra] for extra in extras)]
    return [Requirement(line) for group in groups for line in group]


def modules() -> list[Path]:
    """Return every module of the four rooms, relative to the root."""
    return sorted(path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def syntax(path: Path) -> ast.Module:
    """Return the module's syntax tree."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def imported_names(tree: ast.Module) -> Iterator[str]:
    """Yield the top-level package of every absolute import, also of those inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def project_files() -> list[Path]:
    """Return every file that is, or is about to be, under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def make_targets() -> set[str]:
    """Return the targets that `make help` lists."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):.*## ", makefile, flags=re.MULTILINE))


def make_commands(text: str) -> set[str]:
    """Return what a document tells its reader to `make`, in code spans and code blocks."""
    return set(re.findall(r"(?:^[ $]*|`)make ([a-z-]+)", text, flags=re.MULTILINE))


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the import contracts of the project in a folder."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, text=True)


@pytest.mark.parametrize("lock", [*LOCKS, PEERS_LOCK, BENCH_LOCK])
def test_every_locked_package_has_one_version_and_hashes(lock: str) -> None:
    entries = lock_entries(lock)
    pinned = re.compile(r"^[A-Za-z0-9._-]+(\[[a-z, ]+\])?==\S+( ; [^-]+?)?\s+--hash=sha256:")
    assert entries
    assert [entry[:80] for entry in entries if not pinned.match(entry)] == []


@pytest.mark.parametrize("lock", [*LOCKS, PEERS_LOCK, BENCH_LOCK])
def test_locks_name_no_index_and_no_address(lock: str) -> None:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("-") or "://" in line or " @ " in line] == []


def test_development_lock_holds_the_same_versions() -> None:
    """Markers may differ: what a tool for development needs, it may need on more platforms."""
    ours, theirs = locked_versions("requirements.lock"), locked_versions("requirements-dev.lock")
    assert {
        name for name, found in ours.items() if set(found) != set(theirs.get(name, ()))
    } == set()


@pytest.mark.parametrize(("lock", "extras"), EXTRAS_LOCKED.items(), ids=LOCKS)
def test_locks_satisfy_what_is_declared(lock: str, extras: tuple[str, ...]) -> None:
    assert unmet(declared(*extras), lock) == [], "run `make lock`"


@pytest.mark.parametrize(("lock", "extras"), EXTRAS_LOCKED.items(), ids=LOCKS)
def test_locks_name_the_extras_of_packages(lock: str, extras: tuple[str, ...]) -> None:
    asked = {wanted.name: wanted.extras for wanted in declared(*extras) if wanted.extras}
    locked = {pin.name: pin.extras for pin in map(Requirement, locked_pins(lock))}
    assert {name: locked[name] for name in asked} == asked


@pytest.mark.parametrize(
    ("lock", "least"), [(PEERS_LOCK, PEERS), (BENCH_LOCK, {"woodelf-explainer"})]
)
def test_the_locks_of_the_peers_satisfy_what_is_asked_for(lock: str, least: set[str]) -> None:
    lines = (ROOT / lock).with_suffix(".in").read_text(encoding="utf-8").splitlines()
    asked = [Requirement(text) for line in lines if (text := line.split("#")[0].strip())]
    assert {canonicalize_name(wanted.name) for wanted in asked} >= least
    assert unmet(asked, lock) == [], "run `make lock`"


def test_peers_are_no_dependencies() -> None:
    locked = set().union(*(locked_versions(lock) for lock in LOCKS))
    assert {*PEERS, "woodelf-explainer"} & locked == set()
    importable = {"autogluon", "catboost", "flaml", "interpret", "tests", "woodelf"}
    hits = [str(path) for path in modules() if importable & set(imported_names(syntax(path)))]
    assert hits == []


@pytest.mark.parametrize(
    ("program", "peer"), [("peers.py", "catboost"), ("woodelf_peer.py", "woodelf")]
)
def test_the_peers_programs_need_nothing_of_ours(program: str, peer: str) -> None:
    imported = set(imported_names(syntax(BENCHMARKS / program)))
    assert imported & {*ROOMS, "tests"} == set()
    assert peer in imported


def test_benchmarks_are_not_collected_as_tests() -> None:
    names = [path.name for path in (ROOT / BENCHMARKS).glob("*.py")]
    assert names
    assert [name for name in names if name.startswith("test_") or name.endswith("_test.py")] == []
    assert [name for name in names if not ast.get_docstring(syntax(BENCHMARKS / name))] == []


def test_installing_the_project_needs_nothing_beyond_the_lock() -> None:
    needed = {Requirement(line).name for line in pyproject()["build-system"]["requires"]}
    assert needed <= {wanted.name for wanted in declared("build")}


def test_every_imported_package_is_declared() -> None:
    providers = packages_distributions()
    names = {wanted.name for wanted in declared("postgres", "spark", "crm")}
    undeclared = [
        f"{path}: {name}"
        for path in modules()
        for name in sorted(set(imported_names(syntax(path))))
        if name not in sys.stdlib_module_names
        and name not in ROOMS
        and not names & {canonicalize_name(package) for package in providers.get(name, [])}
    ]
    assert undeclared == []


def test_a_stored_model_asks_only_for_packages_that_the_project_declares() -> None:
    assert set(PACKAGES) <= {canonicalize_name(wanted.name) for wanted in declared()}


def test_no_file_names_a_machine_path_or_package_index() -> None:
    hits = []
    for path in project_files():
        content = path.read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
            if found := PLACES_OF_ONE_MACHINE.search(line):
                hits.append(f"{path.relative_to(ROOT)}:{number}: {found.group()}")
    assert hits == []


@pytest.mark.parametrize(
    "line",
    ["/home" + "/ana/a.csv", '"/root' + '/x"', "--extra-index" + "-url x", "C:\\" + "Users\\ana"],
)
def test_a_machine_path_or_package_index_would_be_found(line: str) -> None:
    assert PLACES_OF_ONE_MACHINE.search(line)


def test_import_arrows_hold() -> None:
    checked = lint_imports(ROOT)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_import_contract_forbids_every_arrow_backwards(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    backwards = list(combinations(ROOMS, 2))
    for room in ROOMS:
        (tmp_path / room).mkdir()
        lines = [f"import {high}\n" for low, high in backwards if low == room]
        (tmp_path / room / "__init__.py").write_text("".join(lines), encoding="utf-8")
    checked = lint_imports(tmp_path)
    assert checked.returncode == 1, checked.stdout + checked.stderr
    for low, high in backwards:
        assert f"{low} is not allowed to import {high}" in checked.stdout


def test_command_line_starts_without_heavy_libraries() -> None:
    program = "import sys, pipelines.cli; print(*sorted(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert HEAVY & set(ran.stdout.split()) == set()


def test_every_module_says_what_it_is() -> None:
    assert [str(path) for path in modules() if not ast.get_docstring(syntax(path))] == []


def test_every_module_with_behaviour_has_its_test_file() -> None:
    behaving = (ast.FunctionDef, ast.AsyncFunctionDef)
    lacking = [
        str(path)
        for path in modules()
        if any(isinstance(node, behaving) for node in ast.walk(syntax(path)))
        and not (ROOT / "tests" / path.parent / f"test_{path.stem}.py").is_file()
    ]
    assert lacking == []


# Tests of what all jobs promise together have no single module.
JOURNEYS = {
    "models/leakage/leak_guards.py",
    "models/worlds.py",
    "pipelines/bad_input.py",
    "pipelines/chaos.py",
    "pipelines/crm_delivery.py",
    "pipelines/fuzz.py",
    "pipelines/killed_retraining.py",
    "pipelines/odd_data.py",
    "pipelines/one_number.py",
    "pipelines/real_input.py",
    "pipelines/same_everywhere.py",
    "pipelines/spark_cluster.py",
    "pipelines/tables.py",
    "pipelines/tracking_server.py",
    "serve/report/true_reasons.py",
}


def test_every_test_file_has_its_module() -> None:
    tests = [path for room in ROOMS for path in (ROOT / "tests" / room).rglob("test_*.py")]
    sources = [path.relative_to(ROOT / "tests").with_name(path.name[5:]) for path in tests]
    lacking = {str(source) for source in sources if not (ROOT / source).is_file()}
    assert lacking == JOURNEYS


def test_readme_opens_with_the_two_commands() -> None:
    first_screen = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:40]
    assert {"demo", "test"} <= make_commands("\n".join(first_screen))


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_documents_name_only_make_targets_that_exist(document: str) -> None:
    assert make_commands((ROOT / document).read_text(encoding="utf-8")) <= make_targets()


def tasks() -> dict[str, list[str]]:
    """Return the files that CONTRIBUTING.md names for each task."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"^\| task \| files \|\n\|[-|]+\n((?:\|.*\n)+)", text, flags=re.MULTILINE)
    rows = (row.strip("| ").partition("|") for row in table.splitlines())
    return {task.strip(): files.split(",") for task, _, files in rows}


@pytest.mark.parametrize(("task", "files"), tasks().items())
def test_a_task_needs_four_files_at_most_and_they_are_there(task: str, files: list[str]) -> None:
    assert 1 <= len(files) <= 4
    for named in re.findall(r"`([^`]+/[^`]*)`", " ".join(files)):
        # What is made anew has its place at least.
        place = re.split(r"[^/]*\b(?:NAME|CODE|test_NAME)\b", named)[0]
        assert (ROOT / place).exists(), named


def test_the_layout_names_every_folder_of_the_packages() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(\w+/\w+)/` \|", text, flags=re.MULTILINE))
    there = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).iterdir()
        if path.is_dir() and path.name != "__pycache__"
    }
    assert named == there


def test_make_help_lists_every_target_meant_for_people() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)
    assert phony is not None
    assert set(phony.group(1).split()) == make_targets()


def test_decision_records_are_numbered_without_gaps() -> None:
    records = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [name[:4] for name in records] == [f"{n:04d}" for n in range(1, len(records) + 1)]
    assert records
