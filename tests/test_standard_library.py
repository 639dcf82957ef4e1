"""Lists that change in their middle, and functions of the standard library on lists."""

from __future__ import annotations

import copy
import functools
import itertools
import math
import operator
import statistics
from array import array

import pytest

from chainrule import NotDifferentiableError, grad, value_and_grad
from tests import oracle


def inserts_in_front(xs):
    a = [xs[0]]
    for k in range(len(xs)):
        a.insert(0, xs[k] * k)
    return a[0] * a[1] + a[-1] * a[2]


def inserts_in_the_middle(xs):
    a = [v * v for v in xs]
    a.insert(1, xs[2])
    a.insert(-1, 3.0 * xs[0])
    return sum(v * (k + 1.0) for k, v in enumerate(a))


def deletes(xs):
    a = [v * v for v in xs]
    del a[1]
    a.append(xs[1])
    del a[-2]
    return sum(v * (k + 1.0) for k, v in enumerate(a))


def deletes_a_slice(xs):
    a = [v * v for v in xs]
    del a[1:2]
    return a[0] + 2.0 * a[1]


def deletes_at_run_time(xs):
    a = [v * v for v in xs]
    k = len(xs) - 4
    del a[k]
    return sum(v * (k + 1.0) for k, v in enumerate(a))


def takes_from_the_front(xs):
    a = [v * v for v in xs]
    total = 0.0
    while len(a) > 1:
        total = total * 0.5 + a.pop(0) * a[-1]
    return total


def replaces_a_slice_by_more(xs):
    a = list(xs)
    a[1:2] = [v * v for v in xs]
    a[0:0] = [xs[1]]
    return sum(v * (k + 1.0) for k, v in enumerate(a))


def empties(xs):
    a = [v * v for v in xs]
    b = list(a)
    a[:] = []
    b[1:] = [v * 2.0 for v in xs]
    a[:] = b
    a[1] = xs[2]
    return sum(a) * b[1]


def folds_without_a_start(xs):
    return functools.reduce(lambda a, b: a * b + a, xs)


def accumulates(xs):
    sums, products = itertools.accumulate(xs), itertools.accumulate(xs, operator.mul, initial=2.0)
    return sum(sums) * sum(products)


def takes_pairs(xs):
    neighbours = sum(a * b for a, b in itertools.pairwise(xs))
    pairs = sum(a * b for a, b in itertools.combinations(xs, 2))
    triples = sum(a * b * c for a, b, c in itertools.combinations(xs, 3))
    return neighbours * pairs + triples


def multiplies_out(xs):
    both = sum(a * b for a, b in itertools.product(xs, [xs[0], 2.0]))
    return both + sum(a * b * b for a, b in itertools.product(xs, repeat=2))


def takes_some(xs):
    first = sum(v * v for v in itertools.islice(xs, 2))
    every_other = sum(v**3 for v in itertools.islice(xs, 0, None, 2))
    small = sum(itertools.takewhile(lambda v: v < 1.6, xs))
    rest = sum(v * v for v in itertools.dropwhile(lambda v: v > 1.2, xs))
    large = sum(v * v for v in itertools.filterfalse(lambda v: v < 1.2, xs))
    return first * every_other + small * rest * large


def joins(xs):
    chained = itertools.chain(xs, [xs[0]], itertools.chain.from_iterable([xs, xs]))
    filled = itertools.zip_longest(xs, xs[1:], fillvalue=3.0)
    products = itertools.starmap(operator.mul, itertools.pairwise(xs))
    return sum(v * v for v in chained) * sum(a * b for a, b in filled) + sum(products)


def sums_by_key(xs):
    keys = ["the", "cat", "the", "dog"]
    totals = dict.fromkeys(keys, 0.0)
    for k, key in enumerate(keys):
        totals[key] += xs[k % 3] ** (k + 1)
    empty = dict.fromkeys(range(3))
    empty[1] = xs[0]
    padded = itertools.zip_longest((xs[0], xs[1], 2.0), (xs[2],), fillvalue=0)
    firsts = max(*(a * b for a, b in padded))
    return totals["the"] * totals["cat"] + totals["dog"] * empty[1] + firsts


def copies(xs):
    a = copy.copy(xs)
    a[0] = a[0] ** 2
    b = copy.deepcopy({"a": a, "b": (xs[1], [xs[2], 2.0])})
    b["a"][1] = 3.0 * xs[1]
    b["b"][1][1] = a[0]
    return sum(a) * xs[0] + sum(b["a"]) * sum(b["b"][1]) * copy.copy(xs[1])


XS = [1.5, 0.7, 1.1]


def moments(xs):
    squares = [v * v for v in xs]
    spread = statistics.stdev(xs) * statistics.pvariance(squares) - statistics.pstdev(squares)
    return statistics.mean(xs) * spread + statistics.variance(xs) * statistics.fmean(squares)


