"""``collections.OrderedDict`` that a function makes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import UnsupportedError, grad
from tests.slopes import check_against_oracle


def rearranged(x: float) -> float:
    held: OrderedDict[str, float] = OrderedDict()
    held["a"] = x
    held["b"] = x * x
    held["c"] = 2.0
    held.move_to_end("a")
    held.move_to_end("b", last=False)
    _, first = held.popitem(last=False)
    total = 0.0
    for k, value in enumerate(held.values()):
        total += (k + 1) * value
    return total + 5.0 * first


class Recent:
    """Results of the last calls."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.held: OrderedDict[int, float] = OrderedDict()

    def get(self, key: int, make: Callable[[int], float]) -> float:
        if key in self.held:
            self.held.move_to_end(key)
            return self.held[key]
        found = self.held[key] = make(key)
        if len(self.held) > self.size:
            self.held.popitem(last=False)
        return found


def remembered(x: float) -> float:
    recent = Recent(2)
    total = sum(recent.get(k, lambda j: x**j) for k in (1, 2, 1, 3, 2))
    return total + sum((j + 1) * v for j, v in enumerate(recent.held.values()))


def of_pairs(x: float) -> float:
    held = OrderedDict([("a", x), ("b", 3.0)])
    first = next(iter(held))
    for key in reversed(held):
        x = x * held[key]
    return held[first] + x + isinstance(held, OrderedDict)


@pytest.mark.parametrize("f", [rearranged, remembered, of_pairs], ids=lambda f: f.__name__)
def test_entries_stand_in_the_order_that_the_function_gives_them(f: Any) -> None:
    check_against_oracle(f, (0.7,))


def test_a_comparison_of_orders_is_refused() -> None:
    def f(x: float) -> float:
        return x * (OrderedDict(a=x, b=2.0) == OrderedDict(b=2.0, a=x))

    with pytest.raises(UnsupportedError, match="OrderedDict, which is handed on whole"):
        grad(f)(0.3)
