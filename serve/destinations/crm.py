"""CRM import files of Salesforce, HubSpot and Dynamics 365: names, types and limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from features.settings.schema import BandSettings
from features.text import fit_lines, fit_text, is_long

if TYPE_CHECKING:
    import pyarrow as pa

REASONS, AGAINST = "reasons", "against"
BOTH, BAND, RECORD_TYPE, TREND = "both", "band", "record_type", "trend"
MAX_REASON_TEXT, MAX_PANEL_TEXT, MAX_NAME = 4_000, 10_000, 64
PANEL_GRADES = ("Grade A", "Grade B", "Grade C", "Grade D")
"""Of hot, warm, cool and cold leads in the panel of Dynamics 365."""
NO_TREND = "Not enough info"
UP, DOWN = "\u25b2 ", "\u25bc "
NOTHING = "\u2014"
"""What stands for no reasons: an import leaves a field as it was where a cell is empty."""

CUT = "texts longer than their field, cut at the end of a sentence where there is one"
STRANGE_ID = "lead ids that do not look like a record id of this CRM"


@dataclass(frozen=True)
class CrmField:
    """One column of an import file.

    Attributes
    ----------
    name : str
        Its header: the field's name as the import tool knows it.
    column : str
        The column of the scores; `REASONS` and `AGAINST` are all sentences of one side, `BOTH`
        those of both.
    kind : str
        As what it has to be made in the CRM; empty for what is there.
    size : int or None
        The characters that fit, as the CRMs count them: units of UTF-16.
    """

    name: str
    column: str
    kind: str
    size: int | None = None


@dataclass(frozen=True)
class CrmFormat:
    """An import file of one CRM.

    Attributes
    ----------
    name : str
    fields : tuple of CrmField
    endings : tuple of str
        The kinds of file that the tool takes.
    id_shape : str
        What a record id looks like.
    time_format : str
    max_bytes, max_rows : int or None
        What one file may hold; more go to further files.
    bands : BandSettings
        The limits of hot, warm and cool leads.
    """

    name: str
    fields: tuple[CrmField, ...]
    endings: tuple[str, ...]
    id_shape: str
    time_format: str
    max_bytes: int | None = None
    max_rows: int | None = None
    bands: BandSettings = field(default_factory=BandSettings)


def _make_fields(names: Mapping[str, str], kinds: Mapping[str, str]) -> tuple[CrmField, ...]:
    sizes = {REASONS: MAX_REASON_TEXT, AGAINST: MAX_REASON_TEXT, "model_version": MAX_NAME}
    return tuple(
        CrmField(name, column, kinds.get(column, ""), sizes.get(column))
        for column, name in names.items()
    )


_TITLES = {
    "score": "Leadaccord Score",
    "grade": "Leadaccord Grade",
    "probability": "Leadaccord Probability",
    "probability_low": "Leadaccord Probability Low",
    "probability_high": "Leadaccord Probability High",
    REASONS: "Leadaccord Reasons For",
    AGAINST: "Leadaccord Reasons Against",
    "model_version": "Leadaccord Model",
    "scored_at": "Leadaccord Scored At",
}

CRM_FORMATS: Mapping[str, CrmFormat] = {
    "salesforce": CrmFormat(
        "salesforce",
        _make_fields(
            {"lead_id": "Id"}
            | {column: f"{title.replace(' ', '_')}__c" for column, title in _TITLES.items()},
            {
                "score": "Number(3, 0)",
                "grade": "Text(2)",
                **dict.fromkeys(
                    ("probability", "probability_low", "probability_high"), "Number(1, 6)"
                ),
                REASONS: f"Long Text Area({MAX_REASON_TEXT})",
                AGAINST: f"Long Text Area({MAX_REASON_TEXT})",
                "model_version": f"Text({MAX_NAME})",
                "scored_at": "Date/Time",
            },
        ),
        endings=(".csv",),
        id_shape=r"^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$",
        time_format="%Y-%m-%dT%H:%M:%S.000Z",
        max_bytes=100_000_000,
    ),
    "hubspot": CrmFormat(
        "hubspot",
        _make_fields(
            {"lead_id": "Record ID", **_TITLES},
            {
                **dict.fromkeys(
                    ("score", "probability", "probability_low", "probability_high"), "Number"
                ),
                "grade": "Single-line text",
                REASONS: "Multi-line text",
                AGAINST: "Multi-line text",
                "model_version": "Single-line text",
                "scored_at": "Date picker",
            },
        ),
        endings=(".csv", ".xlsx"),
        id_shape=r"^[0-9]+$",
        time_format="%Y-%m-%d",
        max_bytes=512_000_000,
        max_rows=1_048_575,
    ),
    "dynamics": CrmFormat(
        "dynamics",
        _make_fields(
            {"lead_id": "Lead", **_TITLES},
            {
                "score": "Whole number",
                "grade": "Single line of text, 2",
                **dict.fromkeys(
                    ("probability", "probability_low", "probability_high"),
                    "Decimal number, 6 places",
                ),
                REASONS: f"Multiple lines of text, {MAX_REASON_TEXT}",
                AGAINST: f"Multiple lines of text, {MAX_REASON_TEXT}",
                "model_version": f"Single line of text, {MAX_NAME}",
                "scored_at": "Single line of text, 20",
            },
        ),
        endings=(".csv",),
        id_shape=r"^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
        time_format="%Y-%m-%dT%H:%M:%SZ",
        max_bytes=8_000_000,
    ),
    "dynamics-scores": CrmFormat(
        "dynamics-scores",
        (
            CrmField("Entity ID", "lead_id", ""),
            CrmField("Entity type", RECORD_TYPE, ""),
            CrmField("Score", "score", ""),
            CrmField("Grade", BAND, ""),
            CrmField("Score trend", TREND, ""),
            CrmField("Score reasons", BOTH, "", MAX_PANEL_TEXT),
            CrmField("Scored on", "scored_at", ""),
        ),
        endings=(".csv",),
        id_shape=r"^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
        time_format="%Y-%m-%d",
        max_bytes=8_000_000,
    ),
}
"""By the name given to --format; the sources of the limits stand in docs/operating.md."""


def arrange(table: pa.Table, crm: CrmFormat) -> tuple[pa.Table, Counter[str]]:
    """Return scores as a CRM imports them, and what had to be done for them to fit.

    Parameters
    ----------
    table : Table
    crm : CrmFormat

    Returns
    -------
    Table
        The columns of `crm`, times as text.
    Counter of str
        Cells by what was done to them.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    warnings: Counter[str] = Counter()
    columns = []
    for part in crm.fields:
        column = _make_column(table, part.column, crm.bands)
        if pa.types.is_timestamp(column.type):
            column = pc.strftime(column.cast(pa.timestamp("s"), safe=False), crm.time_format)
        if part.size is not None:
            column = _fit(column, part, warnings)
        columns.append(column)
    strange = pc.invert(pc.match_substring_regex(columns[0], crm.id_shape))
    warnings[STRANGE_ID] += pc.sum(strange).as_py() or 0
    return pa.table(columns, names=[field.name for field in crm.fields]), +warnings


