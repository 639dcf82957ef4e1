"""``heapq`` and ``bisect.insort`` spelled out on lists: every comparison and move is theirs."""

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


def rise(heap, least, place):
    """Move the entry at ``place`` up, past what is greater, at most to ``least``."""
    item = heap[place]
    while place > least:
        above = (place - 1) // 2
        if not item < heap[above]:
            break
        heap[place] = heap[above]
        place = above
    heap[place] = item


def settle(heap, top):
    """Move the entry at ``top`` down to a leaf, past the smaller ones below, and up again."""
    item = heap[top]
    place = top
    below = 2 * top + 1
    while below < len(heap):
        if below + 1 < len(heap) and not heap[below] < heap[below + 1]:
            below += 1
        heap[place] = heap[below]
        place = below
        below = 2 * place + 1
    heap[place] = item
    rise(heap, top, place)


def heappush(heap, item):
    """``heapq.heappush``."""
    heap.append(item)
    rise(heap, 0, len(heap) - 1)


def heappop(heap):
    """``heapq.heappop``."""
    last = heap.pop()
    if len(heap) == 0:
        return last
    first = heap[0]
    heap[0] = last
    settle(heap, 0)
    return first


def heapify(heap):
    """``heapq.heapify``."""
    for place in reversed(range(len(heap) // 2)):
        settle(heap, place)


def heapreplace(heap, item):
    """``heapq.heapreplace``."""
    first = heap[0]
    heap[0] = item
    settle(heap, 0)
    return first


def insort_right(a, x):
    """``bisect.insort`` without bounds or key."""
    a.insert(bisect.bisect_right(a, x), x)


def insort_left(a, x):
    """``bisect.insort_left`` without bounds or key."""
    a.insert(bisect.bisect_left(a, x), x)


HEAPS: dict[Hashable, Callable[..., Any]] = {
    heapq.nsmallest: nsmallest,
    heapq.nlargest: nlargest,
    heapq.heappush: heappush,
    heapq.heappop: heappop,
    heapq.heapify: heapify,
    heapq.heapreplace: heapreplace,
    bisect.insort_right: insort_right,
    bisect.insort: insort_right,
    bisect.insort_left: insort_left,
}
