"""How arrays lie in memory, as far as it is known: it decides which reshapes are views.

NumPy's ``reshape`` and ``ravel`` look into the memory of their argument where they can, and copy
where they cannot.  Where that is not known the result may only be read while the argument is not
written to, and written to while nothing else looks at the argument.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from chainrule.graph.block import CONSTANT
from chainrule.graph.guard import Route
from chainrule.graph.node import Node
from chainrule.graph.types import Type, unit_axes_of
from chainrule.lift.values import UNKNOWN, Layout, Step
from chainrule.primitives import sequence
from chainrule.primitives.arrays import creation, indexing, linear_algebra, reductions, shaping
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.declare import Primitive
from chainrule.primitives.updates import UPDATES


class Sharing(Enum):
    """Whether an operation's result looks into the memory of its argument."""

    VIEW = "view"
    COPY = "copy"
    UNKNOWN = "unknown"


def both_where_flat(layout: Layout, type: Type) -> Layout:
    """An array with no more than one long axis that lies in one order lies in both."""
    long = sum(not unit for unit in unit_axes_of(type))
    return Layout("CF", layout.assumed) if layout.orders and long <= 1 else layout


def given_layout(value: Any, route: Route | None) -> Layout:
    """The layout of an array of the caller that is at hand."""
    flags = getattr(value, "flags", None)
    orders = ""
    for order in "CF":
        if getattr(flags, f"{order.lower()}_contiguous", False) is True:
            orders += order
    if not orders or route is None:
        return Layout(orders)
    return Layout(orders, (route.attribute(f"flags.{orders[0].lower()}_contiguous"),))


# --- views ---------------------------------------------------------------------------------------


def sharing(step: Step, before: Type, layout: Layout) -> Sharing:
    """Whether what ``step`` gives of an array looks into its memory."""
    if step.op is shaping.reshape:
        if len(unit_axes_of(before)) <= 1:
            return Sharing.VIEW
    elif step.op is not shaping.ravel:
        return Sharing.VIEW
    wanted = _order(step, layout)
    if wanted in layout.orders:
        return Sharing.VIEW if layout.orders else Sharing.UNKNOWN
    flat = step.op is shaping.ravel or len(step.args) == 1
    return Sharing.COPY if layout.orders and flat else Sharing.UNKNOWN


def _order(step: Step, layout: Layout) -> str:
    """The order in which a reshape reads."""
    order = str(step.params[0])
    return order if order in ("C", "F") else layout.orders[:1]


def seen_layout(step: Step, before: Type, layout: Layout, after: Type) -> Layout:
    """The layout of a view of an array with ``layout``."""
    return both_where_flat(Layout(_seen_orders(step, before, layout), layout.assumed), after)


def _seen_orders(step: Step, before: Type, layout: Layout) -> str:
    op, orders = step.op, layout.orders
    if op in (shaping.reshape, shaping.ravel):
        wanted = _order(step, layout)
        return wanted if wanted in orders else ""
    if op in (shaping.squeeze, shaping.expand_dims):
        return orders
    if op is shaping.transpose and step.params[0] is None:
        return orders.translate({ord("C"): "F", ord("F"): "C"})
    if op is shaping.swapaxes and len(unit_axes_of(before)) == 2:
        return orders.translate({ord("C"): "F", ord("F"): "C"})
    if op is sequence.index:
        return "C" if "C" in orders else ""
    if op is indexing.section:
        return _section_orders(str(step.params[0]), step.args, orders)
    return ""


def _section_orders(pattern: str, args: tuple[Node, ...], orders: str) -> str:
    """Those of ``a[i, j:k]`` and the like: whole entries of the first axes lie in one piece."""
    parts = [(letter, nodes) for letter, nodes in indexing.parts_of(pattern, args) if letter != "n"]
    if all(_is_full(letter, nodes) for letter, nodes in parts):
        return orders
    while parts and parts[0][0] == "i":
        parts.pop(0)
    if parts and parts[0][0] == "s" and _is_constant(parts[0][1][2], (None, 1)):
        parts.pop(0)
    whole = all(_is_full(letter, nodes) for letter, nodes in parts)
    return "C" if "C" in orders and whole else ""


