"""The scikit-learn estimator: its conventions, its tools, and refusals in words."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibrationDisplay
from sklearn.compose import make_column_transformer
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from features.errors import LeadaccordError
from models.estimator.components import Hyperparameters
from models.estimator.frame_columns import FrameColumns
from models.estimator.lead_quality import LeadQualityModel
from models.estimator.sklearn_api import LeadQualityClassifier

FAST = {"most_trees": 12}


def draw(n: int = 600, seed: int = 0) -> tuple[pd.DataFrame, pd.Series]:
    """Leads of two categories and two numbers, all with gaps, and what sales decided."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "Source": pd.Categorical(rng.choice(["Web", "Event", "Ads"], n)),
            "Country": pd.Series(rng.choice(["DE", "FR", None], n), dtype=object),
            "Visits": rng.poisson(3, n).astype(float),
            "Opted in": rng.random(n) < 0.5,
        }
    )
    z = 1.2 * (frame["Source"] == "Event") + 0.6 * frame["Visits"] - 2.0
    y = pd.Series(np.where(z + rng.logistic(size=n) > 0, "accepted", "rejected"))
    frame.loc[rng.random(n) < 0.1, "Visits"] = np.nan
    return frame, y


@pytest.fixture(scope="module")
def leads() -> tuple[pd.DataFrame, pd.Series]:
    return draw()


@pytest.fixture(scope="module")
def fitted(leads: tuple[pd.DataFrame, pd.Series]) -> LeadQualityClassifier:
    return LeadQualityClassifier(hyperparameters=FAST).fit(*leads)


def test_scikit_learn_finds_nothing_to_object_to() -> None:
    results = check_estimator(LeadQualityClassifier(), on_fail=None, on_skip=None)
    assert [r["check_name"] for r in results if r["status"] == "failed"] == []
    # Array API input is only checked where SciPy is told to support it.
    skipped = {r["check_name"] for r in results if r["status"] == "skipped"}
    assert skipped <= {"check_array_api_input"}
    assert len(results) > 50


def test_it_is_the_lead_quality_model(
    leads: tuple[pd.DataFrame, pd.Series], fitted: LeadQualityClassifier
) -> None:
    X, y = leads
    matrix = FrameColumns.learn(X).encode(X)
    model = LeadQualityModel(Hyperparameters(**FAST)).fit(
        matrix, (y == "rejected").to_numpy(dtype=float), categories=(0, 1)
    )
    np.testing.assert_array_equal(fitted.predict_proba(X), model.predict_proba(matrix))
    np.testing.assert_array_equal(fitted.predict_interval(X).T, model.predict_interval(matrix))


def test_what_it_learned_is_named_as_scikit_learn_does(fitted: LeadQualityClassifier) -> None:
    assert fitted.classes_.tolist() == ["accepted", "rejected"]
    assert fitted.feature_names_in_.tolist() == ["Source", "Country", "Visits", "Opted in"]
    assert fitted.n_features_in_ == 4
    assert fitted.columns_.categories == (0, 1)


def test_it_finds_what_moves_sales(fitted: LeadQualityClassifier) -> None:
    X, y = draw(2_000, seed=1)
    assert roc_auc_score(y == "accepted", fitted.predict_proba(X)[:, 0]) > 0.72
    found = permutation_importance(fitted, X, y, n_repeats=3, random_state=0, scoring="roc_auc")
    strength = dict(zip(X.columns, found.importances_mean, strict=True))
    assert strength["Visits"] > strength["Source"] > 5 * abs(strength["Opted in"])


def test_the_parameters_of_the_constructor_stay_as_they_are(
    leads: tuple[pd.DataFrame, pd.Series],
) -> None:
    hyperparameters = {"most_trees": 12, "seed": 3}
    classifier = LeadQualityClassifier(hyperparameters=hyperparameters, ordered=False)
    before = {**classifier.get_params(), "hyperparameters": dict(hyperparameters)}
    copy = clone(classifier.fit(*leads))
    assert classifier.hyperparameters is hyperparameters
    assert classifier.get_params() == copy.get_params() == before
    assert not hasattr(copy, "model_")


def test_the_order_of_the_samples_counts_only_where_it_is_that_of_time(
    leads: tuple[pd.DataFrame, pd.Series], fitted: LeadQualityClassifier
) -> None:
    assert fitted.model_.rolling_origin_.ordered
    assert (
        not LeadQualityClassifier(ordered=False, hyperparameters=FAST)
        .fit(*leads)
        .model_.rolling_origin_.ordered
    )


def test_it_works_in_cross_validation_and_grid_search(
    leads: tuple[pd.DataFrame, pd.Series],
) -> None:
    scores = cross_val_score(
        LeadQualityClassifier(hyperparameters=FAST),
        *leads,
        cv=TimeSeriesSplit(3),
        scoring="roc_auc",
    )
    assert (scores > 0.6).all()
    grid = GridSearchCV(
        LeadQualityClassifier(),
        {"hyperparameters": [FAST, {"most_trees": 12, "leaves": 3}]},
        cv=TimeSeriesSplit(2),
        scoring="neg_log_loss",
    ).fit(*leads)
    assert grid.best_params_["hyperparameters"] in (FAST, {"most_trees": 12, "leaves": 3})


