"""The feature matrix: definitions, plan and computation."""
