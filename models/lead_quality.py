"""The lead-quality model: boosted trees, a calibrated probability, exact contributions.

Half of the log-odds is a logistic regression's, half the trees': the one needs few leads and
goes on straight under drift, the other finds what is not linear. Trees take numbers with gaps
and categories as they are. The probability is calibrated on leads
the trees had not seen, newer than those they learned from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from features.errors import DataRefused, ModelError
from models.calibration import MIN_LEADS, Calibration, fit_calibration
from models.linear import LinearModel, fit_linear

if TYPE_CHECKING:
    import lightgbm

Floats = NDArray[np.float64]
Rows = tuple[NDArray[np.int64], NDArray[np.int64]]

ORIGINS = (0.5, 0.6, 0.7, 0.8, 0.9)
"""Shares of the training leads after which the forward predictions start anew."""


@dataclass(frozen=True)
class Recipe:
    """How the trees are grown; chosen once for small and mid-sized lead tables.

    Many shallow, strongly shrunk trees: a lead table has few rows, many columns of little
    worth, and levels with a handful of leads each.
    """

    trees: int = 300
    learning_rate: float = 0.03
    leaves: int = 7
    leads_per_leaf: int = 40
    column_share: float = 0.5
    row_share: float = 0.8
    l2: float = 5.0
    category_smoothing: float = 50.0
    seed: int = 20

    def parameters(self, n_leads: int) -> dict[str, Any]:
        """Return LightGBM's parameters for a table of `n_leads`."""
        return {
            "objective": "binary",
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            # A leaf never asks for more than a twentieth of a small table.
            "min_data_in_leaf": int(np.clip(n_leads // 20, 5, self.leads_per_leaf)),
            "feature_fraction": self.column_share,
            "bagging_fraction": self.row_share,
            "bagging_freq": 1,
            "lambda_l2": self.l2,
            "cat_smooth": self.category_smoothing,
            "cat_l2": self.category_smoothing,
            "min_data_per_group": 20,
            "max_cat_to_onehot": 4,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }


LINEAR_SHARE = 0.5
"""The linear half's share of the log-odds; see docs/decisions/0009."""


class LeadQualityModel:
    """Predicts the probability that sales accepts a lead, and says what moved it.

    Parameters
    ----------
    recipe : Recipe, optional
        How the trees are grown.

    Attributes
    ----------
    booster_ : lightgbm.Booster
        The trees.
    linear_ : LinearModel
        The logistic regression.
    calibration_ : Calibration
        From log-odds to probability and interval.
    forward_ : tuple of (rows, log_odds)
        Out-of-sample log-odds from the rolling origins, and the rows they belong to.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 2))
    >>> y = (X[:, 0] + rng.normal(size=400) > 0).astype(float)
    >>> model = LeadQualityModel().fit(X, y)
    >>> bool(np.allclose(model.contributions(X).sum(axis=1), model.log_odds(X)))
    True
    """

    booster_: lightgbm.Booster
    linear_: LinearModel
    calibration_: Calibration
    forward_: tuple[NDArray[np.int64], Floats]

    def __init__(self, recipe: Recipe | None = None) -> None:
        self.recipe = recipe or Recipe()

    def fit(
        self,
        X: Floats,
        y: Floats,
        *,
        categories: Sequence[int] = (),
        ordered: bool = True,
    ) -> LeadQualityModel:
        """Learn from decided leads.

        Parameters
        ----------
        X : ndarray of float64, shape (n_leads, n_features)
            Oldest lead first. NaN is missing; categories are codes from 0.
        y : ndarray of float64, shape (n_leads,)
            1 accepted, 0 rejected.
        categories : sequence of int
            Columns that hold category codes.
        ordered : bool
            False where the rows have no order in time: calibration then uses folds instead
            of rolling origins.

        Returns
        -------
        LeadQualityModel
            Itself.

        Raises
        ------
        DataRefused
            When only one class is there, no feature at all, or too few leads.

        Notes
        -----
        The order of the rows is their order in time. That of the columns has a say in which of
        them each tree draws: only where the recipe draws all does another order merely permute
        the contributions. `features.attributes` therefore sorts the columns of a source.
        """
        _require_both(y)
        _require_features(X)
        splits = choose_splits(y, ordered=ordered)
        raw = []
        for known, new in splits:
            self._learn(X[known], y[known], categories)
            raw.append(self.log_odds(X[new]))
        rows = np.concatenate([new for _, new in splits])
        log_odds = np.concatenate(raw)
        self.forward_ = (rows, log_odds)
        self.calibration_ = fit_calibration(log_odds, y[rows])
        self._learn(X, y, categories)
        return self

    def log_odds(self, X: Floats) -> Floats:
        """Return the log-odds of acceptance before calibration, shape (n_leads,)."""
        trees = np.asarray(self.booster_.predict(X, raw_score=True), dtype=np.float64)
        return (1 - LINEAR_SHARE) * trees + LINEAR_SHARE * self.linear_.log_odds(X)

    def predict_proba(self, X: Floats) -> Floats:
        """Return calibrated probabilities of rejection and acceptance, shape (n_leads, 2)."""
        accepted = self.calibration_.probability(self.log_odds(X))
        return np.column_stack([1.0 - accepted, accepted])

    def predict_interval(self, X: Floats) -> tuple[Floats, Floats]:
        """Return the ends of the 90 % interval of each lead's probability."""
        return self.calibration_.interval(self.log_odds(X))

    def contributions(self, X: Floats) -> Floats:
        """Return exact Shapley values in log-odds.

        Parameters
        ----------
        X : ndarray of float64, shape (n_leads, n_features)

        Returns
        -------
        ndarray of float64, shape (n_leads, n_features + 1)
            One column per feature and the base last; each row adds up to `log_odds`. The Shapley
            values of a weighted sum of models are the weighted sum of theirs.

        References
        ----------
        Lundberg, Erion, Lee (2018), "Consistent Individualized Feature Attribution for Tree
        Ensembles".
        """
        if len(X) == 0:  # LightGBM divides by the number of rows
            return np.empty((0, X.shape[1] + 1))
        trees = np.asarray(self.booster_.predict(X, pred_contrib=True), dtype=np.float64)
        return (1 - LINEAR_SHARE) * trees + LINEAR_SHARE * self.linear_.contributions(X)

    def to_parts(self) -> tuple[str, dict[str, Any]]:
        """Return the model as LightGBM's text and a dict of plain types."""
        return self.booster_.model_to_string(), {
            "recipe": asdict(self.recipe),
            "linear": self.linear_.to_dict(),
            "calibration": self.calibration_.to_dict(),
        }

    @classmethod
    def from_parts(cls, text: str, rest: dict[str, Any]) -> LeadQualityModel:
        """Return the model that `to_parts` took apart; it predicts but keeps no `forward_`."""
        import lightgbm

        model = cls(Recipe(**rest["recipe"]))
        try:
            model.booster_ = lightgbm.Booster(model_str=text)
        except lightgbm.basic.LightGBMError as error:
            raise ModelError(
                "the trees of the model cannot be read",
                got=str(error)[:200],
                next_step="Train again with leadaccord train",
            ) from error
        model.linear_ = LinearModel.from_dict(rest["linear"])
        model.calibration_ = Calibration.from_dict(rest["calibration"])
        return model

    def _learn(self, X: Floats, y: Floats, categories: Sequence[int]) -> None:
        """Fit both halves."""
        self.booster_ = self._grow(X, y, categories)
        self.linear_ = fit_linear(X, y, categories)

    def _grow(self, X: Floats, y: Floats, categories: Sequence[int]) -> lightgbm.Booster:
        import lightgbm

        data = lightgbm.Dataset(
            X, label=y, categorical_feature=list(categories), free_raw_data=True
        )
        parameters = self.recipe.parameters(len(y))
        return lightgbm.train(parameters, data, num_boost_round=self.recipe.trees)


def choose_splits(y: Floats, *, ordered: bool) -> list[Rows]:
    """Return the parts to learn from and to predict for calibration.

    Parameters
    ----------
    y : ndarray of shape (n_leads,)
        Oldest lead first.
    ordered : bool
        Whether to use rolling origins. Where the older leads were nearly all decided alike these
        teach nothing, and folds take their place.

    Returns
    -------
    list of (rows, rows)
        Each first part holds both decisions.

    Raises
    ------
    DataRefused
        When there are too few leads of one kind.
    """
    candidates = (forward_splits, interleaved_splits) if ordered else (interleaved_splits,)
    for split in candidates:
        usable = [(known, new) for known, new in split(len(y)) if 0 < y[known].sum() < len(known)]
        if sum(len(new) for _, new in usable) >= MIN_LEADS:
            return usable
    raise DataRefused(
        "too few decided leads to learn from and to calibrate on",
        got=f"{int(y.sum())} accepted and {int(len(y) - y.sum())} rejected",
        expected=f"at least {MIN_LEADS} leads, and several of each kind",
        next_step="Wait for more decisions, or take in older leads",
        code="too_few_leads",
    )


def forward_splits(n_leads: int) -> Iterator[Rows]:
    """Yield (older, next newer) rows for each rolling origin."""
    ends = [*ORIGINS, 1.0]
    for start, end in zip(ORIGINS, ends[1:], strict=True):
        cut, stop = round(start * n_leads), round(end * n_leads)
        yield np.arange(cut), np.arange(cut, stop)


def interleaved_splits(n_leads: int) -> Iterator[Rows]:
    """Yield (other, held-out) rows of five folds, for leads without any order."""
    fold = np.arange(n_leads) % len(ORIGINS)
    for held_out in range(len(ORIGINS)):
        yield np.flatnonzero(fold != held_out), np.flatnonzero(fold == held_out)


def _require_features(X: Floats) -> None:
    if X.shape[1] == 0:
        raise DataRefused(
            "there is nothing to learn from: no column of the leads tells them apart",
            expected="at least one column or activity type that varies",
            next_step="Add columns or activities, or exclude and trust other columns",
            code="no_features",
        )


def _require_both(y: Floats) -> None:
    accepted = int(np.sum(y))
    if not 0 < accepted < len(y):
        raise DataRefused(
            "there is nothing to tell apart: all leads had the same decision",
            got=f"{accepted} accepted and {len(y) - accepted} rejected",
            expected="both",
            next_step="Check the accepted and rejected values under [decision]",
            code="one_class",
        )
