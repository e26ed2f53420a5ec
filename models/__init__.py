"""What is learned from the leads: the lead-quality model, its judgement and its reasons."""
