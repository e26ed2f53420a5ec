"""What a card says agrees with the model's own figures and with what was decided."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from features.language import language
from serve.card.provenance import Standing
from serve.card.summary import HOW_APPROVED, list_segments, list_strengths, to_day
from tests.serve.card.cards import (
    HOSTILE,
    any_provenance,
    make_bundle,
    make_comparison,
    make_verdict,
    summarise,
)


def test_counts_add_up_and_figures_are_the_models_own() -> None:
    bundle, said = make_bundle(), summarise()
    figures = bundle.figures
    data = said["data"]
    assert data["leads"] == figures["n_train"] + figures["n_test"]
    assert data["read"] == data["leads"] + sum(figures["excluded"].values())
    assert sum(part["n"] for part in data["excluded"]) == sum(figures["excluded"].values())
    rows = {row["name"]: row for row in said["measures"]}
    assert rows["AUC"]["model"] == figures["judged"]["auc"]
    assert rows["AUC"]["peer"] == figures["logistic_regression"]["auc"]["value"]
    assert rows["Average precision"]["blind"] == figures["base_rate"]
    assert rows["Log-loss"]["blind"] == figures["judged"]["log_loss_of_base_rate"]
    assert [name for name, row in rows.items() if row["lower"]] == ["Log-loss", "Brier score"]


def test_every_judged_lead_is_in_one_group_of_each_segment() -> None:
    bundle = make_bundle(segments=make_segments([("Web", 40), ("Fair", 60)]))
    (part,) = list_segments(bundle, language("en"))
    assert sum(group["leads"] for group in part["groups"]) == 100
    assert [group["side"] for group in part["groups"]] == ["near", "near"]
    shifted = make_bundle(segments=make_segments([("Web", 40)], expected=0.2))
    assert list_segments(shifted, language("en"))[0]["groups"][0]["side"] == "above"
    shifted = make_bundle(segments=make_segments([("Web", 40)], expected=0.8))
    assert list_segments(shifted, language("en"))[0]["groups"][0]["side"] == "below"


def make_segments(
    groups: list[tuple[str, int]], *, expected: float = 0.5, kind: str = "level"
) -> dict[str, list[dict[str, Any]]]:
    share = {"value": 0.5, "low": 0.4, "high": 0.6}
    rest = {"kind": kind, "accepted": share, "mean_predicted": expected, "auc": None}
    return {"LeadSource": [{"group": name, "n": n, **rest} for name, n in groups]}


@pytest.mark.parametrize(("kind", "name"), [("missing", "(not given)"), ("other", "(all others)")])
def test_leads_without_a_value_and_rare_ones_have_a_name(kind: str, name: str) -> None:
    bundle = make_bundle(segments=make_segments([("x", 9)], kind=kind))
    assert list_segments(bundle, language("en"))[0]["groups"][0]["name"] == name


def test_a_segment_of_no_known_feature_is_shown_by_its_name() -> None:
    bundle = make_bundle(segments={"Gone": make_segments([("x", 9)])["LeadSource"], "Empty": []})
    (part,) = list_segments(bundle, language("en"))
    assert (part["label"], part["groups"][0]["name"]) == ("Gone", "x")


def test_strengths_are_shares_of_all_strongest_first() -> None:
    bundle = make_bundle()
    strengths = [driver["strength"] for driver in list_strengths(bundle, language("en"))]
    assert strengths == sorted(strengths, reverse=True)
    assert sum(strengths) == pytest.approx(1)  # of few topics all are shown


COMPARED = {"compared": make_comparison()}
ALONE = {"compared": make_comparison(None, alone=True)}
HELD = {"put_in_use": False}


@pytest.mark.parametrize(
    ("how", "skill", "mode", "rest"),
    [
        ("train", "good", None, {}),
        ("none", "none", None, HELD),
        ("gate", "good", "on", COMPARED),
        ("first", "good", "on", ALONE),
        ("off", "good", "off", COMPARED),
        ("held", "good", "on", HELD),
        ("held", "good", "off", HELD),
        ("none", "none", "on", HELD),
        ("dry-run", "good", "dry-run", HELD),
    ],
)
def test_who_approved_is_told_of_every_way_a_model_comes_to_be(
    how: str, skill: str, mode: str | None, rest: dict[str, Any]
) -> None:
    verdict = None if mode is None else make_verdict(mode)
    said = summarise(bundle=make_bundle(skill=skill), verdict=verdict, **rest)
    assert said["approval"]["how"] == HOW_APPROVED[how]
    assert said["approval"]["person"] is None


def test_a_person_and_the_gate_both_have_their_say() -> None:
    standing = Standing(in_use=False, approved_by=f"Ana\u202e {HOSTILE}", approved_on="2026-03-04")
    verdict = make_verdict("on", "too few leads")
    approval = summarise(standing=standing, verdict=verdict, put_in_use=False)["approval"]
    assert approval["person"].startswith("Ana") and "\u202e" not in approval["person"]
    assert approval["day"] == date(2026, 3, 4)
    assert [language("en").phrase(reason) for reason in approval["reasons"]] == ["too few leads"]


def test_the_comparison_is_that_of_the_retraining() -> None:
    said = summarise(verdict=make_verdict(), compared=make_comparison())["compared"]
    assert (said["champion"], said["leads"]) == ("mold", 1_234)
    assert said["window"] == [date(2026, 1, 2), date(2026, 2, 3)]
    assert [row["difference"]["value"] for row in said["measures"]] == [pytest.approx(0.03)] * 4
    assert summarise()["compared"] is None
    alone = summarise(compared=make_comparison(alone=True))["compared"]
    assert alone["measures"] == [] and alone["leads"] is None


def test_the_day_of_a_moment_just_before_midnight_is_the_day_asked_for() -> None:
    assert to_day("2026-02-28 23:59:59.999999") == date(2026, 3, 1)
    assert to_day(None) is None
    assert any_provenance().as_of is not None
