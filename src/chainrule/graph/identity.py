"""Keys of objects that are compared by what they are, not by what is in them."""

from __future__ import annotations

from typing import Any


class Identity:
    """A key that is equal for the same object only, which it keeps alive."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)
