"""Functions of the standard library that have no Python source, spelled out on lists.

They are lifted as if the user had written them.  What the library gives one by one is a list here;
the values and their order are the same.
"""

from __future__ import annotations

import functools
import itertools
import operator
import statistics
from collections.abc import Callable, Hashable
from typing import Any

from chainrule.lift.library.complex_numbers import OF_PARTS
from chainrule.lift.library.in_order import IN_ORDER

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def accumulate(iterable, func=operator.add, *, initial=None):
    """``itertools.accumulate``."""
    items = list(iterable)
    found = []
    if initial is None:
        if len(items) > 0:
            total = items[0]
            found.append(total)
            for item in items[1:]:
                total = func(total, item)
                found.append(total)
    else:
        total = initial
        found.append(total)
        for item in items:
            total = func(total, item)
            found.append(total)
    return found


def cache(function):
    """``functools.cache`` of a function that is defined inside another."""
    kept: dict[Any, Any] = {}

    def asked(*args):
        if args not in kept:
            kept[args] = function(*args)
        return kept[args]

    return asked


def lru_cache(maxsize=128, typed=False):
    """``functools.lru_cache``, which gives what is computed again where it has forgotten it."""
    return cache(maxsize) if callable(maxsize) else cache


def combinations(iterable, r):
    """``itertools.combinations``, pairs and triples written out."""
    items = list(iterable)
    count = len(items)
    if r == 0:
        return [()]
    if r == 1:
        return [(item,) for item in items]
    if r == 2:
        return [(items[i], items[j]) for i in range(count) for j in range(i + 1, count)]
    if r == 3:
        return [
            (items[i], items[j], items[k])
            for i in range(count)
            for j in range(i + 1, count)
            for k in range(j + 1, count)
        ]
    places: list[Any] = [(i,) for i in range(count)]
    for _ in range(r - 1):
        places = [(*row, i) for row in places for i in range(row[-1] + 1, count)]
    return [tuple([items[i] for i in row]) for row in places]


def combinations_with_replacement(iterable, r):
    """``itertools.combinations_with_replacement``."""
    items = list(iterable)
    count = len(items)
    if r == 0:
        return [()]
    if r == 2:
        return [(items[i], items[j]) for i in range(count) for j in range(i, count)]
    places: list[Any] = [(i,) for i in range(count)]
    for _ in range(r - 1):
        places = [(*row, i) for row in places for i in range(row[-1], count)]
    return [tuple([items[i] for i in row]) for row in places]


def permutations(iterable, r=None):
    """``itertools.permutations`` of so many, or of all."""
    items = list(iterable)
    count = len(items)
    if r is None:
        r = count
    if r == 0:
        return [()]
    if r == 2:
        return [(items[i], items[j]) for i in range(count) for j in range(count) if i != j]
    places: list[Any] = [(i,) for i in range(count)]
    for _ in range(r - 1):
        places = [(*row, i) for row in places for i in range(count) if i not in row]
    return [tuple([items[i] for i in row]) for row in places]


def compress(data, selectors):
    """``itertools.compress``."""
    return [item for item, kept in zip(data, selectors, strict=False) if kept]


def dropwhile(predicate, iterable):
    """``itertools.dropwhile``."""
    found = []
    dropping = True
    for item in iterable:
        if dropping and predicate(item):
            continue
        dropping = False
        found.append(item)
    return found


def filterfalse(predicate, iterable):
    """``itertools.filterfalse`` with a predicate."""
    return [item for item in iterable if not predicate(item)]


def fromkeys(iterable, value=None):
    """``dict.fromkeys``."""
    return {key: value for key in iterable}  # noqa: C420 (this is what it is defined by)


def groupby(iterable, key=None):
    """``itertools.groupby``, whose groups are lists."""
    items = list(iterable)
    return groups(items, items if key is None else [key(item) for item in items])


def groups(items, keys):
    """Runs of items with equal keys, behind their keys."""
    start = 0
    while start < len(items):
        stop = start + 1
        while stop < len(items) and keys[stop] == keys[start]:
            stop += 1
        yield keys[start], items[start:stop]
        start = stop


def islice(iterable, start, stop=(), step=None):
    """``itertools.islice``; with one bound that is where it stops."""
    items = list(iterable)
    if stop == ():
        return items[:start]
    return items[start:stop:step]


def islice_of_endless(iterable, start, stop=(), step=None):
    """``itertools.islice`` of what has no end."""
    end = start if stop == () else stop
    items = [item for _, item in zip(range(end), iterable, strict=False)]
    return items if stop == () else items[start::step]


