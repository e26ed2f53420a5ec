"""The lead-quality model: same input, same model; contributions that add up; honest refusals."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import special

from features.errors import DataRefused, ModelError
from models.estimator.calibration import fit_calibration
from models.estimator.components import Hyperparameters
from models.estimator.interval_width import FLOOR, estimate_posterior_sd
from models.estimator.lead_quality import LeadQualityModel
from models.estimator.rolling_origin import RollingOriginPredictions

HYPERPARAMETERS = Hyperparameters(fewest_trees=20)
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


def draw_world(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two categories and three numbers, and the true probability of each lead."""
    rng = np.random.default_rng(seed)
    X = np.column_stack(
        [rng.integers(0, 8, n), rng.integers(0, 12, n), rng.normal(size=(n, 2)), rng.poisson(2, n)]
    ).astype(float)
    level = (
        0.8 * (X[:, 0] == 3)
        - 0.6 * (X[:, 0] == 5)
        + np.linspace(-0.6, 0.6, 12)[X[:, 1].astype(int)]
    )
    rate = 1 / (1 + np.exp(0.6 - level - 0.7 * X[:, 2] + 0.5 * (X[:, 4] == 0)))
    return X, (rng.random(n) < rate).astype(float), rate


def turn(y: np.ndarray) -> np.ndarray:
    """The older half decided the other way round."""
    return np.where(np.arange(len(y)) < len(y) / 2, 1 - y, y)


@pytest.fixture(scope="module")
def leads() -> tuple[np.ndarray, np.ndarray]:
    return draw(600)


@pytest.fixture(scope="module")
def model(leads: tuple[np.ndarray, np.ndarray]) -> LeadQualityModel:
    return LeadQualityModel(HYPERPARAMETERS).fit(*leads, categories=CATEGORIES)


def written(model: LeadQualityModel) -> str:
    text, rest = model.to_stored()
    return text + json.dumps(rest)


def test_the_same_input_gives_the_same_model_byte_for_byte(
    leads: tuple[np.ndarray, np.ndarray], model: LeadQualityModel
) -> None:
    X, y = leads
    again = LeadQualityModel(HYPERPARAMETERS).fit(
        X.copy(order="F"), y.copy(), categories=CATEGORIES
    )
    assert written(again) == written(model)
    other = LeadQualityModel(Hyperparameters(fewest_trees=20, seed=21))
    assert written(other.fit(X, y, categories=CATEGORIES)) != written(model)


def test_the_order_of_the_leads_is_their_order_in_time(
    leads: tuple[np.ndarray, np.ndarray], model: LeadQualityModel
) -> None:
    X, y = leads
    turned = LeadQualityModel(HYPERPARAMETERS).fit(X[::-1], y[::-1], categories=CATEGORIES)
    assert written(turned) != written(model)


def test_the_order_of_columns_permutes_contributions_where_every_tree_sees_all_of_them(
    leads: tuple[np.ndarray, np.ndarray],
) -> None:
    # With a share of the columns drawn per tree, the order decides which ones are drawn.
    X, y = leads
    hyperparameters = Hyperparameters(fewest_trees=20, column_share=1.0)
    order = [2, 3, 1, 0]
    one = LeadQualityModel(hyperparameters).fit(X, y, categories=(0,))
    two = LeadQualityModel(hyperparameters).fit(X[:, order], y, categories=(3,))
    np.testing.assert_allclose(two.log_odds(X[:, order]), one.log_odds(X), atol=1e-6)
    moved = one.contributions(X)[:, [*order, 4]]
    np.testing.assert_allclose(two.contributions(X[:, order]), moved, atol=1e-6)


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


def test_leads_in_several_calls_get_what_one_call_gives(model: LeadQualityModel) -> None:
    X, _ = draw(60, seed=1)
    for n_leads in (60, 10_000_000):  # by LightGBM, and by compiled code
        explain = model.explainer(n_leads, threads=2)
        parts = np.vstack([explain(X[:7]), explain(X[7:])])
        np.testing.assert_array_equal(parts, model.explainer(n_leads, threads=1)(X))
        np.testing.assert_allclose(parts, model.contributions(X), atol=1e-5)


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


def test_learning_leaves_the_hyperparameters_it_was_given(turned: LeadQualityModel) -> None:
    assert turned.hyperparameters == HYPERPARAMETERS
    assert turned.hyperparameters_ != HYPERPARAMETERS
    again = turned.refit(*draw(300), turned.rolling_origin_, categories=CATEGORIES)
    assert again.hyperparameters_ == turned.hyperparameters_


@pytest.mark.parametrize("n", [4, 19])
def test_too_few_leads_are_learned_from_only_where_that_is_allowed(n: int) -> None:
    X, y = draw(n)
    y[:2] = [0, 1]
    with pytest.raises(DataRefused, match="Too few decided leads"):
        LeadQualityModel().fit(X, y, categories=CATEGORIES)
    few = LeadQualityModel().fit(X, y, categories=CATEGORIES, allow_few=True)
    assert len(few.rolling_origin_.accepted) == few.calibration_.n_leads == 0
    expected = special.expit(few.log_odds(X))
    np.testing.assert_allclose(few.predict_proba(X)[:, 1], expected, atol=2e-6)


