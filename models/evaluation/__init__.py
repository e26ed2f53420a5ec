"""Evaluation: metrics, intervals, splits, comparison."""
