"""One mask in the place of two, of which the second hides some of what the first has shown.

Entries that are in the memory of another shape in between are hidden there::

    bar = np.where(taken, part, 0.0).reshape(x.shape)
    np.where(x >= 0.0, bar, 0.0)

    np.where(taken & (x >= 0.0).reshape(taken.shape), part, 0.0).reshape(x.shape)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chainrule.graph.node import Node
from chainrule.graph.types import dtype_of, unit_axes_of
from chainrule.primitives.arithmetic import multiply
from chainrule.primitives.arrays.masks import bitwise_and
from chainrule.primitives.arrays.shaping import reshape, reshaped
from chainrule.primitives.choices import where
from chainrule.primitives.declare import TABLE, is_constant
from chainrule.primitives.masking import masked


def masks_met(step: Node, uses: Mapping[Node, int], mapped: Callable[[Node], Node]) -> Node | None:
    """What a mask lets through of what another has shown, by one mask; None of anything else."""
    if not masked(step) or not is_constant(step.args[2], 0):
        return None
    mask, then, _ = step.args
    halved = _scaled_in_part(then, uses)
    inner = then if halved is None else halved
    count = 1 if halved is None else 2
    shaped = inner if inner.op in (reshape, reshaped) and inner.origin.derivative else None
    if shaped is not None:
        if uses.get(shaped) != count:
            return None
        inner, count = shaped.args[0], 1
    first = _mask_of(inner)
    if first is None or uses.get(inner) != count or not _whole(mask, step):
        return None
    taken, hides = mapped(first), mapped(mask)
    if shaped is not None:
        hides = reshaped(hides, taken, order=shaped.params[0])
    rest = [bitwise_and.build(taken, hides) if arg is first else mapped(arg) for arg in inner.args]
    found: Node = TABLE[inner.op.name].build(*rest)
    if shaped is not None:
        args = (found, *map(mapped, shaped.args[1:]))
        found = found.graph.cursor.add(shaped.op, args, shaped.params, shaped.type)
        if (name := shaped.graph.names.get(shaped)) is not None:
            found.graph.names.setdefault(found, name)
    if halved is not None:
        factor = next(arg for arg in then.args[1].args if arg is not halved)
        scaled = multiply.build(mapped(factor), found)
        found = where.build(mapped(then.args[0]), scaled, found)
    return found


def _mask_of(node: Node) -> Node | None:
    """The mask that lets through what ``node`` is made of, or that it is multiplied by."""
    if not node.origin.derivative:
        return None
    if masked(node) and is_constant(node.args[2], 0):
        mask = node.args[0]
    elif node.op is multiply and node.args[0] is not node.args[1]:
        mask = next((arg for arg in node.args if dtype_of(arg.type) == "bool"), node)
    else:
        return None
    return mask if dtype_of(mask.type) == "bool" and _whole(mask, node) else None


def _scaled_in_part(node: Node, uses: Mapping[Node, int]) -> Node | None:
    """``x`` of ``where(mask, 0.5 * x, x)``."""
    if node.op is not where or not node.origin.derivative or uses.get(node) != 1:
        return None
    _, scaled, x = node.args
    known = scaled.op is multiply and x in scaled.args and uses.get(scaled) == 1
    return x if known and any(map(is_constant, scaled.args)) else None


def _whole(mask: Node, array: Node) -> bool:
    """Whether a mask has an entry for each of an array, as far as is known."""
    axes = unit_axes_of(array.type)
    return bool(axes) and unit_axes_of(mask.type) == axes and not any(axes)
