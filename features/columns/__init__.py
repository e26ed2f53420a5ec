"""Column profiles and the reading of text as numbers and times."""
