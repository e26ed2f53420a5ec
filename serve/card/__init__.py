"""Model card: purpose, metrics, limits and approval of a model."""
