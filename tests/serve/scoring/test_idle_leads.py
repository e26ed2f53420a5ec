"""Promises of `serve.scoring.idle_leads`: what cannot be chance is said, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.artifact.reference import Reference
from serve.scoring.idle_leads import LAST_TOUCH, note_idle_leads
from tests.trained import train_once


@pytest.fixture(scope="module")
def reference() -> Reference:
    """Leads of which 5 in 100 had done nothing."""
    found = train_once()[1].bundle.reference
    assert found is not None and LAST_TOUCH in found.newest
    return replace(found, newest={LAST_TOUCH: np.array([500, 450, 50])})


@pytest.mark.parametrize(
    ("idle", "leads", "said"),
    [
        (0, 0, False),
        (15, 300, False),
        (40, 300, False),
        (150, 300, True),
        (3, 3, False),
        (4, 4, True),
    ],
)
def test_only_what_cannot_be_chance_is_said(
    reference: Reference, idle: int, leads: int, said: bool
) -> None:
    found = note_idle_leads(idle, leads, reference)
    assert bool(found) == said
    if said:
        assert f"{idle} of {leads} leads" in found[0].message and "training 5%" in found[0].message
        assert found[0].severity == "warning"


def test_nothing_is_said_where_the_usual_share_is_not_known(reference: Reference) -> None:
    assert note_idle_leads(300, 300, None) == []
    assert note_idle_leads(300, 300, replace(reference, newest={})) == []
