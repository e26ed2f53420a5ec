"""Trials: whether working by the score pays, by groups drawn by chance and read at any time."""