def _is_full(letter: str, nodes: Any) -> bool:
    if letter == "e":
        return True
    bounds = letter == "s" and all(_is_constant(bound, (None,)) for bound in nodes[:2])
    return bounds and _is_constant(nodes[2], (None, 1))


def _is_constant(node: Node, values: tuple[Any, ...]) -> bool:
    return node.op is CONSTANT and node.params[0] in values


# --- new arrays ----------------------------------------------------------------------------------

IN_C_ORDER = (creation.zeros, creation.ones, creation.empty, creation.full, creation.eye,
              creation.literal, linear_algebra.matmul, linear_algebra.dot, linear_algebra.outer,
              shaping.flatten)  # fmt: skip
# As their arguments, where these agree.
LIKE_ARGUMENTS = (creation.zeros_like, creation.ones_like, creation.empty_like,
                  creation.full_like, creation.astype, shaping.concatenate, shaping.stack,
                  reductions.array_sum, reductions.mean, reductions.cumsum,
                  sequence.index_set, sequence.index_add, indexing.section_set,
                  indexing.section_add)  # fmt: skip
# Of arrays in another order than C they may give any.
ALONG_AXES = (shaping.concatenate, shaping.stack, reductions.array_sum, reductions.mean,
              reductions.cumsum)  # fmt: skip
# Only the first of their arguments counts.
LIKE_FIRST = (creation.zeros_like, creation.ones_like, creation.empty_like,
              creation.full_like, sequence.index_set, sequence.index_add, indexing.section_set,
              indexing.section_add)  # fmt: skip


# Entry by entry, but what they are given may be what they give.
PASSED_ON = ("stopped", "real_part", "imaginary_part", "python_max", "python_min")


def is_new(node: Node) -> bool:
    """Whether an array is certainly in memory of its own, which may be written to."""
    while node.op in UPDATES:
        node = node.args[0]
    op = node.op
    if not isinstance(op, Primitive) or not unit_axes_of(node.type):
        return False
    made = op in IN_C_ORDER or op in LIKE_ARGUMENTS or op is creation.array_copy
    return made or (op.broadcasts and op.name not in PASSED_ON)


def made_layout(node: Node, known: Mapping[Node, Layout]) -> Layout:
    """The layout of a new array, from what is known of those that it is made of."""
    found = known.get(node)
    if found is not None:
        return found
    op = node.op
    if not isinstance(op, Primitive):
        return UNKNOWN
    viewing = isinstance(op, ArrayCall) and op.name in VIEWING_NAMES
    if len(unit_axes_of(node.type)) <= 1:
        return UNKNOWN if viewing or op in (sequence.index, indexing.section) else Layout("CF")
    if op in IN_C_ORDER or (op is creation.array_copy and node.params[-1] == "method"):
        return both_where_flat(Layout("C"), node.type)
    if op.broadcasts or op is creation.array_copy or op in LIKE_ARGUMENTS:
        args = node.args[:1] if op in LIKE_FIRST else node.args
        layouts = [made_layout(arg, known) for arg in map(_source, args) if _counts(arg)]
        return both_where_flat(_common(layouts, "C" if op in ALONG_AXES else "CF"), node.type)
    return UNKNOWN


def _source(arg: Node) -> Node:
    """What is repeated, of an argument that is repeated along axes."""
    while arg.op is shaping.broadcast_to:
        arg = arg.args[0]
    return arg


def _counts(arg: Node) -> bool:
    """Whether an argument's layout has a say in that of the result: it has several long axes."""
    return unit_axes_of(arg.type).count(False) > 1


def _common(layouts: list[Layout], known: str) -> Layout:
    orders = "".join(order for order in known if all(order in each.orders for each in layouts))
    if not layouts:
        return Layout("C")
    assumed = {route: None for each in layouts for route in each.assumed}
    return Layout(orders, tuple(assumed))


VIEWING_NAMES = ("transpose", "swapaxes", "reshape", "reshaped", "ravel", "squeeze", "expand_dims",
                 "moveaxis", "broadcast_to", "flip", "diag", "diagonal")  # fmt: skip
