"""Destinations of scores: files and tables."""
