"""Secrets: no password is shown, however its address was pasted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import LeadaccordError
from features.secrets import hide_answer, hide_secrets, holds_secret, list_secrets, show_address

SECRET = "s3cr3tPW"  # noqa: S105  # made up
PASTED = (
    "postgres://u:{}/x@127.0.0.1:1/db",
    "postgres://u:{}?x@127.0.0.1:1/db",
    "postgres://u:1234/{}@127.0.0.1:1/db",
    "postgres://u:{}#x@h/db",
    "postgres://u:a@{}@h/db",
    "postgres://u:a {}@h/db",
    "postgres:/u:{}@h/db",
    "postgres:u:{}@h/db",
    "postgres//u:{}@h/db",
    "u:{}@h/db",
    "u:{}/x@h/db",
    "postgres://h/db?password={}",
    "postgres://h/db?user=u&sslpassword={}&port=1",
    "host=127.0.0.1 port=1 password={}",
    "duckdb://md:x?motherduck_token={}",
    "mysql://u:{}@h/db",
    "http://{}@h:5000",
    "https://u:{}/x@h:5000",
    "postgres://u:{}@[::1/db",
)


@pytest.mark.parametrize("pasted", PASTED)
def test_a_pasted_secret_is_shown_by_no_message(pasted: str) -> None:
    url = pasted.format(SECRET)
    assert holds_secret(url)
    assert SECRET not in hide_secrets(f'no file "{url}", or nothing there')
    assert SECRET not in show_address(url)
    assert SECRET not in hide_answer(f"failed to resolve host '{SECRET}@127.0.0.1'", url)
    error = LeadaccordError(f"no {url}", where=url, got=f'"{url}"', expected=url, next_step=url)
    assert SECRET not in str(error) + repr(vars(error))


@given(st.text("abXY19/?#@:&%= ", min_size=3, max_size=12))
def test_any_password_is_hidden(password: str) -> None:
    secret = f"q{password}q"
    url = f"postgres://ana:{secret}@host/crm"
    assert secret not in hide_secrets(url) and secret not in show_address(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres://host/crm", "postgres://host/crm"),
        ("postgres://ana@host:1/crm", "postgres://ana@host:1/crm"),
        ("postgres://ana:x@host/crm?a=b", "postgres://ana:***@host/crm"),
        ("sqlite:///folder/file.db", "sqlite:///folder/file.db"),
        ("http://host:5000", "http://host:5000"),
        ("x@y://z@", "..."),
    ],
)
def test_what_is_no_secret_is_shown(url: str, shown: str) -> None:
    assert show_address(url) == shown


@pytest.mark.parametrize(
    "text",
    [
        "leads.csv, line 3",
        "2026-01-01T10:30:00 is later than 10:31",
        "[csv] separator: expected one character, such as ;",
        "sales.leads",
        'a URL like "duckdb://" or "postgres://user@host/database"',
        "postgres://ana@host:5433/crm cannot be reached",
        r"C:\data\ana@work\leads.csv",
        "data/ana@work/leads.csv",
    ],
)
def test_plain_words_stay(text: str) -> None:
    assert hide_secrets(text) == text and not list_secrets("postgres://host/crm")


def test_a_message_of_one_error_is_one_line() -> None:
    error = LeadaccordError("wrong", got="a\nleadaccord: forged")
    assert "\n" not in str(error)
