"""Lists and trees that a function makes node by node, and walks until there is no next one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, value_and_grad
from tests.differences import along

GIVEN = [1.0 + 0.37 * ((7 * i) % 20) + 0.01 * i for i in range(30)]


class Node:
    def __init__(self, value, next=None):
        self.value = value
        self.next = next


class Chain:
    def __init__(self):
        self.head = self.tail = None
        self.size = 0

    def append(self, value):
        node = Node(value)
        if self.head is None:
            self.head = node
        else:
            self.tail.next = node
        self.tail = node
        self.size += 1

    def insert(self, value):
        if self.head is None or value < self.head.value:
            self.head = Node(value, self.head)
            return
        node = self.head
        while node.next is not None and node.next.value <= value:
            node = node.next
        node.next = Node(value, node.next)

    def reverse(self):
        last, node = None, self.head
        self.tail = node
        while node is not None:
            node.next, last, node = last, node, node.next
        self.head = last

    def __iter__(self):
        node = self.head
        while node is not None:
            yield node.value
            node = node.next


class Leaf:
    def __init__(self, key):
        self.key = key
        self.left = None
        self.right = None


class Tree:
    def __init__(self):
        self.root = None

    def add(self, key):
        if self.root is None:
            self.root = Leaf(key)
            return
        node = self.root
        while True:
            if key < node.key:
                if node.left is None:
                    node.left = Leaf(key)
                    return
                node = node.left
            else:
                if node.right is None:
                    node.right = Leaf(key)
                    return
                node = node.right

    def least(self):
        node = self.root
        while node.left is not None:
            node = node.left
        return node.key

    def in_order(self):
        stack, node = [], self.root
        while stack or node is not None:
            while node is not None:
                stack.append(node)
                node = node.left
            node = stack.pop()
            yield node.key
            node = node.right


@dataclass
class Step:
    length: float
    before: Step | None = None


class Cell:
    __slots__ = ("after", "before", "value")

    def __init__(self, value):
        self.value = value
        self.before = self.after = None


def made(xs):
    head = None
    for x in xs:
        head = Node(x, head)
    return head


def folded(node):
    total = 0.0
    while node is not None:
        total = 0.6 * total + node.value * node.value
        node = node.next
    return total


def appended(xs):
    chain = Chain()
    for x in xs:
        chain.append(x * x)
    total = 0.0
    for value in chain:
        total = math.sin(total) + value
    return total / chain.size


def reversed_in_place(xs):
    chain = Chain()
    for x in xs:
        chain.append(x)
    chain.reverse()
    chain.head.value *= 3.0
    return folded(chain.head)


def inserted_in_order(xs):
    chain = Chain()
    for x in xs:
        chain.insert(x * x)
    total, weight = 0.0, 1.0
    for value in chain:
        total += weight * value
        weight *= 0.7
    return total


def tree(xs):
    found = Tree()
    for x in xs:
        found.add(1.5 * x)
    total = 0.0
    for i, key in enumerate(found.in_order()):
        total += key ** (1.0 + 0.1 * i)
    return total - found.least()


def path_to_the_root(xs):
    step = Step(xs[0])
    for x in xs:
        step = Step(x * x, step)
    total = 0.0
    while step != None:  # noqa: E711
        total = math.sin(total) + step.length
        step = step.before
    return total


def both_ways(xs):
    head = tail = None
    for x in xs:
        cell = Cell(x)
        if head is None:
            head = cell
        else:
            tail.after, cell.before = cell, tail
        tail = cell
    for _ in range(3):
        cell = head.after
        while cell is not None and cell.after is not None:
            cell.value = 0.5 * (cell.before.value + cell.after.value)
            cell = cell.after
    total = 0.0
    while tail is not None:
        total += tail.value**2
        tail = tail.before
    return total


def two_names_for_one(xs):
    head = made(xs)
    second, alias = head.next, head.next
    second.value *= 3.0
    head.next.value += 1.0
    return folded(head) + alias.value


def slow_and_fast(xs):
    slow = fast = made(xs)
    count = 0.0
    while fast is not None and fast.next is not None:
        slow, fast = slow.next, fast.next.next
        count += 1.0 if slow is fast else 0.5
    return slow.value * count


def removed(xs):
    first = Node(0.0, made(xs))
    node = first
    while node.next is not None:
        if node.next.value < 4.003:
            node.next = node.next.next
        else:
            node = node.next
    return folded(first.next)


def merged(xs):
    one, other = made(xs[:12]), made(xs[12:])
    first = last = Node(0.0)
    while one is not None and other is not None:
        if one.value < other.value:
            last.next, one = one, one.next
        else:
            last.next, other = other, other.next
        last = last.next
    last.next = one if one is not None else other
    return folded(first.next)


def ring(xs):
    first = last = None
    for x in xs:
        node = Node(x)
        if last is None:
            first = node
        else:
            last.next = node
        last = node
    last.next = first
    total = 0.0
    for _ in range(45):
        total = 0.5 * total + first.value**2
        first = first.next
    return total


def found_or_none(xs):
    def search(node, bound):
        while node is not None:
            if node.value < bound:
                return node
            node = node.next
        return None

    head = made(xs)
    low, none = search(head, 2.003), search(head, -1.0)
    return low.value * (none.value if none else 3.0 * xs[0])


def by_classes(xs):
    node, total = made(xs), 0.0
    while isinstance(node, Node):
        match node:
            case Node(value=value, next=None):
                total += 5.0 * value
            case Node(value=value):
                total += value * value
        node = node.next
    return total


def until_it_raises(xs):
    node, total = made(xs), 0.0
    try:
        while True:
            total = 0.5 * total + node.value
            node = node.next
    except AttributeError:
        return 2.0 * total


def in_a_list_too(xs):
    head, nodes = made(xs), []
    node = head
    while node is not None:
        nodes.append(node)
        node = node.next
    for k in range(len(nodes)):
        nodes[k].value *= k + 1.0
    nodes.sort(key=lambda each: -each.value)
    return folded(head) + nodes[0].value


class Child:
    def __init__(self, value, parent, registry):
        self.value, self.parent, self.last = value, parent, None
        if parent is not None:
            parent.last = self
        registry.append(self)


def registered(xs):
    node, registry = None, []
    for x in xs:
        node = Child(x, node, registry)
        node.value += 1.0
    node.parent.last.value *= 3.0
    for each in registry:
        each.value *= 2.0
    total = 0.0
    while node is not None:
        total = 0.5 * total + node.value**2
        node = node.parent
    return total + registry[3].value


class Late:
    def __init__(self, value, before):
        self.before = before
        self.value = value
        if before is not None:
            before.value = before.value + value
        self.value = 2.0 * value


def written_by_the_next(xs):
    node = None
    for x in xs:
        node = Late(x, node)
    total = 0.0
    while node is not None:
        total = 0.5 * total + node.value**2
        node = node.before
    return total


PROGRAMS = [
    appended,
    reversed_in_place,
    inserted_in_order,
    tree,
    path_to_the_root,
    both_ways,
    two_names_for_one,
    slow_and_fast,
    removed,
    merged,
    ring,
    found_or_none,
    by_classes,
    until_it_raises,
    in_a_list_too,
    registered,
    written_by_the_next,
]


def has_its_slopes(f: Any, mode: str) -> None:
    """Compare the gradient with the slope along a direction."""
    value, gradient = value_and_grad(f, mode=mode)(list(GIVEN))
    direction = np.cos(1.0 + np.arange(len(GIVEN)))
    expected, noise = along(lambda h: f([x + h * d for x, d in zip(GIVEN, direction, strict=True)]))
    assert value == f(list(GIVEN))
    assert noise < 1e-4
    assert np.dot(gradient, direction) == pytest.approx(expected, rel=1e-7, abs=10.0 * noise)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS)
def test_linked_objects_have_the_slopes_of_what_they_hold(f, mode):
    has_its_slopes(f, mode)


def test_none_that_is_asked_for_an_attribute_raises_what_python_raises():
    def second(xs):
        head = made(xs)
        return head.next.value**2

    derivative = grad(second)
    assert derivative([2.0] * 29 + [3.0])[28] == 4.0
    for given in ([], [1.0]):
        with pytest.raises(AttributeError) as own:
            second(given)
        with pytest.raises(AttributeError) as found:
            derivative(given)
        assert str(found.value) == str(own.value)


def test_a_walk_along_a_list_reads_as_one():
    def walked(x, n):
        head = None
        for i in range(n):
            head = Node(x * i, head)
        total = 0.0
        while head is not None:
            total += head.value * head.value
            head = head.next
        return total

    derivative = grad(walked)
    assert derivative(0.5, 4) == 14.0
    lines = [line.strip() for line in derivative.source.splitlines()]
    assert "while head >= 0:" in lines
    assert not any("raise" in line for line in lines)


class Weighted:
    def __init__(self, before):
        self.before = before
        self.value = None
        self.known = None


def filled_in_later(xs):
    node = None
    for _ in xs:
        node = Weighted(node)
    each, k = node, 0
    while each is not None:
        each.value = xs[k] ** 2
        each, k = each.before, k + 1
    total = 0.0
    while node is not None:
        total = 0.5 * total + node.value
        node = node.before
    return total


def grown(root, key):
    node = root
    while True:
        if key < node.key:
            if node.left is None:
                node.left = Leaf(key)
                return
            node = node.left
        else:
            if node.right is None:
                node.right = Leaf(key)
                return
            node = node.right


def summed(leaf, weight):
    if leaf is None:
        return 0.0
    below = summed(leaf.left, 0.5 * weight) + math.sin(summed(leaf.right, 0.3 * weight))
    return weight * leaf.key**2 + below


def height(leaf):
    return 0 if leaf is None else 1 + max(height(leaf.left), height(leaf.right))


def along_a_tree(xs):
    root = Leaf(2.0 * xs[0])
    for x in xs:
        grown(root, 1.5 * x)
    return summed(root, 1.0) * height(root)


class Link(Node):
    def total(self):
        return self.value + (0.5 * self.next.total() if self.next else 0.0)


def along_a_list_by_a_method(xs):
    link = None
    for x in xs:
        link = Link(x * x, link)
    return link.total() ** 2


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [along_a_tree, along_a_list_by_a_method, filled_in_later])
def test_recursions_and_late_numbers_of_linked_objects_have_slopes(f, mode):
    has_its_slopes(f, mode)


def test_linked_objects_are_no_result():
    def last(xs):
        node = made(xs)
        while node.next is not None:
            node = node.next
        return node

    with pytest.raises(UnsupportedError):
        grad(last)(list(GIVEN) * 2)


class Phase:
    """What only one phase has is set for that alone."""

    def __init__(self, t):
        self.t = t
        if t > 1.0:
            self.density = (t, t * t)
            self.phase = "gas"
        else:
            self.density = t * t
            self.phase = "liquid"
        self.energy = 3.0 * t * t


def energy_of(t):
    return Phase(t).energy * t


def test_an_attribute_of_another_kind_on_each_path_may_be_left_unread() -> None:
    assert grad(energy_of)(2.0) == 36.0
