"""One number for one lead: everything that shows a lead shows the same score first."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from features.labels import label_tables
from features.language import language
from features.settings.load import load_settings
from models.registry.champion import load_champion
from pipelines import explain, report, report_lead
from pipelines.console import Console
from pipelines.reading import read_own
from serve.report.scored_hand_overs import ScoredHandOvers, score_hand_overs
from tests.pipelines.conftest import Project, Scored
from tests.serve.report.html.test_packing import read_ids, read_numbers

SHEETS = {"en": "Worklist", "es": "Lista de trabajo"}
BEFORE = {
    "en": "Before sales' answer was known: {}",
    "es": "Antes de conocer la respuesta de ventas: {}",
}
KEY = ["lead_id", "day"]


@dataclass(frozen=True)
class Shown:
    """A project's report in one language, as page and as workbook."""

    code: str
    config: Path
    page: str
    workbook: Path


@pytest.fixture(scope="module", params=sorted(SHEETS))
def shown(
    request: pytest.FixtureRequest, trained: Project, tmp_path_factory: pytest.TempPathFactory
) -> Shown:
    """The report of every lead, written from settings in one language."""
    code, place = request.param, tmp_path_factory.mktemp(request.param)
    config = trained.folder / f"{code}.toml"
    text = trained.config.read_text("utf-8")
    assert 'language = "en"' in text
    config.write_text(text.replace('language = "en"', f'language = "{code}"'), "utf-8")
    out, book = place / "report.html", place / "report.xlsx"
    console = Console(as_json=False, quiet=True)
    report.run(console, config=config, out=out, newest=100_000, workbook=book)
    return Shown(code, config, out.read_text("utf-8"), book)


@pytest.fixture(scope="module")
def asked(trained: Project) -> ScoredHandOvers:
    """The hand-overs as the report scores them, to choose leads from."""
    settings = load_settings(trained.config)
    bundle = load_champion(settings)
    tables = read_own(settings, bundle)
    return score_hand_overs(bundle, tables, label_tables(tables))


def by_hand_over(ids: Any, days: Any, **columns: Any) -> pd.DataFrame:
    """Return columns by lead and day of hand-over."""
    day = pd.DatetimeIndex(pd.to_datetime(days)).normalize().as_unit("s")
    frame = pd.DataFrame({"lead_id": ids, "day": day, **columns})
    return frame.set_index(KEY).sort_index()


def read_page(page: str) -> pd.DataFrame:
    """Return the scores that the page's script draws."""
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])["leads"]
    days = pd.Timestamp(0) + pd.to_timedelta(read_numbers(data["handed_over"]), "D")
    before = pd.Series(read_numbers(data["before"]), dtype=float)
    return by_hand_over(
        read_ids(data["ids"]),
        days,
        score=read_numbers(data["score"]),
        before=before.mask(before < 0).to_numpy(),
    )


def read_workbook(shown: Shown) -> pd.DataFrame:
    """Return the scores of the worklist."""
    titles, *rows = (
        CalamineWorkbook.from_path(shown.workbook).get_sheet_by_name(SHEETS[shown.code]).to_python()
    )
    words = language(shown.code).text
    found = pd.DataFrame(rows, columns=titles)
    before = pd.to_numeric(found[words("Before sales' answer was known")], errors="coerce")
    return by_hand_over(
        found[words("Lead")],
        found[words("Handed over")],
        score=found[words("Score")].astype(int),
        before=before,
    )


def test_the_page_and_the_workbook_show_the_score_of_the_file(shown: Shown, scored: Scored) -> None:
    file = scored.scores
    scores = by_hand_over(file["lead_id"], file["handed_over_at"], score=file["score"])
    page, book = read_page(shown.page), read_workbook(shown)
    assert len(page) == len(book) > 2_500
    assert page.index.isin(scores.index).all() and not scores.index.duplicated().any()
    expected = scores["score"].loc[page.index].tolist()
    assert page["score"].tolist() == book["score"].tolist() == expected
    pd.testing.assert_frame_equal(page, book, check_dtype=False)
    assert 300 < page["before"].notna().sum() < len(page)
    assert (page["before"] - page["score"]).abs().max() > 3, "the model has learned since"


def choose(asked: ScoredHandOvers) -> pd.DataFrame:
    """Return the newest hand-over of leads of every kind, and those that were learned from most."""
    newest = asked.hand_overs.drop_duplicates("lead_id", keep="last")
    moved = (newest["before_answer"] - newest["probability"]).abs().where(newest["learned"])
    back = newest["lead_id"].isin(
        asked.hand_overs["lead_id"][asked.hand_overs.duplicated("lead_id")]
    )
    kinds = (
        newest.loc[moved.nlargest(4).index],
        newest[newest["learned"] & newest["before_answer"].isna()].iloc[::700],
        newest[newest["decision"] == "waiting"].iloc[::120],
        newest[back].iloc[::60],
    )
    return pd.concat(kinds).drop_duplicates("lead_id")


def test_explain_and_the_page_of_a_lead_show_the_same(
    shown: Shown, asked: ScoredHandOvers, tmp_path: Path
) -> None:
    page = read_page(shown.page)
    settings = load_settings(shown.config)
    bundle, words = load_champion(settings), language(shown.code)
    tables = read_own(settings, bundle)
    labels = label_tables(tables)
    some = choose(asked)
    assert len(some) > 12
    for lead, at in zip(some["lead_id"], some["handed_over_at"], strict=True):
        expected = page.loc[(lead, at.normalize())]
        told = explain.explain(bundle, tables, labels, words, lead)
        assert told["score"] == expected["score"], lead
        assert (told["score_before_answer"] is None) == np.isnan(expected["before"]), lead
        if told["score_before_answer"] is not None:
            assert told["score_before_answer"] == expected["before"], lead
    console = Console(as_json=False, quiet=True)
    for lead in some["lead_id"].iloc[[0, 1, -1]]:
        told = explain.explain(bundle, tables, labels, words, lead)
        out = tmp_path / "lead.html"
        result = report_lead.run(console, config=shown.config, lead_id=lead, out=out)
        for name in ("score", "grade", "score_before_answer"):
            assert result[name] == told[name], (lead, name)
        texts = (html.unescape(out.read_text("utf-8")), "\n".join(explain.describe(told, words)))
        before = BEFORE[shown.code].format(told["score_before_answer"])
        assert all((before in text) == (told["score_before_answer"] is not None) for text in texts)
