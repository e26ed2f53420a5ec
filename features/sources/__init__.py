"""Data sources: files and databases, opened as tables of DuckDB."""
