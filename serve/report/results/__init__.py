"""Results of accepted leads: opportunities, deals and amounts by group."""
