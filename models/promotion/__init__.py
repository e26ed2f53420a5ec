"""Promotion: champion against challenger."""
