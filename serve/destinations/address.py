"""Addresses of tables: connection URLs of Ibis with a table, their passwords never shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from features.errors import UsageError
from features.secrets import hide_answer, holds_secret
from features.sources.sql import quote

ReadPlace = Callable[[SplitResult, str], tuple[str, str | None]]
"""Gives the place that an address names, and the schema if it stands before the table's name.

It gets the address and how it is shown, and raises UsageError where it names no place.
"""

_HARMLESS = ("host", "hostaddr", "port", "user", "dbname", "service")


@dataclass(frozen=True)
class TableAddress:
    """Where a table is.

    Attributes
    ----------
    scheme : str
        What stands before "://".
    place : str
        The path of the database file, or what libpq connects to. It may hold a password, so it
        is never shown.
    schema : str or None
        None is what the database takes for granted.
    table : str
    shown : str
        The address without what may be secret.
    """

    scheme: str
    place: str = field(repr=False)
    schema: str | None
    table: str
    shown: str

    @property
    def quoted(self) -> str:
        """The table's name for SQL, as it is written: capitals and blanks count."""
        return ".".join(quote(part) for part in (self.schema, self.table) if part)

    def hide(self, message: str) -> str:
        """Return the first line of a database's message, unless it repeats a secret."""
        return hide_answer(message, self.place)


def is_address(out: str) -> bool:
    """Whether a text is an address rather than a path."""
    return "://" in out or holds_secret(out)


def read_address(out: str, kinds: Mapping[str, ReadPlace]) -> TableAddress:
    """Read an address such as ``postgres://user@host/database?table=schema.scores``.

    Parameters
    ----------
    out : str
        A connection URL as Ibis takes it, with the table in its query.
    kinds : mapping of str to callable
        The schemes there are, and how an address of each is read.

    Returns
    -------
    TableAddress

    Raises
    ------
    UsageError
        When there is no such kind of database, or no table is named.
    """
    url = _split(out, tuple(kinds))
    query = parse_qsl(url.query, keep_blank_values=True)
    schema, _, table = dict(query).get("table", "").strip().rpartition(".")
    shown = _show(url, query)
    if not table or "\x00" in schema + table:
        raise UsageError(
            "the address names no table",
            where=shown,
            expected=f"{url.scheme}://...?table=scores",
            next_step=f'Add "{"&" if query else "?"}table=" and its name at the end, in quotes',
        )
    place, default_schema = kinds[url.scheme](url, shown)
    return TableAddress(url.scheme, place, schema or default_schema, table, shown)


def _split(out: str, schemes: tuple[str, ...]) -> SplitResult:
    scheme = out.partition("://")[0]
    try:
        url = urlsplit(out)
        _ = url.port
    except ValueError:
        url = None
    # A password with a bare "#" or "?" is cut there, and its first half would pass for a port.
    cut = url is not None and (
        url.fragment or out.count("@") > 1 or ("@" in out and "@" not in url.netloc)
    )
    if url is None or cut or url.scheme not in schemes:
        raise UsageError(
            "the address of the result cannot be read",
            where=f"{scheme}://..." if scheme in schemes else None,
            expected=", ".join(f"{known}://" for known in schemes) + " or the path of a file",
            next_step="Correct --out; a password has %23 for #, %2F for /, %3F for ? and %40 for @",
        )
    return url


def read_file(url: SplitResult, shown: str) -> tuple[str, str | None]:
    """Return the path of a database file, which names no schema; see `ReadPlace`."""
    query = parse_qsl(url.query, keep_blank_values=True)
    parts = [part for part in (url.netloc, url.path[bool(url.netloc) :]) if part]
    unknown = [name for name, _ in query if name != "table"]
    place = Path(*parts)
    if not place.name or str(place).startswith((":memory:", "md:")) or unknown:
        raise UsageError(
            "the address of the result cannot be read",
            where=shown,
            got=f'"{unknown[0]}" beside the table' if unknown else "no file of a database",
            expected=f"{url.scheme}://folder/file.db?table=scores",
            next_step="Correct --out; an absolute path begins with a third slash",
        )
    return str(place), None


def _show(url: SplitResult, query: list[tuple[str, str]]) -> str:
    """Return the address with what is known to be harmless of it."""
    user, _, host = url.netloc.rpartition("@")
    user = user.partition(":")[0]
    named = [(name, value) for name, value in query if name in (*_HARMLESS, "table", "key")]
    place = f"{user}@{host}" if user else host
    end = f"?{urlencode(named, safe='/.')}" if named else ""
    return f"{url.scheme}://{place}{url.path}{end}"
