"""Change sentences: why a score is another than at the last scoring, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from features.language import Language
from features.language import translatable as _
from features.matrix.feature_table import MISSING_CODE, FeatureTable
from features.text import printable
from features.units import DAY
from models.arrays import Floats
from models.reasons.acceptance_by_value import Statistics
from models.reasons.score_change import (
    ScoreChange,
    TopicLogOdds,
    explain_change,
    round_parts,
)
from models.reasons.sentences import SentenceWriter, capitalise, label_of
from models.reasons.topics import Topics, group_topics
from models.reasons.wording import WORDINGS

MOST_OF_LEAD, MOST_OF_MODEL = 3, 2
"""So many topics are named on each side; the rest stands together at the end."""

LEAST_POINTS = 1.0
"""Points below which a part is not named by itself."""

_SAME_EVENT = np.timedelta64(60, "s")
"""Days are stored as numbers with decimals: the same event may seem a little later."""

WHOLE = _("{score}, was {before}: {parts}")
BARE = _("{score}, was {before}")
PART = _("{what} ({points})")
ON_A_DAY = _("{activity} on {day} ({points})")
BECAME = _("{what}, was {value} ({points})")
HIGHER = _("the model now rates higher: {what} ({points})")
LOWER = _("the model now rates lower: {what} ({points})")
NO_LONGER = _("the model no longer looks at: {what} ({points})")
MORE = _("sales accepts more leads than before ({points})")
FEWER = _("sales accepts fewer leads than before ({points})")
REST = _("smaller changes together ({points})")
UNKNOWN = _(
    "The score before is of model {version}, which can no longer be read: what changed is not known"
)


@dataclass(frozen=True)
class ModelSide:
    """One of the two models, as far as the change of a score needs it.

    Attributes
    ----------
    table : FeatureTable
    statistics : Statistics
    slope, shift : float
        Of its calibration.
    """

    table: FeatureTable
    statistics: Statistics
    slope: float
    shift: float


@dataclass(frozen=True)
class Explained:
    """Some leads as one model sees them.

    Attributes
    ----------
    matrix : ndarray of shape (n_leads, n_features)
        Encoded.
    contributions : ndarray of shape (n_leads, n_features + 1)
        Shapley values in log-odds, base last.
    handed_over_at : ndarray of datetime64, shape (n_leads,), or None
        From which days are counted back; NaT or None where that is not known.
    """

    matrix: Floats
    contributions: Floats
    handed_over_at: np.ndarray | None = None

    def find_day(self, row: int, days: float) -> np.datetime64:
        """Return the moment so many days before a lead's hand-over; NaT where it is not known."""
        if self.handed_over_at is None or days != days:
            return np.datetime64("NaT")
        seconds = np.timedelta64(round(days * DAY), "s")
        return np.datetime64(self.handed_over_at[row] - seconds)