def test_where_there_are_enough_nothing_is_changed_by_allowing_few(
    leads: tuple[np.ndarray, np.ndarray], model: LeadQualityModel
) -> None:
    allowed = LeadQualityModel(HYPERPARAMETERS).fit(*leads, categories=CATEGORIES, allow_few=True)
    assert written(allowed) == written(model)


def test_parts_give_the_model_back(
    leads: tuple[np.ndarray, np.ndarray], model: LeadQualityModel, capfd: pytest.CaptureFixture[str]
) -> None:
    X, _ = leads
    text, rest = model.to_stored()
    assert rest.keys() == {"recipe", "linear", "calibration"}
    # Models of earlier versions use these names.
    assert rest["recipe"].keys() > {"history", "line_share", "seed"}
    assert rest["calibration"].keys() == {"slope", "shift", "spread", "n_leads"}
    again = LeadQualityModel.from_stored(text, json.loads(json.dumps(rest)))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(again.contributions(X), model.contributions(X))
    for found, expected in zip(again.predict_interval(X), model.predict_interval(X), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert again.hyperparameters_ == HYPERPARAMETERS
    assert capfd.readouterr() == ("", ""), "standard output belongs to results"


@pytest.mark.parametrize("text", ["", "not a model", "tree\nversion=v4\n"])
def test_damaged_trees_are_refused(model: LeadQualityModel, text: str) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        LeadQualityModel.from_stored(text, model.to_stored()[1])


@pytest.mark.parametrize(
    ("part", "stored"),
    [
        ("recipe", {"trees": 300, "learning_rate": 0.03}),
        ("recipe", None),
        ("linear", {"base": 0.0}),
        ("linear", {"base": 0.0, "numbers": [{"position": 0}], "categories": [], "n_features": 4}),
        ("linear", []),
        ("calibration", {"method": "platt", "slope": 1.0}),
        ("calibration", {"slope": -1.0, "shift": 0.0, "spread": 0.3, "n_leads": 50}),
        ("calibration", {"slope": "1", "shift": 0.0, "spread": 0.3, "n_leads": 50}),
    ],
)
def test_parts_of_another_make_are_refused(
    model: LeadQualityModel, part: str, stored: object
) -> None:
    text, rest = model.to_stored()
    with pytest.raises(ModelError, match=r"cannot be read by this version.*Train again"):
        LeadQualityModel.from_stored(text, {**rest, part: stored})
    with pytest.raises(ModelError, match=f"KeyError: '{part}'"):
        LeadQualityModel.from_stored(text, {k: v for k, v in rest.items() if k != part})


@pytest.mark.parametrize("answer", [0.0, 1.0])
def test_one_class_teaches_nothing(answer: float) -> None:
    X, _ = draw(100)
    with pytest.raises(DataRefused, match="same decision") as caught:
        LeadQualityModel(HYPERPARAMETERS).fit(X, np.full(100, answer))
    assert caught.value.code == "one_class"


def test_no_feature_at_all_teaches_nothing() -> None:
    _, y = draw(100)
    with pytest.raises(DataRefused, match="nothing to learn from") as caught:
        LeadQualityModel(HYPERPARAMETERS).fit(np.empty((100, 0)), y)
    assert caught.value.code == "no_features"


def test_too_few_leads_are_refused() -> None:
    X, _ = draw(22)
    for y in (np.eye(22)[3], np.eye(22)[3] + np.eye(22)[4]):
        with pytest.raises(DataRefused, match="Too few decided leads") as caught:
            LeadQualityModel(HYPERPARAMETERS).fit(X[:15], y[:15])
        assert caught.value.code == "too_few_leads"


@pytest.mark.parametrize("ordered", [True, False])
def test_eighty_leads_are_enough(ordered: bool) -> None:
    X, y = draw(80)
    model = LeadQualityModel(HYPERPARAMETERS).fit(X, y, categories=CATEGORIES, ordered=ordered)
    low, high = model.predict_interval(X)
    assert np.isfinite(model.predict_proba(X)).all()
    assert (high - low).mean() > 0.2, "few leads leave much open"
    assert model.rolling_origin_.ordered is ordered
    assert len(model.rolling_origin_.log_odds) == (40 if ordered else 80)


@pytest.mark.parametrize("where", ["newest", "oldest", "last"])
def test_acceptances_that_stand_together_are_no_trouble(where: str) -> None:
    X, _ = draw(100)
    rows = {"newest": np.arange(60, 100), "oldest": np.arange(40), "last": np.arange(95, 100)}
    y = np.isin(np.arange(100), rows[where]).astype(float)
    model = LeadQualityModel(HYPERPARAMETERS).fit(X, y, categories=CATEGORIES)
    assert np.isfinite(model.predict_proba(X)).all()


def test_columns_may_be_missing_throughout_or_all_be_categories() -> None:
    X, y = draw(200)
    X[:, 1] = np.nan
    model = LeadQualityModel(HYPERPARAMETERS).fit(X, y, categories=CATEGORIES)
    assert (model.contributions(X)[:, 1] == 0).all()
    codes = X[:, [0, 2]]
    model = LeadQualityModel(HYPERPARAMETERS).fit(codes, y, categories=(0, 1))
    np.testing.assert_allclose(
        model.contributions(codes).sum(axis=1), model.log_odds(codes), atol=1e-6
    )


def test_the_forward_predictions_are_out_of_sample(
    leads: tuple[np.ndarray, np.ndarray], model: LeadQualityModel
) -> None:
    X, y = leads
    rolling_origin = model.rolling_origin_
    assert rolling_origin.accepted.tolist() == y[300:].tolist()
    assert np.abs(rolling_origin.log_odds - model.log_odds(X[300:])).max() > 0.05


@pytest.mark.parametrize("ordered", [True, False])
def test_calibration_rests_on_the_forward_predictions_and_the_leads_learned_from(
    leads: tuple[np.ndarray, np.ndarray], ordered: bool
) -> None:
    X, y = leads
    model = LeadQualityModel(HYPERPARAMETERS).fit(X, y, categories=CATEGORIES, ordered=ordered)
    rolling_origin = model.rolling_origin_
    assert rolling_origin.ordered is ordered
    posterior_sd = estimate_posterior_sd(X, model.components_.linear)
    assert posterior_sd > FLOOR
    expected, other = (
        fit_calibration(
            rolling_origin.log_odds,
            rolling_origin.accepted,
            posterior_sd=posterior_sd,
            ordered=each,
        )
        for each in (ordered, not ordered)
    )
    assert model.calibration_ == expected != other


@pytest.fixture(scope="module")
def turned(leads: tuple[np.ndarray, np.ndarray]) -> LeadQualityModel:
    """A model of leads whose older half misleads."""
    return LeadQualityModel(HYPERPARAMETERS).fit(leads[0], turn(leads[1]), categories=CATEGORIES)


def test_the_parts_are_learned_from_the_history_chosen(
    leads: tuple[np.ndarray, np.ndarray], model: LeadQualityModel, turned: LeadQualityModel
) -> None:
    X, y = leads
    assert (model.hyperparameters_.train_window, turned.hyperparameters_.train_window) == (1.0, 0.5)
    newer = LeadQualityModel(HYPERPARAMETERS).refit(
        X[300:], y[300:], turned.rolling_origin_, categories=(0,)
    )
    assert newer.log_odds(X).tobytes() == turned.log_odds(X).tobytes()
    # Half the leads leave more open, and the interval says so.
    assert turned.calibration_.posterior_sd > model.calibration_.posterior_sd
    assert newer.calibration_ == turned.calibration_


def test_refitting_on_the_same_leads_gives_the_same_model(
    leads: tuple[np.ndarray, np.ndarray], model: LeadQualityModel, turned: LeadQualityModel
) -> None:
    X, y = leads
    for fitted, decided in ((model, y), (turned, turn(y))):
        before = written(fitted)
        again = fitted.refit(X, decided, fitted.rolling_origin_, categories=CATEGORIES)
        assert written(again) == before == written(fitted)


def test_a_refit_keeps_the_recipe_and_calibrates_on_what_it_is_given(
    turned: LeadQualityModel,
) -> None:
    X, y = draw(900, seed=7)
    rng = np.random.default_rng(0)
    given = RollingOriginPredictions(
        z := rng.normal(size=5_000), (rng.random(5_000) < 0.1).astype(float), True, (5_000,)
    )
    before = written(turned)
    refitted = turned.refit(X, y, given, categories=CATEGORIES)
    assert written(turned) == before, "the judged model stays as it was judged"
    # A full history would do here, but the judged model had learned from half of its leads.
    assert refitted.hyperparameters_ == turned.hyperparameters_
    other = np.where(np.arange(900) < 450, 1 - y, y)
    again = turned.refit(X, other, given, categories=CATEGORIES)
    assert written(again) == written(refitted), "the older half is not learned from"
    assert refitted.calibration_.n_leads == 5_000
    assert refitted.calibration_.probability(z).mean() == pytest.approx(0.1, abs=0.03)


def test_intervals_hold_the_true_probability_of_about_nine_in_ten_leads() -> None:
    held = []
    for seed in range(12):
        X, y, _ = draw_world(300, seed)
        fitted = LeadQualityModel().fit(X, y, categories=(0, 1))
        new, _, rate = draw_world(400, seed + 100)
        low, high = fitted.predict_interval(new)
        held.append(np.mean((low <= rate) & (rate <= high)))
    assert 0.85 < np.mean(held) < 0.99
