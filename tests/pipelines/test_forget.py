"""Forgetting a lead: what is kept of it goes, what others have stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from models.artifact.score_history import add_scores, find_secret, key_leads, read_history
from pipelines.forget import describe
from tests.pipelines.conftest import Leadaccord, Project


def keep(folder: Path, *leads: str) -> None:
    secret = find_secret(folder)
    at = pd.Series([pd.Timestamp("2026-06-01")] * len(leads))
    frame = pd.DataFrame(
        {
            "lead": key_leads(leads, secret),
            "handed_over_at": at,
            "scored_at": at,
            "probability": np.full(len(leads), 0.5),
            "0": 1.0,
        }
    )
    add_scores(folder, "m0123456789ab", frame, limit=10)


def test_a_lead_is_forgotten_by_its_id(untrained: Project, leadaccord: Leadaccord) -> None:
    history = untrained.home / "history"
    keep(history, "00Q6dvOfvVDzEzxyf3", "00QtheOther")
    # Salesforce shows the same record by 15 characters as well; blanks come with copying.
    run = leadaccord("forget", " 00Q6dvOfvVDzEzxyf3 ", "--json", "--config", untrained.config)
    assert run.code == 0 and run.json["removed"] == 1
    assert len(read_history(history).notes()) == 1
    again = leadaccord("forget", "00Q6dvOfvVDzEzxyf3", "--config", untrained.config)
    assert again.code == 0 and "no scores were kept of it" in again.out
    assert "checksum" in again.out


def test_where_nothing_is_kept_nothing_is_made(untrained: Project, leadaccord: Leadaccord) -> None:
    assert leadaccord("forget", "x", "--config", untrained.config).code == 0
    assert not (untrained.home / "history").exists()
    none = leadaccord("forget", " ", "--json", "--config", untrained.config)
    assert none.code == 2 and none.json["error"]["code"] == "usage"


def test_the_result_fits_a_terminal() -> None:
    result = {"lead_id": "00Q" * 6, "removed": 2, "sent": 1, "stays": ["what others have " * 9]}
    lines = describe(result)
    assert "2 kept scores removed" in lines[0] and "in a CRM is removed" in lines[1]
    assert all(len(line) <= 80 for line in lines)
