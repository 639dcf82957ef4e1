"""Recursions that do not come to an end while they are lifted."""

from __future__ import annotations

from typing import Any


class EndlessRecursion(Exception):
    """Inlining the calls of ``function`` by itself does not come to an end."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        self.function = function
