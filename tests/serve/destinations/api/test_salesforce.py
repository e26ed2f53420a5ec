"""Scores in fields of Salesforce: jobs handed in once, waited for, and settled after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from features.errors import DestinationError
from serve.destinations.api.destination import LOST
from serve.destinations.api.salesforce import Salesforce
from tests.crm_servers.base import Answer, Fault, serving
from tests.crm_servers.places import SALESFORCE_TOKEN, edit, make_place, send
from tests.crm_servers.salesforce import BUSY, JOBS, Force
from tests.serve.score_tables import make_scores

IDS = [f"00Q6dvOfvVDzE{number:05d}" for number in range(30)]
ROOT = Path(__file__).resolve().parents[4]
PROGRAM = """
import sys
from pathlib import Path
from serve.destinations.api.salesforce import Salesforce
from tests.crm_servers.places import make_place, send
from tests.serve.destinations.api.test_salesforce import IDS
from tests.serve.score_tables import make_scores

place = make_place(Salesforce(sys.argv[1], "Lead", batch_rows=10), Path(sys.argv[2]))
send(place, make_scores(IDS))
"""


@pytest.fixture
def crm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Force]:
    monkeypatch.setenv(*SALESFORCE_TOKEN)
    with serving(Force(IDS)) as crm:
        yield crm


def make_vendor(crm: Force, batch_rows: int = 10) -> Salesforce:
    return Salesforce(crm.host, "Lead", crm.key, batch_rows=batch_rows)


def check_records(crm: Force, scores: list[dict[str, object]]) -> None:
    for score in scores:
        record = crm.records[str(score["lead_id"])]
        assert set(record) == set(crm.fields)
        assert int(record["Leadaccord_Score__c"]) == score["score"]
        assert record["Leadaccord_Scored_At__c"] == "2026-02-01T08:00:00.000Z"
        reasons = [score[f"reason_{place}"] for place in range(1, 6)]
        assert record["Leadaccord_Reasons_For__c"] == ("\n".join(filter(None, reasons)) or "\u2014")


def test_records_are_updated_by_jobs_and_only_where_they_changed(
    crm: Force, tmp_path: Path
) -> None:
    waits: list[float] = []
    place = make_place(make_vendor(crm), tmp_path, waits=waits)
    table = make_scores(IDS, reasons=["=1+1", 'a "quoted", reason'])
    assert send(place, table).sent == 30 and len(crm.jobs) == 3
    check_records(crm, table.to_pylist())
    assert waits == [1.0] * 3  # a job was in progress when it was first asked for
    sending = send(place, edit(table, "grade", 3, "C3"))
    assert (sending.sent, sending.unchanged) == (1, 29)
    assert crm.records[IDS[3]]["Leadaccord_Grade__c"] == "C3"
    assert sum(crm.times.values()) == 31


def test_records_that_a_job_refused_are_named_and_the_others_updated(
    crm: Force, tmp_path: Path
) -> None:
    strange = "00Q6dvOfvVDzE99999"
    table = make_scores([*IDS, strange])
    place = make_place(make_vendor(crm, batch_rows=100), tmp_path)
    sending = send(place, table)
    assert sending.sent == 30 and "REQUIRED_FIELD_MISSING" in sending.refused[strange]
    check_records(crm, table.to_pylist()[:-1])
    assert send(place, table).unchanged == 30  # and the refused one is tried again
    crm.broken = True
    with pytest.raises(DestinationError, match=r"none of the records: 2.*not processed.*trigger"):
        send(make_place(make_vendor(crm), tmp_path / "new"), table.slice(0, 2))


def test_leads_may_go_by_an_external_id(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(*SALESFORCE_TOKEN)
    leads = ["lead 1", "lead, 2"]
    with serving(Force(leads, key="Our_Id__c")) as crm:
        table = make_scores(leads)
        assert send(make_place(make_vendor(crm), tmp_path), table).sent == 2
        check_records(crm, table.to_pylist())


@pytest.mark.parametrize(
    "fault",
    [
        Fault(f"POST {JOBS}"),
        Fault("PUT"),
        Fault("PATCH"),
        Fault("failedResults"),
        Fault("PUT", BUSY),
        Fault("PATCH", BUSY),
    ],
    ids=["job", "upload", "begin", "results", "upload away", "begin away"],
)
def test_a_lost_answer_updates_every_record_once(crm: Force, tmp_path: Path, fault: Fault) -> None:
    crm.faults = [fault]
    table = make_scores(IDS)
    assert send(make_place(make_vendor(crm), tmp_path), table).sent == 30 and not crm.faults
    check_records(crm, table.to_pylist())
    assert set(crm.times.values()) == {1}


@pytest.mark.parametrize("word", ["PUT", "PATCH"])
def test_a_run_killed_in_the_middle_updates_every_record_once(
    crm: Force, tmp_path: Path, word: str
) -> None:
    table = make_scores(IDS)
    started: list[subprocess.Popen[bytes]] = []
    crm.faults = [Fault(word, then=lambda: os.kill(started[0].pid, signal.SIGKILL))]
    arguments = [sys.executable, "-c", PROGRAM, crm.host, str(tmp_path)]
    with crm.lock:
        started.append(
            subprocess.Popen(arguments, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
        )
    assert started[0].wait() == -signal.SIGKILL
    send(make_place(make_vendor(crm), tmp_path), table)
    check_records(crm, table.to_pylist())
    # The job that had begun was waited for; the one that was only uploaded does nothing.
    assert set(crm.times.values()) == {1}


def test_a_job_that_is_gone_is_sent_again(crm: Force, tmp_path: Path) -> None:
    table = make_scores(IDS[:5])
    place = make_place(make_vendor(crm), tmp_path)
    crm.fail("GET /services/data/v62.0/jobs", Answer(403, [{"message": "no right to see jobs"}]))
    with pytest.raises(DestinationError, match="no right to see jobs"):
        send(place, table)
    crm.jobs.clear()  # as Salesforce does after some days
    assert send(place, table).sent == 5
    check_records(crm, table.to_pylist())
    crm.fail("GET /services/data/v62.0/jobs", Answer(404, []))
    with pytest.raises(DestinationError, match=LOST):
        send(place, make_scores(IDS[:5], seed=2))


def test_fields_that_are_missing_are_named_before_anything_is_scored(
    crm: Force, tmp_path: Path
) -> None:
    place = make_place(make_vendor(crm), tmp_path)
    place.check()
    crm.fields.remove("Leadaccord_Model__c")
    with pytest.raises(DestinationError, match=r"lacks fields.*no Leadaccord_Model__c"):
        place.check()
