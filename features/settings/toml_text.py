"""Text of a settings file: parsed, with the line of each key."""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from features.errors import SettingsError

Key = tuple[str, ...]

_DEEPEST = 8
_TOKEN = re.compile(
    r"""
    \"{3}(?:\\.|[^\\])*?\"{3,5}  # texts of several lines, which may end in quotes of their own
    | '{3}.*?'{3,5}
    | "(?:\\.|[^"\\\n])*" | '[^'\n]*'
    | \#[^\n]*
    | [\[\]{}\n]
    | [^"'\#\[\]{}\n]+
    """,
    re.VERBOSE | re.DOTALL,
)


def read_text(path: Path) -> str:
    """Return the text of the settings file.

    Parameters
    ----------
    path : Path
        The file; a byte order mark at its start is dropped.

    Returns
    -------
    str
        The text.

    Raises
    ------
    SettingsError
        When there is no such file, or it is a folder, binary, not UTF-8 or cannot be read.
    """
    try:
        data = _read_bytes(path)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise _refuse_file(
            f"The settings file cannot be read: {reason}", path, "Name a file you may read"
        ) from error
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _refuse_file("The settings file is UTF-16", path, "Save it as UTF-8")
    if b"\0" in data:
        raise _refuse_file("The settings file is binary", path, "Name a text file in TOML")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SettingsError(
            "The settings file is not UTF-8",
            where=f"{path}, line {line}",
            next_step="Save it as UTF-8",
        ) from error


def _read_bytes(path: Path) -> bytes:
    if path.is_dir():
        raise _refuse_file("The settings file is a folder", path, "Name the file inside it")
    if not path.exists():
        raise _refuse_file(
            "There is no settings file",
            path,
            "Run `leadaccord init FILE` with your export to write one, or name one with --config",
        )
    # Reading a pipe or a device might never end.
    if not path.is_file():
        raise _refuse_file("The settings file is not a plain file", path, "Name a text file")
    return path.read_bytes()


def _refuse_file(what: str, path: Path, next_step: str) -> SettingsError:
    return SettingsError(what, where=str(path), next_step=next_step)


# What tomllib says, in part, and what helps.
_TOML_HINTS = {
    "Unescaped '\\'": "Write paths with /, or in single quotes",
    "Cannot overwrite": "Keep one of the two lines that set this key",
    "Cannot declare": "Put the keys of both under one heading",
    "end of document": "Close the bracket or the quotes that are open",
    "Invalid value": "Put text in quotes, and write true and false in lower case",
    "Illegal character": "Close the quotes on the line they are opened on",
    "Expected '='": "Write KEY = VALUE, with the key in quotes if it holds spaces",
}


def parse_toml(text: str, path: Path) -> dict[str, Any]:
    """Return the settings as nested dictionaries.

    Parameters
    ----------
    text : str
        The text of the settings file.
    path : Path
        The file, for the message.

    Returns
    -------
    dict
        One entry per table.

    Raises
    ------
    SettingsError
        When the text is not TOML; names the line.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        reason = re.sub(r" \(at [^()]*\)$", "", message)
        line = re.search(r"\(at line (\d+)", message)
        number = line[1] if line else text.rstrip().count("\n") + 1
        hint = next((hint for words, hint in _TOML_HINTS.items() if words in message), None)
        raise SettingsError(
            f"The settings are not valid TOML: {reason[:1].lower()}{reason[1:]}",
            where=f"{path}, line {number}",
            next_step=hint or "Correct that line",
        ) from error
    except (ValueError, RecursionError) as error:
        # Valid TOML that Python itself will not read: thousands of digits or of brackets.
        raise _refuse_file(
            "The settings hold a number too long or brackets too deep to be read",
            path,
            "Name the settings file, or shorten that value",
        ) from error


def find_key_lines(text: str) -> dict[Key, int]:
    """Return the line of every table and key of a valid TOML text.

    Parameters
    ----------
    text : str
        TOML that `tomllib` accepts.

    Returns
    -------
    dict of tuple of str to int
        The first line, from 1, of each path such as ("leads", "id").

    Notes
    -----
    `tomllib` keeps no positions, so the text is cut into statements, and each is parsed by itself.
    """
    found: dict[Key, int] = {}
    prefix: Key = ()
    for line, statement in _list_statements(text.replace("\r\n", "\n")):
        is_header = statement.lstrip().startswith("[")
        paths = list(_iterate_paths(tomllib.loads(statement), () if is_header else prefix))
        if is_header:
            prefix = max(paths, key=len)
        for path in paths:
            found.setdefault(path, line)
    return found


def _list_statements(text: str) -> Iterator[tuple[int, str]]:
    """Give each statement of a valid text with its first line: it ends with its line.

    The end of a line inside brackets or a text of several lines ends nothing.
    """
    line, start, begun, depth = 1, 0, 1, 0
    for token in _TOKEN.finditer(text):
        line += token[0].count("\n")
        depth += (token[0] in "[{") - (token[0] in "]}")
        if token[0] == "\n" and depth == 0:
            yield begun, text[start : token.start()]
            start, begun = token.end(), line
    yield begun, text[start:]


def _iterate_paths(tree: Any, prefix: Key = ()) -> Iterator[Key]:
    """Give the path of every key in nested tables, outer ones first.

    No setting lies as deep as `_DEEPEST`, and what lies deeper is an unknown key above already.
    """
    if isinstance(tree, list):
        for item in tree:
            yield from _iterate_paths(item, prefix)
    if isinstance(tree, dict) and len(prefix) < _DEEPEST:
        for name, value in tree.items():
            yield (*prefix, name)
            yield from _iterate_paths(value, (*prefix, name))
