"""Entries of arrays that NumPy gives as views: ``x[..., 0]`` of a vector."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from chainrule.graph.node import Node

if TYPE_CHECKING:
    from chainrule.lift.core import Core


def of_entry(pattern: str, rank: int) -> str:
    """The pattern of a subscript without an ellipsis that stands for no axis."""
    parts = pattern.replace("e", "", 1)
    return parts if parts != pattern and parts == "i" * rank else pattern


class SeenEntries:
    """Which entries were taken out as views: they change where the array is written to."""

    def __init__(self) -> None:
        self._entries: dict[object, list[Node]] = {}

    def note(self, box: object, entry: Node) -> None:
        """``entry`` sees a place of the array in ``box``."""
        self._entries.setdefault(box, []).append(entry)

    def check(self, lifter: Core, box: object, node: ast.AST) -> None:
        """Refuse to write to the array in ``box`` while a name is bound to an entry of it."""
        seen = self._entries.get(box, ())
        for key, value in lifter.state.items():
            if isinstance(key, tuple) and any(value is entry for entry in seen):
                raise lifter.unsupported(
                    f"writing to an array of which `{key[1]}` sees an entry",
                    "Take the entry out without the ellipsis, as x[0].",
                    node,
                )
