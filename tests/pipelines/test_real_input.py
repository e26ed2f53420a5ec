"""The three real inputs, by the settings in examples/, each trained once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.contract.tables import Tables
from features.labels import Labels, label_tables
from features.language import language
from features.settings.load import load_settings
from models.artifact.folder import load_bundle
from pipelines import train
from pipelines.console import Console
from pipelines.reading import read_own
from serve.report.assemble import assemble
from serve.report.disagreements import MAX_LISTED
from serve.report.scored_hand_overs import score_hand_overs
from tests.true_reasons import (
    find_middles,
    find_plain,
    judge_exchanged,
    judge_typical,
    recount,
    tell,
)

pytestmark = [pytest.mark.real, pytest.mark.slow]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def train_example(name: str, data: Path, folder: Path, *, exclude: bool = True) -> dict[str, Any]:
    """Train by an example's settings, if asked without its list of columns to exclude."""
    settings = (EXAMPLES / f"{name}.toml").read_text("utf-8")
    if not exclude:
        settings, n = re.subn(r"^exclude = \[.*?\]", "exclude = []", settings, flags=re.M | re.S)
        assert n == 1
    config = folder / "leadaccord.toml"
    config.write_text(settings, "utf-8")
    (folder / "data").symlink_to(data, target_is_directory=True)
    result = train.run(Console(as_json=True, quiet=True), config=config)
    version = result["model_version"]
    bundle = load_bundle(folder / ".leadaccord" / "models" / version)
    learned = {feature.column for feature in bundle.table.features}
    return {**result, "learned": learned, "config": config, "bundle": bundle}


def list_suspects(result: dict[str, Any], action: str) -> set[str]:
    return {each["column"] for each in result["leak_suspects"] if each["action"] == action}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return lambda name: tmp_path_factory.mktemp(name)


@pytest.fixture(scope="module")
def xeducation(real_data: Path, folder: Any) -> dict[str, Any]:
    return train_example("xeducation", real_data, folder("xeducation"))


@pytest.fixture(scope="module")
def xeducation_whole(real_data: Path, folder: Any) -> dict[str, Any]:
    return train_example("xeducation", real_data, folder("whole"), exclude=False)


@pytest.fixture(scope="module")
def olist(real_data: Path, folder: Any) -> dict[str, Any]:
    return train_example("olist", real_data, folder("olist"))


@pytest.fixture(scope="module")
def bank(real_data: Path, folder: Any) -> dict[str, Any]:
    return train_example("bank", real_data, folder("bank"))


@pytest.fixture(scope="module")
def bank_whole(real_data: Path, folder: Any) -> dict[str, Any]:
    return train_example("bank", real_data, folder("bank-whole"), exclude=False)


def test_x_education_without_its_leaks(xeducation: dict[str, Any]) -> None:
    assert xeducation["split"] == "order"
    assert xeducation["n_train"] + xeducation["n_test"] == 9_240
    assert xeducation["auc"] >= 0.880
    assert xeducation["skill"] == "good"
    assert "Total Time Spent on Website" in xeducation["learned"]


def test_x_education_with_nothing_excluded(xeducation_whole: dict[str, Any]) -> None:
    written_by_sales = {"Tags", "Lead Quality", "Lead Profile"}
    assert written_by_sales <= list_suspects(xeducation_whole, "quarantined")
    assert not written_by_sales & xeducation_whole["learned"]
    assert "Total Time Spent on Website" in xeducation_whole["learned"]
    assert xeducation_whole["auc"] <= 0.95


def test_olist_from_two_tables(olist: dict[str, Any], real_data: Path) -> None:
    assert olist["split"] == "time"
    assert round(olist["train_base_rate"], 3) == 0.124
    assert round(olist["base_rate"], 3) == 0.081
    assert olist["auc"] >= 0.69


def test_olist_deals_are_known_to_exist_only_after_the_decision(
    olist: dict[str, Any], real_data: Path
) -> None:
    deals = pd.read_csv(real_data / "olist_closed_deals_dataset.csv", nrows=1)
    columns = set(deals.columns) - {"mql_id"}
    assert len(columns) == 13
    assert columns <= list_suspects(olist, "quarantined")
    assert not columns & olist["learned"]


def test_bank_in_the_order_of_its_file(bank: dict[str, Any]) -> None:
    assert bank["split"] == "file"
    assert bank["n_train"] + bank["n_test"] == 41_188
    assert bank["auc"] >= 0.70


def test_bank_with_nothing_excluded(bank_whole: dict[str, Any]) -> None:
    suspects = list_suspects(bank_whole, "quarantined") | list_suspects(bank_whole, "ask")
    assert "duration" in suspects


@pytest.fixture(scope="module")
def xeducation_leads(xeducation: dict[str, Any]) -> tuple[Tables, Labels]:
    tables = read_own(load_settings(xeducation["config"]), xeducation["bundle"])
    return tables, label_tables(tables)


def test_reasons_of_x_education_are_true(
    xeducation: dict[str, Any], xeducation_leads: tuple[Tables, Labels]
) -> None:
    bundle, (tables, labels) = xeducation["bundle"], xeducation_leads
    values = bundle.table.compute(tables)
    known, accepted = values[labels.used], labels.accepted[labels.used]
    leads = values.sample(1_000, random_state=1)
    reasons = tell(bundle, leads)
    encode = bundle.table.encode
    matrix = encode(leads)
    assert len(reasons) > 4_000
    _, right = judge_typical(bundle, reasons, matrix, find_plain(bundle, encode(known)))
    assert right >= 0.95
    middles = find_middles(bundle, encode(known), accepted.to_numpy())
    right, _ = judge_typical(bundle, reasons, matrix, middles)
    assert right >= 0.95
    assert judge_exchanged(bundle, reasons[:1_000], matrix, encode(known)) >= 0.99
    found = list(recount(bundle, reasons, leads, known, accepted))
    assert len(found) > 1_000
    for (share, base, count), (own_share, own_base, own_count) in found:
        assert count == own_count
        assert abs(share - own_share) <= 0.5 + 1e-9
        assert abs(base - own_base) <= 0.5 + 1e-9


def test_without_times_the_report_lacks_only_what_needs_them(
    xeducation: dict[str, Any], xeducation_leads: tuple[Tables, Labels]
) -> None:
    tables, labels = xeducation_leads
    scored = score_hand_overs(xeducation["bundle"], tables, labels)
    (report,) = assemble(xeducation["bundle"], tables, scored, [language("en")], newest=1_000)
    opening, leads = report.opening, report.leads
    assert (opening.start, opening.end, opening.waiting, opening.overdue) == (None, None, 0, 0)
    assert opening.handed_over == leads.total == 9_240
    assert [grouping.key for grouping in report.groupings] == ["source"]
    assert report.groupings[0].groups[0].judged is not None
    assert report.rejections is None
    assert report.changes
    assert leads.events == ((),) * 1_000
    assert leads.frame["handed_over_at"].isna().all()
    assert (leads.similar[:, 0] >= 0).mean() > 0.9
    places = (report.disagreements.rejected, report.disagreements.accepted)
    assert all(MAX_LISTED / 2 < len(listed) <= MAX_LISTED for listed in places)
