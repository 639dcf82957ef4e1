"""What is equal where a number is 0: lengths and signs are so at single points only.

    r = sqrt(x * x + y * y)
    return sin(r) / r * x if r > 0 else 0.0

A length is never negative: the other arm is taken where x and y are 0, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from chainrule.differentiate.origins import EXTREMES, are_kin, sources
from chainrule.differentiate.sorted_entries import gap, in_order
from chainrule.differentiate.spreads import is_nothing, spread_out
from chainrule.differentiate.told_equal import told_equal
from chainrule.graph.block import ITEM, PARAMETER
from chainrule.graph.node import Node
from chainrule.graph.types import is_complex
from chainrule.primitives import arithmetic
from chainrule.primitives.choices import clip, where
from chainrule.primitives.control import (
    IF,
    LOOP,
    choice_of,
    item_sources,
    owned_blocks,
    state_sources,
)
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.effect import IMAGINARY, Verbatim
from chainrule.primitives.rounding import sign

SIDES = (arithmetic.less, arithmetic.less_equal, arithmetic.greater, arithmetic.greater_equal)
# What takes entries out of an array, and what is real or comes in pairs of conjugates.
TAKEN = ("index", "section")
IN_PAIRS = ("roots", "eigvals")
# By their names, as arrays' operations are declared later than this is read.
LENGTHS = ("absolute", "hypot", "hypot3", "norm", "square")
PRODUCTS = ("multiply", "dot", "vdot", "matmul")
POWERS = ("power", "real_power")
# Of lengths these are lengths again: 0 where all of their arguments are.
SUMS = (
    *("add", "array_sum", "total", "sqrt", "to_float", "display", "append", "rows_of"),
    *("python_max", "maximum", "fmax", "array_max", "sequence_max"),
)
# And these are 0 where one of them is.
LEAST = ("python_min", "minimum", "fmin", "array_min", "sequence_min", "array_prod")


def zeros_of_length(value: Node) -> tuple[Node, ...]:
    """What is 0 where ``value``, a length, is 0; empty where it is none.

    A difference of two entries of one list may be of the same entry, and a value that a branch or
    a maximum has chosen may be 0 over a region: neither tells of a point.
    """
    roots: dict[Node, None] = {}
    seen = {value}
    stack = [value]
    while stack:
        node = stack.pop()
        parts = _squared(node)
        if parts:
            roots.update(dict.fromkeys(parts))
            continue
        lengths = _summed(node)
        if lengths is None:
            return ()
        stack += [each for each in lengths if each not in seen]
        seen.update(lengths)
    return () if any(map(_may_be_one, roots)) or are_chosen(tuple(roots)) else tuple(roots)


def _squared(node: Node) -> Sequence[Node]:
    """What a length is the magnitude of, or a square, or the distance of."""
    if node.op.name in LENGTHS:
        return node.args
    if node.op.name in PRODUCTS and node.args[0] is node.args[1]:
        return node.args[:1]
    if node.op.name in POWERS and is_constant(node.args[1]):
        exponent = constant_value(node.args[1])
        return node.args[:1] if exponent > 0 and exponent % 2 == 0 else ()
    return _turned(node) or gap(node)


def _turned(node: Node) -> tuple[Node, ...]:
    """The number of which ``d if d > 0 else -d`` is the magnitude; of ``x - y if x > y else y - x``
    both; empty where it is none.
    """
    found = choice_of(node)
    if found is None or found[0].op not in SIDES:
        return ()
    predicate, then, orelse = found
    kept, opposite = (then, orelse) if predicate.op in SIDES[2:] else (orelse, then)
    if is_constant(predicate.args[1], 0):
        return predicate.args[:1] if kept is predicate.args[0] and _opposed(kept, opposite) else ()
    apart = kept.op is arithmetic.subtract and kept.args == predicate.args
    return predicate.args if apart and _opposed(kept, opposite) else ()


def _opposed(number: Node, other: Node) -> bool:
    """Whether a number is the opposite of another."""
    differences = number.op is other.op is arithmetic.subtract
    negative = other.op is arithmetic.negative and other.args[0] is number
    return negative or (differences and number.args == other.args[::-1])


def _summed(node: Node) -> Sequence[Node] | None:
    """The lengths that a length is made of, if it is one."""
    if is_constant(node, 0):
        return ()
    if node.op.name in SUMS:
        return node.args
    if node.op.name in LEAST:
        # The least of a length and 1 is 0 where the length is.
        return [arg for arg in node.args if not is_constant(arg) or constant_value(arg) <= 0]
    if node.op in (arithmetic.multiply, arithmetic.divide):
        if node.op is arithmetic.multiply and not any(map(is_constant, node.args)):
            return node.args
        lengths = [arg for arg in node.args if not is_constant(arg)]
        scales = [constant_value(arg) for arg in node.args if is_constant(arg)]
        whole = len(lengths) == 1 and (node.op is arithmetic.multiply or lengths[0] is node.args[0])
        return lengths if whole and scales[0] > 0 else None
    if node.op.name in POWERS and is_constant(node.args[1]) and constant_value(node.args[1]) > 0:
        return node.args[:1]
    if node.op is ITEM and node.args[0].op is LOOP:
        return item_sources(node)
    if node.op is PARAMETER and node.block.owner is not None and node.block.owner.op is LOOP:
        return state_sources(node, node.block.owner) or None
    return None


def _may_be_one(root: Node) -> bool:
    return is_imaginary_part(root) or (root.op is arithmetic.subtract and are_kin(root.args))


def is_imaginary_part(node: Node) -> bool:
    """Whether a value is the imaginary part of what is a real number, but for some powers.

    Or that of a root of a real polynomial, or of an eigenvalue: those that are real stay real.
    """
    if node.op.name == "imaginary_part":
        whole = node.args[0]
        while whole.op.name in TAKEN:
            whole = whole.args[0]
        return whole.op.name in IN_PAIRS and not is_complex(whole.args[0].type)
    return isinstance(node.op, Verbatim) and node.params[0] == IMAGINARY


def are_chosen(roots: Sequence[Node]) -> bool:
    """Whether what is 0, or equal, has passed through a choice."""

    def chooses(node: Node) -> bool:
        structured = node.op is ITEM and owned_blocks(node.args[0])
        return node.op in (*EXTREMES, clip, where) or (bool(structured) and node.args[0].op is IF)

    return any(map(chooses, sources(roots, chooses)))


def zeros_at_most(comparison: Node, truth: bool) -> tuple[Node, ...]:
    """What is 0 where a comparison leaves a length that is next to nothing, at most.

    Entries of a sorted list are equal where it turns their order round.
    """
    below = (comparison.op in (arithmetic.less, arithmetic.less_equal)) is truth
    length, bound = comparison.args[:: 1 if below else -1]
    if in_order(bound, length):
        return (length, bound)
    return zeros_of_length(length) if is_nothing(bound) else ()


def behind_signs(args: Sequence[Node]) -> tuple[Node, ...]:
    """The values that are equal where ``args`` are.

    A sign is 0 where its number is, and ``x > y`` is as true as ``x < y`` where x and y are equal.
    """
    if len(args) == 2 and _are_sides(*args):
        return args[0].args
    if not any(is_constant(arg, 0) for arg in args):
        return tuple(args)
    for arg in args:
        if arg.op.name == "to_float":
            arg = arg.args[0]
        if arg.op is sign:
            return (arg.args[0], arg.graph.constant(0))
        if arg.op is arithmetic.subtract and _are_sides(*arg.args):
            return arg.args[0].args
    return tuple(args)


def _are_sides(above: Node, below: Node) -> bool:
    """Whether two truths tell of the same values on which side of each other they are."""
    orders = (arithmetic.greater, arithmetic.less)
    if {above.op, below.op} == set(orders):
        return above.args == below.args
    return above.op is below.op and above.op in orders and above.args == below.args[::-1]


def is_cut_off(args: Sequence[Node]) -> bool:
    """Whether values are equal over a region: ``max(x, 0.0) == 0.0``."""
    for one, other in (args[:2], args[1::-1]):
        if not is_constant(one) or other.op not in (*EXTREMES, clip):
            continue
        if any(is_constant(arg, constant_value(one)) for arg in other.args):
            return not any(zeros_of_length(arg) for arg in other.args if not is_constant(arg))
    return False


def asked(predicate: Node) -> Node:
    """What ``bool(x)`` asks for: x."""
    if isinstance(predicate.op, Verbatim) and predicate.params[0] == "bool(_0_)":
        return predicate.args[0]
    return predicate


def _told(predicate: Node, truth: bool) -> tuple[Node, ...]:
    """Values that a question tells to be equal which does not name both of them."""
    return (*spread_out(predicate, truth), *told_equal(predicate, truth))


def meets_point(predicate: Node, varied: Container[Node]) -> bool:
    """Whether a truth tells that something that varies equals another, at one point only."""
    sides: set[tuple[Node, ...]] = set()
    seen = {predicate}
    stack = [predicate]
    while stack:
        node = asked(stack.pop())
        if node in varied:
            return True
        if node.origin.derivative:
            continue
        compared: Sequence[Node] = tuple(
            each for truth in (True, False) for each in _told(node, truth)
        )
        following: Sequence[Node] = ()
        if compared:
            pass
        elif node.op is arithmetic.logical_not:
            following = node.args
        elif node.op in (arithmetic.equal, arithmetic.not_equal):
            compared = behind_signs(node.args)
        elif node.op in SIDES:
            less = node.op in (arithmetic.less, arithmetic.less_equal)
            pair = node.args if less else node.args[::-1]
            sides.add(pair)
            met = pair[::-1] in sides
            compared = pair if met else (*zeros_at_most(node, True), *zeros_at_most(node, False))
        elif node.op.name in ("bitwise_and", "bitwise_or", "logical_and", "logical_or"):
            following = node.args
        elif node.op is ITEM and node.args[0].params[-1:] in (("and",), ("or",)):
            following = (node.args[0].args[0], *item_sources(node))
        if any(arg in varied for arg in compared):
            return True
        stack += [each for each in following if each not in seen]
        seen.update(following)
    return False
