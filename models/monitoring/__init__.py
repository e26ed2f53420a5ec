"""Monitoring of a model in use."""
