"""Leads as they were known at hand-over: settings, sources, labels, checks, features."""
