"""Derivatives by independent numerical means, with a verdict that may be "undecided".

Nothing here knows chainrule.  Three witnesses are heard, each with an estimate of its own
error:

- *differences*: central differences over a ladder of steps, extrapolated (Richardson);
  neighbours in the table must agree with each other, and so must the slopes from the left
  and from the right;
- *precision*: the function's own byte code run again with 50-digit numbers in place of
  floats and mpmath's functions in place of :mod:`math`'s, then differenced;
- *complex step*: where the function takes complex numbers; it is never heard alone, since
  ``abs`` and comparisons of magnitudes are not analytic.

Witnesses who are sure must agree; the one with the smallest error then speaks.  Where none
is sure (a kink, an edge of the domain, noise) the verdict is undecided, which is neither a
pass nor a failure.
"""

from __future__ import annotations

import builtins
import copy
import dataclasses
import functools
import inspect
import itertools
import math
import re
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

Path = tuple[Any, ...]
"""Where a number sits in an argument: indices, keys and attribute names from outside in."""

EPSILON = 2.0**-52
RELATIVE = 1e-6
"""How far a derivative may be from the oracle's, relative to it, beyond the stated error."""

_FIRST_STEP = 4
_LAST_STEP = 34
_MIDDLE = 10
_LEVELS = 4
_STRAIGHT = 24
"""From this step on, a smooth f is a straight line but for its rounding."""
_DIGITS = 50
_ROUNDING = "f itself is lost in rounding"
_SHORT = "precision, at steps that doubles cannot take"
_SHORTEST = 2.0 ** (1 - _LAST_STEP)


class OracleError(ValueError):
    """The oracle was asked for what it cannot judge: no such number, or no scalar result."""


@dataclass(frozen=True)
class Verdict:
    """A derivative as measured.

    ``error`` estimates how far ``value`` may be off.  ``reason`` says which witness spoke,
    or why none could.
    """

    value: float
    error: float
    decided: bool
    reason: str


def undecided(reason: str) -> Verdict:
    """The verdict of an oracle that cannot tell."""
    return Verdict(math.nan, math.inf, False, reason)


def derivative(
    f: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    wrt: int | str = 0,
    path: Path = (),
) -> Verdict:
    """Derivative of the scalar ``f(*args, **kwargs)`` by one number in its arguments.

    ``wrt`` names the argument or counts its position; ``path`` leads to the number inside
    a list, tuple, dict or dataclass.
    """
    line = _Line(f, tuple(args), dict(kwargs or {}), wrt, path)
    try:
        centre = line(line.at)
    except Exception as error:
        return undecided(f"f raises {type(error).__name__} at the point itself")
    if math.isnan(centre):
        return _verdict_at_nan(line)
    if math.isinf(centre):
        return undecided("f is infinite at the point itself")
    return _hear(
        _differences(line, centre),
        _precision(line, centre),
        _complex_step(line),
        abs(centre) / line.scale,
    )


def gradient(
    f: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    wrt: int | str = 0,
) -> dict[Path, Verdict]:
    """A verdict for each number inside one argument, by its path."""
    kwargs = dict(kwargs or {})
    argument = _argument(f, tuple(args), kwargs, wrt)
    return {path: derivative(f, args, kwargs, wrt, path) for path in paths(argument)}


def agrees(verdict: Verdict, number: float, rtol: float = RELATIVE) -> bool:
    """Whether a derivative is the one measured, as closely as the oracle itself knows it.

    An undecided verdict agrees with nothing and disagrees with nothing: asking is an error.
    """
    if not verdict.decided:
        raise OracleError(f"the oracle is undecided: {verdict.reason}")
    if math.isnan(verdict.value) or math.isnan(number):
        return math.isnan(verdict.value) and math.isnan(number)
    return abs(number - verdict.value) <= 10.0 * verdict.error + rtol * abs(verdict.value)


