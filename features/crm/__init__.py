"""CRM knowledge: presets, names of columns, words of decisions, proposed settings."""
