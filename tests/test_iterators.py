"""Iterators that are asked for one item after the other, and those of the user's own classes."""

from __future__ import annotations

import itertools
import math
import operator
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from chainrule import value_and_grad
from tests.slopes import check_against_oracle

# What is read stops with the shortest, as these programs do, which are written as people write.
# ruff: noqa: B905, C417, RUF007


def first_apart(xs):
    it = iter(xs)
    first = next(it)
    total = first * first
    for x in it:
        total += x * first
    return total


def previous_kept(xs):
    it = iter(xs)
    prev = next(it)
    s = 0.0
    for x in it:
        s += (x - prev) ** 2
        prev = x
    return s


def asked_until_the_end(xs):
    it = iter(xs)
    s = 0.0
    while True:
        try:
            x = next(it)
        except StopIteration:
            break
        s += x * x
    return s


def zipped_with_itself(xs):
    it = iter(xs)
    return sum((a * b for a, b in zip(it, it)))


def zipped_with_itself_by_a_star(xs):
    return sum((a * b for a, b in zip(*[iter(xs)] * 2)))


def asked_with_a_default(xs):
    it = iter(xs)
    s = 0.0
    x = next(it, None)
    while x is not None:
        s += math.sin(x)
        x = next(it, None)
    return s


def first_of_a_list(xs):
    return next(iter(xs)) ** 2 + sum(xs)


def pairs_in_any_order(xs):
    return sum((a / b for a, b in itertools.permutations(xs, 2)))


def pairs_with_repeats(xs):
    return sum((a * b for a, b in itertools.combinations_with_replacement(xs, 2)))


def weights_repeated(xs):
    s = 0.0
    for v, w in zip(xs, itertools.cycle([1.0, 4.0, 2.0])):
        s += w * v * v
    return s


def signs_in_turn(xs):
    signs = itertools.cycle([1, -1])
    return sum(next(signs) * x for x in xs)


def neighbours(xs):
    a, b = itertools.tee(xs)
    next(b, None)
    return sum(((v - u) ** 2 for u, v in zip(a, b)))


def some_chosen(xs):
    return sum(itertools.compress(xs, [1, 0, 1, 1]))


def numbered_products(xs):
    return sum(map(operator.mul, xs, itertools.count(1)))


def called_until_none(xs):
    st = list(xs)
    s = 0.0
    for v in iter(lambda: st.pop() if st else None, None):
        s = s * 0.5 + v
    return s


def by_names(xs):
    d = dict(zip("abcd", xs))
    it = iter(d.values())
    return next(it) * next(it)


def numbered_first_apart(xs):
    it = enumerate(xs, 1)
    k, v = next(it)
    s = v * k
    for k, v in it:
        s += k * v * v
    return s


def mapped_first_apart(xs):
    m = map(math.exp, xs)
    a = next(m)
    return a * sum(m)


def pairs_first_apart(xs):
    z = zip(xs, xs[1:])
    a, b = next(z)
    return a * b + sum((p - q for p, q in z))


def last_apart(xs):
    r = reversed(xs)
    last = next(r)
    return last * sum(r)


def window_moved(xs):
    it = iter(xs)
    win = deque(itertools.islice(it, 2), maxlen=2)
    s = sum(win)
    for v in it:
        win.append(v)
        s += win[0] * win[1]
    return s


def three_at_a_time(xs):
    it = iter(xs)
    s = 0.0
    while chunk := list(itertools.islice(it, 3)):
        s += sum(chunk) ** 2
    return s


def two_at_a_time(xs):
    it = iter(xs)
    s = 0.0
    for x in it:
        y = next(it, 1.0)
        s += x * y
    return s


def rest_behind_a_test(xs):
    it = iter(xs)
    any(v > 1.0 for v in it)
    return sum(it) + xs[0]


def read_twice(xs):
    positive = filter(None, xs)
    return sum(v * v for v in positive) + sum(positive) + xs[0]


