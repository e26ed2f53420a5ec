"""The plan of a trial, printed: one sheet of A4 in both languages, whatever is in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from features.language import language
from models.trials.plan import Alternative
from serve.pages.trial_plan import render_plan
from tests.models.trials.plans import make_trial

LARGE = Alternative(effect=0.0123, size=1_234_567, weeks=321)
PLANS = [
    make_trial(alternatives=(LARGE, LARGE)),
    make_trial(
        name="a" * 40,
        design="scores",
        groups=("m427e159bdb26", "m3d06ff41848b"),
        outcome="accepted",
        alternatives=(LARGE, LARGE),
    ),
]


@pytest.mark.parametrize("plan", PLANS, ids=["hold-out", "scores"])
def test_it_prints_on_one_sheet_and_fits_a_phone(page: Any, tmp_path: Path, plan: Any) -> None:
    file = tmp_path / "plan.html"
    file.write_text(render_plan(plan, language("en"), project="Acme Europe"), "utf-8")
    page.goto(file.as_uri())
    printed = page.pdf(prefer_css_page_size=True)
    assert re.findall(rb"/Count (\d+)", printed) == [b"1"]
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
