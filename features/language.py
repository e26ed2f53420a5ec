"""Translation: phrases that travel untranslated and are rendered in the reader's language."""

from __future__ import annotations

import datetime as dt
import gettext
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

CATALOGUES = Path(__file__).parent / "locale"
SOURCE_LANGUAGE = "en"
UNREADABLE_FROM = 1e15
SHORT_BELOW = 10_000


@dataclass(frozen=True)
class Phrase:
    """A sentence or label in English with named gaps, rendered later in any language.

    Attributes
    ----------
    text : str
        The message id: English, with gaps such as ``{days}``.
    values : mapping of str to object
        What fills the gaps: strings are inserted as they are, a nested phrase is rendered,
        a number is written in the language's form, a `Decimal` with all the decimals it has.

    Examples
    --------
    >>> phrase = Phrase("{days} days", {"days": 7})
    >>> language("en").phrase(phrase)
    '7 days'
    """

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __hash__(self) -> int:
        # What fills the gaps need not be hashable; phrases that differ in it alone may collide.
        return hash((self.text, tuple(self.values)))

    def to_dict(self) -> dict[str, Any]:
        """Return the phrase as plain types; nested phrases too."""
        values = {
            key: value.to_dict() if isinstance(value, Phrase) else value
            for key, value in self.values.items()
        }
        return {"text": self.text, "values": values} if values else {"text": self.text}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Phrase:
        """Return the phrase that `to_dict` wrote."""
        values = {
            key: cls.from_dict(value) if isinstance(value, dict) else value
            for key, value in data.get("values", {}).items()
        }
        return cls(data["text"], values)


def translatable(text: str) -> str:
    """Mark a message id for extraction; returns it unchanged."""
    return text


