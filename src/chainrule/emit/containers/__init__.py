"""Lists and tuples as a person takes them apart and builds them."""
