"""A first guess at the settings of an export."""
