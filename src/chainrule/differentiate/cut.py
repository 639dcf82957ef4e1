"""Minimum vertex cut of a small directed graph, by augmenting paths."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from typing import Generic, TypeVar

V = TypeVar("V", bound=Hashable)


def minimum_cut(
    vertices: Sequence[V], edges: Iterable[tuple[V, V]], sources: Iterable[V], sinks: Iterable[V]
) -> list[V]:
    """A smallest set of vertices that every path from a source to a sink meets.

    Of the smallest sets it is the one nearest to the sinks.  Vertices may be sources and sinks
    themselves.  Unit capacities make this Menger's theorem; each augmentation is one breadth
    first search.

    >>> minimum_cut("abcd", [("a", "b"), ("b", "c"), ("b", "d")], ["a"], ["c", "d"])
    ['b']
    """
    network = _Network(vertices, edges, sources, sinks)
    while network.augment():
        pass
    return network.cut()


class _Network(Generic[V]):
    """Every vertex v is split into (v, in) -> (v, out) of capacity one."""

    def __init__(
        self,
        vertices: Sequence[V],
        edges: Iterable[tuple[V, V]],
        sources: Iterable[V],
        sinks: Iterable[V],
    ) -> None:
        self.vertices = list(vertices)
        number = {vertex: position for position, vertex in enumerate(self.vertices)}
        size = 2 * len(self.vertices)
        self.source, self.sink = size, size + 1
        self.capacity: list[dict[int, int]] = [{} for _ in range(size + 2)]
        unlimited = size + 1
        for position in range(len(self.vertices)):
            self._edge(2 * position, 2 * position + 1, 1)
        for start, end in edges:
            if start in number and end in number:
                self._edge(2 * number[start] + 1, 2 * number[end], unlimited)
        for vertex in sources:
            self._edge(self.source, 2 * number[vertex], unlimited)
        for vertex in sinks:
            if vertex in number:
                self._edge(2 * number[vertex] + 1, self.sink, unlimited)

    def _edge(self, start: int, end: int, capacity: int) -> None:
        self.capacity[start][end] = capacity
        self.capacity[end].setdefault(start, 0)

    def augment(self) -> bool:
        """Push one unit from source to sink, if that is possible."""
        parent = {self.source: self.source}
        queue = deque([self.source])
        while queue and self.sink not in parent:
            here = queue.popleft()
            for there, capacity in self.capacity[here].items():
                if capacity > 0 and there not in parent:
                    parent[there] = here
                    queue.append(there)
        if self.sink not in parent:
            return False
        there = self.sink
        while there != self.source:
            here = parent[there]
            self.capacity[here][there] -= 1
            self.capacity[there][here] += 1
            there = here
        return True

    def cut(self) -> list[V]:
        """The saturated vertices nearest to the sink."""
        reaching = {self.sink}
        queue = deque([self.sink])
        while queue:
            there = queue.popleft()
            for here in self.capacity[there]:
                if self.capacity[here].get(there, 0) > 0 and here not in reaching:
                    reaching.add(here)
                    queue.append(here)
        return [
            vertex
            for position, vertex in enumerate(self.vertices)
            if 2 * position + 1 in reaching and 2 * position not in reaching
        ]
