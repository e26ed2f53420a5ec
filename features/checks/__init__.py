"""Data checks of the tables."""