def read_in_each_step(xs):
    scaled = map(lambda v: v * v, xs)
    total = 0.0
    for x in xs:
        total += x * sum(scaled)
    return total


def grown_while_it_is_read(xs):
    items = list(xs)
    it = iter(items)
    total = next(it)
    for x in it:
        total = total * 0.5 + x
        if len(items) < 5:
            items.append(x * x)
    return total


def kept_in_a_tuple(xs):
    readers = iter(xs), iter(xs[1:])
    return next(readers[0]) * next(readers[1]) + next(readers[0]) ** 2


def asked_by_a_helper(xs):
    it = iter(xs)
    return _weighted(it, 2.0) + _weighted(it, 3.0)


def _weighted(it, weight):
    return next(it, 1.0) * weight


def left_in_the_middle(xs):
    it = iter(xs)
    before = 1.0
    for x in it:
        if x > 1.0:
            break
        before *= x
    return before + sum(v * v for v in it)


OF_LISTS = [
    first_apart,
    previous_kept,
    asked_until_the_end,
    zipped_with_itself,
    zipped_with_itself_by_a_star,
    asked_with_a_default,
    first_of_a_list,
    pairs_in_any_order,
    pairs_with_repeats,
    weights_repeated,
    signs_in_turn,
    neighbours,
    some_chosen,
    numbered_products,
    called_until_none,
    by_names,
    numbered_first_apart,
    mapped_first_apart,
    pairs_first_apart,
    last_apart,
    window_moved,
    three_at_a_time,
    two_at_a_time,
    rest_behind_a_test,
    read_twice,
    read_in_each_step,
    grown_while_it_is_read,
    kept_in_a_tuple,
    asked_by_a_helper,
    left_in_the_middle,
]
POINTS = [[0.5, 1.5, 0.25, 2.0], [3.0, 0.3, 1.2, 0.9, 2.2, 0.6], [1.1, 0.2], (0.7, 1.3, 2.2)]


def _differences(f: Callable[[Any], float], xs: Sequence[float]) -> list[float]:
    step = 1e-6
    found = []
    for k, x in enumerate(xs):
        above, below = (type(xs)([*xs[:k], x + h, *xs[k + 1 :]]) for h in (step, -step))
        found.append((f(above) - f(below)) / (2.0 * step))
    return found


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", OF_LISTS, ids=lambda f: f.__name__)
def test_an_iterator_gives_what_is_left(f: Callable[[Any], float], mode: str) -> None:
    derivative = value_and_grad(f, mode=mode)
    for xs in POINTS:
        value, slopes = derivative(xs)
        assert value == f(xs)
        assert type(slopes) is type(xs)
        assert list(slopes) == pytest.approx(_differences(f, xs), rel=1e-6, abs=1e-8)


class Countdown:
    def __init__(self, x, n):
        self.x = x
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n <= 0:
            raise StopIteration
        self.n -= 1
        return self.x * self.n


class Fibonacci:
    def __init__(self, a):
        self.a = a
        self.b = 1.0

    def __iter__(self):
        return self

    def __next__(self):
        v = self.a
        self.a, self.b = (self.b, self.a + self.b)
        return v


class Cells:
    def __init__(self, v):
        self.v = v

    def __iter__(self):
        return Countdown(self.v, 4)


def own_iterator(x):
    s = 0.0
    for v in Countdown(x, 5):
        s += v * v
    return s


def own_iterator_asked(x):
    c = Countdown(x, 3)
    return next(c) * next(c) + next(c)


def own_iterator_asked_with_a_default(x):
    c = Countdown(x, 1)
    return next(c) + next(c, 3.0) * x


def endless_iterator_left(x):
    s = 0.0
    for v in Fibonacci(x):
        if v > 30:
            break
        s += v * v
    return s


def endless_iterator_zipped(x):
    return sum((a * b for a, b in zip(range(1, 6), Fibonacci(x))))


def endless_iterator_cut(x):
    return sum(itertools.islice(Fibonacci(x), 6))