class Language:
    """One language: its catalogue, and how it writes numbers and dates.

    Parameters
    ----------
    code : str
        ISO 639-1 code. English is the source and needs no catalogue.
    names : mapping of tuple of str to str, optional
        What a project calls its columns, values and activity types (see `features.naming`).

    Examples
    --------
    >>> Language("en").number(12345.6), Language("es").number(12345.6)
    ('12,345.6', '12.345,6')
    """

    def __init__(self, code: str, names: Mapping[tuple[str, ...], str] | None = None) -> None:
        self.code = code
        self.names = names or {}
        self._catalogue = _load_catalogue(code)

    def text(self, message: str, **values: Any) -> str:
        """Return `message` translated, with its gaps filled."""
        translated = self._catalogue.gettext(message)
        if not values:
            return translated
        return translated.format(**{key: self._fill(value) for key, value in values.items()})

    def plural(self, one: str, many: str, count: int, **values: Any) -> str:
        """Return the form of the message that `count` asks for; ``{count}`` is filled too."""
        translated = self._catalogue.ngettext(one, many, count)
        filled = {key: self._fill(value) for key, value in values.items()}
        return translated.format(count=self.number(count), **filled)

    def phrase(self, phrase: Phrase) -> str:
        """Return a phrase rendered in this language."""
        return self.text(phrase.text, **phrase.values)

    def number(self, value: float, *, digits: int = 1, fixed: bool = False) -> str:
        """Return a number in the language's form, with at most (or exactly) `digits` decimals.

        From a thousand billions on as `scientific` writes it: nobody counts so many zeros.
        """
        # Babel's import is paid only by runs that really write numbers.
        from babel.numbers import format_decimal

        if abs(value) >= UNREADABLE_FROM:
            return self.scientific(value)
        pattern = _pattern(digits, fixed=fixed)
        shown = _unsign(round(float(value), digits), digits=digits)
        return str(format_decimal(shown, format=pattern, locale=self.code))

    def compact(self, value: float) -> str:
        """Return a number in at most a few signs: from ten thousand on in thousands or more.

        Examples
        --------
        >>> Language("en").compact(1234567), Language("en").compact(9876)
        ('1.2M', '9,876')
        """
        from babel.numbers import format_compact_decimal

        if abs(value) < SHORT_BELOW:
            return self.number(value, digits=0)
        short = format_compact_decimal(value, locale=self.code, fraction_digits=1)
        return str(short)

    def money(self, value: float, currency: str | None = None) -> str:
        """Return an amount as short as `compact`, with its currency where that is known.

        Examples
        --------
        >>> Language("en").money(1234567, "EUR"), Language("en").money(9876)
        ('€1.2M', '9,876')
        """
        from babel.core import Locale
        from babel.numbers import format_compact_currency, format_currency

        if currency is None:
            return self.compact(value)
        if abs(value) >= SHORT_BELOW:
            short = format_compact_currency(value, currency, locale=self.code, fraction_digits=1)
            return str(short)
        pattern = Locale.parse(self.code).currency_formats["standard"].pattern.replace(".00", "")
        whole = round(float(value))
        return str(format_currency(whole, currency, pattern, self.code, currency_digits=False))

    def scientific(self, value: float) -> str:
        """Return a number by its first three digits and the power of ten, such as 1.25E18."""
        from babel.numbers import format_scientific

        # Babel would count the zeros of 1E-300 one by one.
        shown, power = f"{float(value):.2e}".split("e")
        mantissa = format_scientific(float(shown), format="0.##E0", locale=self.code)
        return str(mantissa).removesuffix("E0") + f"E{int(power)}"

    def percent(self, share: float, *, digits: int = 0) -> str:
        """Return a share (0..1) as a percentage in the language's form."""
        from babel.core import Locale
        from babel.numbers import format_percent

        pattern = str(Locale.parse(self.code).percent_formats[None].pattern)
        if digits:
            pattern = pattern.replace("0", "0." + "0" * digits, 1)
        shown = _unsign(share, digits=digits + 2)
        return str(format_percent(shown, format=pattern, locale=self.code))

    def date(self, value: dt.date) -> str:
        """Return a date in the language's medium form."""
        from babel.dates import format_date

        return str(format_date(value, format="medium", locale=self.code))

    def month(self, value: dt.date) -> str:
        """Return the month of a date with its year, such as "Mar 2026"."""
        from babel.dates import format_skeleton

        return str(format_skeleton("yMMM", value, locale=self.code))

    def _fill(self, value: Any) -> str:
        if isinstance(value, Phrase):
            return self.phrase(value)
        if isinstance(value, str):
            return value
        if isinstance(value, Decimal):
            exponent = value.as_tuple().exponent
            digits = -exponent if isinstance(exponent, int) else 0
            return self.number(float(value), digits=max(digits, 0), fixed=True)
        return self.number(value)


@lru_cache(maxsize=8)
def language(code: str) -> Language:
    """Return a language, loading its catalogue once.

    Parameters
    ----------
    code : str
        "en", or that of a folder of `CATALOGUES`.

    Raises
    ------
    FileNotFoundError
        When there is no such catalogue.
    """
    return Language(code)


def list_languages() -> tuple[str, ...]:
    """Return the code of every language there is: English, and those that have a catalogue."""
    return (SOURCE_LANGUAGE, *sorted(folder.name for folder in CATALOGUES.iterdir()))


def _unsign(value: float, *, digits: int) -> float:
    """Return 0 for what rounds to it: -0.001 would be written -0."""
    return 0.0 if round(float(value), digits) == 0 else value


def _pattern(digits: int, *, fixed: bool) -> str:
    """Return the grouping pattern with `digits` decimals."""
    return "#,##0" + ("." + ("0" if fixed else "#") * digits if digits else "")


@lru_cache(maxsize=8)
def _load_catalogue(code: str) -> gettext.NullTranslations:
    """Read the .po file directly: no compiled file can go stale."""
    if code == SOURCE_LANGUAGE:
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (CATALOGUES / code / "LC_MESSAGES" / "leadaccord.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
