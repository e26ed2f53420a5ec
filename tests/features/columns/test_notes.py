"""Promises of `features.columns.notes`: what may be misread is said, without any value."""

from __future__ import annotations

from features.columns.notes import note_readings
from tests.features.columns.written_column import read, read_columns


def note(values: list[str], **options: object) -> dict[str, str]:
    profile, _ = read(values, **options)
    return {finding.code: finding.message for finding in note_readings([profile])}


def test_nothing_is_said_of_plain_columns() -> None:
    profiles, _ = read_columns({"n": ["1", "2.5"], "t": ["2023-01-05", ""], "x": ["a", "b"]})
    assert note_readings(profiles.values()) == []


def test_an_unread_value_is_shown_by_its_form_only() -> None:
    values = ["2023-01-05 10:00", "31/02/2023 10:00", "2023-01-06 11:00"]
    profile, _ = read(values, times=["x"])
    (finding,) = note_readings([profile], table="activities")
    assert (finding.code, finding.count, finding.example) == ("value_unread", 1, "row 2")
    assert "99/99/9999 99:99" in finding.message
    assert "31" not in finding.message
    assert "time_format" in finding.next_step
    assert finding.table == "activities"


def test_markers_are_counted_in_one_note() -> None:
    profiles, _ = read_columns({"a": ["n/d", "5", "n/d"], "b": ["S/D", "x", "1"]})
    (finding,) = note_readings(profiles.values())
    assert finding.message == 'read as nothing entered: "a" "n/d" (2), "b" "S/D" (1)'
    assert (finding.severity, finding.count, finding.total) == ("note", 3, 6)


def test_what_looks_like_money_and_is_read_as_text_is_told() -> None:
    profile, _ = read([*(f"{n} pesos aprox." for n in range(2)), *(f"$ {n}" for n in range(9))])
    (finding,) = note_readings([profile])
    assert (profile.kind, finding.code, finding.count) == ("text", "read_as_text", 2)
    assert '"9 aaaaa aaaaa."' in finding.message


def test_what_looks_like_times_and_is_read_as_text_is_told() -> None:
    values = [f"2023-01-{day:02}" for day in range(1, 20)] + ["after Easter 2023", "5 or 6 May"]
    profile, found = read(values)
    (finding,) = note_readings([profile])
    assert (finding.code, finding.count, found) == ("read_as_text", 2, values)


def test_open_questions_are_told() -> None:
    assert "time_ambiguous" in note(["05/06/2023", "07/08/2023"])
    assert "number_ambiguous" in note(["7.250", "8.125", "9.375"])
    assert "Excel day numbers" in note(["44900.375"], times=["x"])["time_from_number"]
    mixed = note(["2023-01-05", "44900.375"], times=["x"])["time_mixed_formats"]
    assert mixed.endswith('"%Y-%m-%d", Excel day numbers')
