"""The cases: older leads to learn from, newer leads to predict, and what sales decided on them."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.contract.tables import Tables, read_tables
from features.labels import Labels, label_tables
from features.matrix.feature_table import FeatureTable
from features.matrix.planning import plan_features
from features.settings.load import load_settings
from models.evaluation.split import Split, split_leads
from models.leakage.guards import find_leaks
from models.leakage.suspect import to_omit
from tests.benchmarks.store import Unavailable

Floats = NDArray[np.float64]

ROOT = Path(__file__).resolve().parents[2]
FILES = ("xeducation", "olist", "bank")
SPLIT = "split"
ORIGINS = (50, 60, 70, 80, 90)
"""Percent of the leads, the oldest, to learn from; the next 10 percent are predicted."""


@dataclass(frozen=True)
class Problem:
    """What a row of the table is given; what sales decided on the newer leads is not in it.

    Attributes
    ----------
    table : FeatureTable
        Planned on the training leads alone.
    train, test : DataFrame
        Oldest lead first, as `FeatureTable.compute` gives them: float64 with NaN for numbers,
        text with None for categories.
    accepted : ndarray of shape (n_train,)
        1 accepted, 0 rejected.
    seed : int
        For whatever draws.
    ordered : bool
        Whether the training leads stand in an order of time.
    """

    table: FeatureTable
    train: pd.DataFrame
    accepted: Floats
    test: pd.DataFrame
    seed: int
    ordered: bool = True

    @property
    def categories(self) -> list[str]:
        """Return the names of the categories."""
        return [feature.name for feature in self.table.features if feature.form == "category"]

    @cached_property
    def digest(self) -> str:
        """Return a digest of all that is learned from and predicted."""
        content = hashlib.sha256(repr((self.train.columns.tolist(), self.categories)).encode())
        for part in (self.train, self.test):
            content.update(pd.util.hash_pandas_object(part, index=False).to_numpy().tobytes())
        content.update(self.accepted.tobytes())
        content.update(b"" if self.ordered else b"no order")
        return content.hexdigest()


@dataclass(frozen=True)
class Case:
    """A problem with its answers.

    Attributes
    ----------
    file : str
        Name of the settings in examples/.
    origin : str
        "split" for the oldest 75 % against the newest 25 %, otherwise "50", "60" and so on.
    problem : Problem
    answers : ndarray of shape (n_test,)
        What sales decided on the test leads.
    """

    file: str
    origin: str
    problem: Problem
    answers: Floats

    @property
    def name(self) -> str:
        """Return the name that results are kept under."""
        return f"{self.file} {self.origin}"


def data_folder() -> Path:
    """Return the folder of the real files, which the project does not ship.

    Raises
    ------
    Unavailable
        When it is not there.
    """
    named = os.environ.get("LEADACCORD_REAL_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        raise Unavailable(
            f"the real files are not there: no folder {folder}. Name another with "
            "LEADACCORD_REAL_DATA"
        )
    return folder.resolve()


def read_example(file: str, data: Path) -> Tables:
    """Read a file by its settings in examples/, from the folder its data lie in."""
    with tempfile.TemporaryDirectory() as place:
        settings = Path(place) / "leadaccord.toml"
        settings.write_text((ROOT / "examples" / f"{file}.toml").read_text("utf-8"), "utf-8")
        (Path(place) / "data").symlink_to(data, target_is_directory=True)
        return read_tables(load_settings(settings))


def make_cases(file: str, data: Path) -> Iterator[Case]:
    """Yield a file's cases: the split, then the rolling origins."""
    tables = read_example(file, data)
    labels = label_tables(tables)
    for origin, train, test in divide(tables, labels):
        yield make_case(tables, labels, train, test, file=file, origin=origin)


def divide(tables: Tables, labels: Labels) -> Iterator[tuple[str, pd.Index, pd.Index]]:
    """Yield the name, the training leads and the test leads of each case."""
    settings = tables.settings.train
    split: Split = split_leads(
        tables.episodes,
        labels.used,
        order=tables.order,
        test_share=settings.test_share,
        seed=settings.seed,
    )
    yield SPLIT, split.train, split.test
    for origin, known, new in roll(len(split.both)):
        yield origin, split.both[known], split.both[new]


def roll(n_leads: int) -> Iterator[tuple[str, slice, slice]]:
    """Yield the older leads and the next tenth at each origin, of leads in order of time."""
    for percent in ORIGINS:
        cut, stop = (round(share * n_leads / 100) for share in (percent, percent + 10))
        yield str(percent), slice(0, cut), slice(cut, stop)


def make_case(
    tables: Tables, labels: Labels, train: pd.Index, test: pd.Index, *, file: str, origin: str
) -> Case:
    """Plan the features on the training leads alone, without what the leak guards set aside."""
    suspects, _ = find_leaks(tables, train, labels.accepted, labels)
    table, values, _ = plan_features(tables, train, omit=to_omit(suspects))
    answers = labels.accepted.astype(float)
    problem = Problem(
        table=table,
        train=values.loc[train],
        accepted=np.asarray(answers[train], dtype=np.float64),
        test=values.loc[test],
        seed=tables.settings.train.seed,
    )
    return Case(file, origin, problem, np.asarray(answers[test], dtype=np.float64))
