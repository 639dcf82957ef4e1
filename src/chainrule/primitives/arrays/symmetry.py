"""Matrices that are symmetric by the way in which they are computed.

Covariance matrices are functions of the differences of all pairs of points.  What is symmetric for
all arguments changes by symmetric matrices only, so its adjoint may be any matrix with the right
symmetric part: that of a Cholesky factor needs no triangle then.
"""

from __future__ import annotations

from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.graph.types import unit_axes_of
from chainrule.primitives.arrays.call import axes_of
from chainrule.primitives.arrays.indexing import is_whole, new_axes
from chainrule.primitives.declare import Primitive

# Their values at x and -x are the same, or opposite.
EVEN = ("square", "absolute", "cos", "cosh")
ODD = ("negative", "sin", "tan", "sinh", "tanh", "atan", "asinh", "cbrt", "sign", "erf")
DEEPEST = 30


def is_symmetric(matrix: Node) -> bool:
    """Whether a matrix is its own transpose, whatever the arguments."""
    return len(unit_axes_of(matrix.type)) == 2 and _parity(matrix, 2, DEEPEST) == 1


def _parity(node: Node, rank: int, depth: int) -> int | None:
    """1 or -1 where exchanging the first two of ``rank`` axes gives the same or the opposite."""
    op, args = node.op, node.args
    own = len(unit_axes_of(node.type))
    if own == 0 or own <= rank - 2:
        return 1
    if own != rank or depth == 0 or not isinstance(op, Primitive):
        return None
    if op.name == "eye":
        return 1 if len(set(args)) == 1 and op.statics(node.params).get("k") in (0, None) else None  # type: ignore[attr-defined]
    if op.name == "diag":
        return 1 if len(unit_axes_of(args[0].type)) == 1 and node.params[0] == 0 else None
    if op.name == "outer" or (op.name == "matmul" and rank == 2):
        other = args[1]
        if op.name == "outer":
            return 1 if args[0] is other else None
        across = other.op.name == "transpose" and other.params[0] is None
        turned = args[0].op.name == "transpose" and args[0].params[0] is None
        return (
            1
            if (across and other.args[0] is args[0]) or (turned and args[0].args[0] is other)
            else None
        )
    if op.name == "array_sum" and rank == 2:
        axis, keepdims = node.params[0], node.params[1]
        inner = len(unit_axes_of(args[0].type))
        if keepdims or inner < 3 or min(axes_of(axis, inner), default=0) < 2:
            return None
        return _parity(args[0], inner, depth - 1)
    if not op.broadcasts:
        return None
    return _elementwise(node, op, rank, depth)


def _elementwise(node: Node, op: Primitive, rank: int, depth: int) -> int | None:
    args = node.args
    if op.name in ("add", "subtract", "multiply") and _are_swapped(args[0], args[1], rank):
        return -1 if op.name == "subtract" else 1
    found = [_parity(arg, rank, depth - 1) for arg in args]
    if None in found:
        return None
    if all(each == 1 for each in found):
        return 1
    if op.name in ("multiply", "divide"):
        return int(str(found[0])) * int(str(found[1]))
    if op.name in ("add", "subtract"):
        return -1 if found == [-1, -1] else None
    if op.name == "power":
        exponent = args[1]
        number = exponent.params[0] if exponent.op is CONSTANT else None
        return 1 if isinstance(number, (int, float)) and number % 2 == 0 else None
    return 1 if op.name in EVEN else -1 if op.name in ODD else None


def _are_swapped(left: Node, right: Node, rank: int) -> bool:
    """Whether the operands are ``x[:, None]`` and ``x[None, :]``, or ``x`` for the latter."""
    for one, other in ((left, right), (right, left)):
        if _widened_at(one) != 1 or len(unit_axes_of(one.type)) != rank:
            continue
        if other is one.args[0] or (_widened_at(other) == 0 and other.args[0] is one.args[0]):
            return True
    return False


def _widened_at(node: Node) -> int | None:
    """Where an array has got its one new axis."""
    rank = len(unit_axes_of(node.type))
    if node.op.name == "expand_dims":
        axes = axes_of(node.params[0], rank)
        return axes[0] if len(axes) == 1 else None
    if node.op.name == "section" and not set(str(node.params[0])) - set("nse"):
        kept = new_axes(node) if is_whole(node) else ()
        return kept[0] % rank if len(kept) == 1 else None
    return None
