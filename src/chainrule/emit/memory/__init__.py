"""Which values live in one another's memory, and what may be written over."""
