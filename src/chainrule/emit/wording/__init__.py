"""Values as expressions, numbers as words."""
