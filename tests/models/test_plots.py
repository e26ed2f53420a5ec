"""Plots: four pictures that can be opened, at the ends of the scale as well."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.evaluation import judge
from models.plots import draw_plots

NAMES = ["calibration.png", "lift.png", "precision_recall.png", "roc.png"]


def draw(accepted: np.ndarray, probability: np.ndarray, folder: Path) -> list[str]:
    figures = judge(accepted, probability, reference_rate=float(accepted.mean()), seed=1)
    draw_plots(pd.Series(accepted), pd.Series(probability), {"judged": figures.to_dict()}, folder)
    return sorted(path.name for path in folder.iterdir())


def test_every_picture_can_be_read_and_shows_something(tmp_path: Path) -> None:
    from matplotlib.image import imread

    rng = np.random.default_rng(1)
    probability = rng.random(500)
    assert draw((rng.random(500) < probability).astype(float), probability, tmp_path) == NAMES
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
    assert draw(accepted, sure, tmp_path) == NAMES


def test_equal_probabilities_can_be_drawn(tmp_path: Path) -> None:
    accepted = (np.arange(100) % 3 == 0).astype(float)
    assert draw(accepted, np.full(100, 0.3), tmp_path) == NAMES
