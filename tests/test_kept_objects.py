"""Objects that are kept as they are: they are changed in place, and of the class that they are."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter, OrderedDict, defaultdict, deque
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from chainrule import ArgumentError, ChainruleError, UnsupportedError, grad, value_and_grad
from tests import oracle
from tests.slopes import check_against_oracle

MODES = ("forward", "reverse")


def joined(x, kept):
    other = kept
    kept |= {2, 3}
    return x * x * len(other)


def taken_from(x, kept):
    other = kept
    kept -= {1}
    return x * x * len(other)


def in_common(x, kept):
    other = kept
    kept &= {1, 7}
    return x * x * len(other)


def in_one_only(x, kept):
    other = kept
    kept ^= other
    return x * x * len(other)


def lengthened(x, kept):
    other = kept
    kept += other
    return x * x * len(other)


def repeated(x, kept):
    other = kept
    kept *= 3
    return x * x * len(other)


def by_a_helper(x, kept):
    def add(found, k):
        found |= {k}

    for k in range(3):
        add(kept, k)
    return x * x * len(kept)


def on_one_path(x, kept):
    if x > 0.0:
        kept |= {5}
    return x * x * len(kept)


def in_an_entry(x, kept):
    table = {"found": kept}
    table["found"] |= {8, 9}
    return x * x * len(kept)


SETS = (joined, taken_from, in_common, in_one_only, by_a_helper, on_one_path, in_an_entry)
LONG = (lengthened, repeated)
KEPT = [
    *((f, {1, 4}) for f in SETS),
    *((f, deque([1.0, 2.0])) for f in LONG),
    (repeated, bytearray(b"ab")),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("f", "kept"), KEPT, ids=lambda v: getattr(v, "__name__", str(v)))
def test_what_is_changed_in_place_is_so_under_each_of_its_names(f: Any, kept: Any, mode: str):
    plain, ours = copy.copy(kept), copy.copy(kept)
    value, slope = value_and_grad(f, mode=mode)(1.5, ours)
    assert value == f(1.5, plain)
    assert plain == ours
    verdict = oracle.derivative(lambda x: f(x, copy.copy(kept)), (1.5,), {}, "x")
    assert verdict.decided and oracle.agrees(verdict, slope)


def of_its_own(x, n):
    kept, held = set(), []
    for k in range(n):
        held.append(kept)
        kept |= {k % 3}
    return x * x * len(held[0])


def counted(x, n):
    counts = Counter("aab")
    other = counts
    counts += Counter("b" * n)
    counts -= Counter("a")
    return x * x * (other["b"] + 10 * other["a"])


def list_repeated(x, n):
    values = [x]
    other = values
    values *= 4
    return sum(other) * x


def display(x, n):
    kept = {n}
    other = kept
    kept |= {7}
    return x * x * len(other)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", [of_its_own, counted, list_repeated, display])
def test_what_the_function_made_is_changed_under_each_of_its_names(f: Any, mode: str) -> None:
    verdict = oracle.derivative(lambda x: f(x, 5), (1.5,), {}, "x")
    value, slope = value_and_grad(f, mode=mode)(1.5, 5)
    assert value == f(1.5, 5)
    assert verdict.decided and oracle.agrees(verdict, slope)


FOUND = {1}


def constant(x):
    kept = {1}
    other = kept
    kept |= {2}
    return x * len(other)


def outside(x):
    global FOUND
    FOUND |= {2}
    return x * len(FOUND)


@pytest.mark.parametrize("f", [constant, outside])
def test_a_set_that_is_known_before_is_not_changed_in_place(f: Any) -> None:
    with pytest.raises(UnsupportedError, match="changes a set that is known"):
        grad(f)(1.5)
    assert len(FOUND) == 1


def is_a(x, table):
    return x if isinstance(table, (Counter, OrderedDict)) else x * x


def type_of(x, table):
    return x if type(table) is dict else x * x


def of_a_copy(x, table):
    return x if isinstance(copy.copy(table), (Counter, OrderedDict)) else x * x


TABLES = [{"a": 1}, Counter(a=1), OrderedDict(a=1), defaultdict(int, a=1)]


@pytest.mark.parametrize("f", [is_a, type_of, of_a_copy])
@pytest.mark.parametrize("table", TABLES, ids=lambda table: type(table).__name__)
def test_dicts_of_the_callers_are_of_their_own_class(f: Any, table: Any) -> None:
    value, slope = value_and_grad(f)(1.5, table)
    assert value == f(1.5, table)
    assert slope == (1.0 if value == 1.5 else 3.0)


def equal(x, table):
    return x if table == Counter(a=1) else x * x


def text(x, table):
    return x * len(str(table))


def total(x, table):
    return x * table.total()


@pytest.mark.parametrize("f", [text, total])
def test_a_counter_is_not_handed_on_as_a_dict(f: Any) -> None:
    with pytest.raises(UnsupportedError, match=r"class Counter|the method `total` of a dict"):
        grad(f)(1.5, Counter(a=1, b=0))
    for other in (Counter(a=1, b=0), Counter(), Counter(a=1, b=2), {"a": 1, "b": 0}, {"a": 1}):
        assert grad(equal)(1.5, other) == (1.0 if other == Counter(a=1) else 3.0)


def test_the_order_of_an_ordered_dict_counts_where_it_is_compared() -> None:
    def alike(x, table, other):
        return x if table == other else x * x

    one, two = OrderedDict(a=1.0, b=2.0), OrderedDict(b=2.0, a=1.0)
    with pytest.raises(UnsupportedError, match="class OrderedDict"):
        grad(alike)(1.5, one, two)
    assert grad(alike)(1.5, one, {"b": 2.0, "a": 1.0}) == 1.0
    assert grad(alike)(1.5, defaultdict(int, a=1.0), {"a": 2.0}) == 3.0


def test_a_counter_loses_in_silence_what_it_does_not_hold() -> None:
    def lost(x, table, word):
        try:
            del table[word]
            return x * x
        except KeyError:
            return x

    assert value_and_grad(lost)(1.5, Counter(a=1), "none") == (2.25, 3.0)
    assert value_and_grad(lost)(1.5, {"a": 1}, "none") == (1.5, 1.0)


def test_keys_of_run_time_that_a_counter_does_not_hold_count_0() -> None:
    def weighed(x, table, words):
        total = 0.0
        for word in words:
            try:
                total += x * x * table[word]
            except KeyError:
                total += 100.0 * x
        return total

    words = ["a", "none", "b"] * 50
    assert value_and_grad(weighed)(1.5, Counter(a=2, b=1), words) == (337.5, 450.0)
    assert value_and_grad(weighed)(1.5, Counter(), words) == (0.0, 0.0)


class Vector(list):
    def __add__(self, other):
        return Vector(a + b for a, b in zip(self, other, strict=True))

    def norm(self):
        return sum(a * a for a in self)


class Pair(tuple):
    def __add__(self, other):
        return Pair(a + b for a, b in zip(self, other, strict=True))


class Silent(dict):
    def __bool__(self):
        return False


class Joining(dict):
    def __or__(self, other):
        return {"a": 77.0}


def added(x, values):
    return x * x * (values + values)[0]


@pytest.mark.parametrize("argument", [Vector([2.0]), Pair([2.0]), Silent(a=1), Joining(a=1)])
def test_classes_derived_from_containers_are_refused_as_arguments(argument: Any) -> None:
    with pytest.raises(ArgumentError, match=r"which (defines|is derived from)"):
        grad(added)(1.5, argument)
    with pytest.raises(ArgumentError, match=r"which (defines|is derived from)"):
        grad(lambda x, entries: added(x, entries[0]))(1.5, [argument])


class Holder:
    def __init__(self, values):
        self.values = values


def test_operators_of_classes_derived_from_containers_are_their_own() -> None:
    values, pair = Vector([2.0, 3.0]), Pair([2.0, 3.0])
    assert grad(lambda x: added(x, values))(1.5) == 12.0
    assert grad(lambda x, h: added(x, h.values))(1.5, Holder(values)) == 12.0
    assert grad(lambda x, h: x if type(h.values) is list else x * x)(1.5, Holder(values)) == 3.0
    assert grad(lambda x: added(x, pair))(1.5) == 12.0
    with pytest.raises(UnsupportedError, match="`\\+` on tuple"):
        grad(lambda x, h: added(x, h.values))(1.5, Holder(pair))


@pytest.mark.parametrize("mode", MODES)
def test_lists_and_tuples_are_not_joined(mode: str) -> None:
    def joined(x, values):
        ones = [1.0]
        return x * len(ones + values)

    assert grad(joined, mode=mode)(1.5, [2.0]) == 2.0
    with pytest.raises(TypeError, match="can only concatenate list"):
        grad(joined, mode=mode)(1.5, (2.0,))
    with pytest.raises(UnsupportedError, match="on a dict"):
        grad(joined, mode=mode)(1.5, {"a": 2.0})


def by_the_days_between(rate):
    flows = [(date(2024, 9, 15), 2.5), (date(2025, 3, 15), 102.5)]
    today = date(2024, 3, 15)
    return sum(c * (1 + rate) ** (-(d - today).days / 365) for d, c in flows)


def by_a_step_of_days(rate):
    start, step = date(2024, 3, 15), timedelta(days=30) * 2
    years = (start + step - start).days / 365
    return (1 + rate) ** years + rate * (step / timedelta(days=30))


def by_a_path(rate):
    path = Path("tables") / "rates_3.csv"
    return rate ** int(path.stem.partition("_")[2]) * len(path.parts)


def by_a_fraction(rate):
    part = Fraction(1, 3) + Fraction(1, 4)
    twice = Fraction(1, 3) * 2.0 if rate < 0 else Fraction(1, 3) * 2
    kind = 1.0 if isinstance(part, Fraction) else 0.0
    return rate**2 * part.numerator / part.denominator + rate * kind + float(twice)


# The differences were taken for numbers, which have no attribute `days`: the derivative was None.
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", [by_the_days_between, by_a_step_of_days, by_a_path, by_a_fraction])
def test_what_operators_make_of_objects_may_be_no_number(f: Any, mode: str) -> None:
    check_against_oracle(f, (0.03,), mode=mode)


def sets_are_taken_from(x, names):
    others = set(names) - {"a"}
    return len(others) * x + len(set(names) & {"b", "c"}) * x * x


def sets_are_filled(x, ways):
    seen, todo, total = {0}, [0], 0.0
    while todo:
        place = todo.pop()
        total += x ** (place + 1)
        for other in ways[place]:
            if other not in seen:
                seen.add(other)
                todo.append(other)
    free = {1, 2, 3} - {2}
    free |= {7}
    return total + len(seen) * x + len(free) * x * x


def sets_have_two_names(x, names):
    kept = {name for name in ("a", "b")}  # noqa: C416 (as it is written)
    other = kept
    kept.add("c")
    return x * len(kept) + x * x * len(other) + (x**3 if "c" in other else 0.0)


# `len` of what operators made of sets was taken for that of an int: the derivative was None.
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("f", "given"),
    [
        (sets_are_taken_from, ["a", "b", "a"]),
        (sets_are_filled, [[1, 2], [2], [0, 3], []]),
        (sets_have_two_names, ["a"]),
    ],
)
def test_sets_that_the_function_makes(f: Any, given: Any, mode: str) -> None:
    check_against_oracle(f, (1.3, given), mode=mode)


def counted_words(x, text):
    count = Counter(text)
    parts = sum(v * x**k for k, v in enumerate(count.values()))
    most, times = count.most_common(1)[0]
    weights = {"a": 2.0, "b": 3.0}
    return parts + times * x * len(most) + sum(weights.get(w, x) * n for w, n in count.items())


def read_from_text(x, text):
    read = json.loads('{"powers": [1, 2, 3], "pairs": [[2, 2.5], [1, 3.5]]}')
    total = sum(c * x**k for k, c in enumerate(read["powers"]))
    for a, b in sorted(read["pairs"]):
        total += a * x + b * x * x * len(text)
    return total


def read_by_a_pattern(x, text):
    mass = {"a": 1.0, "b": 16.0}
    return sum(mass[w] * x for w in re.findall("[ab]", text))


def sets_are_gone_through(x, text):
    weights = {"a": 2.0, "b": 3.0}
    total = sum(weights.get(w, 1.0) * x for w in set(text) | {"z"})
    return total + len(sorted(set(text))) * x**2


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "f", [counted_words, read_from_text, read_by_a_pattern, sets_are_gone_through]
)
def test_what_no_slope_reaches_is_looped_over(f: Any, mode: str) -> None:
    check_against_oracle(f, (1.3, "abracadabra"), mode=mode)


def set_of_the_argument(x):
    return sum(v * v for v in set([x, 2.0 * x]))  # noqa: C405 (as it is written)


def counter_of_the_argument(x):
    return sum(v * n for v, n in Counter([x, x, 2.0]).items())


def sorted_set_of_the_argument(x):
    return sorted({x, 2.0 * x, 1.0})[1] * x


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "f", [set_of_the_argument, counter_of_the_argument, sorted_set_of_the_argument]
)
def test_what_a_slope_reaches_is_not(f: Any, mode: str) -> None:
    with pytest.raises(ChainruleError):
        grad(f, mode=mode)(1.3)
