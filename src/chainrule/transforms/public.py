"""What users call: one function for each transform.

Each is a decorator too: ``@grad``, ``@grad(wrt=("S", "sigma"))``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from chainrule.errors import ChainruleError, leave
from chainrule.transforms.protocols import OfOneNumber, Seeded, WithValue, Wrt

Function = Callable[..., Any]


@functools.cache
def _engine() -> Callable[..., Any]:
    """The engine, which takes longer to load than bare Python: not before it is used."""
    from chainrule.graph.large import held_for_good, large_programs

    with large_programs():
        from chainrule.transforms.specialise import derivative

        held_for_good()
    return derivative


def _transform(name: str, summary: str, details: str, example: str) -> Any:
    """The public function of one transform."""

    def transform(
        function: Function | None = None,
        wrt: Wrt = 0,
        *,
        mode: str = "auto",
        target: str = "math",
        name: str | None = None,
    ) -> Any:
        derivative = _engine()
        if function is None:
            return functools.partial(transform, wrt=wrt, mode=mode, target=target, name=name)
        try:
            return derivative(function, public, wrt, mode, name, target)
        except ChainruleError as refusal:
            leave(refusal)
            raise

    public = name
    transform.__name__ = transform.__qualname__ = name
    transform.__doc__ = f"""{summary}

    Parameters
    ----------
    function:
        A plain Python function; left out when used as ``@{name}(wrt=...)``.
    wrt:
        Parameters to differentiate by: a name, a position, or a tuple or list of these.
    mode:
        ``"auto"`` takes the cheaper of ``"forward"`` and ``"reverse"``.
    target:
        ``"math"`` (plain Python) or ``"numba"``.
    name:
        Name of the generated function.

    Returns
    -------
    A function with ``function``'s parameters and the attribute ``source``.  {details}

    Raises
    ------
    ChainruleError
        When ``function`` cannot be understood or differentiated; says where and why.

    Examples
    --------
    >>> from chainrule import {name}
    {example}
    """
    return transform


grad: OfOneNumber = _transform(
    "grad",
    "Gradient of a function that returns one number.",
    "It returns the gradient, laid out as the parameter; a tuple of gradients for a tuple ``wrt``.",
    ">>> grad(lambda x: x**3)(2.0)\n    12.0",
)
value_and_grad: WithValue = _transform(
    "value_and_grad",
    "Value and gradient of a function that returns one number.",
    "It returns ``(value, gradient)``; the value is exactly the function's own.",
    ">>> value_and_grad(lambda x: x**3)(2.0)\n    (8.0, 12.0)",
)
jacobian: OfOneNumber = _transform(
    "jacobian",
    "Jacobian of a function that returns numbers in any layout.",
    "It returns the result's layout with each number replaced by its gradient.",
    ">>> jacobian(lambda x, y: (x * y, x + y), (0, 1))(2.0, 3.0)\n    ((3.0, 2.0), (1.0, 1.0))",
)
hessian: OfOneNumber = _transform(
    "hessian",
    "Second derivatives of a function that returns one number.",
    "It returns the gradient's layout with each number replaced by its gradient.",
    ">>> hessian(lambda x: x**3)(2.0)\n    12.0",
)
jvp: Seeded = _transform(
    "jvp",
    "Value and directional derivative (forward mode).",
    "It takes the direction in further parameters ``x_dot`` and returns ``(value, tangent)``.",
    ">>> jvp(lambda x: x**3)(2.0, 10.0)\n    (8.0, 120.0)",
)
vjp: Seeded = _transform(
    "vjp",
    "Value and adjoint (reverse mode).",
    "It takes the adjoint ``out_bar``, laid out as the result, and returns ``(value, gradient)``.",
    ">>> vjp(lambda x: x**3)(2.0, 10.0)\n    (8.0, 120.0)",
)
hvp: Seeded = _transform(
    "hvp",
    "Gradient and Hessian-vector product of a function that returns one number.",
    "It takes the direction in further parameters ``x_dot`` and returns ``(gradient, product)``.",
    ">>> hvp(lambda x: x**3)(2.0, 10.0)\n    (12.0, 120.0)",
)
