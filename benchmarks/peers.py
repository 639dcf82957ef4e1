"""What other tools make of a function: gradients to call and to count.

Every maker takes the function and the names of the parameters by which to differentiate, and
returns a callable of the function's own arguments, or None where the tool cannot express it.
The function's code is the same for all; only its names ``sin``, ``exp`` ... are looked up in
the tool's own library.  JAX gets its own loops, since Python's are unrolled by it.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Function = Callable[..., Any]


def retarget(function: Function, library: Mapping[str, Any]) -> Any:
    """The same code with functions of ``math`` taken from another library."""
    changed = dict(function.__globals__)
    for name, value in function.__globals__.items():
        if getattr(value, "__module__", None) == "math" and name in library:
            changed[name] = library[name]
        elif inspect.isfunction(value) and value.__globals__ is function.__globals__:
            changed[name] = types.FunctionType(value.__code__, changed, name, value.__defaults__)
    return types.FunctionType(function.__code__, changed, function.__name__, function.__defaults__)


def positions(function: Function, names: tuple[str, ...]) -> tuple[int, ...]:
    """Places of these parameters in the signature."""
    parameters = list(inspect.signature(function).parameters)
    return tuple(parameters.index(name) for name in names)


def has_loop(function: Function) -> bool:
    """Whether the text of the function itself has a loop."""
    source = inspect.getsource(function)
    return "for _ in" in source or "while " in source


@dataclass(frozen=True)
class Derived:
    """SymPy's gradient: what ``cse`` found, and the text of a function ``gradient``."""

    symbols: tuple[Any, ...]
    partials: tuple[Any, ...]
    source: str


def sympy_source(function: Function, names: tuple[str, ...], value: bool = False) -> Derived:
    """What SymPy's ``diff`` and ``cse`` make of the gradient, before ``value`` if asked."""
    import sympy
    from sympy.printing.pycode import PythonCodePrinter

    symbols = [sympy.Symbol(name, real=True) for name in inspect.signature(function).parameters]
    result = retarget(function, vars(sympy))(*symbols)
    results = list(result) if isinstance(result, (tuple, list)) else [result]
    active = [symbol for symbol in symbols if symbol.name in names]
    partials = [sympy.sympify(item).diff(symbol) for item in results for symbol in active]
    shared, reduced = sympy.cse((results if value else []) + partials)
    printer = PythonCodePrinter({"fully_qualified_modules": False})
    lines = [f"def gradient({', '.join(map(str, symbols))}):"]
    lines += [f"    {name} = {printer.doprint(expression)}" for name, expression in shared]
    lines += [f"    return ({', '.join(map(printer.doprint, reduced))},)", ""]
    return Derived(tuple(symbols), tuple(partials), "\n".join(lines))


def sympy_call(function: Function, names: tuple[str, ...]) -> Function | None:
    """``lambdify`` with ``cse`` of SymPy's partial derivatives."""
    if has_loop(function):
        return None
    import sympy

    derived = sympy_source(function, names)
    return sympy.lambdify(derived.symbols, derived.partials, modules="math", cse=True)  # type: ignore[no-any-return]


def autograd_call(function: Function, names: tuple[str, ...]) -> Function:
    """HIPS autograd; it records every call anew."""
    import autograd
    import autograd.numpy as anp
    from autograd.scipy.special import erf

    changed = retarget(function, {**vars(anp), "erf": erf})
    where = positions(function, names)
    if isinstance(function(*sample(function)), tuple):
        columns = [autograd.jacobian(lambda *a: anp.array(changed(*a)), place) for place in where]
        return lambda *args: [column(*args) for column in columns]
    return autograd.grad(changed, where)  # type: ignore[no-any-return]


def sample(function: Function) -> tuple[float, ...]:
    """Arguments at which the workloads can be called: between 0 and 1, and all different."""
    count = len(inspect.signature(function).parameters)
    return tuple(0.3 + 0.5 * i / count for i in range(count))


