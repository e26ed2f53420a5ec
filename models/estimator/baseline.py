"""Baseline for every model: a logistic regression on the same features."""

from __future__ import annotations

import numpy as np

from features.matrix.feature_table import FeatureTable
from models.arrays import Floats
from models.estimator.linear import DIGITS

INVERSE_PENALTY = 0.3
TOLERANCE = 1e-8  # of the gradient; Newton's last step goes far beyond it


def predict_logistic(train: Floats, accepted: Floats, test: Floats, table: FeatureTable) -> Floats:
    """Fit a logistic regression on one part and return its probabilities for the other.

    Parameters
    ----------
    train, test : ndarray of shape (n_leads, n_features)
        Encoded as `FeatureTable.encode` does. Numbers get their training median where they
        are missing, and a column that says so; categories become one column per level.
    accepted : ndarray of shape (n_train,)
    table : FeatureTable

    Returns
    -------
    ndarray of shape (n_test,)
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    categories = table.categories
    numbers = [i for i in range(len(table.features)) if i not in set(categories)]
    columns = ColumnTransformer(
        [
            (
                "numbers",
                make_pipeline(
                    SimpleImputer(strategy="median", add_indicator=True), StandardScaler()
                ),
                numbers,
            ),
            ("categories", OneHotEncoder(handle_unknown="ignore"), categories),
        ]
    )
    regression = LogisticRegression(C=INVERSE_PENALTY, solver="newton-cholesky", tol=TOLERANCE)
    pipeline = make_pipeline(columns, regression)
    pipeline.fit(train, accepted)
    # Further digits depend on the processor.
    regression.coef_ = np.round(regression.coef_, DIGITS)
    regression.intercept_ = np.round(regression.intercept_, DIGITS)
    return np.asarray(pipeline.predict_proba(test)[:, 1], dtype=np.float64)
