"""Simulated CRMs with planted columns, read back from their files as a user's export is."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from features.contract.tables import Tables, read_tables
from features.labels import Labels, label_tables
from features.settings.load import load_settings
from features.simulation.company import simulate
from features.simulation.export import World, write_world
from models.evaluation.split import Split, split_leads
from pipelines.demo import SETTINGS
from tests.benchmarks.leak_plants import Known, Planter

WRITTEN_BY_SALES = ("Status", "Rating", "OwnerId")
"""The simulated CRM's own columns that sales fills in; all others are honest."""
SIZES = (600, 1_500, 3_000, 6_000)
ACCEPTED_KEPT: Mapping[str, tuple[float, float]] = {
    "even": (1.0, 1.0),
    "rare": (0.25, 0.25),
    "rising": (0.2, 1.0),
}
"""Share of the accepted leads that stay, at the beginning and at the end of the export."""


@dataclass(frozen=True)
class LeakWorld:
    """A simulated CRM as read from its files.

    Attributes
    ----------
    rate : str
        A key of `ACCEPTED_KEPT`.
    seed : int
    tables : Tables
    labels : Labels
    split : Split
    """

    rate: str
    seed: int
    tables: Tables
    labels: Labels
    split: Split

    @property
    def honest(self) -> list[str]:
        """Return the simulated CRM's own columns that may be learned from."""
        return [name for name in self.tables.columns if name not in WRITTEN_BY_SALES]


def make_world(n_leads: int, *, seed: int, rate: str, activities: bool = True) -> LeakWorld:
    """Simulate a CRM, thin out its accepted leads, write it and read it.

    Parameters
    ----------
    n_leads : int
        Hand-overs simulated, before some of the accepted ones are left out.
    seed : int
    rate : str
        A key of `ACCEPTED_KEPT`.
    activities : bool
        Whether activities are read too.
    """
    world = _thin_out(simulate(n_leads=n_leads, seed=seed), ACCEPTED_KEPT[rate], seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_world(world, folder)
        tables = _read(folder, SETTINGS if activities else _without_activities())
    labels = label_tables(tables)
    split = split_leads(
        tables.episodes, labels.used, order=tables.order, test_share=0.25, seed=seed
    )
    return LeakWorld(rate, seed, tables, labels, split)


def plant(world: LeakWorld, planters: Sequence[Planter]) -> LeakWorld:
    """Return the same CRM with none of its own columns but those planted, "field 0" onwards."""
    known = look(world.tables)
    rng = np.random.default_rng([world.seed, 7])
    columns = {f"field {i}": make(rng, known) for i, make in enumerate(planters)}
    episodes = world.tables.episodes
    times = {"MQL_Date__c": episodes["handed_over_at"], "at": episodes["decided_at"]}
    own = {name: moments.dt.strftime("%Y-%m-%d %H:%M:%S.%f") for name, moments in times.items()}
    status = episodes["decision"].map(
        {"accepted": "Qualified", "rejected": "Disqualified", "recycled": "Recycled"}
    )
    leads = pd.DataFrame({"Id": episodes["lead_id"], **own, "Status": status, **columns})
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        leads.to_csv(folder / "leads.csv", index=False)
        tables = _read(folder, FLAT)
    labels = replace(
        world.labels,
        accepted=world.labels.accepted.set_axis(tables.episodes.index),
        rule=world.labels.rule.set_axis(tables.episodes.index),
    )
    return replace(world, tables=tables, labels=labels)


def look(tables: Tables) -> Known:
    """Return what sales did with each lead."""
    episodes = tables.episodes
    decision = episodes["decision"]
    return Known(
        accepted=(decision == "accepted").to_numpy(dtype=bool),
        rejected=decision.isin(["rejected", "recycled"]).to_numpy(dtype=bool),
        undecided=decision.isna().to_numpy(dtype=bool),
        handed=episodes["handed_over_at"],
        decided=episodes["decided_at"],
        age=np.asarray(episodes["handed_over_at"].rank(pct=True).fillna(0.5), np.float64),
    )


FLAT = """\
[tables]
leads = "leads.csv"

[leads]
id = "Id"
handed_over_at = "MQL_Date__c"

[decision]
column = "Status"
accepted = ["Qualified"]
rejected = ["Disqualified"]
recycled = ["Recycled"]
decided_at = "at"
"""


def _without_activities() -> str:
    kept = SETTINGS.replace('activities = "data/activities/*.csv"\n', "")
    head, _, rest = kept.partition("[activities]")
    return head + "[outcomes]" + rest.partition("[outcomes]")[2]


def _read(folder: Path, settings: str) -> Tables:
    file = folder / "leadaccord.toml"
    file.write_text(settings, "utf-8")
    return read_tables(load_settings(file))


def _thin_out(world: World, kept: tuple[float, float], seed: int) -> World:
    """Leave out some accepted leads, so that few are accepted, or ever more of them."""
    truth = world.truth.drop_duplicates("Id", keep=False)
    accepted = truth[truth["accepted_drawn"].fillna(False).astype(bool)]
    age = world.truth["MQL_Date__c"].rank(pct=True)[accepted.index].to_numpy()
    share = kept[0] + (kept[1] - kept[0]) * age
    dropped = accepted["Id"][np.random.default_rng([seed, 3]).random(len(accepted)) >= share]
    return replace(
        world,
        leads=world.leads[~world.leads["Id"].isin(dropped)].reset_index(drop=True),
        decisions=world.decisions[~world.decisions["LeadId"].isin(dropped)].reset_index(drop=True),
    )
