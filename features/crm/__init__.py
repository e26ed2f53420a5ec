"""CRM knowledge: presets, and what the names of columns give away."""
