"""The lead-quality model: linear part, trees, calibration, validation."""
