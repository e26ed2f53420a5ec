"""The report in a real browser: opened, switched, printed, on a phone, by mouse and by key."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from serve.report.contents import Report
from serve.report.html.page import CASES_AT_ONCE
from tests.browser.conftest import Opened, find_serious, waiting
from tests.serve.report.reports import LANGUAGES

pytest.importorskip("playwright", reason="playwright is not for this machine")

pytestmark = pytest.mark.slow


def test_the_page_opens_in_the_projects_language_with_the_waiting_leads(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened = open_page()
    assert opened.page.title() == "Lead report: spring"
    assert opened.page.locator("html").get_attribute("lang") == "en"
    assert opened.ids() == list(waiting(reports[0])[:10])
    assert opened.found() == f"{len(waiting(reports[0]))} of 240 leads"
    assert not opened.page.locator("#en-sales .still").is_visible()


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


def test_without_scripts_all_but_the_list_is_there(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened = open_page(java_script_enabled=False)
    page = opened.page
    assert page.locator("#en-sales .still article").count() == 10
    first = page.locator("#en-sales .still article").first.inner_text()
    assert all(text in first for text in reports[0].leads.reasons_for[waiting(reports[0])[0]])
    assert page.locator("#en-sales .still .notice").is_visible()
    assert page.locator("form:visible, select:visible, button:visible").count() == 0
    assert page.locator("#en-disputes article:visible").count() == 2 * CASES_AT_ONCE
    for rest in page.locator("#en-disputes .rest summary").all():
        rest.click()
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
    for part in (
        "#en-trust",
        "#en-sales .still article",
        "#en-marketing",
        "#en-disputes article .cases",
    ):
        assert page.locator(part).first.is_visible(), part
    for part in ("#en-sales .worklist", "#en-data-team", ".tongues", ".contents", ".verdicts"):
        assert not page.locator(part).first.is_visible(), part
    assert not page.locator("details:not([open], .paper) table").first.is_visible()
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
    if name == "plain":
        sideways = (
            "tables => tables.filter(t => t.scrollWidth > t.parentElement.clientWidth).length"
        )
        groups = opened.page.locator(f"#{code}-marketing details[open] .groups:not(.results)")
        assert groups.count() == 1 and groups.evaluate_all(sideways) == 0
        assert opened.page.locator(f"#{code}-marketing .legend").first.is_visible()


def test_the_page_is_worked_by_keys_alone(open_page: Callable[..., Opened]) -> None:
    opened = open_page()
    page = opened.page
    opened.tab_to("e.dataset.tongue === 'es'")
    page.keyboard.press("Enter")
    opened.tab_to("e.getAttribute('href') === '#es-sales'")
    page.keyboard.press("Enter")
    opened.tab_to("e.name === 'text'")
    page.keyboard.type("spain")
    opened.tab_to("e.closest('[data-sort=title]') !== null")
    page.keyboard.press("Space")
    assert page.locator("#es-sales [data-sort=title]").get_attribute("aria-sort") == "ascending"
    opened.tab_to("e.dataset.place !== undefined")
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
    assert find_serious(opened.page) == []


def test_the_marketing_tables_hold_the_reports_numbers(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened = open_page()
    tables = opened.page.locator("#en-marketing table.groups:not(.results)")
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


def test_each_figure_of_the_first_screen_opens_the_leads_it_counts(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened, frame = open_page(), reports[0].leads.frame
    day = frame["handed_over_at"].dt.normalize()
    recent = day > day.max() - pd.Timedelta(days=30)
    won_day = frame["won_at"].dt.normalize()
    won = (won_day > day.max() - pd.Timedelta(days=30)) & (won_day <= day.max())
    accepted = recent & (frame["decision"] == "accepted")
    wanted = [
        recent,
        recent & (frame["decision"] != "waiting"),
        accepted,
        accepted & (frame["outcome"] > 0),
        won,
        won,
        recent & (frame["decision"] == "waiting"),
    ]
    links = opened.page.locator(".body[lang=en] .first [data-filter]")
    assert links.count() == len(wanted)
    for link, leads in zip(links.all(), wanted, strict=True):
        link.click()
        assert opened.found() == f"{leads.sum()} of 240 leads"


def test_an_address_filters_the_list(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened, leads = open_page(), reports[0].leads
    opened.page.evaluate("location.hash = '#owner=ana+ruiz&decision=accepted&within='")
    fits = (leads.fields["owner"] == "Ana Ruiz") & (leads.frame["decision"] == "accepted")
    opened.page.wait_for_function(
        "text => document.querySelector('#en-sales .found').textContent === text",
        arg=f"{fits.sum()} of 240 leads",
    )


def test_the_page_opens_in_the_browsers_language(open_page: Callable[..., Opened]) -> None:
    opened = open_page(locale="es-ES")
    assert opened.page.locator("html").get_attribute("lang") == "es"
