"""Scoring input, read in batches."""
