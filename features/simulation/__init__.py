"""A simulated company and its CRM export."""
