"""Functions of :mod:`cmath`: what they give is a complex number, of a real argument as well.

The slopes of inverses are written by the result, so that on a cut they are those of the side that
the function itself has taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of
from chainrule.primitives.arithmetic import equal
from chainrule.primitives.control import choose
from chainrule.primitives.declare import Elementwise
from chainrule.primitives.elementary import LOG10_E

# By name: they stand beside the table, whose functions take real numbers.
COMPLEX_FUNCTIONS: dict[str, Elementwise] = {}


class Analytic(Elementwise):
    """A function of one complex number, declared by its derivative."""

    takes_complex = True

    def infer(self, args: tuple[Node, ...], params: tuple[Any, ...]) -> Type:
        return array_of("complex128", ())


def analytic(derivative: Callable[..., Any]) -> Analytic:
    """Declare the function of :mod:`cmath` that is called as the derivative is."""
    name = derivative.__name__
    found = Analytic(f"complex_{name}", (f"cmath.{name}",), doc=derivative.__doc__ or "")
    found.partials = derivative
    COMPLEX_FUNCTIONS[name] = found
    return found


def _reciprocal(slope: Any) -> Any:
    """One over the slope of the inverse, infinite where that is 0."""
    return choose(equal(slope, 0.0), lambda: math.inf, lambda: 1.0 / slope)


@analytic
def exp(x: Any, out: Any) -> Any:
    """Exponential."""
    return out


@analytic
def log(x: Any, out: Any) -> Any:
    """Natural logarithm."""
    return 1.0 / x


@analytic
def log10(x: Any, out: Any) -> Any:
    """Logarithm to the base 10."""
    return LOG10_E / x


@analytic
def sqrt(x: Any, out: Any) -> Any:
    """Square root."""
    return choose(equal(out, 0.0), lambda: math.inf, lambda: 0.5 / out)


@analytic
def sin(x: Any, out: Any) -> Any:
    """Sine."""
    return cos(x)


@analytic
def cos(x: Any, out: Any) -> Any:
    """Cosine."""
    return -sin(x)


@analytic
def tan(x: Any, out: Any) -> Any:
    """Tangent."""
    return 1.0 + out * out


@analytic
def sinh(x: Any, out: Any) -> Any:
    """Hyperbolic sine."""
    return cosh(x)


@analytic
def cosh(x: Any, out: Any) -> Any:
    """Hyperbolic cosine."""
    return sinh(x)


@analytic
def tanh(x: Any, out: Any) -> Any:
    """Hyperbolic tangent."""
    return (1.0 - out) * (1.0 + out)


@analytic
def asin(x: Any, out: Any) -> Any:
    """Arc sine."""
    return _reciprocal(cos(out))


@analytic
def acos(x: Any, out: Any) -> Any:
    """Arc cosine."""
    return _reciprocal(-sin(out))


@analytic
def atan(x: Any, out: Any) -> Any:
    """Arc tangent."""
    return 1.0 / (1.0 + x * x)


@analytic
def asinh(x: Any, out: Any) -> Any:
    """Inverse hyperbolic sine."""
    return _reciprocal(cosh(out))


@analytic
def acosh(x: Any, out: Any) -> Any:
    """Inverse hyperbolic cosine."""
    return _reciprocal(sinh(out))


@analytic
def atanh(x: Any, out: Any) -> Any:
    """Inverse hyperbolic tangent."""
    return 1.0 / ((1.0 - x) * (1.0 + x))