def test_its_calibration_can_be_displayed(
    leads: tuple[pd.DataFrame, pd.Series], fitted: LeadQualityClassifier
) -> None:
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    shown = CalibrationDisplay.from_estimator(fitted, *leads, pos_label="accepted", ax=axes)
    np.testing.assert_array_equal(shown.y_prob, fitted.predict_proba(leads[0])[:, 0])


def test_it_ends_a_pipeline_of_data_frames(leads: tuple[pd.DataFrame, pd.Series]) -> None:
    X, y = leads
    scaled = make_column_transformer(
        (StandardScaler(), ["Visits"]), remainder="passthrough", verbose_feature_names_out=False
    )
    pipeline = make_pipeline(scaled, LeadQualityClassifier(hyperparameters=FAST))
    pipeline.set_output(transform="pandas").fit(X, y)
    assert pipeline[-1].feature_names_in_.tolist() == ["Visits", "Source", "Country", "Opted in"]
    assert pipeline[-1].columns_.categories == (1, 2)
    assert pipeline.predict_proba(X).shape == (len(X), 2)


def test_it_can_be_kept_and_read_again(
    leads: tuple[pd.DataFrame, pd.Series], fitted: LeadQualityClassifier
) -> None:
    again = pickle.loads(pickle.dumps(fitted))  # noqa: S301  # what was written right here
    np.testing.assert_array_equal(again.predict_proba(leads[0]), fitted.predict_proba(leads[0]))


def test_explanations_add_up_and_name_the_columns(
    leads: tuple[pd.DataFrame, pd.Series], fitted: LeadQualityClassifier
) -> None:
    X = leads[0].head(50)
    found = fitted.explain(X)
    matrix = fitted.columns_.encode(X)
    total = found.values.sum(axis=1) + found.base_values
    np.testing.assert_allclose(total, fitted.model_.log_odds(matrix), atol=1e-6)
    assert found.feature_names == list(X.columns)
    assert found.display_data[:, 0].tolist() == X["Source"].tolist()


@pytest.mark.parametrize("n", [2, 5, 12, 19])
def test_few_samples_are_learned_from_without_calibration(n: int) -> None:
    X, y = draw(n, seed=4)
    y.iloc[:2] = ["accepted", "rejected"]
    model = LeadQualityClassifier().fit(X, y)
    p = model.predict_proba(X)
    assert model.model_.calibration_.n_leads == 0
    assert ((p > 0) & (p < 1)).all()


def test_enough_samples_are_calibrated(fitted: LeadQualityClassifier) -> None:
    assert fitted.model_.calibration_.n_leads == 300


def refuse(
    change: dict[str, Any],
) -> tuple[LeadQualityClassifier, pd.DataFrame | np.ndarray, Any]:
    X, y = draw(60)
    return change.get("model", LeadQualityClassifier()), change.get("X", X), change.get("y", y)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "one class": ({"y": ["accepted"] * 60}, "all samples are of one class"),
    "three classes": ({"y": ["a", "b", "c"] * 20}, "Only binary classification is supported"),
    "missing label": ({"y": ["a", None, "b"] * 20}, r"missing labels \(NaN\) \(row 1"),
    "no rows": ({"X": draw(60)[0].iloc[:0]}, "Got 0 rows and 4 columns"),
    "no columns": ({"X": draw(60)[0][[]]}, "Got 60 rows and 0 columns"),
    "times": (
        {"X": pd.DataFrame({"Created": pd.date_range("2024", periods=60)})},
        '"Created" holds neither numbers nor categories',
    ),
    "unknown hyperparameter": (
        {"model": LeadQualityClassifier(hyperparameters={"depth": 3})},
        "Got depth, expected some of category_smoothing",
    ),
    "hyperparameters of another type": (
        {"model": LeadQualityClassifier(hyperparameters=[3])},
        "Got list",
    ),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("change", "words"), BAD.values(), ids=BAD)
def test_what_cannot_be_learned_from_is_refused_in_words(
    change: dict[str, Any], words: str
) -> None:
    model, X, y = refuse(change)
    with pytest.raises(LeadaccordError, match=words) as raised:
        model.fit(X, y)
    assert isinstance(raised.value, ValueError)


def test_an_unfitted_one_says_so() -> None:
    X, _ = draw(10)
    for method in ("predict", "predict_proba", "predict_interval", "explain"):
        with pytest.raises(LeadaccordError, match="not fitted yet"):
            getattr(LeadQualityClassifier(), method)(X)


def test_shapes_and_names_that_do_not_fit_are_refused(fitted: LeadQualityClassifier) -> None:
    X, _ = draw(10)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        LeadQualityClassifier().fit(X, ["accepted", "rejected"])
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(X.rename(columns={"Visits": "Clicks"}))
    with pytest.raises(LeadaccordError, match='"Visits" held numbers'):
        fitted.predict(X.assign(Visits="many"))
