"""The weeks to come: how many leads fit, and what a new model changes for those that wait."""
