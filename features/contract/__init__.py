"""The table contract: leads, decisions, activities and outcomes in canonical form."""
