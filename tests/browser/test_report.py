"""The report in a real browser: read, filtered, opened, noted on, printed, by mouse and by key."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.language import Language
from serve.cells import neutralise_text
from serve.report.page import render
from serve.report.shape import Report
from tests.browsers import HOW_TO_GET_IT, find_chromium, launch_options
from tests.serve.report.reports import LANGUAGES, age, make_reports

pytest.importorskip("playwright", reason="playwright is not for this machine")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not there")

pytestmark = pytest.mark.slow

SERIOUS = {"serious", "critical"}
NASTY = (
    "=cmd|' /C calc'!A0", "  +1", '"=1"', "'quoted", "@x", "-2", "\u3000\uff1d1", 'a "yes", no'
)  # fmt: skip


IN_WORDS = {
    "": "(not given)",
    "waiting": "no decision yet",
    "recycled": "sent back to marketing",
}


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


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the system's browser."""
    program = find_chromium()
    if program is None:
        pytest.skip(HOW_TO_GET_IT)
    return browser_type_launch_args | launch_options(program)


@pytest.fixture(scope="module")
def reports() -> tuple[Report, ...]:
    return make_reports(240)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, reports: tuple[Report, ...]) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    told = {
        "plain": reports,
        "hostile": make_reports(60, hostile=True),
        "timeless": make_reports(30, timed=False),
        "small": make_reports(24),
        "cold": tuple(age(report, range(0, 240, 2), days=200) for report in reports),
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


def test_the_page_opens_in_the_projects_language_with_the_waiting_leads(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened = open_page()
    assert opened.page.title() == "Lead report: spring"
    assert opened.page.locator("html").get_attribute("lang") == "en"
    assert opened.ids() == list(waiting(reports[0])[:50])
    assert opened.found() == f"{len(waiting(reports[0]))} of 240 leads"
    assert not opened.page.locator("#en-sales .still").is_visible()


def test_every_row_shows_the_reports_own_numbers(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened, leads, words = open_page(), reports[0].leads, Language("en")
    rows = opened.list().locator("tbody tr").all_inner_texts()
    for place, text in zip(waiting(reports[0])[:50], rows, strict=True):
        row = leads.frame.iloc[place]
        for expected in (
            " · ".join(leads.shown.iloc[place]),
            str(row["score"]),
            f"{row['low']:.0%} to {row['high']:.0%}",
            row["grade"],
            words.date(row["handed_over_at"].date()),
            *leads.reasons_for[place][:2],
            *leads.reasons_against[place][:1],
        ):
            assert expected in text, place
        assert ("waiting long" in text) is bool(row["overdue"])


@pytest.mark.parametrize("key", ["source", "owner", "country", "grade", "decision"])
def test_a_filter_finds_what_the_report_holds(
    open_page: Callable[..., Opened], reports: tuple[Report, ...], key: str
) -> None:
    opened, leads = open_page(), reports[0].leads
    form = opened.list().locator("form")
    form.locator("[name=decision]").select_option(label="all")
    column = leads.fields[key] if key in leads.fields else leads.frame[key]
    for value in column.unique():
        form.locator(f"[name={key}]").select_option(label=IN_WORDS.get(value, value))
        places = np.flatnonzero(column == value)
        assert opened.found() == f"{len(places)} of 240 leads"
        assert set(opened.ids()) <= set(places)
    form.get_by_role("button", name="Clear").click()
    assert opened.found() == "240 of 240 leads"


def test_text_is_found_in_any_case_and_without_its_accents(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened, leads = open_page(), reports[0].leads
    form = opened.list().locator("form")
    form.locator("[name=decision]").select_option(label="all")
    form.locator("[name=text]").fill("CHLOE  spain")
    fits = (leads.fields["owner"] == "Chloé Martin") & (leads.fields["country"] == "Spain")
    assert opened.found() == f"{fits.sum()} of 240 leads"
    form.locator("[name=text]").fill(leads.frame["lead_id"][7])
    assert opened.found() == "1 of 240 leads"
    form.locator("[name=text]").fill("nobody is called that")
    assert opened.found() == "No lead fits these filters."


def test_the_list_begins_with_leads_that_have_not_gone_cold(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened = open_page("cold")
    within = opened.list().locator("[name=within]")
    assert within.input_value() == "90"
    fresh = [place for place in waiting(reports[0]) if place % 2]
    assert opened.ids() == fresh[:50]
    within.select_option("365")
    assert opened.found() == f"{len(waiting(reports[0]))} of 240 leads"
    assert open_page("timeless").list().locator("[name=within]").count() == 0


def test_the_head_sorts_both_ways_and_says_so(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened, frame = open_page(), reports[0].leads.frame
    frame = frame[frame["decision"] == "waiting"]
    head = opened.list().get_by_role("columnheader", name="Handed over")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    days = frame["handed_over_at"].dt.date
    assert [days[i] for i in opened.ids()] == sorted(days, reverse=True)[:50]
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert [days[i] for i in opened.ids()] == sorted(days)[:50]
    grade = opened.list().get_by_role("columnheader", name="Grade")
    grade.get_by_role("button").click()
    assert [frame["grade"][i] for i in opened.ids()] == sorted(frame["grade"])[:50]
    assert head.get_attribute("aria-sort") is None


def test_only_what_was_asked_for_is_in_the_page(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened = open_page()
    opened.list().locator("[name=decision]").select_option(label="all")
    assert len(opened.ids()) == 50
    opened.list().get_by_role("button", name="Show 50 more").click()
    assert len(opened.ids()) == len(set(opened.ids())) == 100
    focused = opened.page.evaluate("document.activeElement.dataset.place")
    assert int(focused) == opened.ids()[50]


def test_a_lead_opens_with_its_whole_account(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened, leads = open_page(), reports[0].leads
    for place in waiting(reports[0])[:8]:
        button = opened.list().locator(f"button[data-place='{place}']")
        button.click()
        account = opened.page.locator(f"#{button.get_attribute('aria-controls')}")
        text = account.inner_text()
        for sentence in (*leads.reasons_for[place], *leads.reasons_against[place]):
            assert sentence in text
        steps = account.locator("table").first.locator("tbody tr")
        assert steps.first.inner_text().split() == ["The", "average", "lead", "44%"]
        assert steps.last.inner_text().split()[-1] == f"{leads.frame['probability'][place]:.0%}"
        strongest = np.argsort(-np.abs(leads.steps[place]), kind="stable")[0]
        assert leads.topics[strongest] in steps.nth(1).inner_text()
        story = account.locator(".story").inner_text()
        assert Language("en").date(leads.frame["handed_over_at"][place].date()) in story
        assert all(leads.event_types[kind] in story for _, kind in leads.events[place])
        past = leads.past.loc[leads.similar[place][leads.similar[place] >= 0]]
        rows = account.locator("table").nth(1).locator("tbody tr").all_inner_texts()
        assert len(rows) == len(past)
        for row, (_, one) in zip(rows, past.iterrows(), strict=True):
            assert one["title"] in row
            assert re.search(rf"\b{one['score']}\b", row)
            assert one["decision"] in row
        assert all(words in text for words in leads.missing[place])
        button.click()
        assert account.count() == 0


@pytest.mark.parametrize("name", ["plain", "hostile", "timeless", "bare", "empty"])
def test_both_languages_show_the_same_and_keep_the_filters(
    open_page: Callable[..., Opened], name: str
) -> None:
    opened = open_page(name)
    numbers = {}
    if name != "empty":
        opened.list().locator("[name=decision]").select_option(index=0)
        opened.list().locator("button[data-place]").nth(1).click()
    for code, label in zip(LANGUAGES, ("English", "Español"), strict=True):
        opened.page.get_by_role("button", name=label).click()
        body = opened.page.locator(f".body[lang={code}]")
        assert body.is_visible()
        assert opened.page.locator(".body:visible").count() == 1
        assert opened.page.locator("html").get_attribute("lang") == code
        text = body.inner_text()
        assert not re.findall(r"\b(nan|NaN|None(?! was|: every)|NaT|null|undefined)\b", text)
        numbers[code] = opened.ids(code)
        if name != "empty":
            assert body.locator(".account").count() == 1
    assert numbers["en"] == numbers["es"]


def test_an_address_opens_its_own_language_and_part(
    open_page: Callable[..., Opened], files: dict[str, Path]
) -> None:
    opened = open_page()
    opened.page.goto(opened.address + "#es-disputes")
    opened.page.reload()
    assert opened.page.locator("html").get_attribute("lang") == "es"
    assert opened.page.locator("#es-disputes").is_visible()
    opened.requests.clear()
    opened.requests.append(opened.address)


def test_nothing_that_strangers_typed_runs_or_loads(open_page: Callable[..., Opened]) -> None:
    opened = open_page("hostile")
    opened.list().locator("[name=decision]").select_option(index=0)
    for code, label in (("en", "English"), ("es", "Español")):
        opened.page.get_by_role("button", name=label).click()
        more = opened.list(code).locator(".more")
        while more.is_visible():
            more.click()
        opened.list(code).locator("button[aria-expanded=false]").evaluate_all(
            "buttons => buttons.forEach(button => button.click())"
        )
        assert opened.list(code).locator(".account").count() == 60
    page = opened.page
    assert page.evaluate("window.attacked") is None
    assert page.evaluate("document.scripts.length") == 2
    loading = "img, iframe, object, embed, base, link, audio, video, [onerror], [onfocus], [style]"
    assert page.locator(loading).count() == 0
    assert page.evaluate("[...document.links].every(a => a.getAttribute('href')[0] === '#')")
    assert "<script>window.attacked = 1</script>" in page.locator("#es-sales").inner_text()


def test_a_script_from_outside_would_not_run(open_page: Callable[..., Opened]) -> None:
    opened = open_page()
    opened.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'),"
        " {textContent: 'window.attacked = 1'}))"
    )
    assert opened.page.evaluate("window.attacked") is None
    assert any("Content Security Policy" in error for error in opened.errors)
    opened.errors.clear()


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
    opened.page.get_by_role("button", name="Español").click()
    assert opened.page.locator(f"#es-verdict-{rejected[1]}").input_value() == "another_look"
    assert len(export(opened, "es")) == len(noted)


def test_exported_notes_are_neutralised_as_everywhere(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened, places = open_page(), reports[0].disagreements.rejected
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
    place = reports[0].disagreements.rejected[0]
    opened.page.locator(f"#en-verdict-{place}").select_option("unclear")
    assert "before you close the page" in opened.page.locator("#en-disputes .status").inner_text()
    assert len(export(opened)) == 1


def test_without_scripts_all_but_the_list_is_there(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened = open_page(java_script_enabled=False)
    page = opened.page
    assert page.locator("#en-sales .still article").count() == 50
    first = page.locator("#en-sales .still article").first.inner_text()
    assert all(text in first for text in reports[0].leads.reasons_for[waiting(reports[0])[0]])
    assert page.locator("#en-sales .still .notice").is_visible()
    assert page.locator("form:visible, select:visible, button:visible").count() == 0
    assert page.locator("#en-disputes article:visible").count() == 40


def test_a_browser_too_old_for_the_script_shows_the_page_without_it(
    open_page: Callable[..., Opened],
) -> None:
    opened = open_page(before="delete Array.prototype.flatMap; delete Intl.NumberFormat")
    assert opened.page.locator("#en-sales .still article").first.is_visible()
    assert not opened.page.locator("#en-sales .worklist").is_visible()
    assert len(opened.errors) == 1
    opened.errors.clear()


def test_on_paper_stand_the_parts_for_both_teams(open_page: Callable[..., Opened]) -> None:
    opened = open_page()
    page = opened.page
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF-")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 688, "height": 1000})  # A4 without its margins
    for part in ("#en-trust", "#en-sales .still article", "#en-marketing", "#en-disputes"):
        assert page.locator(part).first.is_visible(), part
    for part in ("#en-sales .worklist", "#en-data-team", ".tongues", ".contents", ".verdicts"):
        assert not page.locator(part).first.is_visible(), part
    assert page.locator("details:not([open]) table").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 688


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("name", ["plain", "hostile"])
def test_a_phone_shows_the_page_in_its_width(
    open_page: Callable[..., Opened], code: str, name: str
) -> None:
    opened = open_page(name, viewport={"width": 390, "height": 844})
    opened.page.locator(f"[data-tongue={code}]").click()
    opened.list(code).locator("button[data-place]").nth(1).click()
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_page_is_worked_by_keys_alone(open_page: Callable[..., Opened]) -> None:
    opened = open_page()
    page = opened.page

    def tab_to(found: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate(f"(() => {{ const e = document.activeElement; return {found}; }})()"):
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline != "none", found
                return
        raise AssertionError(f"never reached: {found}")

    tab_to("e.dataset.tongue === 'es'")
    page.keyboard.press("Enter")
    tab_to("e.getAttribute('href') === '#es-sales'")
    page.keyboard.press("Enter")
    tab_to("e.name === 'text'")
    page.keyboard.type("spain")
    tab_to("e.closest('[data-sort=title]') !== null")
    page.keyboard.press("Space")
    assert page.locator("#es-sales [data-sort=title]").get_attribute("aria-sort") == "ascending"
    tab_to("e.dataset.place !== undefined")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    assert page.locator("#es-sales .account").count() == 1


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    open_page: Callable[..., Opened], code: str, scheme: str
) -> None:
    # The phone's layout is looked at in the dark, as the colours are the same.
    width = 390 if (scheme, code) == ("dark", "es") else 1280
    opened = open_page("small", color_scheme=scheme, viewport={"width": width, "height": 900})
    opened.page.locator(f"[data-tongue={code}]").click()
    opened.list(code).locator("button[data-place]").nth(2).click()
    found = axe.Axe().run(opened.page).response["violations"]
    serious = [one for one in found if one["impact"] in SERIOUS]
    assert [(one["id"], one["nodes"][0]["target"]) for one in serious] == []
    assert {one["id"] for one in found} & {"heading-order", "landmark-one-main", "region"} == set()


def test_the_marketing_tables_hold_the_reports_numbers(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened = open_page()
    tables = opened.page.locator("#en-marketing table.groups")
    assert tables.count() == len(reports[0].groupings)
    for table, grouping in zip(tables.all(), reports[0].groupings, strict=True):
        rows = [" ".join(row.split()) for row in table.locator("tbody tr").all_text_contents()]
        for text, group in zip(rows, grouping.groups, strict=True):
            assert group.share and group.expected is not None and group.expected_waiting is not None
            wanted = (
                group.name,
                f"{group.handed_over:,}",
                f"{group.answered:,}",
                f"{group.share.value:.0%}",
                f"{group.share.low:.0%} to {group.share.high:.0%}",
                f"{group.expected:.0%}",
                f"{group.expected_waiting:.0%}",
            )
            assert [part for part in wanted if part not in text] == []
