"""The feature matrix: planned once on training leads, computed the same way ever after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from features.columns.profile import Kind
from features.contract.tables import Tables
from features.findings import Finding
from features.matrix import activities
from features.matrix.attributes import compute_attributes, plan_attributes
from features.matrix.categories import split
from features.matrix.definitions import DOOR_FACETS, NOT_GIVEN, OTHER, Feature, hand_over_time
from features.matrix.definitions import Kind as FeatureKind
from features.matrix.history import count_history, plan_history

MIN_LEADS_OF_LEVEL = 10
MAX_LEVELS = 500
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
        Columns of leads that are not learned from, and why.
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
    def sources(self) -> tuple[str, ...]:
        """Return the columns of leads that features are made from."""
        own = (f.column for f in self.features if f.source.startswith("leads."))
        # A feature of the hand-over itself names it as the contract does, unless it is a column.
        ours = {"*"} if "handed_over_at" in self.kinds else {"*", "handed_over_at"}
        return tuple(dict.fromkeys(column for column in own if column not in ours))

    def compute(self, tables: Tables, *, earlier: pd.DataFrame | None = None) -> pd.DataFrame:
        """Compute every feature of every hand-over in the tables.

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
        index = tables.episodes.index
        behaved = self._compute_behaviour(tables, index) if self.needs("behaviour") else None
        past = None
        if self.needs("history"):
            known = tables.episodes if earlier is None else earlier
            past = count_history(tables.episodes, known, index)
        handed_over_at = tables.episodes["handed_over_at"]
        return self.arrange(tables.attributes, handed_over_at, behaved=behaved, past=past)

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

    def without_activities(self, index: pd.Index) -> pd.DataFrame:
        """Return the behaviour features where nothing is known of what leads did."""
        names = [feature.name for feature in activities.plan_behaviour(self.types)]
        return pd.DataFrame(np.nan, index=index, columns=names, dtype=object)

    def _compute_behaviour(self, tables: Tables, index: pd.Index) -> pd.DataFrame:
        if tables.activities is None:
            return self.without_activities(index)
        joined = activities.join_before(tables.episodes, tables.activities)
        return activities.count_behaviour(joined, self.types, index)


_ATTRIBUTE_RECIPES = frozenset(DOOR_FACETS) | frozenset(
    "as_is days_before words mentions completeness".split()
)


def plan_features(
    tables: Tables, training: pd.Index, *, omit: Mapping[str, str]
) -> tuple[FeatureTable, pd.DataFrame, tuple[Finding, ...]]:
    """Plan the features on the training leads, and compute them for all.

    Parameters
    ----------
    tables : Tables
    training : Index
        The hand-overs that may be learned from. Levels, words and activity types are chosen
        on these alone, so nothing newer shapes what older leads look like.
    omit : mapping of str to str
        Columns of leads that must not be learned from, and why.

    Returns
    -------
    table : FeatureTable
    values : DataFrame of shape (n_episodes, n_features)
        As `FeatureTable.compute` gives them.
    findings : tuple of Finding
        Columns that were left out, and why.
    """
    plan = plan_attributes(
        tables.attributes.loc[training],
        tables.columns,
        settings=tables.settings.features,
        omit=omit,
        timed=tables.timed,
        shown=tables.settings.leads.display,
    )
    features = list(plan.features)
    types: tuple[str, ...] = ()
    if tables.timed:
        features += hand_over_time() if _has_hours(tables, training) else hand_over_time()[:1]
        if tables.activities is not None:
            episodes = tables.episodes.loc[training]
            types = activities.choose_types(activities.join_before(episodes, tables.activities))
            features += activities.plan_behaviour(types)
        features += plan_history(tables.episodes.loc[training])
    table = FeatureTable(
        features=_unique(features),
        levels={},
        types=types,
        kinds={name: column.kind for name, column in tables.columns.items()},
        complete=_complete(plan.features),
        skipped=plan.skipped,
        order=tables.order,
        time_formats=tables.time_formats,
    )
    values = table.compute(tables)
    table = _fit_levels(table, values.loc[training])
    return table, values[table.names], plan.findings


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


def _fit_levels(table: FeatureTable, values: pd.DataFrame) -> FeatureTable:
    """Keep the levels frequent enough to learn from, and drop features that never vary."""
    levels: dict[str, tuple[str, ...]] = {}
    kept = []
    for feature in table.features:
        column = values[feature.name]
        if column.nunique(dropna=False) < 2:
            continue
        kept.append(feature)
        if feature.form == "category":
            levels[feature.name] = (NOT_GIVEN, OTHER, *list_frequent_levels(column))
    return replace(table, features=tuple(kept), levels=levels)


def list_frequent_levels(column: pd.Series) -> list[str]:
    """Return the levels frequent enough to learn from, commonest first, in their main spelling."""
    spellings = column.dropna().value_counts().rename_axis("level").reset_index(name="n")
    spellings = spellings.sort_values(["n", "level"], ascending=[False, True])
    spellings["key"] = spellings["level"].map(level_key)
    totals = spellings.groupby("key", sort=False).agg(n=("n", "sum"), level=("level", "first"))
    totals = totals.drop(index=[NOT_GIVEN, OTHER], errors="ignore")
    totals = totals[totals["n"] >= MIN_LEADS_OF_LEVEL].reset_index()
    ordered = totals.sort_values(["n", "key"], ascending=[False, True])
    return [str(level) for level in ordered["level"].head(MAX_LEVELS)]


def _hand_over_times(handed_over_at: pd.Series) -> pd.DataFrame:
    weekday = handed_over_at.dt.day_of_week.map(dict(enumerate(_WEEKDAYS))).astype(object)
    return pd.DataFrame(
        {
            "weekday of hand-over": weekday.where(weekday.notna(), None),
            "hour of hand-over": handed_over_at.dt.hour.astype(float),
        }
    )


def _has_hours(tables: Tables, training: pd.Index) -> bool:
    times = tables.episodes.loc[training, "handed_over_at"].dropna()
    return bool((times != times.dt.normalize()).any())


def _complete(features: tuple[Feature, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f.column for f in features if f.column != "*"))


def _unique(features: list[Feature]) -> tuple[Feature, ...]:
    """Rename a CRM column that happens to be called like a feature of ours."""
    taken = {feature.name for feature in features if feature.recipe != "as_is"}
    result = []
    for feature in features:
        name = feature.name
        while feature.recipe == "as_is" and name in taken:
            name += " (column)"
        taken.add(name)
        result.append(replace(feature, name=name))
    return tuple(result)
