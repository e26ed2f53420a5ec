"""Damaged input: settings, tables, state and arguments are answered in words, and no row is lost.

Each case is made from its number alone, so that one that failed can be run again: LEADACCORD_FUZZ
is how many there are, and LEADACCORD_FUZZ_FIRST the number of the first. `make fuzz` runs more.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from features.contract.as_of import parse_as_of
from features.contract.tables import read_tables
from features.errors import InternalError, LeadaccordError
from features.files import expand_home
from features.labels import label_tables
from features.settings.load import load_settings
from models.artifact.folder import load_bundle
from pipelines.demo import SETTINGS
from serve.destinations.open import open_destination
from serve.runs.journal import JOURNAL, read_journal
from tests.pipelines.conftest import Project, call

CASES = int(os.environ.get("LEADACCORD_FUZZ", "1000"))
FIRST = int(os.environ.get("LEADACCORD_FUZZ_FIRST", "0"))
SCORED = max(10, CASES // 100)
NOW = pd.Timestamp("2026-11-01")

FLAT = """[project]
name = "flat"
[tables]
leads = "leads.csv"
[leads]
id = "Id"
handed_over_at = "At"
[decision]
column = "Said"
accepted = ["Yes"]
rejected = ["No"]
others = "undecided"
"""
LEADS = "Id,At,Said,Size,Source,Note\n" + "".join(
    f"L{i},2026-0{1 + i % 9}-1{i % 7} 1{i % 9}:00,{('Yes', 'No', '')[i % 3]},{i * 7},"
    f"{('Web', 'Event', 'Ads')[i % 3]},wants a demo {i}\n"
    for i in range(60)
)
ODD = (
    *(b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n\n", b'"', b"'", b",", b";", b"\t"),
    *(b"[", b"]", b"{", b"=", b"#", b"-1", b"1e999", b"nan", b"2026-02-30", b"0001-01-01"),
    *(b"9" * 400, b"\x1b[31m", b"<script>", b"=cmd()", b"../../x", b"~nobody/x", b"true", b'"""'),
    *(b"\xf0\x9f\x92\xa5", b"%s%n"),
)
ADDRESSES = (
    "scored.csv", "postgres://me:pw@h:99/db?table=t", "sqlite://a.db?table=t", "duckdb:///x.db?table=s.t",
    "2026-03-01", "2026-03-01T06:00+02:00", "~/x.parquet", "a/b/*.csv",
)  # fmt: skip


def damage(content: bytes, rng: random.Random) -> bytes:
    """Cut, repeat, swap or replace parts of a content, once to four times."""
    for _ in range(rng.randint(1, 4)):
        start = rng.randrange(len(content) + 1)
        end = min(len(content), start + rng.choice((0, 1, 1, 4, 20, 400)))
        way = rng.randrange(5)
        if way == 0:
            content = content[:start] + content[end:]
        elif way == 1:
            content = content[:end] + content[start:]
        elif way == 2:
            content = content[:start]
        else:
            content = content[:start] + rng.choice(ODD) + content[end:]
    return content


@dataclass(frozen=True)
class Bench:
    """Where the cases are tried: a flat project, and a trained one with its state."""

    flat: Path
    project: Project
    original: Path


@pytest.fixture(scope="module")
def bench(trained: Project, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    flat = tmp_path_factory.mktemp("flat")
    folder = tmp_path_factory.mktemp("state") / "project"
    shutil.copytree(trained.folder, folder)
    return Bench(flat, Project(folder, trained.world, trained.result, ""), trained.model)


def try_settings(bench: Bench, rng: random.Random) -> None:
    path = bench.flat / "leadaccord.toml"
    path.write_bytes(damage(rng.choice((SETTINGS, FLAT)).encode(), rng))
    load_settings(path)


def try_tables(bench: Bench, rng: random.Random) -> None:
    path = bench.flat / "leadaccord.toml"
    path.write_text(FLAT, "utf-8")
    (bench.flat / "leads.csv").write_bytes(damage(LEADS.encode(), rng))
    tables = read_tables(load_settings(path))
    used = label_tables(tables).used
    assert len(used) == len(tables.episodes)


def try_model(bench: Bench, rng: random.Random) -> None:
    model = bench.project.model
    name = rng.choice(sorted(path.name for path in bench.original.iterdir()))
    whole = (bench.original / name).read_bytes()
    (model / name).write_bytes(damage(whole, rng))
    try:
        load_bundle(model)
    finally:
        (model / name).write_bytes(whole)


def try_state(bench: Bench, rng: random.Random) -> None:
    folder = bench.flat / "work"
    folder.mkdir(exist_ok=True)
    whole = b'{"format": 2, "sha256": "0", "content": {"count": 3, "delivered": null}}'
    (folder / JOURNAL).write_bytes(damage(whole, rng))
    read_journal(folder)


def try_arguments(bench: Bench, rng: random.Random) -> None:
    text = damage(rng.choice(ADDRESSES).encode(), rng).decode("utf-8", "surrogateescape")
    for read in (lambda: parse_as_of(text, now=NOW), lambda: expand_home(text)):
        try:
            read()
        except LeadaccordError:
            continue
    open_destination(text, settings=load_settings(bench.project.config), timed=True, wait=0)


WAYS: dict[str, tuple[int, Callable[[Bench, random.Random], None]]] = {
    "settings": (45, try_settings),
    "tables": (15, try_tables),
    "model": (15, try_model),
    "state": (15, try_state),
    "arguments": (10, try_arguments),
}


def run_case(number: int, bench: Bench) -> str:
    """Run one case; return whether it was taken or refused, and in which way it was damaged."""
    rng = random.Random(number)  # noqa: S311
    way = rng.choices(list(WAYS), [share for share, _ in WAYS.values()])[0]
    try:
        WAYS[way][1](bench, rng)
    except InternalError:
        raise
    except LeadaccordError:
        return f"{way} refused"
    except Exception as error:
        raise AssertionError(f"case {number} ({way}) ended in {error!r}") from error
    return f"{way} taken"


def test_damaged_input_is_taken_or_refused_in_words(bench: Bench) -> None:
    ended = Counter(run_case(number, bench) for number in range(FIRST, FIRST + CASES))
    assert sum(ended.values()) == CASES
    assert ended["settings refused"] and ended["tables taken"] and ended["model refused"]


def test_scoring_damaged_leads_loses_no_row(bench: Bench, new: Path, tmp_path: Path) -> None:
    whole = new.read_bytes()
    for number in range(FIRST, FIRST + SCORED):
        leads, out = tmp_path / f"{number}.csv", tmp_path / f"scored-{number}.csv"
        leads.write_bytes(damage(whole, random.Random(number)))  # noqa: S311
        run = call(
            *("score", leads, "--out", out, "--json", "--max-rejected", 1),
            *("--config", bench.project.config),
        )
        assert run.code in (0, 2, 3), (number, run.err)
        assert "Traceback" not in run.err, (number, run.err)
        if run.code == 0:
            beside = out.with_name(out.name + ".rejects.csv")
            rejected = len(pd.read_csv(beside)) if beside.exists() else 0
            told = run.json
            assert len(pd.read_csv(out)) == told["scored"], number
            assert rejected == told["rejected"] == told["leads"] - told["scored"], number
