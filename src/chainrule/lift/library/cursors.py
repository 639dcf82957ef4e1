"""What ``iter`` and its kin give, as classes that are lifted like the user's own.

An iterator is taken for the items that it gives as long as these are read once, from the first to
the last.  One that is asked by ``next``, or read by several, is an object that knows how far it is.
"""

from __future__ import annotations

import builtins
import itertools
from collections.abc import Callable
from typing import Any

# The methods below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call,attr-defined"


class Ended:
    """What ``next`` gives of what has no further item: no value of the user's."""


def number_of(cursor):
    """How many items a cursor may come to; the lifter answers."""
    raise NotImplementedError


def item_at(items, position):
    """The item at a place that there is; the lifter answers."""
    raise NotImplementedError


def place_after(position):
    """The next place; the lifter answers."""
    raise NotImplementedError


def reader_of(iterable):
    """An iterator with ``__next__``; the lifter answers."""
    raise NotImplementedError


def zipped(*iterables):
    """One that gives tuples of the items of several; the lifter answers."""
    raise NotImplementedError


def asked(reader):
    """``next(reader)``."""
    item = next(reader, Ended)
    if item is Ended:
        raise StopIteration
    return item


class Cursor:
    """A place in what has a length: a list, a range, ``zip`` of such."""

    def __init__(self, items):
        self.items = items
        self.at = 0
        self.over = False

    def __iter__(self):
        return self

    def __next__(self):
        if self.at >= number_of(self):
            self.over = True
            raise StopIteration
        at = self.at
        self.at = place_after(at)
        return item_at(self.items, at)


class Single:
    """The last of the iterators that ``zip`` reads."""

    def __init__(self, reader):
        self.reader = reader

    def __iter__(self):
        return self

    def __next__(self):
        item = next(self.reader)
        return (item,)


class Zipped:
    """``zip`` of an iterator and what reads those behind it."""

    def __init__(self, reader, others):
        self.reader = reader
        self.others = others

    def __iter__(self):
        return self

    def __next__(self):
        item = next(self.reader)
        row = next(self.others)
        return (item, *row)


class Mapped:
    """``map`` over iterators."""

    def __init__(self, function, *iterables):
        self.function = function
        self.reader = zipped(*iterables)

    def __iter__(self):
        return self

    def __next__(self):
        row = next(self.reader)
        return self.function(*row)


class Numbered:
    """``enumerate`` of an iterator."""

    def __init__(self, iterable, start=0):
        self.reader = reader_of(iterable)
        self.number = start

    def __iter__(self):
        return self

    def __next__(self):
        item = next(self.reader)
        number = self.number
        self.number = number + 1
        return number, item


class Filtered:
    """``filter`` of an iterator."""

    def __init__(self, predicate, iterable):
        self.predicate = bool if predicate is None else predicate
        self.reader = reader_of(iterable)

    def __iter__(self):
        return self

    def __next__(self):
        item = next(self.reader)
        while not self.predicate(item):
            item = next(self.reader)
        return item


class Counted:
    """``itertools.count``."""

    def __init__(self, start=0, step=1):
        self.number = start
        self.step = step

    def __iter__(self):
        return self

    def __next__(self):
        number = self.number
        self.number += self.step
        return number


class Cycled:
    """``itertools.cycle``."""

    def __init__(self, iterable):
        self.items = list(iterable)
        self.at = 0

    def __iter__(self):
        return self

    def __next__(self):
        if len(self.items) == 0:
            raise StopIteration
        item = self.items[self.at]
        self.at = (self.at + 1) % len(self.items)
        return item


class Repeated:
    """``itertools.repeat`` without end."""

    def __init__(self, item):
        self.item = item

    def __iter__(self):
        return self

    def __next__(self):
        return self.item


class Stepped:
    """A generator that does not end, whose items a function gives."""

    def __init__(self, step):
        self.step = step

    def __iter__(self):
        return self

    def __next__(self):
        return self.step()


class Receiving:
    """A generator that does not end and is sent something: ``step`` gives an item for it."""

    def __init__(self, step):
        self.step = step
        self.begun = False
        self.closed = False

    def __iter__(self):
        return self

    def __next__(self):
        if self.closed:
            raise StopIteration
        self.begun = True
        return self.step(None)

    def send(self, value):
        if self.closed:
            raise StopIteration
        if not self.begun and value is not None:
            raise TypeError("can't send non-None value to a just-started generator")
        self.begun = True
        return self.step(value)

    def close(self):
        self.closed = True


def tee(iterable, n=2):
    """``itertools.tee``."""
    items = list(iterable)
    return tuple([Cursor(items) for _ in range(n)])


def until(function, sentinel):
    """``iter(function, sentinel)``."""
    while True:
        item = function()
        if item == sentinel:
            return
        yield item


def left_of(reader):
    """The items that an iterator has still to give."""
    while True:
        item = next(reader, Ended)
        if item is Ended:
            return
        yield item


def left_while(reader, is_over, end, take):
    """The same of one that tells before whether it is over."""
    while not is_over(reader):
        yield take(reader)
    end(reader)


# What gives items one by one where it is given what does.
ONE_BY_ONE: dict[Callable[..., Any], Callable[..., Any]] = {
    builtins.zip: zipped,
    builtins.map: Mapped,
    builtins.enumerate: Numbered,
    builtins.filter: Filtered,
}
# What gives them in any case, without end.
ENDLESS: dict[Callable[..., Any], type] = {itertools.count: Counted, itertools.cycle: Cycled}
