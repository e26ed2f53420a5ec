"""Training: learned on older leads, judged once on newer ones, and what leaks is left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from features.contract.tables import Tables
from features.labels import RULES
from features.matrix.planning import plan_features
from models.estimator.calibration import fit_calibration
from models.estimator.components import Hyperparameters
from models.estimator.lead_quality import LeadQualityModel
from models.estimator.rolling_origin import RollingOriginPredictions
from models.evaluation.split import split_leads
from models.leakage.guards import find_dominant_columns, find_leaks
from models.leakage.suspect import LeakSuspect
from models.training import Trained, describe_choices, train_model
from tests.tables import make_settings
from tests.trained import N_LEADS, draw_tables, label, train, train_once

SHARE = 0.25
N_TEST = round(N_LEADS * SHARE)


def flip_newest(tables: Tables) -> Tables:
    """The same leads with the opposite answer for each lead of the test."""
    newest = tables.episodes["handed_over_at"].rank() > N_LEADS - N_TEST
    opposite = tables.episodes["decision"].map({"accepted": "rejected", "rejected": "accepted"})
    decision = tables.episodes["decision"].where(~newest, opposite)
    return replace(tables, episodes=tables.episodes.assign(decision=decision))


def shuffle_newest(tables: Tables) -> Tables:
    """The same leads with the answers of the test dealt out anew."""
    newest = tables.episodes["handed_over_at"].rank() > N_LEADS - N_TEST
    decision = tables.episodes["decision"].copy()
    decision[newest] = decision[newest].sample(frac=1, random_state=6).to_numpy()
    return replace(tables, episodes=tables.episodes.assign(decision=decision))


def turn_oldest(tables: Tables, share: float = 0.375) -> Tables:
    """The same leads with the opposite answers for the older half of those learned from."""
    oldest = tables.episodes["handed_over_at"].rank() <= share * N_LEADS
    opposite = tables.episodes["decision"].map({"accepted": "rejected", "rejected": "accepted"})
    decision = tables.episodes["decision"].where(~oldest, opposite)
    return replace(tables, episodes=tables.episodes.assign(decision=decision))


@cache
def turned_once() -> tuple[Tables, Trained]:
    """The shared tables with the older leads turned, and their model."""
    tables = turn_oldest(draw_tables())
    return tables, train(tables)


@cache
def strong_once() -> tuple[Tables, Trained]:
    """Tables with a column so strong that it is asked about, and their model."""
    won = draw_tables().episodes["decision"] == "accepted"
    noise = np.random.default_rng(11).normal(size=N_LEADS)
    tables = draw_tables(Score=np.round(1.6 * won + noise, 3))
    return tables, train(tables)


def with_leak(*, settings_trust: tuple[str, ...] = ()) -> Tables:
    """Leads with a column that copies the decision and one filled in after hand-over."""
    plain = draw_tables()
    accepted = plain.episodes["decision"] == "accepted"
    attributes = plain.attributes.assign(
        Verdict=np.where(accepted, "hot", "cold"),
        Visited=plain.episodes["handed_over_at"] + pd.Timedelta(days=1),
    )
    columns = dict(
        draw_tables(Verdict=attributes["Verdict"], Visited=attributes["Visited"]).columns
    )
    settings = make_settings(trust=settings_trust)
    return replace(plain, attributes=attributes, columns=columns, settings=settings)


@pytest.fixture(scope="module")
def leaky() -> Trained:
    return train(with_leak())


def test_the_test_is_newer_than_what_was_learned_from() -> None:
    tables, trained = train_once()
    at = tables.episodes["handed_over_at"]
    assert at[trained.split.train].max() < at[trained.split.test].min()
    assert len(trained.split.test) == N_TEST
    assert list(trained.probability.index) == list(trained.accepted.index)
    assert set(trained.probability.index) == set(trained.split.test)


def test_figures_are_those_of_the_newest_leads() -> None:
    tables, trained = train_once()
    figures = trained.bundle.figures
    accepted = (tables.episodes["decision"] == "accepted").astype(float)
    expected = roc_auc_score(accepted[trained.split.test], trained.probability)
    assert figures["auc"] == pytest.approx(expected, abs=1e-12)
    assert figures["auc_low"] < figures["auc"] < figures["auc_high"]
    shares = [accepted[part].mean() for part in (trained.split.test, trained.split.train)]
    assert [figures["base_rate"], figures["train_base_rate"]] == pytest.approx(shares, abs=1e-12)
    brier = ((trained.probability - accepted[trained.split.test]) ** 2).mean()
    assert figures["brier"] == pytest.approx(brier, abs=1e-12)
    assert figures["split"] == "time"


def judge_again(tables: Tables, trained: Trained) -> tuple[LeadQualityModel, np.ndarray]:
    """The model that was judged, made again from the older leads, and what it says of the test."""
    table, values, _ = plan_features(tables, trained.split.train, omit={})
    accepted = (tables.episodes["decision"] == "accepted").astype(float)
    model = LeadQualityModel(Hyperparameters(seed=tables.settings.train.seed)).fit(
        table.encode(values.loc[trained.split.train]),
        accepted[trained.split.train].to_numpy(),
        categories=table.categories,
    )
    return model, table.encode(values.loc[trained.split.test])


def test_the_judged_model_learned_from_the_older_leads_alone() -> None:
    tables, trained = train_once()
    model, test = judge_again(tables, trained)
    again = model.predict_proba(test)[:, 1]
    assert trained.probability.to_numpy().tobytes() == again.tobytes()


RESULTS = {
    "without_asked_about",
    "base_rate",
    "auc",
    "auc_low",
    "auc_high",
    "average_precision",
    "average_precision_low",
    "average_precision_high",
    "brier",
    "log_loss",
    "ece",
    "skill",
    "probabilities",
    "judged",
    "logistic_regression",
    "segments",
}
"""What tells how the judged model did; `base_log_odds` is of the refitted one."""


@pytest.mark.parametrize(
    ("world", "change"),
    [
        (train_once, flip_newest),
        (train_once, shuffle_newest),
        (turned_once, flip_newest),
        (strong_once, flip_newest),
    ],
)
def test_the_answers_of_the_test_teach_nothing_before_the_refit(
    world: Callable[[], tuple[Tables, Trained]], change: Callable[[Tables], Tables]
) -> None:
    tables, trained = world()
    other = train(change(tables))
    assert other.probability.to_numpy().tobytes() == trained.probability.to_numpy().tobytes()
    assert other.accepted.tolist() != trained.accepted.tolist()
    figures, changed = trained.bundle.figures, other.bundle.figures
    differing = {name for name in figures if figures[name] != changed[name]}
    assert {"auc", "brier", "judged"} <= differing <= RESULTS | {"base_log_odds"}
    assert other.findings == trained.findings
    assert other.bundle.table == trained.bundle.table
    assert other.bundle.model.hyperparameters_ == trained.bundle.model.hyperparameters_
    # The refit does learn from them: that is what it is for.
    assert other.bundle.model.to_stored()[0] != trained.bundle.model.to_stored()[0]


def test_a_strong_column_is_kept_and_asked_about() -> None:
    figures = strong_once()[1].bundle.figures
    suspects = [(entry["column"], entry["action"]) for entry in figures["leak_suspects"]]
    assert suspects == [("Score", "ask")]
    assert "Score" in {feature.column for feature in strong_once()[1].bundle.table.features}


def test_the_opposite_answers_give_the_opposite_figure() -> None:
    _, trained = train_once()
    flipped = train(flip_newest(draw_tables()))
    assert flipped.accepted.tolist() == (1 - trained.accepted).tolist()
    auc = trained.bundle.figures["auc"]
    assert flipped.bundle.figures["auc"] == pytest.approx(1 - auc, abs=1e-9)


@pytest.mark.parametrize(("world", "history"), [(train_once, 1.0), (turned_once, 0.5)])
def test_the_refit_keeps_what_was_chosen_and_calibrates_on_the_test_too(
    world: Callable[[], tuple[Tables, Trained]], history: float
) -> None:
    tables, trained = world()
    judged, test = judge_again(tables, trained)
    refitted, chosen = trained.bundle.model, trained.bundle.figures["chosen"]
    assert refitted.hyperparameters_ == judged.hyperparameters_
    assert chosen["history"] == judged.hyperparameters_.train_window == history
    assert chosen["trees"] == judged.components_.booster.num_trees()
    assert chosen["forward_leads"] == len(judged.rolling_origin_.log_odds)
    expected = fit_calibration(
        np.r_[judged.rolling_origin_.log_odds, judged.log_odds(test)],
        np.r_[judged.rolling_origin_.accepted, trained.accepted],
        posterior_sd=refitted.calibration_.posterior_sd,
    )
    assert refitted.calibration_ == expected
    # More leads leave less open.
    assert refitted.calibration_.posterior_sd < judged.calibration_.posterior_sd


def test_how_far_calibration_moved_is_told_of_the_newest_quarter() -> None:
    tables, trained = train_once()
    judged, _ = judge_again(tables, trained)
    moved = trained.bundle.figures["calibration_moved"]
    # What is kept has twelve significant digits.
    assert moved == pytest.approx(describe_choices(judged)["calibration_moved"], abs=1e-11)
    # Half of the older leads have forward predictions, and a quarter of these are the newest.
    older = trained.split.train
    newest = older[-round(len(older) / 8) :]
    accepted = tables.episodes.loc[newest, "decision"] == "accepted"
    assert moved["leads"] == len(newest)
    assert moved["accepted"] == pytest.approx(accepted.mean())
    z = judged.rolling_origin_.log_odds[-len(newest) :]
    assert moved["before"] == pytest.approx((1 / (1 + np.exp(-z))).mean())
    calibration = judged.calibration_
    by_hand = 1 / (1 + np.exp(-calibration.shift - calibration.slope * z))
    assert moved["after"] == pytest.approx(by_hand.mean())


def test_leaks_are_found_alike_whatever_the_newest_leads_say(leaky: Trained) -> None:
    other = train(flip_newest(with_leak()))
    assert other.bundle.figures["leak_suspects"] == leaky.bundle.figures["leak_suspects"]


def test_what_is_quarantined_is_in_no_feature(leaky: Trained) -> None:
    suspects = {entry["column"]: entry for entry in leaky.bundle.figures["leak_suspects"]}
    quarantined = {name for name, entry in suspects.items() if entry["action"] == "quarantined"}
    assert {"Verdict", "Visited"} <= quarantined
    assert not quarantined & {feature.column for feature in leaky.bundle.table.features}
    assert quarantined <= set(leaky.bundle.table.skipped)
    assert leaky.bundle.figures["auc"] < 0.9
    assert leaky.bundle.figures["features"] == len(leaky.bundle.table.features)
    assert len(suspects) == len(leaky.bundle.figures["leak_suspects"])


def test_what_the_settings_trust_is_learned_from() -> None:
    trained = train(with_leak(settings_trust=("Verdict",)))
    assert "Verdict" in {feature.column for feature in trained.bundle.table.features}
    assert trained.bundle.figures["auc"] > 0.95
    assert "Verdict" not in {entry["column"] for entry in trained.bundle.figures["leak_suspects"]}


def test_guards_look_at_columns_and_at_types_of_activity() -> None:
    tables, trained = train_once()
    labels = label(tables)
    suspects, alone = find_leaks(tables, trained.split.train, labels.accepted, labels)
    assert set(alone) == {*tables.attributes.columns, "visit"}
    assert all(0.4 < auc < 1 for auc in alone.values())
    assert suspects == []


def test_a_column_that_carries_the_skill_is_asked_about() -> None:
    rng = np.random.default_rng(2)
    strong = np.round(rng.normal(size=900), 3)
    weak = rng.normal(size=900)
    accepted = (rng.random(900) < 1 / (1 + np.exp(-1.5 * strong))).astype(float)
    model = LeadQualityModel().fit(np.column_stack([strong, weak]), accepted)
    alone = {"strong": roc_auc_score(accepted, strong), "weak": 0.51}
    rolling_origin = model.rolling_origin_

    def ask(rolling: RollingOriginPredictions, *known: str) -> list[LeakSuspect]:
        return find_dominant_columns(rolling, alone, leads=900, known=known, types={"strong"})

    asked = ask(rolling_origin)
    assert [(suspect.column, suspect.action) for suspect in asked] == [("strong", "ask")]
    assert (asked[0].leads, asked[0].table) == (900, "activities")
    assert ask(rolling_origin, "strong") == []
    alike = replace(rolling_origin, accepted=np.ones(len(rolling_origin.accepted)))
    assert ask(alike) == []


def test_the_refit_knows_every_lead_used() -> None:
    tables, trained = train_once()
    assert trained.bundle.statistics.leads == N_LEADS
    assert trained.bundle.statistics.accepted == (tables.episodes["decision"] == "accepted").sum()
    assert trained.bundle.table.order == "time"


def test_counts_by_rule_add_up() -> None:
    tables = draw_tables()
    episodes = tables.episodes.copy()
    episodes.loc[:9, "lead_id"] = None
    episodes.loc[20:49, "decision"] = None
    figures = train(replace(tables, episodes=episodes)).bundle.figures
    assert list(figures["excluded"]) == list(RULES)
    assert figures["excluded"]["missing_id"] == 10
    assert figures["excluded"]["untouched"] == 30
    used = figures["n_train"] + figures["n_test"]
    assert used + sum(figures["excluded"].values()) == N_LEADS


def test_segments_add_up_to_the_test() -> None:
    tables, trained = train_once()
    figures = trained.bundle.figures
    assert next(iter(figures["segments"])) == "LeadSource"
    for name, groups in figures["segments"].items():
        assert sum(group["n"] for group in groups) == figures["n_test"], name
        accepted = sum(group["n"] * group["accepted"]["value"] for group in groups)
        assert accepted == pytest.approx(trained.accepted.sum())
    source = tables.attributes.loc[trained.split.test, "LeadSource"].value_counts()
    for group in figures["segments"]["LeadSource"]:
        assert group["kind"] == "other" or group["n"] == source[group["group"]]
    assert figures["segments"]["LeadSource"][0]["kind"] == "level"


def test_figures_are_plain_json() -> None:
    for trained in (train_once()[1], train(draw_tables(400, seed=8))):
        figures = trained.bundle.figures
        assert json.loads(json.dumps(figures, allow_nan=False)).keys() == figures.keys()


def test_progress_is_told_in_order() -> None:
    tables = draw_tables(400)
    said: list[str] = []
    train_model(tables, label(tables), progress=said.append)
    assert [sentence.split()[0] for sentence in said] == [
        "Looking",
        "Learning",
        "Evaluating",
        "Refitting",
    ]


def test_without_any_order_the_split_is_shuffled_and_said_so() -> None:
    tables = draw_tables()
    blank = pd.Series(pd.NaT, index=tables.episodes.index, dtype="datetime64[us]")
    unordered = replace(
        tables,
        order="none",
        activities=None,
        episodes=tables.episodes.assign(handed_over_at=blank, decided_at=blank, sequence=1.0),
    )
    trained = train(unordered)
    figures = trained.bundle.figures
    assert figures["split"] == "shuffled"
    assert figures["window"] == [None, None] and figures["test_from"] is None
    again = split_leads(
        unordered.episodes,
        label(unordered).used,
        order="none",
        test_share=SHARE,
        seed=tables.settings.train.seed,
    )
    assert list(again.test) == list(trained.split.test)
    # Each lead is predicted once by folds, and then no lead counts as newer.
    assert figures["chosen"]["forward_leads"] == len(trained.split.train)
    assert figures["chosen"]["history"] == 1.0


def test_the_same_tables_give_the_same_model_byte_for_byte() -> None:
    _, trained = train_once()
    again = train(draw_tables())
    assert again.bundle.model.to_stored() == trained.bundle.model.to_stored()
    assert json.dumps(again.bundle.figures) == json.dumps(trained.bundle.figures)


def test_noise_has_no_skill() -> None:
    tables = draw_tables()
    shuffled = tables.episodes["decision"].sample(frac=1, random_state=4).to_numpy()
    figures = train(
        replace(tables, episodes=tables.episodes.assign(decision=shuffled))
    ).bundle.figures
    assert figures["skill"] == "none"


def test_what_was_said_of_the_newer_leads_is_noted_with_the_model() -> None:
    tables, trained = train_once()
    found = trained.bundle.training_membership.find(tables.episodes)
    assert found["seen"].equals(label(tables).used.rename("seen"))
    np.testing.assert_array_equal(found.loc[trained.split.test, "probability"], trained.probability)
    assert found.loc[trained.split.train, "probability"].isna().all()
