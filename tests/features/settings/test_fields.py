"""Fields of settings: values as text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from features.settings.fields import to_value_text


@hypothesis_settings(max_examples=50, deadline=None)
@given(st.integers(-(2**53), 2**53))
def test_a_whole_number_has_one_text_however_it_is_typed(number: int) -> None:
    assert to_value_text(number) == to_value_text(float(number)) == str(number)