def _make_column(table: pa.Table, column: str, bands: BandSettings) -> pa.Array:
    """Return what a field holds, which may be made of several columns of the scores."""
    import pyarrow as pa

    from models.reasons.bands import find_bands

    if column in (REASONS, AGAINST):
        return _join_sentences(table, {"reason" if column == REASONS else AGAINST: ""})
    if column == BOTH:
        return _join_sentences(table, {"reason": UP, AGAINST: DOWN})
    if column == BAND:
        return pa.array(PANEL_GRADES).take(find_bands(table["score"].to_numpy(), bands))
    if column in (RECORD_TYPE, TREND):
        # A file does not know the score before; what is sent to the CRM itself does.
        return pa.repeat("lead" if column == RECORD_TYPE else NO_TREND, table.num_rows)
    return table[column].combine_chunks()


def _join_sentences(table: pa.Table, marks: Mapping[str, str]) -> pa.Array:
    """Return the sentences of these sides, each on a line of its own after its side's mark."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from models.reasons.topics import MAX_REASONS

    sides = [
        pc.binary_join_element_wise(
            mark, table[f"{prefix}_{place + 1}"].cast(pa.string()).combine_chunks(), ""
        )
        for prefix, mark in marks.items()
        for place in range(MAX_REASONS)
    ]
    # Arrow loses rows in which there is nothing to join, so each begins with an empty line.
    lines = pc.binary_join_element_wise("", *sides, "\n", null_handling="skip")
    lines = pc.utf8_slice_codeunits(lines, 1)
    return pc.if_else(pc.equal(lines, ""), NOTHING, lines)


def _fit(texts: pa.Array, field: CrmField, warnings: Counter[str]) -> pa.Array:
    """Return texts that fit a field, with room for an apostrophe that makes them safe."""
    import pyarrow as pa

    size = (field.size or 0) - 1
    texts = texts.cast(pa.string())
    if not is_long(texts, size):
        return texts
    shorten = fit_lines if field.column in (REASONS, AGAINST, BOTH) else fit_text
    before = texts.to_pylist()
    after = [text if text is None else shorten(text, size) for text in before]
    warnings[CUT] += sum(old != new for old, new in zip(before, after, strict=True))
    return pa.array(after, pa.string())
