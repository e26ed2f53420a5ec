"""Records: hand-overs and decisions read alone are those of the whole reading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from features.checks.tables import check_records, check_tables
from features.contract.as_of import AsOf, parse_as_of
from features.contract.records import read_records
from features.contract.tables import complete, outline
from features.errors import SettingsError
from features.labels import label_tables
from features.settings.schema import Settings
from tests.contracts import FLAT, NOW, TWO, write

ANSWERS = {"Yes": 5, "No": 6, "Wait": 1, "": 2, "Maybe": 1}


@st.composite
def projects(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, str], str | None]:
    """Settings, files and a moment: any number of tables, answers and times that fail."""
    n = draw(st.integers(1, 40))
    days = st.integers(0, 400)
    written = st.sampled_from(["2025-01-01", "01/02/2025", ""])

    def day(offset: int) -> str:
        return f"{pd.Timestamp('2024-12-01') + pd.Timedelta(days=offset):%Y-%m-%d %H:%M}"

    times = [day(draw(days)) if draw(st.integers(0, 9)) else draw(written) for _ in range(n)]
    ids = [draw(st.sampled_from([f"L{place}", f"L{place % 7}", ""])) for place in range(n)]
    answers = [name for name, weight in ANSWERS.items() for _ in range(weight)]
    said = [draw(st.sampled_from(answers)) for _ in range(n)]
    when = [day(draw(days)) if draw(st.integers(0, 5)) else "" for _ in range(n)]
    files = {}
    if draw(st.booleans()):
        sections: dict[str, Any] = TWO
        rows = zip(ids, times, range(n), strict=True)
        files["decisions"] = "Lead,When,Said,Why\n" + "".join(
            f"{one},{moment},{answer},\n"
            for one, moment, answer in zip(ids, when, said, strict=True)
        )
        files["leads"] = "Lead,At,Size\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows)
    else:
        decided = {**FLAT["decision"], "decided_at": "When", "undecided": ["Wait"]}
        sections = {**FLAT, "decision": decided}
        flat = zip(ids, times, range(n), said, when, strict=True)
        files["leads"] = "Lead,At,Size,Said,When\n" + "".join(
            f"{a},{b},{c},{d},{e}\n" for a, b, c, d, e in flat
        )
    if draw(st.booleans()):
        sections = {**sections, "activities": {"at": "On"}}
        files["activities"] = "Lead,On\n" + "".join(f"{one},{day(450)}\n" for one in ids)
    moment = draw(st.sampled_from([None, "2025-06-01", "2025-12-01"]))
    return sections, files, moment


def both(settings: Settings, as_of: AsOf) -> tuple[Any, Any]:
    records = read_records(settings, as_of=as_of)
    return outline(records), complete(records)


@given(projects())
@hypothesis_settings(max_examples=15, deadline=None)
def test_records_are_the_hand_overs_and_decisions_of_the_whole_reading(
    tmp_path_factory: pytest.TempPathFactory,
    project: tuple[dict[str, Any], dict[str, str], str | None],
) -> None:
    sections, files, moment = project
    settings = write(tmp_path_factory.mktemp("any"), sections, files)
    try:
        early, full = both(settings, parse_as_of(moment, now=NOW))
    except Exception as error:
        # Decisions without a time are refused at a past moment, and so before anything else.
        assert moment is not None and "no time" in str(error)
        return
    pd.testing.assert_frame_equal(early.episodes, full.episodes)
    assert (early.as_of, early.now, early.order) == (full.as_of, full.now, full.order)
    one, other = label_tables(early), label_tables(full)
    pd.testing.assert_series_equal(one.rule, other.rule)
    pd.testing.assert_series_equal(one.accepted, other.accepted)
    found = {finding.code for finding in check_records(early, one) if finding.severity == "error"}
    whole = {finding.code for finding in check_tables(full, other) if finding.severity == "error"}
    # Further columns may be unreadable in themselves; here there is none that could be.
    assert found == whole


def test_activities_are_not_read_with_the_records(tmp_path: Path) -> None:
    sections = {**FLAT, "activities": {"at": "On"}}
    leads = "Lead,At,Said\nA,2025-01-01,Yes\n"
    settings = write(tmp_path, sections, {"leads": leads, "activities": "Lead,Other\nA,1\n"})
    records = read_records(settings, now=NOW)
    assert outline(records).activities is None and outline(records).attributes.empty
    with pytest.raises(SettingsError, match=r"\[activities\] at names a column"):
        complete(records)


def test_activities_need_leads_with_ids_before_they_are_read(tmp_path: Path) -> None:
    sections = {**FLAT, "leads": {"handed_over_at": "At"}, "activities": {"id": "Who", "at": "On"}}
    leads = "Lead,At,Said\nA,2025-01-01,Yes\n"
    settings = write(tmp_path, sections, {"leads": leads, "activities": "Who,On\n1,2025-01-01\n"})
    with pytest.raises(SettingsError, match="id is missing, and the table of activities names"):
        read_records(settings, now=NOW)


def test_a_table_that_is_not_there_is_known_at_once(tmp_path: Path) -> None:
    sections = {**FLAT, "activities": {"at": "On"}}
    leads = "Lead,At,Said\nA,2025-01-01,Yes\n"
    settings = write(tmp_path, sections, {"leads": leads, "activities": "Lead,On\nA,2025-01-01\n"})
    (tmp_path / "activities.csv").unlink()
    with pytest.raises(SettingsError, match="activities"):
        read_records(settings, now=NOW)


def test_the_same_names_are_offered_for_a_column_that_is_not_there(tmp_path: Path) -> None:
    decision = {**FLAT["decision"], "column": "Sad"}
    leads = "Lead,At,Said\nA,2025-01-01,Yes\n"
    settings = write(tmp_path, {**FLAT, "decision": decision}, {"leads": leads})
    with pytest.raises(SettingsError, match='one of "Said"'):
        read_records(settings, now=NOW)
