"""The decision report: whole in both languages, safe with any text, needing nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from features.language import Phrase, language
from models.promotion.gate import Verdict
from models.promotion.gate_rules import Check
from serve.pages.decision import render_html, render_text, summarise_decision
from tests.serve.pages.test_rendering import Page
from tests.trained import make_project, train_once

HOSTILE = '<script>alert(1)</script>|`x`"'


def interval(value: float, reach: float = 0.01) -> dict[str, float]:
    return {"value": value, "low": value - reach, "high": value + reach}


def paired(old: float, new: float, reach: float = 0.01) -> dict[str, Any]:
    gap = interval(new - old, reach)
    return {"champion": interval(old), "challenger": interval(new), "difference": gap}


def make_result(**changes: Any) -> dict[str, Any]:
    group = {"group": HOSTILE, "n": 90, "log_loss": paired(0.5, 0.4), "auc": paired(0.7, 0.8)}
    bare = {**group, "group": "Fair", "auc": None}
    return {
        "as_of": "2026-02-28 23:59:59.999999",
        "champion": "mold",
        "challenger": "mnew",
        "judged_on": {
            "leads": 1_234,
            "window": ["2026-01-02 10:00:00", "2026-02-03 10:00:00"],
            "top_share": 0.2,
        },
        "figures": {
            "auc": paired(0.8, 0.83),
            "average_precision": paired(0.7, 0.7),
            "log_loss": paired(0.5, 0.46),
            "top_precision": paired(0.9, 0.8),
        },
        "segments": {HOSTILE: [group, bare], "Empty": []},
        **changes,
    }


def summarise(code: str, decision: Any = "promoted", **changes: Any) -> dict[str, Any]:
    settings = make_project(Path("/"), name=HOSTILE)
    project = settings.project.model_copy(update={"language": code})
    settings = settings.model_copy(update={"project": project})
    reason = Phrase("{text}", {"text": HOSTILE})
    verdict = Verdict(decision, (reason,), (Check("a", True, reason), Check("b", False, reason)))
    figures = None if decision == "refused" else train_once()[1].bundle.figures
    return summarise_decision(settings, verdict, make_result(**changes), figures)


@pytest.mark.parametrize("code", ["en", "es"])
@pytest.mark.parametrize("decision", ["promoted", "held", "refused"])
def test_the_page_runs_and_loads_nothing(code: str, decision: str) -> None:
    page = Page(render_html(summarise(code, decision), language(code)))
    names = {name for name, _ in page.elements}
    assert not names & {"script", "img", "link", "iframe", "form", "object"}
    for _, attributes in page.elements:
        assert not set(attributes) & {"src", "onload", "onclick", "style"}
    assert HOSTILE in " ".join(page.words)


def test_the_differences_are_told_and_what_they_mean() -> None:
    html = render_html(summarise("en"), language("en"))
    page = Page(html)
    rows = {row[0]: row[1:] for row in page.rows if row}
    assert rows["AUC"][:3] == ["0.800", "0.830", "+0.030"]
    assert rows["AUC"][-1] == "clearly better"
    assert rows["Average precision"][-1] == "no clear difference"
    assert next(v for k, v in rows.items() if k.startswith("Log-loss"))[-1] == "clearly better"
    assert rows["Precision among the best 20 %"][-1] == "clearly worse"
    assert "Mar 1, 2026" in html and "1,234 newest leads" in html


def test_numbers_have_the_local_form() -> None:
    spanish = render_text(summarise("es"), language("es"))
    assert "0,830" in spanish and "+0,030" in spanish
    assert spanish.startswith("# El modelo nuevo está en uso")


def test_markdown_shows_a_text_as_it_is() -> None:
    text = render_text(summarise("en"), language("en"))
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\|\\`x\\`" in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    widths = {line.replace("\\|", "").count("|") for line in tables}
    assert widths == {6}


@pytest.mark.parametrize("render", [render_html, render_text])
def test_without_a_comparison_there_is_no_table_of_one(render: Any) -> None:
    bare = summarise("en", "held", judged_on=None, figures=None, segments=None)
    text = render(bare, language("en"))
    assert "Both models on the same leads" not in text
    assert "The new model was held back" in text


def test_refused_data_have_no_new_model() -> None:
    text = render_text(
        summarise("en", "refused", challenger=None, judged_on=None, figures=None, segments=None),
        language("en"),
    )
    assert "No model was trained" in text and "- New: no model" in text
