"""Deliveries to a CRM: counted, resumed where they stopped, shown before they are sent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from features.errors import DestinationError
from serve.destinations.api.destination import HOPELESS, NO_RECORD_ID, SHOWN
from serve.destinations.api.dynamics import Dynamics
from serve.destinations.api.session import ATTEMPTS
from serve.destinations.files import EARLIER
from tests.crm_servers.base import Fault, serving
from tests.crm_servers.dynamics import THROTTLED, Dataverse
from tests.crm_servers.places import DYNAMICS_TOKEN, make_guids, make_place, send
from tests.serve.score_tables import in_batches, make_scores

IDS = make_guids(30)
ROOT = Path(__file__).resolve().parents[4]
PROGRAM = """
import sys
from pathlib import Path
from serve.destinations.api.dynamics import Dynamics
from tests.crm_servers.places import make_guids, make_place, send
from tests.serve.score_tables import make_scores

place = make_place(Dynamics(sys.argv[1], batch_rows=5), Path(sys.argv[2]))
send(place, make_scores(make_guids(30)))
"""


@pytest.fixture
def crm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dataverse]:
    monkeypatch.setenv(*DYNAMICS_TOKEN)
    with serving(Dataverse()) as crm:
        yield crm


def scores_in(crm: Dataverse) -> list[int]:
    rows = crm.by_lead()
    return [rows[lead.lower()]["msdyn_score"] for lead in IDS]


def test_a_run_that_was_throttled_goes_on_where_it_was(crm: Dataverse, tmp_path: Path) -> None:
    table = make_scores(IDS)
    place = make_place(Dynamics(crm.host, batch_rows=10), tmp_path)
    # The second batch waits as long as it is asked to, the third one in vain.
    throttled = [Fault("CreateMultiple", THROTTLED)]
    crm.faults = throttled * 2
    more = Fault("CreateMultiple", then=lambda: crm.faults.extend(throttled * ATTEMPTS))
    crm.faults.append(more)
    with pytest.raises(DestinationError, match="no requests") as error:
        place.deliver(in_batches(table, 7))
    assert error.value.code == "throttled" and 0 < len(crm.rows) < len(IDS)
    crm.faults = []
    held = len(crm.rows)
    sending = send(place, table)
    assert (sending.sent, sending.unchanged) == (len(IDS) - held, held)
    assert scores_in(crm) == table["score"].to_pylist()


def test_a_run_killed_in_the_middle_ends_with_every_record_right_and_none_twice(
    crm: Dataverse, tmp_path: Path
) -> None:
    table = make_scores(IDS)
    crm.put(IDS[12].lower(), msdyn_score=0)
    started: list[subprocess.Popen[bytes]] = []
    # The request is done, and whoever asked for it is dead before it hears of it.
    crm.faults = [Fault("CreateMultiple", then=lambda: os.kill(started[0].pid, signal.SIGKILL))]
    arguments = [sys.executable, "-c", PROGRAM, crm.host, str(tmp_path)]
    with crm.lock:
        started.append(
            subprocess.Popen(arguments, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
        )
    assert started[0].wait() == -signal.SIGKILL
    assert len(crm.rows) < len(IDS)
    sending = send(make_place(Dynamics(crm.host, batch_rows=5), tmp_path), table)
    assert sending.sent + sending.unchanged == len(IDS)
    assert scores_in(crm) == table["score"].to_pylist()
    assert send(make_place(Dynamics(crm.host), tmp_path), table).sent == 0


def test_a_dry_run_asks_nobody_and_shows_what_would_be_sent(
    crm: Dataverse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = make_scores(IDS)
    place = make_place(Dynamics(crm.host), tmp_path)
    send(place, table.slice(0, 5))
    asked = len(crm.log)
    monkeypatch.delenv(DYNAMICS_TOKEN[0])
    dry = make_place(Dynamics(crm.host), tmp_path, dry_run=True)
    sending = send(dry, table)
    assert (sending.sent, sending.unchanged) == (25, 5) and len(crm.log) == asked
    assert len(sending.shown) == SHOWN and dry.name != place.name
    monkeypatch.setenv(*DYNAMICS_TOKEN)
    assert send(place, table).sent == 25
    rows = crm.by_lead()
    for record in sending.shown:
        assert rows[str(record["msdyn_entityid"]).lower()] == record


def test_leads_without_a_record_id_are_refused_and_the_rest_is_sent(
    crm: Dataverse, tmp_path: Path
) -> None:
    place = make_place(Dynamics(crm.host), tmp_path)
    sending = send(place, make_scores([*IDS, "row-7", "x'); drop"]))
    assert sending.refused == dict.fromkeys(["row-7", "x'); drop"], NO_RECORD_ID)
    assert sending.sent == len(IDS) and len(crm.by_lead()) == len(IDS)
    with pytest.raises(DestinationError, match=f"takes none of the records: 2.*{NO_RECORD_ID}"):
        send(place, make_scores(["row-7", "row-8"]))


def test_a_crm_that_refuses_everything_is_not_asked_to_the_end(
    crm: Dataverse, tmp_path: Path
) -> None:
    leads = make_guids(HOPELESS + 1)
    crm.broken = set(leads)
    with pytest.raises(DestinationError, match=rf"none of the records: {HOPELESS}.*plug-in"):
        send(make_place(Dynamics(crm.host), tmp_path), make_scores(leads), rows=50)
    assert crm.rows == {} and crm.count("CreateMultiple") < 2 * HOPELESS


def test_of_a_lead_that_comes_again_the_latest_hand_over_is_sent(
    crm: Dataverse, tmp_path: Path
) -> None:
    table = make_scores([*IDS, IDS[0]])
    place = make_place(Dynamics(crm.host), tmp_path)
    delivery = place.deliver(in_batches(table, 8))
    assert delivery.warnings == {EARLIER: 1} and delivery.rows == len(IDS)
    assert scores_in(crm)[0] == table["score"][len(IDS)].as_py()
