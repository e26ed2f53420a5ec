"""Promises of `features.columns.times`: times in text, whichever way they are written."""

from __future__ import annotations

from datetime import datetime

from tests.profiles import look, profile, read

NOW = datetime(2018, 12, 31, 13, 5)


TIMES = [
    ("%Y-%m-%d", False),
    ("%Y-%m-%d %H:%M", True),
    ("%Y-%m-%dT%H:%M", True),
    ("%Y-%m-%d %H:%M:%S", True),
    ("%Y-%m-%dT%H:%M:%S.%f", True),
    ("%Y-%m-%dT%H:%M:%SZ", True),
    ("%Y-%m-%d %H:%M:%S UTC", True),
    ("%Y/%m/%d", False),
    ("%Y/%m/%d %H:%M", True),
    ("%d-%m-%Y", False),
    ("%d-%m-%Y %H:%M", True),
    ("%d/%m/%Y %H:%M:%S", True),
    ("%d.%m.%Y %H:%M", True),
    ("%m/%d/%Y", False),
    ("%m/%d/%Y %I:%M %p", True),
    ("%m/%d/%Y, %I:%M:%S %p", True),
    ("%d/%m/%y", False),
    ("%m/%d/%y %H:%M", True),
    ("%d-%b-%Y", False),
    ("%d %B %Y", False),
    ("%b %d, %Y", False),
    ("%d-%b-%y %H:%M", True),
    ("%Y%m%d", False),
    ("%Y%m%d %H%M%S", True),
    ("%Y%m%d%H%M%S", True),
]


def test_each_format_of_times() -> None:
    moments = [NOW, datetime(2018, 2, 3, 0, 0), datetime(2019, 1, 28, 23, 59)]
    midnights = [moment.replace(hour=0, minute=0) for moment in moments]
    found = look([moment.strftime(form) for moment in moments] for form, _ in TIMES)
    for (form, clock), (column, got) in zip(TIMES, found, strict=True):
        assert (column.kind, column.formats, column.n_unparsed) == ("time", (form,), 0)
        assert (column.ambiguous, column.mixed_formats) == (False, False)
        assert got == (moments if clock else midnights)


def test_offsets_are_converted_to_utc() -> None:
    values = ["2018-12-31T15:05:00+02:00", "2018-12-31T08:35:00.5-0430", "2018-12-31T13:05:00Z"]
    assert read(values) == [NOW, NOW.replace(microsecond=500_000), NOW]


def test_more_than_microseconds_are_rounded() -> None:
    values = ["2018-12-31 13:05:00.1234567"]
    assert read(values) == [NOW.replace(microsecond=123_457)]


def test_days_and_months_without_zeros_are_read() -> None:
    values = ["1/2/2018 9:05", "31/12/2018 13:05"]
    assert read(values) == [datetime(2018, 2, 1, 9, 5), NOW]


def test_values_beyond_12_tell_day_and_month_apart_over_the_whole_column() -> None:
    common = ["01/02/2018", "03/04/2018"] * 2_000
    assert read([*common, "31/12/2018"])[:1] == [datetime(2018, 2, 1)]
    assert read([*common, "12/31/2018"])[:1] == [datetime(2018, 1, 2)]


def test_where_nothing_tells_day_and_month_apart_it_is_said() -> None:
    values = ["01/02/2018 10:00", "03/04/2018 11:00"]
    assert profile(values).ambiguous
    assert not profile(["03/03/2018", "04/04/2018"]).ambiguous
    assert not profile(["01.02.2018", "03.04.2018"]).ambiguous
    told = profile(values, time_format="%m/%d/%Y %H:%M")
    assert (told.ambiguous, told.formats) == (False, ("%m/%d/%Y %H:%M",))


def test_the_order_in_a_given_format_holds_for_other_formats_too() -> None:
    values = ["01/02/2018", "03/04/2018"]
    for form, expected in (("%d-%m-%Y %H:%M", 2), ("%m-%d-%Y %H:%M", 1)):
        column = profile(values, time_format=form)
        assert not column.ambiguous
        assert read(values, time_format=form)[0].month == expected


