"""The settings' text: what is no TOML text is refused with its line, and keys keep theirs."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import SettingsError
from features.settings.toml_text import find_key_lines, parse_toml, read_text

FILE = Path("leadaccord.toml")


def refusal(path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        read_text(path)
    return str(caught.value)


def test_a_missing_file_points_to_init(tmp_path: Path) -> None:
    message = refusal(tmp_path / "leadaccord.toml")
    assert "There is no settings file" in message
    assert "Run `leadaccord init FILE`" in message


def test_a_folder(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path)


def test_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is not a plain file" in refusal(tmp_path / "pipe")


def test_what_the_system_will_not_read(tmp_path: Path) -> None:
    message = refusal(tmp_path / ("x" * 5000))
    assert "cannot be read: file name too long" in message
    assert "Name a file you may read" in message


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x89PNG\r\n\x00\x1a", "is binary"),
        ("[tables]".encode("utf-16"), "is UTF-16"),
        (b'[project]\nname = "Espa\xf1a"\n', "line 2"),
    ],
)
def test_bytes_that_are_not_utf8(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "leadaccord.toml"
    path.write_bytes(data)
    message = refusal(path)
    assert said in message
    assert str(path) in message


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "leadaccord.toml"
    path.write_bytes(b"\xef\xbb\xbf[tables]\r\n")
    assert parse_toml(read_text(path), path) == {"tables": {}}


@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [
        ('[tables]\nleads = "C:\\data"\n', 2, "Write paths with /"),
        ('[tables]\nleads = "a\n', 2, "Close the quotes"),
        ("[tables]\nleads = yes\n", 2, "Put text in quotes"),
        ('[tables]\nleads = "a"\nleads = "b"\n', 3, "Keep one of the two lines"),
        ("[tables]\n[tables]\n", 2, "under one heading"),
        ('[leads]\nLead Number = "x"\n', 2, "Write KEY = VALUE"),
        ("[decision]\naccepted = [1,\n\n", 2, "Close the bracket"),
    ],
)
def test_what_is_no_toml_names_its_line(text: str, line: int, hint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_toml(text, FILE)
    assert f"(leadaccord.toml, line {line})" in str(caught.value)
    assert hint in str(caught.value)


@pytest.mark.parametrize("text", ["x = " + "[" * 20_000, "x = " + "1" * 5_000])
def test_what_python_cannot_read_is_refused_too(text: str) -> None:
    with pytest.raises(SettingsError, match="too long or brackets too deep"):
        parse_toml(text, FILE)


def test_lines_of_keys_however_they_are_written() -> None:
    text = '''\
# a comment
train.seed = 3
tables = { leads = "a.csv", outcomes = "b.csv" }

[decision]  # [not.this]
accepted = [
    "a",  # rejected = 1
    "b",
]
"rejected" = """
column = "no key"
"""

[[stray]]
x = 1
'''
    assert find_key_lines(text) == {
        ("train",): 2,
        ("train", "seed"): 2,
        ("tables",): 3,
        ("tables", "leads"): 3,
        ("tables", "outcomes"): 3,
        ("decision",): 5,
        ("decision", "accepted"): 6,
        ("decision", "rejected"): 10,
        ("stray",): 14,
        ("stray", "x"): 15,
    }


KEYS = st.from_regex(r"[a-z]{1,6}", fullmatch=True)
VALUES = st.sampled_from(["1", '"x"', "[1,\n 2]", "[\n]", '"""\na = 1\n"""', "'[t]'", "{ a = 1 }"])


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=4), max_size=4))
def test_every_key_stands_on_the_line_it_was_written_on(
    tables: dict[str, dict[str, str]],
) -> None:
    lines: list[str] = []
    expected: dict[tuple[str, ...], int] = {}
    for table, keys in tables.items():
        expected[(table,)] = len(lines) + 1
        lines.append(f"[{table}]")
        for key, value in keys.items():
            expected[(table, key)] = len(lines) + 1
            lines += f"{key} = {value}".split("\n")
        lines += ["", "# between"]
    text = "\n".join(lines)
    assert set(tomllib.loads(text)) == set(tables)
    for written in (text, text.replace("\n", "\r\n")):
        found = find_key_lines(written)
        assert {path: found[path] for path in expected} == expected


@pytest.mark.parametrize(
    "value",
    ['"""ends in quotes"""""', "'''a # b'''", '"a \\" # ["', "[ # ]\n1, # [\n]", '"]" # """'],
)
def test_a_statement_ends_where_its_value_does(value: str) -> None:
    text = f"[t]\na = {value}\nb = 1"
    assert tomllib.loads(text)
    assert find_key_lines(text)["t", "b"] == 3 + value.count("\n")


def test_each_statement_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[int] = []
    whole = tomllib.loads

    def loads(text: str) -> dict[str, object]:
        parsed.append(len(text))
        return whole(text)

    monkeypatch.setattr(tomllib, "loads", loads)
    items = "\n".join('  "x",' for _ in range(5_000))
    text = f"[decision]\naccepted = [\n{items}\n]\nreason = 1\n"
    assert find_key_lines(text)["decision", "reason"] == 5_004
    assert sum(parsed) <= len(text)


@pytest.mark.parametrize("text", ["{} = 1", "[{}]", "[t]\n{} = 1"])
def test_keys_of_thousands_of_parts_have_a_line(text: str) -> None:
    lines = find_key_lines(text.format(".".join("a" * 5_000)))
    assert max(lines.values()) == text.count("\n") + 1
