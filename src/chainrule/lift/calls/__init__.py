"""Calls: of the user's functions, of primitives, and of what stays as it is."""
