"""Opening of destinations from a path or an address."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl

from features.errors import UsageError
from features.files import expand_home
from features.settings.schema import Settings
from features.text import is_utf8, printable
from serve.destinations.address import (
    ReadPlace,
    TableAddress,
    is_address,
    read_address,
    read_file,
)
from serve.destinations.api.destination import CrmDestination, Vendor
from serve.destinations.api.dynamics import TABLE, Dynamics
from serve.destinations.api.hubspot import HubSpot
from serve.destinations.api.salesforce import Salesforce
from serve.destinations.duckdb import DuckdbTable
from serve.destinations.files import open_file
from serve.destinations.postgres import PostgresTable, read_server
from serve.destinations.protocol import Destination
from serve.destinations.sqlite import SqliteTable

WAIT = 600.0
"""Seconds that a delivery waits for others that hold its table, if nothing else is said."""


@dataclass(frozen=True)
class TableKind:
    """A kind of database that takes scores.

    Attributes
    ----------
    open : callable
        Returns the destination, given the address of a table, whether hand-overs have times, and
        the seconds to wait for others; it opens nothing.
    read : callable
        How an address is read.
    """

    open: Callable[[TableAddress, bool, float], Destination]
    read: ReadPlace = read_file


TABLES: Mapping[str, TableKind] = {
    "sqlite": TableKind(SqliteTable),
    "duckdb": TableKind(DuckdbTable),
    "postgres": TableKind(PostgresTable, read_server),
    "postgresql": TableKind(PostgresTable, read_server),
}
"""By the scheme of an address."""


def _open_dynamics(address: TableAddress) -> Vendor:
    if address.table != TABLE:
        raise UsageError(
            "scores of Dynamics 365 have a table of their own",
            where=address.shown,
            got=address.table,
            expected=TABLE,
            next_step=f"End the address in ?table={TABLE}",
        )
    return Dynamics(address.place)


def _open_salesforce(address: TableAddress) -> Vendor:
    host, _, key = address.place.partition("?")
    return Salesforce(host, _check_name(address, address.table), _check_name(address, key or "Id"))


def _open_hubspot(address: TableAddress) -> Vendor:
    return HubSpot(address.place, _check_name(address, address.table))


def _check_name(address: TableAddress, name: str) -> str:
    """Return a name that may stand in the path of a request."""
    if not re.fullmatch(r"[\w-]+", name, re.ASCII):
        raise UsageError(
            "the address names something that a CRM does not have",
            where=address.shown,
            got=printable(name),
            expected="a name of letters, digits, _ and -",
            next_step="Correct --out",
        )
    return name


VENDORS: Mapping[str, Callable[[TableAddress], Vendor]] = {
    "dynamics": _open_dynamics,
    "hubspot": _open_hubspot,
    "salesforce": _open_salesforce,
}
"""CRMs that take scores through their API, by the scheme of an address."""


def read_host(url: SplitResult, shown: str) -> tuple[str, str | None]:
    """Return the host of a CRM, which names no schema, and after "?" the key; see `ReadPlace`.

    Raises
    ------
    UsageError
        When there is more than a host and its table; a token above all.
    """
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    known = {"table", "key"} if url.scheme == "salesforce" else {"table"}
    host = re.fullmatch(r"[\w.-]+(:\d+)?", url.netloc, re.ASCII)
    more = url.path.strip("/") or not set(query) <= known or "." in query.get("table", "")
    if host is None or more:
        raise UsageError(
            "the address of the CRM cannot be read",
            where=shown,
            expected=f"{url.scheme}://HOST?table=NAME",
            next_step="Correct --out; tokens are read from the environment alone",
        )
    return url.netloc.lower() + (f"?{query['key']}" if "key" in query else ""), None


SCHEMES: Mapping[str, ReadPlace] = {
    **{scheme: kind.read for scheme, kind in TABLES.items()},
    **dict.fromkeys(VENDORS, read_host),
}
"""How an address is read, by its scheme."""


def open_destination(
    out: str,
    *,
    settings: Settings,
    timed: bool,
    format: str | None = None,
    wait: float = WAIT,
    dry_run: bool = False,
) -> Destination:
    """Return the place for scores that a path or an address names; nothing is opened yet.

    Parameters
    ----------
    out : str
        A path whose ending is one of `WRITERS`, or the address of a table such as
        ``sqlite://folder/file.db?table=scores``; both relative to where the command runs. Or the
        address of a CRM, one of `VENDORS`.
    settings : Settings
    timed : bool
        Whether every score has `handed_over_at`; else none has. Tables tell a lead's hand-overs
        apart by it; without it a lead has one score of each model.
    format : str, optional
        The kind of file, or the CRM whose import tool reads it; see `open_file`.
    wait : float
        Seconds to wait for others that hold a table.
    dry_run : bool
        Whether to find out what would be sent, and send nothing; for CRMs.

    Returns
    -------
    Destination

    Raises
    ------
    UsageError
        When it cannot be told what is meant.
    """
    if not is_utf8(out):
        raise UsageError(
            "the name of the result is not UTF-8",
            got=printable(out),
            next_step="Choose another name",
        )
    if is_address(out) and format:
        raise UsageError(
            "a format is for files",
            got=f"--format {format} for a table",
            next_step="Leave --format out, or name a file",
        )
    address = read_table(out) if is_address(out) else None
    if address is not None and address.scheme in VENDORS:
        vendor = VENDORS[address.scheme](address)
        return CrmDestination(address.shown, vendor, settings.home, settings.bands, dry_run)
    if dry_run:
        raise UsageError(
            "a dry run shows what would be sent to a CRM",
            got=printable(out) if address is None else address.shown,
            expected=" or ".join(f"{scheme}://" for scheme in VENDORS),
            next_step="Leave out --dry-run, or name a CRM with --out",
        )
    if address is not None:
        return TABLES[address.scheme].open(address, timed, wait)
    return open_file(expand_home(out), format, settings.bands)


def read_table(out: str) -> TableAddress:
    """Read the address of a table; see `read_address`."""
    return read_address(out, SCHEMES)
