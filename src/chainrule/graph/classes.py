"""Classes of values that belong together."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Classes(Generic[T]):
    """Classes of values that belong together: a union-find."""

    def __init__(self) -> None:
        self.parent: dict[T, T] = {}

    def find(self, value: T) -> T:
        """The value that stands for the class of ``value``."""
        root = value
        while self.parent.get(root, root) is not root:
            root = self.parent[root]
        while self.parent.get(value, root) is not root:
            self.parent[value], value = root, self.parent[value]
        return root

    def join(self, left: T, right: T) -> None:
        """Make one class of two."""
        self.parent[self.find(right)] = self.find(left)
