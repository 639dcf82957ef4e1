"""A user's function computed with 50 digits: its code over mpmath's numbers.

Only the names that a function reads are exchanged: ``math`` and its functions, and the user's
own helpers.  What cannot be computed so (``float(x)``, a local import, compiled code) either
raises or loses its digits; :func:`chainrule.report.difference.precise_difference` notices both.
"""

from __future__ import annotations

import builtins
import inspect
import math
import types
from collections.abc import Callable, Iterator
from typing import Any

DIGITS = 50
REAL_FUNCTIONS = (
    *("acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "cos", "cosh"),
    *("degrees", "erf", "erfc", "exp", "expm1", "fabs", "floor", "gamma", "hypot", "isfinite"),
    *("isinf", "isnan", "log10", "log1p", "radians", "sin", "sinh", "sqrt", "tan", "tanh"),
)
NUMERIC_MODULES = ("math", "numpy", "scipy.special")


def precise_context() -> Any | None:
    """An arithmetic of 50 digits, None where mpmath is not installed."""
    try:
        import mpmath
    except ImportError:
        return None
    context = mpmath.mp.clone()
    context.dps = DIGITS
    return context


def with_precision(function: Callable[..., Any], context: Any) -> Callable[..., Any] | None:
    """The same function over numbers of ``context``; None when it has no Python code."""
    return Exchange(context).callable(function)


class Exchange:
    """Replaces a function's globals, closure and helpers, each once."""

    def __init__(self, context: Any) -> None:
        self.math = PreciseMath(context)
        self.done: dict[types.FunctionType, types.FunctionType] = {}

    def callable(self, function: Callable[..., Any]) -> Callable[..., Any] | None:
        """The replacement of a function or a bound method."""
        function = inspect.unwrap(function)
        if isinstance(function, types.MethodType) and isinstance(
            function.__func__, types.FunctionType
        ):
            return types.MethodType(self.function(function.__func__), function.__self__)
        return self.function(function) if isinstance(function, types.FunctionType) else None

    def function(self, function: types.FunctionType) -> types.FunctionType:
        """The same code with other globals and another closure."""
        if function in self.done:
            return self.done[function]
        namespace = {"__builtins__": builtins, "__name__": function.__module__}
        cells = tuple(types.CellType() for _ in function.__closure__ or ())
        copy = types.FunctionType(
            function.__code__, namespace, function.__name__, function.__defaults__, cells or None
        )
        copy.__kwdefaults__ = function.__kwdefaults__
        self.done[function] = copy
        for name in sorted(set(names_read(function.__code__))):
            if name in function.__globals__:
                namespace[name] = self.value(function.__globals__[name])
        for cell, original in zip(cells, function.__closure__ or (), strict=True):
            cell.cell_contents = self.value(original.cell_contents)
        return copy

    def value(self, value: Any) -> Any:
        """The replacement of a value that the function reads."""
        if isinstance(value, types.ModuleType) and value.__name__ in NUMERIC_MODULES:
            return self.math
        if isinstance(value, types.ModuleType):
            return PreciseModule(self, value)
        if isinstance(value, types.FunctionType):
            return self.function(value)
        if getattr(value, "__module__", None) == "math" and hasattr(value, "__name__"):
            return getattr(self.math, value.__name__, value)
        return value


def names_read(code: types.CodeType) -> Iterator[str]:
    """Global names of a code object and of the functions inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from names_read(constant)


class PreciseModule:
    """A module of the user's whose functions are exchanged when they are looked up."""

    def __init__(self, exchange: Exchange, module: types.ModuleType) -> None:
        self._exchange, self._module = exchange, module

    def __getattr__(self, name: str) -> Any:
        return self._exchange.value(getattr(self._module, name))


class PreciseMath:
    """``math`` over numbers of 50 digits; the constants stay the doubles that they are."""

    pi, e, tau, inf, nan = math.pi, math.e, math.tau, math.inf, math.nan
    isclose = staticmethod(math.isclose)

    def __init__(self, context: Any) -> None:
        self.context = context
        for name in REAL_FUNCTIONS:
            setattr(self, name, self.real(getattr(context, name)))
        for new, old in {"arccos": "acos", "arcsin": "asin", "arctan": "atan"}.items():
            setattr(self, new, getattr(self, old))
        self.arctan2, self.absolute, self.fsum = self.atan2, abs, sum  # type: ignore[attr-defined]

    def real(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function``, but a complex result is the domain error that math would raise."""

        def checked(*args: Any) -> Any:
            result = function(*map(self.context.convert, args))
            if isinstance(result, self.context.mpc):
                raise ValueError("math domain error")
            return result

        return checked

    def log(self, x: Any, base: Any = None) -> Any:
        """Logarithm, natural unless a base is given."""
        logarithm = self.real(self.context.ln)
        return logarithm(x) if base is None else logarithm(x) / logarithm(base)

    def log2(self, x: Any) -> Any:
        """Logarithm to base 2."""
        return self.log(x, 2)

    def exp2(self, x: Any) -> Any:
        """Two to the power x."""
        return self.context.mpf(2) ** x

    def pow(self, x: Any, y: Any) -> Any:
        """Power."""
        return self.real(self.context.power)(x, y)

    def lgamma(self, x: Any) -> Any:
        """Logarithm of the magnitude of the gamma function."""
        return self.context.ln(abs(self.context.gamma(x)))

    def trunc(self, x: Any) -> Any:
        """The integer next to x towards zero."""
        return int(x)

    def fmod(self, x: Any, y: Any) -> Any:
        """Remainder with the sign of x."""
        return x - y * int(self.context.mpf(x) / y)

    def copysign(self, x: Any, y: Any) -> Any:
        """Magnitude of x with the sign of y."""
        return abs(x) if math.copysign(1.0, float(y)) > 0 else -abs(x)

    def prod(self, values: Any, start: Any = 1) -> Any:
        """Product of the values."""
        for value in values:
            start = start * value
        return start
