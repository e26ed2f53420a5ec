"""Plots: curves through known points, and four pictures that can be opened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from features.errors import DataRefused
from models.evaluation.metrics import evaluate
from models.evaluation.plots import curves, draw_explanation, draw_importance, draw_plots
from models.shapley.explanation import explain_contributions
from tests.samples import draw

NAMES = ["calibration.png", "lift.png", "precision_recall.png", "roc.png"]


def paint(accepted: np.ndarray, probability: np.ndarray, folder: Path) -> list[str]:
    figures = evaluate(accepted, probability, reference_rate=float(accepted.mean()), seed=1)
    draw_plots(pd.Series(accepted), pd.Series(probability), {"judged": figures.to_dict()}, folder)
    return sorted(path.name for path in folder.iterdir())


def test_every_picture_can_be_read_and_shows_something(tmp_path: Path) -> None:
    from matplotlib.image import imread

    rng = np.random.default_rng(1)
    probability = rng.random(500)
    assert paint((rng.random(500) < probability).astype(float), probability, tmp_path) == NAMES
    pictures = [imread(tmp_path / name) for name in NAMES]
    for picture in pictures:
        assert picture.shape[0] > 300 and picture.shape[1] > 500
        assert picture[..., :3].std() > 0.05
    assert len({picture.tobytes() for picture in pictures}) == len(NAMES)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_bins_without_a_doubt_can_be_drawn(tmp_path: Path, share: float) -> None:
    sure = np.where(np.arange(400) < 200, 0.02, 0.98)
    accepted = (np.arange(400) >= 200).astype(float)
    accepted[:3] = share
    assert paint(accepted, sure, tmp_path) == NAMES


def test_equal_probabilities_can_be_drawn(tmp_path: Path) -> None:
    accepted = (np.arange(100) % 3 == 0).astype(float)
    assert paint(accepted, np.full(100, 0.3), tmp_path) == NAMES


@pytest.mark.parametrize("ties", [False, True])
def test_curves_pass_through_the_points_of_scikit_learn(ties: bool) -> None:
    y, p = draw(150, ties=ties)
    got = curves(y, p)
    false_rate, true_rate, _ = metrics.roc_curve(y, p, drop_intermediate=False)
    assert got["roc"].to_numpy() == pytest.approx(np.column_stack([false_rate, true_rate]))
    precision, recall, _ = metrics.precision_recall_curve(y, p)
    expected = np.column_stack([recall, precision])[-2::-1]
    assert got["precision_recall"].to_numpy() == pytest.approx(expected)
    lift = got["lift"]
    assert lift["lift"].to_numpy() == pytest.approx(
        got["precision_recall"]["recall"] / lift["share"]
    )


def test_curves_of_many_leads_are_thinned_and_keep_their_ends() -> None:
    y, p = draw(5_000)
    got = curves(y, p)
    assert all(len(curve) <= 200 for curve in got.values())
    roc = got["roc"]
    assert roc.iloc[0].tolist() == [0, 0]
    assert roc.iloc[-1].tolist() == [1, 1]
    area = np.trapezoid(roc["true_positive_rate"], roc["false_positive_rate"])
    assert area == pytest.approx(metrics.roc_auc_score(y, p), abs=0.005)
    assert got["lift"].iloc[-1].tolist() == [1, 1]


@pytest.mark.parametrize("y", [[], [0, 0, 0], [1, 1, 1]])
def test_curves_of_one_decision_are_refused(y: list[int]) -> None:
    with pytest.raises(DataRefused, match="all have the same decision"):
        curves(y, np.full(len(y), 0.5))


def test_explanations_are_drawn_as_shap_draws_them(tmp_path: Path) -> None:
    from matplotlib import pyplot

    rng = np.random.default_rng(0)
    values = rng.normal(size=(80, 3))
    display = values.astype(object)
    display[:, 0] = "Web"
    found = explain_contributions(
        np.column_stack([values, np.zeros(80)]),
        names=["Price in $ and $", "Visits", "Pages"],
        data=values,
        display=display,
    )
    draw_explanation(found, tmp_path)
    for name in ("shap_bar.png", "shap_beeswarm.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    assert found.feature_names[0] == "Price in $ and $"
    assert pyplot.get_fignums() == []


@pytest.mark.filterwarnings("error")
def test_signs_that_the_font_lacks_are_written_not_boxed(tmp_path: Path) -> None:
    names = ["Herkunft \N{FACTORY}日本", "Отрасль", "عربي", "$^{", "a\tb", "é" * 60]
    draw_importance(dict.fromkeys(names, 1.0), tmp_path / "importance.png")
    assert (tmp_path / "importance.png").stat().st_size > 5_000


def test_a_style_that_was_set_elsewhere_changes_nothing(tmp_path: Path) -> None:
    from matplotlib import rc_context

    # As a matplotlibrc where the command runs would: the first would have programs run.
    with rc_context({"text.usetex": True, "axes.facecolor": "black"}):
        draw_importance({"Country": 0.5}, tmp_path / "there.png")
    draw_importance({"Country": 0.5}, tmp_path / "alone.png")
    assert (tmp_path / "there.png").read_bytes() == (tmp_path / "alone.png").read_bytes()
