"""Grouping fields: source, campaign, persona, country and owner, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.columns.categories import convert_distinct
from features.contract.tables import Tables
from features.crm.block_lists import is_owner, roles
from features.language import Language
from features.language import translatable as _
from features.matrix.attributes import tidy
from features.matrix.feature_table import level_key
from features.matrix.personal_fields import classify_title
from features.naming import name_column
from features.text import clean

NAMES = ("source", "campaign", "persona", "country", "owner")
_CODE = re.compile(r"(code|_id|id)$", re.IGNORECASE)
_BY_ROLE = ("source", "campaign", "country")


@dataclass(frozen=True)
class Fields:
    """What is known of each lead, in words.

    Attributes
    ----------
    frame : DataFrame of shape (n_leads, n_fields)
        Those of `NAMES` that the project has; None where a lead has none.
    labels : mapping of str to str
        What readers call each.
    """

    frame: pd.DataFrame
    labels: Mapping[str, str]


def find_fields(tables: Tables, index: pd.Index, language: Language) -> Fields:
    """Find what leads can be grouped by, from what columns are called.

    Parameters
    ----------
    tables : Tables
    index : Index
        The hand-overs wanted.
    language : Language

    Returns
    -------
    Fields
        Of several columns for the same thing the one that most leads have.
    """
    attributes = tables.attributes.loc[index]
    found = find_columns(attributes)
    frame, labels = {}, {}
    for name in _BY_ROLE:
        if name in found:
            frame[name] = name_levels(attributes[found[name]])
            labels[name] = clean(name_column(found[name], language))
    if "job_title" in found and "industry" in found:
        frame["persona"] = name_personas(
            attributes[found["job_title"]], attributes[found["industry"]], language
        )
        labels["persona"] = language.text(
            _("{role} and {industry}"),
            role=clean(name_column(found["job_title"], language)),
            industry=clean(name_column(found["industry"], language)),
        )
    owner = find_owner(tables, attributes)
    if owner is not None:
        frame["owner"] = name_levels(owner)
        labels["owner"] = clean(name_column(str(owner.name), language))
    kept = [name for name in NAMES if name in frame]
    return Fields(pd.DataFrame({name: frame[name] for name in kept}, index=index), labels)


def find_columns(attributes: pd.DataFrame) -> dict[str, str]:
    """Return the column for each role that is there, the fullest one where several are.

    Parameters
    ----------
    attributes : DataFrame

    Returns
    -------
    dict of str to str
        A column by its role; none without a value.
    """
    columns: dict[str, list[str]] = {}
    for name, role in roles(list(attributes.columns)).items():
        if is_name(name, attributes[name]):
            columns.setdefault(role, []).append(name)
    best = {role: _choose_fullest(attributes, names) for role, names in columns.items()}
    return {role: name for role, name in best.items() if attributes[name].notna().any()}


def is_name(name: str, values: pd.Series) -> bool:
    """Return whether a column names something; a number does only where it is called a code."""
    return not pd.api.types.is_numeric_dtype(values) or bool(_CODE.search(name))


def name_levels(values: pd.Series) -> pd.Series:
    """Return values as readers see them: spellings that differ by case alone are one.

    Parameters
    ----------
    values : Series
        As typed.

    Returns
    -------
    Series of object
        The commonest spelling of each, fit for one line; None where missing.
    """
    texts = tidy(values)
    counts = texts.value_counts().rename_axis("text").reset_index(name="n")
    counts = counts.sort_values(["n", "text"], ascending=[False, True])
    spelling: dict[str, str] = {}
    for text in counts["text"]:
        spelling.setdefault(level_key(text), clean(str(text)))
    return convert_distinct(texts, lambda text: spelling[level_key(text)] or None)


def name_personas(titles: pd.Series, industries: pd.Series, language: Language) -> pd.Series:
    """Return the function a job title names beside the industry; None where either is missing.

    Parameters
    ----------
    titles, industries : Series
        As typed.
    language : Language
        Of the function.
    """
    function = classify_title(convert_distinct(titles, str))["function"]
    industry = name_levels(industries)
    both = function.notna() & industry.notna()
    pairs = pd.DataFrame({"function": function[both], "industry": industry[both]})
    words = {
        pair: language.text(
            _("{function}, {industry}"),
            function=_capital(language.text(pair[0])),
            industry=pair[1],
        )
        for pair in pairs.drop_duplicates().itertuples(index=False, name=None)
    }
    personas = np.full(len(titles), None, dtype=object)
    personas[both.to_numpy()] = [words[pair] for pair in pairs.itertuples(index=False, name=None)]
    return pd.Series(personas, index=titles.index, dtype=object)


def find_owner(tables: Tables, attributes: pd.DataFrame) -> pd.Series | None:
    """Return who has each lead: by the name, else as the lead says, else who decided on it."""
    named = tables.settings.leads.rep_name
    if named in attributes.columns and attributes[named].notna().any():
        return attributes[named]
    owners = [
        name for name in attributes.columns if is_owner(name) and attributes[name].notna().any()
    ]
    if owners:
        return attributes[_choose_fullest(attributes, owners)]
    rep = tables.episodes["rep"].loc[attributes.index]
    return rep.rename(tables.settings.decision.rep or "rep") if rep.notna().any() else None


def _choose_fullest(attributes: pd.DataFrame, names: Sequence[str]) -> str:
    return min(names, key=lambda name: (-attributes[name].count(), name))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
