"""The report job: from a project's files to one page, whole or not at all."""

from __future__ import annotations

import html
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from features.errors import DestinationError, SettingsError, UsageError
from features.labels import read_labelled
from features.settings.load import load_settings
from features.simulation.company import simulate
from features.simulation.export import write_world
from models.estimator.components import Components
from pipelines import report, train
from pipelines.console import Console
from tests.pipelines.conftest import Leadaccord, Project
from tests.serve.report.html.test_packing import read_ids

SETTINGS = """
[project]
name = "spring"
language = "{language}"

[tables]
leads = "data/leads.csv"
activities = "data/activities/*.csv"
decisions = "data/decisions.csv"

[leads]
preset = "salesforce"
id = "Id"
handed_over_at = "MQL_Date__c"
display = {display}

[decision]
column = "Status"
accepted = ["Qualified"]
rejected = ["Disqualified"]
recycled = ["Recycled"]
decided_at = "CreatedDate"
id = "LeadId"

[activities]
id = "LeadId"
at = "CreatedDate"
type = "Type"
"""
NEWEST = 25


def write_settings(folder: Path, name: str, *, language: str = "en", display: str = "[]") -> Path:
    """Write a settings file of its own beside the data."""
    file = folder / name
    file.write_text(SETTINGS.format(language=language, display=display), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated project with a model in use."""
    folder = tmp_path_factory.mktemp("project")
    write_world(simulate(n_leads=1_500, seed=11), folder)
    train.run(Console(as_json=False, quiet=True), config=write_settings(folder, "train.toml"))
    return folder


def make_report(config: Path, out: Path, newest: int = NEWEST) -> dict[str, Any]:
    """Run the job without a word on standard output."""
    return report.run(Console(as_json=False, quiet=True), config=config, out=out, newest=newest)


@pytest.fixture(scope="module")
def english(folder: Path) -> tuple[dict[str, Any], str]:
    """The result and the page in English, companies displayed."""
    config = write_settings(folder, "en.toml", display='["Company", "Id"]')
    out = folder / "new" / "en.html"
    return make_report(config, out), out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def spanish(folder: Path) -> tuple[dict[str, Any], str]:
    """The result and the page in Spanish, nothing displayed."""
    out = folder / "es.html"
    result = make_report(write_settings(folder, "es.toml", language="es"), out)
    return result, out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def leads(folder: Path) -> pd.DataFrame:
    """The project's leads as exported."""
    return pd.read_csv(folder / "data" / "leads.csv", dtype=str)


def read_data(page: str) -> Any:
    """Return what the page's script works on."""
    return json.loads(page.partition('id="data">')[2].partition("</script>")[0])


def test_the_page_opens_in_the_projects_language_and_holds_every_other(
    english: tuple[dict[str, Any], str], spanish: tuple[dict[str, Any], str]
) -> None:
    for (result, page), codes in ((english, ["en", "es"]), (spanish, ["es", "en"])):
        assert page.startswith("<!DOCTYPE html>")
        assert f'<html lang="{codes[0]}">' in page
        assert "What drives acceptance" in page
        assert "Qué influye en la aceptación" in page
        assert result["model_version"] in page
        assert result["leads"] == read_data(page)["leads"]["count"] == NEWEST
        assert result["language"] == codes[0]
        assert [one["code"] for one in read_data(page)["languages"]] == codes == result["languages"]


def test_the_newest_leads_without_a_decision_are_shown(
    folder: Path, english: tuple[dict[str, Any], str], leads: pd.DataFrame
) -> None:
    result, page = english
    decided = set(pd.read_csv(folder / "data" / "decisions.csv", dtype=str)["LeadId"])
    at = pd.to_datetime(leads["MQL_Date__c"], errors="coerce")
    known = leads.assign(at=at)[(at <= pd.Timestamp.now()) & leads["Id"].notna()]
    # Leads never decided in any hand-over wait for certain; the newest of them must be there.
    waiting = known[~known["Id"].isin(decided)].sort_values("at", ascending=False)
    assert len(waiting) >= 5
    assert set(waiting["Id"].head(5)) <= set(read_ids(read_data(page)["leads"]["ids"]))
    # A quarter of the room is kept for the most surprising answers.
    assert result["waiting"] == NEWEST - int(0.25 * NEWEST)


def test_personal_fields_are_shown_only_where_the_settings_say_so(
    english: tuple[dict[str, Any], str], spanish: tuple[dict[str, Any], str], leads: pd.DataFrame
) -> None:
    for column in ("Email", "Phone", "Street"):
        values = [value for value in leads[column].dropna().unique() if len(value) > 6]
        assert values
        for _, page in (english, spanish):
            assert [value for value in values if value in page] == [], column
    shown = [
        name for name in leads["Company"].dropna().unique() if f"<bdi>{name}</bdi>" in english[1]
    ]
    assert shown
    assert [name for name in shown if f"<bdi>{name}</bdi>" in spanish[1]] == []


def test_a_displayed_column_that_is_not_there_is_named(folder: Path, tmp_path: Path) -> None:
    config = write_settings(folder, "wrong.toml", display='["Compny"]')
    with pytest.raises(SettingsError, match=r'\[leads\] display.*"Compny".*"Company"'):
        make_report(config, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_without_a_model_in_use_there_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="leadaccord train"):
        make_report(write_settings(tmp_path, "leadaccord.toml"), tmp_path / "report.html")


def test_what_was_there_stays_where_the_page_cannot_be_written(
    folder: Path, tmp_path: Path
) -> None:
    taken = tmp_path / "file"
    taken.write_text("mine", encoding="utf-8")
    with pytest.raises(DestinationError):
        make_report(write_settings(folder, "taken.toml"), taken / "report.html", newest=1)
    assert taken.read_text(encoding="utf-8") == "mine"


def test_the_result_is_json_and_words(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_settings(folder, "json.toml")
    out = tmp_path / "report.html"
    report.run(Console(as_json=True), config=config, out=out, newest=2)
    told = json.loads(capsys.readouterr().out)
    assert told["out"] == str(out)
    assert told["leads"] == read_data(out.read_text(encoding="utf-8"))["leads"]["count"] == 2
    assert set(told) == {
        *("out", "workbook", "leads", "waiting", "total", "model_version"),
        *("language", "languages", "seconds"),
        *("opening", "funnel", "groups", "reasons", "changes", "disagreements"),
    }
    assert str(out) in "\n".join(report.describe(told))


def test_the_page_never_replaces_what_it_is_made_from(folder: Path) -> None:
    config = write_settings(folder, "mine.toml")
    for place in (folder / "data" / "leads.csv", config):
        before = place.read_bytes()
        with pytest.raises(UsageError, match="would replace what it is made from"):
            make_report(config, place)
        assert place.read_bytes() == before


def test_a_workbook_of_every_lead_is_written_as_well(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, book = write_settings(folder, "book.toml", language="es"), tmp_path / "new" / "r.xlsx"
    explained = []
    contribute = Components.contributions

    def count(components: Components, matrix: np.ndarray, **options: Any) -> np.ndarray:
        explained.append(len(matrix))
        return contribute(components, matrix, **options)

    monkeypatch.setattr(Components, "contributions", count)
    result = report.run(
        Console(as_json=False, quiet=True),
        config=config,
        out=tmp_path / "report.html",
        newest=2,
        workbook=book,
    )
    assert result["workbook"] == str(book) and str(book) in "\n".join(report.describe(result))
    sheet = CalamineWorkbook.from_path(book).get_sheet_by_name("Lista de trabajo")
    found = [row[0] for row in sheet.to_python()[1:]]
    tables, labels = read_labelled(load_settings(config))
    placed = ~labels.rule.isin(
        ["missing_id", "duplicate", "missing_hand_over", "hand_over_in_future"]
    )
    assert sorted(found) == sorted(tables.episodes.loc[placed, "lead_id"])
    assert list(book.parent.iterdir()) == [book]
    # The one more is the typical lead, which reasons are compared with.
    assert sorted(explained) == [1, result["total"]] and result["total"] == len(found)


@pytest.mark.parametrize("name", ["report.csv", "report", "report.html"])
def test_a_workbook_has_a_name_that_excel_opens(folder: Path, tmp_path: Path, name: str) -> None:
    config = write_settings(folder, "name.toml")
    with pytest.raises(UsageError, match="--workbook needs the name of an Excel file"):
        report.run(
            Console(as_json=False, quiet=True),
            config=config,
            out=tmp_path / "report.html",
            newest=2,
            workbook=tmp_path / name,
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_redacted_nothing_of_display_or_owners_is_anywhere(
    folder: Path, tmp_path: Path, leads: pd.DataFrame
) -> None:
    """Every column that is personal or displayed, and who has a lead, in all that is written."""
    hidden = ("FirstName", "LastName", "Email", "Phone", "Street", "Company")
    names = ", ".join(f'"{name}"' for name in hidden)
    config = write_settings(folder, "redact.toml", display=f"[{names}]")
    for redact in (False, True):
        place = tmp_path / str(redact)
        report.run(
            Console(as_json=False, quiet=True),
            config=config,
            out=place / "report.html",
            newest=200,
            workbook=place / "report.xlsx",
            redact=redact,
        )
        written = read_all(place)
        found = {
            name: [value for value in leads[name].dropna().unique() if tells(value, written)]
            for name in (*hidden, "OwnerId")
        }
        if redact:
            assert {name: values for name, values in found.items() if values} == {}
        else:
            assert all(found.values())


def read_all(place: Path) -> str:
    """Everything that was written, as text."""
    texts = []
    for path in place.iterdir():
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as archive:
                texts += [archive.read(name).decode() for name in archive.namelist()]
        else:
            texts.append(path.read_text("utf-8"))
    return html.unescape("\n".join(texts))


def tells(value: str, text: str) -> bool:
    """Tell whether a value that could not stand there by chance stands there."""
    return len(value) > 8 and value in text


def test_columns_the_model_learned_from_cannot_be_left_out(
    leadaccord: Leadaccord, project: Project, tmp_path: Path
) -> None:
    lead = project.world.leads["Id"].dropna().iloc[-1]
    project.edit_settings(('display = ["Company"]', 'display = ["Company", "Email", "Industry"]'))
    for which in ((), ("--lead", lead)):
        options = ("--redact", *which, "--out", tmp_path / "page.html", "--json")
        run = leadaccord("report", *options, "--config", project.config)
        assert run.code == 2 and run.json["error"]["code"] == "redaction"
        assert '"Industry"' in run.err and "leadaccord train" in run.err
        # What is derived at the door, such as the kind of an address, gives nothing away.
        assert '"Email"' not in run.err and '"Company"' not in run.err
    assert list(tmp_path.glob("*.html")) == []
