"""Branches, patterns and handlers: arms that are run apart and joined."""
