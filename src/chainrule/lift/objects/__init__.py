"""Objects and classes."""
