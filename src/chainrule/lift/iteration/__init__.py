"""Loops: what they go over, and what they carry from step to step."""
