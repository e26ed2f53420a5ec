"""What the simulated CRM writes: titles that can be read back, faults that are counted, files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from features.columns.ids import complete_id
from features.errors import DestinationError
from features.simulation.company import simulate
from features.simulation.export import (
    DIRTY_ROWS,
    World,
    draw_ids,
    list_titles,
    read_domains,
    read_titles,
    write_titles,
    write_world,
)
from features.simulation.vocabulary import HOSTILE_TEXTS


@pytest.fixture(scope="module")
def clean() -> World:
    return simulate(n_leads=8000, dirty=False)


@pytest.fixture(scope="module")
def dirty() -> World:
    return simulate(n_leads=8000)


def test_no_spelling_of_a_title_means_two_things() -> None:
    table = list_titles()
    meanings = table.groupby(table["title"].str.lower())[["seniority", "function"]].nunique()
    assert (meanings == 1).all(axis=None)
    assert len(meanings) > 400


def test_titles_are_read_back_as_they_were_meant() -> None:
    people = list_titles()[["language", "seniority", "function"]].sample(
        5000, replace=True, random_state=1
    )
    people.index = pd.RangeIndex(100, 5100)
    titles = write_titles(np.random.default_rng(1), people)
    assert titles.str.lower().nunique() > 300
    assert (titles != titles.str.strip()).any()
    meant = people[["seniority", "function"]].astype("str")
    assert_frame_equal(read_titles(titles).astype("str"), meant)


def test_unknown_and_missing_titles_mean_nothing() -> None:
    titles = pd.Series(["Juggler", None, " vp MKTG "], dtype="str")
    assert read_titles(titles)["seniority"].fillna("?").tolist() == ["?", "?", "vice president"]


def test_domains_have_a_class() -> None:
    emails = pd.Series(["a@gmail.com", "b@hillcrest.ac.uk", "c@yopmail.com", "d@altorafoods.com"])
    assert read_domains(emails).tolist() == ["free", "education", "disposable", "company"]


def test_ids_look_like_those_of_a_crm() -> None:
    ids = pd.Series(draw_ids(np.random.default_rng(1), "00Q", 50_000))
    assert ids.is_unique
    assert ids.str.fullmatch(r"00Q[0-9A-Za-z]{15}").all()
    for known in ids.head(500):
        assert complete_id(known[:15]) == known


def test_every_fault_is_there_as_often_as_announced(clean: World, dirty: World) -> None:
    leads = dirty.leads
    assert leads["Id"].isna().sum() == DIRTY_ROWS["empty id"]
    assert leads["MQL_Date__c"].isna().sum() == DIRTY_ROWS["empty hand-over"]
    future = leads["MQL_Date__c"] > pd.Timestamp("2090-01-01")
    assert future.sum() == DIRTY_ROWS["hand-over in the far future"]
    assert leads[leads["Id"].notna()].duplicated().sum() == DIRTY_ROWS["duplicate leads"]
    assert dirty.decisions.duplicated().sum() == DIRTY_ROWS["duplicate decisions"]
    handed = leads.dropna(subset="Id").groupby("Id")["MQL_Date__c"].min()
    early = dirty.decisions["CreatedDate"] < dirty.decisions["LeadId"].map(handed)
    assert early.sum() == DIRTY_ROWS["decision before hand-over"]
    unknown = ~dirty.activities["LeadId"].isin(leads["Id"])
    assert unknown.sum() == DIRTY_ROWS["activities of unknown leads"]
    added = len(dirty.activities) - len(clean.activities)
    assert added == DIRTY_ROWS["duplicate activities"] + unknown.sum()


def test_a_clean_world_has_no_fault(clean: World) -> None:
    assert clean.leads[["Id", "MQL_Date__c"]].notna().all(axis=None)
    assert not clean.leads.duplicated().any()
    assert not clean.decisions.duplicated().any()
    assert clean.activities["LeadId"].isin(clean.leads["Id"]).all()
    assert clean.decisions["LeadId"].isin(clean.leads["Id"]).all()
    texts = clean.leads[["FirstName", "LastName", "Company", "Title"]].stack()
    assert not texts.str.contains(r"[<=@{\n%]|\u202e", regex=True).any()


@pytest.mark.parametrize("column", ["FirstName", "LastName", "Company", "Title"])
def test_hostile_text_stands_in_names_companies_and_titles(dirty: World, column: str) -> None:
    values = dirty.leads[column].dropna()
    for text in HOSTILE_TEXTS:
        assert values.str.startswith(text + " ").any(), text


def test_a_small_world_is_not_mostly_dirty() -> None:
    world = simulate(n_leads=300)
    assert 300 < len(world.leads) < 330
    assert world.leads["Id"].isna().any()


def test_files_hold_what_the_frames_hold(dirty: World, tmp_path: Path) -> None:
    paths = write_world(dirty, tmp_path / "new" / "demo")
    assert set(paths) == {"leads", "activities", "decisions", "outcomes", "truth"}
    options = {"keep_default_na": False, "na_values": [""], "encoding": "utf-8"}
    for name in ("leads", "decisions", "outcomes", "truth"):
        frame = getattr(dirty, name)
        times = list(frame.select_dtypes("datetime").columns)
        found = pd.read_csv(paths[name], dtype="str", **options)  # type: ignore[call-overload]
        assert found.columns.tolist() == frame.columns.tolist()
        for column in frame.columns:
            want = frame[column]
            if column in times:
                got = pd.to_datetime(found[column], format="%Y-%m-%d %H:%M:%S")
                assert got.astype("datetime64[s]").equals(want), column
            elif want.dtype == "str":
                assert found[column].equals(want), column
            else:
                assert found[column].isna().equals(want.isna()), column


def test_activities_are_one_file_a_month(clean: World, tmp_path: Path) -> None:
    folder = write_world(clean, tmp_path)["activities"]
    files = sorted(folder.iterdir())
    assert [path.name for path in files][:2] == ["2024-07.csv", "2024-08.csv"]
    assert len(files) == 24
    parts = [pd.read_csv(path) for path in files]
    for path, part in zip(files, parts, strict=True):
        assert part["CreatedDate"].str.startswith(path.stem).all()
    together = pd.concat(parts, ignore_index=True)
    assert len(together) == len(clean.activities)
    assert together["CreatedDate"].is_monotonic_increasing


def test_a_folder_that_cannot_be_written_is_an_error_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(DestinationError, match="cannot be written"):
        write_world(simulate(n_leads=5), tmp_path / "taken")
