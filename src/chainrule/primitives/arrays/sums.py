"""Sums of derivative code that are known already: what cancels in exact arithmetic is not computed.

The sum of ``g / s * e`` along an axis is ``g`` where ``s`` is that of ``e`` and ``g`` is the same
all along it.  So the adjoint of the maximum that keeps a softmax or a log-sum-exp from overflowing
is zero, and no code is written for it.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import unit_axes_of
from chainrule.primitives.arithmetic import add, divide, multiply, negative, subtract
from chainrule.primitives.arrays.call import axes_of
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.arrays.shaping import expand_dims, squeeze
from chainrule.primitives.broadcasting import without_axes
from chainrule.primitives.declare import TABLE

# Longer sums are left as they are.
MOST_TERMS = 6


def known_sum(a: Node, axis: Any = None, keepdims: bool = False) -> Node | None:
    """The sum of an array of derivative code where it takes no summing."""
    units = unit_axes_of(a.type)
    if not units:
        return a
    if not a.origin.derivative:
        return None
    if a.op is negative:
        found: Node = negative.build(array_sum(a.args[0], axis=axis, keepdims=keepdims))
        return found
    gone = axes_of(axis, len(units))
    total: dict[Node, float] = {}
    for term, sign in _terms(a):
        part = _sum_of_term(term, gone, keepdims, units)
        if part is None:
            return None
        total[part] = total.get(part, 0.0) + sign
    value: Node = a.graph.constant(0.0)
    for part, count in total.items():
        scaled = multiply.build(a.graph.constant(abs(count)), part)
        value = (add if count > 0.0 else subtract).build(value, scaled)
    return value


def _terms(a: Node) -> list[tuple[Node, float]]:
    """The terms of a sum with their signs."""
    found: list[tuple[Node, float]] = []
    stack = [(a, 1.0)]
    while stack:
        node, sign = stack.pop()
        opens = node.origin.derivative and len(found) + len(stack) < MOST_TERMS
        if opens and node.op in (add, subtract) and _spans(node):
            left, right = node.args
            stack += [(right, -sign if node.op is subtract else sign), (left, sign)]
        elif opens and node.op is negative:
            stack.append((node.args[0], -sign))
        else:
            found.append((node, sign))
    return found


def _spans(node: Node) -> bool:
    """Whether both arguments have all axes of the result."""
    return all(unit_axes_of(arg.type) == unit_axes_of(node.type) for arg in node.args)


def _sum_of_term(
    term: Node, gone: tuple[int, ...], keepdims: bool, units: tuple[bool, ...]
) -> Node | None:
    """The sum of one term of a whole with the axes ``units``; None when it would take summing."""
    if unit_axes_of(term.type) != units:
        return None
    rank = len(units)
    along = [axis - rank for axis in gone]
    above, below = _factors(term)
    # Two tell as much as all.
    varying = list(islice((node for node in above if _varies(node, along)), 2))
    if any(_varies(node, along) for node in below):
        return None
    if len(varying) != 1:
        return None if keepdims else _by_squares(above, below, gone, rank)
    (only,) = varying
    full = unit_axes_of(only.type)
    if len(full) != rank or any(full[axis] and not units[axis] for axis in gone):
        return None
    known = _found(only, gone, keepdims)
    if known is None and keepdims and len(gone) == rank == 1:
        # The number itself does where it cancels.
        known = _found(only, gone, keepdims=False)
        known = known if known in below else None
    if known is None:
        return None
    above = [node for node in above if node is not only]
    if not keepdims:
        above = [without_axes(node, along) for node in above]
        below = [without_axes(node, along) for node in below]
    more: list[Node] = [known]
    less: list[Node] = []
    for node in above:
        up, down = _factors(node)
        more, less = more + up, less + down
    for node in below:
        up, down = _factors(node)
        more, less = more + down, less + up
    for node in list(more):
        if node in less:
            more.remove(node)
            less.remove(node)
    value: Node = term.graph.constant(1.0)
    for node in more:
        value = multiply.build(value, node)
    for node in less:
        value = divide.build(value, node)
    return value


def _by_squares(
    above: list[Node], below: list[Node], gone: tuple[int, ...], rank: int
) -> Node | None:
    """The sum of ``w[..., None] * x * x``: of ``w`` and the sums of squares where f has these."""
    twice = next((node for node, count in Counter(above).items() if count == 2), None)
    if twice is None or len(unit_axes_of(twice.type)) != rank:
        return None
    rest = [node for node in above if node is not twice]
    inner = tuple(axis for axis in gone if not any(_varies(one, [axis - rank]) for one in rest))
    squares = _known_squares(twice, inner) if inner and inner != gone else None
    if squares is None:
        return None
    value: Node = squares
    for node in rest:
        value = multiply.build(without_axes(node, [axis - rank for axis in inner]), value)
    for node in below:
        value = divide.build(value, without_axes(node, [axis - rank for axis in inner]))
    left = tuple(
        k for k, axis in enumerate(a for a in range(rank) if a not in inner) if axis in gone
    )
    if len(left) == len(unit_axes_of(squares.type)):
        return array_sum(value)
    return array_sum(value, axis=left[0] if len(left) == 1 else left)


def _known_squares(x: Node, axes: tuple[int, ...]) -> Node | None:
    """The sums of the squares of an array along axes where they were computed before."""
    graph, cursor = x.graph, x.graph.cursor
    forms = [
        cursor.known(TABLE["power"], (x, graph.constant(2))),
        cursor.known(TABLE["power"], (x, graph.constant(2.0))),
        cursor.known(TABLE["square"], (x,)),
        cursor.known(multiply, (x, x)),
    ]
    found = [_found(form, axes, keepdims=False) for form in forms if form is not None]
    return next((each for each in found if each is not None), None)


def _factors(node: Node) -> tuple[list[Node], list[Node]]:
    """What a product of derivative code is made of, above and below the line."""
    above: list[Node] = []
    below: list[Node] = []
    stack = [(node, True)]
    while stack:
        part, up = stack.pop()
        if part.op is expand_dims and part.origin.derivative:
            part = _inside_out(part)
        if part.origin.derivative and part.op in (multiply, divide):
            left, right = part.args
            stack += [(right, up == (part.op is multiply)), (left, up)]
        else:
            (above if up else below).append(part)
    return above, below


def _inside_out(node: Node) -> Node:
    """New axes given to the factors of a product rather than to the product."""
    (inner,), axis = node.args, node.params[0]
    rank = len(unit_axes_of(inner.type))
    plain = inner.op in (multiply, divide) and inner.origin.derivative
    if not plain or any(len(unit_axes_of(arg.type)) not in (0, rank) for arg in inner.args):
        return node
    parts = [expand_dims(arg, axis=axis) if unit_axes_of(arg.type) else arg for arg in inner.args]
    return node.graph.cursor.add(inner.op, tuple(parts))


def _varies(node: Node, along: list[int]) -> bool:
    """Whether a value is not the same all along some of the axes."""
    units = unit_axes_of(node.type)
    return any(len(units) >= -axis and not units[axis] for axis in along)


def _found(a: Node, gone: tuple[int, ...], keepdims: bool) -> Node | None:
    """The sum of an array where it was computed before, in whatever words."""
    rank = len(unit_axes_of(a.type))
    axes: list[Any] = [gone, gone[0], gone[0] - rank] if len(gone) == 1 else [gone]
    if len(gone) == rank:
        axes.append(None)
    cursor = a.graph.cursor
    for kept in (keepdims, not keepdims):
        for axis in axes:
            for form in ("function", "method"):
                known = cursor.known(array_sum, (a,), (axis, kept, form))
                if known is None:
                    continue
                if kept == keepdims:
                    return known
                if kept:
                    return squeeze(known, axis=gone if len(gone) > 1 else gone[0])
                if unit_axes_of(known.type):
                    return expand_dims(known, axis=gone if len(gone) > 1 else gone[0])
    return None


array_sum.simplify = known_sum
