"""Batches: the same scores whatever their size, the threads and the order of the rows."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from features.contract.tables import read_tables
from features.errors import LeadaccordError
from features.language import language
from features.settings.load import load_settings
from features.settings.schema import Settings
from features.simulation.company import simulate
from models.artifact.bundle import ModelBundle
from models.registry.champion import load_champion
from pipelines import train
from pipelines.console import Console
from serve.scoring.batches import Batches, open_batches
from serve.scoring.score_table import score_schema
from serve.scoring.scorer import ScoredBatch, reject_schema, score_leads
from serve.scoring.tally import Tally
from tests.pipelines.conftest import MARKER, plant_markers, write_project

NOW = pd.Timestamp("2030-01-01")
ALL = 10_000


@dataclass(frozen=True)
class Company:
    """A trained project."""

    settings: Settings
    bundle: ModelBundle

    def open(self, leads: Path | None = None, **options: Any) -> Batches:
        where = None if leads is None else str(leads)
        return open_batches(self.settings, self.bundle, where, now=NOW, **options)

    def score(self, leads: Path | None = None, **options: Any) -> ScoredBatch:
        with self.open(leads, **options) as batches:
            return put_together([batches.score(number) for number in range(batches.count)])


def put_together(parts: list[ScoredBatch]) -> ScoredBatch:
    scores = [part.scores.cast(score_schema()) for part in parts]
    rejects = [part.rejects.cast(reject_schema()) for part in parts]
    tally = sum((part.tally for part in parts), Tally())
    return ScoredBatch(
        pa.concat_tables(scores).combine_chunks(), pa.concat_tables(rejects).combine_chunks(), tally
    )


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    from contextlib import redirect_stderr

    folder = tmp_path_factory.mktemp("company")
    config = write_project(folder, plant_markers(simulate(n_leads=1_500, seed=7)))
    with redirect_stderr(StringIO()):
        train.run(Console(as_json=True, quiet=True), config=config)
    settings = load_settings(config)
    return Company(settings, load_champion(settings))


@pytest.fixture(scope="module")
def whole(company: Company) -> ScoredBatch:
    return company.score(rows=ALL)


@pytest.fixture(scope="module")
def leads(company: Company) -> pd.DataFrame:
    path = company.settings.root / company.settings.tables.leads
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def test_the_plain_way_in_memory_gives_the_same(company: Company, whole: ScoredBatch) -> None:
    table = company.bundle.table
    own = read_tables(company.settings, kinds=table.kinds, time_formats=table.time_formats, now=NOW)
    plain = score_leads(company.bundle, own, language=language("en"), scored_at=NOW)
    fast = whole.scores.to_pandas()
    assert len(plain.scores) == len(fast) > 1_000
    for name in fast.columns:
        expected = [None if pd.isna(value) else value for value in plain.scores[name]]
        found = [None if pd.isna(value) else value for value in fast[name]]
        assert found == expected, name
    for name in ("row", "code", "message"):
        assert whole.rejects[name].to_pylist() == plain.rejects[name].tolist()
    assert whole.tally == plain.tally


@pytest.mark.parametrize("rows", [pytest.param(97, marks=pytest.mark.slow), 1_000])
def test_the_size_of_a_batch_does_not_matter(
    company: Company, whole: ScoredBatch, rows: int
) -> None:
    parts = company.score(rows=rows)
    assert parts.scores.equals(whole.scores)
    assert parts.rejects.equals(whole.rejects)
    assert parts.tally == whole.tally


def test_a_batch_of_one_row_does_not_matter(
    company: Company, leads: pd.DataFrame, tmp_path: Path
) -> None:
    leads.tail(15).to_csv(tmp_path / "few.csv", index=False)
    few = company.score(tmp_path / "few.csv", rows=ALL)
    one = company.score(tmp_path / "few.csv", rows=1)
    assert one.scores.equals(few.scores) and one.rejects.equals(few.rejects)
    assert one.tally == few.tally


def test_threads_do_not_matter(company: Company, whole: ScoredBatch) -> None:
    for threads in (1, 3):
        assert company.score(rows=400, threads=threads).scores.equals(whole.scores)


def test_a_batch_is_the_same_in_whatever_order_it_is_asked_for(company: Company) -> None:
    with company.open(rows=400) as batches:
        assert batches.count == 4
        backwards = [batches.score(number) for number in reversed(range(4))][::-1]
        again = [batches.score(number) for number in (0, 0, 3, 1)]
    with company.open(rows=400) as batches:
        forwards = [batches.score(number) for number in range(4)]
        with pytest.raises(IndexError):
            batches.score(4)
    for found, expected in zip(
        [*backwards, *again], [*forwards, *(forwards[k] for k in (0, 0, 3, 1))], strict=True
    ):
        assert found.scores.equals(expected.scores) and found.tally == expected.tally


def test_the_order_of_the_rows_changes_only_their_order(
    company: Company, whole: ScoredBatch, leads: pd.DataFrame, tmp_path: Path
) -> None:
    good = leads.iloc[sorted(set(range(len(leads))) - {r - 1 for r in rejected_rows(whole)})]
    good.sample(frac=1, random_state=3).to_csv(tmp_path / "mixed.csv", index=False)
    mixed = company.score(tmp_path / "mixed.csv", rows=300).scores.to_pandas()
    keys = ["lead_id", "handed_over_at"]
    pd.testing.assert_frame_equal(
        mixed.sort_values(keys, ignore_index=True),
        whole.scores.to_pandas().sort_values(keys, ignore_index=True),
    )


def rejected_rows(batch: ScoredBatch) -> list[int]:
    return [int(row) for row in batch.rejects["row"].to_pylist()]


def test_parquet_gives_the_same_as_csv(
    company: Company, whole: ScoredBatch, leads: pd.DataFrame, tmp_path: Path
) -> None:
    typed = leads.replace("", None)
    for name in ("CreatedDate", "MQL_Date__c"):
        typed[name] = pd.to_datetime(typed[name]).astype("datetime64[us]")
    for name in ("NumberOfEmployees", "AnnualRevenue"):
        typed[name] = pd.to_numeric(typed[name])
    typed["HasOptedOutOfEmail"] = typed["HasOptedOutOfEmail"].map({"True": True, "False": False})
    typed.to_parquet(tmp_path / "leads.parquet", row_group_size=500)
    found = company.score(tmp_path / "leads.parquet", rows=400)
    assert found.tally == whole.tally
    names = [name for name in whole.scores.column_names if "reason" not in name]
    names = [name for name in names if "against" not in name]
    assert found.scores.select(names).equals(whole.scores.select(names))


def test_one_lead_handed_over_twice_is_told_apart_and_copies_are_scored_once(
    company: Company, whole: ScoredBatch
) -> None:
    keys = whole.scores.select(["lead_id", "handed_over_at"]).to_pandas()
    assert keys["lead_id"].duplicated().any()
    assert not keys.duplicated().any()
    assert whole.tally.rejected["duplicate"] > 0
    assert whole.tally.scored + sum(whole.tally.rejected.values()) == whole.tally.leads


def test_what_training_never_saw_is_counted_and_named(
    company: Company, leads: pd.DataFrame, tmp_path: Path
) -> None:
    odd = leads.tail(60).assign(NumberOfEmployees="99000000", LeadSource="Smoke signals", Moon="x")
    odd.drop(columns="Industry").to_csv(tmp_path / "odd.csv", index=False)
    with company.open(tmp_path / "odd.csv", rows=25) as batches:
        assert batches.missing_columns == ("Industry",)
        assert batches.new_columns == ("Moon",)
        tally = sum((batches.score(k).tally for k in range(batches.count)), Tally())
    assert tally.out_of_range["NumberOfEmployees"] == tally.scored
    assert tally.unknown_levels["LeadSource"] == tally.scored
    assert Tally.from_dict(json.loads(json.dumps(tally.to_dict()))) == tally


def test_tallies_add_up() -> None:
    one = Tally(3, 2, {"duplicate": 1}, {"a": 1}, {})
    other = Tally(2, 1, {"missing_id": 1}, {"a": 2, "b": 1}, {"c": 4})
    assert one + other == Tally(5, 3, {"duplicate": 1, "missing_id": 1}, {"a": 3, "b": 1}, {"c": 4})
    assert one + Tally() == one == Tally() + one


def test_another_input_has_another_digest(
    company: Company, leads: pd.DataFrame, tmp_path: Path
) -> None:
    def digest(settings: Settings = company.settings, **changes: Any) -> str:
        rows = leads.tail(40).reset_index(drop=True)
        for column, value in changes.items():
            rows.loc[7, column] = value
        rows.to_csv(tmp_path / "new.csv", index=False)
        there = replace(company, settings=settings)
        with there.open(tmp_path / "new.csv") as batches:
            return batches.digest

    first = digest()
    assert first == digest() and len(first) == 64
    missing = company.settings.leads.model_copy(update={"missing": ("Select",)})
    elsewhere = company.settings.model_copy(update={"leads": missing})
    assert len({first, digest(City="Atlantis"), digest(settings=elsewhere)}) == 3


def test_nothing_personal_comes_out(company: Company, whole: ScoredBatch) -> None:
    written = json.dumps([whole.scores.to_pylist(), whole.rejects.to_pylist()], default=str)
    assert MARKER not in written.lower()
    with company.open() as batches:
        findings = [finding.to_dict() for finding in batches.findings]
    assert MARKER not in json.dumps(findings).lower()


def test_the_rows_are_found_wanting_as_in_memory(company: Company) -> None:
    from features.checks.tables import check_tables
    from features.labels import label_tables

    table = company.bundle.table
    plain = read_tables(
        company.settings, kinds=table.kinds, time_formats=table.time_formats, now=NOW
    )
    codes = ("missing_id", "duplicate_episode", "missing_hand_over", "hand_over_in_future")
    with company.open() as batches:
        found = [finding for finding in batches.findings if finding.code in codes]
    assert found == [
        finding for finding in check_tables(plain, label_tables(plain)) if finding.code in codes
    ]
    assert len(found) >= 3


def test_mistakes_are_told_before_anything_is_scored(
    company: Company, leads: pd.DataFrame, tmp_path: Path
) -> None:
    leads.drop(columns="MQL_Date__c").to_csv(tmp_path / "timeless.csv", index=False)
    with pytest.raises(LeadaccordError, match="MQL_Date__c"):
        company.open(tmp_path / "timeless.csv")
    leads.head(0).to_csv(tmp_path / "empty.csv", index=False)
    with pytest.raises(LeadaccordError, match="no rows"):
        company.open(tmp_path / "empty.csv")
