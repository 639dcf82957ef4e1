"""Arrays of NumPy: what is read, written and called."""
