"""Pages in a real browser: opened, watched for errors and requests, and looked at by axe-core."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serve.report.contents import Report
from serve.report.html.page import render
from tests.browsers import HOW_TO_GET_IT, find_chromium, launch_options
from tests.serve.report.reports import age, begin, make_reports

SERIOUS = {"serious", "critical"}
STRUCTURE = {"heading-order", "landmark-one-main", "region"}


@dataclass
class Opened:
    """A page that is open, and what happened on it."""

    page: Any
    address: str
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def list(self, code: str = "en") -> Any:
        """The list of leads in one language."""
        return self.page.locator(f"#{code}-sales .worklist")

    def ids(self, code: str = "en") -> list[int]:
        """The places of the leads that are listed."""
        buttons = self.list(code).locator("button[data-place]")
        places = buttons.evaluate_all("all => all.map(button => button.dataset.place)")
        return [int(place) for place in places]

    def found(self, code: str = "en") -> str:
        """What the page says of how many were found."""
        return str(self.list(code).locator(".found").inner_text())

    def tab_to(self, found: str) -> None:
        """Press Tab until an element `e` is reached of which the script holds, and is outlined."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(f"(e => {found})(document.activeElement)"):
                style = "getComputedStyle(document.activeElement).outlineStyle"
                assert self.page.evaluate(style) != "none", found
                return
        raise AssertionError(f"never reached: {found}")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the system's browser."""
    program = find_chromium()
    if program is None:
        pytest.skip(HOW_TO_GET_IT)
    return browser_type_launch_args | launch_options(program)


@pytest.fixture(scope="session")
def reports() -> tuple[Report, ...]:
    """The report that most tests read."""
    return make_reports(240)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory, reports: tuple[Report, ...]) -> dict[str, Path]:
    """Pages by name; a module with other pages has such a fixture of its own."""
    folder = tmp_path_factory.mktemp("pages")
    told = {
        "plain": reports,
        "more": make_reports(400),
        "hostile": make_reports(60, hostile=True),
        "timeless": make_reports(30, timed=False),
        "small": make_reports(24),
        "cold": tuple(age(report, range(0, 240, 2), days=200) for report in reports),
        "begun": tuple(begin(report, range(0, 240, 3)) for report in reports),
        "linked": tuple(
            replace(one, leads=replace(one.leads, link="https://crm.example.com/r/{id}?a=b"))
            for one in make_reports(60, hostile=True)
        ),
        "bare": make_reports(30, bare=True),
        "empty": make_reports(0, bare=True),
    }
    for name, versions in told.items():
        (folder / f"{name}.html").write_text(render(versions), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in told}


@pytest.fixture
def open_page(new_context: Any, files: dict[str, Path]) -> Iterator[Callable[..., Opened]]:
    """Open one of the pages; at the end nothing may have gone wrong or left the page."""
    every: list[Opened] = []

    def open_one(name: str = "plain", *, before: str = "", **options: Any) -> Opened:
        context = new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        if before:
            context.add_init_script(before)
        opened = Opened(context.new_page(), files[name].as_uri())
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.on("console", lambda message: opened.errors.append(message.text))
        opened.page.on("pageerror", lambda error: opened.errors.append(str(error)))
        opened.page.on("dialog", lambda dialog: opened.errors.append(dialog.message))
        opened.page.goto(opened.address)
        every.append(opened)
        return opened

    yield open_one
    for opened in every:
        assert opened.errors == []
        assert set(opened.requests) == {opened.address}


def waiting(report: Report) -> np.ndarray:
    """The places of the waiting leads, the most promising first."""
    return np.flatnonzero(report.leads.frame["decision"] == "waiting")


def find_serious(page: Any) -> list[tuple[str, Any]]:
    """What axe-core finds that shuts somebody out, or leaves a reader without a way about."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not there")
    return [
        (one["id"], one["nodes"][0]["target"])
        for one in axe.Axe().run(page).response["violations"]
        if one["impact"] in SERIOUS or one["id"] in STRUCTURE
    ]