def test_both_orders_in_one_column_are_mixed() -> None:
    column = profile(["31/12/2018", "30/11/2018", "12/25/2018"])
    assert (column.kind, column.mixed_formats, column.ambiguous) == ("time", True, False)
    assert read(["31/12/2018", "30/11/2018", "12/25/2018", "01/02/2018"])[2:] == [
        datetime(2018, 12, 25),
        datetime(2018, 2, 1),
    ]


def test_several_ways_of_writing_are_mixed() -> None:
    values = ["2018-12-31"] * 3_000 + ["31.12.2018"]
    column = profile(values)
    assert (column.mixed_formats, column.n_unparsed) == (True, 0)
    assert set(read(values)) == {datetime(2018, 12, 31)}
    assert not profile(["2018-12-31", "2018-12-31 13:05", "2018-12-31T13:05:00Z"]).mixed_formats


def test_two_digits_are_no_year_of_old() -> None:
    assert read(["31/12/18", "30/12/2018"]) == [datetime(2018, 12, 31), datetime(2018, 12, 30)]


def test_digits_only_are_times_if_all_are_dates_or_times_are_expected() -> None:
    assert profile(["20181231", "20190101"]).kind == "time"
    assert profile(["20181231", "20190101", "20191301"]).kind == "number"
    assert profile(["20181231", "20181301"], times=["x"]).n_unparsed == 1


def test_seconds_since_1970_are_times_where_expected() -> None:
    assert profile(["1546261500"]).kind == "number"
    assert read(["1546261500"], times=["x"]) == [NOW]
    assert read(["1546261500000"], times=["x"]) == [NOW]
    assert read([1546261500, None], times=["x"]) == [NOW, None]
    assert read([1546261500.0], times=["x"]) == [NOW]
    assert read([20181231], times=["x"]) == [datetime(2018, 12, 31)]


def test_a_column_named_as_times_is_one_whatever_it_holds() -> None:
    column = profile(["2018-12-31", "soon", "", "later"], times=["x"])
    assert (column.kind, column.n_missing, column.n_unparsed) == ("time", 1, 2)
    assert column.example_row == 2
    column = profile(["a", "b"], times=["x"])
    assert (column.kind, column.formats, column.n_unparsed) == ("time", (), 2)
    assert read(["a", "b"], times=["x"]) == [None, None]
    assert profile(["", None], times=["x"]).kind == "time"


def test_a_given_format_wins() -> None:
    values = ["2018|12|31", "2019|01|01"]
    assert profile(values).kind == "text"
    assert profile(values, time_format="%Y|%m|%d").kind == "time"
    column = profile(["31-12-2018", "12-31-2018"], times=["x"], time_format="%d-%m-%Y")
    assert (column.formats, column.n_unparsed, column.mixed_formats) == (("%d-%m-%Y",), 1, False)


def test_a_given_format_that_reads_nothing_leaves_the_column_to_itself() -> None:
    assert read(["2018-12-31"], times=["x"], time_format="%d-%m-%Y") == [datetime(2018, 12, 31)]


def test_impossible_dates_are_unread() -> None:
    column = profile(["2018-02-30", "2018-02-28"], times=["x"])
    assert (column.n_unparsed, column.example_row) == (1, 1)


def test_what_days_and_months_leave_open_an_earlier_format_tells() -> None:
    open_either_way = ["03/04/2025 10:00", "05/06/2025 11:30"]
    for earlier, first in (("%d/%m/%Y", "%d/%m/%Y %H:%M"), ("%m/%d/%Y", "%m/%d/%Y %H:%M")):
        column = profile(open_either_way, time_formats={"x": earlier})
        assert (column.formats, column.ambiguous) == ((first,), False)
        shown = profile([*open_either_way, "28/02/2025 09:00"], time_formats={"x": earlier})
        assert shown.formats == ("%d/%m/%Y %H:%M",)
    told = profile(open_either_way, time_format="%m/%d/%Y", time_formats={"x": "%d/%m/%Y"})
    assert told.formats == ("%m/%d/%Y %H:%M",)
