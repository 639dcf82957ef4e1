"""Python's own ``max(a, b)`` and ``min(a, b)``: the branch that Python takes.

``max`` keeps its first argument unless a later one is greater, so at a tie the derivative is
that of the first.  NumPy's ``maximum`` splits ties evenly and stands in ``elementary``.
"""

from __future__ import annotations

from typing import Any

from chainrule.primitives import bounds
from chainrule.primitives.arithmetic import greater, less
from chainrule.primitives.control import choose
from chainrule.primitives.declare import REAL, Cost, arithmetic_type, elementwise, is_constant


@elementwise(
    "builtins.max",
    name="python_max",
    domain=(REAL, REAL),
    cost=Cost.ADD,
    sympy="Max(x, y)",
    raises=False,
    result=arithmetic_type,
    evaluate=max,
    bounds=bounds.later_larger,
)
def python_max(x: Any, y: Any, out: Any) -> Any:
    """The greater of two numbers, the first of equal ones."""
    later = less(x, y) if is_constant(y) else greater(y, x)
    return choose(later, lambda: 0.0, lambda: 1.0), choose(later, lambda: 1.0, lambda: 0.0)


@elementwise(
    "builtins.min",
    name="python_min",
    domain=(REAL, REAL),
    cost=Cost.ADD,
    sympy="Min(x, y)",
    raises=False,
    result=arithmetic_type,
    evaluate=min,
    bounds=bounds.later_smaller,
)
def python_min(x: Any, y: Any, out: Any) -> Any:
    """The smaller of two numbers, the first of equal ones."""
    later = greater(x, y) if is_constant(y) else less(y, x)
    return choose(later, lambda: 0.0, lambda: 1.0), choose(later, lambda: 1.0, lambda: 0.0)


python_max.chooses = python_min.chooses = True
