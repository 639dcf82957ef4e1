"""Walks along linked lists: loops whose end is known from the objects that are given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pytest

from chainrule import grad, value_and_grad
from tests import oracle


@dataclass
class Link:
    value: float
    next: Link | None = None


def chain(*values: float) -> Link | None:
    found = None
    for value in reversed(values):
        found = Link(value, found)
    return found


def summed(x, head):
    total, link = 0.0, head
    while link is not None:
        total += math.sin(link.value * x)
        link = link.next
    return total


def left_early(x, head):
    total, link = 0.0, head
    while link is not None:
        if link.value * x > 1.0:
            return total + link.value**2 * x
        total += link.value * x * x
        link = link.next
    return total


def left_by_break(x, head):
    total, link = 0.0, head
    while link:
        if link.value > x:
            break
        total += link.value * x
        link = link.next
    else:
        total *= 2.0 * x
    return total + x


def made_here(x, head):
    own = None
    for k in (1, 2, 3):
        own = Link(x * k, own)
    total = 0.0
    while own is not None:
        total = total * x + own.value
        own = own.next
    return total


@pytest.mark.parametrize("f", [summed, left_early, left_by_break, made_here])
@pytest.mark.parametrize("x", [0.3, 0.7, 3.1])
def test_slopes_along_linked_lists_are_those_of_differences(f: Any, x: float) -> None:
    slopes = {mode: grad(f, mode=mode) for mode in ("forward", "reverse")}
    for head in (chain(1.0, 0.5, 2.0), chain(), chain(0.2, 0.4), chain(1.0, 0.5, 2.0, 1.4)):
        wanted = oracle.derivative(f, (x, head), {}, "x", ())
        assert value_and_grad(f)(x, head)[0] == f(x, head)
        for slope in slopes.values():
            assert oracle.agrees(wanted, slope(x, head))


def test_the_links_themselves_are_differentiated_by() -> None:
    found = grad(summed, wrt="head")(0.7, chain(1.0, 0.5))
    assert found.value == pytest.approx(0.7 * math.cos(0.7))
    assert found.next.value == pytest.approx(0.7 * math.cos(0.35))


def until_small(x, head):
    while head is not None and math.sin(x) < 2.0:
        x = x * head.value
        head = head.next if x > 0.1 else None
    return x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_walk_without_a_known_end_has_the_slopes_of_its_steps(mode: str) -> None:
    slope = grad(until_small, mode=mode)
    for head in (chain(1.0, 0.5), chain(0.1, 0.5, 2.0), chain(1.0, 0.5, 2.0, 1.4), chain()):
        wanted = oracle.derivative(until_small, (0.7, head), {}, "x", ())
        assert oracle.agrees(wanted, slope(0.7, head))
