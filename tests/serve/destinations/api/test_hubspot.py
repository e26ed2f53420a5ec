"""Scores in properties of HubSpot: each record right, those that are not there named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from features.errors import DestinationError
from serve.destinations.api.hubspot import UNNAMED, HubSpot
from serve.destinations.crm import CRM_FORMATS
from tests.crm_servers.base import TOKEN, Answer, Fault, serving
from tests.crm_servers.hubspot import THROTTLED, Hub
from tests.crm_servers.places import HUBSPOT_TOKEN, edit, make_place, send
from tests.serve.score_tables import make_scores

IDS = [str(number) for number in range(1_001, 1_251)]


@pytest.fixture
def crm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv(*HUBSPOT_TOKEN)
    with serving(Hub(IDS)) as crm:
        yield crm


def make_vendor(crm: Hub) -> HubSpot:
    return HubSpot(crm.host, "contacts")


def check_records(crm: Hub, scores: list[dict[str, object]]) -> None:
    for score in scores:
        record = crm.records[str(score["lead_id"])]
        assert record.keys() == crm.properties.keys()
        assert int(record["leadaccord_score"]) == score["score"]
        assert float(record["leadaccord_probability"]) == score["probability"]
        assert record["leadaccord_scored_at"] == "2026-02-01"


def test_records_are_updated_a_hundred_at_a_time_and_only_where_they_changed(
    crm: Hub, tmp_path: Path
) -> None:
    place = make_place(make_vendor(crm), tmp_path)
    table = make_scores(IDS)
    assert send(place, table).sent == 250 and crm.count("batch/update") == 3
    check_records(crm, table.to_pylist())
    later = edit(table, "reason_1", 7, "another reason")
    sending = send(place, later)
    assert (sending.sent, sending.unchanged) == (1, 249)
    assert crm.records[IDS[7]]["leadaccord_reasons_for"].startswith("another reason")


@pytest.mark.parametrize("unnamed", [False, True])
def test_records_that_are_not_there_are_refused_and_the_others_updated(
    crm: Hub, tmp_path: Path, unnamed: bool
) -> None:
    crm.unnamed = unnamed
    table = make_scores([*IDS[:5], "99", "98"])
    sending = send(make_place(make_vendor(crm), tmp_path), table)
    assert sending.sent == 5 and set(sending.refused) == {"99", "98"}
    assert all("Could not get some CONTACT" in text for text in sending.refused.values())
    check_records(crm, table.to_pylist()[:5])
    crm.fail("update", Answer(200, {"status": "COMPLETE", "results": []}))
    with pytest.raises(DestinationError, match=UNNAMED):
        send(make_place(make_vendor(crm), tmp_path / "new"), table.slice(0, 2))


def test_a_property_that_is_too_narrow_for_one_record_keeps_back_no_other(
    crm: Hub, tmp_path: Path
) -> None:
    table = edit(make_scores(IDS[:9]), "grade", 4, "")
    sending = send(make_place(make_vendor(crm), tmp_path), table)
    assert sending.sent == 8 and "leadaccord_grade" in sending.refused[IDS[4]]


def test_limits_lost_answers_and_expired_tokens_end_well(crm: Hub, tmp_path: Path) -> None:
    table = make_scores(IDS)
    waits: list[float] = []
    place = make_place(make_vendor(crm), tmp_path, waits=waits)
    crm.faults = [Fault("update", THROTTLED), Fault("update"), Fault("update", Answer(502))]
    kill = Fault("update", then=crm.tokens.clear)
    crm.faults += [kill]
    with pytest.raises(DestinationError, match=r"EXPIRED_AUTHENTICATION.*LEADACCORD_HUBSPOT_TOKEN"):
        send(place, table)
    assert waits[:3] == [10.0, 2.0, 4.0]
    crm.tokens = {TOKEN}
    sending = send(place, table)
    assert sending.sent + sending.unchanged == 250
    check_records(crm, table.to_pylist())


def test_properties_that_are_missing_are_named_before_anything_is_scored(
    crm: Hub, tmp_path: Path
) -> None:
    place = make_place(make_vendor(crm), tmp_path)
    place.check()
    del crm.properties["leadaccord_model"], crm.properties["leadaccord_grade"]
    with pytest.raises(DestinationError, match="no leadaccord_grade, leadaccord_model"):
        place.check()
    with pytest.raises(DestinationError, match="404"):
        make_place(HubSpot(crm.host, "visitors"), tmp_path).check()


def test_internal_names_are_those_that_hubspot_makes_of_the_labels() -> None:
    names = [field.name for field in CRM_FORMATS["hubspot"].fields]
    assert [HubSpot("h", "contacts").name_field(name) for name in names][:3] == [
        "record_id",
        "leadaccord_score",
        "leadaccord_grade",
    ]
