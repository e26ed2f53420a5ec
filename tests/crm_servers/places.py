"""CRM destinations of the tests: they wait no second, and note how long they would have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from features.settings.schema import BandSettings
from serve.destinations.api.destination import CrmDestination, Vendor
from serve.destinations.protocol import Sending
from tests.crm_servers.base import TOKEN
from tests.serve.score_tables import in_batches

DYNAMICS_TOKEN = ("LEADACCORD_DYNAMICS_TOKEN", TOKEN)
HUBSPOT_TOKEN = ("LEADACCORD_HUBSPOT_TOKEN", TOKEN)
SALESFORCE_TOKEN = ("LEADACCORD_SALESFORCE_TOKEN", TOKEN)


def make_guids(n: int) -> list[str]:
    return [f"6F9619FF-8b86-d011-b42d-{number:012x}" for number in range(n)]


def make_place(
    vendor: Vendor, home: Path, *, waits: list[float] | None = None, **options: Any
) -> CrmDestination:
    waits = [] if waits is None else waits
    address = f"crm://{vendor.host}"
    return CrmDestination(address, vendor, home, BandSettings(), wait=waits.append, **options)


def send(place: CrmDestination, table: pa.Table, rows: int = 70) -> Sending:
    place.check()
    delivery = place.deliver(in_batches(table, rows))
    assert delivery.sending is not None and delivery.rows == table.num_rows
    return delivery.sending


def edit(table: pa.Table, column: str, place: int, value: object) -> pa.Table:
    """Return the table with another value in one cell."""
    values = table[column].to_pylist()
    values[place] = value
    index = table.schema.get_field_index(column)
    return table.set_column(
        index, table.schema.field(index), pa.array(values, table.schema.types[index])
    )
