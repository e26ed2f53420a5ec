"""Scores in Dynamics 365's own table: each lead's row right, none twice, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from features.errors import DestinationError
from features.settings.schema import BandSettings
from models.reasons.bands import find_bands
from serve.destinations.api.dynamics import (
    DECLINING,
    IMPROVING,
    STEADY,
    UNKNOWN,
    Dynamics,
)
from tests.crm_servers.base import Answer, Fault, serving
from tests.crm_servers.dynamics import COLUMNS, THROTTLED, Dataverse
from tests.crm_servers.places import DYNAMICS_TOKEN, edit, make_guids, make_place, send
from tests.serve.score_tables import make_scores

IDS = make_guids(7)


@pytest.fixture
def crm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dataverse]:
    monkeypatch.setenv(*DYNAMICS_TOKEN)
    with serving(Dataverse()) as crm:
        yield crm


def make_vendor(crm: Dataverse, **options: int) -> Dynamics:
    return Dynamics(crm.host, **options)  # type: ignore[arg-type]


def check_rows(crm: Dataverse, scores: list[dict[str, object]]) -> None:
    """Every lead has one row, with its score, its band and all its sentences."""
    rows = crm.by_lead()
    assert set(rows) == {str(score["lead_id"]).lower() for score in scores}
    bands = find_bands([score["score"] for score in scores], BandSettings())
    for score, band in zip(scores, bands, strict=True):
        row = rows[str(score["lead_id"]).lower()]
        assert set(row) == set(COLUMNS)
        assert row["msdyn_score"] == score["score"] and row["msdyn_grade"] == band
        assert row["msdyn_scoredon"] == "2026-02-01" and row["msdyn_entitytype"] == "lead"
        reasons = [
            f"{mark} {score[f'{side}_{place}']}"
            for side, mark in (("reason", "\u25b2"), ("against", "\u25bc"))
            for place in range(1, 6)
            if score[f"{side}_{place}"]
        ]
        assert row["msdyn_scorereasons"] == ("\n".join(reasons) or "\u2014")


def test_rows_are_made_and_those_of_microsofts_own_model_taken_over(
    crm: Dataverse, tmp_path: Path
) -> None:
    own = crm.put(IDS[3].lower(), msdyn_score=1)
    table = make_scores(IDS)
    sending = send(make_place(make_vendor(crm, batch_rows=3), tmp_path), table)
    assert (sending.sent, sending.unchanged, sending.refused) == (7, 0, {})
    check_rows(crm, table.to_pylist())
    assert crm.rows[own]["msdyn_score"] == table["score"][3].as_py()
    assert crm.count("CreateMultiple") == 3 and crm.count("UpdateMultiple") == 1
    assert {row["msdyn_scoretrend"] for row in crm.rows.values()} == {UNKNOWN}


def test_unchanged_records_are_not_sent_again_and_the_trend_is_that_since_the_last_one(
    crm: Dataverse, tmp_path: Path
) -> None:
    place = make_place(make_vendor(crm), tmp_path)
    table = make_scores(IDS)
    for number, score in ((0, 50), (1, 50)):
        table = edit(table, "score", number, score)
    send(place, table)
    later = edit(edit(edit(table, "score", 0, 51), "score", 1, 49), "reason_1", 2, "other")
    asked = len(crm.log)
    sending = send(place, later)
    assert (sending.sent, sending.unchanged) == (3, 4)
    rows = crm.by_lead()
    trends = [rows[lead.lower()]["msdyn_scoretrend"] for lead in IDS]
    assert trends == [IMPROVING, DECLINING, STEADY] + [UNKNOWN] * 4
    assert len(crm.log) == asked + 3  # whether the table is there, which rows are, the update
    check_rows(crm, later.to_pylist())
    # A new moment of scoring alone is no reason to send a record.
    moved = edit(later, "scored_at", 0, later["scored_at"][0].as_py().replace(year=2027))
    assert send(place, moved).sent == 0


def test_pages_are_followed_to_the_end_and_to_no_other_host(crm: Dataverse, tmp_path: Path) -> None:
    table = make_scores(IDS)
    for lead in IDS:
        crm.put(lead.lower())
    place = make_place(make_vendor(crm, page_rows=2), tmp_path)
    assert send(place, table).sent == 7
    assert crm.count("skiptoken") == 3 and crm.count("CreateMultiple") == 0
    check_rows(crm, table.to_pylist())
    elsewhere = {"value": [], "@odata.nextLink": "https://evil.example/next"}
    crm.fail("filter", Answer(200, elsewhere))
    with pytest.raises(DestinationError, match=r"another host.*evil.example"):
        send(place, make_scores(IDS, seed=2))


def test_one_wrong_record_keeps_back_no_other(crm: Dataverse, tmp_path: Path) -> None:
    crm.broken = {IDS[2], IDS[5]}
    table = make_scores(IDS)
    place = make_place(make_vendor(crm), tmp_path)
    sending = send(place, table)
    assert sending.sent == 5 and set(sending.refused) == crm.broken
    assert all("plug-in says no" in text for text in sending.refused.values())
    check_rows(crm, [row for row in table.to_pylist() if row["lead_id"] not in crm.broken])
    crm.broken = set()
    assert send(place, table).sent == 2
    check_rows(crm, table.to_pylist())


@pytest.mark.parametrize(
    "fault",
    [
        Fault("CreateMultiple"),
        Fault("UpdateMultiple"),
        Fault("CreateMultiple", Answer(503)),
        Fault("CreateMultiple", THROTTLED),
        Fault("filter", Answer(502, b"<html>", kind="text/html")),
    ],
    ids=["create lost", "update lost", "away", "throttled", "not read"],
)
def test_a_request_without_an_answer_makes_no_row_twice(
    crm: Dataverse, tmp_path: Path, fault: Fault
) -> None:
    crm.put(IDS[0].lower())
    crm.faults = [fault]
    table = make_scores(IDS)
    waits: list[float] = []
    sending = send(make_place(make_vendor(crm, batch_rows=4), tmp_path, waits=waits), table)
    assert sending.sent == 7 and not crm.faults
    check_rows(crm, table.to_pylist())
    assert waits == ([7.0] if fault.answer is THROTTLED else [1.0])


def test_a_row_that_another_request_made_meanwhile_is_updated(
    crm: Dataverse, tmp_path: Path
) -> None:
    # A killed run's request may still be at work when the next run has looked for its rows.
    table = make_scores(IDS)
    late = Fault("filter", Answer(200, {"value": []}), then=None)
    crm.put(IDS[4].lower(), msdyn_score=1)
    crm.faults = [late]
    assert send(make_place(make_vendor(crm), tmp_path), table).sent == 7
    check_rows(crm, table.to_pylist())


def test_an_organisation_without_the_table_is_refused_before_anything_is_scored(
    crm: Dataverse, tmp_path: Path
) -> None:
    missing = {"error": {"code": "0x80060888", "message": "Could not find a property"}}
    crm.fail("select", Answer(400, missing))
    with pytest.raises(DestinationError, match="Could not find a property"):
        make_place(make_vendor(crm), tmp_path).check()