def own_iterator_asked_until_the_end(x):
    c = Countdown(x, 3)
    s = 0.0
    while True:
        try:
            s += next(c) ** 2
        except StopIteration:
            break
    return s


def object_with_an_iterator(x):
    return sum(v**2 for v in Cells(x))


def own_iterator_with_an_else(x):
    c = Countdown(x, 3)
    for v in c:
        if v > 100:
            break
    else:
        return x * 7
    return x


def own_iterator_left_and_resumed(x):
    c = Countdown(x, 6)
    a = b = 0.0
    for v in c:
        a += v
        if v < 4 * x:
            break
    for v in c:
        b += v * v
    return a * b


class Bounded:
    """A class whose ``__next__`` raises at its end."""

    def __init__(self, items):
        self.items = items
        self.at = 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.at < len(self.items):
            item = self.items[self.at]
            self.at += 1
            return item
        raise StopIteration


def end_at_the_bottom(x):
    total = 0.0
    for v in Bounded([x, x * x, 2.0]):
        total = total * x + v
    return total


def counted_series(x):
    total = 0.0
    for k in itertools.count(1):
        term = x**k / k
        if abs(term) < 1e-9:
            break
        total += term
    return total


def scaled_halves(x, n):
    while n > 0:
        yield x * n
        n -= 1


def generator_asked_first(x):
    items = scaled_halves(x, 5)
    first = next(items)
    second = next(items)
    return first * second + sum(items)


def at_its_end_and_asked(x):
    terms = [x, 2.0 * x]
    it = iter(terms)
    total = next(it, 0.0) * next(it, 0.0) + next(it, 5.0)
    terms.append(x * x)
    return total + 3.0 * next(it, 7.0)


def read_to_its_end(x):
    terms = [x, 2.0 * x]
    it = iter(terms)
    total = 0.0
    for v in it:
        total += v
    terms.append(x * x)
    for v in it:
        total += 3.0 * v
    return total


def summed_at_its_end(x):
    terms = [x, 2.0 * x]
    it = iter(terms)
    total = next(it)
    for v in it:
        total += v * x
    terms += [x * x]
    return total + sum(it)


def grown_before_its_end(x):
    terms = [x, 2.0 * x]
    it = iter(terms)
    total = next(it, 0.0) * next(it, 0.0)
    terms.append(x * x)
    return total + next(it, 5.0)


class Pair:
    def __init__(self, first, second):
        self.first = first
        self.second = second

    def __iter__(self):
        yield self.first
        yield self.second


@dataclass(frozen=True)
class Sides(Pair):
    first: float
    second: float

    def __add__(self, other):
        return Sides(*(a + b for a, b in zip(self, other, strict=True)))


class Share(NamedTuple):
    own: float
    others: float

    def scaled(self, factor):
        return Share._make(factor * part for part in self)


def yields_in_turn(x):
    first, second = Pair(x, 2.0)
    total = first * second
    sides = Sides(x, 1.5)
    for _ in range(3):
        sides = Sides(*[part * x for part in sides]) + sides
    return total + max(sides) + Pair(*(part + x for part in Pair(x, 3.0))).second


def made_of_entries(x):
    share = Share(x, 2.0)
    for _ in range(3):
        share = share.scaled(x)
    return sum(share) + share.others


def first_of_endless(x):
    it = itertools.count(1)
    total = sum(x**k for k in itertools.islice(it, 3))
    total += 10.0 * sum(x**k for k in itertools.islice(it, 3))
    total += sum(x**k for k in itertools.islice(itertools.count(2, 3), 2, 6, 2))
    turns = itertools.cycle([x, 2.0, 3.0 * x])
    first = list(itertools.islice(turns, 2))
    return total + first[0] + 10.0 * next(turns) + first[1] * x