def same_bits(left: Any, right: Any) -> bool:
    """Equality of values bit for bit: of type, of sign of zero, and NaN equal to NaN."""
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        return bool(left.dtype == right.dtype and left.tobytes() == right.tobytes())
    if isinstance(left, float):
        return repr(float(left)) == repr(float(right))
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same_bits, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and same_bits([*left.values()], [*right.values()])
    return bool(left == right)


def paths(argument: Any) -> Iterator[Path]:
    """The ways to all real numbers inside an argument, in order."""
    if isinstance(argument, bool) or argument is None:
        return
    if isinstance(argument, (int, float)):
        yield ()
    for key, part in _parts(argument):
        for rest in paths(part):
            yield (key, *rest)


def look_up(argument: Any, path: Path) -> Any:
    """The number at the end of a path."""
    for key in path:
        argument = dict(_parts(argument))[key]
    return argument


def _parts(container: Any) -> list[tuple[Any, Any]]:
    if isinstance(container, Mapping):
        return list(container.items())
    if isinstance(container, (list, tuple)):
        return list(enumerate(container))
    if isinstance(container, np.ndarray):
        return list(np.ndenumerate(container))
    if dataclasses.is_dataclass(container) and not isinstance(container, type):
        names = [field.name for field in dataclasses.fields(container)]
        return [(name, getattr(container, name)) for name in names]
    return []


def _replaced(container: Any, path: Path, number: Any) -> Any:
    """A copy of an argument with another number at the end of the path."""
    if not path:
        return number
    key, rest = path[0], path[1:]
    part = _replaced(dict(_parts(container))[key], rest, number)
    if isinstance(container, tuple):
        items = [*container[:key], part, *container[key + 1 :]]
        return type(container)(*items) if hasattr(container, "_fields") else tuple(items)
    if dataclasses.is_dataclass(container) and not isinstance(container, type):
        return dataclasses.replace(container, **{key: part})
    if isinstance(container, np.ndarray):
        container = _able_to_hold(container, part)
    changed = copy.copy(container)
    changed[key] = part
    return changed


def _able_to_hold(array: Any, number: Any) -> Any:
    """The array in a kind of numbers that this one fits in."""
    if isinstance(number, (float, complex)):
        return array.astype(np.result_type(array.dtype, type(number)))
    numbers = [type(number)(each) for each in array.ravel().tolist()]
    return np.array(numbers, dtype=object).reshape(array.shape)


def _argument(
    f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], wrt: int | str
) -> Any:
    if isinstance(wrt, int):
        return args[wrt]
    if wrt in kwargs:
        return kwargs[wrt]
    bound = inspect.signature(f).bind(*args, **kwargs)
    bound.apply_defaults()
    if wrt not in bound.arguments:
        raise OracleError(f"no argument called {wrt}")
    return bound.arguments[wrt]


# What a function cannot write to.
_PLAIN = (float, int, bool, str, bytes, type(None), types.FunctionType, types.BuiltinFunctionType)


class _Line:
    """``f`` along one number of its arguments, all others held."""

    def __init__(
        self,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        wrt: int | str,
        path: Path,
    ) -> None:
        self.f, self.args, self.kwargs, self.path = f, args, kwargs, path
        self.wrt = _position(f, args, kwargs, wrt)
        self.argument = _argument(f, args, kwargs, wrt)
        number = look_up(self.argument, path)
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise OracleError(f"{wrt} is no real number but {number!r}")
        self.at = float(number)
        self.plain = not path and all(type(each) in _PLAIN for each in (*args, *kwargs.values()))
        self.scale = abs(self.at) or 1.0

    def run(self, f: Callable[..., Any], number: Any) -> Any:
        """What ``f`` (or its copy) returns with another number in place."""
        # The function may write to its arguments: each run has its own.
        args, kwargs, changed = self.args, dict(self.kwargs), number
        if not self.plain:
            args, kwargs = copy.deepcopy((args, kwargs))
            changed = _replaced(copy.deepcopy(self.argument), self.path, number)
        if isinstance(self.wrt, int):
            args = (*args[: self.wrt], changed, *args[self.wrt + 1 :])
        else:
            kwargs[self.wrt] = changed
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return f(*args, **kwargs)

    def __call__(self, number: float) -> float:
        result = self.run(self.f, number)
        if isinstance(result, complex) or not hasattr(result, "__float__"):
            raise OracleError(f"the result is no real number but {type(result).__name__}")
        return float(result)

    def try_at(self, number: float) -> float:
        """``f`` there, or NaN where it raises."""
        try:
            return self(number)
        except Exception:
            return math.nan


