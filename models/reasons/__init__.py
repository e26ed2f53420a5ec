"""Reasons: Shapley values as sentences."""
