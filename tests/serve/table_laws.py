"""What every table of scores promises, whatever database it is in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pytest

from features.errors import DestinationError
from serve.destinations.protocol import Destination
from serve.scoring.score_table import COLUMNS, empty_scores
from tests.serve.cell_texts import PAYLOADS
from tests.serve.score_tables import Broken, breaking, in_batches, make_scores

IDS = [f"lead {i}" for i in range(20)]
ODD = [*PAYLOADS, "", "\\.", "x\n\\.\ny", "a\\b", "Robert'); DROP TABLE scores;--", "\U0001f600"]
ODD_NAME = 'odd"; DROP TABLE scores; --'

Row = tuple[Any, ...]


class Case(Protocol):
    """A database to try the laws on."""

    keeps_nul: bool
    needs_key: bool
    types: dict[str, str]

    def place(self, table: str, *, timed: bool = True) -> Destination:
        """Return the destination; it waits for others next to no time."""

    def run(self, sql: str) -> None:
        """Run a statement on a connection of its own."""

    def rows(self, table: str) -> list[Row] | None:
        """Return the scores in the table as another reader finds them; None without a table."""

    def locked(self, table: str) -> AbstractContextManager[None]:
        """Hold the table as another program would."""


def rows_of(*tables: pa.Table, keeps_nul: bool = True) -> list[Row]:
    """Return the rows of tables as `Case.rows` gives them."""
    schema = empty_scores().schema
    rows = [tuple(row.values()) for table in tables for row in table.cast(schema).to_pylist()]
    return in_order(rows if keeps_nul else [tuple(map(_without_nul, row)) for row in rows])


def in_order(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row[0], row[-2], str(row[1])))


def _without_nul(value: object) -> object:
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else value


def what_is_delivered_reads_back(case: Case) -> None:
    table = make_scores(ODD, reasons=ODD)
    place = case.place("scores")
    place.check()
    delivery = place.deliver(in_batches(table, 7))
    assert case.rows("scores") == rows_of(table, keeps_nul=case.keeps_nul)
    assert (delivery.rows, delivery.files) == (len(ODD), ())
    assert bool(delivery.warnings) != case.keeps_nul
    place.check()


def delivering_twice_changes_nothing(case: Case) -> None:
    for dictionaries in (True, False):
        table = make_scores(IDS, dictionaries=dictionaries)
        assert case.place("scores").deliver(in_batches(table, 7)).rows == len(IDS)
        assert case.rows("scores") == rows_of(table)


def two_model_versions_stand_side_by_side(case: Case) -> None:
    tables = [make_scores(IDS, model=model, seed=seed) for seed, model in enumerate("ab")]
    for table in tables:
        case.place("scores").deliver(in_batches(table, 7))
    assert case.rows("scores") == rows_of(*tables)


def a_later_score_replaces_the_earlier(case: Case) -> None:
    case.place("scores").deliver(in_batches(make_scores(IDS), 7))
    new = make_scores([*IDS[:5], "new lead"], seed=1)
    case.place("scores").deliver(in_batches(new, 7))
    # The time of the sixth hand-over is that of another lead in the first delivery.
    kept = make_scores(IDS).slice(5)
    assert case.rows("scores") == rows_of(new, kept)


def two_hand_overs_of_a_lead_are_two_rows(case: Case) -> None:
    table = make_scores(["same lead"] * 3)
    case.place("scores").deliver(in_batches(table, 2))
    assert case.rows("scores") == rows_of(table)


def without_times_a_lead_has_one_row_of_each_model(case: Case) -> None:
    for seed in (0, 1):
        table = make_scores(IDS, timed=False, seed=seed)
        place = case.place("scores", timed=False)
        place.check()
        place.deliver(in_batches(table, 7))
        assert case.rows("scores") == rows_of(table)
    if case.needs_key:
        told = pytest.raises(
            DestinationError, match=r"no unique key.*lead_id, handed_over_at, model"
        )
        with told:
            case.place("scores", timed=True).check()


def what_fails_in_the_middle_changes_nothing(case: Case) -> None:
    for before in (None, rows_of(make_scores(IDS))):
        with pytest.raises(Broken):
            case.place("scores").deliver(breaking(make_scores(IDS, seed=1), 7))
        assert case.rows("scores") == before
        case.place("scores").deliver(in_batches(make_scores(IDS), 7))


def a_part_of_the_key_that_is_missing_is_told(case: Case) -> None:
    case.place("scores").deliver(in_batches(make_scores(IDS), 7))
    with pytest.raises(DestinationError, match="20 scores have no handed_over_at"):
        case.place("scores").deliver(in_batches(make_scores(IDS, timed=False), 20))
    assert case.rows("scores") == rows_of(make_scores(IDS))


def checking_leaves_nothing_behind(case: Case) -> None:
    case.place("scores").check()
    assert case.rows("scores") is None
    case.place("scores").deliver(in_batches(make_scores(IDS), 7))
    case.place("scores").check()
    assert case.rows("scores") == rows_of(make_scores(IDS))


def without_scores_there_is_an_empty_table(case: Case) -> None:
    assert case.place("scores").deliver(lambda: iter([])).rows == 0
    assert case.rows("scores") == []


def names_are_names_and_nothing_else(case: Case) -> None:
    case.place("scores").deliver(in_batches(make_scores(IDS), 7))
    for _ in range(2):
        case.place(ODD_NAME).deliver(in_batches(make_scores(IDS, seed=1), 7))
    assert case.rows("scores") == rows_of(make_scores(IDS))
    assert case.rows(ODD_NAME) == rows_of(make_scores(IDS, seed=1))


def _columns(case: Case, **changed: str) -> str:
    types = {name: case.types[kind] for name, kind in COLUMNS.items()} | changed
    return ", ".join(f"{name} {kind}" for name, kind in types.items() if kind)


KEY = "UNIQUE (model_version, lead_id, handed_over_at)"


def a_table_of_the_users_own_is_filled(case: Case) -> None:
    case.run(f"CREATE TABLE scores (note {case.types['text']}, {_columns(case)}, {KEY})")
    place = case.place("scores")
    place.check()
    for _ in range(2):
        place.deliver(in_batches(make_scores(IDS), 7))
        assert case.rows("scores") == rows_of(make_scores(IDS))
        case.run("UPDATE scores SET note = 'mine' WHERE note IS NULL AND lead_id < 'lead 2'")
    # What stands in further columns stayed when the scores were replaced.
    case.run("DELETE FROM scores WHERE lead_id < 'lead 2' AND note IS NULL")
    assert case.rows("scores") == rows_of(make_scores(IDS))


def a_table_of_other_columns_is_refused(case: Case) -> None:
    text = case.types["text"]
    for columns, words in (
        (_columns(case, grade="", reason_2=""), "lacks columns.*Expected grade, reason_2"),
        (_columns(case, probability=text), 'column "probability" of a type.*decimal number'),
        (_columns(case, lead_id="INTEGER"), 'column "lead_id" of a type.*expected text'),
        (f"{_columns(case)}, owner {text} NOT NULL", 'wants a value in "owner"'),
    ):
        case.run(f"CREATE TABLE scores ({columns}, {KEY})")
        for attempt in (case.place("scores").check, lambda: _deliver(case)):
            with pytest.raises(DestinationError, match=words):
                attempt()
        assert case.run("DROP TABLE scores") is None


def a_table_without_the_key_is_refused(case: Case) -> None:
    for key in ("", ", UNIQUE (lead_id)", f", {KEY.replace(', lead_id', ', lead_id, grade')}"):
        case.run(f"CREATE TABLE scores ({_columns(case)}{key})")
        if case.needs_key:
            told = pytest.raises(
                DestinationError, match=r"no unique key.*Change the table, or name"
            )
            with told:
                case.place("scores").check()
        else:
            case.place("scores").check()
        case.run("DROP TABLE scores")


def _deliver(case: Case) -> None:
    case.place("scores").deliver(in_batches(make_scores(IDS), 7))


def a_table_that_another_holds_is_told_after_the_wait(case: Case) -> None:
    _deliver(case)
    told = pytest.raises(DestinationError, match=r"Wait until.*nothing was changed")
    with case.locked("scores"), told:
        case.place("scores").deliver(in_batches(make_scores(IDS, seed=1), 7))
    assert case.rows("scores") == rows_of(make_scores(IDS))


def the_documentation_shows_the_columns(case: Case) -> None:
    page = Path(__file__).parents[2] / "docs" / "operating.md"
    rows = [line.split(" | ") for line in page.read_text(encoding="utf-8").splitlines()]
    tables = [row for row in rows if len(row) == 4 and row[0].startswith("| `")]
    for kind, example in (("text", "lead_id"), ("time", "scored_at"), ("whole number", "score")):
        shown = next(row for row in tables if f"`{example}`" in row[0])
        assert f"`{case.types[kind]}`" in " ".join(shown[1:])


LAWS: list[Callable[[Case], None]] = [
    what_is_delivered_reads_back,
    delivering_twice_changes_nothing,
    two_model_versions_stand_side_by_side,
    a_later_score_replaces_the_earlier,
    two_hand_overs_of_a_lead_are_two_rows,
    without_times_a_lead_has_one_row_of_each_model,
    what_fails_in_the_middle_changes_nothing,
    a_part_of_the_key_that_is_missing_is_told,
    checking_leaves_nothing_behind,
    without_scores_there_is_an_empty_table,
    names_are_names_and_nothing_else,
    a_table_of_the_users_own_is_filled,
    a_table_of_other_columns_is_refused,
    a_table_without_the_key_is_refused,
    a_table_that_another_holds_is_told_after_the_wait,
    the_documentation_shows_the_columns,
]
laws = pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