def _position(
    f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], wrt: int | str
) -> int | str:
    """Where to put the number: a place among the positional arguments, or a keyword."""
    if isinstance(wrt, int) or wrt in kwargs:
        return wrt
    names = list(inspect.signature(f).parameters)
    place = names.index(wrt) if wrt in names else len(args)
    return place if place < len(args) else wrt


def _verdict_at_nan(line: _Line) -> Verdict:
    step = line.scale * 1e-6
    around = [line.try_at(line.at - step), line.try_at(line.at + step)]
    if all(map(math.isnan, around)):
        return Verdict(math.nan, 0.0, True, "f is nan all around")
    return undecided("f is nan at the point itself")


def _hear(
    differences: Verdict,
    precision: Verdict | None,
    complex_step: float | None,
    natural: float,
) -> Verdict:
    """What the witnesses say together; ``natural`` is the size of f over that of its argument."""
    if precision is not None and precision.reason == _ROUNDING:
        return precision
    witnesses = (precision, differences)
    if precision is not None and precision.reason == _SHORT:
        # Differences of doubles step over what oscillates this fast, and may settle on less.
        # What does not move at all at such steps may be computed in doubles inside.
        witnesses = (precision,) if precision.value != 0.0 else (differences,)
    sure = [each for each in witnesses if each is not None and each.decided]
    if not sure:
        return differences
    if not _together(sure):
        numbers = ", ".join(f"{each.reason} {each.value!r}" for each in sure)
        return undecided(f"the witnesses disagree: {numbers}")
    best = min(sure, key=lambda each: each.error)
    # What 50 digits say includes what doubles lose on the way; a complex step does not know.
    if complex_step is not None and best is not precision and agrees(best, complex_step):
        error = 16.0 * EPSILON * (abs(complex_step) + natural)
        if error < best.error:
            return Verdict(complex_step, error, True, "complex step")
    return best


def _together(sure: Sequence[Verdict]) -> bool:
    first = sure[0]
    allowed = 10.0 * max(each.error for each in sure) + 1e-5 * abs(first.value)
    return all(abs(each.value - first.value) <= allowed for each in sure)


# Differences


def _differences(line: _Line, centre: float) -> Verdict:
    """Central differences at steps ``scale * 2**-k``, extrapolated in the square of it."""
    steps, up, down = [], [], []
    for k in range(_FIRST_STEP, _LAST_STEP):
        above, below = line.at + line.scale * 2.0**-k, line.at - line.scale * 2.0**-k
        steps.append((above - below) / 2.0)
        up.append(line.try_at(above))
        down.append(line.try_at(below))
    if math.isnan(up[-1]) or math.isnan(down[-1]):
        return undecided("f is defined on one side only")
    # Rounding alone moves each value of f by about this much, or by more inside.
    shake = EPSILON * max(abs(centre), abs(up[-1]), abs(down[-1]))
    odd = [u - d for u, d in zip(up[_STRAIGHT:], down[_STRAIGHT:], strict=True)]
    shake = max(shake, *(abs(wide - 2.0 * half) / 4.0 for wide, half in itertools.pairwise(odd)))
    noise = [shake / step for step in steps]
    central = [(u - d) / (2.0 * h) for u, d, h in zip(up, down, steps, strict=True)]
    right = [(u - centre) / h for u, h in zip(up, steps, strict=True)]
    left = [(centre - d) / h for d, h in zip(down, steps, strict=True)]
    value, error = _best(central, noise, order=2)
    from_right, right_error = _best(right, noise, order=1)
    from_left, left_error = _best(left, noise, order=1)
    # At a zero or an extremum of f its own size says nothing, but its neighbours' does.
    around = max(abs(centre), abs(up[_MIDDLE] - centre), abs(down[_MIDDLE] - centre))
    natural = around / line.scale
    if not error <= max(1e-6 * abs(value), 1e-9 * natural):
        return undecided("the differences do not settle")
    if _settles_elsewhere(central, noise, value, error):
        return undecided("the differences settle twice")
    doubt = right_error + left_error
    if not doubt <= max(1e-2 * abs(value), 1e-6 * natural):
        return undecided("the one-sided differences do not settle")
    gap = abs(from_right - from_left)
    if gap > 20.0 * doubt + 1e-6 * max(abs(from_right), abs(from_left)):
        return undecided("the slopes from the left and from the right differ")
    # The gap between the sides of a smooth function shrinks with the step, that of a kink
    # stays, that of a jump grows.
    gaps = [abs(after - before) for after, before in zip(right, left, strict=True)]
    long, short = len(gaps) // 3, 2 * len(gaps) // 3
    if gaps[short] > 0.1 * gaps[long] + 1e3 * noise[short] + 1e-6 * abs(value):
        return undecided("the slopes from the left and from the right differ")
    return Verdict(value, error, True, "differences")


