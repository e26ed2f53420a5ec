"""The MLflow registry and tracking store."""
