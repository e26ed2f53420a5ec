"""Sent state: what a CRM has confirmed, kept without a text of any lead."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import DestinationError
from models.artifact.score_history import KEY, find_secret
from serve.destinations.api.sent import SentState, forget_sent, open_sent

RECORDS = {
    "00Q1": {"score": 80, "reasons": "Demo request of Ana", "at": "today"},
    "00Q2": {"score": 20, "reasons": "none", "at": "today"},
}


def opening(home: Path, place: str = "crm://here"):  # type: ignore[no-untyped-def]
    return open_sent(home, place, score="score", volatile="at")


def test_only_what_is_not_as_it_was_confirmed_has_changed(tmp_path: Path) -> None:
    with opening(tmp_path) as sent:
        assert sent.find_changed(RECORDS) == {"00Q1": None, "00Q2": None}
        sent.confirm(RECORDS)
    later = {
        "00Q1": {**RECORDS["00Q1"], "at": "tomorrow"},
        "00Q2": {**RECORDS["00Q2"], "score": 21, "at": "tomorrow"},
        "00Q3": {"score": 1},
    }
    with opening(tmp_path) as sent:
        assert sent.find_changed(later) == {"00Q2": 20, "00Q3": None}
        assert sent.find_changed(RECORDS) == {}
    with opening(tmp_path, "crm://there") as sent:
        assert set(sent.find_changed(RECORDS)) == set(RECORDS)


def test_a_job_is_confirmed_when_it_is_settled(tmp_path: Path) -> None:
    with opening(tmp_path) as sent:
        sent.confirm({"00Q2": RECORDS["00Q2"]})
        sent.confirm(RECORDS, job="750x")
    with opening(tmp_path) as sent:
        assert sent.job == "750x"
        sent.settle(["00Q1"])
        assert sent.job == "" and set(sent.find_changed(RECORDS)) == {"00Q1"}
        sent.confirm({"00Q1": RECORDS["00Q1"]}, job="751x")
        sent.settle(None)  # nobody knows what became of it
        assert sent.job == "" and set(sent.find_changed(RECORDS)) == {"00Q1"}


def test_a_forgotten_lead_leaves_no_trace_and_no_text_was_ever_kept(tmp_path: Path) -> None:
    for place in ("crm://here", "crm://there"):
        with opening(tmp_path, place) as sent:
            sent.confirm(RECORDS)
            key, digest, _ = sent._describe(RECORDS)[0]
    files = list((tmp_path / "sent").iterdir())
    assert len(files) == 2
    content = b"".join(path.read_bytes() for path in files)
    assert digest in content and not any(word in content for word in (b"00Q", b"Demo", b"Ana"))
    assert forget_sent(tmp_path, "00Q1") == 2 and forget_sent(tmp_path, "00Q1") == 0
    content = b"".join(path.read_bytes() for path in (tmp_path / "sent").iterdir())
    assert digest not in content and key.to_bytes(8, signed=True) not in content
    with opening(tmp_path) as sent:
        assert set(sent.find_changed(RECORDS)) == {"00Q1"}


def test_where_nothing_was_sent_forgetting_makes_nothing(tmp_path: Path) -> None:
    assert forget_sent(tmp_path, "00Q1") == 0 and list(tmp_path.iterdir()) == []


def test_with_another_secret_all_is_sent_anew(tmp_path: Path) -> None:
    with opening(tmp_path) as sent:
        sent.confirm(RECORDS)
    (tmp_path / "history" / KEY).unlink()
    find_secret(tmp_path / "history")
    with opening(tmp_path) as sent:
        assert set(sent.find_changed(RECORDS)) == set(RECORDS)
        assert sent.db.execute("SELECT count(*) FROM sent").fetchone() == (0,)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    with opening(tmp_path) as sent:
        sent.confirm(RECORDS)
    path = next((tmp_path / "sent").iterdir())
    path.write_bytes(b"not a database" * 99)
    with pytest.raises(DestinationError, match=f"cannot be noted.*{path.name}"), opening(tmp_path):
        pass
    with pytest.raises(DestinationError, match="may be removed"):
        forget_sent(tmp_path, "00Q1")


@given(
    st.dictionaries(
        st.text(max_size=9),
        st.fixed_dictionaries({"score": st.integers(0, 100), "t": st.text()}),
        max_size=9,
    )
)
def test_what_was_confirmed_has_not_changed(records: dict[str, dict[str, object]]) -> None:
    import sqlite3

    from serve.destinations.api.sent import _MAKE

    db = sqlite3.connect(":memory:")
    db.executescript(_MAKE)
    sent = SentState(db, b"k" * 32, "score", "at")
    sent.confirm(records)
    assert sent.find_changed(records) == {}
    other = {lead: {**record, "t": f"{record['t']}."} for lead, record in records.items()}
    assert sent.find_changed(other) == {lead: r["score"] for lead, r in records.items()}
