"""Leak guards: columns that know the decision."""