def _best(column: list[float], noise: list[float], order: int) -> tuple[float, float]:
    """The entry of the extrapolation table whose neighbours agree best, and how well.

    ``order`` is the first power of the step in the error, and the distance to the next.
    """
    best, best_error = math.nan, math.inf
    for level in range(_LEVELS):
        # Three in a row must agree: two may do so by luck among noise.
        for k in range(2, len(column)):
            spread = max(abs(column[k] - column[k - 1]), abs(column[k] - column[k - 2]))
            error = spread + 2.0 * noise[k + level]
            if error < best_error:
                best, best_error = column[k], error
        power = 2.0 ** (order * (level + 1))
        column = [
            (power * fine - coarse) / (power - 1.0) for coarse, fine in itertools.pairwise(column)
        ]
    return best, best_error


def _settles_elsewhere(
    central: list[float], noise: list[float], value: float, error: float
) -> bool:
    """Whether the differences settle on another slope at steps of their own.

    What oscillates fast has one slope over its waves and another within them.
    """
    for k in range(3, len(central)):
        four = central[k - 3 : k + 1]
        spread = max(four) - min(four)
        if abs(central[k] - value) > 10.0 * (spread + error + noise[k]):
            return True
    return False


# Complex step


def _complex_step(line: _Line) -> float | None:
    """Imaginary part over the step, or None where the function does not take complex."""
    step = 1e-30 * line.scale
    try:
        result = line.run(line.f, complex(line.at, step))
        number = complex(result)
    except Exception:
        return None
    value = number.imag / step
    return value if math.isfinite(value) else None


# Precision


def _precision(line: _Line, centre: float) -> Verdict | None:
    """Differences of the same code in 50 digits; None where it does not run in them."""
    high = _HighPrecision()
    at = high.number(line.at)
    try:
        again = high.function(line.f)
        middle = high.run(line, again, at)
        if abs(float(middle) - centre) > 1e-8 * abs(centre):
            return undecided(_ROUNDING) if abs(centre) > 1e-30 else None
        # What oscillates fast is smooth over a short step only.
        for step in (1e-8, 1e-10, 1e-12, 1e-14):
            verdict = _slope_in_digits(high, line, again, at, middle, step)
            if verdict.decided:
                break
    except Exception:
        return None
    inside = abs(float(middle) - centre) / line.scale
    if not verdict.decided or step >= _SHORTEST:
        return dataclasses.replace(verdict, error=verdict.error + inside)
    # How much rounding moves the slope varies as fast: the worst of some places nearby tells.
    inside += 4.0 * max(_bend(high, line, again, at, step, k) for k in range(1, 6))
    return dataclasses.replace(verdict, error=verdict.error + inside, reason=_SHORT)


