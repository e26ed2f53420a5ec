"""Promises of `features.columns.numbers`: an amount is read as who wrote it meant it."""

from __future__ import annotations

from decimal import Decimal as Exact

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.columns.numbers import Decimal
from tests.features.columns.written_column import Column

SEPARATORS = {".": ["", ",", "'", "’"], ",": ["", ".", "'"]}


def test_the_same_text_is_another_number_in_the_other_style() -> None:
    column = Column(["1.234", "1,234", "1.5", "1,5", "00", "", "-", None])
    nothing = [None] * 4
    assert column.number(".") == [1.234, 1234, 1.5, None, *nothing]
    assert column.number(",") == [1234, 1.234, None, 1.5, *nothing]


def test_groups_of_digits_between_blanks_need_decimals_or_a_currency_if_many() -> None:
    values = ["1 234", "1 234 567,50", "600 123 456", "+34 600 123 456", "600 123 456 ₽"]
    assert Column(values).number(",") == [1234, 1234567.5, None, None, 600123456]


def test_markers_among_numbers() -> None:
    assert Column(["999", "1"]).number(".", ["999", "Select"]) == [None, 1]


@pytest.mark.parametrize(
    ("written", "decimal", "expected"),
    [
        ("$106.00K", ".", 106_000),
        ("USD 917.00", ".", 917),
        ("usd917", ".", 917),
        ("R$ 2.200,50", ",", 2200.5),
        ("109.50 MXN", ".", 109.5),
        ("MX$1,000", ".", 1000),
        ("(1,000)", ".", -1000),
        ("($1,000.50)", ".", -1000.5),
        ("$(20)", ".", -20),
        ("-$5", ".", -5),
        ("$-5", ".", -5),
        ("\u22125", ".", -5),
        ("12,34,567.00", ".", 1_234_567),
        ("₹1,00,000", ".", 100_000),
        ("1'200.50", ".", 1200.5),
        ("CHF 1’200.50", ".", 1200.5),
        ("1\u202f200,5\u00a0€", ",", 1200.5),
        ("€2,5 Mio.", ",", 2_500_000),
        ("1,5 млн руб.", ",", 1_500_000),
        ("3 Mrd €", ",", 3e9),
        ("S/.100.50", ".", 100.5),
        ("Rs. 5", ".", 5),
        ("100 kr", ".", 100),
        ("5 MXN", ".", 5),
        ("5 BRL", ".", 5),
        ("2B$", ".", 2e9),
        ("45 %", ".", 45),
        ("1e5", ".", 1e5),
    ],
)
def test_an_amount_is_read_whatever_is_around_it(
    written: str, decimal: Decimal, expected: float
) -> None:
    assert Column([written, f"  {written}\t"]).number(decimal) == [expected, expected]


@pytest.mark.parametrize(
    "written",
    [
        *("3B", "5 m", "A12", "12 pcs", "2023-01-05", "1.2.3", "1,2,3", "(12", "12)", "$", "K"),
        *("007", "10-20", "1/2", "192.168.0.1", "12,3456.00", "1234,567.00", "ABC 100", "$$5"),
        *("00Q5e00000AbCdE", "+1 (555) 010-9999", "5 5", "1 23", "€ 5 $ 6"),
    ],
)
def test_what_is_no_amount_is_no_number(written: str) -> None:
    column = Column([written])
    assert column.number(".") == [None]
    assert column.number(",") == [None]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_written_is_read(data: st.DataObject) -> None:
    decimal: Decimal = data.draw(st.sampled_from([".", ","]))
    places = data.draw(st.sampled_from([0, 1, 2]))
    scale, factor = data.draw(st.sampled_from([("", 1), ("K", 1000), ("M", 1_000_000)]))
    number = data.draw(st.decimals(0, 999_999_999, places=places))
    separator = data.draw(st.sampled_from(SEPARATORS[decimal]))
    whole, _, rest = f"{number:,.{places}f}".partition(".")
    body = whole.replace(",", separator) + (decimal + rest if rest else "") + scale
    currency = data.draw(st.sampled_from(["", "$", "€ ", "USD ", "R$ ", "₹", "CHF "]))
    after = data.draw(st.sampled_from(["", " €", " MXN", " zł"])) if not currency else ""
    sign = data.draw(st.sampled_from(["", "-", "("]))
    written = f"{currency}{body}{after}"
    written = f"({written})" if sign == "(" else sign + written
    expected = float(Exact(factor) * number) * (-1 if sign else 1)
    assert Column([written]).number(decimal) == [pytest.approx(expected, rel=1e-12)]


@settings(max_examples=30, deadline=None)
@given(st.floats(-1e15, 1e15, exclude_min=True, exclude_max=True))
def test_what_a_program_prints_is_read_to_the_last_digit(value: float) -> None:
    assert Column([repr(value)]).number(".") == [value]
