"""Promises of `features.sources.encoding`: encodings are found, and what is no text is named."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zipfile
from pathlib import Path

import pytest

from features.errors import SettingsError
from tests.csv_files import look, put, refusal, rows


@pytest.mark.parametrize(
    ("encoding", "mark", "found"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", codecs.BOM_UTF8, "utf-8-sig"),
        ("cp1252", b"", "cp1252"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "utf-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "utf-16"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
        ("utf-32-le", codecs.BOM_UTF32_LE, "utf-32"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(
    tmp_path: Path, encoding: str, mark: bytes, found: str, line_end: str
) -> None:
    text = line_end.join(["Código,ciudad", "1,Málaga", "2,Coruña", ""])
    file = look(put(tmp_path, mark + text.encode(encoding)))
    assert (file.encoding, file.header) == (found, ("Código", "ciudad"))
    assert rows(file) == [["1", "Málaga"], ["2", "Coruña"]]
    guessed = [note.code for note in file.notes]
    assert guessed == ([] if found.startswith("utf-8") else ["encoding_guessed"])


def test_a_given_encoding_wins_and_is_not_noted(tmp_path: Path) -> None:
    file = look(put(tmp_path, "a,b\n€,2\n".encode("iso8859-15")), encoding="iso8859-15")
    assert rows(file) == [["€", "2"]]
    assert not file.notes


def test_letters_after_the_first_megabyte_decide_the_encoding_too(tmp_path: Path) -> None:
    plain = b"a,b\n" + b"1,2\n" * 300_000
    assert look(put(tmp_path, plain + "1,é\n".encode("cp1252"))).encoding == "cp1252"
    assert look(put(tmp_path, plain + "1,é\n".encode())).encoding == "utf-8"


def test_a_letter_cut_by_the_end_of_a_megabyte_is_read(tmp_path: Path) -> None:
    start = b"a,b\n1,"
    text = start + b"x" * ((1 << 20) - len(start) - 1) + "é\n".encode()
    assert look(put(tmp_path, text)).encoding == "utf-8"


def test_damage_within_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    error = refusal(put(tmp_path, "a,b\né,2\n".encode() + b"3,\xff\n"))
    assert error.code == "encoding"
    assert "leads.csv, line 3" in str(error)


def test_a_wrong_given_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    error = refusal(put(tmp_path, b"a,b\n1,2\n\xe9,3\n"), encoding="utf-8")
    assert "not valid utf-8 (leads.csv, line 3)" in str(error)


def test_a_codec_that_is_no_encoding_of_text_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="encoding"):
        look(put(tmp_path, "a,b\n1,2\n"), encoding="hex")


def test_compressed_files_are_read(tmp_path: Path) -> None:
    file = look(put(tmp_path, gzip.compress(b"a;b\n1;\xe9\n"), "leads.csv.gz"))
    assert (file.separator, file.encoding, rows(file)) == (";", "cp1252", [["1", "é"]])


def workbook() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (workbook(), "Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Excel workbook"),
        (b"%PDF-1.7\n1 0 obj\n", "PDF"),
        (b"<!DOCTYPE html><html><body>Please log in", "web page"),
        (b'{"leads": [{"id": 1}]}', "JSON"),
        (b'[{"id": 1}]', "JSON"),
        (b"SQLite format 3\x00" + bytes(100), "SQLite"),
        (b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 4, "zero bytes"),
        (b"id,name\n" + b"1,a\x00b\x01\x02\n" * 50, "zero bytes"),
        (b'[\n  {\n    "id": 1\n  }\n]', "JSON"),
        (b'\xef\xbb\xbf{ "leads":\t[] }', "JSON"),
        ('[\n{"id": 1}]'.encode("utf-16"), "JSON"),
        (b'{"id": 1}\n{"id": 2}\n', "JSON"),
        (b"--\n-- dump\n\nSET timeout = 0;\nCREATE TABLE leads (id int);\n", "SQL"),
        (b"/* a, b */;\nINSERT INTO `leads` VALUES (1,'x');\n", "SQL"),
        (b"COPY public.leads (id, at) FROM stdin;\n1\t2\n", "SQL"),
    ],
)
def test_what_is_no_csv_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    error = refusal(put(tmp_path, content))
    assert error.code == "not_csv"
    assert words in str(error)
    assert "save it as CSV" in str(error)


def test_the_csv_modules_limit_stays_as_it_was(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    look(put(tmp_path, "a,b\n1,2\n"))
    assert csv.field_size_limit() == before


def test_stray_zero_bytes_are_left_out_and_told(tmp_path: Path) -> None:
    text = b"id,note\n" + b"1,plain text\n" * 30 + b"2,\0<p>text</p>\n"
    file = look(put(tmp_path, text))
    assert rows(file)[-1] == ["2", "<p>text</p>"]
    (note,) = file.notes
    assert (note.code, note.severity, note.count, note.example) == (
        *("zero_bytes", "warning"),
        *(1, "line 32"),
    )


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_letters_of_any_alphabet_in_utf16_without_a_mark(tmp_path: Path, encoding: str) -> None:
    text = "Имя,Город\nМария,Москва\nИван,Пермь\n"
    assert rows(look(put(tmp_path, text.encode(encoding)))) == [
        ["Мария", "Москва"],
        ["Иван", "Пермь"],
    ]
    named = look(put(tmp_path, text.encode(encoding)), encoding="utf-16")
    assert named.header == ("Имя", "Город")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-7", "utf-8"])
def test_an_encoding_that_does_not_fit_is_refused(tmp_path: Path, encoding: str) -> None:
    error = refusal(put(tmp_path, "a,b\nñ,2\n".encode("cp1252")), encoding=encoding)
    assert error.code == "encoding"


@pytest.mark.parametrize("encoding", ["undefined", "idna", "hex"])
def test_codecs_that_read_no_files_are_mistakes_in_the_settings(
    tmp_path: Path, encoding: str
) -> None:
    with pytest.raises(SettingsError, match="encoding"):
        look(put(tmp_path, "a,b\n1,2\n"), encoding=encoding)


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    content = gzip.compress(b'a,b\n1,"' + b"x" * (70 << 20), compresslevel=1)
    assert "does not end" in str(refusal(put(tmp_path, content, "leads.csv.gz")))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Стадия;Источник\nВ работе;Сайт\nСпам;VK\n", "cp1251"),
        ("Étape;Société\nGagné;Crédit à la clé\n", "cp1252"),
        ("Größe;Straße\nÜbergröße;Äußere Ötztalstraße\n", "cp1252"),
    ],
)
def test_words_of_cyrillic_letters_are_told_from_accents(
    tmp_path: Path, text: str, encoding: str
) -> None:
    file = look(put(tmp_path, text.encode(encoding)))
    assert file.encoding == encoding
    assert rows(file)[0] == text.split("\n")[1].split(";")
