"""Promises of `features.columns.time_reading`: times are read in the formats given."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from features.columns.time_formats import DAYS, NAMES
from tests.features.columns.written_column import Column


def test_markers_among_times() -> None:
    times = Column(["1900-01-01", "2018-12-31"])
    assert times.time(["%Y-%m-%d"], ["1900-01-01"]) == [None, datetime(2018, 12, 31)]


def test_formats_are_tried_in_order() -> None:
    column = Column(["01/02/2018", "31/12/2018", "12/31/2018"])
    assert column.time(["%d/%m/%Y", "%m/%d/%Y"]) == [
        datetime(2018, 2, 1),
        datetime(2018, 12, 31),
        datetime(2018, 12, 31),
    ]


def test_a_year_has_four_digits_where_its_format_says_so() -> None:
    column = Column(["01/02/18", "01/02/18 10:11:12.1234", "01.02.2018", "2018"])
    formats = ["%d/%m/%Y", "%d/%m/%Y %H:%M:%S.%f", "%d.%m.%Y"]
    assert column.time(formats) == [None, None, datetime(2018, 2, 1), None]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.datetimes(datetime(1955, 1, 1), datetime(2100, 1, 1)), min_size=1))
def test_day_numbers_of_spreadsheets(moments: list[datetime]) -> None:
    seconds = [moment.replace(microsecond=0) for moment in moments]
    days = [(moment - datetime(1899, 12, 30)) / timedelta(days=1) for moment in seconds]
    written = [f"{day:.10f}" for day in days]
    assert Column(written).time([DAYS]) == seconds
    assert Column(pa.array(days)).time([DAYS]) == seconds
    assert Column([text.replace(".", ",") for text in written]).time([DAYS]) == seconds


def test_a_format_reads_the_names_of_other_languages() -> None:
    column = Column(["3 de enero de 2023", "4 de Febrero de 2023", "3 of January of 2023"])
    found = column.time([f"{NAMES}%d de %B de %Y"])
    assert found == [datetime(2023, 1, 3), datetime(2023, 2, 4), None]
    halves = Column(["05/01/2023 04:00 p. m.", "05/01/2023 04:00 AM"])
    assert halves.time([f"{NAMES}%d/%m/%Y %I:%M %p"]) == [
        datetime(2023, 1, 5, 16),
        datetime(2023, 1, 5, 4),
    ]
