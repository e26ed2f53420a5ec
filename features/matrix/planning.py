"""The plan of features, made once on training leads: columns, levels and activity types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pandas as pd

from features.contacts import holds_contact
from features.contract.partition import to_arrow
from features.contract.tables import Tables
from features.findings import Finding
from features.matrix.activities import choose_types, plan_behaviour
from features.matrix.attributes import plan_attributes
from features.matrix.definitions import NOT_GIVEN, OTHER, TYPE, Feature, hand_over_time
from features.matrix.feature_table import FeatureTable, level_key
from features.matrix.history import plan_history

MIN_LEADS_OF_LEVEL = 10
MAX_LEVELS = 500


def plan_features(
    tables: Tables, training: pd.Index, *, omit: Mapping[str, str], behaviour: bool = True
) -> tuple[FeatureTable, pd.DataFrame, tuple[Finding, ...]]:
    """Plan the features on the training leads, and compute them for all.

    Parameters
    ----------
    tables : Tables
    training : Index
        The hand-overs that may be learned from. Levels, words and activity types are chosen
        on these alone, so nothing newer shapes what older leads look like.
    omit : mapping of str to str
        Columns of leads that must not be learned from, and why; types of activity after `TYPE`.
    behaviour : bool
        Whether activities are counted.

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
        omit={name: why for name, why in omit.items() if not name.startswith(TYPE)},
        timed=tables.timed,
        shown=tables.settings.leads.shown,
    )
    features, skipped = list(plan.features), dict(plan.skipped)
    types: tuple[str, ...] = ()
    if tables.timed:
        features += hand_over_time() if _has_hours(tables, training) else hand_over_time()[:1]
        if behaviour and tables.activities is not None:
            hand_overs = to_arrow(tables.episodes.loc[training, ["lead_id", "handed_over_at"]])
            left_out = _leave_out_types(tables, omit)
            skipped |= left_out
            ignored = [name.removeprefix(TYPE) for name in left_out]
            types = choose_types(hand_overs, tables.activities, ignored=ignored)
            features += plan_behaviour(types)
        features += plan_history(tables.episodes.loc[training])
    table = FeatureTable(
        features=_unique(features),
        levels={},
        types=types,
        kinds={name: column.kind for name, column in tables.columns.items()},
        complete=_complete(plan.features),
        skipped=skipped,
        order=tables.order,
        time_formats=tables.time_formats,
    )
    values = _compute_once(table, tables)
    table = _fit_levels(table, values.loc[training])
    hidden = _note_contacts(table, values.loc[training])
    return table, values[table.names], (*plan.findings, *hidden)


def _compute_once(table: FeatureTable, tables: Tables) -> pd.DataFrame:
    """Compute the features that no earlier plan on the same tables has computed.

    Guards, judged model, refit and challenger plan nearly the same ones.
    """
    keys = {feature.name: _key(feature, table) for feature in table.features}
    new = tuple(one for one in table.features if keys[one.name] not in tables.computed)
    if new:
        values = replace(table, features=new).compute(tables)
        tables.computed.update((keys[one.name], values[one.name]) for one in new)
    columns = {name: tables.computed[key] for name, key in keys.items()}
    return pd.DataFrame(columns, index=tables.episodes.index)


def _key(feature: Feature, table: FeatureTable) -> tuple[object, ...]:
    """Return what the values of a feature depend on, beside the tables."""
    own = (feature.name, feature.kind, feature.form, feature.source, feature.recipe, feature.detail)
    if feature.recipe == "completeness":
        return (*own, table.complete)
    return (*own, table.types, table.ignored) if feature.kind == "behaviour" else own


def _leave_out_types(tables: Tables, omit: Mapping[str, str]) -> dict[str, str]:
    """Return the activity types that do not count, after `TYPE`, and why."""
    excluded = [name for name in tables.settings.features.exclude if name not in tables.columns]
    found = {TYPE + name: "excluded by the settings" for name in excluded}
    return found | {name: why for name, why in omit.items() if name.startswith(TYPE)}


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


def _note_contacts(table: FeatureTable, values: pd.DataFrame) -> Iterator[Finding]:
    """Say of which categories values are not kept, as they hold a way to reach somebody."""
    for feature in table.features:
        if feature.form != "category":
            continue
        counts = values[feature.name].dropna().value_counts()
        held = counts[[holds_contact(str(level)) for level in counts.index]]
        if n := int(held.sum()):
            yield Finding(
                code="contact_dropped",
                severity="note",
                message=f'"{feature.column}" holds e-mail addresses or telephone numbers; those '
                "values are not learned from, and count as seldom seen",
                next_step="Exclude the column under [features] if it is about people",
                column=feature.column,
                count=n,
                total=len(values),
            )


def list_frequent_levels(column: pd.Series) -> list[str]:
    """Return the levels frequent enough to learn from, commonest first, in their main spelling.

    None with an e-mail address or a telephone number: levels are kept with the model and shown.
    """
    spellings = Counter(column.dropna().tolist())
    totals: Counter[str] = Counter()
    main: dict[str, object] = {}
    for level, n in sorted(spellings.items(), key=lambda item: (-item[1], item[0])):
        totals[level_key(level)] += n
        main.setdefault(level_key(level), level)
    kept = [
        (-n, key)
        for key, n in totals.items()
        if n >= MIN_LEADS_OF_LEVEL
        and key not in (NOT_GIVEN, OTHER)
        and not holds_contact(str(main[key]))
    ]
    return [str(main[key]) for _, key in sorted(kept)[:MAX_LEVELS]]


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
