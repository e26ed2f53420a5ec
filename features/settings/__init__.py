"""Project settings: the schema, the file, its rules and its mistakes."""
