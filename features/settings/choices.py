"""Choices: settings that take one of some names, looked up where the names are defined."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import AfterValidator, GetCoreSchemaHandler
from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class OneOf:
    """The names of which a setting takes one, as an annotation of its field.

    Attributes
    ----------
    names : callable
        Returns the names. It is called when a value is checked, not on import, so that names
        may come from a folder.

    Notes
    -----
    None stays None where the field allows it.
    """

    names: Callable[[], Iterable[str]]

    def describe(self) -> str:
        """Return the names as an error shows them: ``"en" or "es"``."""
        *others, last = (f'"{name}"' for name in self.names())
        return f"{', '.join(others)} or {last}" if others else last

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return AfterValidator(self._check).__get_pydantic_core_schema__(source, handler)

    def _check(self, value: str | None) -> str | None:
        if value is not None and value not in tuple(self.names()):
            raise ValueError(value)
        return value


def describe_expected(field: FieldInfo) -> str | None:
    """Return the values that a setting takes, in words.

    Parameters
    ----------
    field : FieldInfo
        Of a section of the settings.

    Returns
    -------
    str or None
        Its names if it takes one of some, else its description.
    """
    choices = (entry for entry in field.metadata if isinstance(entry, OneOf))
    return next((choice.describe() for choice in choices), field.description)