class ChangeWriter:
    """Writes why scores changed, between an old model and a new one.

    Parameters
    ----------
    old, new : ModelSide
        May be the same.
    language : Language

    Notes
    -----
    A topic is named as the lead's doing only where one of its values is another than before. What
    the change of a value does to the Shapley values of others stands in the rest, and so does what
    is too small to be named. Rounded to whole points, the parts that are shown add up to the
    difference of the scores that are shown.
    """

    def __init__(self, old: ModelSide, new: ModelSide, language: Language) -> None:
        self._old, self._new, self._language = old, new, language
        self._before = _ValueWriter(old, language)
        self._after = self._before if old is new else _ValueWriter(new, language)

    def write(
        self,
        old: Explained,
        moved: Explained,
        new: Explained,
        *,
        before: np.ndarray,
        after: np.ndarray,
    ) -> list[str]:
        """Return a text for each lead, made from the same as `list_parts`."""
        parts = self.list_parts(old, moved, new, before=before, after=after)
        return [
            write_change(self._language, score, was, said)
            for score, was, said in zip(after.tolist(), before.tolist(), parts, strict=True)
        ]

    def list_parts(
        self,
        old: Explained,
        moved: Explained,
        new: Explained,
        *,
        before: np.ndarray,
        after: np.ndarray,
    ) -> list[tuple[str, ...]]:
        """Return the parts of each lead's change, such as "Demo request on May 28 (+11)".

        Parameters
        ----------
        old : Explained
            The old model on the records of then.
        moved : Explained
            The old model on the records of now.
        new : Explained
            The new model on the records of now.
        before, after : ndarray of int, shape (n_leads,)
            The scores as they are shown.
        """
        change = explain_change(
            sum_topics(self._old, self._before.topics, old.contributions),
            sum_topics(self._old, self._before.topics, moved.contributions),
            sum_topics(self._new, self._after.topics, new.contributions),
        )
        points = _Points(*change.points())
        candidates = _Candidates(self._before, self._after, change, old, moved, new)
        lines = []
        for row, (was, is_now) in enumerate(zip(before.tolist(), after.tolist(), strict=True)):
            parts = list(self._name_parts(row, candidates, points))
            total = points.total(row)
            exact = [amount for amount, _say in parts]
            *shown, rest = round_parts([*exact, total - sum(exact)], is_now - was).tolist()
            said = [say(f"{n:+d}") for n, (_amount, say) in zip(shown, parts, strict=True) if n]
            if rest:
                said.append(self._language.text(REST, points=f"{rest:+d}"))
            lines.append(tuple(said))
        return lines

    def _name_parts(
        self, row: int, candidates: _Candidates, points: _Points
    ) -> Iterator[tuple[float, Callable[[str], str]]]:
        """Give the parts of a lead that are named: points, and what says them."""
        by_lead = np.where(candidates.acted[row], points.lead[row], 0.0)
        for topic in _choose(by_lead, MOST_OF_LEAD):
            yield float(by_lead[topic]), candidates.say_lead(row, topic)
        for topic in _choose(points.model[row], MOST_OF_MODEL):
            amount = float(points.model[row, topic])
            yield amount, candidates.say_model(row, topic, higher=amount > 0)
        amount = float(points.calibration[row])
        if abs(amount) >= LEAST_POINTS:
            yield amount, _fill(self._language, MORE if amount > 0 else FEWER)


def write_change(language: Language, score: int, before: int, parts: Sequence[str]) -> str:
    """Return a change of score in one line: "72, was 58: ..."."""
    if not parts:
        return language.text(BARE, score=str(score), before=str(before))
    return language.text(WHOLE, score=str(score), before=str(before), parts="; ".join(parts))


def sum_topics(side: ModelSide, topics: Topics, contributions: Floats) -> TopicLogOdds:
    """Return what each topic of a model adds to the log-odds of leads.

    Parameters
    ----------
    side : ModelSide
    topics : Topics
        Of its table.
    contributions : ndarray of shape (n_leads, n_features + 1)
        In log-odds, base last, the same for every lead.
    """
    values = np.empty((len(contributions), len(topics.names)))
    for topic, members in enumerate(topics.members):
        values[:, topic] = contributions[:, list(members)].sum(axis=1)
    base = float(contributions[0, -1]) if len(contributions) else 0.0
    return TopicLogOdds(topics.names, values, base, side.slope, side.shift)


@dataclass(frozen=True)
class _Points:
    """The parts of each change in points of the score."""

    lead: Floats
    model: Floats
    calibration: Floats

    def total(self, row: int) -> float:
        return float(self.lead[row].sum() + self.model[row].sum() + self.calibration[row])


class _ValueWriter:
    """Puts the values of one model's features into words, each once."""

    def __init__(self, side: ModelSide, language: Language) -> None:
        self.table, self.language, self.slope = side.table, language, side.slope
        self.topics = group_topics(side.table)
        self.members = dict(zip(self.topics.names, self.topics.members, strict=True))
        self._sentences = SentenceWriter(side.table, side.statistics, language)
        self._made: dict[tuple[int, float], str] = {}

    def describe(self, position: int, code: float) -> str:
        """Return the start of a sentence about an encoded value."""
        key = (position, -1.0 if code != code else code)
        if key not in self._made:
            feature = self.table.features[position]
            self._made[key] = self._sentences.describe(feature, self.decode(position, code))
        return self._made[key]

    def show(self, position: int, code: float) -> str:
        """Return an encoded value by itself; empty where it is missing."""
        return self._sentences.show(self.table.features[position], self.decode(position, code))

    def label(self, position: int) -> str:
        """Return the name of a feature."""
        return label_of(self.table.features[position], self.language)

    def decode(self, position: int, code: float) -> str | float | None:
        """Return the value that stands behind a code; a rare level is only known to be one."""
        feature = self.table.features[position]
        if feature.form == "number":
            return code
        return None if code == MISSING_CODE else self.table.levels[feature.name][int(code)]


