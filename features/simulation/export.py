"""Simulated export files: job titles, addresses, dirty rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.errors import DestinationError
from features.simulation.vocabulary import (
    COMPANY_STEMS,
    COMPANY_TRADES,
    DISPOSABLE_DOMAINS,
    EDUCATION_DOMAINS,
    FIRST_NAMES,
    FREE_DOMAINS,
    FUNCTION_WORDS,
    GENERAL,
    HOSTILE_TEXTS,
    LAST_NAMES,
    LEGAL_FORMS,
    STREETS,
    TITLE_SHAPES,
    UNREAL_COMPANIES,
    WHOLE_TITLES,
)
from features.units import DAY

DIRTY_ROWS = {
    "duplicate leads": 12,
    "duplicate decisions": 8,
    "duplicate activities": 20,
    "empty id": 6,
    "empty hand-over": 6,
    "hand-over in the far future": 4,
    "decision before hand-over": 6,
    "activities of unknown leads": 15,
    "hostile text": 28,
}
_BASE62 = np.array(list("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
_BASE32 = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"))


@dataclass(frozen=True)
class World:
    """A simulated CRM and the truth about it.

    Attributes
    ----------
    leads, activities, decisions, outcomes : DataFrame
        The four tables as the CRM exports them, times in naive UTC.
    truth : DataFrame
        One row per honest hand-over: ``p_accept`` and ``p_opportunity`` (probabilities), the
        rep and the rep's strictness (log-odds), and what was drawn. ``accepted_drawn`` and
        ``recycled_drawn`` are missing where the lead stays untouched, and present where sales
        decides only after the export.
    """

    leads: pd.DataFrame
    activities: pd.DataFrame
    decisions: pd.DataFrame
    outcomes: pd.DataFrame
    truth: pd.DataFrame


@cache
def list_titles() -> pd.DataFrame:
    """Return every job title the company's leads write.

    Returns
    -------
    DataFrame
        Columns ``title``, ``language`` ("en", "es"), ``seniority``, ``function``; the rows of
        one language, seniority and function stand together.
    """
    rows = []
    for language, levels in TITLE_SHAPES.items():
        for (level, shapes), (function, words) in product(
            levels.items(), FUNCTION_WORDS[language].items()
        ):
            whole = WHOLE_TITLES.get((language, level, function), ())
            texts = (*whole, *(shape.format(word) for word, shape in product(words, shapes)))
            rows += [(text, language, level, function) for text in texts]
    for (language, level, function), texts in WHOLE_TITLES.items():
        if function == GENERAL:
            rows += [(text, language, level, function) for text in texts]
    return pd.DataFrame(rows, columns=["title", "language", "seniority", "function"])


def write_titles(rng: np.random.Generator, people: pd.DataFrame) -> pd.Series:
    """Spell each person's job title: a form, a word, a language, a case.

    Parameters
    ----------
    rng : Generator
    people : DataFrame
        Columns ``language``, ``seniority``, ``function``.

    Returns
    -------
    Series of str
    """
    key = ["language", "seniority", "function"]
    table = list_titles()
    groups = table.reset_index().groupby(key, as_index=False)["index"].agg(["min", "size"])
    place = people[key].merge(groups, on=key, how="left")
    # A power of a uniform number makes the first forms usual and the last ones rare.
    step = (rng.random(len(people)) ** 2.2 * place["size"].to_numpy()).astype(int)
    titles = table["title"].to_numpy(dtype=object)[place["min"].to_numpy() + step]
    written = pd.Series(titles, index=people.index, dtype="str")
    case = rng.random(len(people))
    written = written.mask(case < 0.02, written.str.upper())
    written = written.mask((case >= 0.02) & (case < 0.06), written.str.lower())
    return written.mask((case >= 0.06) & (case < 0.08), written + " ")


def read_titles(titles: pd.Series) -> pd.DataFrame:
    """Return the seniority and function that each written job title stands for.

    Parameters
    ----------
    titles : Series of str
        As written by `write_titles`; missing or other titles give missing values.

    Returns
    -------
    DataFrame
        Columns ``seniority`` and ``function``, with the index of ``titles``.
    """
    table = list_titles().assign(title=lambda frame: frame["title"].str.lower())
    meaning = table.drop_duplicates("title").set_index("title")[["seniority", "function"]]
    return meaning.reindex(titles.astype("str").str.strip().str.lower()).set_axis(titles.index)


def read_domains(emails: pd.Series) -> pd.Series:
    """Return the class of each address's domain.

    Parameters
    ----------
    emails : Series of str
        As written by `write_contacts`.

    Returns
    -------
    Series of str
        "company", "free", "education" or "disposable".
    """
    domains = emails.astype("str").str.replace("^.*@", "", regex=True)
    known = dict.fromkeys(FREE_DOMAINS, "free") | dict.fromkeys(EDUCATION_DOMAINS, "education")
    return domains.map(known | dict.fromkeys(DISPOSABLE_DOMAINS, "disposable")).fillna("company")


def draw_ids(rng: np.random.Generator, prefix: str, n: int) -> np.ndarray[Any, Any]:
    """Return identifiers that say nothing about time.

    Parameters
    ----------
    rng : Generator
    prefix : str
        Three characters that name the kind of record, such as "00Q" for a lead.
    n : int

    Returns
    -------
    ndarray of str, shape (n,)
        18 characters each, the last three of which follow from the others.
    """
    letters = _BASE62[rng.integers(0, 62, (n, 15))]
    drawn = np.char.add(prefix, letters[:, :12].copy().view("<U12").ravel())
    signs = drawn.view("<U1").reshape(n, 3, 5)
    # Of each five signs one that says which are capitals, as Salesforce does.
    capitals = ((signs >= "A") & (signs <= "Z")) @ (1 << np.arange(5))
    checks = _BASE32[capitals]
    return np.char.add(drawn, checks.view("<U3").ravel()).astype(object)


def draw_companies(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Return made-up companies.

    Parameters
    ----------
    rng : Generator
    n : int

    Returns
    -------
    DataFrame
        Columns ``Company`` and ``domain``; large n repeats some names.
    """
    stem, trade = rng.choice(COMPANY_STEMS, n), rng.choice(COMPANY_TRADES, n)
    names = pd.Series(stem, dtype="str") + " " + trade + rng.choice(LEGAL_FORMS, n)
    ending = rng.choice(["com", "com", "com", "es", "de", "co.uk"], n)
    domain = pd.Series(stem, dtype="str").str.lower() + pd.Series(trade).str.lower() + "." + ending
    return pd.DataFrame({"Company": names, "domain": domain})


