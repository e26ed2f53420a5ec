"""Addresses: what Ibis takes for a connection, with a table, and no password shown."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import UsageError
from features.sources.sql import quote
from serve.destinations.address import is_address
from serve.destinations.open import read_table


@pytest.mark.parametrize(
    ("out", "scheme", "place", "quoted"),
    [
        ("sqlite://a/b.db?table=scores", "sqlite", "a/b.db", '"scores"'),
        ("sqlite:///a/b.db?table=Lead+Scores", "sqlite", "/a/b.db", '"Lead Scores"'),
        ("duckdb://b.duckdb?table=sales.scores", "duckdb", "b.duckdb", '"sales"."scores"'),
        ("postgres://me@h:5433/db?table=s.t", "postgres", "postgresql://me@h:5433/db", '"s"."t"'),
        ("postgresql://h/db/s?table=t", "postgresql", "postgresql://h/db", '"s"."t"'),
        ("postgres:///db?table=t", "postgres", "postgresql:///db", '"t"'),
        (
            "postgres://me:p%40w@h/db?sslmode=require&table=t",
            "postgres",
            "postgresql://me:p%40w@h/db?sslmode=require",
            '"t"',
        ),
    ],
)
def test_an_address_is_read(out: str, scheme: str, place: str, quoted: str) -> None:
    address = read_table(out)
    assert (address.scheme, address.place, address.quoted) == (scheme, place, quoted)
    assert is_address(out) and not is_address("folder/" + place.partition("@")[2])


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_file_is_the_one_that_its_driver_opens(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, place in enumerate(("here.db", f"{tmp_path}/absolute.db")):
        open_file = duckdb.connect if kind == "duckdb" else sqlite3.connect
        open_file(place).close()
        address = read_table(f"{kind}://{place}?table=scores")
        if kind == "duckdb":
            assert Path(address.place).is_file()
        assert Path(address.place).absolute() == tmp_path / ("here.db", "absolute.db")[number]


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("mysql://me:s3cret@h/db?table=t", "cannot be read.*sqlite://, duckdb://"),
        ("postgres://me:s3cret@h/db", r"names no table.*Add \"\?table=\""),
        ("postgres://me:s3cret@h/db?sslmode=require", r"names no table.*Add \"&table=\""),
        ("postgres://me:s3cret@h/db?table=", "names no table"),
        ("postgres://me:s3cret@h:port/db?table=t", "cannot be read"),
        ("postgres://me:1#s3cret@h/db?table=t", "a password has %23 for #"),
        ("postgres://me:1?s3cret@h/db?table=t", "a password has %23 for #"),
        ("postgres://me:s3cret@[h/db?table=t", "cannot be read"),
        (f"postgres://h/db?table={'n' * 64}", "too long.*64 bytes, expected at most 63"),
        ("sqlite://?table=t", "no file of a database"),
        ("sqlite:///?table=t", "no file of a database"),
        ("duckdb:////?table=t", "no file of a database"),
        ("duckdb://:memory:?table=t", "cannot be read"),
        ("duckdb://md:x?table=t", "cannot be read"),
        ("sqlite://a.db?table=t&mode=ro", 'Got "mode" beside the table'),
    ],
)
def test_what_cannot_be_meant_is_refused_without_the_password(out: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as told:
        read_table(out)
    assert "s3cret" not in str(told.value) and "me:" not in str(told.value)


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=8, max_size=12))
def test_no_password_is_shown(password: str) -> None:
    for out in (
        f"postgres://me:{password}@h/db?table=t",
        f"postgres://me@h/db?table=t&password={password}&sslpassword={password}",
    ):
        address = read_table(out)
        assert password not in address.shown + repr(address)
        assert password in address.place
        assert address.hide(f"invalid: {password}!") == "an answer that repeats the password"
        assert address.hide("no such host\nmore") == "no such host"


@given(st.text(st.characters(exclude_characters="\x00", codec="utf-8"), min_size=1))
def test_a_quoted_name_is_nothing_but_a_name(name: str) -> None:
    import sqlite3

    with sqlite3.connect(":memory:") as connection:
        found = connection.execute(f"SELECT 1 AS {quote(name)}").description
    connection.close()
    assert found[0][0] == name


@pytest.mark.parametrize("out", ["postgres:/me:s3cret@h/db?table=t", "me:s3cret/x@h/db.csv"])
def test_what_looks_like_a_login_is_no_name_of_a_file(out: str) -> None:
    assert is_address(out)
    with pytest.raises(UsageError) as told:
        read_table(out)
    assert "s3cret" not in str(told.value)
