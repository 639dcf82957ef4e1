"""Branches, loops and exits as a person writes them."""
