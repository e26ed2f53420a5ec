"""Readings: the same however often one looks, and what each verdict needs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from models.trials.groups import draw_groups
from models.trials.reading import read_trial
from tests.models.trials.plans import START, make_arrivals, make_trial

BEGIN = pd.Timestamp(START)
LATE = BEGIN + pd.Timedelta(days=400)


def test_a_large_rise_works_and_a_fall_harms() -> None:
    plan = make_trial()
    works = read_trial(plan, make_arrivals(plan, 1_500, rise=0.2), now=LATE)
    assert works.verdict == "works" and 0 < works.low < 0.2 < works.high
    assert works.difference == pytest.approx(0.2, abs=0.08)
    harms = read_trial(plan, make_arrivals(plan, 1_500, rise=-0.2), now=LATE)
    assert harms.verdict == "harms" and harms.high < 0


def test_looking_every_day_shows_what_the_last_look_shows() -> None:
    plan = make_trial()
    arrivals = make_arrivals(plan, 900, rise=0.15, seed=3)
    moments = [BEGIN + pd.Timedelta(days=days) for days in range(0, 110, 5)]
    readings = [read_trial(plan, arrivals, now=now) for now in moments]
    assert all(a.low <= b.low for a, b in pairwise(readings))
    assert all(a.high >= b.high for a, b in pairwise(readings))
    verdicts = [reading.verdict for reading in readings]
    first = verdicts.index("works")
    assert set(verdicts[first:]) == {"works"} and first > 0
    shown = readings[-1].shown_on
    assert shown is not None and moments[first - 1] < shown <= moments[first]


def test_row_order_does_not_matter() -> None:
    plan = make_trial(share=0.7)
    arrivals = make_arrivals(plan, 500, rise=0.1)
    assert read_trial(plan, arrivals, now=LATE) == read_trial(
        plan, arrivals.sample(frac=1, random_state=1), now=LATE
    )


def test_without_leads_it_is_open() -> None:
    plan = make_trial()
    reading = read_trial(plan, make_arrivals(plan, 0), now=LATE)
    assert (reading.verdict, reading.difference, reading.low, reading.high) == ("open", None, -1, 1)
    assert reading.leads == reading.arrived == reading.outcomes == (0, 0)


def test_young_leads_do_not_count_yet() -> None:
    plan = make_trial(days=10)
    arrivals = make_arrivals(plan, 200, per_day=10)
    now = BEGIN + pd.Timedelta(days=14.5)
    reading = read_trial(plan, arrivals, now=now)
    old = arrivals[arrivals["at"] <= now - pd.Timedelta(days=10)]
    came = arrivals[arrivals["at"] <= now]
    assert sum(reading.leads) == len(old) < sum(reading.arrived) == len(came) < 200
    assert sum(reading.outcomes) == old["outcome"].sum()


def test_a_lost_group_is_faulty_whatever_the_difference() -> None:
    plan = make_trial()
    arrivals = make_arrivals(plan, 2_000, rise=0.3)
    score = draw_groups(arrivals["lead_id"], name=plan.name, share=plan.share)
    lost = np.random.default_rng(1).random(len(arrivals)) < 0.5
    reading = read_trial(plan, arrivals[~(score & lost)], now=LATE)
    assert reading.verdict == "faulty" and reading.ratio_doubt >= 100
    assert reading.shown_on is None


def test_no_rise_ends_as_too_small_or_not_shown() -> None:
    plan = make_trial(size=300)
    assert read_trial(plan, make_arrivals(plan, 300), now=LATE).verdict == "not shown"
    assert read_trial(plan, make_arrivals(plan, 290), now=LATE).verdict == "open"
    assert read_trial(plan, make_arrivals(plan, 6_000), now=LATE).verdict == "too small"


def test_a_difference_that_turns_is_changed() -> None:
    plan = make_trial()
    both = [
        make_arrivals(plan, 1_500, rise=rise, seed=seed) for seed, rise in ((1, 0.3), (2, -0.3))
    ]
    both[1]["at"] += pd.Timedelta(days=150)
    reading = read_trial(plan, pd.concat(both), now=LATE)
    assert reading.verdict == "changed" and reading.low > reading.high
