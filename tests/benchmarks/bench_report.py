"""The report: how long it takes to write, how large it is, and how fast a browser works on it."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from features.contract.tables import Tables
from features.language import language, list_languages
from models.artifact.bundle import ModelBundle
from tests.benchmarks.bench import Row, Speeds
from tests.benchmarks.store import Progress, Unavailable

NAME = "report"
TITLE = "The report"
SIZES = (20_000, 200_000)
TRAINED_ON = 6_000
ROUNDS = 3

# Runs in the page: does what a reader does, lays the page out, and tells the milliseconds.
FILTERS = """() => {
  const list = document.querySelector(".body:not([hidden]) .worklist");
  const form = list.querySelector("form");
  const timed = (work) => {
    const started = performance.now();
    work();
    void document.body.offsetHeight;
    return performance.now() - started;
  };
  const set = (name, value) => timed(() => {
    form.elements[name].value = value;
    form.elements[name].dispatchEvent(new Event("input", { bubbles: true }));
  });
  const found = {};
  for (const control of form.elements) {
    if (control.tagName === "SELECT") {
      found[control.name] = set(control.name, control.options[control.options.length - 1].value);
      found[`all of ${control.name}`] = set(control.name, "");
    }
  }
  for (const text of ["a", "an", "no such lead", ""]) found[`text "${text}"`] = set("text", text);
  for (const head of list.querySelectorAll("[data-sort] button")) {
    found[`sort ${head.textContent}`] = timed(() => head.click());
    found[`sort ${head.textContent} back`] = timed(() => head.click());
  }
  return found;
}"""
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"


def measure(progress: Progress) -> Speeds:
    """Write reports of two sizes, and work on them in headless Chromium."""
    with tempfile.TemporaryDirectory() as folder:
        files, rows = [], []
        for n in SIZES:
            file = Path(folder) / f"{n}.html"
            seconds, spent, shown = write(n, file)
            progress(f"{n:,} leads written in {seconds:.1f} s")
            files.append((n, file))
            limit = (20.0, 8.0) if n == SIZES[0] else (None, None)
            rows += [
                _row(f"{n:,} leads: count, score, write", seconds, "s", limit[0], spent=spent),
                _row(
                    f"{n:,} leads: the file, {shown:,} one by one", _megabytes(file), "MB", limit[1]
                ),
            ]
        for n, file in files:
            paint, slowest, which = read(file)
            progress(f"{n:,} leads: first paint {paint:.0f} ms, slowest {which}: {slowest:.0f} ms")
            rows += [
                _row(f"{n:,} leads: first paint", paint, "ms", 300.0),
                _row(f"{n:,} leads: slowest of all filters ({which})", slowest, "ms", 300.0),
            ]
    return Speeds(rows, [NOTE])


NOTE = (
    f"Simulated companies; the model learned from the first {TRAINED_ON:,} of their leads. Written "
    "is from the tables in memory to the file, in both languages. In headless Chromium every "
    "filter, every order and three searches are set one after the other; counted is until the page "
    f"is laid out again, the slowest of them in the median of {ROUNDS} openings."
)


def write(n_leads: int, file: Path) -> tuple[float, float, int]:
    """Write a report; return its seconds, those of the processor, and the leads inside."""
    from features.labels import label_tables
    from serve.report.assemble import NEWEST, assemble
    from serve.report.html.page import render
    from serve.report.scored_hand_overs import score_hand_overs

    bundle, tables = _make_company(n_leads)
    labels = label_tables(tables)
    started, spent = time.perf_counter(), time.process_time()
    languages = list(map(language, list_languages()))
    scored = score_hand_overs(bundle, tables, labels)
    reports = assemble(bundle, tables, scored, languages, newest=NEWEST)
    file.write_text(render(reports), encoding="utf-8")
    seconds, busy = time.perf_counter() - started, time.process_time() - spent
    return seconds, busy, len(reports[0].leads.frame)


def read(file: Path) -> tuple[float, float, str]:
    """Return the milliseconds to the first paint and of the slowest filter, and which it is."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as reason:
        raise Unavailable("playwright is not installed; it comes with `make test`") from reason
    from tests.browsers import HOW_TO_GET_IT, find_chromium, launch_options

    program = find_chromium()
    if program is None:
        raise Unavailable(HOW_TO_GET_IT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options(program))
        rounds = [_open(browser, file) for _ in range(ROUNDS)]
        browser.close()
    paint = median(paint for paint, _ in rounds)
    slow = {what: median(found[what] for _, found in rounds) for what in rounds[0][1]}
    which = max(slow, key=lambda what: slow[what])
    return paint, slow[which], which


def _open(browser: Any, file: Path) -> tuple[float, dict[str, float]]:
    page = browser.new_page()
    page.goto(file.as_uri())
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    found = page.evaluate(PAINT), page.evaluate(FILTERS)
    page.close()
    return found


def _make_company(n_leads: int) -> tuple[ModelBundle, Tables]:
    from features.labels import label_tables
    from features.simulation.company import simulate
    from models.training import train_model
    from tests.tables import tables_of_world

    learned = tables_of_world(simulate(n_leads=TRAINED_ON, seed=1))
    trained = train_model(learned, label_tables(learned), progress=lambda _: None)
    return trained.bundle, tables_of_world(simulate(n_leads=n_leads, seed=2))


def _row(
    work: str, reached: float, unit: str, to_reach: float | None, *, spent: float | None = None
) -> Row:
    digits = 0 if unit == "ms" else 1
    return Row(
        work,
        "",
        f"{reached:,.{digits}f} {unit}",
        "" if to_reach is None else f"under {to_reach:,.0f} {unit}",
        "" if spent is None else f"{spent:.1f} of the processor",
    )


def _megabytes(file: Path) -> float:
    return file.stat().st_size / 1e6
