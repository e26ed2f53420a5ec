"""The lead-quality model: estimator, Shapley values, reasons, evaluation and promotion."""
