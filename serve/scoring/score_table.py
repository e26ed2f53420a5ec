"""Columns of the scores table, and its unique key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.errors import DestinationError
from models.reasons.topics import MAX_REASONS

if TYPE_CHECKING:
    import pyarrow as pa

TEXT, DECIMAL, WHOLE, TIME = "text", "decimal number", "whole number", "time"

COLUMNS: dict[str, str] = {
    "lead_id": TEXT,
    "handed_over_at": TIME,
    "probability": DECIMAL,
    "probability_low": DECIMAL,
    "probability_high": DECIMAL,
    "score": WHOLE,
    "grade": TEXT,
    **{f"reason_{place + 1}": TEXT for place in range(MAX_REASONS)},
    **{f"against_{place + 1}": TEXT for place in range(MAX_REASONS)},
    "model_version": TEXT,
    "scored_at": TIME,
}
"""The columns of the scores and the kind of each; times are UTC."""

CHANGE_COLUMNS: dict[str, str] = {"previous_score": WHOLE, "change_reason": TEXT}
"""What files hold after these where changes are asked for."""


def key_columns(*, timed: bool) -> tuple[str, ...]:
    """Return the columns that tell two scores apart.

    Parameters
    ----------
    timed : bool
        Whether every hand-over has a time; else a lead has one score of each model.
    """
    return ("lead_id", "handed_over_at", "model_version") if timed else ("lead_id", "model_version")


def score_schema() -> pa.Schema:
    """Return the columns of scores; texts other than the lead's id may come as dictionaries."""
    import pyarrow as pa

    types = {
        TEXT: pa.string(),
        DECIMAL: pa.float64(),
        WHOLE: pa.int16(),
        TIME: pa.timestamp("us"),
    }
    return pa.schema([(name, types[kind]) for name, kind in COLUMNS.items()])


def empty_scores() -> pa.Table:
    """Return a table of scores without rows."""
    return score_schema().empty_table()


def conform(table: pa.Table, *, timed: bool) -> pa.Table:
    """Return scores with the columns and types of `score_schema`, text as plain text.

    Raises
    ------
    DestinationError
        When text is not Unicode, or a part of the key is missing.
    """
    schema = score_schema()
    plain = table.select(schema.names).cast(schema)
    check_unicode(plain)
    for name in key_columns(timed=timed):
        if missing := plain[name].null_count:
            raise DestinationError(
                f"{missing:,} scores have no {name}, by which a table tells them apart",
                next_step="Give it to every lead, or write to a file; nothing was changed",
            )
    return plain


def check_unicode(table: pa.Table) -> None:
    """Refuse text that is not UTF-8, as what Arrow was given without a look may be.

    Raises
    ------
    DestinationError
    """
    import pyarrow as pa

    try:
        table.validate(full=True)
    except pa.ArrowInvalid as error:
        raise DestinationError(
            "a text of the scores is not Unicode",
            got=str(error).partition("\n")[0],
            next_step="Write the leads anew as UTF-8; nothing was changed",
        ) from error
