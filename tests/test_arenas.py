"""Lists of objects that are sorted, put into several lists and taken out: objects in arenas."""

from __future__ import annotations

import math

import pytest

import chainrule
from tests.differences import along


class Body:
    def __init__(self, x, v):
        self.x, self.v = x, v

    def step(self, dt):
        self.x += dt * self.v


class Ranked(Body):
    def __lt__(self, other):
        return self.x < other.x


class Falling(Body):
    def __lt__(self, other):
        return other.x - 1.0 < self.x - 1.0


def made(n, x, kind=Body):
    return [kind(x * math.sin(3.0 * i), 0.3 * i) for i in range(n)]


def weighted(bodies):
    return sum((i + 1) * body.x for i, body in enumerate(bodies))


class World:
    def __init__(self, n, x):
        self.ps = made(n, x)
        self.t = 0.0

    def add(self, p):
        self.ps.append(p)

    def step(self, dt):
        for p in self.ps:
            p.step(dt)
        self.ps = [p for p in self.ps if p.x < 2.0]
        self.t += dt


class Spring:
    def __init__(self, a, b, k):
        self.a, self.b, self.k = a, b, k
        self.rest = 0.1

    def apply(self, dt):
        f = self.k * (self.b.x - self.a.x - self.rest)
        self.a.v += dt * f
        self.b.v -= dt * f


class Stack:
    def __init__(self):
        self.items = []

    def push(self, p):
        self.items.append(p)

    def pop(self):
        return self.items.pop()

    def __len__(self):
        return len(self.items)


def helper_take(ps, k):
    p = ps.pop(k)
    p.x += 1.0
    return p


def sorted_in_place(x, n):
    ps = made(n, x)
    ps.sort(key=lambda p: p.x)
    for p in ps:
        p.step(0.1)
    return sum((i + 1) * p.x for i, p in enumerate(ps))


def swapped(x, n):
    ps = made(n, x)
    for i in range(n):
        for j in range(n - 1 - i):
            if ps[j].x > ps[j + 1].x:
                ps[j], ps[j + 1] = ps[j + 1], ps[j]
    ps[0].x *= 2.0
    return sum((i + 1) * p.x for i, p in enumerate(ps))


def taken_from_the_end(x, n):
    ps = made(n, x)
    s = 0.0
    while ps:
        p = ps.pop()
        p.step(0.5)
        s += p.x * p.x
    return s


def filtered_in_a_loop(x, n):
    ps = made(n, x)
    for _k in range(5):
        for p in ps:
            p.step(0.2)
        ps = [p for p in ps if p.x < 1.2]
    return sum(p.x for p in ps)


def joined_with_new_ones(x, n):
    ps = made(n, x)
    for _k in range(3):
        new = []
        for p in ps:
            p.step(0.3)
            if p.x > 0.5:
                new.append(Body(0.5 * p.x, -p.v))
                p.x = 0.5 * p.x
        ps = ps + new
    return sum(p.x for p in ps)


def extended(x, n):
    ps = made(n, x)
    for _k in range(3):
        new = []
        for p in ps:
            p.step(0.3)
            if p.x > 0.5:
                new.append(Body(0.5 * p.x, -p.v))
        ps.extend(new)
    return sum(p.x for p in ps)


def deleted_and_inserted(x, n):
    ps = made(n, x)
    del ps[0]
    ps.insert(0, Body(x, x))
    for p in ps:
        p.step(0.1)
    return sum((i + 1) * p.x for i, p in enumerate(ps))


def reversed_in_place(x, n):
    ps = made(n, x)
    ps.reverse()
    for p in ps:
        p.step(0.1)
    return sum((i + 1) * p.x for i, p in enumerate(ps))


def replaced(x, n):
    ps = made(n, x)
    for i in range(len(ps)):
        if ps[i].x < 0.0:
            ps[i] = Body(-ps[i].x, 1.0)
    return sum((i + 1) * p.x for i, p in enumerate(ps))


