"""Censoring: open records among the rejections are noticed, and steady companies left alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.checks.censoring import Censoring, fit_censoring
from features.checks.tables import check_tables
from features.findings import Finding
from features.labels import read_labelled
from features.settings.load import load_settings

DAYS = 540.0


def simulate(
    seed: int, leads: int, *, accepted: float = 0.4, wait: float = 0.0, change: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return ages and answers of a company; with a wait, acceptances still to come are a no."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(0, DAYS, leads)
    age -= age.min()
    odds = np.log(accepted / (1 - accepted)) + change * (age / DAYS - 0.5)
    said = rng.random(leads) < 1 / (1 + np.exp(-odds))
    if wait:
        said &= rng.exponential(wait, leads) < age
    return age, said.astype(float)


def is_clear(age: np.ndarray, accepted: np.ndarray) -> bool:
    found = fit_censoring(age, accepted)
    return found is not None and found.is_clear


@pytest.mark.parametrize("change", [0.0, 1.0, -1.0])
def test_companies_without_open_records_raise_no_alarm(change: float) -> None:
    alarms = [is_clear(*simulate(seed, 1_000, change=change)) for seed in range(20)]
    assert sum(alarms) == 0


@pytest.mark.parametrize("wait", [20.0, 60.0])
def test_open_records_among_the_rejections_are_noticed(wait: float) -> None:
    alarms = [is_clear(*simulate(seed, 4_000, wait=wait)) for seed in range(10)]
    assert sum(alarms) >= 9


def test_the_number_of_open_leads_is_about_right() -> None:
    age, accepted = simulate(3, 8_000, wait=40.0)
    found = fit_censoring(age, accepted)
    true = 0.4 * np.exp(-age / 40.0).sum()
    assert found is not None
    assert 0.6 * true <= found.open_leads <= 1.6 * true
    assert 20 <= found.wait <= 80


@pytest.mark.parametrize("scale", [1 / 24, 365.0])
def test_the_unit_of_the_ages_does_not_matter(scale: float) -> None:
    age, accepted = simulate(4, 2_000, wait=40.0)
    one, other = fit_censoring(age, accepted), fit_censoring(age * scale, accepted)
    assert one is not None and other is not None
    assert other.evidence == pytest.approx(one.evidence, abs=0.1)
    assert other.wait == pytest.approx(one.wait * scale, rel=1e-6)


def test_the_order_of_the_leads_does_not_matter() -> None:
    age, accepted = simulate(5, 2_000, wait=40.0)
    mixed = np.random.default_rng(0).permutation(len(age))
    one, other = fit_censoring(age, accepted), fit_censoring(age[mixed], accepted[mixed])
    assert one is not None and other is not None
    assert other.evidence == pytest.approx(one.evidence, abs=1e-6)


def test_too_few_leads_say_nothing() -> None:
    age, accepted = simulate(6, 150, wait=60.0)
    assert fit_censoring(age, accepted) is None
    assert fit_censoring(np.zeros(900), np.tile([0.0, 1.0, 1.0], 300)) is None
    assert fit_censoring(np.arange(900.0), np.zeros(900)) is None


def test_every_part_of_the_evidence_is_needed() -> None:
    clear = Censoring(evidence=40.0, wait=30.0, open_leads=80.0, surely_fallen=True)
    assert clear.is_clear
    assert not replace(clear, evidence=1.0).is_clear
    assert not replace(clear, open_leads=3.0).is_clear
    assert not replace(clear, surely_fallen=False).is_clear


def check(folder: Path, wait: float, placed_by: str) -> list[Finding]:
    """Check a company's leads as the command does, and return the warnings about open records."""
    age, accepted = simulate(7, 4_000, wait=wait)
    leads = pd.DataFrame(
        {
            "Id": range(len(age)),
            "Created": pd.Timestamp("2024-06-01") - pd.to_timedelta(age, unit="D").round("s"),
            "Won": accepted.astype(int),
        }
    ).sort_values("Created")
    leads.to_csv(folder / "leads.csv", index=False)
    text = (
        f'[tables]\nleads = "leads.csv"\n[leads]\nid = "Id"\n{placed_by}\n'
        '[decision]\ncolumn = "Won"\naccepted = ["1"]\nrejected = ["0"]\n'
    )
    (folder / "leadaccord.toml").write_text(text, encoding="utf-8")
    tables, labels = read_labelled(load_settings(folder / "leadaccord.toml"))
    return [finding for finding in check_tables(tables, labels) if finding.code == "censored"]


@pytest.mark.parametrize("placed_by", ['handed_over_at = "Created"', 'order = "file"'])
def test_the_warning_says_how_many_may_be_open(tmp_path: Path, placed_by: str) -> None:
    (found,) = check(tmp_path, 40.0, placed_by)
    assert found.severity == "warning"
    assert "as open records would make them" in found.message
    assert "may still be open" in found.message
    assert check(tmp_path, 0.0, placed_by) == []
