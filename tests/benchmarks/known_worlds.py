"""Leads whose true probabilities of acceptance are known, as the model sees them."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special

from features.contract.tables import read_tables
from features.labels import label_tables
from features.matrix.definitions import attribute
from features.matrix.feature_table import FeatureTable
from features.matrix.planning import plan_features
from features.settings.load import load_settings
from features.simulation.company import simulate
from features.simulation.export import World, write_world
from models.evaluation.split import split_leads
from models.leakage.guards import find_leaks
from models.leakage.suspect import to_omit
from pipelines.demo import SETTINGS
from tests.benchmarks.store import digest_of_files

Floats = NDArray[np.float64]

ROOT = Path(__file__).resolve().parents[2]
TEST_SHARE = 0.25
NOISE_NUMBERS, NOISE_CATEGORIES = 14, 6
ACCEPTED_SHARE = 1 / 3


@dataclass(frozen=True)
class KnownWorld:
    """Leads and what the chance of each was.

    Attributes
    ----------
    X : ndarray of shape (n_leads, n_features)
        Oldest lead first, encoded as training does; planned on the older leads alone.
    accepted : ndarray of shape (n_leads,)
        1 accepted, 0 rejected.
    truth : ndarray of shape (n_leads,)
        The true probability of acceptance; NaN where the export's faults hide whose it is.
    table : FeatureTable
        What the columns are.
    """

    X: Floats
    accepted: Floats
    truth: Floats
    table: FeatureTable

    @property
    def older(self) -> slice:
        """Return the oldest 75 %, to learn from."""
        return slice(0, round(len(self.accepted) * (1 - TEST_SHARE)))

    @property
    def newer(self) -> slice:
        """Return the newest 25 %, to judge on."""
        return slice(self.older.stop, None)

    def shuffle(self, seed: int) -> KnownWorld:
        """Return the same leads with the decisions dealt out anew: nothing can be learned."""
        order = np.random.default_rng([seed, 11]).permutation(len(self.accepted))
        chance = np.full(len(self.truth), self.accepted.mean())
        return replace(self, accepted=self.accepted[order], truth=chance)


class Maker(Protocol):
    """Makes a company of so many hand-overs."""

    def __call__(self, n_leads: int, /, *, seed: int) -> KnownWorld: ...


def make_company(n_leads: int, *, seed: int) -> KnownWorld:
    """Simulate a company's CRM, write it to files, and read these as a user's export."""
    world = simulate(n_leads=n_leads, seed=seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_world(world, folder)
        # Those of the largest worlds take gigabytes.
        world = replace(world, activities=world.activities.iloc[:0])
        settings = folder / "leadaccord.toml"
        settings.write_text(SETTINGS, "utf-8")
        return _read(settings, world)


def keep_company(
    folder: Path,
    n_leads: int,
    *,
    seed: int,
    make: Maker = make_company,
    digest: str | None = None,
) -> KnownWorld:
    """Return the company that `make` makes, made anew only where the digest is another.

    Without a digest it is that of the code, see `digest_of_reading`.
    """
    path = folder / f"company-{n_leads}-{seed}.npz"
    digest = digest or digest_of_reading()
    if path.is_file():
        with np.load(path, allow_pickle=False) as kept:
            if str(kept["digest"]) == digest:
                table = FeatureTable.from_dict(json.loads(str(kept["table"])))
                return KnownWorld(kept["X"], kept["accepted"], kept["truth"], table)
    world = make(n_leads, seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft.npz")
    np.savez_compressed(
        draft,
        X=world.X,
        accepted=world.accepted,
        truth=world.truth,
        table=np.array(json.dumps(world.table.to_dict())),
        digest=np.array(digest),
    )
    draft.replace(path)  # an interrupted run leaves no half a world
    return world


@cache
def digest_of_reading() -> str:
    """Return a digest of the code that makes, reads and encodes a company, as it was loaded."""
    rooms = [*(ROOT / "features").rglob("*.py"), *(ROOT / "models").glob("leak*.py")]
    single = ("models/evaluation/split.py", "models/training.py", "pipelines/demo.py")
    own = Path(__file__).resolve()
    return digest_of_files([*rooms, *(ROOT / name for name in single), own], root=ROOT)


def make_weak(n_leads: int, *, seed: int, auc: float = 0.60) -> KnownWorld:
    """Draw leads of which little can be known: six columns of some worth among twenty of none.

    Parameters
    ----------
    n_leads : int
    seed : int
    auc : float
        What the true probabilities reach on average over the decisions they could lead to.
    """
    rng = np.random.default_rng([seed, 13])
    honest, log_odds = _draw_honest(rng, n_leads)
    noise = rng.normal(size=(n_leads, NOISE_NUMBERS))
    levels = rng.integers(2, 14, (n_leads, NOISE_CATEGORIES)).astype(np.float64)

    def spread(scale: float) -> Floats:
        def surplus(shift: float) -> float:
            return float(special.expit(shift + scale * log_odds).mean() - ACCEPTED_SHARE)

        shift = optimize.brentq(surplus, -50, 50)
        return np.asarray(special.expit(shift + scale * log_odds), dtype=np.float64)

    def beyond(scale: float) -> float:
        return expected_auc(spread(scale), spread(scale)) - auc

    truth = spread(optimize.brentq(beyond, 0.01, 10))
    accepted = (rng.random(n_leads) < truth).astype(np.float64)
    forms = ["number"] * 4 + ["category"] * 2
    forms += ["number"] * NOISE_NUMBERS + ["category"] * NOISE_CATEGORIES
    X = np.column_stack([honest, noise, levels])
    return KnownWorld(X, accepted, truth, name_columns(forms))


def expected_auc(truth: Floats, scores: Floats) -> float:
    """Return the AUC of scores on average over the decisions that the truth could lead to.

    Each lead counts as accepted by its true probability and as rejected by the rest of it, so
    that no luck of the draw is left.
    """
    from sklearn.metrics import roc_auc_score

    known = ~np.isnan(truth)
    p, scores = truth[known], scores[known]
    sides = np.repeat([1.0, 0.0], len(p))
    return float(roc_auc_score(sides, np.tile(scores, 2), sample_weight=np.r_[p, 1 - p]))


def _read(settings: Path, world: World) -> KnownWorld:
    """Encode as training does, and look up each lead's true probability."""
    tables = read_tables(load_settings(settings))
    labels = label_tables(tables)
    seed = tables.settings.train.seed
    split = split_leads(
        tables.episodes, labels.used, order=tables.order, test_share=TEST_SHARE, seed=seed
    )
    suspects, _ = find_leaks(tables, split.train, labels.accepted, labels)
    table, values, _ = plan_features(tables, split.train, omit=to_omit(suspects))
    truth = world.truth.assign(at=pd.to_datetime(world.truth["MQL_Date__c"]))
    chance = truth.drop_duplicates(["Id", "at"]).set_index(["Id", "at"])["p_accept"]
    used = tables.episodes.loc[split.both]
    place = pd.MultiIndex.from_arrays([used["lead_id"], used["handed_over_at"]])
    return KnownWorld(
        X=table.encode(values.loc[split.both]),
        accepted=labels.accepted[split.both].to_numpy(dtype=np.float64),
        truth=chance.reindex(place).to_numpy(dtype=np.float64),
        table=table,
    )


def _draw_honest(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Return six columns that tell something, and what they add up to."""
    numbers = rng.normal(size=(n, 3))
    count = rng.poisson(2.0, n).astype(np.float64)
    source, industry = rng.integers(2, 10, n), rng.integers(2, 22, n)
    effects = np.r_[0.0, 0.0, rng.normal(0, 0.5, 8)], np.r_[0.0, 0.0, rng.normal(0, 0.4, 20)]
    log_odds = 0.5 * numbers[:, 0] - 0.4 * numbers[:, 1] + 0.4 * (np.abs(numbers[:, 2]) < 0.7)
    log_odds += 0.4 * np.log1p(count) + effects[0][source] + effects[1][industry]
    numbers[rng.random(n) < 0.2, 1] = np.nan
    return np.column_stack([numbers, count, source, industry]), log_odds


def name_columns(forms: list[str]) -> FeatureTable:
    """Return a table of plain columns, a category's levels by their codes."""
    features = tuple(
        attribute(f"column {i}", kind="fit", form="number" if form == "number" else "category")
        for i, form in enumerate(forms)
    )
    return FeatureTable(features, {}, (), {}, (), {}, "time")
