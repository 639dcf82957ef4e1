"""What ``itertools`` and ``filter`` give one by one, spelled out as generator functions.

A list of the items (:mod:`~chainrule.lift.library.definitions`) is the same as long as nobody can
tell when each of them is made.  Where one acts on the world, changes something or may be one of
endlessly many, the items are made here, in Python's order, as the loop that reads them asks for
them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from chainrule.lift.library import definitions

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def accumulate(iterable, func=operator.add, *, initial=None):
    """``itertools.accumulate``."""
    begun = False
    if initial is not None:
        total = initial
        begun = True
        yield total
    for item in iterable:
        total = func(total, item) if begun else item
        begun = True
        yield total


def chain(*iterables):
    """``itertools.chain``."""
    for items in iterables:
        yield from items


def chain_from(iterable):
    """``itertools.chain.from_iterable``."""
    for items in iterable:
        yield from items


def dropwhile(predicate, iterable):
    """``itertools.dropwhile``."""
    dropping = True
    for item in iterable:
        if dropping and predicate(item):
            continue
        dropping = False
        yield item


def filterfalse(predicate, iterable):
    """``itertools.filterfalse`` with a predicate."""
    for item in iterable:
        if not predicate(item):
            yield item


def filtered(predicate, iterable):
    """``filter``."""
    for item in iterable:
        if item if predicate is None else predicate(item):
            yield item


def islice(iterable, start, stop=(), step=None):
    """``itertools.islice``: it asks for no item behind the last one that it needs."""
    if stop == ():
        if start > 0:
            count = 0
            for item in iterable:
                yield item
                count += 1  # noqa: SIM113 (a generator has no places that could be counted)
                if count >= start:
                    break
        return
    first = 0 if start is None else start
    end = stop
    stride = 1 if step is None else step
    if end is None or max(first, end) > 0:
        count = 0
        for item in iterable:
            if count >= first and (end is None or count < end) and (count - first) % stride == 0:
                yield item
            count += 1  # noqa: SIM113 (a generator has no places that could be counted)
            if end is not None and count >= max(first, end):
                break


def pairwise(iterable):
    """``itertools.pairwise``."""
    previous: list[Any] = []
    for item in iterable:
        if len(previous) > 0:
            yield previous[0], item
        previous = [item]


def starmap(function, iterable):
    """``itertools.starmap``."""
    for item in iterable:
        yield function(*item)


def takewhile(predicate, iterable):
    """``itertools.takewhile``."""
    for item in iterable:
        if not predicate(item):
            break
        yield item


STREAMS: dict[Callable[..., Any], Callable[..., Any]] = {
    definitions.accumulate: accumulate,
    definitions.chain: chain,
    definitions.chain_from: chain_from,
    definitions.dropwhile: dropwhile,
    definitions.filterfalse: filterfalse,
    definitions.islice: islice,
    definitions.pairwise: pairwise,
    definitions.starmap: starmap,
    definitions.takewhile: takewhile,
}
