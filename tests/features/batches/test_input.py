"""The input of scoring as a whole: which rows are held back, and what is told of the columns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from features.batches.input import open_input
from features.batches.rows import has_times
from features.errors import SettingsError
from features.settings.schema import ProjectSettings, Settings, TableSettings
from tests.tables import make_settings, make_table

NOW = pd.Timestamp("2030-01-01")


def settle(folder: Path, **leads: str) -> Settings:
    return make_settings(leads=leads).model_copy(
        update={
            "project": ProjectSettings(home=folder / "home"),
            "tables": TableSettings(leads="leads.csv"),
            "root": folder,
            "file": folder / "leadaccord.toml",
        }
    )


def list_codes(code: pd.Series) -> list[str | None]:
    return [None if pd.isna(value) else value for value in code]


def test_repeats_are_known_across_batches(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("Id,Size\na,1\nb,2\nc,3\na,1\n,5\n")
    plan = replace(make_table({}, ["Size"]), order="file", kinds={"Size": "number"})
    settings = settle(tmp_path, id="Id", order="file")
    with open_input(settings, plan, None, now=NOW, rows=2, threads=1) as source:
        assert (source.count, source.leads.total) == (3, 5)
        codes = [list_codes(source.read(k).code) for k in range(3)]
        values = [source.read(k).values["Size"].tolist() for k in range(3)]
    assert codes == [[None, None], [None, "duplicate"], ["missing_id"]]
    assert values == [[1, 2], [3, 1], [5]]


def test_the_newest_rows_are_found(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(
        "Id,At,Size\na,2026-01-04,1\nb,,2\nc,2026-01-02,3\nd,2026-01-03,4\ne,2026-01-03,5\n"
    )
    plan = replace(make_table({}, ["Size"]), kinds={"Size": "number"})
    settings = settle(tmp_path, id="Id", handed_over_at="At")
    with open_input(settings, plan, None, now=NOW, rows=2, threads=1) as source:
        found = [source.find_newest(count) for count in (1, 3, 4, 5)]
    assert [None if rows is None else rows.tolist() for rows in found] == [
        [1],
        [1, 4, 5],
        [1, 3, 4, 5],
        None,
    ]
    settings = settle(tmp_path, id="Id", order="file")
    untimed = replace(plan, order="file")
    with open_input(settings, untimed, None, now=NOW, rows=2, threads=1) as source:
        newest = source.find_newest(2)
        assert newest is not None and newest.tolist() == [4, 5]


def test_columns_that_came_and_went_are_named(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("Id,Size,Moon\na,1,full\n")
    table = make_table({"Industry": ["Foods"]}, ["Size"])
    plan = replace(table, order="file", kinds={"Size": "number", "Industry": "text"})
    settings = settle(tmp_path, id="Id", order="file")
    with open_input(settings, plan, None, now=NOW, rows=2, threads=1) as source:
        assert source.missing_columns == ("Industry",)
        assert source.new_columns == ("Moon",)


def test_a_timed_model_needs_a_time(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("Id,Size\na,1\n")
    plan = replace(make_table({}, ["Size"]), kinds={"Size": "number"})
    with (
        pytest.raises(SettingsError, match="counts from the time of hand-over"),
        open_input(settle(tmp_path, id="Id"), plan, None, now=NOW, rows=2, threads=1),
    ):
        pass


def test_a_model_without_times_scores_leads_that_have_them(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("Id,At,Size\na,2026-01-02,1\na,2026-01-03,2\nb,,3\n")
    plan = replace(make_table({}, ["Size"]), order="file", kinds={"Size": "number"})
    settings = settle(tmp_path, id="Id", handed_over_at="At")
    assert has_times(settings, plan)
    with open_input(settings, plan, None, now=NOW, rows=3, threads=1) as source:
        found = source.read(0)
    assert list_codes(found.code) == [None, None, "missing_hand_over"]
    assert found.keys["handed_over_at"].dt.day.tolist()[:2] == [2, 3]


def test_what_a_preset_takes_for_the_hand_over_is_no_time_if_training_did_not_see_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "leads.csv").write_text("Id,CreatedDate,Size\na,2026-01-02,1\na,2026-01-03,2\n")
    plan = replace(make_table({}, ["Size"]), order="none", kinds={"Size": "number"})
    settings = settle(tmp_path, id="Id", preset="salesforce")
    assert not has_times(settings, plan)
    assert has_times(settings, replace(plan, order="time"))
    with open_input(settings, plan, None, now=NOW, rows=3, threads=1) as source:
        found = source.read(0)
        assert source.new_columns == ("CreatedDate",)
    assert list_codes(found.code) == [None, "duplicate"]
    assert found.keys["handed_over_at"].isna().all()
