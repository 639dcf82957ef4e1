"""What Python computes of an object as a whole has the slopes of what the object holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainrule import ChainruleError, grad


class Disk:
    def __init__(self, r: float) -> None:
        self.r = r

    def area(self) -> float:
        return 3.0 * self.r**2


class Frame:
    def __init__(self, w: float, disk: Disk) -> None:
        self.w, self.disk = w, disk

    def area(self) -> float:
        return self.w - self.disk.area()


def in_a_set(shape: Any) -> float:
    return sum(each.area() for each in {shape})


def written_first(x: float, disk: Disk) -> float:
    disk.r = x
    return sum(each.area() for each in {disk})


def written_inside(x: float, frame: Frame) -> float:
    frame.disk.r = x
    return sum(each.area() for each in {frame})


CASES: list[tuple[Callable[..., float], tuple[Any, ...]]] = [
    (in_a_set, (Disk(2.0),)),
    (in_a_set, (Frame(2.0, Disk(1.0)),)),
    (written_first, (1.5, Disk(2.0))),
    (written_inside, (1.5, Frame(2.0, Disk(1.0)))),
]


@pytest.mark.parametrize(("f", "args"), CASES)
def test_a_method_of_an_object_that_is_kept_whole_is_not_flat(
    f: Callable[..., float], args: tuple[Any, ...]
) -> None:
    with pytest.raises(ChainruleError):
        grad(f)(*args)
