"""Fields of settings: texts, columns, values and times, and how each is checked."""

from __future__ import annotations

import codecs
import math
import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic import StringConstraints as Constraints


def to_value_text(value: object) -> object:
    """Return the text by which a TOML value is compared with what a table holds.

    Parameters
    ----------
    value : object
        A string, boolean, integer or float; anything else is returned as it is.

    Returns
    -------
    object
        "true" for True, "1" for 1 and for 1.0, "1.5" for 1.5.

    Examples
    --------
    >>> to_value_text(True), to_value_text(1.0), to_value_text(1.5)
    ('true', '1', '1.5')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() else repr(value)
    return value


def check_separator(value: str) -> str:
    """Refuse what is not one sign that can part columns."""
    if len(value) != 1 or value in '"\r\n\0':
        raise ValueError(value)
    return value


def check_encoding(value: str) -> str:
    """Refuse what Python knows no encoding by."""
    try:
        codecs.lookup(value)
    except LookupError as error:
        raise ValueError(value) from error
    return value


def check_time_format(value: str) -> str:
    """Refuse a format that names no part of a time."""
    if not re.search(r"%[A-Za-z]", value):
        raise ValueError(value)
    return value


def check_link(value: str) -> str:
    """Refuse an address whose server the id could choose, or that ends early where shown."""
    # The id may not choose the server, and no sign may end the address where it is shown.
    sign = r"[^\s\"'<>\\^`|{}\x00-\x20\x7f-\U0010ffff]*"
    if not re.fullmatch(rf"https://[A-Za-z0-9.-]+(:[0-9]+)?/{sign}\{{id\}}{sign}", value):
        raise ValueError(value)
    return value


def _to_utc(value: date | datetime) -> date | datetime:
    """Drop the offset: everything behind `features` is UTC without a zone."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        try:
            return value.astimezone(UTC).replace(tzinfo=None)
        except OverflowError as error:
            raise ValueError(value) from error
    return value


Word = Annotated[str, Constraints(strict=True, strip_whitespace=True, min_length=1)]
Value = Annotated[str, BeforeValidator(to_value_text), Constraints(strip_whitespace=True)]
Since = Annotated[
    Annotated[date, Field(strict=True)] | Annotated[datetime, Field(strict=True)],
    AfterValidator(_to_utc),
]

# A field's description is what an error shows after "expected".
Text = Annotated[Word, Field(description="text in quotes")]
OptionalText = Annotated[Word | None, Field(description="text in quotes")]
OptionalColumn = Annotated[Word | None, Field(description="the name of a column, in quotes")]
Columns = Annotated[tuple[Word, ...], Field(description='a list of column names, such as ["Tags"]')]
Values = Annotated[
    tuple[Value, ...], Field(description='a list of values, such as ["Open", "New"] or [1]')
]


class Section(BaseModel):
    """One table of the settings file."""

    model_config = ConfigDict(frozen=True, extra="forbid")
