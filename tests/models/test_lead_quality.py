"""The lead-quality model: same input, same model; contributions that add up; honest refusals."""

from __future__ import annotations

import json

import numpy as np
import pytest

from features.errors import DataRefused, ModelError
from models.lead_quality import (
    LeadQualityModel,
    Recipe,
    choose_splits,
    forward_splits,
    interleaved_splits,
)

RECIPE = Recipe(trees=20, learning_rate=0.1)
CATEGORIES = (0,)


def draw(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A category, two numbers with gaps, and a number that means nothing."""
    rng = np.random.default_rng(seed)
    X = np.column_stack(
        [rng.integers(0, 6, n), rng.normal(size=n), rng.poisson(2, n), rng.normal(size=n)]
    ).astype(float)
    z = 0.8 * (X[:, 0] == 3) + 1.2 * X[:, 1] - 0.5 * (X[:, 2] == 0)
    y = (z + rng.logistic(size=n) > 0.4).astype(float)
    X[rng.random(n) < 0.2, 1] = np.nan
    return X, y


@pytest.fixture(scope="module")
def leads() -> tuple[np.ndarray, np.ndarray]:
    return draw(600)


@pytest.fixture(scope="module")
def model(leads: tuple[np.ndarray, np.ndarray]) -> LeadQualityModel:
    return LeadQualityModel(RECIPE).fit(*leads, categories=CATEGORIES)


def written(model: LeadQualityModel) -> str:
    text, rest = model.to_parts()
    return text + json.dumps(rest)


def test_the_same_input_gives_the_same_model_byte_for_byte(
    leads: tuple[np.ndarray, np.ndarray], model: LeadQualityModel
) -> None:
    X, y = leads
    again = LeadQualityModel(RECIPE).fit(X.copy(order="F"), y.copy(), categories=CATEGORIES)
    assert written(again) == written(model)
    other = LeadQualityModel(Recipe(trees=20, learning_rate=0.1, seed=21))
    assert written(other.fit(X, y, categories=CATEGORIES)) != written(model)


def test_the_order_of_the_leads_is_their_order_in_time(
    leads: tuple[np.ndarray, np.ndarray], model: LeadQualityModel
) -> None:
    X, y = leads
    turned = LeadQualityModel(RECIPE).fit(X[::-1], y[::-1], categories=CATEGORIES)
    assert written(turned) != written(model)


def test_the_order_of_columns_permutes_contributions_where_every_tree_sees_all_of_them(
    leads: tuple[np.ndarray, np.ndarray],
) -> None:
    # With a share of the columns drawn per tree, the order decides which ones are drawn.
    X, y = leads
    recipe = Recipe(trees=20, learning_rate=0.1, column_share=1.0)
    order = [2, 3, 1, 0]
    one = LeadQualityModel(recipe).fit(X, y, categories=(0,))
    two = LeadQualityModel(recipe).fit(X[:, order], y, categories=(3,))
    np.testing.assert_allclose(two.log_odds(X[:, order]), one.log_odds(X), atol=1e-9)
    moved = one.contributions(X)[:, [*order, 4]]
    np.testing.assert_allclose(two.contributions(X[:, order]), moved, atol=1e-9)


def test_contributions_and_base_add_up_to_the_log_odds(model: LeadQualityModel) -> None:
    X, _ = draw(300, seed=1)
    X[0] = np.nan
    X[1, 0] = 99.0
    contributions = model.contributions(X)
    assert contributions.shape == (300, 5)
    np.testing.assert_allclose(contributions.sum(axis=1), model.log_odds(X), atol=1e-6)
    assert np.unique(contributions[:, -1]).size == 1


def test_each_lead_is_judged_alone(model: LeadQualityModel) -> None:
    X, _ = draw(50, seed=1)
    rows = np.random.default_rng(0).permutation(50)
    np.testing.assert_array_equal(model.predict_proba(X)[rows], model.predict_proba(X[rows]))
    np.testing.assert_array_equal(model.contributions(X)[rows], model.contributions(X[rows]))


def test_no_leads_at_all_get_no_predictions(model: LeadQualityModel) -> None:
    nobody = np.empty((0, 4))
    assert model.predict_proba(nobody).shape == (0, 2)
    assert model.contributions(nobody).shape == (0, 5)
    assert [len(limit) for limit in model.predict_interval(nobody)] == [0, 0]


def test_probabilities_lie_inside_their_interval(model: LeadQualityModel) -> None:
    X, _ = draw(500, seed=2)
    p = model.predict_proba(X)
    low, high = model.predict_interval(X)
    assert p.shape == (500, 2)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    assert ((p > 0) & (p < 1)).all()
    assert ((low >= 0) & (low <= p[:, 1]) & (p[:, 1] <= high) & (high <= 1)).all()
    assert ((high - low) > 0.01).all()


def test_it_learns_what_there_is_and_ignores_noise(model: LeadQualityModel) -> None:
    from sklearn.metrics import roc_auc_score

    X, y = draw(2_000, seed=3)
    assert roc_auc_score(y, model.log_odds(X)) > 0.72
    strength = np.abs(model.contributions(X)[:, :-1]).mean(axis=0)
    assert strength[1] > 4 * strength[3]
    rises = model.predict_proba(np.array([[3.0, -2.0, 2.0, 0.0], [3.0, 2.0, 2.0, 0.0]]))[:, 1]
    assert rises[1] > rises[0] + 0.2


def test_parts_give_the_model_back(
    leads: tuple[np.ndarray, np.ndarray], model: LeadQualityModel, capfd: pytest.CaptureFixture[str]
) -> None:
    X, _ = leads
    text, rest = model.to_parts()
    again = LeadQualityModel.from_parts(text, json.loads(json.dumps(rest)))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(again.contributions(X), model.contributions(X))
    for found, expected in zip(again.predict_interval(X), model.predict_interval(X), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert again.recipe == RECIPE
    assert capfd.readouterr() == ("", ""), "standard output belongs to results"


@pytest.mark.parametrize("text", ["", "not a model", "tree\nversion=v4\n"])
def test_damaged_trees_are_refused(model: LeadQualityModel, text: str) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        LeadQualityModel.from_parts(text, model.to_parts()[1])


@pytest.mark.parametrize("answer", [0.0, 1.0])
def test_one_class_teaches_nothing(answer: float) -> None:
    X, _ = draw(100)
    with pytest.raises(DataRefused, match="same decision") as caught:
        LeadQualityModel(RECIPE).fit(X, np.full(100, answer))
    assert caught.value.code == "one_class"


def test_no_feature_at_all_teaches_nothing() -> None:
    _, y = draw(100)
    with pytest.raises(DataRefused, match="nothing to learn from") as caught:
        LeadQualityModel(RECIPE).fit(np.empty((100, 0)), y)
    assert caught.value.code == "no_features"


def test_too_few_leads_are_refused() -> None:
    X, _ = draw(22)
    for y in (np.eye(22)[3], np.eye(22)[3] + np.eye(22)[4]):
        with pytest.raises(DataRefused, match="Too few decided leads") as caught:
            LeadQualityModel(RECIPE).fit(X[:15], y[:15])
        assert caught.value.code == "too_few_leads"


@pytest.mark.parametrize("ordered", [True, False])
def test_eighty_leads_are_enough(ordered: bool) -> None:
    X, y = draw(80)
    model = LeadQualityModel(RECIPE).fit(X, y, categories=CATEGORIES, ordered=ordered)
    low, high = model.predict_interval(X)
    assert np.isfinite(model.predict_proba(X)).all()
    assert (high - low).mean() > 0.2, "few leads leave much open"
    assert len(model.forward_[0]) == (40 if ordered else 80)


@pytest.mark.parametrize("where", ["newest", "oldest", "last"])
def test_acceptances_that_stand_together_are_no_trouble(where: str) -> None:
    X, _ = draw(100)
    rows = {"newest": np.arange(60, 100), "oldest": np.arange(40), "last": np.arange(95, 100)}
    y = np.isin(np.arange(100), rows[where]).astype(float)
    model = LeadQualityModel(RECIPE).fit(X, y, categories=CATEGORIES)
    assert np.isfinite(model.predict_proba(X)).all()


def test_columns_may_be_missing_throughout_or_all_be_categories() -> None:
    X, y = draw(200)
    X[:, 1] = np.nan
    model = LeadQualityModel(RECIPE).fit(X, y, categories=CATEGORIES)
    assert (model.contributions(X)[:, 1] == 0).all()
    codes = X[:, [0, 2]]
    model = LeadQualityModel(RECIPE).fit(codes, y, categories=(0, 1))
    np.testing.assert_allclose(
        model.contributions(codes).sum(axis=1), model.log_odds(codes), atol=1e-6
    )


@pytest.mark.parametrize("n", [20, 80, 101, 1_000])
def test_forward_splits_learn_from_older_leads_alone(n: int) -> None:
    parts = list(forward_splits(n))
    for known, new in parts:
        assert known.max() + 1 == new.min()
    assert np.concatenate([new for _, new in parts]).tolist() == list(range(parts[0][1][0], n))
    assert parts[0][1][0] == round(n / 2)


@pytest.mark.parametrize("n", [20, 83])
def test_interleaved_splits_hold_each_lead_out_once(n: int) -> None:
    parts = list(interleaved_splits(n))
    assert sorted(np.concatenate([new for _, new in parts])) == list(range(n))
    for known, new in parts:
        assert sorted([*known, *new]) == list(range(n))


def test_folds_take_over_where_the_past_teaches_nothing() -> None:
    y = np.r_[np.zeros(95), np.ones(5)]
    assert sum(len(new) for _, new in choose_splits(y, ordered=True)) == 100
    usual = choose_splits(np.arange(100) % 2.0, ordered=True)
    assert usual[0][1][0] == 50


def test_the_forward_predictions_are_out_of_sample(
    leads: tuple[np.ndarray, np.ndarray], model: LeadQualityModel
) -> None:
    X, _ = leads
    rows, log_odds = model.forward_
    assert rows.tolist() == list(range(300, 600))
    assert np.abs(log_odds - model.log_odds(X[rows])).max() > 0.05


def test_leaves_ask_for_less_in_small_tables() -> None:
    sizes = [Recipe().parameters(n)["min_data_in_leaf"] for n in (60, 400, 100_000)]
    assert sizes == [5, 20, 40]
