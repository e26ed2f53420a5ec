"""Promises of `features.sources.csv_rows`: every row as written, or the damaged line."""

from __future__ import annotations

import contextlib
import csv
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import LeadaccordError
from features.sources.csv_rows import check_rows
from tests.csv_files import look, put, refusal, rows


def test_quotes_hold_separators_line_ends_and_quotes(tmp_path: Path) -> None:
    file = look(put(tmp_path, '"a\nb",c\r\n"x,1\r\n2","say ""hi"""\r\n"",y\r\n'))
    assert file.header == ("a b", "c")
    assert rows(file) == [["x,1\r\n2", 'say "hi"'], ["", "y"]]


def test_a_quote_inside_an_unquoted_value_is_a_letter_like_any_other(tmp_path: Path) -> None:
    assert rows(look(put(tmp_path, 'size,note\n5" pipe,the "big" one\n'))) == [
        ['5" pipe', 'the "big" one']
    ]


def test_line_ends_may_differ_inside_and_outside_of_quotes(tmp_path: Path) -> None:
    text = '"note\n1",id\r\n' + "".join(f'"a\nb",{n}\r\n' for n in range(1_000))
    assert len(rows(look(put(tmp_path, text)))) == 1_000


def test_mixed_line_ends_are_read(tmp_path: Path) -> None:
    assert rows(look(put(tmp_path, "a,b\r\n1,2\n3,4\r5,6"))) == [["1", "2"], ["3", "4"], ["5", "6"]]


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    assert rows(look(put(tmp_path, "\n\na,b\n\n1,2\n   \n3,4\n\n\n"))) == [["1", "2"], ["3", "4"]]


def test_long_values_are_read(tmp_path: Path) -> None:
    note = "x" * 300_000
    assert rows(look(put(tmp_path, f'id,note\n1,"{note}"\n'))) == [["1", note]]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a,b,c\n1,2,3\n4,5\n6,7,8\n", 3, "Got 2 fields, expected 3"),
        ("a,b\n1,2\n3,4,5\n6,7\n", 3, "Got 3 fields, expected 2"),
        ('a,b\n"x\ny",2\n3,4,5\n6,7\n', 4, "Got 3 fields, expected 2"),
        ("a,b,c\n1,2,3\n4,5", 3, "ends in the middle"),
        ("sep=,\na,b\n1,2\n3\n4,5\n", 4, "Got 1 field, expected 2"),
        ("Leads of May\na,b\n1,2\n", 2, "stands above the column names"),
        ('a,b\n1,2\n3,"cut off\n4,5\n', 3, "never closed"),
        ('a,b\n1,2\n3,"say "hi" twice"\n4,5\n', 3, "not doubled"),
        ('a,b\n1,"x\n2,"y"\n', 2, "not doubled, or one is not closed"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_row_that_does_not_fit_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int, words: str, line_end: str
) -> None:
    error = refusal(put(tmp_path, text.replace("\n", line_end)))
    assert error.where is not None
    assert "leads.csv" in error.where
    assert error.where.endswith(f"line {line}")
    assert words in str(error)


def test_the_line_is_right_far_down(tmp_path: Path) -> None:
    error = refusal(put(tmp_path, "a,b\n" + "1,2\n" * 400_000 + "3\n" + "1,2\n" * 10))
    assert error.where == "leads.csv, line 400002"


def test_messages_hold_no_values(tmp_path: Path) -> None:
    error = refusal(put(tmp_path, "id,email\n1,ana@example.com,x\n2,b@example.com\n"))
    assert "example.com" not in str(error)


def test_going_through_the_rows_accepts_what_is_read(tmp_path: Path) -> None:
    file = look(put(tmp_path, 'a,b\n"x\ny",2\n\n3,4\n'))
    check_rows(file)
    assert len(rows(file)) == 2


LETTERS = st.text(st.sampled_from("ab1 ,;|\t\"'\n\r\\#éñ€"), max_size=12)


@given(
    table=st.integers(2, 4).flatmap(
        lambda width: st.lists(
            st.lists(LETTERS, min_size=width, max_size=width), min_size=1, max_size=20
        )
    ),
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)
def test_what_pythons_csv_module_writes_reads_back_identically(
    tmp_path_factory: pytest.TempPathFactory,
    table: list[list[str]],
    separator: str,
    encoding: str,
    line_end: str,
    quoting: int,
) -> None:
    names = [f"name {n}" for n in range(len(table[0]))]
    path = tmp_path_factory.mktemp("round") / "leads.csv"
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=separator, lineterminator=line_end, quoting=quoting)
        writer.writerows([names, *table])
    file = look(path, separator=separator)
    assert file.header == tuple(names)
    assert rows(file) == table


@pytest.mark.parametrize("separator", ["§", "·", "、"])
def test_a_separator_may_be_any_sign(tmp_path: Path, separator: str) -> None:
    text = 'a§b\n1§"x§y"\n\n2§\n'.replace("§", separator)
    assert rows(look(put(tmp_path, text), separator=separator)) == [
        ["1", f"x{separator}y"],
        ["2", ""],
    ]
    announced = look(put(tmp_path, f"sep={separator}\n{text}"))
    assert rows(announced) == [["1", f"x{separator}y"], ["2", ""]]
    assert refusal(put(tmp_path, f"{text}3\n"), separator=separator).code == "ragged_row"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_footer_of_a_report_is_left_out_and_told(tmp_path: Path, encoding: str) -> None:
    text = 'id,city,size\n1,Málaga,5\n2,"Coruña",7\n\n\n"Confidential Information"\n"Señor A"\n'
    file = look(put(tmp_path, text.encode(encoding)))
    assert rows(file) == [["1", "Málaga", "5"], ["2", "Coruña", "7"]]
    assert [(note.code, note.count) for note in file.notes][-1] == ("footer_rows", 2)


def test_damage_is_said_in_words(tmp_path: Path) -> None:
    whole = b"id,when,note\n" + b'1,2023-01-05,"x ""y""\nz"\n2,,\xc3\xa9\n' * 40
    luck = random.Random(7)  # noqa: S311
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(luck.choice([1, 5, 50])):
            content[luck.randrange(len(content))] = luck.choice(
                [luck.randrange(256), 0, 34, 44, 10]
            )
        path = put(
            tmp_path, bytes(content[: luck.choice([len(whole), luck.randrange(len(whole))])])
        )
        with contextlib.suppress(LeadaccordError):
            assert all(len(row) == 3 for row in rows(look(path, separator=",")) if row)
