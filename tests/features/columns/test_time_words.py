"""Promises of `features.columns.time_words`: a time in words is that time, in seven languages."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.columns.time_words import MONTHS, holds_time_words, write_plainly
from tests.features.columns.written_column import Column, read

FULL = {
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
    "dezembro",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
    "dicembre",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "en": "January February March April May June July August September October November December",
}
PATTERNS = {
    "es": ["{d} de {m} de {y}, {h:02}:{n:02}", "{d} {m} {y} {h12}:{n:02} {half}"],
    "pt": ["{d} de {m} de {y} às {h:02}:{n:02}"],
    "fr": ["{d} {m} {y} à {h:02}h{n:02}", "{d} {m} {y} {h:02}:{n:02}"],
    "de": ["{d}. {m} {y}, {h:02}:{n:02} Uhr", "{d}. {m} {y} um {h:02}:{n:02}"],
    "it": ["{d} {m} {y} alle ore {h:02}:{n:02}", "{d} {m} {y}, {h:02}:{n:02}"],
    "ru": ["{d} {m} {y} г. в {h:02}:{n:02}", "{d} {m} {y} г., {h:02}:{n:02}"],
    "en": ["{m} {d}, {y} at {h12}:{n:02} {half}", "{d} {m} {y} {h:02}:{n:02}"],
}


@settings(max_examples=40, deadline=None)
@given(
    moments=st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2068, 1, 1)), min_size=1),
    data=st.data(),
)
def test_what_is_written_in_a_language_is_read(
    moments: list[datetime], data: st.DataObject
) -> None:
    language = data.draw(st.sampled_from(sorted(FULL)))
    pattern = data.draw(st.sampled_from(PATTERNS[language]))
    halves = data.draw(st.sampled_from([("a. m.", "p. m."), ("a.m.", "p.m."), ("AM", "PM")]))
    whole = [moment.replace(second=0, microsecond=0) for moment in moments]
    written = [
        pattern.format(
            d=moment.day,
            m=FULL[language].split()[moment.month - 1],
            y=moment.year,
            h=moment.hour,
            n=moment.minute,
            h12=moment.hour % 12 or 12,
            half=halves[moment.hour >= 12],
        )
        for moment in whole
    ]
    profile, found = read(written)
    assert (profile.kind, found) == ("time", whole)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("lunes, 2 de enero de 2023, 4:00 p. m.", datetime(2023, 1, 2, 16)),
        ("Dienstag, 3. Januar 2023", datetime(2023, 1, 3)),
        ("mar. 3 janv. 2023", datetime(2023, 1, 3)),
        ("Mar 3, 2023", datetime(2023, 3, 3)),
        ("1er août 2023 à 14 h 30", datetime(2023, 8, 1, 14, 30)),
        ("1º de março de 2023", datetime(2023, 3, 1)),
        ("пн, 2 янв. 2023 г., 14:30", datetime(2023, 1, 2, 14, 30)),
        ("22 de sept. de 2023", datetime(2023, 9, 22)),
        ("2-abr-23", datetime(2023, 4, 2)),
        ("January 2nd, 2023 at 9 AM", datetime(2023, 1, 2, 9)),
        ("02 Jan, 2023 09:00:00", datetime(2023, 1, 2, 9)),
        ("4/13/2023, 3:05\u202fPM", datetime(2023, 4, 13, 15, 5)),
        ("Mon, 02 Jan 2023 15:04:05 +0100", datetime(2023, 1, 2, 14, 4, 5)),
        ("Mon, 02 Jan 2023 15:04:05 GMT", datetime(2023, 1, 2, 15, 4, 5)),
        ("Mon, 02 Jan 2023 15:04:05 EST", datetime(2023, 1, 2, 20, 4, 5)),
        (
            "Mon Jan 02 2023 15:04:05 GMT+0100 (Central European Standard Time)",
            datetime(2023, 1, 2, 14, 4, 5),
        ),
        ("Mon Jan  2 15:04:05 UTC 2023", datetime(2023, 1, 2, 15, 4, 5)),
    ],
)
def test_forms_of_programs_and_people(written: str, expected: datetime) -> None:
    assert read([written])[1] == [expected]
    assert read([written, "", written.upper()])[1] == [expected, None, expected]


def test_every_name_of_a_month_is_that_month() -> None:
    for key, names in MONTHS.items():
        written = [f"7 {name}. 2023" for name in names.split()]
        assert Column(written).run(write_plainly("x")) == [f"7 {key} 2023"] * len(written)


def test_ambiguous_stays_ambiguous_in_words() -> None:
    assert read(["05/01/2023 04:00 p. m."])[0].ambiguous
    settled, values = read(["05/01/2023 04:00 p. m.", "13/01/2023 01:00 a. m."])
    assert (settled.ambiguous, values[0]) == (False, datetime(2023, 1, 5, 16))


def test_what_holds_no_time_is_left_alone() -> None:
    assert read(["5 apples", "7 pears"])[0].kind == "text"
    assert not holds_time_words("A12")
    assert not holds_time_words("enero")
    assert holds_time_words("5 enero")
