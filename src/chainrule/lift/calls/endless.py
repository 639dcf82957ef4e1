"""Recursions that do not come to an end while they are lifted."""

from __future__ import annotations

import contextlib
from collections.abc import Hashable, Iterator
from typing import Any

from chainrule.records import dataclass


class EndlessRecursion(Exception):
    """Inlining the calls of ``function`` by itself does not come to an end."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        self.function = function


@dataclass(eq=False)
class Unrolling:
    """A recursion that is being inlined.

    Attributes
    ----------
    most:
        How many calls it may have.
    must_shrink:
        Whether it is taken to have no end where a call knows what the call around it knew.
    known:
        What is known of the arguments of the calls under way.
    """

    function: Any
    most: int
    must_shrink: bool
    known: list[Hashable]
    count: int = 0

    @contextlib.contextmanager
    def call(self, known: Hashable) -> Iterator[None]:
        """One call inside the others.

        Raises
        ------
        EndlessRecursion
            When it is one too many.
        """
        self.count += 1
        if self.count > self.most or (self.must_shrink and known == self.known[-1]):
            raise EndlessRecursion(self.function)
        self.known.append(known)
        try:
            yield
        finally:
            self.known.pop()
