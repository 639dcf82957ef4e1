"""Objects that hold lists of objects, lists of pairs of them, and objects chosen from a dict."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chainrule import UnsupportedError, hvp, value_and_grad
from tests import oracle


class Cell:
    def __init__(self, mass: float, x: float) -> None:
        self.mass = mass
        self.x = x
        self.near: list[Cell] = []

    def kick(self, d: float) -> None:
        self.x += d / self.mass


class Tree:
    def __init__(self, value: float, parent: Tree | None = None) -> None:
        self.value = value
        self.parent = parent
        self.children: list[Tree] = []
        if parent is not None:
            parent.children.append(self)

    def total(self) -> float:
        return self.value + sum(child.total() for child in self.children)


class Branch:
    def __init__(self, value: float) -> None:
        self.value = value
        self.children: list[Branch] = []


def row_of_cells(a: float, b: float, n: int) -> list[Cell]:
    cells = []
    for k in range(n):
        cells.append(Cell(0.5 + a * k, b * k))
    return cells


# --- lists that objects hold ------------------------------------------------------------------


def neighbours_found_by_a_comprehension(a: float, b: float, c: float, n: int) -> float:
    cells = row_of_cells(a, b, n)
    for cell in cells:
        cell.near = [q for q in cells if q is not cell and abs(q.x - cell.x) < c]
    for cell in cells:
        for q in cell.near:
            cell.x += 0.1 * (q.x - cell.x)
    return sum(cell.x**2 * cell.mass for cell in cells)


def neighbours_found_among_five(a: float, b: float, c: float, n: int) -> float:
    cells = [Cell(0.5 + a * k, b * k + 0.1 * n) for k in range(5)]
    for cell in cells:
        cell.near = [q for q in cells if q is not cell and abs(q.x - cell.x) < c]
    for cell in cells:
        cell.x += 0.1 * sum(q.x - cell.x for q in cell.near)
    return sum(cell.x**2 * cell.mass for cell in cells)


def neighbours_appended(a: float, b: float, c: float, n: int) -> float:
    cells = row_of_cells(a, b, n)
    for i in range(n - 1):
        cells[i].near.append(cells[i + 1])
        cells[i + 1].near.append(cells[i])
    for _ in range(3):
        for cell in cells:
            cell.x += 0.1 * c * sum(q.x - cell.x for q in cell.near)
    return sum(cell.x**2 * cell.mass for cell in cells)


def neighbours_found_again_and_again(a: float, b: float, c: float, n: int) -> float:
    cells = row_of_cells(a, b, n)
    for step in range(3):
        for cell in cells:
            if step == 1:
                cell.near = []
            else:
                cell.near.clear()
        for i, cell in enumerate(cells):
            for q in cells[i + 1 :]:
                if abs(q.x - cell.x) < c:
                    cell.near.append(q)
                    q.near.append(cell)
        for cell in cells:
            for q in cell.near:
                cell.x += 0.05 * (q.x - cell.x) * a
    return sum(cell.x**2 for cell in cells)


def neighbours_taken_out(a: float, b: float, c: float, n: int) -> float:
    cells = row_of_cells(a, b, n)
    for cell in cells:
        for q in cells:
            if q is not cell:
                cell.near.append(q)
    last = cells[-1]
    for cell in cells:
        if last in cell.near:
            cell.near.remove(last)
    cells[0].near.insert(0, last)
    total = 0.0
    for cell in cells:
        while len(cell.near) > 2:
            q = cell.near.pop()
            q.x += c
            total += q.x * cell.mass
        if cell.near:
            total += cell.near.pop(0).x
    return total + sum(len(cell.near) * cell.x for cell in cells)


def neighbours_of_neighbours(a: float, b: float, c: float, n: int) -> float:
    cells = row_of_cells(a, b, n)
    for cell in cells:
        cell.near = [q for q in cells if q is not cell]
    total = 0.0
    for cell in cells:
        for q in cell.near:
            for r in q.near:
                if r is not cell:
                    total += cell.x * q.mass * r.x
    far = max(cells[0].near, key=lambda q: q.x)
    far.x += c
    ordered = sorted(cells[1].near, key=lambda q: -q.mass)
    return total + far.x * ordered[0].mass + sum(q.x for q in cells[0].near[1:])


def tree_by_a_stack(a: float, b: float, c: float, n: int) -> float:
    root = Tree(a)
    nodes = [root]
    for k in range(n):
        nodes.append(Tree(b * k + c, nodes[k // 2]))
    stack = [root]
    total = 0.0
    while stack:
        node = stack.pop()
        total = total * 0.9 + node.value**2
        for child in node.children:
            stack.append(child)
    return total


def tree_by_levels(a: float, b: float, c: float, n: int) -> float:
    root = Branch(a)
    level = [root]
    for _ in range(n - 2):
        following = []
        for node in level:
            for i in range(2):
                child = Branch(node.value * b + i)
                node.children.append(child)
                following.append(child)
        level = following
    order = [root]
    total = 0.0
    while order:
        node = order.pop(0)
        total = total * 0.8 + node.value * c
        order.extend(node.children)
    return total


# --- pairs of objects -------------------------------------------------------------------------


def pairs_in_reach(a: float, b: float, c: float, n: int) -> float:
    cells = [Cell(0.5 + a * k, b * k + 0.1 * n) for k in range(5)]
    pairs = [(p, q) for i, p in enumerate(cells) for q in cells[i + 1 :] if abs(p.x - q.x) < c]
    for p, q in pairs:
        d = 0.1 * (q.x - p.x)
        p.x += d
        q.x -= d
    return sum(cell.x**2 * cell.mass for cell in cells)


def pairs_by_their_places(a: float, b: float, c: float, n: int) -> float:
    cells = [Cell(0.5 + a * k, b * k + 0.1 * n) for k in range(5)]
    pairs = []
    for i in range(5):
        for j in range(i + 1, 5):
            p, q = cells[i], cells[j]
            if abs(p.x - q.x) < c:
                pairs.append((p, q, abs(p.x - q.x)))
    for p, q, apart in pairs:
        d = 0.1 * (q.x - p.x) / apart
        p.x += d
        q.x -= d
    return sum(cell.x**2 * cell.mass for cell in cells)


# --- one of several objects -------------------------------------------------------------------


def the_lightest_of_a_dict(a: float, b: float, c: float, n: int) -> float:
    bodies = {"p": Cell(a, 0.3), "q": Cell(b, 1.0), "r": Cell(c, 2.0)}
    for _ in range(n):
        low = min(bodies.values(), key=lambda body: body.x)
        low.kick(b)
        low.near.append(bodies["q"])
    return sum(body.x**2 * body.mass + len(body.near) * a for body in bodies.values())


def the_key_of_the_heaviest(a: float, b: float, c: float, n: int) -> float:
    bodies = {"p": Cell(a, 0.3), "q": Cell(b, 1.0), "r": Cell(c, 2.0)}
    for _ in range(n):
        key = min(bodies, key=lambda name: bodies[name].x)
        bodies[key].x += a
        bodies[key].kick(b)
    key = max(bodies, key=lambda name: bodies[name].mass)
    return bodies[key].mass * sum(body.x**2 * body.mass for body in bodies.values())


def put_behind_others(a: float, b: float, c: float, n: int) -> float:
    cells = row_of_cells(a, b, n)
    chosen = [cells[0]]
    chosen.extend([cell for cell in cells if cell.mass > c])
    chosen += cells[1:3]
    for cell in chosen:
        cell.x += a
    return sum(cell.mass * cell.x for cell in chosen) + len(chosen) * a


PROGRAMS = [
    neighbours_found_by_a_comprehension,
    neighbours_found_among_five,
    neighbours_appended,
    neighbours_found_again_and_again,
    neighbours_taken_out,
    neighbours_of_neighbours,
    tree_by_a_stack,
    tree_by_levels,
    pairs_in_reach,
    pairs_by_their_places,
    the_lightest_of_a_dict,
    the_key_of_the_heaviest,
    put_behind_others,
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_objects_that_others_lead_to_are_changed(f: Callable[..., float], mode: str) -> None:
    point = (1.3, 0.7, 2.3, 5)
    for wrt in (0, 1, 2):
        value, slope = value_and_grad(f, wrt, mode=mode)(*point)
        assert value == f(*point)
        assert oracle.agrees(oracle.derivative(f, point, wrt=wrt), slope)


@pytest.mark.parametrize("f", [neighbours_appended, pairs_by_their_places, tree_by_levels])
def test_second_derivatives_of_what_others_lead_to(f: Callable[..., float]) -> None:
    step = 1e-5
    slope = value_and_grad(f)
    above, below = slope(1.3 + step, 0.7, 2.3, 5)[1], slope(1.3 - step, 0.7, 2.3, 5)[1]
    curve = hvp(f)(1.3, 0.7, 2.3, 5, 1.0)[1]
    assert curve == pytest.approx((above - below) / (2.0 * step), rel=1e-6, abs=1e-8)


def one_list_in_two(a: float, c: float) -> float:
    cells = row_of_cells(a, 0.7, 4)
    cells[0].near.append(cells[1])
    cells[2].near = cells[0].near
    cells[0].near.append(cells[3])
    return c * sum(cell.x * cell.mass for cell in cells[2].near)


def list_read_before_it_grew(a: float, c: float) -> float:
    cells = row_of_cells(a, 0.7, 4)
    before = cells[0].near
    for cell in cells:
        cells[0].near.append(cell)
    return c * sum(cell.mass for cell in before)


def list_put_in_and_written_to(a: float, c: float) -> float:
    cells = row_of_cells(a, 0.7, 4)
    heavy = [cell for cell in cells if cell.mass > c]
    cells[0].near = heavy
    heavy.append(cells[0])
    return sum(cell.mass for cell in cells[0].near)


@pytest.mark.parametrize(
    "f", [one_list_in_two, list_read_before_it_grew, list_put_in_and_written_to]
)
def test_one_list_under_two_names_is_understood_or_refused(f: Callable[..., float]) -> None:
    try:
        value, slope = value_and_grad(f)(1.3, 2.3)
    except UnsupportedError:
        return
    assert value == f(1.3, 2.3)
    assert oracle.agrees(oracle.derivative(f, (1.3, 2.3)), slope)


def fills_and_empties(a: float, n: int) -> float:
    rows = [[a * k, 1.0] for k in range(n)]
    total = 0.0
    for row in rows:
        row.append(a)
    for k in range(len(rows)):
        total += sum(rows[k])
        if total > 4.0:
            rows[k].clear()
            rows[k].append(total * a)
    rows[0].clear()
    return total + sum(map(sum, rows)) + len(rows[0])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_rows_are_cleared_where_they_stand(mode: str) -> None:
    value, slope = value_and_grad(fills_and_empties, mode=mode)(1.3, 4)
    assert value == fills_and_empties(1.3, 4)
    assert oracle.agrees(oracle.derivative(fills_and_empties, (1.3, 4)), slope)
