"""The server the tests use loses nothing that was committed, and everything that was not."""

from __future__ import annotations

from tests.postgres import Postgres


def test_a_killed_server_comes_back_with_what_was_committed(postgres: Postgres) -> None:
    postgres.run("create table kept (a int); insert into kept values (1), (2)")
    killed = postgres.pid
    postgres.kill()
    postgres.start()
    assert postgres.pid != killed
    assert postgres.run("select a from kept order by a") == [["1"], ["2"]]
    assert "postgres://postgres@/postgres?host=/" in postgres.url(table="kept")
    assert postgres.url(table="kept").endswith("&table=kept")
    postgres.run("drop table kept")