def chosen_and_crossed(x, n):
    pop = made(n, x)
    for gen in range(4):
        pop.sort(key=lambda p: (p.x - 0.2) ** 2)
        parents = pop[:2]
        kids = []
        for i in range(n - 2):
            a, b = parents[i % 2], parents[(i + 1) % 2]
            kids.append(Body(0.5 * (a.x + b.x) + 0.1 * math.sin(gen + i), a.v))
        pop = parents + kids
    return min(pop, key=lambda p: (p.x - 0.2) ** 2).x


def kept_by_an_object(x, n):
    w = World(n, x)
    for k in range(n):
        w.step(0.1)
        w.add(Body(x, 0.1 * k))
    return sum(p.x for p in w.ps) + w.t


def of_two_names(x, n):
    ps = made(n, x)
    qs = ps
    qs.sort(key=lambda p: p.x)
    qs.pop()
    return ps[0].x * len(ps) + ps[-1].x


def copied(x, n):
    ps = made(n, x)
    qs = ps[:]
    rs = list(ps)
    ts = ps.copy()
    ps.sort(key=lambda p: -p.x)
    ps.pop(0)
    ts.append(Body(x, x))
    qs[0].x += 1.0
    return ps[0].x + qs[0].x * len(qs) + rs[1].x + ts[-1].v * len(ts) + sum(p.x for p in rs)


def growing_in_its_own_loop(x, n):
    ps = made(n, x)
    for p in ps:
        if len(ps) < 12 and p.x > 0.1:
            ps.append(Body(0.5 * p.x, p.v))
    return sum((i + 1) * p.x for i, p in enumerate(ps))


def shrinking_in_its_own_loop(x, n):
    ps = made(n, x)
    for p in ps:
        if p.x < 0.1:
            ps.remove(p)
    return sum((i + 1) * p.x for i, p in enumerate(ps))


def held_by_other_objects(x, n):
    ps = made(n, x)
    ss = [Spring(ps[i], ps[i + 1], 2.0 + i) for i in range(n - 1)]
    for _k in range(10):
        for s in ss:
            s.apply(0.05)
        for p in ps:
            p.step(0.05)
        ps.sort(key=lambda p: p.x)
    return sum((i + 1) * p.x * p.x for i, p in enumerate(ps))


def in_two_lists(x, n):
    ps = made(n, x)
    near = []
    far = []
    for p in ps:
        if p.x < 0.3:
            near.append(p)
        else:
            far.append(p)
    for p in near:
        p.x += 0.1
    for p in far:
        p.x *= 2.0
    ps.reverse()
    return sum((i + 1) * p.x for i, p in enumerate(ps)) + (far[0].x if far else 0.0)


def twice_in_one_list(x, n):
    ps = []
    first = Body(x, 1.0)
    ps.append(first)
    ps.append(first)
    first.x += 1.0
    for p in ps:
        p.x *= 2.0
    return first.x + len(ps)


def looked_for(x, n):
    ps = made(n, x)
    p = ps[1]
    q = Body(x, x)
    ps.sort(key=lambda p: p.x)
    s = 0.0
    if p in ps:
        s += p.x
    if q in ps:
        s += 100.0
    if q not in ps:
        s += q.x
    s += ps.index(p) * p.x
    if ps[0] is p:
        s += 5.0 * x
    if ps[0] == p:
        s += 7.0 * x
    return s + ps.count(p)


def on_a_stack(x, n):
    s = Stack()
    for i in range(n):
        s.push(Body(x * i, x))
    while len(s) > 1:
        a = s.pop()
        b = s.pop()
        a.x = a.x * b.v + b.x
        s.push(a)
    return s.pop().x


def chosen_and_written_to(x, n):
    ps = made(n, x)
    best = None
    for p in ps:
        if best is None or p.x > best.x:
            best = p
    best.x = 3.0 * best.x
    ps.sort(key=lambda p: p.x)
    return sum((i + 1) * p.x for i, p in enumerate(ps))


