"""First screen of the report: the month in figures, and what follows from them."""
