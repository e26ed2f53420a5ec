"""The registry: every feature says what it is, where it comes from and why it is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import get_args

import pytest

from features.language import language
from features.matrix.definitions import (
    DOOR_FACETS,
    KINDS,
    WINDOWS,
    Feature,
    Form,
    activity_counts,
    activity_label,
    activity_summary,
    attribute,
    completeness,
    days_before,
    derived,
    hand_over_time,
    history,
    mentions,
    words,
)


def every_family() -> Iterator[Feature]:
    yield attribute("Lead {Source}", kind="context", form="category")
    yield days_before("CreatedDate", kind="context")
    for facet in DOOR_FACETS:
        yield derived("Title.x", facet)
    yield words("Notes", "fit")
    yield mentions("Notes", "demo", "fit")
    yield completeness()
    yield from hand_over_time()
    yield from activity_counts("demo_request")
    yield from activity_summary()
    yield from history()


FEATURES = list(every_family())


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_every_feature_accounts_for_itself(feature: Feature) -> None:
    assert feature.kind in KINDS and feature.form in get_args(Form)
    assert feature.source.split(".")[0] in ("leads", "activities", "decisions")
    assert feature.known and feature.why and feature.topic
    label = language("en").phrase(feature.label)
    assert label and "{" not in label.replace("{Source}", "")


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_a_feature_survives_json(feature: Feature) -> None:
    assert Feature.from_dict(json.loads(json.dumps(feature.to_dict()))) == feature


def test_names_are_unique() -> None:
    assert len({feature.name for feature in FEATURES}) == len(FEATURES)


def test_the_column_is_the_source_without_its_table() -> None:
    assert derived("Title.x", "seniority").column == "Title.x"
    assert attribute("a.b.c", kind="fit", form="number").column == "a.b.c"


def test_windows_and_types_are_read_from_the_labels() -> None:
    labels = [language("en").phrase(f.label) for f in activity_counts("demo_request")]
    assert labels == [
        "demo request in the 7 days before hand-over",
        "demo request in the 30 days before hand-over",
        "demo request in the 90 days before hand-over",
        "days from the last demo request to hand-over",
    ]
    assert WINDOWS == (7, 30, 90)


def test_facets_of_one_thing_share_a_topic() -> None:
    assert len({feature.topic for feature in activity_counts("visit")}) == 1
    assert len({feature.topic for feature in history()}) == 1
    assert derived("Title", "seniority").topic != derived("Title", "function").topic


@pytest.mark.parametrize(
    ("kind", "label"),
    [("demo_request", "demo request"), ("e-mail  open", "e mail open"), ("Call", "Call")],
)
def test_activity_types_are_shown_as_words(kind: str, label: str) -> None:
    assert activity_label(kind) == label
