"""The model card: what a model is for, how good it is, where it ends, and who approved it."""