def write_contacts(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Return the personal fields of each person.

    Parameters
    ----------
    rng : Generator
    people : DataFrame
        Columns ``domain`` (of the company) and ``domain_class``.

    Returns
    -------
    DataFrame
        Columns ``FirstName``, ``LastName``, ``Email``, ``Phone``, ``Street``.
    """
    n = len(people)
    first = pd.Series(rng.choice(FIRST_NAMES, n), index=people.index, dtype="str")
    last = pd.Series(rng.choice(LAST_NAMES, n), index=people.index, dtype="str")
    domain = people["domain"]
    for name, choices in (
        ("free", FREE_DOMAINS),
        ("education", EDUCATION_DOMAINS),
        ("disposable", DISPOSABLE_DOMAINS),
    ):
        domain = domain.mask(people["domain_class"] == name, rng.choice(choices, n))
    box = (first + "." + last).str.normalize("NFKD").str.replace(r"[^A-Za-z.]", "", regex=True)
    digits = pd.Series(rng.integers(10**8, 10**9, n), index=people.index).astype("str")
    number = pd.Series(rng.integers(1, 200, n), index=people.index).astype("str")
    return pd.DataFrame(
        {
            "FirstName": first,
            "LastName": last,
            "Email": box.str.lower() + digits.str[:3] + "@" + domain,
            "Phone": "+" + digits.str[:2] + " " + digits.str[2:5] + " " + digits.str[5:],
            "Street": number + " " + rng.choice(STREETS, n),
        }
    )


def add_dirty_rows(world: World, rng: np.random.Generator) -> World:
    """Return the world with the faults of a real export; the truth stays as it is.

    Parameters
    ----------
    world : World
        A clean world.
    rng : Generator

    Returns
    -------
    World
        With the rows of `DIRTY_ROWS` added (fewer in a world of under 3,000 leads), and with
        hostile text in front of some names, companies and job titles.
    """
    leads, decisions = _write_hostile_text(world.leads, rng), world.decisions
    early = _sample(leads, "decision before hand-over", rng, new_ids=True)
    handed = early["MQL_Date__c"].to_numpy()
    answers = pd.DataFrame(
        {
            "LeadId": early["Id"],
            "CreatedDate": handed - np.timedelta64(3 * DAY, "s"),
            "Status": "Disqualified",
            "Disqualified_Reason__c": "Wrong data",
            "OwnerId": early["OwnerId"],
        }
    ).set_axis(np.arange(len(early)))
    future = _sample(leads, "hand-over in the far future", rng, new_ids=True)
    lost = _sample(world.activities, "activities of unknown leads", rng)
    extra_leads = [
        _sample(leads, "duplicate leads", rng),
        _sample(leads, "empty id", rng).assign(Id=None),
        _sample(leads, "empty hand-over", rng, new_ids=True).assign(MQL_Date__c=None),
        future.assign(MQL_Date__c=future["MQL_Date__c"] + pd.DateOffset(years=75)),
        early,
    ]
    extra_activities = [
        _sample(world.activities, "duplicate activities", rng),
        lost.assign(LeadId=draw_ids(rng, "00Q", len(lost))),
    ]
    doubled = _sample(decisions, "duplicate decisions", rng)
    return replace(
        world,
        leads=_weave(leads, extra_leads),
        activities=_weave(world.activities, extra_activities),
        decisions=_weave(decisions, [doubled, answers]),
    )


def write_world(world: World, folder: Path) -> dict[str, Path]:
    """Write a world as the files a CRM would export, and the truth beside them.

    Parameters
    ----------
    world : World
    folder : Path
        Made if it does not exist; files of the same names in it are replaced.

    Returns
    -------
    dict of str to Path
        ``leads``, ``decisions``, ``outcomes``, ``truth``: a CSV file each; ``activities``: the
        folder of one CSV file per month that has any.

    Raises
    ------
    DestinationError
        If the folder cannot be written.
    """
    data, truth = folder / "data", folder / "truth"
    paths = {name: data / f"{name}.csv" for name in ("leads", "decisions", "outcomes")}
    paths |= {"activities": data / "activities", "truth": truth / "truth.csv"}
    try:
        paths["activities"].mkdir(parents=True, exist_ok=True)
        truth.mkdir(parents=True, exist_ok=True)
        for name in ("leads", "decisions", "outcomes", "truth"):
            _write_csv(getattr(world, name), paths[name])
        months = world.activities["CreatedDate"].to_numpy().astype("datetime64[M]")
        for month, rows in world.activities.groupby(months.astype(str)):
            _write_csv(rows, paths["activities"] / f"{month}.csv")
    except OSError as error:
        raise DestinationError(
            "the simulated CRM cannot be written",
            where=str(folder),
            got=error.strerror,
            next_step="choose a folder you can write to, on a disk with 100 MB free",
        ) from error
    return paths


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write one table with times as text, which is far quicker than pandas' own formatting."""
    text = frame.copy()
    for name in frame.select_dtypes("datetime").columns:
        stamps = frame[name].to_numpy().astype("datetime64[s]")
        written = pd.Series(np.datetime_as_string(stamps), index=frame.index, dtype="str")
        text[name] = written.str.replace("T", " ").mask(frame[name].isna(), "")
    text.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def _sample(
    frame: pd.DataFrame, fault: str, rng: np.random.Generator, *, new_ids: bool = False
) -> pd.DataFrame:
    """Return copies of some rows, as many as the fault has, each under its origin's index."""
    n = min(DIRTY_ROWS[fault], 1 + len(frame) // 250, len(frame))
    rows = frame.iloc[np.sort(rng.choice(len(frame), n, replace=False))]
    return rows.assign(Id=draw_ids(rng, "00Q", n)) if new_ids else rows


def _weave(frame: pd.DataFrame, extra: list[pd.DataFrame]) -> pd.DataFrame:
    """Put each extra row behind the row it came from, as a broken import would."""
    dtypes = frame.dtypes.to_dict()
    woven = pd.concat([frame, *(rows.astype(dtypes) for rows in extra)])
    return woven.sort_index(kind="stable").reset_index(drop=True)


def _write_hostile_text(leads: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Put hostile text in front of names, companies and titles of some leads."""
    whole = leads["Company"].notna() & ~leads["Company"].isin(UNREAL_COMPANIES)
    rows = np.flatnonzero(whole & leads["Title"].notna())
    n = min(DIRTY_ROWS["hostile text"], len(rows))
    chosen = leads.index[np.sort(rng.choice(rows, n, replace=False))]
    written = leads.copy()
    for shift, column in enumerate(("FirstName", "LastName", "Company", "Title")):
        texts = pd.Series(np.resize(np.roll(HOSTILE_TEXTS, shift), n), index=chosen, dtype="str")
        written.loc[chosen, column] = texts + " " + leads.loc[chosen, column]
    return written
