"""Sizes of the page as it opens: on a screen, on a phone and on paper."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.browser.conftest import Opened
from tests.serve.report.reports import LANGUAGES

pytest.importorskip("playwright", reason="playwright is not for this machine")

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize(("width", "height", "most"), [(1280, 800, 8), (390, 844, 16)])
def test_the_page_opens_on_few_screens(
    open_page: Callable[..., Opened], code: str, width: int, height: int, most: int
) -> None:
    opened = open_page(viewport={"width": width, "height": height})
    opened.page.locator(f"[data-tongue={code}]").click()
    assert opened.page.evaluate("document.documentElement.scrollHeight") <= most * height


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_page_prints_on_few_sheets(open_page: Callable[..., Opened], code: str) -> None:
    opened = open_page()
    opened.page.locator(f"[data-tongue={code}]").click()
    printed = opened.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", printed)) <= 12
