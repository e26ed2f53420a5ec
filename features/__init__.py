"""What was known about a lead at hand-over: settings, tables, labels, checks, features."""
