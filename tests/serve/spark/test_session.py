"""Promises of `serve.spark.session`: one session, and errors in words."""

from __future__ import annotations

from typing import Any

import pytest

from features.errors import UsageError
from serve.spark.session import SparkError, open_session


def test_a_session_that_is_there_is_used_and_stays(spark: Any) -> None:
    with open_session() as session:
        assert session is spark
    assert spark.range(3).count() == 3
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"


def test_a_session_that_is_there_keeps_its_master(spark: Any) -> None:
    with pytest.raises(UsageError, match="keeps its master"), open_session("local[4]"):
        pass


def test_what_spark_cannot_do_is_said_in_one_line(spark: Any) -> None:
    with (
        pytest.raises(SparkError, match="nothing was delivered") as said,
        open_session() as session,
    ):
        session.sql("SELECT 1 FROM nowhere")
    assert "TABLE_OR_VIEW_NOT_FOUND" in str(said.value)
    assert "\n" not in str(said.value)
