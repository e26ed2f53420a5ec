"""Languages in which exports are understood: one module of words for each."""
