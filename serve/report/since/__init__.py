"""Since last month: scores that changed, groups that moved, and what earlier reports promised."""
