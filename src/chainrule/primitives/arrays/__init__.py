"""NumPy's functions on whole arrays: one file for each family."""
