"""The three real inputs, by the settings in examples/, each trained once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from models.storage import load_bundle
from pipelines import train
from pipelines.console import Console

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
    return {**result, "learned": {feature.column for feature in bundle.table.features}}


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
