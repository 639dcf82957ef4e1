"""A loop in a loop begins its next attempt with the shapes that the last one has ended with.

What a loop carries is found by attempts, and each attempt of the loop around it runs all attempts
anew: of loops ``d`` deep the innermost would be lifted 2^d times.  What is carried by the loop
around only becomes wider from attempt to attempt, and so does what the loops in it end with.
Whatever a loop begins with, it ends with shapes that fit what a step leaves.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager

from chainrule.graph.block import Graph
from chainrule.lift.core import Flag
from chainrule.lift.iteration.naturals import Naturals
from chainrule.lift.iteration.shapes import KEEP, Alternatives, Fresh, Layout, Same, Scalar, Shape
from chainrule.lift.state import Frame, Key, State, same_value
from chainrule.lift.values import Fact, ListBox, Read, Static, Value
from chainrule.records import dataclass


@dataclass(frozen=True)
class _Carried:
    """What a key held before a loop, the shape of that, and the shape that the loop ended with."""

    value: Value
    start: Shape
    end: Shape


class Remembered:
    """The loops within one loop: what they carried in its attempt before."""

    def __init__(self) -> None:
        self.carried: dict[Hashable, dict[Hashable, _Carried]] = {}
        self.inner: dict[Hashable, Remembered] = {}
        self._counts: dict[Hashable, int] = {}

    def begin(self) -> None:
        """The loop around is run from its beginning."""
        self._counts.clear()

    def met(self, site: Hashable) -> Hashable:
        """The loop that is run now at ``site``, where it may be run several times."""
        count = self._counts[site] = self._counts.get(site, 0) + 1
        return site, count


class Remembering(Naturals):
    """Tells loops from what they begin when they are run again."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self.loops_within = Remembered()

    @contextmanager
    def remembered(self, kind: str, shapes: dict[Key, Shape]) -> Iterator[dict[Key, Shape]]:
        """Widen ``shapes`` to begin with; what a loop ends with is to be told."""
        around = self.loops_within
        loop = around.met((self.here, tuple(at for _, at in self.calls), kind))
        before, starts = dict(self.state), dict(shapes)
        for key, carried in _known(self.frame, before, around.carried.get(loop, {})):
            starts[key] = shapes[key] if key in shapes else self._shape(before[key])
            shapes[key] = self._wider(key, starts[key], carried)
        self.loops_within = around.inner.setdefault(loop, Remembered())
        ends: dict[Key, Shape] = {}
        try:
            yield ends
        finally:
            self.loops_within = around
        if self.enclosing:
            around.carried[loop] = {
                _place(self.frame, key, before): _Carried(
                    before[key], starts[key] if key in starts else self._shape(before[key]), end
                )
                for key, end in ends.items()
                if key in before and not isinstance(key, (Flag, Fact, Read))
            }

    def _wider(self, key: Key, now: Shape, carried: _Carried) -> Shape:
        """The shape to begin with under a key."""
        start, end, value = carried.start, carried.end, self.state[key]
        if now == start == KEEP:
            if isinstance(end, Fresh) and isinstance(value, ListBox):
                lenders = [value if box is carried.value else box for box in end.lenders]
                known = all(box in self.state for box in lenders)
                return Fresh(end.type, tuple(lenders), end.alone) if known else now
            told = isinstance(value, Static) and same_value(value, carried.value)
            return end if told and _holds_nothing(end) else now
        grown = isinstance(now, Layout) and now == start and isinstance(end, Scalar)
        if grown and isinstance(key, ListBox) and isinstance(value, list):
            self.make_dynamic(key)
            return end
        return _of_wider_parts(now, start, end)


def _place(frame: Frame, key: Key, state: State) -> Hashable:
    """By what a key is told in all attempts: those of names and lists are others in each."""
    if isinstance(key, tuple) and len(key) == 2 and key[0] is frame:
        return str(key[1])
    if isinstance(key, ListBox) and key.site is not None:
        return key.site, _made_at(key.site, state).index(key)
    place: Hashable = key
    return place


def _known(
    frame: Frame, state: State, known: Mapping[Hashable, _Carried]
) -> Iterator[tuple[Key, _Carried]]:
    """What is told so, by the keys that it has now."""
    for place, carried in known.items():
        key = place
        if isinstance(place, str):
            key = (frame, place)
        elif isinstance(place, tuple) and isinstance(place[1], int):
            made = _made_at(place[0], state)
            key = made[place[1]] if place[1] < len(made) else None
        if key in state:
            yield key, carried


def _made_at(site: Hashable, state: State) -> list[ListBox]:
    """The lists that were made at one place, in the order in which they were."""
    return [key for key in state if isinstance(key, ListBox) and key.site == site]


def _holds_nothing(shape: Shape) -> bool:
    """Whether a shape mentions nothing that is another one in each attempt."""
    if isinstance(shape, Alternatives):
        return _holds_nothing(shape.then) and _holds_nothing(shape.orelse)
    if isinstance(shape, Same):
        return isinstance(shape.value, Static)
    return isinstance(shape, Scalar) and not shape.late


def _of_wider_parts(now: Shape, start: Shape, end: Shape) -> Shape:
    """The shape to begin with of what is now of one shape, and went from this start to this end."""
    if isinstance(now, Scalar) and now == start and isinstance(end, Scalar):
        return now if end.late else end
    if isinstance(now, Layout) and isinstance(start, Layout) and isinstance(end, Layout):
        alike = {(each.kind, each.keys, len(each.parts)) for each in (now, start, end)}
        if len(alike) == 1 and now.named is start.named is end.named:
            triples = zip(now.parts, start.parts, end.parts, strict=True)
            parts = tuple(_of_wider_parts(*triple) for triple in triples)
            return Layout(now.kind, parts, now.keys, now.named)
    return now
