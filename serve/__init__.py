"""Outputs: scored leads, reports and pages."""
