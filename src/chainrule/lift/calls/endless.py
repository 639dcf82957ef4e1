"""Recursions that do not come to an end while they are lifted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable, Iterator
from typing import Any

from chainrule.records import dataclass

# In two of so many calls it is asked whether anything changes that is known.
SOMETIMES = 8


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
    begun:
        The keys of the state where it began: what they stand for may tell its end, too.
    told:
        What was known of these in the call before, where that was asked.
    """

    function: Any
    most: int
    must_shrink: bool
    known: list[Hashable]
    begun: tuple[Any, ...] = ()
    told: Hashable = None
    count: int = 0

    @contextlib.contextmanager
    def call(self, known: Hashable, all_known: Callable[[], Hashable]) -> Iterator[None]:
        """One call inside the others; ``all_known`` tells what is known of the state.

        Raises
        ------
        EndlessRecursion
            When it is one too many.
        """
        self.count += 1
        same = known == self.known[-1]
        if self.count > self.most or (self.must_shrink and same):
            raise EndlessRecursion(self.function)
        if not self.must_shrink and same and self.count % SOMETIMES < 2:
            before, self.told = self.told, all_known()
            if self.count % SOMETIMES and self.told == before:
                # The next call would know no more.
                raise EndlessRecursion(self.function)
        self.known.append(known)
        try:
            yield
        finally:
            self.known.pop()
