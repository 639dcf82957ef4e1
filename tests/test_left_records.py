"""What the caller's lists of tuples, named tuples and dicts hold when the function is over."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import pytest

from chainrule import grad, value_and_grad
from tests import oracle

MODES = ("forward", "reverse")


class Pair(NamedTuple):
    a: float
    b: float = 1.0


LOG: list[Any] = []


def replaced(x, rows):
    rows[0] = Pair(x * x, 2.0)
    return rows[0].a * rows[1].b


def by_its_method(x, rows):
    rows[0] = rows[0]._replace(a=x * x)
    return rows[0].a * rows[0].b


def in_a_loop(x, rows):
    for k in range(len(rows)):
        rows[k] = Pair(rows[k].a * x, x)
    return rows[0].a * rows[1].b


def lengthened(x, rows):
    rows.append(Pair(x, 2.0))
    rows.extend([Pair(x * x)])
    rows.insert(0, Pair(3.0))
    return x * rows[0].a


def exchanged(x, rows):
    rows[0], rows[1] = rows[1], rows[0]
    return x * x * rows[0].a


def sorted_in_place(x, rows):
    rows.sort()
    return x * x * rows[0].a


def turned(x, rows):
    rows.reverse()
    return x * x * rows[0].a


def all_of_them(x, rows):
    rows[:] = [Pair(row.a * 2.0, row.b) for row in rows]
    return x * x * rows[0].a


OF_PAIRS = (
    replaced, by_its_method, in_a_loop, lengthened, exchanged, sorted_in_place, turned, all_of_them,
)  # fmt: skip


def tuple_replaced(x, rows):
    rows[0] = (x * x, 2.0)
    return rows[0][0] * rows[1][1]


def tuples_exchanged(x, rows):
    rows[0], rows[1] = rows[1], rows[0]
    return x * x * rows[0][0]


def tuples_sorted(x, rows):
    rows.sort()
    return x * x * rows[0][0]


OF_TUPLES = (tuple_replaced, tuples_exchanged, tuples_sorted)


def updated(x, rows):
    rows[0].update(a=x * x)
    return rows[0]["a"] * rows[1]["b"]


def each_updated(x, rows):
    for row in rows:
        row.update({"a": row["a"] * x})
    return rows[0]["a"] * rows[1]["a"]


def joined(x, rows):
    rows[0] |= {"a": x * x}
    return rows[0]["a"]


def by_default(x, rows):
    rows[0].setdefault("a", 5.0)
    rows[1].setdefault("c", x)
    return rows[0]["a"] * rows[1]["c"] * x


def taken_out(x, rows):
    return rows[0].pop("a") * x * x


def emptied(x, rows):
    rows[0].clear()
    return x * x * (1.0 + len(rows[0]))


OF_DICTS = (updated, each_updated, joined, by_default, taken_out, emptied)
CASES = [
    *((f, [Pair(1.0, 2.0), Pair(0.5, 3.0)]) for f in OF_PAIRS),
    *((f, [(1.0, 2.0), (0.5, 3.0)]) for f in OF_TUPLES),
    *((f, [{"a": 1.0, "b": 2.0}, {"a": 0.5, "b": 3.0}]) for f in OF_DICTS),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("f", "rows"), CASES, ids=[f"{f.__name__}-{type(rows[0]).__name__}" for f, rows in CASES]
)
def test_lists_of_records_hold_what_was_put_into_them(f: Any, rows: Any, mode: str) -> None:
    plain, ours = copy.deepcopy(rows), copy.deepcopy(rows)
    value, slope = value_and_grad(f, mode=mode)(1.5, ours)
    assert value == f(1.5, plain)
    assert repr(plain) == repr(ours)
    verdict = oracle.derivative(lambda x: f(x, copy.deepcopy(rows)), (1.5,), {}, "x")
    assert verdict.decided and oracle.agrees(verdict, slope)


def as_text(x):
    return x * x * len(f"{Pair(1.0, 2.0)}")


def compared(x):
    pair = Pair(1.0, x)
    return x * x if pair == (1.0, 7.0) else x


def logged(x):
    LOG.append(Pair(x, 2.0))
    return x * x


@pytest.mark.parametrize("f", [as_text, compared, logged])
def test_a_named_tuple_keeps_its_names_where_it_is_used_whole(f: Any) -> None:
    verdict = oracle.derivative(f, (1.5,), {}, "x")
    LOG.clear()
    value, slope = value_and_grad(f)(1.5)
    left = [*LOG]
    assert value == f(1.5)
    assert verdict.decided and oracle.agrees(verdict, slope)
    assert all(type(each) is Pair for each in left)


def test_the_new_rows_are_written_in_one_statement() -> None:
    slope = grad(in_a_loop)
    slope(1.5, [Pair(1.0, 2.0), Pair(0.5, 3.0)])
    assert "rows[:] = " in slope.source
