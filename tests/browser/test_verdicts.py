"""Verdicts noted in a real browser, kept by it, and exported."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from serve.destinations.spreadsheet_safety import neutralise_text
from serve.report.contents import Report
from tests.browser.conftest import Opened

pytest.importorskip("playwright", reason="playwright is not for this machine")

pytestmark = pytest.mark.slow

NASTY = (
    "=cmd|' /C calc'!A0", "  +1", '"=1"', "'quoted", "@x", "-2", "\u3000\uff1d1", 'a "yes", no'
)  # fmt: skip


def unfold(opened: Opened) -> None:
    """Open every case, as a reader would the ones to talk about."""
    opened.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")


def export(opened: Opened, code: str = "en") -> list[dict[str, str]]:
    """Press the button and return the rows of the file."""
    with opened.page.expect_download() as download:
        opened.page.locator(f"#{code}-disputes .export").click()
    assert re.fullmatch(r"leadaccord-verdicts-[\d-]+\.csv", download.value.suggested_filename)
    text = Path(download.value.path()).read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_verdicts_are_exported_as_corrected_decisions(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened, report = open_page(), reports[0]
    unfold(opened)
    rejected, accepted = report.disagreements.rejected, report.disagreements.accepted
    assert opened.page.locator("#en-disputes .export").is_disabled()
    noted = [
        (rejected[0], "sales_right", "rejected"),
        (rejected[1], "another_look", "accepted"),
        (rejected[2], "unclear", ""),
        (accepted[0], "sales_right", "accepted"),
        (accepted[1], "another_look", "rejected"),
    ]
    for place, verdict, _ in noted:
        opened.page.locator(f"#en-verdict-{place}").select_option(verdict)
    for place, text in zip(rejected[:2], ('Ñandú, "sí"', "=1+1"), strict=True):
        opened.page.locator(f"#en-note-{place}").fill(text)
    rows = {row["lead_id"]: row for row in export(opened)}
    assert len(rows) == len(noted)
    for place, verdict, decision in noted:
        lead = report.leads.frame.loc[place]
        row = rows[lead["lead_id"]]
        assert (row["verdict"], row["decision"]) == (verdict, decision)
        assert row["handed_over_at"] == lead["handed_over_at"].isoformat() + "Z"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["noted_at"])
    notes = [rows[report.leads.frame["lead_id"][place]]["note"] for place in rejected[:2]]
    assert notes == ['Ñandú, "sí"', "'=1+1"]
    # They are there in the other language, and again when the page is opened anew.
    opened.page.reload()
    unfold(opened)
    opened.page.get_by_role("button", name="Español").click()
    assert opened.page.locator(f"#es-verdict-{rejected[1]}").input_value() == "another_look"
    assert len(export(opened, "es")) == len(noted)


def test_exported_notes_are_neutralised_as_everywhere(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened, places = open_page(), reports[0].disagreements.rejected
    unfold(opened)
    for place, text in zip(places, NASTY, strict=False):
        opened.page.locator(f"#en-note-{place}").fill(text)
    assert [row["note"] for row in export(opened)] == [
        neutralise_text(text)
        for _, text in sorted(zip(places, NASTY, strict=False), key=lambda pair: pair[0])
    ]


def test_verdicts_work_where_the_browser_keeps_nothing(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened = open_page(
        before="Object.defineProperty(window, 'localStorage', {get() { throw new Error('no'); }})"
    )
    unfold(opened)
    place = reports[0].disagreements.rejected[0]
    opened.page.locator(f"#en-verdict-{place}").select_option("unclear")
    assert "before you close the page" in opened.page.locator("#en-disputes .status").inner_text()
    assert len(export(opened)) == 1
