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


def insort_right(a, x):
    """``bisect.insort`` without bounds or key."""
    a.insert(bisect.bisect_right(a, x), x)


def insort_left(a, x):
    """``bisect.insort_left`` without bounds or key."""
    a.insert(bisect.bisect_left(a, x), x)


IN_ORDER: dict[Hashable, Callable[..., Any]] = {
    heapq.nsmallest: nsmallest,
    heapq.nlargest: nlargest,
    bisect.insort_right: insort_right,
    bisect.insort: insort_right,
    bisect.insort_left: insort_left,
}
