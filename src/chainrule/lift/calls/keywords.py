"""Keywords of a call that somebody must have looked at: what is ignored is lost in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chainrule.lift.values import Value


class Watched(dict[str, Value]):
    """Keywords that remember which of them nobody has read."""

    def __init__(self, keywords: Mapping[str, Value], unread: set[str] | None = None) -> None:
        super().__init__(keywords)
        self.unread = set(keywords) if unread is None else unread

    def __getitem__(self, name: str) -> Value:
        self.unread.discard(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a keyword."""
        self.unread.discard(name)
        return super().get(name, default)

    def pop(self, name: str, *default: Any) -> Any:
        """The value of a keyword, which is not there any more."""
        self.unread.discard(name)
        return super().pop(name, *default)

    def __iter__(self) -> Iterator[str]:
        self.unread.clear()
        return super().__iter__()

    def keys(self) -> Any:
        """All names."""
        self.unread.clear()
        return super().keys()

    def items(self) -> Any:
        """All names with their values."""
        self.unread.clear()
        return super().items()

    def values(self) -> Any:
        """All values."""
        self.unread.clear()
        return super().values()

    def __ror__(self, other: Any) -> Any:
        """With others besides, such as arguments that were given by their place."""
        return Watched({**other, **dict(dict.items(self))}, self.unread)
