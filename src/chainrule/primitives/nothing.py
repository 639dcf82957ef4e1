"""Products of derivative code that are nothing where their factor is, differentiated again.

The slope of a root is infinite at 0, and no adjoint times it is no adjoint::

    np.where(y_bar == 0.0, 0.0, y_bar / sqrt_x)

This is the quotient itself wherever that is a number, also where the adjoint is 0 at that point
alone, and so it is differentiated: what is hidden is what is no number.
"""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.primitives.arithmetic import divide, multiply, negative
from chainrule.primitives.declare import TABLE, is_constant
from chainrule.primitives.masking import chosen, hides_nothing, masked


def is_nothing_guarded(choice: Any) -> bool:
    """Whether an array is a product, and 0 where one of its factors is."""
    return (
        isinstance(choice, Node)
        and masked(choice)
        and hides_nothing(choice)
        and _has_factor(choice.args[2], choice.args[0].args[0])
    )


def _has_factor(product: Node, factor: Node) -> bool:
    """Whether a product of derivative code, in part behind masks, is 0 where ``factor`` is."""
    stack = [product]
    while stack:
        node = stack.pop()
        if node is factor:
            return True
        if node.op in (multiply, negative):
            stack += node.args
        elif node.op is divide:
            stack.append(node.args[0])
        elif masked(node):
            stack.append(node.args[1 if is_constant(node.args[2], 0) else 2])
    return False


def shown(choice: Node, nothing: Any, change: Any) -> Any:
    """The change of the product of such an array, unseen where a factor times inf is no number."""
    hidden = TABLE["bitwise_and"].build(nothing, TABLE["isnan"].build(choice.args[2]))
    return chosen(hidden, 0.0, change, choice)