def _bend(
    high: _HighPrecision, line: _Line, again: Callable[..., Any], at: Any, step: float, k: int
) -> float:
    """How far the slope is off where the argument is off by a rounding error, nearby."""
    place = at + high.number(0.37e-9 * k) * line.scale
    right, left = high.slopes(line, again, place, high.run(line, again, place), step)
    return EPSILON * float(abs(right - left)) / step


def _slope_in_digits(
    high: _HighPrecision, line: _Line, again: Callable[..., Any], at: Any, middle: Any, step: float
) -> Verdict:
    """The slope that a step and one shorter by 1e-10 agree on.

    The shorter one is invisible to anything that falls back to doubles inside: only what is
    truly computed in 50 digits agrees at both.
    """
    long_right, long_left = high.slopes(line, again, at, middle, step)
    right, left = high.slopes(line, again, at, middle, step * 1e-10)
    value = float(right + left) / 2.0
    natural = abs(float(middle)) / line.scale
    # The gap of the slopes of a smooth function shrinks with the step, that of a kink stays.
    gap, long_gap = float(abs(right - left)), float(abs(long_right - long_left))
    if gap > 1e-9 * float(abs(right) + abs(left)) + 1e-6 * long_gap + 1e-15 * natural:
        return undecided("the slopes from the left and from the right differ")
    drift = abs(float(long_right + long_left) / 2.0 - value)
    if drift > 1e-6 * (abs(value) + long_gap) + 1e-14 * natural:
        return undecided("50-digit differences do not settle")
    # What doubles may lose: by rounding of the result and of the argument.
    size = abs(value) + natural + long_gap / step
    return Verdict(value, 4.0 * EPSILON * size, True, "precision")


@functools.cache
def _context() -> Any:
    """Numbers of 50 digits; making them takes longer than most that is done with them."""
    # A context of one's own, so that its number type can be taught `//` and the like.
    context = mpmath.MPContext()
    context.dps = _DIGITS
    real = context.mpf
    real.__floordiv__ = lambda x, y: context.floor(x / y)
    real.__rfloordiv__ = lambda x, y: context.floor(y / x)
    real.__divmod__ = lambda x, y: (context.floor(x / y), x % y)
    real.__trunc__ = int
    real.__floor__ = lambda x: int(context.floor(x))
    real.__ceil__ = lambda x: int(context.ceil(x))
    real.is_integer = lambda x: x == context.floor(x)
    # NumPy's functions ask the entries of an array of objects for a method of that name.
    for name in ("exp", "expm1", "log", "log10", "log1p", "sqrt", "sin", "cos", "tan", "sinh",
                 "cosh", "tanh", "asin", "acos", "atan", "asinh", "acosh", "atanh", "floor",
                 "ceil"):  # fmt: skip
        known = getattr(context, name)
        numpys = re.sub("^a(?=sin|cos|tan)", "arc", name)
        setattr(real, numpys, lambda x, known=known: known(x))
    real.trunc = lambda x: context.mpf(int(x))
    real.rint = lambda x: context.nint(x)
    real.fmod = lambda x, y: x - y * context.mpf(int(x / y))
    return context