OF_NUMBERS = [
    yields_in_turn,
    made_of_entries,
    first_of_endless,
    own_iterator,
    own_iterator_asked,
    own_iterator_asked_with_a_default,
    endless_iterator_left,
    endless_iterator_zipped,
    endless_iterator_cut,
    own_iterator_asked_until_the_end,
    object_with_an_iterator,
    own_iterator_with_an_else,
    own_iterator_left_and_resumed,
    at_its_end_and_asked,
    read_to_its_end,
    summed_at_its_end,
    grown_before_its_end,
    end_at_the_bottom,
    counted_series,
    generator_asked_first,
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", OF_NUMBERS, ids=lambda f: f.__name__)
def test_an_object_is_asked_for_its_items(f: Callable[[float], float], mode: str) -> None:
    derivative = value_and_grad(f, mode=mode)
    step = 1e-6
    for x in (0.8, 0.45):
        value, slope = derivative(x)
        assert value == f(x)
        assert slope == pytest.approx((f(x + step) - f(x - step)) / (2.0 * step), rel=1e-6)


def asked_too_often(x):
    it = iter([x])
    return next(it) + next(it)


def asked_of_nothing(x):
    return max(filter(lambda v: v > 2.0, [x])) * x


def own_asked_too_often(x):
    items = Countdown(x, 1)
    return next(items) + next(items)


@pytest.mark.parametrize("f", [asked_too_often, own_asked_too_often])
def test_what_has_nothing_left_raises(f: Callable[[float], float]) -> None:
    with pytest.raises(StopIteration):
        f(1.0)
    with pytest.raises(StopIteration):
        value_and_grad(f)(1.0)


def odd_powers(x: float, n: int) -> float:
    return sum(x**k / k for k in range(1, n)[::2]) + sum(x * k for k in range(9)[2:-1])


def by_horner(x: float, n: int) -> float:
    total = 0.0
    for k in range(n)[::-1]:
        total = total * x + k
    for k in range(0, 2 * n, 2)[1::3]:
        total += x**k
    return total


def from_behind(x: float, n: int) -> float:
    total = 0.0
    for k in range(n)[-2::-1]:
        total = total * x + k
    for k in range(1, n)[1:-1]:
        total += x**k
    for k in range(1, n)[1:4]:
        total += x * k
    return total + sum(x * k for k in range(3, n)[:-2]) + sum(x**k for k in range(n)[:3:2])


@pytest.mark.parametrize("f", [odd_powers, by_horner, from_behind])
@pytest.mark.parametrize("n", [0, 1, 2, 7, 8])
def test_parts_of_ranges_are_ranges(f: Any, n: int) -> None:
    check_against_oracle(f, (1.3, n))


def over_a_grid(x: list[float], t: float) -> float:
    grid = range(len(x))
    if not grid[0] <= t <= grid[-1]:
        raise ValueError("outside")
    total = 0.0
    for k in range(len(x) - 1):
        total += (x[k + 1] - x[k]) ** 2 / (grid[k + 1] - grid[k]) * range(5, 50, 7)[k]
    return total


def test_numbers_of_ranges_are_read_as_python_reads_them() -> None:
    x = [1.0, 2.5, 0.5]
    value, slope = value_and_grad(over_a_grid)(x, 1.5)
    assert value == over_a_grid(x, 1.5)
    assert slope == [-2 * 1.5 * 5, 2 * 1.5 * 5 + 2 * 2.0 * 12, -2 * 2.0 * 12]
    with pytest.raises(ValueError, match="outside"):
        value_and_grad(over_a_grid)(x, 2.5)
    with pytest.raises(IndexError, match="range object index out of range"):
        value_and_grad(over_a_grid)([], 0.0)


def of_mapped_items(x: float) -> float:
    table = {"height": x, "width": 2.0 * x}
    total = 0.0
    for _, value in map(lambda item: (item[0], item[1] * 2.0), table.items()):
        total += value * value
    return total + sum(map(lambda value: value * x, table.values()))


def test_a_map_may_run_over_what_a_dict_shows() -> None:
    assert value_and_grad(of_mapped_items)(1.5) == (of_mapped_items(1.5), 69.0)