def jax_call(function: Function, names: tuple[str, ...]) -> Function:
    """JAX, compiled, in double precision."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    special = {"lotka_volterra": jax_lotka_volterra, "kepler": jax_kepler}
    library = {**vars(jnp), "erf": jax.scipy.special.erf}
    changed = special.get(function.__name__) or retarget(function, library)
    where = positions(function, names)
    # A while loop of JAX has no reverse mode.
    forward = function.__name__ == "kepler" or isinstance(function(*sample(function)), tuple)
    compiled = jax.jit((jax.jacfwd if forward else jax.grad)(changed, where))
    return lambda *args: jax.block_until_ready(compiled(*args))


def jax_lotka_volterra(alpha: Any, beta: Any, gamma: Any, delta: Any) -> Any:
    """The workload over JAX's own loop."""
    import jax

    def slopes(x: Any, y: Any) -> tuple[Any, Any]:
        return alpha * x - beta * x * y, delta * x * y - gamma * y

    def step(state: Any, _: Any) -> Any:
        x, y = state
        h = 0.01
        u1, v1 = slopes(x, y)
        u2, v2 = slopes(x + 0.5 * h * u1, y + 0.5 * h * v1)
        u3, v3 = slopes(x + 0.5 * h * u2, y + 0.5 * h * v2)
        u4, v4 = slopes(x + h * u3, y + h * v3)
        x = x + h / 6.0 * (u1 + 2.0 * u2 + 2.0 * u3 + u4)
        y = y + h / 6.0 * (v1 + 2.0 * v2 + 2.0 * v3 + v4)
        return (x, y), None

    (x, y), _ = jax.lax.scan(step, (10.0, 5.0), None, length=1000)
    return x + y


def jax_kepler(M: Any, e: Any) -> Any:
    """The workload over JAX's own loop."""
    import jax
    import jax.numpy as jnp

    def step(state: Any) -> Any:
        E, _ = state
        change = (E - e * jnp.sin(E) - M) / (1.0 - e * jnp.cos(E))
        return E - change, change

    return jax.lax.while_loop(lambda s: abs(s[1]) > 1e-12, step, (M, jnp.ones_like(M)))[0]


def casadi_function(function: Function, names: tuple[str, ...]) -> Any | None:
    """CasADi's ``Function`` of the Jacobian, over scalar expressions."""
    if "while " in inspect.getsource(function):
        return None
    import casadi

    parameters = list(inspect.signature(function).parameters)
    symbols = [casadi.SX.sym(name) for name in parameters]
    result = retarget(function, vars(casadi))(*symbols)
    results = casadi.vertcat(*result) if isinstance(result, tuple) else result
    active = casadi.vertcat(*[symbols[place] for place in positions(function, names)])
    return casadi.Function("gradient", symbols, [casadi.jacobian(results, active)])


def casadi_operations(gradient: Any) -> int:
    """Arithmetic instructions of a ``Function``: all but input, output and constants."""
    import casadi

    idle = {casadi.OP_INPUT, casadi.OP_OUTPUT, casadi.OP_CONST, casadi.OP_PARAMETER}
    return sum(gradient.instruction_id(k) not in idle for k in range(gradient.n_instructions()))


def wrenfold_operations(function: Function, names: tuple[str, ...]) -> int | None:
    """Operations that wrenfold reports in the header of the code that it writes."""
    if has_loop(function):
        return None
    from wrenfold import code_generation, sym, type_annotations

    library = vars(sym)
    used = {
        value.__name__
        for value in function.__globals__.values()
        if getattr(value, "__module__", None) == "math"
    }
    parameters = list(inspect.signature(function).parameters)
    if any(name not in library for name in used & names_used(function)):
        return None
    changed = retarget(function, library)

    def description(*arguments: Any) -> list[Any]:
        result = changed(*arguments)
        results = result if isinstance(result, tuple) else (result,)
        active = [arguments[place] for place in positions(function, names)]
        partials = [item.diff(by) for item in results for by in active]
        return [
            code_generation.OutputArg(partial, f"partial_{number}")
            for number, partial in enumerate(partials)
        ]

    described = with_signature(description, parameters, type_annotations.FloatScalar)
    text = code_generation.generate_function(described, code_generation.CppGenerator())
    found = re.search(r"total: (\d+)", text)
    return int(found[1]) if found else 0


def names_used(function: Function) -> set[str]:
    """Global names that the function and its helpers in the same module read."""
    names = set(function.__code__.co_names)
    for name in sorted(names):
        helper = function.__globals__.get(name)
        if inspect.isfunction(helper) and helper is not function:
            names |= names_used(helper)
    return names


def with_signature(function: Function, parameters: list[str], annotation: Any) -> Any:
    """``function`` under named and annotated parameters, which wrenfold reads."""
    namespace = {"function": function, "annotation": annotation}
    declared = ", ".join(f"{name}: annotation" for name in parameters)
    exec(f"def gradient({declared}): return function({', '.join(parameters)})", namespace)
    return namespace["gradient"]