class _HighPrecision:
    """Copies of functions that compute in 50 digits.

    The byte code is the function's own; only the globals differ: ``math`` is mpmath,
    helpers are copies in turn, and ``float`` and ``isinstance`` take a long number for a
    float.
    """

    def __init__(self) -> None:
        self.context = _context()
        self.real = self.context.mpf
        self.copies: dict[int, Any] = {}
        self.alive: list[Any] = []
        self.math = self._mathematics()
        self.builtins = self._builtins()

    def number(self, value: float | str) -> Any:
        return self.context.mpf(value)

    def run(self, line: _Line, again: Callable[..., Any], at: Any) -> Any:
        result = line.run(again, at)
        return result if isinstance(result, self.real) else self.number(float(result))

    def slopes(
        self, line: _Line, again: Callable[..., Any], at: Any, middle: Any, relative: float
    ) -> tuple[Any, Any]:
        """The slopes to the right and to the left over one step."""
        step = self.number(relative) * line.scale
        above, below = self.run(line, again, at + step), self.run(line, again, at - step)
        return (above - middle) / step, (middle - below) / step

    def function(self, f: Any) -> Any:
        """The same function in 50 digits."""
        if isinstance(f, types.MethodType):
            return types.MethodType(self.function(f.__func__), self.instance(f.__self__))
        if not isinstance(f, types.FunctionType):
            raise OracleError(f"{f!r} is no plain function")
        if id(f) in self.copies:
            return self.copies[id(f)]
        names: dict[str, Any] = {"__builtins__": self.builtins, "__name__": f.__module__}
        for name in ("__package__", "__file__"):
            names[name] = f.__globals__.get(name)
        cells = tuple(types.CellType() for _ in f.__closure__ or ())
        again = types.FunctionType(f.__code__, names, f.__name__, f.__defaults__, cells)
        again.__kwdefaults__ = f.__kwdefaults__
        self.copies[id(f)] = again
        self.alive.append(f)
        for name in _names(f.__code__):
            if name in f.__globals__:
                names[name] = self.value(f.__globals__[name])
        for new, old in zip(cells, f.__closure__ or (), strict=True):
            new.cell_contents = self.value(old.cell_contents)
        return again

    def instance(self, owner: Any) -> Any:
        """A copy of an object whose methods, and those of its attributes, take 50 digits."""
        kind = type(owner)
        if isinstance(owner, (types.FunctionType, types.MethodType)):
            return self.function(owner)
        if kind in (list, tuple):
            return kind(map(self.instance, owner))
        plain = kind.__module__.partition(".")[0] in ("builtins", "numpy", "types", "functools")
        if plain or isinstance(owner, type) or not hasattr(owner, "__dict__"):
            return owner
        if id(owner) in self.copies:
            return self.copies[id(owner)]
        again = self.copies[id(owner)] = copy.copy(owner)
        self.alive.append(owner)
        methods: dict[str, Any] = {}
        for base in reversed(kind.__mro__[:-1]):
            for name, found in vars(base).items():
                # `super()` looks for the class itself in its cell: such methods stay.
                if isinstance(found, types.FunctionType) and not found.__closure__:
                    methods[name] = self.function(found)
        again.__class__ = type(kind.__name__, (kind,), methods)
        for name, part in vars(again).items():
            setattr(again, name, self.instance(part))
        return again

    def value(self, value: Any) -> Any:
        """What stands for a global in 50 digits."""
        known = self.math.get(_key(value))
        if known is not None:
            return known
        if isinstance(value, types.FunctionType):
            return self.function(value)
        if isinstance(value, types.ModuleType):
            return _Mirror(value, self.value)
        return value

    def _mathematics(self) -> dict[Any, Any]:
        context, real = self.context, self.real
        table: dict[Any, Any] = {}

        def checked(f: Callable[..., Any]) -> Callable[..., Any]:
            def run(*args: Any) -> Any:
                result = f(*args)
                if not isinstance(result, real):
                    return result if isinstance(result, (bool, int)) else _no_real(result)
                if abs(result) > 1.7976931348623157e308:
                    raise OverflowError("math range error")
                return result

            return run

        special: dict[str, Callable[..., Any]] = {
            "log": lambda x, *base: context.log(_positive(x), *base),
            "log2": lambda x: context.log(_positive(x)) / context.log(2),
            "log10": lambda x: context.log10(_positive(x)),
            "log1p": lambda x: context.log1p(x),
            "pow": lambda x, y: context.mpf(x) ** y,
            "fabs": lambda x: abs(context.mpf(x)),
            "lgamma": lambda x: context.log(abs(context.gamma(x))),
            "floor": lambda x: int(context.floor(x)),
            "ceil": lambda x: int(context.ceil(x)),
            "trunc": int,
            "fmod": lambda x, y: x - y * context.mpf(int(x / y)),
            "copysign": lambda x, y: abs(x) if math.copysign(1.0, y) > 0 else -abs(x),
            "remainder": lambda x, y: x - y * context.mpf(round(x / y)),
            "ldexp": lambda x, n: context.ldexp(context.mpf(x), n),
            "fsum": lambda xs: sum(xs, context.mpf(0)),
            "prod": lambda xs: context.fprod(list(xs)),
            "dist": lambda p, q: context.sqrt(sum((a - b) ** 2 for a, b in zip(p, q, strict=True))),
            "isfinite": lambda x: bool(context.isfinite(x)),
            "isnan": lambda x: bool(context.isnan(x)),
            "isinf": lambda x: bool(context.isinf(x)),
            "hypot": lambda *xs: context.sqrt(sum(x * x for x in map(context.mpf, xs))),
            "exp2": lambda x: context.mpf(2) ** x,
            "cbrt": lambda x: context.sign(x) * context.cbrt(abs(x)),
        }
        same = (
            "sqrt exp expm1 sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh "
            "atanh erf erfc gamma degrees radians"
        )
        for name in same.split():
            special[name] = getattr(context, name)
        for name, f in special.items():
            if hasattr(math, name):
                table[getattr(math, name)] = checked(f)
        table[math.modf] = lambda x: (x - int(x), context.mpf(int(x)))
        table[np.fmod] = _also_of_objects(np.fmod, special["fmod"])
        for maker in (np.zeros, np.empty):
            table[maker] = self._filled(maker)
        return table

    def _filled(self, maker: Callable[..., Any]) -> Callable[..., Any]:
        """Arrays of floats that are to be filled have room for long numbers."""

        def make(shape: Any, dtype: Any = None, **keywords: Any) -> Any:
            if dtype not in (None, float, np.float64):
                return maker(shape, dtype, **keywords)
            return np.full(shape, self.number(0.0), dtype=object)

        return make

    def _builtins(self) -> dict[str, Any]:
        real = self.real

        def as_real(value: Any = 0.0) -> Any:
            return value if isinstance(value, real) else float(value)

        def python_type(value: Any) -> type:
            return float if isinstance(value, real) else type(value)

        def kinds(kind: Any) -> Any:
            if isinstance(kind, tuple):
                return tuple(map(kinds, kind))
            return {as_real: float, python_type: type}.get(kind, kind)

        def is_instance(value: Any, kind: Any) -> bool:
            return isinstance(0.0 if isinstance(value, real) else value, kinds(kind))

        def imported(
            name: str,
            names: Any = None,
            local: Any = None,
            wanted: Any = (),
            level: int = 0,
        ) -> Any:
            module = __import__(name, names, local, wanted, level)
            return _Mirror(module, self.value)

        replaced = {
            "float": as_real,
            "type": python_type,
            "isinstance": is_instance,
            "__import__": imported,
        }
        return {**vars(builtins), **replaced}


class _Mirror:
    """A module whose members are those of another, each turned into its stand-in."""

    def __init__(self, module: types.ModuleType, stand_in: Callable[[Any], Any]) -> None:
        self._module = module
        self._stand_in = stand_in

    def __getattr__(self, name: str) -> Any:
        return self._stand_in(getattr(self._module, name))


def _key(value: Any) -> Any:
    """The value where it can be looked up in a table of functions, else None."""
    return value if isinstance(value, (types.BuiltinFunctionType, np.ufunc)) else None


def _also_of_objects(ufunc: np.ufunc, f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy that has no loop of its own for arrays of objects."""
    slow = np.frompyfunc(f, ufunc.nin, 1)

    def run(*args: Any) -> Any:
        objects = any(np.asarray(arg).dtype == object for arg in args)
        return slow(*args) if objects else ufunc(*args)

    return run


def _names(code: types.CodeType) -> list[str]:
    """The global names that a function and those nested in it may read."""
    names = list(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names += _names(constant)
    return names


def _positive(x: Any) -> Any:
    if x <= 0:
        raise ValueError("math domain error")
    return x


def _no_real(result: Any) -> Any:
    raise ValueError(f"math domain error: {type(result).__name__}")