def other_means(xs):
    return statistics.geometric_mean(v + 1.0 for v in xs) * statistics.harmonic_mean(xs)


def lengths(xs):
    others = [v * v for v in xs]
    return math.hypot(*xs) * math.dist(xs, others) + math.hypot(xs[0], xs[1], xs[2], 2.0)


@pytest.mark.parametrize(
    "function",
    [
        inserts_in_front,
        inserts_in_the_middle,
        deletes,
        deletes_a_slice,
        deletes_at_run_time,
        takes_from_the_front,
        replaces_a_slice_by_more,
        empties,
        folds_without_a_start,
        accumulates,
        copies,
        moments,
        other_means,
        lengths,
        takes_pairs,
        multiplies_out,
        takes_some,
        joins,
        sums_by_key,
    ],
)
def test_lists_and_the_standard_library_are_differentiated(function):
    slopes = grad(function)(list(XS))
    for k in range(len(XS)):
        verdict = oracle.derivative(function, (list(XS),), {}, "xs", (k,))
        assert verdict.decided
        assert oracle.agrees(verdict, slopes[k])


def test_folding_nothing_raises_what_python_raises():
    with pytest.raises(TypeError, match=r"reduce\(\) of empty iterable with no initial value"):
        grad(folds_without_a_start)([])


def test_what_an_unknown_object_keeps_is_not_taken_for_constant():
    def squares(xs):
        kept = array("d")
        for v in xs:
            kept.append(v * v)
        return sum(kept)

    with pytest.raises(NotDifferentiableError):
        grad(squares)(XS)


def put_together(xs, i, j):
    a = list(xs)
    a[i:j] = [xs[0] * 2.0, xs[1] * xs[2]]
    a[j:] = [v * v for v in a[j:]]
    return sum(v * (k + 1.0) for k, v in enumerate(a))


def shrunk_in_a_loop(xs, i, j):
    a = list(xs)
    for k in range(min(i, 1)):
        a[k : k + 2] = [a[k] * a[k + 1]]
    a[j::2] = [3.0 * v for v in a[j::2]]
    return sum(v * (k + 1.0) for k, v in enumerate(a))


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize("f", [put_together, shrunk_in_a_loop])
@pytest.mark.parametrize("bounds", [(0, 1), (1, 3), (2, 1), (0, -1), (-2, 9), (-1, -3), (1, 1)])
def test_a_slice_takes_on_another_length(f, bounds, mode):
    value, got = value_and_grad(f, mode=mode)(XS, *bounds)
    assert value == f(XS, *bounds)
    for path, verdict in oracle.gradient(f, (XS, *bounds), {}, "xs").items():
        assert verdict.decided and oracle.agrees(verdict, oracle.look_up(got, path))


def test_a_slice_in_steps_keeps_its_length():
    def spread(xs, k):
        a = list(xs)
        a[::k] = [xs[0] * 2.0]
        return sum(a)

    assert grad(spread)(XS, 3) == [2.0, 1.0, 1.0]
    with pytest.raises(ValueError, match="where a slice of 2 entries gets 1"):
        grad(spread)(XS, 2)


def test_entries_in_their_order_are_written_as_sorted() -> None:
    def ranked(x: float, xs: list[float]) -> float:
        total = 0.0
        for k, entry in enumerate(sorted(xs, reverse=True)):
            total = total * x + entry * k
        return total + sorted(xs)[1]

    xs = [3.0, -1.0, 2.0]
    slope = grad(ranked)
    # ((0 x) + 2) x - 2, of which the slope in x is 2.
    assert slope(1.5, xs) == 2.0
    assert "in enumerate(sorted(xs, reverse=True))" in slope.source
    value, slopes = value_and_grad(ranked, wrt="xs")(1.5, xs)
    assert value == ranked(1.5, xs)
    assert slopes == [0.0, 2.0, 1.5 + 1.0]


def arrangements(x, y):
    items = [x, y, x * y]
    whole = sum(a * b**2 * c**3 for a, b, c in itertools.permutations(items))
    none = (
        list(itertools.permutations(items, 0)),
        list(itertools.combinations_with_replacement(items, 0)),
    )
    return whole * len(none[0]) + x * len(none[1])


def test_arrangements_are_of_all_items_and_there_is_one_of_none():
    value, gradient = value_and_grad(arrangements, wrt=(0, 1))(0.7, 1.2)
    assert value == arrangements(0.7, 1.2)
    for position, slope in enumerate(gradient):
        verdict = oracle.derivative(arrangements, (0.7, 1.2), wrt=position)
        assert verdict.decided, verdict.reason
        assert slope == pytest.approx(verdict.value, rel=1e-9)
