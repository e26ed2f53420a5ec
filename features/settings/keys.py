"""Keys of the settings file, each by itself: known or unknown, of the right type or not."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from features.settings.choices import describe_expected
from features.settings.problem import Problem


def read_sections(
    raw: Mapping[str, Any], models: Mapping[str, type[BaseModel]]
) -> tuple[dict[str, BaseModel], list[Problem]]:
    """Read each table of the file, without the keys that are wrong.

    Parameters
    ----------
    raw : mapping
        The file as `tomllib` reads it.
    models : mapping of str to type
        The model of each table.

    Returns
    -------
    dict of str to BaseModel
        Every table; where a key is wrong or missing its default or a stand-in.
    list of Problem
        What is wrong with single keys and names; when empty, there is no stand-in.
    """
    problems = list(_find_stray_tables(raw, models))
    sections: dict[str, BaseModel] = {}
    for name in models:
        sections[name], found = _read_section(name, raw.get(name, {}), models)
        problems += found
    return sections, problems


def _find_stray_tables(
    raw: Mapping[str, Any], models: Mapping[str, type[BaseModel]]
) -> Iterator[Problem]:
    """Yield a problem for each top-level name that is not a known table."""
    for name, value in raw.items():
        if name in models:
            continue
        owner = _find_owner(name, models)
        if owner and not isinstance(value, dict):
            yield Problem(
                (name,),
                f'The key "{name}" is outside the tables',
                next_step=f"Move it below [{owner}]",
                suggested=(owner, name),
            )
            continue
        shown = f"[{name}]" if isinstance(value, dict) else f'The key "{name}"'
        if near := difflib.get_close_matches(name, models, n=1):
            what = f"{shown} is not known: did you mean [{near[0]}]?"
            yield Problem((name,), what, suggested=(near[0],))
        else:
            known = ", ".join(f"[{section}]" for section in models)
            yield Problem((name,), f"{shown} is not known", next_step=f"Remove it, or use {known}")


def _find_owner(key: str, models: Mapping[str, type[BaseModel]]) -> str | None:
    """Return the only table that has this key."""
    owners = [name for name, model in models.items() if key in model.model_fields]
    return owners[0] if len(owners) == 1 else None


def _read_section(
    name: str, values: Any, models: Mapping[str, type[BaseModel]]
) -> tuple[BaseModel, list[Problem]]:
    """Return one table, without the keys that are wrong, and what is wrong with them."""
    model = models[name]
    fields = model.model_fields
    stand_in = {key: "?" for key, field in fields.items() if field.is_required()}
    if not isinstance(values, dict):
        step = f"Write its keys below a line [{name}]"
        problem = Problem((name,), f"[{name}] is not a table", next_step=step)
        return model.model_validate(stand_in), [problem]
    try:
        return model.model_validate(values), []
    except ValidationError as error:
        wrong = {str(detail["loc"][0]): detail["type"] for detail in error.errors()}
    problems = []
    for key, kind in wrong.items():
        if kind == "extra_forbidden":
            problems.append(_describe_unknown(name, key, models))
        elif kind == "missing":
            problems.append(_describe_missing(name, key, fields[key], empty=not values))
        else:
            problems.append(_describe_wrong(name, key, fields[key], values[key]))
    kept = {key: value for key, value in values.items() if key not in wrong}
    # The stand-in lets the rules over several keys run; an error follows, so nobody sees it.
    return model.model_validate(stand_in | kept), problems


def _describe_unknown(section: str, key: str, models: Mapping[str, type[BaseModel]]) -> Problem:
    fields = models[section].model_fields
    what = f"[{section}] {key} is not known"
    if owner := _find_owner(key, models):
        step = f"Move it below [{owner}]"
        return Problem((section, key), what, next_step=step, suggested=(owner, key))
    if near := difflib.get_close_matches(key, fields, n=1):
        what = f"{what}: did you mean {near[0]}?"
        return Problem((section, key), what, suggested=(section, near[0]))
    step = f"Remove it; [{section}] has {', '.join(fields)}"
    return Problem((section, key), what, next_step=step)


def _describe_missing(section: str, key: str, field: FieldInfo, *, empty: bool) -> Problem:
    what = f"[{section}] {key} is missing" + (f", as all of [{section}]" if empty else "")
    step = f'Add {key} = "FILE" below a line [{section}]'
    return Problem((section, key), what, expected=describe_expected(field), next_step=step)


def _describe_wrong(section: str, key: str, field: FieldInfo, value: object) -> Problem:
    expected = describe_expected(field) or ""
    step = "Correct the value, or remove the line to use the default"
    if isinstance(value, str) and expected.startswith("a list"):
        step = f"Write {key} = [{_show(value)}]"
    elif isinstance(value, str) and expected.startswith("a date"):
        step = "Remove the quotes, and write year, month and day with hyphens"
    elif field.is_required():
        step = "Correct the value"
    # A connection may hold a password, so it is never repeated.
    got = None if key == "connection" else _show(value)
    what = f"[{section}] {key} has a value that does not fit"
    return Problem((section, key), what, got=got, expected=expected, next_step=step)


def _show(value: object) -> str:
    """Return a value much as TOML writes it, cut to 60 characters."""
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
