"""What ``heapq`` and ``bisect`` choose from lists and put in order, spelled out on lists."""

from __future__ import annotations

import bisect
import heapq
from collections.abc import Callable, Hashable
from typing import Any

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def nsmallest(n, iterable, key=None):
    """``heapq.nsmallest``."""
    if n <= 0:
        return []
    return sorted(iterable, key=key)[:n]


def nlargest(n, iterable, key=None):
    """``heapq.nlargest``."""
    if n <= 0:
        return []
    return sorted(iterable, key=key, reverse=True)[:n]


def insort_right(a, x, lo=0, hi=None, *, key=None):
    """``bisect.insort``."""
    mark = x if key is None else key(x)
    a.insert(bisect.bisect_right(a, mark, lo, hi, key=key), x)


def insort_left(a, x, lo=0, hi=None, *, key=None):
    """``bisect.insort_left``."""
    mark = x if key is None else key(x)
    a.insert(bisect.bisect_left(a, mark, lo, hi, key=key), x)


def rise(heap, first, place):
    """Move the entry at ``place`` up, no higher than ``first``, until its parent is not larger."""
    item = heap[place]
    while place > first:
        parent = (place - 1) // 2
        if not item < heap[parent]:
            break
        heap[place] = heap[parent]
        place = parent
    heap[place] = item


def sink(heap, first):
    """Let the entry at ``first`` go to the bottom, smaller children going up, and rise again."""
    item = heap[first]
    place = first
    child = 2 * place + 1
    while child < len(heap):
        if child + 1 < len(heap) and not heap[child] < heap[child + 1]:
            child += 1
        heap[place] = heap[child]
        place = child
        child = 2 * place + 1
    heap[place] = item
    rise(heap, first, place)


def heapify(x):
    """``heapq.heapify``."""
    for place in reversed(range(len(x) // 2)):
        sink(x, place)


def heappush(heap, item):
    """``heapq.heappush``."""
    heap.append(item)
    rise(heap, 0, len(heap) - 1)


def heappop(heap):
    """``heapq.heappop``."""
    last = heap.pop()
    if len(heap) == 0:
        return last
    smallest = heap[0]
    heap[0] = last
    sink(heap, 0)
    return smallest


def heapreplace(heap, item):
    """``heapq.heapreplace``."""
    smallest = heap[0]
    heap[0] = item
    sink(heap, 0)
    return smallest


def heappushpop(heap, item):
    """``heapq.heappushpop``."""
    if len(heap) > 0 and heap[0] < item:
        smallest = heap[0]
        heap[0] = item
        sink(heap, 0)
        return smallest
    return item


def merge(*iterables, key=None):
    """``heapq.merge``: the smaller of the two heads, the earlier list's where they are equal."""
    found: list[Any] = []
    for items in iterables:
        first, second = found, list(items)
        found = []
        i = j = 0
        while i < len(first) and j < len(second):
            left = first[i] if key is None else key(first[i])
            right = second[j] if key is None else key(second[j])
            if right < left:
                found.append(second[j])
                j += 1
            else:
                found.append(first[i])
                i += 1
        found.extend(first[i:])
        found.extend(second[j:])
    return found


IN_ORDER: dict[Hashable, Callable[..., Any]] = {
    heapq.nsmallest: nsmallest,
    heapq.nlargest: nlargest,
    heapq.heapify: heapify,
    heapq.heappop: heappop,
    heapq.heappush: heappush,
    heapq.heappushpop: heappushpop,
    heapq.heapreplace: heapreplace,
    heapq.merge: merge,
    bisect.insort_right: insort_right,
    bisect.insort: insort_right,
    bisect.insort_left: insort_left,
}