class _Candidates:
    """The topics of both models, and what can be said about each lead's."""

    def __init__(
        self,
        before: _ValueWriter,
        after: _ValueWriter,
        change: ScoreChange,
        old: Explained,
        moved: Explained,
        new: Explained,
    ) -> None:
        self._before, self._after = before, after
        self._names = change.names
        self._old, self._moved, self._new = old, moved, new
        self._differs = ~(
            (old.matrix == moved.matrix) | (np.isnan(old.matrix) & np.isnan(moved.matrix))
        )
        self.acted = np.zeros(change.lead.shape, dtype=bool)
        for column, name in enumerate(change.names):
            if name in before.members:
                self.acted[:, column] = self._differs[:, list(before.members[name])].any(axis=1)

    def say_lead(self, row: int, topic: int) -> Callable[[str], str]:
        """Return what says that a value of the lead became another."""
        writer = self._before
        members = [m for m in writer.members[self._names[topic]] if self._differs[row, m]]
        for member in members:
            if said := self._say_day(row, member):
                return said
        moved = self._moved.contributions[row] - self._old.contributions[row]
        sign = np.sign(moved[list(writer.members[self._names[topic]])].sum()) or 1.0
        position = max(members, key=lambda member: sign * moved[member])
        is_now, was = self._moved.matrix[row, position], self._old.matrix[row, position]
        what, value = writer.describe(position, is_now), writer.show(position, was)
        yes_or_no = WORDINGS[writer.table.features[position].recipe].no is not None
        if yes_or_no or not value or value == writer.show(position, is_now):
            return _fill(writer.language, PART, what=what)
        return _fill(writer.language, BECAME, what=what, value=printable(value))

    def _say_day(self, row: int, position: int) -> Callable[[str], str] | None:
        """Return what says on which day the lead did something that was not known before."""
        feature, language = self._before.table.features[position], self._before.language
        if feature.recipe != "activity_recency":
            return None
        was = self._old.find_day(row, self._old.matrix[row, position])
        day = self._moved.find_day(row, self._moved.matrix[row, position])
        if np.isnat(day) or day <= was + _SAME_EVENT:
            return None
        activity = capitalise(printable(str(feature.label.values["activity"])))
        shown = language.date(day.astype("datetime64[D]").astype(object))
        return _fill(language, ON_A_DAY, activity=activity, day=shown)

    def say_model(self, row: int, topic: int, *, higher: bool) -> Callable[[str], str]:
        """Return what says that the model thinks otherwise of a value."""
        before, after, name = self._before, self._after, self._names[topic]
        if name not in after.members:
            return _fill(before.language, NO_LONGER, what=before.label(before.members[name][0]))
        gained = after.slope * self._new.contributions[row]
        place = {feature.name: i for i, feature in enumerate(before.table.features)}

        def rise(position: int) -> float:
            old = place.get(after.table.features[position].name)
            was = 0.0 if old is None else before.slope * self._moved.contributions[row, old]
            return float(gained[position] - was)

        position = max(after.members[name], key=rise if higher else lambda p: -rise(p))
        what = after.describe(position, self._new.matrix[row, position])
        return _fill(after.language, HIGHER if higher else LOWER, what=what)


def _fill(language: Language, text: str, **gaps: str) -> Callable[[str], str]:
    """Return a sentence as a function of the points that it ends in."""
    return lambda points: language.text(text, **gaps, points=points)


def _choose(amounts: Floats, most: int) -> list[int]:
    """Return the places of the largest amounts, largest first."""
    order = np.argsort(-np.abs(amounts), kind="stable")[:most]
    return [int(place) for place in order if abs(amounts[place]) >= LEAST_POINTS]
