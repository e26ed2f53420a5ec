"""scikit-learn estimator: the lead-quality model on plain data frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

# Its base classes are scikit-learn's, so this module is itself imported where it is used.
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from features.errors import ModelError
from models.arrays import Floats
from models.estimator.components import Hyperparameters
from models.estimator.frame_columns import FrameColumns, FrameRefused
from models.estimator.lead_quality import LeadQualityModel
from models.shapley.explanation import explain_contributions

if TYPE_CHECKING:
    import shap


class ClassifierNotFitted(ModelError, NotFittedError):  # type: ignore[misc]
    """The classifier was asked before it was fitted."""


class LeadQualityClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Calibrated probability of acceptance: a logistic regression plus boosted trees.

    The model that ``leadaccord train`` learns, as a scikit-learn classifier. Columns of dtype
    category, object or string are categories; numbers and booleans are numbers. Both may have
    missing values, which are learned from. Arrays hold numbers only.

    Parameters
    ----------
    ordered : bool, default=True
        Whether the order of the samples is their order in time, oldest first. Calibration then
        rests on what models of older samples predicted for newer ones, and the newest count
        most. False where the rows have no such order; folds then take its place.
    hyperparameters : mapping of str to int or float, optional
        Those that differ from what was chosen for lead tables, such as ``learning_rate``,
        ``leaves``, ``most_trees`` or ``seed``; all are attributes of
        `models.estimator.components.Hyperparameters`. With any but ``seed`` the trees are as
        given; without, larger ones are taken where the samples bear them.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The labels, sorted. The second one is what `predict_proba` gives last: with "accepted"
        and "rejected" it is the rejection.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Where the columns have names.
    n_features_in_ : int
    columns_ : FrameColumns
        Which columns are categories, and their levels.
    model_ : LeadQualityModel
        The model of the second class.

    Notes
    -----
    With fewer than 20 samples, or hardly any of one class, there is nothing to calibrate on: the
    probability is then that of the regression and the trees as they are, and
    ``model_.calibration_.n_leads`` is 0.

    A category level with fewer than 10 samples is pooled with the rare and unknown ones.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> source = rng.choice(["Web", "Event"], 400)
    >>> X = pd.DataFrame({"Source": source, "Visits": rng.poisson(3, 400)})
    >>> liked = X["Visits"] + 2 * (X["Source"] == "Event") + rng.normal(size=400) > 4
    >>> y = np.where(liked, "yes", "no")
    >>> classifier = LeadQualityClassifier().fit(X, y)
    >>> classifier.classes_.tolist()
    ['no', 'yes']
    >>> bool(classifier.score(X, y) > 0.8)
    True
    """

    def __init__(
        self, *, ordered: bool = True, hyperparameters: Mapping[str, Any] | None = None
    ) -> None:
        self.ordered = ordered
        self.hyperparameters = hyperparameters

    def fit(self, X: pd.DataFrame | ArrayLike, y: ArrayLike) -> LeadQualityClassifier:
        """Learn from samples with their labels.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Oldest sample first, unless `ordered` is False.
        y : array-like of shape (n_samples,)
            Two different labels, texts or numbers; none is missing.

        Returns
        -------
        LeadQualityClassifier
            Itself.

        Raises
        ------
        LeadaccordError
            When `hyperparameters` has an unknown name, a column holds neither numbers nor
            categories, or the labels are not two. These are a ValueError as well.
        ValueError, TypeError
            By scikit-learn, when the shapes or the types of arrays do not fit.
        """
        hyperparameters = _read_hyperparameters(self.hyperparameters)
        # The labels first: this check forgets the names of columns.
        labels = self._take_labels(y)
        frame = self._take(X, reset=True)
        check_consistent_length(frame, labels)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        _require_two(self.classes_)
        self.columns_ = FrameColumns.learn(frame)
        self.model_ = LeadQualityModel(hyperparameters).fit(
            self.columns_.encode(frame),
            codes.astype(np.float64),
            categories=self.columns_.categories,
            ordered=self.ordered,
            allow_few=True,
        )
        return self

    def predict_proba(self, X: pd.DataFrame | ArrayLike) -> Floats:
        """Return calibrated probabilities, shape (n_samples, 2), in the order of `classes_`."""
        matrix = self._encode(X)
        return self.model_.predict_proba(matrix)

    def predict(self, X: pd.DataFrame | ArrayLike) -> NDArray[Any]:
        """Return the likelier label of each sample, shape (n_samples,)."""
        likelier = self.predict_proba(X)[:, 1] > 0.5
        return np.asarray(self.classes_[likelier.astype(np.intp)])

    def predict_interval(self, X: pd.DataFrame | ArrayLike) -> Floats:
        """Return the 90 % interval of the second class's probability, shape (n_samples, 2)."""
        matrix = self._encode(X)
        return np.column_stack(self.model_.predict_interval(matrix))

    def explain(self, X: pd.DataFrame | ArrayLike) -> shap.Explanation:
        """Return exact Shapley values, ready for `shap.plots`.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)

        Returns
        -------
        shap.Explanation
            In log-odds of the second class before calibration.
        """
        matrix = self._encode(X)
        frame = self._take(X, reset=False)
        return explain_contributions(
            self.model_.contributions(matrix),
            names=[str(name) for name in self.columns_.names],
            data=matrix,
            display=self.columns_.show(frame),
        )

    def _encode(self, X: pd.DataFrame | ArrayLike) -> Floats:
        try:
            check_is_fitted(self)
        except NotFittedError as error:
            raise ClassifierNotFitted(
                "this LeadQualityClassifier is not fitted yet",
                next_step="Call fit with the leads and what sales decided on them",
            ) from error
        return self.columns_.encode(self._take(X, reset=False))

    def _take(self, X: pd.DataFrame | ArrayLike, *, reset: bool) -> pd.DataFrame:
        """Return the samples as a data frame, with scikit-learn's checks of names and shape."""
        if not isinstance(X, pd.DataFrame):
            array = validate_data(self, X, reset=reset, ensure_all_finite="allow-nan")
            return pd.DataFrame(array)
        validate_data(self, X, reset=reset, skip_check_array=True)
        if 0 in X.shape:
            raise FrameRefused(
                "the data frame is empty",
                got=f"{X.shape[0]} rows and {X.shape[1]} columns",
                expected="at least one of each",
                next_step="Pass the samples as rows and what is known of them as columns",
                code="empty",
            )
        return X

    def _take_labels(self, y: ArrayLike) -> NDArray[Any]:
        """Return the labels, of two kinds at most."""
        if y is not None and (missing := pd.isna(pd.Series(np.asarray(y).ravel()))).any():
            raise FrameRefused(
                "y has missing labels (NaN)",
                where=f"row {int(missing.to_numpy().argmax())}, counted from 0",
                got=f"{int(missing.sum()):,} missing",
                next_step="Leave out the leads that sales has not decided on",
                code="missing_labels",
            )
        labels = np.asarray(validate_data(self, X="no_validation", y=y))
        check_classification_targets(labels)
        if (kind := type_of_target(labels, input_name="y")) != "binary":
            raise FrameRefused(
                f"Only binary classification is supported. The type of the target is {kind}",
                next_step="Call sales' decisions by two labels, such as accepted and rejected",
                code="labels",
            )
        return labels

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn is to know of it: two classes, missing values allowed."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags


def _read_hyperparameters(given: Mapping[str, Any] | None) -> Hyperparameters:
    """Return the hyperparameters with what was given instead of the defaults."""
    chosen = {"train_window", "others"}  # by `fit`
    known = {field.name for field in fields(Hyperparameters)} - chosen
    if given is not None and not isinstance(given, Mapping):
        raise FrameRefused(
            "hyperparameters is no mapping of names to values",
            got=type(given).__name__,
            expected='for example {"leaves": 15}',
            code="hyperparameters",
        )
    if unknown := sorted(str(name) for name in set(given or ()) - known):
        raise FrameRefused(
            "there is no such hyperparameter",
            got=", ".join(unknown),
            expected="some of " + ", ".join(sorted(known)),
            code="hyperparameters",
        )
    return Hyperparameters(**(given or {}))


def _require_two(classes: NDArray[Any]) -> None:
    if len(classes) < 2:
        raise FrameRefused(
            "there is nothing to learn: all samples are of one class",
            got=f"1 class, {classes[0]!r}",
            expected="2 classes",
            next_step="Take in leads that sales decided the other way",
            code="one_class",
        )
