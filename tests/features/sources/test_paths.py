"""Promises of `features.sources.paths`: the files that are meant, or the mistake."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from features.errors import SettingsError, SourceError
from features.sources.paths import looks_like_file, split_sheet
from tests.csv_files import Open, frame


def test_a_folder_is_refused(tmp_path: Path, open_it: Open) -> None:
    (tmp_path / "leads.csv").mkdir()
    with pytest.raises(SourceError, match="is a folder") as caught:
        open_it("leads.csv")
    assert "leads.csv/*.csv" in str(caught.value)


def test_something_else_than_a_file_is_refused(tmp_path: Path, open_it: Open) -> None:
    os.mkfifo(tmp_path / "leads.csv")
    with pytest.raises(SourceError, match="not a regular file"):
        open_it("leads.csv")


def test_a_missing_file_is_a_mistake_in_the_settings(tmp_path: Path, open_it: Open) -> None:
    (tmp_path / "leads_may.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SettingsError, match=r'"leads_mai\.csv"') as caught:
        open_it("leads_mai.csv")
    assert caught.value.exit_code == 2
    assert "leads_may.csv" in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    "reference", ["data/*.csv", "nowhere/deep/leads.csv", "x" * 5_000 + ".csv"]
)
def test_what_matches_no_file_is_a_mistake(open_it: Open, reference: str) -> None:
    with pytest.raises((SettingsError, SourceError)):
        open_it(reference)


def test_names_with_signs_of_patterns_are_taken_as_they_are(tmp_path: Path, open_it: Open) -> None:
    (tmp_path / "leads [may].csv").write_text("a,b\n1,2\n")
    assert len(frame(open_it("leads [may].csv"))) == 1


def test_an_absolute_path_needs_no_root(tmp_path: Path, open_it: Open) -> None:
    (tmp_path / "leads.csv").write_text("a,b\n1,2\n")
    assert len(frame(open_it(str(tmp_path / "leads.csv"), root=Path("/")))) == 1


@pytest.mark.parametrize(
    ("reference", "is_file"),
    [("new.csv", True), ("today/*", True), ("*", True), ("sales.leads", False), ("leads", False)],
)
def test_what_can_only_be_a_file_is_told_by_its_name(reference: str, is_file: bool) -> None:
    assert looks_like_file(reference) == is_file


def test_a_file_whose_name_is_not_utf8_is_read(tmp_path: Path, open_it: Open) -> None:
    name = os.fsdecode(b"le\xffads")
    (tmp_path / f"{name}.csv").write_text("sep=;\nid;size\n1;2\n")
    source = open_it(f"{name}.csv")
    assert frame(source).to_numpy().tolist() == [["1", "2"]]
    assert all(note.message.isascii() for note in source.notes)
    assert frame(open_it("*.csv")).to_numpy().tolist() == [["1", "2"]]


def test_a_sheet_is_what_follows_the_last_sign() -> None:
    assert split_sheet("a/b.xlsx#Sheet 2") == ("a/b.xlsx", "Sheet 2")
    assert split_sheet("a#b.xlsx#c") == ("a#b.xlsx", "c")
    assert split_sheet("a.xlsx") == ("a.xlsx", None)
    assert split_sheet("a.xlsx#") == ("a.xlsx#", None)
