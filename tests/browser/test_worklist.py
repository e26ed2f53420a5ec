"""The list of leads in a real browser: filtered, sorted, and its leads opened."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest

from features.language import Language
from models.reasons.bands import BAND_WORDS, BANDS
from serve.report.contents import Leads, Report
from tests.browser.conftest import Opened, waiting
from tests.serve.report.reports import make_reports

pytest.importorskip("playwright", reason="playwright is not for this machine")

pytestmark = pytest.mark.slow

IN_WORDS = {
    "": "(not given)",
    "waiting": "no decision yet",
    "recycled": "sent back to marketing",
}


def list_brief(leads: Leads, place: int) -> list[str]:
    """What a row says: why a high score, or why not higher."""
    against = leads.reasons_against[place]
    if leads.frame["probability"][place] >= leads.average or not against:
        return list(leads.reasons_for[place][:2])
    return ["Why not higher", *against[:2]]


def test_every_row_shows_the_reports_own_numbers(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened, leads, words = open_page(), reports[0].leads, Language("en")
    rows = opened.list().locator("tbody tr").all_inner_texts()
    for place, text in zip(waiting(reports[0])[:10], rows, strict=True):
        row = leads.frame.iloc[place]
        for expected in (
            " · ".join(leads.shown.iloc[place]),
            f"{row['score']}{words.text(BAND_WORDS[BANDS[row['band']]])}",
            f"{row['low']:.0%} to {row['high']:.0%}",
            row["grade"],
            words.date(row["handed_over_at"].date()),
            *list_brief(leads, place),
        ):
            assert expected in text, place
        assert ("waiting long" in text) is bool(row["overdue"])


def test_low_scores_say_once_why_they_are_not_higher(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened, leads = open_page(), reports[0].leads
    opened.list().get_by_role("columnheader", name="Score").get_by_role("button").click()
    lowest = opened.ids()
    rows = opened.list().locator("tbody tr").all_inner_texts()
    for place, text in zip(lowest, rows, strict=True):
        expected = list_brief(leads, place)
        assert all(sentence in text for sentence in expected)
        assert text.count("Why not higher") == bool(leads.reasons_against[place])


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


@pytest.mark.parametrize("code", ["en", "es"])
def test_every_count_of_what_came_of_leads_lists_them(
    open_page: Callable[..., Opened], code: str
) -> None:
    opened = open_page("more", locale=code)
    every = "all => all.forEach(one => one.open = true)"
    opened.page.locator(f"#{code}-results, #{code}-results details").evaluate_all(every)
    links = opened.page.locator(f"#{code}-results a[data-filter]").all()
    assert len(links) > 20
    for link in links:
        count = re.match(r"\d+", link.inner_text())
        link.evaluate("link => link.click()")
        listed = re.match(r"\d+", opened.found(code))
        assert (int(listed[0]) if listed else 0) == int(count[0] if count else -1)


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
    assert opened.ids() == fresh[:10]
    within.select_option("365")
    assert opened.found() == f"{len(waiting(reports[0]))} of 240 leads"
    assert open_page("timeless").list().locator("[name=within]").count() == 0


def test_the_list_begins_with_leads_that_nobody_has_started(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened, leads = open_page("begun"), waiting(reports[0])
    decision = opened.list().locator("[name=decision]")
    assert decision.input_value() == "open"
    assert opened.ids() == [place for place in leads if place % 3][:10]
    decision.select_option(label="in progress")
    assert opened.ids() == [place for place in leads if place % 3 == 0][:10]
    texts = opened.list().locator("tbody tr").all_inner_texts()
    assert all("in progress" in text and "waiting long" not in text for text in texts)
    decision.select_option(label="no decision yet")
    assert opened.found() == f"{len(leads)} of 240 leads"


def test_the_head_sorts_both_ways_and_says_so(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened, frame = open_page(), reports[0].leads.frame
    frame = frame[frame["decision"] == "waiting"]
    head = opened.list().get_by_role("columnheader", name="Handed over")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    days = frame["handed_over_at"].dt.date
    assert [days[i] for i in opened.ids()] == sorted(days, reverse=True)[:10]
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert [days[i] for i in opened.ids()] == sorted(days)[:10]
    grade = opened.list().get_by_role("columnheader", name="Grade")
    grade.get_by_role("button").click()
    assert [frame["grade"][i] for i in opened.ids()] == sorted(frame["grade"])[:10]
    assert head.get_attribute("aria-sort") is None


def test_only_what_was_asked_for_is_in_the_page(
    open_page: Callable[..., Opened], reports: tuple[Report, ...]
) -> None:
    opened = open_page()
    opened.list().locator("[name=decision]").select_option(label="all")
    assert len(opened.ids()) == 10
    opened.list().get_by_role("button", name="Show 50 more").click()
    assert len(opened.ids()) == len(set(opened.ids())) == 60
    focused = opened.page.evaluate("document.activeElement.dataset.place")
    assert int(focused) == opened.ids()[10]


def test_each_lead_links_to_its_record_and_its_id_stays_in_the_path(
    open_page: Callable[..., Opened],
) -> None:
    opened = open_page("linked")
    leads = make_reports(60, hostile=True)[0].leads
    for place in opened.ids()[:6]:
        button = opened.list().locator(f"button[data-place='{place}']")
        button.click()
        link = opened.page.locator(f"#{button.get_attribute('aria-controls')}").get_by_role("link")
        address = urlsplit(str(link.get_attribute("href")))
        assert (address.scheme, address.netloc, address.query) == (
            "https",
            "crm.example.com",
            "a=b",
        )
        assert unquote(address.path.removeprefix("/r/")) == leads.frame["lead_id"][place]
        assert address.path.count("/") == 2
        assert link.get_attribute("rel") == "noopener noreferrer"
    assert opened.page.evaluate("window.attacked") is None


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
