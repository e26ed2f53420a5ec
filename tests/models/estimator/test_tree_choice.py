"""Tree choice: the default is left for evidence alone, and nothing is predicted with hindsight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from models.estimator.components import Hyperparameters, learn
from models.estimator.lead_quality import LeadQualityModel
from models.estimator.rolling_origin import Fold, choose_train_window, make_folds
from models.estimator.tree_choice import FEWEST_LEADS, SAMPLE, choose_trees, list_kinds

CATEGORIES = (0,)
DEFAULT = Hyperparameters()


def draw(n: int, *, joint: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A little that adds up, and, so strong, what only columns together show."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.integers(0, 30, n), rng.normal(size=(n, 4))])
    together = np.sign(X[:, 1] * X[:, 2]) + (X[:, 0] % 2 == 0) * np.sign(X[:, 3])
    y = rng.random(n) < expit(0.8 * X[:, 4] + joint * together - 0.5)
    return X, y.astype(float)


@pytest.fixture(scope="module")
def joined() -> tuple[np.ndarray, np.ndarray]:
    return draw(2_000, joint=1.5)


def choose(X: np.ndarray, y: np.ndarray, *, ordered: bool):  # type: ignore[no-untyped-def]
    folds = make_folds(X, y, CATEGORIES, ordered=ordered)
    found, forward = choose_train_window(folds, DEFAULT)
    return choose_trees(folds, found, forward), (found, forward)


@pytest.fixture(scope="module", params=[False, True], ids=["folds", "in time"])
def chosen(request, joined):  # type: ignore[no-untyped-def]
    return request.param, *choose(*joined, ordered=request.param)


def test_larger_trees_are_taken_where_columns_act_together(chosen) -> None:  # type: ignore[no-untyped-def]
    ordered, (hyperparameters, _), (default, _) = chosen
    assert hyperparameters != default
    assert max(member.leaves for member in hyperparameters.members) > default.leaves
    if ordered:  # the default keeps half of the say
        assert hyperparameters.members[0] == default
        assert len(hyperparameters.members) == 2


def test_the_predictions_are_those_of_models_of_the_other_leads(chosen, joined) -> None:  # type: ignore[no-untyped-def]
    ordered, (hyperparameters, forward), _ = chosen
    folds = make_folds(*joined, CATEGORIES, ordered=ordered).parts
    again = [
        learn(fold.X, fold.y, CATEGORIES, hyperparameters, threads=1).log_odds(
            fold.newer, threads=1
        )
        for fold in folds
    ]
    assert forward.log_odds == pytest.approx(np.concatenate(again), abs=1e-9)
    assert forward.accepted.tolist() == np.concatenate([fold.accepted for fold in folds]).tolist()


def test_the_choice_lowers_the_loss_on_other_leads(joined) -> None:  # type: ignore[no-untyped-def]
    from sklearn.metrics import log_loss

    X, y = joined
    model = LeadQualityModel().fit(X, y, categories=CATEGORIES, ordered=False)
    plain = LeadQualityModel(Hyperparameters(leads_per_tree=81)).fit(
        X, y, categories=CATEGORIES, ordered=False
    )
    other, answers = draw(4_000, joint=1.5, seed=1)
    ours, theirs = (log_loss(answers, each.predict_proba(other)[:, 1]) for each in (model, plain))
    assert ours < theirs - 0.02
    contributions = model.contributions(other[:200])
    assert contributions.sum(axis=1) == pytest.approx(model.log_odds(other[:200]), abs=1e-6)
    again = LeadQualityModel.from_stored(*model.to_stored())
    assert again.hyperparameters_ == model.hyperparameters_
    assert again.predict_proba(other).tobytes() == model.predict_proba(other).tobytes()


def turn(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What goes with a yes turns round every eighth of the leads."""
    spell = np.arange(len(y)) * 8 // len(y)
    return X, np.where(spell % 2 == 0, y, 1 - y)


@pytest.mark.parametrize(
    ("X", "y"),
    [
        draw(FEWEST_LEADS - 1, joint=1.5),
        (draw(1_000, joint=1.5)[0], draw(1_000, joint=1.5, seed=3)[1]),
        turn(*draw(1_500, joint=1.5)),
        draw(1_000, joint=0.0),
    ],
    ids=["few leads", "nothing to learn", "turning round", "only what adds up"],
)
def test_without_evidence_the_default_stays(X: np.ndarray, y: np.ndarray) -> None:
    (hyperparameters, forward), (default, before) = choose(X, y, ordered=True)
    assert hyperparameters == default
    assert forward is before


def test_trees_that_somebody_chose_stay(joined) -> None:  # type: ignore[no-untyped-def]
    X, y = joined
    mine = Hyperparameters(leaves=5, most_trees=12)
    folds = make_folds(X, y, CATEGORIES, ordered=False)
    found, forward = choose_train_window(folds, mine)
    assert choose_trees(folds, found, forward) == (mine, forward)


def test_kinds_are_bounded_in_what_scores_and_explanations_cost() -> None:
    assert all(kind.leaves * kind.most_trees <= 2_800 for kind in list_kinds(DEFAULT))


def test_of_many_leads_an_even_sample_is_tried() -> None:
    n = 120_000
    older = np.arange(n)[:, None] * 1.0
    fold = Fold(older, np.arange(n) % 2.0, np.ones((7, 1)), np.ones(7), ()).thin(SAMPLE)
    assert len(fold.X) == len(fold.y) == n // 3
    assert set(np.diff(fold.X[:, 0])) == {3.0}
    assert len(fold.newer) == len(fold.accepted) == 7
    assert fold.thin(SAMPLE) is fold


def test_hyperparameters_of_several_members_are_stored_and_read() -> None:
    both = replace(DEFAULT, others=(replace(DEFAULT, leaves=31),))
    stored = both.to_dict()
    assert Hyperparameters.from_dict(stored) == both
    assert [member.leaves for member in both.members] == [7, 31]
    assert "others" not in DEFAULT.to_dict(), "older versions read what they know"
