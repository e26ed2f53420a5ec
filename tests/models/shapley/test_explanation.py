"""Explanations for shap: the values of its own explainer, and every plot takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import matplotlib
import numpy as np
import pytest
import shap
from hypothesis import given
from hypothesis import strategies as st

from models.estimator.components import Hyperparameters
from models.estimator.lead_quality import LeadQualityModel
from models.shapley.explanation import explain_contributions, number_repeated

NAMES = ["Source", "Visits", "Pages", "Visits"]
LEVELS = np.array(["(not given)", "(other)", "Web", "Event", "Ads"], dtype=object)


def draw(n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """A category with unknown levels, and three numbers, one of them with gaps."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.integers(0, 5, n), rng.normal(size=(n, 3))]).astype(float)
    y = (X[:, 1] + (X[:, 0] == 3) + X[:, 2] * X[:, 3] + rng.logistic(size=n) > 0).astype(float)
    X[rng.random(n) < 0.2, 1] = np.nan
    return X, y


@pytest.fixture(scope="module")
def model() -> LeadQualityModel:
    return LeadQualityModel(Hyperparameters(fewest_trees=30)).fit(*draw(), categories=(0,))


@pytest.fixture(scope="module")
def explanation(model: LeadQualityModel) -> shap.Explanation:
    X, _ = draw(120)
    display = X.astype(object)
    display[:, 0] = LEVELS[X[:, 0].astype(int)]
    return explain_contributions(model.contributions(X), names=NAMES, data=X, display=display)


@pytest.fixture
def pyplot() -> Iterator[Any]:
    backend = matplotlib.get_backend()
    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")
    matplotlib.use(backend)


def test_values_are_those_of_the_tree_explainer_plus_the_linear_part(
    model: LeadQualityModel, explanation: shap.Explanation
) -> None:
    X, _ = draw(120)
    trees = shap.TreeExplainer(model.components_.booster)
    linear = model.components_.linear.contributions(X)
    expected = trees.shap_values(X) + linear[:, :-1]
    np.testing.assert_allclose(explanation.values, expected, atol=1e-9)
    base = trees.expected_value + linear[:, -1]
    np.testing.assert_allclose(explanation.base_values, base, atol=1e-9)
    total = explanation.values.sum(axis=1) + explanation.base_values
    np.testing.assert_allclose(total, model.log_odds(X), atol=1e-9)


def test_the_linear_part_is_that_of_the_linear_explainer(model: LeadQualityModel) -> None:
    """Of a number without gaps, whose term is its weight times its distance from the mean."""
    X, _ = draw()
    term = next(term for term in model.components_.linear.numbers if term.position == 2)
    oracle = shap.LinearExplainer(
        (np.array([term.weight / term.scale]), 0.0), np.array([[term.mean]])
    )
    found = model.components_.linear.contributions(X)[:, 2:3]
    np.testing.assert_allclose(found, oracle.shap_values(X[:, 2:3]), atol=1e-12)


PLOTS: dict[str, Callable[[shap.Explanation], Any]] = {
    "waterfall": lambda found: shap.plots.waterfall(found[0], show=False),
    "force": lambda found: shap.plots.force(found[0], matplotlib=True, show=False),
    "force of all": lambda found: shap.plots.force(found),
    "beeswarm": lambda found: shap.plots.beeswarm(found, show=False),
    "bar": lambda found: shap.plots.bar(found, show=False),
    "bar of one": lambda found: shap.plots.bar(found[0], show=False),
    "scatter": lambda found: shap.plots.scatter(found[:, "Pages"], show=False),
    "scatter of a category": lambda found: shap.plots.scatter(found[:, "Source"], show=False),
    "heatmap": lambda found: shap.plots.heatmap(found, show=False),
}


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("draw_plot", PLOTS.values(), ids=PLOTS)
def test_every_plot_takes_it_as_it_is(
    draw_plot: Callable[[shap.Explanation], Any], explanation: shap.Explanation, pyplot: Any
) -> None:
    drawn = draw_plot(explanation)
    assert drawn is not None or pyplot.gcf().axes


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_a_waterfall_shows_names_and_levels(explanation: shap.Explanation, pyplot: Any) -> None:
    row = int(np.flatnonzero(explanation.display_data[:, 0] == "Event")[0])
    shap.plots.waterfall(explanation[row], show=False)
    shown = [label.get_text() for label in pyplot.gcf().axes[0].get_yticklabels()]
    assert "Event = Source" in shown
    assert {text.split(" = ")[1] for text in shown if " = " in text} == {
        "Source",
        "Visits",
        "Pages",
        "Visits (2)",
    }


@given(st.lists(st.sampled_from(["a", "a (2)", "b"]), max_size=12))
def test_names_are_made_to_differ(names: list[str]) -> None:
    found = number_repeated(names)
    assert len(set(found)) == len(names)
    assert all(new.startswith(old) for new, old in zip(found, names, strict=True))


def test_names_that_differ_stay() -> None:
    assert number_repeated(["a", "b", "a"]) == ["a", "b", "a (2)"]
