"""The feature table: which features there are, and how any leads' are computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from features.columns.arrow import to_frame
from features.columns.categories import split, without_categories
from features.columns.kinds import Kind
from features.contract.partition import Partition, cut, to_arrow
from features.contract.tables import Tables
from features.matrix.activities import count_behaviour, plan_behaviour
from features.matrix.attributes import compute_attributes
from features.matrix.definitions import DOOR_FACETS, TYPE, Feature
from features.matrix.definitions import Kind as FeatureKind
from features.matrix.history import count_history

FORMAT = 2
MISSING_CODE, OTHER_CODE = 0, 1
"""Of a category: nothing entered, and a level not known from training."""

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class FeatureTable:
    """Which features there are, and how to compute them for any leads.

    Attributes
    ----------
    features : tuple of Feature
        In the order of the matrix's columns.
    levels : mapping of str to tuple of str
        For each category its levels in the order of their codes; the first two are always
        "(not given)" and "(other)".
    types : tuple of str
        Activity types with columns of their own.
    kinds : mapping of str to Kind
        How each source column of leads is read.
    complete : tuple of str
        Columns that completeness counts.
    skipped : mapping of str to str
        Columns of leads that are not learned from, and why; types of activity after `TYPE`.
    order : str
        What told older leads from newer ones in training.
    time_formats : mapping of str to str
        How columns of times were written that do not begin with the year.
    """

    features: tuple[Feature, ...]
    levels: Mapping[str, tuple[str, ...]]
    types: tuple[str, ...]
    kinds: Mapping[str, Kind]
    complete: tuple[str, ...]
    skipped: Mapping[str, str]
    order: str
    time_formats: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Return the names of the matrix's columns."""
        return [feature.name for feature in self.features]

    @property
    def categories(self) -> list[int]:
        """Return the positions of the categories among the columns."""
        return [i for i, feature in enumerate(self.features) if feature.form == "category"]

    @property
    def ignored(self) -> tuple[str, ...]:
        """Return the activity types that do not count."""
        return tuple(name.removeprefix(TYPE) for name in self.skipped if name.startswith(TYPE))

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the columns of leads that features are made from."""
        own = (f.column for f in self.features if f.source.startswith("leads."))
        # A feature of the hand-over itself names it as the contract does, unless it is a column.
        ours = {"*"} if "handed_over_at" in self.kinds else {"*", "handed_over_at"}
        return tuple(dict.fromkeys(column for column in own if column not in ours))

    def compute(self, tables: Tables, *, earlier: pd.DataFrame | None = None) -> pd.DataFrame:
        """Compute every feature of every hand-over in the tables, partition by partition.

        Parameters
        ----------
        tables : Tables
        earlier : DataFrame, optional
            Every hand-over known, with its decision, for the history features; those of
            `tables` itself if left out.

        Returns
        -------
        DataFrame of shape (n_episodes, n_features)
            float64 for numbers (NaN is missing), text for categories (None is missing).
        """
        known = None
        if self.needs("history"):
            known = tables.episodes if earlier is None else earlier
        parts = [
            without_categories(compute_features(partition, self))
            for partition in cut(tables, earlier=known, activities=self.needs("behaviour"))
        ]
        if not parts:
            nothing = Partition(
                to_arrow(tables.episodes[["lead_id", "handed_over_at"]]),
                to_arrow(tables.attributes),
            )
            parts = [without_categories(compute_features(nothing, self))]
        return pd.concat(parts).set_axis(tables.episodes.index)

    def arrange(
        self,
        attributes: pd.DataFrame,
        handed_over_at: pd.Series,
        *,
        behaved: pd.DataFrame | None,
        past: pd.DataFrame | None,
    ) -> pd.DataFrame:
        """Compute what a lead's own record tells, and put the features in their order.

        Parameters
        ----------
        attributes : DataFrame of shape (n, n_columns)
            The columns of leads; texts may be categories, and then so are the features.
        handed_over_at : Series of datetime64, shape (n,)
        behaved, past : DataFrame or None
            What was counted of activities and earlier hand-overs, where features are made of it.

        Returns
        -------
        DataFrame of shape (n, n_features)
            As `compute`.
        """
        own = [feature for feature in self.features if feature.recipe in _ATTRIBUTE_RECIPES]
        parts = [
            compute_attributes(
                attributes, own, handed_over_at=handed_over_at, complete=self.complete
            )
        ]
        # Only what was planned is taken: a column of the CRM may be called like a feature of ours.
        wanted = [f for f in self.features if f.recipe not in _ATTRIBUTE_RECIPES]
        if any(feature.kind == "context" for feature in wanted):
            parts.append(_hand_over_times(handed_over_at))
        parts += [part for part in (behaved, past) if part is not None]
        names = {feature.name for feature in wanted}
        parts[1:] = [part[[name for name in part if name in names]] for part in parts[1:]]
        return pd.concat(parts, axis=1)[self.names]

    def needs(self, kind: FeatureKind) -> bool:
        """Tell whether there are features of a kind beside those of the leads' own columns."""
        return any(f.kind == kind and f.recipe not in _ATTRIBUTE_RECIPES for f in self.features)

    def encode(self, values: pd.DataFrame) -> np.ndarray:
        """Turn computed features into the numbers the model sees.

        Parameters
        ----------
        values : DataFrame of shape (n, n_features)
            From `compute`, columns in any order.

        Returns
        -------
        ndarray of float64, shape (n, n_features)
            Categories as their code: 0 for missing, 1 for levels not known from training.

        Examples
        --------
        >>> from features.matrix.definitions import attribute
        >>> source = attribute("Source", kind="context", form="category")
        >>> levels = {"Source": ("(not given)", "(other)", "Web", "Event")}
        >>> table = FeatureTable((source,), levels, (), {}, (), {}, "time")
        >>> table.encode(pd.DataFrame({"Source": ["Web", None, "Fair", "Event"]}))[:, 0]
        array([2., 0., 1., 3.])
        """
        matrix = np.empty((len(values), len(self.features)), dtype=np.float64)
        for position, feature in enumerate(self.features):
            column = values[feature.name]
            if feature.form == "category":
                matrix[:, position] = encode_levels(column, self.levels[feature.name])
            else:
                matrix[:, position] = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return matrix

    def to_dict(self) -> dict[str, Any]:
        """Return the table as plain types."""
        return {
            "format": FORMAT,
            "features": [feature.to_dict() for feature in self.features],
            "levels": {name: list(levels) for name, levels in self.levels.items()},
            "types": list(self.types),
            "kinds": dict(self.kinds),
            "complete": list(self.complete),
            "skipped": dict(self.skipped),
            "order": self.order,
            "time_formats": dict(self.time_formats),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FeatureTable:
        """Return the table that `to_dict` wrote."""
        return cls(
            features=tuple(Feature.from_dict(entry) for entry in data["features"]),
            levels={name: tuple(levels) for name, levels in data["levels"].items()},
            types=tuple(data["types"]),
            kinds=data["kinds"],
            complete=tuple(data["complete"]),
            skipped=data["skipped"],
            order=data["order"],
            time_formats=data["time_formats"],
        )


_ATTRIBUTE_RECIPES = frozenset(DOOR_FACETS) | frozenset(
    "as_is days_before words mentions completeness".split()
)


def compute_features(partition: Partition, table: FeatureTable) -> pd.DataFrame:
    """Compute the features of a partition; the same hand-over has the same in any partition.

    Parameters
    ----------
    partition : Partition
    table : FeatureTable

    Returns
    -------
    DataFrame of shape (n, n_features)
        float64 for numbers (NaN is missing), categories of text otherwise, in the order of the
        hand-overs.

    Notes
    -----
    Reads and writes nothing, and knows no settings: it runs wherever a partition is.
    """
    index = pd.RangeIndex(partition.hand_overs.num_rows)
    keys = to_frame(partition.hand_overs, index)
    behaved = past = None
    if table.needs("behaviour"):
        behaved = _behave(partition, table)
    if table.needs("history"):
        past = _look_back(partition, index)
    attributes = to_frame(partition.attributes, index)
    return table.arrange(attributes, keys["handed_over_at"], behaved=behaved, past=past)


def _behave(partition: Partition, table: FeatureTable) -> pd.DataFrame:
    if partition.activities is not None:
        return count_behaviour(
            partition.hand_overs, partition.activities, table.types, ignored=table.ignored
        )
    # Nothing is known of any lead, which is not the same as that none did anything.
    names = [feature.name for feature in plan_behaviour(table.types)]
    size = partition.hand_overs.num_rows
    return pd.DataFrame(np.nan, index=range(size), columns=names, dtype=object)


def _look_back(partition: Partition, index: pd.RangeIndex) -> pd.DataFrame:
    wanted = partition.hand_overs.to_pandas().set_axis(index)
    earlier = partition.earlier
    if earlier is None:
        return count_history(wanted, wanted.assign(decision=None, decided_at=pd.NaT), index)
    return count_history(wanted, earlier.to_pandas(), index)


def encode_levels(column: pd.Series, levels: tuple[str, ...]) -> np.ndarray:
    """Return the code of each value: 0 missing, 1 not known, from 2 the known levels."""
    known = {level_key(level): code for code, level in enumerate(levels)}
    codes, distinct = split(column)
    # The last one is what a code of -1, which is missing, takes.
    found = [*(known.get(level_key(value), OTHER_CODE) for value in distinct), MISSING_CODE]
    return np.asarray(np.array(found, dtype=np.float64)[codes])


def level_key(value: object) -> str:
    """Return the spelling by which levels are compared: "Google" and "google" are one."""
    return str(value).casefold()


def _hand_over_times(handed_over_at: pd.Series) -> pd.DataFrame:
    weekday = handed_over_at.dt.day_of_week.map(dict(enumerate(_WEEKDAYS))).astype(object)
    return pd.DataFrame(
        {
            "weekday of hand-over": weekday.where(weekday.notna(), None),
            "hour of hand-over": handed_over_at.dt.hour.astype(float),
        }
    )
