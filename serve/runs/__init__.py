"""Resumable runs: journal, locks, records."""
