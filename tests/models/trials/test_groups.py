"""Group assignment: a lead's id decides alone, and a file of groups is held to it."""

from __future__ import annotations

import hashlib
import hmac
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import DataRefused
from models.trials.groups import count_moved, draw_groups, name_groups
from tests.models.trials.plans import make_trial

IDS = st.lists(st.text(), unique=True)
MANY = [f"00Q{number}" for number in range(20_000)]


def test_groups_are_those_of_every_machine() -> None:
    leads = ["00Q5e00000AbCdEEAV", "L1", "", "Łódź", "42"]
    drawn = draw_groups(leads, name="winter", share=0.5).tolist()
    assert drawn == [False, False, True, True, True]
    for lead, found in zip(leads, drawn, strict=True):
        digest = hmac.digest(b"leadaccord trial winter", lead.encode(), hashlib.sha256)
        assert found == (digest[0] < 128)


@given(IDS, st.randoms(use_true_random=False), st.floats(0.05, 0.95))
def test_neither_row_order_nor_other_leads_matter(
    leads: list[str], random: Random, share: float
) -> None:
    drawn = dict(zip(leads, draw_groups(leads, name="a", share=share), strict=True))
    some = random.sample(leads, len(leads) // 2)
    again = draw_groups(some, name="a", share=share).tolist()
    assert again == [drawn[lead] for lead in some]


@pytest.mark.parametrize("share", [0.05, 0.5, 0.8])
def test_the_share_is_the_one_planned(share: float) -> None:
    found = draw_groups(MANY, name="winter", share=share).mean()
    assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / len(MANY))


def test_a_larger_share_keeps_who_was_in() -> None:
    small, large = (draw_groups(MANY, name="winter", share=share) for share in (0.3, 0.5))
    assert (large >= small).all()


def test_two_trials_draw_independently() -> None:
    one, two = (draw_groups(MANY, name=name, share=0.5) for name in ("winter", "spring"))
    assert abs((one == two).mean() - 0.5) < 4 * 0.5 / np.sqrt(len(MANY))


def list_given(name: str) -> pd.DataFrame:
    """Return the groups that a trial of this name gives."""
    leads = MANY[:400]
    return pd.DataFrame({"lead_id": leads, "group": name_groups(leads, make_trial(name=name))})


def test_a_file_of_the_plan_has_moved_nobody_and_the_moved_are_counted() -> None:
    given_groups = list_given("winter")
    assert count_moved(given_groups, make_trial(), where="groups.csv") == 0
    given_groups.loc[:6, "group"] = given_groups.loc[:6, "group"].map(
        {"score": "hold-out", "hold-out": "score"}
    )
    given_groups.loc[399, "group"] = None
    assert count_moved(given_groups, make_trial(), where="groups.csv") == 7


def test_a_file_of_another_key_is_refused() -> None:
    with pytest.raises(DataRefused, match=r"not drawn by this plan \(groups.csv\)") as caught:
        count_moved(list_given("spring"), make_trial(), where="groups.csv")
    assert caught.value.code == "groups_of_another_plan"


@pytest.mark.parametrize("group", ["Score", "control", None])
def test_an_unknown_group_is_refused(group: str | None) -> None:
    found = pd.DataFrame({"lead_id": ["L1", "L2"], "group": [group, group]})
    with pytest.raises(DataRefused, match=r'[Ee]xpected "score" or "hold-out"') as got:
        count_moved(found, make_trial(), where="groups.csv")
    assert got.value.code == "group_unknown"
