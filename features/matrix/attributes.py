"""Attribute features: the CRM's own columns, and how each is read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.columns.categories import convert_distinct
from features.columns.kinds import Column
from features.contacts import without_contacts
from features.crm.block_lists import is_owner, roles
from features.findings import Finding
from features.matrix import personal_fields
from features.matrix.definitions import (
    DOOR_FACETS,
    Feature,
    Kind,
    attribute,
    completeness,
    days_before,
    derived,
    mentions,
    words,
)
from features.matrix.names_in_text import find_names
from features.matrix.rep_columns import find_rep_columns
from features.settings.schema import FeatureSettings
from features.units import DAY

NEARLY_ID = 0.9
FREE_TEXT = 0.5
MAX_WORDS = 12
MIN_MENTIONS = 30
LARGEST = 1e100
"""Numbers beyond it, as infinity, are no quantities: they count as missing."""

_MAX_CODES = 50

_BEHAVIOUR = re.compile(
    r"visit|page ?view|page views|time spent|session|click|open(s|ed)|download|engage|"
    r"activit|webinar|event|visita|duration|requests?\b|conversions?"
)
_CONTEXT = re.compile(
    r"source|campaign|medium|channel|origin|landing|referr|utm|keyword|hear about|advert|"
    r"form|fuente|origen|campana|canal"
)
_STOP_WORDS = frozenset(
    """an and are as at be by do for from have in is my no not of on or our the this to we with you
    al con de del el en es la las lo los me mi nos para por que se si sin su tu un una""".split()
)
_PEOPLE = ("person_name", "email")
# What a personal column may still tell, by its role.
_FACETS = {
    "email": ("domain",),
    "phone": ("present",),
    "person_name": (),
    "street": (),
    "website": ("present",),
    "company": ("looks real",),
    "job_title": ("seniority", "function"),
}


@dataclass(frozen=True)
class AttributePlan:
    """What becomes of the CRM's columns.

    Attributes
    ----------
    features : tuple of Feature
    skipped : mapping of str to str
        Columns not learned from, and why in words.
    findings : tuple of Finding
    """

    features: tuple[Feature, ...]
    skipped: Mapping[str, str]
    findings: tuple[Finding, ...]


def plan_attributes(
    attributes: pd.DataFrame,
    columns: Mapping[str, Column],
    *,
    settings: FeatureSettings,
    omit: Mapping[str, str],
    timed: bool,
    shown: Collection[str] = (),
) -> AttributePlan:
    """Decide for each column of leads what is learned from it.

    Parameters
    ----------
    attributes : DataFrame of shape (n_leads, n_columns)
        The columns as typed, of the leads that may be learned from and no others.
    columns : mapping of str to Column
        What each holds.
    settings : FeatureSettings
        `exclude`, `fit`, `behaviour`.
    omit : mapping of str to str
        Columns decided elsewhere not to be learned from (leaks), and why.
    timed : bool
        Whether hand-overs have times, without which dates cannot be counted from.
    shown : collection of str
        Columns shown in reports: their content is never learned from, only what may be
        derived from it at the personal_fields.

    Returns
    -------
    AttributePlan
    """
    role = find_roles(attributes)
    features: list[Feature] = []
    skipped = {name: "excluded by the settings" for name in settings.exclude}
    skipped |= dict(omit)
    skipped |= {n: why for n, why in find_rep_columns(attributes).items() if n not in skipped}
    findings = []
    named = [n for n in map(str, attributes) if role.get(n) in _PEOPLE or is_owner(n)]
    people = attributes[named]
    # Sorted, so that the order of the source's columns has no say in the model.
    for name in sorted(attributes.columns):
        if name in skipped:
            continue
        made, why = _plan_column(
            attributes[name], columns[name], role.get(name), _kind_of(name, settings), timed, people
        )
        if name in shown:
            made = [feature for feature in made if feature.recipe in DOOR_FACETS]
        features += made
        if why is not None:
            skipped[name] = why.message
            findings.append(why)
        elif not made:
            skipped[name] = "shown in reports or personal: it goes no further"
    if len({feature.column for feature in features}) > 2:
        features.append(completeness())
    return AttributePlan(tuple(features), skipped, tuple(findings))


def compute_attributes(
    attributes: pd.DataFrame,
    features: Sequence[Feature],
    *,
    handed_over_at: pd.Series,
    complete: Collection[str],
) -> pd.DataFrame:
    """Compute the attribute features of every lead.

    Parameters
    ----------
    attributes : DataFrame
        A column that is not there counts as missing for every lead.
    features : sequence of Feature
        Those made by `plan_attributes`.
    handed_over_at : Series of datetime64
        For the dates that are counted from; missing gives missing.
    complete : collection of str
        The columns that completeness counts.

    Returns
    -------
    DataFrame
        float64 for numbers, text or None for categories; indexed like `attributes`.
    """
    result: dict[str, pd.Series] = {}
    titles: dict[str, pd.DataFrame] = {}
    empty = pd.Series(None, index=attributes.index, dtype=object)
    for feature in features:
        values = attributes.get(feature.column, empty)
        if feature.recipe == "completeness":
            present = [name for name in complete if name in attributes]
            filled = attributes[present].notna().sum(axis=1)
            result[feature.name] = filled / max(len(complete), 1)
        elif feature.recipe in ("seniority", "function"):
            if feature.column not in titles:
                titles[feature.column] = personal_fields.classify_title(values)
            result[feature.name] = titles[feature.column][feature.recipe]
        elif feature.recipe == "days_before":
            result[feature.name] = _days_between(values, handed_over_at)
        else:
            result[feature.name] = _compute_one(feature, values)
    return pd.DataFrame(result, index=attributes.index)


def find_roles(attributes: pd.DataFrame) -> dict[str, str]:
    """Return the role of each column that has one, by its name or by what it holds."""
    found = dict(roles(list(attributes.columns)))
    for name in attributes.columns:
        values = attributes[name]
        if name in found or pd.api.types.is_datetime64_any_dtype(values):
            continue
        if personal_fields.looks_like_email(values):
            found[name] = "email"
        elif personal_fields.looks_like_phone(values):
            found[name] = "phone"
    return found


def tidy(values: pd.Series) -> pd.Series:
    """Return category values with spaces folded; numbers as their shortest text."""
    if pd.api.types.is_numeric_dtype(values):
        return convert_distinct(values, lambda value: f"{value:.15g}", missing=None)
    return convert_distinct(values, lambda value: " ".join(str(value).split()), missing=None)


def _plan_column(
    values: pd.Series,
    column: Column,
    role: str | None,
    kind: Kind,
    timed: bool,
    people: pd.DataFrame,
) -> tuple[list[Feature], Finding | None]:
    name = column.name
    known = values.dropna()
    if known.empty:
        return [], _skip(name, "empty_column", "is empty", len(values), len(values))
    if role in _FACETS:
        facets = list(_FACETS[role])
        made = [derived(name, facet) for facet in facets]
        if role == "job_title":
            names = find_names(known, people, cased=False)
            made += [mentions(name, word, "fit") for word in common_words(known, names)]
        return made, None
    if column.kind == "time":
        if not timed:
            reason = "is a date, and hand-overs have no times to count it from"
            return [], _skip(name, "date_unused", reason, len(known), len(values))
        return [days_before(name, kind="context" if role == "created_at" else kind)], None
    distinct = known.nunique()
    if distinct == 1 and len(known) == len(values):
        return [], _skip(name, "constant_column", "has one value only", len(known), len(values))
    if column.kind == "number":
        if _is_code(name, known, distinct):
            return [attribute(name, kind=kind, form="category")], None
        if _is_running_number(known, distinct):
            return [], _skip(name, "nearly_id", "is a running number", distinct, len(known))
        return [attribute(name, kind=kind, form="number")], None
    return _plan_text(name, known, distinct, kind, len(values), people)


def _plan_text(
    name: str, known: pd.Series, distinct: int, kind: Kind, total: int, people: pd.DataFrame
) -> tuple[list[Feature], Finding | None]:
    """Tell ids, free text and categories apart."""
    share = distinct / len(known)
    typical_words = count_words(known).mean()
    # Two words of their own for nearly every lead are most likely names of people.
    if share >= NEARLY_ID and typical_words < 3 and distinct > 20:
        what = "has a value of its own for nearly every lead"
        return [], _skip(name, "nearly_id", what, distinct, len(known))
    if share >= FREE_TEXT and typical_words >= 3:
        names = find_names(known, people)
        said = [mentions(name, word, kind) for word in common_words(known, names)]
        return [words(name, kind), *said], None
    return [attribute(name, kind=kind, form="category")], None


def count_words(texts: pd.Series) -> pd.Series:
    """Return how many words each text has; none where it is missing."""
    return convert_distinct(texts, lambda text: len(str(text).split()), missing=0).astype(float)


def common_words(texts: pd.Series, names: Collection[str] = ()) -> list[str]:
    """Return the words that many, but not nearly all, of the texts hold, and that are no names."""
    left_out = _STOP_WORDS | frozenset(names)
    counts: Counter[str] = Counter()
    for text, times in texts.astype(str).value_counts().items():
        for word in set(personal_fields.plain(without_contacts(str(text))).split()):
            if len(word) > 1 and not word.isdigit() and word not in left_out:
                counts[word] += int(times)
    least = max(MIN_MENTIONS, 0.02 * len(texts))
    eligible = [(n, word) for word, n in counts.items() if least <= n <= 0.8 * len(texts)]
    return [word for _, word in sorted(eligible, key=lambda pair: (-pair[0], pair[1]))[:MAX_WORDS]]


def _compute_one(feature: Feature, values: pd.Series) -> pd.Series:
    """Compute a feature that needs nothing but its column."""
    if feature.recipe == "as_is" and feature.form == "number":
        numbers = pd.to_numeric(values, errors="coerce").astype(float)
        return numbers.where(numbers.abs() <= LARGEST)
    if feature.recipe == "as_is":
        return tidy(values)
    texts = convert_distinct(values, str)
    if feature.recipe == "words":
        return count_words(texts)
    if feature.recipe == "mentions":
        word = feature.detail
        return convert_distinct(
            texts,
            lambda text: "yes" if word in personal_fields.plain(text).split() else "no",
            missing=None,
        )
    by_facet: dict[str, Callable[[pd.Series], pd.Series]] = {
        "domain": personal_fields.classify_email,
        "present": personal_fields.is_present,
        "looks real": personal_fields.looks_real,
    }
    return by_facet[feature.recipe](texts)


def _days_between(values: pd.Series, handed_over_at: pd.Series) -> pd.Series:
    """Return days from a date to hand-over; what is dated later was not known then."""
    times = pd.to_datetime(values, errors="coerce").astype("datetime64[us]")
    days = (handed_over_at - times).dt.total_seconds() / DAY
    # A hand-over dated by the day alone may come after any moment of that day.
    unknown_hour = handed_over_at == times.dt.normalize()
    return days.where(days >= 0, np.where(unknown_hour, 0.0, np.nan))


def _kind_of(name: str, settings: FeatureSettings) -> Kind:
    if name in settings.fit:
        return "fit"
    if name in settings.behaviour:
        return "behaviour"
    plain = personal_fields.plain(name.replace("_", " "))
    if _CONTEXT.search(plain):
        return "context"
    return "behaviour" if _BEHAVIOUR.search(plain) else "fit"


def _is_code(name: str, known: pd.Series, distinct: int) -> bool:
    """Tell whether a number is a code, as ``leadsourcecode`` is: its size means nothing."""
    named = re.search(r"(code|_id|Id|type)$", name) is not None
    return named and distinct <= _MAX_CODES and bool((known == known.round()).all())


def _is_running_number(known: pd.Series, distinct: int) -> bool:
    """Tell whether a number only counts the leads: all different and rising or falling."""
    if distinct < len(known) or len(known) < 100 or not (known == known.round()).all():
        return False
    rank = known.rank()
    place = pd.Series(np.arange(len(known), dtype=float), index=known.index)
    return bool(abs(rank.corr(place)) > 0.95)


def _skip(name: str, code: str, what: str, count: int, total: int) -> Finding:
    return Finding(
        code=code,
        severity="note",
        message=f'"{name}" {what} and is not learned from',
        column=name,
        count=int(count),
        total=int(total),
    )
