"""Source-to-source symbolic differentiation of ordinary Python functions.

>>> from chainrule import grad
>>> def f(x: float) -> float:
...     return x * x
"""

from chainrule.errors import (
    ArgumentError,
    ChainruleError,
    InternalError,
    NotDifferentiableError,
    SourceError,
    UnsupportedError,
)
from chainrule.markers import stop_gradient
from chainrule.transforms.define import define_derivative
from chainrule.transforms.public import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from chainrule.version import __version__

__all__ = [
    "ArgumentError",
    "ChainruleError",
    "InternalError",
    "NotDifferentiableError",
    "SourceError",
    "UnsupportedError",
    "__version__",
    "define_derivative",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]
