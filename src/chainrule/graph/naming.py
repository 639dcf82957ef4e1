"""Names that are free."""

from __future__ import annotations

from collections.abc import Container


def free_name(stem: str, taken: Container[object]) -> str:
    """``stem``, or with a number behind it where that is taken."""
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    return name
