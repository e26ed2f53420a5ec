"""Errors a user can mend: what they say, and the exit code each stands for."""

from __future__ import annotations

import pytest

from features.errors import (
    DataRefused,
    DestinationError,
    LeadaccordError,
    ModelError,
    SettingsError,
    SourceError,
    UsageError,
)


def test_the_message_says_what_where_got_expected_and_the_next_step() -> None:
    error = LeadaccordError(
        "the column is not there",
        where="leads.csv, line 3",
        got='"Statsu"',
        expected='"Status"',
        next_step="correct [decision] column.",
    )
    assert str(error) == (
        'The column is not there (leads.csv, line 3). Got "Statsu", expected "Status". '
        "Correct [decision] column."
    )


def test_what_is_not_known_is_left_out() -> None:
    assert str(LeadaccordError("the file is empty")) == "The file is empty."
    assert str(LeadaccordError("too small", got=0)) == "Too small. Got 0."


@pytest.mark.parametrize(
    ("error", "exit_code", "code"),
    [
        (SettingsError, 2, "settings"),
        (UsageError, 2, "usage"),
        (DestinationError, 2, "destination"),
        (SourceError, 3, "source"),
        (DataRefused, 3, "data"),
        (ModelError, 3, "model"),
    ],
)
def test_each_error_has_its_exit_code_and_name(
    error: type[LeadaccordError], exit_code: int, code: str
) -> None:
    raised = error("wrong")
    assert isinstance(raised, LeadaccordError)
    assert (raised.exit_code, raised.code) == (exit_code, code)
    assert error("wrong", code="no_rows").code == "no_rows"


def test_an_error_passes_from_one_process_to_another_with_all_that_it_says() -> None:
    import pickle

    error = DataRefused(
        "too few", where="leads.csv", got=3, expected=40, next_step="wait", code="few"
    )
    passed = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    assert type(passed) is DataRefused
    assert (str(passed), vars(passed)) == (str(error), vars(error))