def put_into_two_places(x, n):
    ps = made(n, x)
    ps[0], ps[1] = ps[1], ps[0]
    ps[0].x, ps[1].x = ps[1].x, ps[0].x
    ps[2] = ps[0]
    ps[2].x += 1.0
    return sum((i + 1) * p.x for i, p in enumerate(ps))


def taken_by_a_helper(x, n):
    ps = made(n, x)
    p = helper_take(ps, 1)
    q = helper_take(ps, 0)
    ps.append(p)
    ps.append(q)
    return sum((i + 1) * p.x for i, p in enumerate(ps))


def sorted_by_lt(x, n):
    bodies = made(n, x, Ranked)
    ordered = sorted(bodies, reverse=True)
    bodies.sort()
    return weighted(ordered) + weighted(bodies[:2]) + max(bodies).v + min(bodies).v


def sorted_by_lt_downwards(x, n):
    bodies = made(n, x, Falling)
    bodies.sort()
    return weighted(bodies)


PROGRAMS = [
    sorted_in_place,
    swapped,
    taken_from_the_end,
    filtered_in_a_loop,
    joined_with_new_ones,
    extended,
    deleted_and_inserted,
    reversed_in_place,
    replaced,
    chosen_and_crossed,
    kept_by_an_object,
    of_two_names,
    copied,
    growing_in_its_own_loop,
    shrinking_in_its_own_loop,
    held_by_other_objects,
    in_two_lists,
    twice_in_one_list,
    looked_for,
    on_a_stack,
    chosen_and_written_to,
    put_into_two_places,
    taken_by_a_helper,
    sorted_by_lt,
    sorted_by_lt_downwards,
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_objects_in_lists_that_change_have_the_slopes_that_are_measured(function, mode):
    derivative = chainrule.value_and_grad(function, mode=mode)
    for x, n in [(0.7, 5), (0.9, 8)]:
        value, slope = derivative(x, n)
        assert value == function(x, n)
        expected, noise = along(lambda step, x=x, n=n: function(x + step, n))
        assert abs(slope - expected) <= 1e-6 * abs(expected) + noise


def behind_a_helper(x):
    return sorted_in_place(x, 5)


def test_a_helper_whose_lists_change_is_understood():
    expected, noise = along(lambda step: behind_a_helper(0.7 + step))
    assert abs(chainrule.grad(behind_a_helper)(0.7) - expected) <= 1e-6 * abs(expected) + noise


class Heavy(Body):
    def __lt__(self, other):
        return self.x * other.v < other.x * self.v


def sorted_by_products(x):
    return weighted(sorted(made(4, x, Heavy)))


def test_an_order_that_compares_more_than_a_number_of_each_is_refused():
    with pytest.raises(chainrule.ChainruleError, match=r"Heavy\.__lt__"):
        chainrule.grad(sorted_by_products)(0.7)


def test_a_list_of_objects_is_one_of_places():
    derivative = chainrule.grad(taken_from_the_end)
    derivative(0.7, 5)
    assert "p = ps.pop()" in derivative.source
    assert "x_dot[p] = x_dot[p]" not in derivative.source


class Registered:
    def __init__(self, x, registry):
        self.x, self.v = x, 0.0
        registry.append(self)


def registered_by_its_constructor(x, n):
    registry = []
    for i in range(n):
        body = Registered(x * (i + 1), registry)
        body.v = 2.0 * x
        body.x += 1.0
    registry.sort(key=lambda each: -each.x)
    last = registry.pop()
    last.x *= 3.0
    return sum(each.x * each.v for each in registry) + last.x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_an_object_that_its_constructor_puts_into_a_list_is_in_its_arena_once(mode):
    value, slope = chainrule.value_and_grad(registered_by_its_constructor, mode=mode)(0.7, 6)
    expected, noise = along(lambda h: registered_by_its_constructor(0.7 + h, 6))
    assert value == registered_by_its_constructor(0.7, 6)
    assert slope == pytest.approx(expected, rel=1e-8, abs=10.0 * noise)
