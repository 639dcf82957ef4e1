"""``grad(np.sin)``: a function of a library, as a Python function that calls it."""

from __future__ import annotations

import functools
import inspect
import linecache
import sys
import types
from typing import Any

from chainrule.lift.calls.callees import home_of
from chainrule.lift.source import unwrap
from chainrule.primitives.namespaces import primitive_of

CALCULATE = (abs, divmod, max, min, pow, round, sum)
LIBRARIES = ("builtins", "math", "numpy", "scipy")
# Where a compiled function of arrays is found that does not say where it is from.
UFUNCS_IN = ("numpy", "scipy.special")
ALIASES = {"numpy": "np"}
# They say where a result is put and of which dtype it is, or are asked for while code is made.
LEFT_OUT = ("out", "dtype", "retstep", "endpoint", "return_sign", "full_matrices")


def as_written(function: Any) -> Any:
    """``function``, or where it is one of a library, a Python function that calls it."""
    plain = unwrap(function)
    compiled = type(plain).__name__ == "ufunc" or isinstance(plain, types.BuiltinFunctionType)
    if not compiled and not isinstance(plain, types.FunctionType):
        return function
    return _written(function) or function


@functools.lru_cache(maxsize=256)
def _written(function: Any) -> types.FunctionType | None:
    """The function that calls it, once for each; None for what no library of numbers has."""
    name = getattr(function, "__name__", "")
    module = _module_of(function, name)
    other = module == "builtins" and function not in CALCULATE
    if module is None or other or not (parameters := _parameters_of(function)):
        return None
    package = module.partition(".")[0]
    alias = ALIASES.get(package, package)
    called = name if package == "builtins" else f"{alias}{module[len(package) :]}.{name}"
    given = [
        each.name if each.default is each.empty else f"{each.name}={each.name}"
        for each in parameters
    ]
    # A builtin would call the function that is being written.
    inner = f"builtins.{name}" if package == "builtins" else called
    file = f"<{module}.{name}>"
    heading = ", ".join(map(_as_parameter, parameters))
    lines = [f"def {name}({heading}):\n", f"    return {inner}({', '.join(given)})\n"]
    linecache.cache[file] = (sum(map(len, lines)), None, lines, file)
    names: dict[str, Any] = {alias: sys.modules[package], "__name__": module}
    exec(compile("".join(lines), file, "exec"), names)
    written: types.FunctionType = names[name]
    return written


def _module_of(function: Any, name: str) -> str | None:
    """The public module of a library that has a function under its name."""
    home = home_of(function)
    if isinstance(getattr(function, "__self__", None), types.ModuleType):
        home = function.__self__.__name__
    parts = home.split(".")
    inner = [".".join(parts[: count + 1]) for count in range(len(parts))]
    if type(function).__name__ == "ufunc":
        inner = [*inner, *UFUNCS_IN]
    elif parts[0] not in LIBRARIES:
        return None
    for module in inner:
        if getattr(sys.modules.get(module), name, None) is function:
            return module
    return None


def _parameters_of(function: Any) -> list[inspect.Parameter]:
    """The parameters that decide what is calculated."""
    try:
        found = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        found = []
    count = getattr(function, "nin", None)
    if count is None and not found:
        primitive = primitive_of(function)
        count = 0 if primitive is None else primitive.arity
    if count is not None and len(found) < count:
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        names = ["x"] if count == 1 else [f"x{number + 1}" for number in range(count)]
        return [inspect.Parameter(each, kind) for each in names]
    if count is not None:
        return found[:count]
    optional = not isinstance(function, types.BuiltinFunctionType)
    return [each for each in found if _decides(each) and (optional or each.default is each.empty)]


def _decides(parameter: inspect.Parameter) -> bool:
    default = parameter.default
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        return False
    if default is parameter.empty:
        return True
    plain = default is None or type(default) in (bool, int, float, str)
    return plain and parameter.name not in LEFT_OUT


def _as_parameter(parameter: inspect.Parameter) -> str:
    """A parameter as it stands in a definition."""
    if parameter.default is parameter.empty:
        return parameter.name
    return f"{parameter.name}={parameter.default!r}"
