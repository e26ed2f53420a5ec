"""Matching of decisions to hand-overs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from features.settings.fields import to_value_text
from features.settings.schema import DecisionSettings

ANSWERS = ("accepted", "rejected", "recycled")
ANSWER_KEYS = ("column", "closed", "converted")
"""Keys of the settings whose columns say together what was decided."""

_DECIMAL_WHOLE = re.compile(r"-?\d+\.0")


def translate_values(values: pd.Series, decision: DecisionSettings) -> tuple[pd.Series, pd.Series]:
    """Translate the CRM's decision values.

    Parameters
    ----------
    values : Series
        As the table holds them; missing means undecided.
    decision : DecisionSettings
        The lists `accepted`, `rejected`, `recycled`, `undecided`, and `others`.

    Returns
    -------
    answer : Series of object
        "accepted", "rejected", "recycled" or missing.
    unknown : Series of object
        The value as text where no list names it; missing elsewhere.
    """
    text = values.map(_value_text, na_action="ignore").astype(object)
    meaning = {
        _value_text(value).casefold(): answer
        for answer in ANSWERS
        for value in _values_of(decision, answer)
    }
    known = set(meaning) | {_value_text(value).casefold() for value in decision.undecided}
    folded = text.map(lambda value: value.casefold(), na_action="ignore")
    answer = folded.map(meaning).astype(object)
    unknown = text.where(text.notna() & ~folded.isin(known), None)
    return answer.where(answer.notna(), None), unknown


def keep_closed(
    values: pd.Series, closed: pd.Series | None, decision: DecisionSettings
) -> pd.Series:
    """Return the decision values of closed records, missing for those that are still open.

    Parameters
    ----------
    values : Series
        As the table holds them.
    closed : Series or None
        The column that says whether a record is closed; None where the settings name none.
    decision : DecisionSettings
        `closed_values` are those of a closed record, without any every value is; any other, and
        no entry, means that it is open. Where a list of the settings holds "", no entry in
        `values` is an answer too: the box that was not ticked.
    """
    if closed is None:
        return values
    listed = decision.closed_values
    is_closed = is_among(closed, listed) if listed else closed.notna()
    if any("" in _values_of(decision, answer) for answer in ANSWERS):
        values = values.astype(object).where(values.notna(), "")
    return values.where(is_closed)


def read_answers(
    frame: pd.DataFrame, found: Mapping[str, str], decision: DecisionSettings
) -> tuple[pd.Series, pd.Series]:
    """Read what sales decided from the columns that say it together.

    Parameters
    ----------
    frame : DataFrame
        As the table holds them.
    found : mapping of str to str
        Column by key of the settings: "column", perhaps "closed" and "converted".
    decision : DecisionSettings
        `converted_values` are those of a record that sales took over, whatever `column` says of
        it; without any, every value is.

    Returns
    -------
    answer, unknown : Series of object
        As `translate_values` returns them.
    """
    closed = frame[found["closed"]] if "closed" in found else None
    answer, unknown = translate_values(
        keep_closed(frame[found["column"]], closed, decision), decision
    )
    if "converted" not in found:
        return answer, unknown
    converted = frame[found["converted"]]
    taken = converted.notna()
    if decision.converted_values:
        taken = is_among(converted, decision.converted_values)
    return answer.mask(taken, "accepted"), unknown.mask(taken, None)


def is_among(values: pd.Series, listed: Sequence[str]) -> pd.Series:
    """Mark the values that a list of the settings names, in any case.

    Parameters
    ----------
    values : Series
        As the table holds them.
    listed : sequence of str
    """
    known = {_value_text(value).casefold() for value in listed}
    text = values.map(_value_text, na_action="ignore").astype(object)
    return text.map(lambda value: value.casefold(), na_action="ignore").isin(known)


def match_decisions(
    episodes: pd.DataFrame, decisions: pd.DataFrame, *, timed: bool
) -> pd.DataFrame:
    """Give every hand-over its first decision, from a table of decisions.

    A decision belongs to the latest hand-over of its lead at or before it. One without a date
    belongs to its lead's hand-over if there is only one. Of decisions of the same moment the one
    that stands first in its table counts.

    Parameters
    ----------
    episodes : DataFrame
        ``lead_id``, ``handed_over_at``, ``sequence``; any index.
    decisions : DataFrame
        ``lead_id``, ``decided_at``, ``decision``, ``reason``, ``rep``; undecided rows left out.
    timed : bool
        False where hand-overs have no times: then the first decision of a lead counts, for its
        first hand-over by ``sequence``.

    Returns
    -------
    DataFrame
        Indexed like `episodes`: ``decision``, ``decided_at``, ``reason``, ``rep`` and ``early``,
        which marks a lead whose only decision is dated before it was ever handed over.
    """
    left = episodes[["lead_id", "handed_over_at"]].assign(episode=np.arange(len(episodes)))
    left = left.dropna(subset=["lead_id"])
    rows = decisions.dropna(subset=["lead_id"])
    rows = rows.assign(order=np.arange(len(rows)))
    matched = _match_dated(left, rows) if timed else left.iloc[:0]
    single = _only_episodes(left) if timed else _first_episodes(left, episodes["sequence"])
    undated = rows[rows["decided_at"].isna()] if timed else rows
    matched = pd.concat([matched, undated.merge(single[["lead_id", "episode"]], on="lead_id")])
    first = matched.sort_values(["decided_at", "order"], kind="stable").drop_duplicates("episode")
    columns = ["decision", "decided_at", "reason", "rep"]
    result = first.set_index("episode").reindex(np.arange(len(episodes)))[columns]
    result["early"] = _early(left, rows, result) if timed else False
    result.index = episodes.index
    return result


def end_of_day(times: pd.Series) -> pd.Series:
    """Return the latest moment each time can stand for.

    Parameters
    ----------
    times : Series of datetime64
        Midnight means a date without a time of day; missing stays missing.

    Returns
    -------
    Series of datetime64
        The last microsecond of the day for dates; other times as they are.
    """
    # Told row by row, so that no other row can change what a date stands for.
    last = times + (pd.Timedelta(days=1) - pd.Timedelta(microseconds=1))
    return times.where(times != times.dt.normalize(), last)


def sort_by_decision(episodes: pd.DataFrame) -> pd.DataFrame:
    """Return the hand-overs, those decided first in front and undecided ones last.

    Of several copies of a hand-over the first in this order is the one to keep.

    Parameters
    ----------
    episodes : DataFrame
        ``decision``, ``decided_at``.
    """
    decided = episodes["decision"].notna()
    keys = pd.DataFrame({"open": ~decided, "at": episodes["decided_at"].where(decided)})
    keys = keys.set_axis(range(len(keys))).sort_values(["open", "at"], kind="stable")
    return episodes.iloc[keys.index.to_numpy()]


def _value_text(value: object) -> str:
    if isinstance(value, np.generic):
        value = value.item()
    text = str(to_value_text(value)).strip()
    # Whole numbers with a gap among them are kept as decimals by many tools: 1 becomes "1.0".
    return text.removesuffix(".0") if _DECIMAL_WHOLE.fullmatch(text) else text


def _values_of(decision: DecisionSettings, answer: str) -> Iterable[str]:
    values: tuple[str, ...] = getattr(decision, answer)
    return values


def _match_dated(left: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    dated = rows.dropna(subset=["decided_at"]).copy()
    # A decision dated by the day alone came after a hand-over of that day, not before it.
    dated["until"] = end_of_day(dated["decided_at"])
    hand_overs = left.dropna(subset=["handed_over_at"]).drop_duplicates(
        ["lead_id", "handed_over_at"]
    )
    return pd.merge_asof(
        dated.sort_values("until", kind="stable"),
        hand_overs.sort_values("handed_over_at", kind="stable"),
        left_on="until",
        right_on="handed_over_at",
        by="lead_id",
        direction="backward",
    ).dropna(subset=["episode"])


def _only_episodes(left: pd.DataFrame) -> pd.DataFrame:
    """Return the hand-overs of leads that have one, however often it is copied."""
    distinct = left.drop_duplicates(["lead_id", "handed_over_at"])
    return distinct[~distinct["lead_id"].duplicated(keep=False)]


def _first_episodes(left: pd.DataFrame, sequence: pd.Series) -> pd.DataFrame:
    place = sequence.to_numpy()[left["episode"]]
    return left.assign(place=place).sort_values("place", kind="stable").drop_duplicates("lead_id")


def _early(left: pd.DataFrame, rows: pd.DataFrame, result: pd.DataFrame) -> np.ndarray:
    """Mark undecided hand-overs of leads whose decision is dated before their first hand-over."""
    decided = set(left.loc[result["decision"].notna().to_numpy()[left["episode"]], "lead_id"])
    answered = set(rows.dropna(subset=["decided_at"])["lead_id"]) - decided
    early = np.zeros(len(result), dtype=bool)
    early[left.loc[left["lead_id"].isin(answered), "episode"]] = True
    return early
