"""Jobs that people run, and the command line that runs them."""
