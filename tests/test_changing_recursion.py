"""Functions that call themselves and change lists and arrays that they are given."""

from __future__ import annotations

import copy
import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, value_and_grad, vjp
from tests.differences import partials

POINT = [0.7, 0.2, 0.9, 0.4, 1.3]


def qsort(a, lo, hi):
    if lo < hi:
        pivot = a[hi]
        i = lo - 1
        for j in range(lo, hi):
            if a[j] <= pivot:
                i += 1
                a[i], a[j] = a[j], a[i]
        a[i + 1], a[hi] = a[hi], a[i + 1]
        qsort(a, lo, i)
        qsort(a, i + 2, hi)


def sorted_in_place(*x):
    a = [v * v for v in x]
    qsort(a, 0, len(a) - 1)
    return sum((k + 1) * v for k, v in enumerate(a))


def sift(a, n, i):
    largest = i
    if 2 * i + 1 < n and a[2 * i + 1] > a[largest]:
        largest = 2 * i + 1
    if 2 * i + 2 < n and a[2 * i + 2] > a[largest]:
        largest = 2 * i + 2
    if largest != i:
        a[i], a[largest] = a[largest], a[i]
        sift(a, n, largest)


def heap_sorted(*x):
    a = list(x)
    for i in range(len(a) // 2 - 1, -1, -1):
        sift(a, len(a), i)
    for k in range(len(a) - 1, 0, -1):
        a[0], a[k] = a[k], a[0]
        sift(a, k, 0)
    return sum((k + 1) * v * v for k, v in enumerate(a))


def eliminate(A, b, k):
    n = len(b)
    if k == n - 1:
        b[k] = b[k] / A[k][k]
        return
    for i in range(k + 1, n):
        f = A[i][k] / A[k][k]
        for j in range(k, n):
            A[i][j] -= f * A[k][j]
        b[i] -= f * b[k]
    eliminate(A, b, k + 1)
    s = b[k]
    for j in range(k + 1, n):
        s -= A[k][j] * b[j]
    b[k] = s / A[k][k]


def matrix(x):
    n = len(x)
    return [[1.0 / (1 + i + j) + (x[i] if i == j else 0.0) for j in range(n)] for i in range(n)]


def solution(x):
    A, b = matrix(x), [2.0 * v for v in x]
    eliminate(A, b, 0)
    return sum((k + 1) * v for k, v in enumerate(b))


def eliminated(*x):
    return solution(x)


def relaxed(u, f, h):
    n = len(u)
    if n <= 3:
        u[1] = 0.5 * (u[0] + u[2] + h * h * f[1])
        return u
    u[1:-1] = 0.5 * (u[:-2] + u[2:] + h * h * f[1:-1])
    r = np.zeros(n)
    r[1:-1] = f[1:-1] + (u[:-2] - 2 * u[1:-1] + u[2:]) / (h * h)
    e = relaxed(np.zeros((n + 1) // 2), r[::2], 2 * h)
    u[::2] += e
    u[1::2] += 0.5 * (e[:-1] + e[1:])
    u[1:-1] = 0.5 * (u[:-2] + u[2:] + h * h * f[1:-1])
    return u


def multigrid(*x):
    f = np.array([x[i % 5] ** 2 for i in range(9)])
    u = relaxed(np.zeros(9), f, 1 / 8)
    return np.sum(u * u)


def shortest(cities, path, used, total, best):
    if len(path) == len(cities):
        if total < best[0]:
            best[0] = total
        return
    for i in range(len(cities)):
        if not used[i]:
            used[i] = True
            path.append(i)
            step = (cities[path[-2]] - cities[i]) ** 2
            shortest(cities, path, used, total + step, best)
            path.pop()
            used[i] = False


def tour(*x):
    best = [math.inf]
    used = [True] + [False] * (len(x) - 1)
    shortest(list(x), [0], used, 0.0, best)
    return best[0]


def root(parent, i):
    if parent[i] != i:
        parent[i] = root(parent, parent[i])
    return parent[i]


def spanning(*x):
    edges = sorted([(x[0], 0, 1), (x[1], 1, 2), (x[2], 0, 2), (x[3], 2, 3), (x[4], 1, 3)])
    parent, total = list(range(4)), 0.0
    for w, a, b in edges:
        one, other = root(parent, a), root(parent, b)
        if one != other:
            parent[one] = other
            total += w * w
    return total


def collected(*x):
    out = []

    def go(i):
        if i < len(x):
            out.append(x[i] ** 2)
            go(i + 1)

    go(0)
    return sum((k + 1) * v for k, v in enumerate(out))


def grown(a, n):
    if n <= 0:
        return 0.0
    a.append(a[-1] * a[0])
    return a[-2] + grown(a, n - 1)


def growing(*x):
    a = list(x)
    s = grown(a, 3)
    return s * len(a) + sum(a)


def twice(a, b, i):
    if i >= len(a):
        return
    a[i] += b[i]
    b[i] *= a[i]
    twice(a, b, i + 1)


def one_list_under_two_names(*x):
    a = list(x)
    twice(a, a, 0)
    return sum(v * v for v in a)


def histories(*x):
    a, seen = list(x), []
    for k in range(3):
        seen.append(a[:])
        scale(a, k)
    return sum(h[1] * h[2] for h in seen) + sum(a)


def scale(a, i):
    if i < len(a):
        a[i] *= 2.0 + a[0]
        scale(a, i + 1)


PROGRAMS = [
    sorted_in_place, heap_sorted, eliminated, multigrid, tour, spanning, collected, growing,
    one_list_under_two_names, histories,
]  # fmt: skip


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_a_recursion_may_change_lists_and_arrays(f: Callable[..., Any], mode: str) -> None:
    def of_list(x):
        return f(*x)

    places = tuple(range(5))
    value, slopes = value_and_grad(of_list, mode=mode)(list(POINT))
    assert value == f(*POINT)
    for k in places:
        expected, noise = partials(f, POINT)[k]
        assert abs(slopes[k] - expected) <= 1e-6 * max(1.0, abs(expected)) + noise * 1e-2


def sorts_its_argument(x):
    qsort(x, 0, len(x) - 1)
    return sum((k + 1) * v * v for k, v in enumerate(x))


def test_the_caller_s_list_is_left_as_the_recursion_leaves_it() -> None:
    given = list(POINT)
    value, slopes = value_and_grad(sorts_its_argument)(given)
    assert given == sorted(POINT)
    assert value == sorts_its_argument(list(POINT))
    ranks = [sorted(POINT).index(v) + 1 for v in POINT]
    assert slopes == pytest.approx([2.0 * k * v for k, v in zip(ranks, POINT, strict=True)])


def test_derivatives_of_two_changed_lists_take_one_call_for_each_of_the_function() -> None:
    gradient = grad(solution, mode="reverse")

    def calls(n: int) -> int:
        point = [0.5 + 0.1 * k for k in range(n)]
        gradient(point)
        count = 0

        def counted(frame: Any, event: str, arg: Any) -> None:
            nonlocal count
            count += event == "call" and frame.f_code.co_name.startswith("eliminate")

        sys.setprofile(counted)
        try:
            slopes = gradient(point)
        finally:
            sys.setprofile(None)
        A = np.array(matrix(point))
        weights = np.linalg.solve(A.T, np.arange(1.0, n + 1.0))
        found = np.linalg.solve(A, 2.0 * np.array(point))
        assert slopes == pytest.approx(weights * (2.0 - found), rel=1e-8)
        return count

    # What a call changes is computed anew for the pullback of each call around it.
    assert calls(12) <= 5 * calls(6)


def halves(u):
    if len(u) > 1:
        u[1] += 0.5 * u[0]
        halves(u[1:])


def through_views(x):
    u = 1.0 * x
    halves(u)
    return np.sum(u * u)


def test_a_recursion_that_changes_a_view_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="changes a part of a list or an array"):
        grad(through_views)(np.array(POINT))


def beyond(a, i):
    a[i] *= 2.0
    if a[i] > -5.0:
        beyond(a, i + 1)


def until_it_raises(x):
    a = list(x)
    try:
        beyond(a, 0)
    except IndexError:
        return sum(v * v for v in a)
    return 0.0


def test_what_a_recursion_has_changed_when_it_raises_is_not_forgotten() -> None:
    with pytest.raises(UnsupportedError, match="changes before it may raise"):
        grad(until_it_raises)(list(POINT))


def appended(x):
    out = list(x)
    out.append(x[0] * x[1])
    if x[0] > 0.1:
        out.append(x[1] ** 2)
    return out


def test_adjoints_that_are_given_as_a_list_stay_as_they_are() -> None:
    x, bar = [0.5, 0.3, 0.2], [1.0, 2.0, 3.0, 4.0, 5.0]
    given = copy.copy(bar)
    _, slopes = vjp(appended)(x, given)
    assert given == bar
    expected = [1.0 + 4.0 * x[1], 2.0 + 4.0 * x[0] + 10.0 * x[1], 3.0]
    assert slopes == pytest.approx(expected)


class Node:
    def __init__(self, key, weight):
        self.key = key
        self.weight = weight
        self.left = None
        self.right = None


def insert(node, key, weight):
    if node is None:
        return Node(key, weight)
    if key < node.key:
        node.left = insert(node.left, key, weight)
    else:
        node.right = insert(node.right, key, weight)
    return node


def put(node, key, weight):
    if key == node.key:
        node.weight += weight
    elif key < node.key:
        if node.left is None:
            node.left = Node(key, weight)
        else:
            put(node.left, key, weight)
    elif node.right is None:
        node.right = Node(key, weight)
    else:
        put(node.right, key, weight)


def delete(node, key):
    if node is None:
        return None
    if key < node.key:
        node.left = delete(node.left, key)
    elif key > node.key:
        node.right = delete(node.right, key)
    else:
        if node.left is None:
            return node.right
        if node.right is None:
            return node.left
        following = node.right
        while following.left is not None:
            following = following.left
        node.key, node.weight = following.key, following.weight
        node.right = delete(node.right, following.key)
    return node


def find(node, key):
    if node is None or node.key == key:
        return node
    return find(node.left if key < node.key else node.right, key)


def total(node, depth):
    if node is None:
        return 0.0
    below = total(node.left, depth + 1) + total(node.right, depth + 1)
    return node.weight**2 * depth + below


def collect(node, out):
    if node is not None:
        collect(node.left, out)
        out.append(node.weight)
        collect(node.right, out)


def mirrored(node):
    if node is None:
        return node
    node.left, node.right = mirrored(node.right), mirrored(node.left)
    return node


KEYS = [5, 2, 8, 1, 9]


def tree_of(x, keys):
    root = None
    for k, weight in zip(keys, x, strict=True):
        root = insert(root, k, weight)
    return root


def inserted(x, keys):
    return total(tree_of(x, keys), 1)


def put_in(x, keys):
    root = Node(keys[0], x[0])
    for i in range(1, len(x)):
        put(root, keys[i], x[i])
    return total(root, 1)


def deleted(x, keys):
    return total(delete(tree_of(x, keys), keys[0]), 1)


def found(x, keys):
    node = find(tree_of(x, keys), 8)
    return node.weight**2 * x[0]


def in_mirrored_order(x, keys):
    out = []
    collect(mirrored(tree_of(x, keys)), out)
    return sum((k + 1) * w**2 for k, w in enumerate(out))


def ordered_by_value(x, keys):
    out, root = [], None
    for v in x:
        root = insert(root, v, v * v)
    collect(root, out)
    return sum((k + 1) * w for k, w in enumerate(out))


class Tree:
    def __init__(self):
        self.root = None
        self.count = 0

    def add(self, key, weight):
        self.root = self._add(self.root, key, weight)
        self.count += 1

    def _add(self, node, key, weight):
        if node is None:
            return Node(key, weight)
        if key < node.key:
            node.left = self._add(node.left, key, weight)
        else:
            node.right = self._add(node.right, key, weight)
        return node


def tree_that_counts(x, keys):
    tree = Tree()
    for k, weight in zip(keys, x, strict=True):
        tree.add(k, weight)
    return total(tree.root, 1) * tree.count


class Sums:
    def __init__(self):
        self.total = 0.0
        self.count = 0


def even(sums, x, i):
    if i < len(x):
        sums.total += x[i] ** 2
        odd(sums, x, i + 1)


def odd(sums, x, i):
    if i < len(x):
        sums.total *= x[i]
        sums.count += 1
        even(sums, x, i + 1)


def gathered_by_turns(x, keys):
    sums = Sums()
    even(sums, x, 0)
    return sums.total * sums.count


TREES = [
    inserted, put_in, deleted, found, in_mirrored_order, ordered_by_value, tree_that_counts,
    gathered_by_turns,
]  # fmt: skip


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", TREES, ids=lambda f: f.__name__)
def test_a_recursion_may_change_objects_and_make_new_ones(f: Callable[..., Any], mode: str) -> None:
    value, slopes = value_and_grad(f, mode=mode)(list(POINT), KEYS)
    assert value == f(POINT, KEYS)
    for k, slope in enumerate(slopes):
        expected, noise = partials(lambda *x: f(x, KEYS), POINT)[k]
        assert abs(slope - expected) <= 1e-6 * max(1.0, abs(expected)) + noise * 1e-2


def test_keys_that_stand_beside_weights_have_no_tangents() -> None:
    gradient = grad(inserted, mode="forward")
    gradient(list(POINT), KEYS)
    assert "weight_dot" in gradient.source
    assert "key_dot" not in gradient.source
    assert "left_dot" not in gradient.source


def test_a_list_that_nobody_reads_again_is_handed_over_without_a_copy() -> None:
    gradient = grad(sorts_its_argument)
    gradient(list(POINT))
    assert "a = qsort(a, i + 2, hi)" in gradient.source
    trees = grad(inserted, mode="forward")
    trees(list(POINT), KEYS)
    assert "insert(\n            key, weight, left, right, left_node," in trees.source


def doubled(a, i):
    if i < len(a):
        a[i] *= 2.0
        doubled(a, i + 1)


def kept_before_and_after(x):
    a = [v * v for v in x]
    kept = [a]
    doubled(a, 0)
    others = [list(a)]
    doubled(a, 2)
    return kept[0][2] * others[0][2] * others[0][1] + sum(a)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_what_is_kept_of_a_list_that_is_handed_over_is_what_python_keeps(mode: str) -> None:
    value, slopes = value_and_grad(kept_before_and_after, mode=mode)(list(POINT))
    assert value == kept_before_and_after(list(POINT))
    for k, slope in enumerate(slopes):
        expected, noise = partials(lambda *x: kept_before_and_after(x), POINT)[k]
        assert abs(slope - expected) <= 1e-6 * max(1.0, abs(expected)) + noise * 1e-2


def turned(vals):
    if len(vals) < 2:
        return 0.2
    found = turned(vals[:1])
    total = found - found
    for each in vals:
        vals.reverse()
        total += each * each
    return total


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_call_of_whose_results_nothing_is_needed_has_no_adjoint(mode: str) -> None:
    def f(*x: float) -> float:
        return turned(list(x))

    def along_all(t: float) -> float:
        return f(*(each * t for each in POINT))

    value, slope = value_and_grad(along_all, mode=mode)(1.0)
    assert value == f(*POINT)
    ((expected, noise),) = partials(along_all, [1.0])
    assert slope == pytest.approx(float(expected), abs=1e-9 + noise)
    gradient = value_and_grad(lambda x: turned(x))(list(POINT))[1]
    for found, (slope, noise) in zip(gradient, partials(f, POINT), strict=True):
        assert found == pytest.approx(float(slope), abs=1e-9 + noise)