def pairwise(iterable):
    """``itertools.pairwise``."""
    items = list(iterable)
    return zip(items, items[1:])  # noqa: B905, RUF007 (this is what it is defined by)


def product(*iterables, repeat=1):
    """``itertools.product``, rows of up to four written out."""
    count = len(iterables)
    places = [list(iterables[i % count]) for i in range(count * repeat)]
    if len(places) == 1:
        return [(a,) for a in places[0]]
    if len(places) == 2:
        return [(a, b) for a in places[0] for b in places[1]]
    if len(places) == 3:
        return [(a, b, c) for a in places[0] for b in places[1] for c in places[2]]
    if len(places) == 4:
        first, second, third, fourth = places
        return [(a, b, c, d) for a in first for b in second for c in third for d in fourth]
    rows: list[Any] = [()]
    for items in places:
        rows = [(*row, item) for row in rows for item in items]
    return rows


def reduce(function, iterable):
    """``functools.reduce`` without an initial value."""
    items = list(iterable)
    if len(items) == 0:
        raise TypeError("reduce() of empty iterable with no initial value")
    total = items[0]
    for item in items[1:]:
        total = function(total, item)
    return total


def total_from(items, start):
    """``sum`` of objects behind another."""
    total = start
    for item in items:
        total = total + item
    return total


def total_of_objects(items):
    """``sum`` of objects alone."""
    objects = list(items)
    if len(objects) == 0:
        raise TypeError("sum() of no objects is the number 0: give it one to start with")
    total = 0 + objects[0]
    for item in objects[1:]:
        total = total + item
    return total


def repeated(object, times):
    """``itertools.repeat`` with a number of times."""
    return [object for _ in range(times)]


def zip_longest(first, second, fillvalue=None):
    """``itertools.zip_longest`` of two."""
    left, right = list(first), list(second)
    count = max(len(left), len(right))
    return [
        (
            left[k] if k < len(left) else fillvalue,
            right[k] if k < len(right) else fillvalue,
        )
        for k in range(count)
    ]


def starmap(function, iterable):
    """``itertools.starmap`` of pairs."""
    return [function(*item) for item in iterable]


def takewhile(predicate, iterable):
    """``itertools.takewhile``."""
    found = []
    for item in iterable:
        if not predicate(item):
            break
        found.append(item)
    return found


def chain(*iterables):
    """``itertools.chain``."""
    found = []
    for items in iterables:
        found.extend(items)
    return found


def chain_from(iterable):
    """``itertools.chain.from_iterable``."""
    found = []
    for items in iterable:
        found.extend(items)
    return found


def mean_and_deviation(data):
    """``statistics._mean_stdev``, by which ``NormalDist`` is made of samples."""
    return statistics.mean(data), statistics.stdev(data)


def wraps(wrapped, assigned=(), updated=()):
    """``functools.wraps``: what it changes of a function is what it is called, not what it does."""
    return lambda wrapper: wrapper


def is_integer(x):
    """``float.is_integer``: true at single points, as the comparison is that is written here."""
    return x % 1.0 == 0.0


DEFINITIONS: dict[Hashable, Callable[..., Any]] = {
    **IN_ORDER,
    **OF_PARTS,
    dict.fromkeys: fromkeys,
    float.is_integer: is_integer,
    functools.cache: cache,
    functools.lru_cache: lru_cache,
    functools.reduce: reduce,
    functools.wraps: wraps,
    itertools.accumulate: accumulate,
    itertools.chain: chain,
    itertools.chain.from_iterable: chain_from,
    itertools.combinations: combinations,
    itertools.combinations_with_replacement: combinations_with_replacement,
    itertools.compress: compress,
    itertools.dropwhile: dropwhile,
    itertools.filterfalse: filterfalse,
    itertools.groupby: groupby,
    itertools.islice: islice,
    itertools.pairwise: pairwise,
    itertools.permutations: permutations,
    itertools.product: product,
    itertools.repeat: repeated,
    itertools.starmap: starmap,
    itertools.takewhile: takewhile,
    itertools.zip_longest: zip_longest,
}
if hasattr(statistics, "_mean_stdev"):
    # From Python 3.11 on.
    DEFINITIONS[statistics._mean_stdev] = mean_and_deviation


def definition_of(found: Any) -> Callable[..., Any] | None:
    """The function that spells out what a function of the standard library gives."""
    try:
        return DEFINITIONS.get(found)
    except TypeError:
        return None
