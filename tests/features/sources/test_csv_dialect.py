"""Promises of `features.sources.csv_dialect`: separator, header and notes of a CSV file."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from features.sources.csv_dialect import find_header, guess_separator
from tests.csv_files import Open, frame, look, put, refusal, rows


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_and_noted_unless_it_is_a_comma(
    tmp_path: Path, separator: str
) -> None:
    file = look(put(tmp_path, separator.join("abc") + "\n" + separator.join("123") + "\n"))
    assert file.separator == separator
    assert rows(file) == [["1", "2", "3"]]
    assert [note.code for note in file.notes] == ["separator_guessed"] * (separator != ",")


def test_decimal_commas_do_not_make_a_comma_the_separator() -> None:
    assert guess_separator("id;amount;share\n1;2,5;0,1\n2;3,5;0,2\n") == ";"


def test_a_comma_inside_names_does_not_make_it_the_separator() -> None:
    assert guess_separator("id;city, state;x\n1;Lima;2\n2;Cusco;3\n") == ";"


def test_a_file_of_one_column_is_a_table(tmp_path: Path) -> None:
    file = look(put(tmp_path, "id\n17\n18\n"))
    assert (file.header, rows(file)) == (("id",), [["17"], ["18"]])
    assert not file.notes


def test_one_column_of_decimal_commas_is_not_split(tmp_path: Path) -> None:
    assert rows(look(put(tmp_path, "amount\n1,5\n2,5\n"))) == [["1,5"], ["2,5"]]


def test_a_given_separator_wins(tmp_path: Path) -> None:
    file = look(put(tmp_path, "a;b,c\n1;2,3\n"), separator=",")
    assert (file.header, rows(file)) == (("a;b", "c"), [["1;2", "3"]])


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_excels_first_line_names_the_separator(tmp_path: Path, line_end: str) -> None:
    file = look(put(tmp_path, f"sep=;{line_end}a;b,c{line_end}1;2,3{line_end}"))
    assert (file.separator, file.header) == (";", ("a", "b,c"))
    assert rows(file) == [["1", "2,3"]]


def test_names_are_trimmed(tmp_path: Path) -> None:
    assert look(put(tmp_path, ' id ,"Lead\nSource",\u00a0City \n1,2,3\n')).header == (
        "id",
        "Lead Source",
        "City",
    )


def test_rows_that_end_in_a_separator_fit_a_header_that_does_not(tmp_path: Path) -> None:
    file = look(put(tmp_path, "a,b\n1,2,\n3,4,\n"))
    assert (file.header, rows(file)) == (("a", "b", ""), [["1", "2", ""], ["3", "4", ""]])


@pytest.mark.parametrize("text", ["", "\n\n", "  \n", "\ufeff"])
def test_an_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    error = refusal(put(tmp_path, text))
    assert (error.code, error.exit_code) == ("empty_file", 3)
    assert "leads.csv" in str(error)


def test_a_header_without_names_is_refused(tmp_path: Path) -> None:
    assert refusal(put(tmp_path, ",,\n,,\n")).code == "no_header"


def test_a_header_of_100000_columns_is_refused(tmp_path: Path) -> None:
    error = refusal(put(tmp_path, ",".join(f"column {n}" for n in range(100_000)) + "\n1\n"))
    assert error.code == "too_many_columns"
    assert "100,000" in str(error)


def test_a_first_row_without_end_is_refused(tmp_path: Path) -> None:
    assert refusal(put(tmp_path, "x" * 5_000_000)).code == "endless_header"


TABLE = [
    ["Id", "Nome", "Note", "Ort", "Land"],
    *([f"A{n}", "Ana", "x, y", "Bern", "CH"] for n in range(6)),
]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    "titles",
    [
        [["Leads by region"]],
        [["Bericht: Leads", "", ""], ["Filter: Status = Offen"], [], ["Stand", "3.1.2024"]],
        [["LEADS 2025 - nao apagar", "", ""]],
    ],
)
def test_titles_above_the_column_names_are_left_out(
    tmp_path: Path, open_it: Open, titles: list[list[str]], separator: str
) -> None:
    with (tmp_path / "leads.csv").open("w", newline="") as stream:
        csv.writer(stream, delimiter=separator).writerows([*titles, *TABLE])
    source = open_it("leads.csv")
    assert frame(source).columns.tolist() == TABLE[0]
    assert frame(source).to_numpy().tolist() == TABLE[1:]
    above = [note.count for note in source.notes if note.code == "title_rows"]
    assert above == [sum(bool(row) for row in titles)]


@pytest.mark.parametrize(
    "rows",
    [
        [["a", "", ""], ["1", "2", "3"], ["4", "5", "6"]],
        [["Note", "", ""], ["2024-01-05", "x", "y"], ["2024-01-06", "z", "y"]],
        [["a", "b"], ["c", "d"]],
        [["a"], ["b"]],
        [],
    ],
)
def test_names_that_are_few_are_no_titles(rows: list[list[str]]) -> None:
    assert find_header(rows) == 0


@pytest.mark.parametrize("name", ["Create Date", "Set", "Copy", "Insert into", "-- note"])
def test_names_that_sql_has_too_are_names(tmp_path: Path, name: str) -> None:
    assert look(put(tmp_path, f"{name},Status (final)\n1,2\n")).header[0] == name
