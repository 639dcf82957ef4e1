"""Lists of records."""
