"""Lead-quality model: a linear part, trees for its residuals, a calibrated probability.

The linear part is a logistic regression: it needs few leads and extrapolates under drift. The trees
start from part of its log-odds and find what is not linear. Both take missing numbers and
categories as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from features.errors import DataRefused, ModelError
from models.arrays import Floats
from models.estimator.calibration import Calibration, fit_calibration
from models.estimator.components import Components, Hyperparameters, learn
from models.estimator.interval_width import estimate_posterior_sd
from models.estimator.linear import LinearModel
from models.estimator.missed_structure import estimate_missed_variance
from models.estimator.number_prior import choose_number_share
from models.estimator.rolling_origin import (
    NO_PREDICTIONS,
    RollingOriginPredictions,
    choose_train_window,
    find_splits,
    make_folds,
    predict_forward,
)
from models.estimator.tree_choice import choose_trees


class LeadQualityModel:
    """Predicts the probability that sales accepts a lead, and says what moved it.

    Parameters
    ----------
    hyperparameters : Hyperparameters, optional
        How it is learned; `fit` leaves them as they are.

    Attributes
    ----------
    hyperparameters_ : Hyperparameters
        The same, after `fit` with what was chosen.
    components_ : Components
        The linear model and the trees.
    calibration_ : Calibration
        From log-odds to probability and interval.
    missed_variance_ : float
        See `models.estimator.missed_structure`.
    rolling_origin_ : RollingOriginPredictions
        Predictions for newer leads by models of older ones, which the choices and the
        calibration rest on; none where there were too few leads.

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

    components_: Components
    calibration_: Calibration
    rolling_origin_: RollingOriginPredictions

    def __init__(self, hyperparameters: Hyperparameters | None = None) -> None:
        self.hyperparameters = self.hyperparameters_ = hyperparameters or Hyperparameters()
        self.missed_variance_ = 0.0  # of a stored model it is in its calibration

    def fit(
        self,
        X: Floats,
        y: Floats,
        *,
        categories: Sequence[int] = (),
        ordered: bool = True,
        allow_few: bool = False,
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
        allow_few : bool
            Whether to learn from too few leads as well. The probability is then that of the
            linear model and the trees as they are, with nothing chosen and nothing calibrated,
            and may be far off.

        Returns
        -------
        LeadQualityModel
            Itself.

        Raises
        ------
        DataRefused
            When only one class is there, no feature at all, or, unless allowed, too few leads.

        Notes
        -----
        The order of the rows is their order in time. That of the columns has a say in which of
        them each tree draws: only where each tree draws all does another order merely permute
        the contributions. `features.matrix.attributes` therefore sorts the columns of a source.
        """
        _require_both(y)
        _require_features(X)
        with one_thread():
            whole = replace(self.hyperparameters, train_window=1.0)
            if allow_few and find_splits(y, ordered=ordered) is None:
                self.hyperparameters_, rolling_origin = whole, NO_PREDICTIONS
            else:
                folds = make_folds(X, y, categories, ordered=ordered)
                windowed, forward = choose_train_window(folds, whole)
                rows = windowed.select(len(y))
                prior = choose_number_share(X[rows], y[rows], categories, windowed)
                if prior != windowed:
                    forward = predict_forward(folds, prior)
                self.hyperparameters_, rolling_origin = choose_trees(folds, prior, forward)
            self.missed_variance_ = _find_missed(X, y, categories, rolling_origin)
        return self._learn(X, y, categories, rolling_origin)

    def refit(
        self,
        X: Floats,
        y: Floats,
        rolling_origin: RollingOriginPredictions,
        *,
        categories: Sequence[int] = (),
    ) -> LeadQualityModel:
        """Return a model of other leads with the hyperparameters that were chosen here.

        Parameters
        ----------
        X, y, categories
            As in `fit`.
        rolling_origin : RollingOriginPredictions
            Predictions with them for leads the model had not seen, to calibrate on.
        """
        model = LeadQualityModel(self.hyperparameters_)
        # Of the same recipe: what it missed here it will miss there.
        model.missed_variance_ = self.missed_variance_
        return model._learn(X, y, categories, rolling_origin)

    def log_odds(self, X: Floats) -> Floats:
        """Return the log-odds of acceptance before calibration, shape (n_leads,)."""
        return self.components_.log_odds(X)

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
            values of a sum of models are the sums of theirs.

        References
        ----------
        Lundberg, Erion, Lee (2018), "Consistent Individualized Feature Attribution for Tree
        Ensembles".
        """
        return self.components_.contributions(X)

    def explainer(self, n_leads: int, *, threads: int = 0) -> Callable[[Floats], Floats]:
        """Return `contributions` as a function for leads that come in several calls.

        Parameters
        ----------
        n_leads : int
            Leads of all calls together: what a lead gets is the same to the last bit however
            they are split.
        threads : int
            0 takes all cores. The result is the same with any number.
        """
        route = self.components_.kernel.choose_route(n_leads)
        return partial(self.components_.contributions, threads=threads, route=route)

    def to_stored(self) -> tuple[str, dict[str, Any]]:
        """Return the model as LightGBM's text and a dict of plain types."""
        return self.components_.booster.model_to_string(), {
            "recipe": self.hyperparameters_.to_dict(),
            "linear": self.components_.linear.to_dict(),
            "calibration": self.calibration_.to_dict(),
        }

    @classmethod
    def from_stored(cls, text: str, rest: dict[str, Any]) -> LeadQualityModel:
        """Return the model that `to_stored` wrote; it predicts but has no `rolling_origin_`."""
        import lightgbm

        try:
            model = cls(Hyperparameters.from_dict(rest["recipe"]))
            linear = LinearModel.from_dict(rest["linear"])
            model.components_ = Components(linear, lightgbm.Booster(model_str=text))
            model.calibration_ = Calibration.from_dict(rest["calibration"])
        except (KeyError, TypeError, ValueError, lightgbm.basic.LightGBMError) as error:
            raise ModelError(
                "the stored model cannot be read by this version of leadaccord",
                got=f"{type(error).__name__}: {error}"[:200],
                next_step="Train again with leadaccord train",
            ) from error
        return model

    def _learn(
        self,
        X: Floats,
        y: Floats,
        categories: Sequence[int],
        rolling_origin: RollingOriginPredictions,
    ) -> LeadQualityModel:
        """Learn both components from the training window, and calibrate."""
        self.rolling_origin_ = rolling_origin
        with one_thread():
            self.components_ = learn(X, y, categories, self.hyperparameters_)
            learned = X[self.hyperparameters_.select(len(y))]
            posterior_sd = estimate_posterior_sd(
                learned, self.components_.linear, missed_variance=self.missed_variance_
            )
            self.calibration_ = _calibrate(rolling_origin, posterior_sd)
        return self


def _find_missed(
    X: Floats, y: Floats, categories: Sequence[int], rolling_origin: RollingOriginPredictions
) -> float:
    """Return the variance of the true log-odds that the predictions for other leads missed."""
    splits = find_splits(y, ordered=rolling_origin.ordered)
    if splits is None or not len(rolling_origin.accepted):
        return 0.0
    calibration = _calibrate(rolling_origin, 0.0)
    return estimate_missed_variance(
        X,
        y,
        categories,
        rows=np.concatenate([new for _, new in splits[0]]),
        log_odds=calibration.shift + calibration.slope * rolling_origin.log_odds,
    )


def _calibrate(rolling_origin: RollingOriginPredictions, posterior_sd: float) -> Calibration:
    if not len(rolling_origin.accepted):
        return Calibration.uncalibrated(posterior_sd)
    return fit_calibration(
        rolling_origin.log_odds,
        rolling_origin.accepted,
        posterior_sd=posterior_sd,
        ordered=rolling_origin.ordered,
    )


def one_thread() -> AbstractContextManager[Any]:
    """Return a context in which linear algebra keeps to one core.

    The matrices are small: more threads wait for each other longer than they work, and their
    number would show in the last bits of the model.
    """
    import sklearn.linear_model  # noqa: F401  # only what is loaded can be limited
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, user_api="blas")  # type: ignore[no-any-return]


def _require_features(X: Floats) -> None:
    if X.shape[1] == 0:
        raise DataRefused(
            "there is nothing to learn from: no column differs between leads",
            expected="at least one column or activity type that varies",
            next_step="Add columns or activities, or exclude and trust other columns",
            code="no_features",
        )


def _require_both(y: Floats) -> None:
    accepted = int(np.sum(y))
    if not 0 < accepted < len(y):
        raise DataRefused(
            "there is nothing to learn: all leads had the same decision",
            got=f"{accepted} accepted and {len(y) - accepted} rejected",
            expected="both",
            next_step="Check the accepted and rejected values under [decision]",
            code="one_class",
        )
