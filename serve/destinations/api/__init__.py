"""CRM interfaces that take scores."""
