"""What is raised where lifting has to begin anew, knowing what was found."""

from __future__ import annotations

from collections.abc import Hashable


class Anew(Exception):
    """Something was lifted as what it turned out not to be.

    ``loops`` are those around it that could be written out, by where they stand: with how many
    steps, the innermost first.
    """

    def __init__(self, *found: object) -> None:
        super().__init__(*found)
        self.loops: dict[Hashable, int] = {}
