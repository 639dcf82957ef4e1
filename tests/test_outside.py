"""What a function changes outside of itself by calls that are kept as they are, and reads there."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import ChainruleError, value_and_grad

LOG: list[Any] = []
QUEUE: deque[float] = deque()
TABLE = {"last": 0.0}
BOX = [0.0]
LAST = 0.0
CALLS = 0
logger = logging.getLogger("chainrule.tests")


class Store:
    last = 0.0

    def __init__(self) -> None:
        self.items: list[float] = []

    def add(self, value):
        self.items.append(value)


STORE = Store()


def remember(x):
    BOX[0] = x


def remember_by_key(x):
    TABLE["last"] = x


def remember_globally(x):
    global LAST
    LAST = x


def remember_in_the_class(x):
    Store.last = x


def bump():
    global CALLS
    CALLS += 1


def appended_and_summed(x):
    LOG.append(x)
    return sum(LOG) * x


def appended_and_read(x):
    LOG.append(x)
    return LOG[-1] * x


def appended_and_popped(x):
    LOG.append(x)
    return LOG.pop() * x


def appended_and_counted(x):
    total = 0.0
    for _ in range(3):
        LOG.append(x)
        total += len(LOG) * x
    return total


def queued(x):
    QUEUE.append(x)
    return QUEUE.popleft() * x


def kept_in_an_attribute(x):
    STORE.add(x)
    return sum(STORE.items) * x


def written_by_a_helper(x):
    remember(x)
    return BOX[0] * x


def written_by_key(x):
    remember_by_key(x)
    return TABLE["last"] * x


def written_globally(x):
    remember_globally(x)
    return LAST * x


def written_to_a_class(x):
    remember_in_the_class(x)
    return Store.last * x


def _with_cell():
    last = 0.0

    def remembered(x):
        nonlocal last
        last = x

    def f(x):
        remembered(x)
        return last * x

    return f


READ = [
    appended_and_summed, appended_and_read, appended_and_popped, appended_and_counted, queued,
    kept_in_an_attribute, written_by_a_helper, written_by_key, written_globally,
    written_to_a_class, _with_cell(),
]  # fmt: skip


@pytest.mark.parametrize("f", READ, ids=lambda f: f.__name__)
def test_what_a_kept_call_changes_outside_is_not_read(f: Callable[[float], float]) -> None:
    LOG.clear()
    with pytest.raises(ChainruleError, match=r"outside of itself|cannot differentiate|assignment"):
        value_and_grad(f)(1.5)


def put_and_taken(x, queue):
    queue.append(x)
    return queue.popleft() * x


def put_and_summed(x, queue):
    queue.append(x)
    return sum(queue) * x


def put_and_looped_over(x, queue):
    queue.append(x)
    total = 0.0
    for value in queue:
        total += value * x
    return total


@pytest.mark.parametrize("f", [put_and_taken, put_and_summed, put_and_looped_over])
def test_what_a_deque_of_the_callers_is_given_is_not_read(f: Callable[..., float]) -> None:
    with pytest.raises(ChainruleError, match="outside of itself"):
        value_and_grad(f)(1.5, deque())


def logged(x):
    LOG.append(x)
    LOG.append(x * x)
    return x * x


def logged_by_logging(x):
    logger.info("x = %g", x)
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("a second time")
    return x * x


def counted(x):
    bump()
    return x * x


@pytest.mark.parametrize("f", [logged, logged_by_logging, counted])
def test_what_is_changed_outside_and_not_read_is_an_effect(f: Callable[[float], float]) -> None:
    global CALLS
    LOG.clear()
    CALLS = 0
    value = f(1.5)
    entries, calls = LOG[:], CALLS
    LOG.clear()
    CALLS = 0
    assert value_and_grad(f)(1.5) == (value, 3.0)
    assert (entries, calls) == (LOG, CALLS)


def by_truth(x, held):
    return x * x if held else x


def by_no_truth(x, held):
    return x if not held else x * x


def while_true(x, held):
    total = x
    while held:
        total *= held.pop()
    return total


@pytest.mark.parametrize("kind", [deque, set, frozenset, tuple, list])
@pytest.mark.parametrize("f", [by_truth, by_no_truth])
def test_an_empty_container_of_the_callers_is_false(
    f: Callable[..., float], kind: Callable[..., Any]
) -> None:
    derivative = value_and_grad(f)
    assert derivative(3.0, kind([2.0])) == (9.0, 6.0)
    assert derivative(3.0, kind()) == (3.0, 1.0)


def test_a_loop_ends_where_a_deque_is_empty() -> None:
    assert value_and_grad(while_true)(3.0, deque([2.0, 5.0])) == (30.0, 10.0)


def by_rule(x, n):
    points, weights = {1: ([0.5], [1.0]), 2: ([0.2, 0.8], [0.5, 0.5])}[n]
    return sum(w * x**p for p, w in zip(points, weights, strict=True))


def test_a_table_is_looked_up_by_a_count_of_the_callers() -> None:
    derivative = value_and_grad(by_rule)
    assert derivative(4.0, 1) == (2.0, pytest.approx(0.25, rel=1e-14))
    slope = 0.1 * 4.0**-0.8 + 0.4 * 4.0**-0.2
    assert derivative(4.0, 2) == (by_rule(4.0, 2), pytest.approx(slope, rel=1e-14))


class Checked:
    """A descriptor that refuses what is negative."""

    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, instance, owner=None):
        return getattr(instance, self.name)

    def __set__(self, instance, value):
        if value < 0.0:
            raise ValueError(f"{self.name[1:]} must not be negative")
        setattr(instance, self.name, value)


class Tank:
    level = Checked()

    def __init__(self, level):
        self.level = level


def filled(x):
    try:
        Tank(x)
    except ValueError as error:
        return x * len(str(error))
    return x


def test_an_object_of_the_class_may_be_met_in_a_try_first() -> None:
    derivative = value_and_grad(filled)
    assert derivative(2.0) == (2.0, 1.0)
    assert derivative(-2.0) == (-2.0 * 26, 26)
