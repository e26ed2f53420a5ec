"""The backtest as its users run it: a page, a sentence, and refusals in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.errors import DataRefused
from features.language import Phrase
from models.promotion.backtest import POLICIES
from pipelines.backtest import choose_models, refuse_untrained
from pipelines.replay import Decided
from tests.pipelines.conftest import Leadaccord, Run

MAY, JUNE = pd.Timestamp("2025-05-01"), pd.Timestamp("2025-06-01")


def decide(version: str | None, champion: str | None, *, skilled: bool = True) -> Decided:
    return Decided(MAY, version, skilled, champion, "held", (Phrase("why"),))


@pytest.fixture
def made(year: Path, leadaccord: Leadaccord, tmp_path: Path) -> Run:
    out = tmp_path / "new" / "page.html"
    return leadaccord(
        "backtest", "--months", 3, "--json", "--out", out, "--config", year / "leadaccord.toml"
    )


def test_history_is_replayed_and_told(
    made: Run,
    year: Path,
    leadaccord: Leadaccord,
    tmp_path: Path,
) -> None:
    assert made.code == 0
    result = made.json
    months = result["months"]
    assert len(months) == 3
    assert months[0]["decision"] == "promoted"
    assert len(set(months[0]["models"].values())) == 1
    models = [month["models"]["retrained"] for month in months]
    assert len(set(models)) == 3
    assert {month["models"]["kept"] for month in months} == {models[0]}
    counted = [month["figures"] for month in months if month["figures"]]
    leads = pd.read_csv(year / "data" / "leads.csv", usecols=["MQL_Date__c"])
    at = pd.to_datetime(leads["MQL_Date__c"], errors="coerce")
    for month in months:
        inside = (at >= month["start"]) & (at < month["end"])
        if month["figures"]:
            assert 0 < month["figures"]["leads"] <= inside.sum()
            assert set(month["figures"]["ways"]) == set(POLICIES)
    assert counted and result["worth"]["retrained"]["leads"] == sum(
        month["figures"]["leads"] for month in months[1:] if month["figures"]
    )
    assert "onthly retraining" in result["sentence"]
    page = Path(result["out"]).read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>") and "<svg" in page
    # In words: all is kept already, so this is quick.
    out = tmp_path / "again.html"
    config = year / "leadaccord.toml"
    plain = leadaccord("backtest", "--months", 3, "--out", out, "--config", config)
    assert "onthly retraining" in plain.out and str(out.name) in plain.out.replace("\n", "")
    assert all(len(line) < 80 for line in plain.out.splitlines())
    assert out.read_text("utf-8") == page


def test_the_page_never_replaces_what_it_is_made_from(
    year: Path,
    leadaccord: Leadaccord,
) -> None:
    leads = year / "data" / "leads.csv"
    before = leads.read_bytes()
    run = leadaccord("backtest", "--out", leads, "--config", year / "leadaccord.toml")
    assert run.code == 2 and "would replace what it is made from" in run.err
    assert leads.read_bytes() == before


def test_without_times_of_decision_nothing_is_replayed(
    year: Path,
    leadaccord: Leadaccord,
    tmp_path: Path,
) -> None:
    text = (year / "leadaccord.toml").read_text("utf-8")
    text = text.replace('decided_at = "CreatedDate"\n', "").replace('preset = "salesforce"\n', "")
    config = year / "untimed.toml"
    config.write_text(text, "utf-8")
    run = leadaccord("backtest", "--out", tmp_path / "page.html", "--config", config)
    assert run.code == 2
    assert "needs the times of leads and decisions" in run.err
    assert "decided_at under [decision]" in run.err
    assert not (tmp_path / "page.html").exists()


def test_too_little_history_is_refused_in_words() -> None:
    with pytest.raises(DataRefused, match="No model could be trained") as caught:
        refuse_untrained([decide(None, None), decide(None, None)])
    assert caught.value.code == "too_little_history"
    refuse_untrained([decide(None, None), decide("m1", "m1")])


def test_all_ways_begin_with_the_first_model_and_then_part() -> None:
    models: Any = dict.fromkeys(POLICIES)
    models = choose_models(models, decide(None, None))
    assert set(models.values()) == {None}
    models = choose_models(models, decide("m1", "m1"))
    assert set(models.values()) == {"m1"}
    models = choose_models(models, decide("m2", "m1"))
    assert models == {"kept": "m1", "retrained": "m2", "gated": "m1"}
    # A model without skill is put in use by nobody, nor is one that could not be trained.
    assert choose_models(models, decide("m3", "m1", skilled=False)) == models
    assert choose_models(models, decide(None, "m1")) == models
    assert choose_models(models, decide("m4", "m4"))["gated"] == "m4"
