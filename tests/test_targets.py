"""Programs by targets: each runs and agrees with plain Python and NumPy, or is refused by name."""

from __future__ import annotations

import ast
import copy
import inspect
import itertools
import linecache
import math
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.special
from scipy.spatial.distance import cdist, pdist
from scipy.stats import norm

import chainrule
from chainrule import ChainruleError, UnsupportedError, grad, value_and_grad
from chainrule.emit.module import render
from chainrule.emit.targets import names
from chainrule.transforms.derive import derive
from tests.array_models import MODELS, Model
from tests.test_array_calls import CALLS, POINTS, in_three_cases
from tests.test_examples import CASES, load, parameters

# What a module for a target may import.
IMPORTS = {
    "math": {
        "math",
        "builtins",
        "numpy",
        "scipy.special",
        "scipy.fft",
        "scipy.integrate",
        "scipy.optimize",
        "scipy.signal",
        "scipy.linalg",
        "scipy.ndimage",
        "scipy.spatial.distance",
        "scipy.stats",
    },
    "numba": {"math", "builtins", "numpy", "numba"},
    "array-api": {"math", "builtins"},
}


NUMBERS = itertools.count()


def function_of(expression: str) -> Callable[..., Any]:
    """``sum(cos(0.3 + v) * v)`` of an expression ``v``, in a file of its own."""
    text = f"def f(x):\n    v = {expression}\n    return np.sum(np.cos(0.3 + v) * v)\n"
    name = f"<target {next(NUMBERS)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    scope: dict[str, Any] = {
        "np": np,
        "scipy": scipy,
        "special": scipy.special,
        "cdist": cdist,
        "pdist": pdist,
        "norm": norm,
        "in_three_cases": in_three_cases,
        "__name__": __name__,
    }
    exec(compile(text, name, "exec"), scope)
    found: Callable[..., Any] = scope["f"]
    return found


def programs() -> Iterator[Any]:
    """Every program of the shared tables: id, function, arguments, parameters."""
    for model in MODELS:
        yield pytest.param(*model, id=f"model-{model.function.__name__}")
    for rank, expression in CALLS:
        name = f"call-{rank}d-{expression}"
        yield pytest.param(function_of(expression), (POINTS[rank],), 0, id=name)
    seen = set()
    for case in CASES:
        module, name, arguments = case.values
        if (module, name) not in seen:
            seen.add((module, name))
            wrt = parameters(module, name)
            yield pytest.param(getattr(load(module), name), arguments, wrt, id=f"{module}-{name}")


PROGRAMS = list(programs())


def imports(source: str) -> set[str]:
    """The modules that a text imports."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
    return found


def arguments_of(function: Callable[..., Any], arguments: tuple[Any, ...]) -> dict[str, Any]:
    """Arguments by parameter name."""
    bound = inspect.signature(function).bind(*copy.deepcopy(arguments))
    bound.apply_defaults()
    return dict(bound.arguments)


# All of the table takes a minute and a half: a third of it stands for it in daily runs.
STEP = 1 if os.environ.get("CHAINRULE_ALL_TARGETS") else 3


@pytest.mark.parametrize(("function", "arguments", "wrt"), PROGRAMS[::STEP])
def test_a_program_is_written_for_every_target_or_refused_by_name(
    function: Callable[..., Any], arguments: tuple[Any, ...], wrt: Any
) -> None:
    given = arguments_of(function, arguments)
    graphs = derive(function, "value_and_grad", wrt, "auto", None, arguments=given)
    for target in names():
        try:
            source = render(graphs, target=target).source
        except UnsupportedError as refusal:
            assert target != "math"
            assert f"target {target!r}" in refusal.found
            assert refusal.remedy.endswith(".")
            continue
        own = {name for name in imports(source) if name.startswith(("tests", "examples"))}
        assert imports(source) - own <= IMPORTS[target]
        wide = [line for line in source.splitlines() if len(line) > 88 and "raise" not in line]
        assert not wide or target == "math"


def test_what_nested_loops_record_under_numba_is_one_array() -> None:
    def nested(x: float, n: int, m: int) -> float:
        for _ in range(n):
            for j in range(1, m):
                x = x * x + j
        return x

    given = {"x": 0.5, "n": 2, "m": 3}
    graphs = derive(nested, "grad", 0, "reverse", None, arguments=given)
    source = render(graphs, target="numba").source
    assert "x_tape = np.empty((max(n, 0), max(m - 1, 0)))" in source
    assert "append" not in source


def test_functions_are_recorded_under_numba_and_called_again_in_python() -> None:
    def settled(w, x):
        h = 1.0
        for t in range(len(x)):
            h = h + w * h * math.exp(-h * x[t])
        return h

    point = {"w": 0.5, "x": np.ones(3)}
    for target, again in (("numba", 0), ("math", 1)):
        cheap = target == "numba"
        graphs = derive(settled, "grad", "w", "reverse", arguments=point, cheap_tapes=cheap)
        source = render(graphs, target=target, comments=False).source
        assert source.count("exp(") == 1 + again


def test_most_programs_can_be_written_for_numba() -> None:
    # All of them: what a sample holds changes with every program that is added.  So does their
    # share, with programs of SciPy's functions; those that can be written stay so.
    written = 0
    for function, arguments, wrt in (program.values for program in PROGRAMS):
        given = arguments_of(function, arguments)
        graphs = derive(function, "value_and_grad", wrt, "auto", None, arguments=given)
        try:
            written += bool(render(graphs, target="numba").source)
        except UnsupportedError:
            continue
    assert written >= 446


QUICK = ("least_squares", "standardised", "rosenbrock_loop", "heat", "recurrent", "shortest_paths",
         "until_converged", "early_return", "powers", "discount", "over_axes", "gaussian_process",
         "heat_slices", "weighted_pair")  # fmt: skip
CALLED_COMPILED = ("x.max(axis=0)", "np.cumsum(x, axis=1)", "special.expit(x)", "x[[0, 0, 2]]",
                   "np.einsum('ij,kj->ik', x, x)")  # fmt: skip
COMPILED = [
    *(model for model in MODELS if STEP == 1 or model.function.__name__ in QUICK),
    *(Model(function_of(line), (POINTS[rank],)) for rank, line in CALLS if line in CALLED_COMPILED),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "model",
    COMPILED,
    ids=lambda model: f"{model.function.__name__}-{model.function.__code__.co_filename[-8:]}",
)
def test_numba_agrees_with_plain_python(model: Model) -> None:
    pytest.importorskip("numba")
    function, arguments, wrt = model
    expected = value_and_grad(function, wrt)(*copy.deepcopy(arguments))
    found = value_and_grad(function, wrt, target="numba")(*copy.deepcopy(arguments))
    assert_close(found, expected)


def assert_close(found: Any, expected: Any) -> None:
    """Equality of nested results up to rounding, with types of arrays and shapes the same."""
    if isinstance(expected, (tuple, list)):
        assert len(found) == len(expected)
        for one, two in zip(found, expected, strict=True):
            assert_close(one, two)
        return
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-10, atol=1e-12)


# --- arrays of any library -----------------------------------------------------------------

ON_ARRAYS = [
    model for model in MODELS if any(isinstance(value, np.ndarray) for value in model.arguments)
]
LINES = [(rank, line) for rank, line in CALLS if "special" not in line][::STEP]
CALLED = [Model(function_of(line), (POINTS[rank],)) for rank, line in LINES]


def strict(value: Any) -> Any:
    """An array of the strictest library that keeps the standard."""
    library = pytest.importorskip("array_api_strict")
    return library.asarray(value) if isinstance(value, np.ndarray) else value


def as_numpy(value: Any) -> Any:
    """Nested results of such arrays as NumPy's."""
    if isinstance(value, tuple):
        return tuple(map(as_numpy, value))
    return np.asarray(getattr(value, "_array", value))


@pytest.mark.parametrize("model", ON_ARRAYS, ids=lambda model: model.function.__name__)
def test_any_library_of_the_array_standard_agrees_with_numpy(model: Model) -> None:
    function, arguments, wrt = model
    expected = value_and_grad(function, wrt)(*copy.deepcopy(arguments))
    derivative = value_and_grad(function, wrt, target="array-api")
    found = derivative(*map(strict, copy.deepcopy(arguments)))
    assert_close(as_numpy(found), expected)
    assert "numpy" not in imports(derivative.source)  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", CALLED, ids=[line for _, line in LINES])
def test_a_call_in_the_array_standard_agrees_or_is_refused(model: Model) -> None:
    function, (x,), _ = model
    derivative = value_and_grad(function, target="array-api")
    try:
        found = derivative(strict(x.copy()))
    except UnsupportedError as refusal:
        # The standard's arrays have no order in memory that could be asked for.
        assert "target 'array-api'" in refusal.found or "`order` of" in refusal.found
        return
    assert_close(as_numpy(found), value_and_grad(function)(x.copy()))


def least(x, y):
    return np.sum(np.minimum(x, y))


def positive_part(x, y):
    return np.sum(np.where(x > 0.0, x, 0.5)) + np.sum(np.clip(y, -0.5, 0.5))


@pytest.mark.parametrize("f", [least, positive_part], ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_masks_of_two_numbers_are_arrays_to_the_array_standard(f: Any, dtype: Any) -> None:
    x, y = np.array([0.3, -1.0, 2.0], dtype), np.array([0.2, 0.1, 3.0], dtype)
    expected = value_and_grad(f, ("x", "y"), mode="reverse")(x, y)
    derivative = value_and_grad(f, ("x", "y"), mode="reverse", target="array-api")
    found = derivative(strict(x), strict(y))
    assert_close(as_numpy(found), expected)
    assert [as_numpy(slope).dtype for slope in found[1]] == [dtype, dtype]


def test_numbers_alone_are_refused_by_the_array_standard() -> None:
    with pytest.raises(UnsupportedError, match="without an array among its parameters"):
        grad(with_rate, target="array-api")


# --- globals are compiled in, and watched --------------------------------------------------

RATE = 2.0
WEIGHTS = np.array([1.0, 2.0])
TABLE = [1.0, 2.0, 3.0]


def with_rate(x: float) -> float:
    return RATE * x * x


def with_weights(x: Any) -> Any:
    return np.sum(WEIGHTS * x * x)


def with_table(x: float) -> float:
    return x * TABLE[1]


@pytest.mark.filterwarnings("ignore")
def test_a_changed_global_is_compiled_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    derivative = grad(with_rate, target="numba")
    assert derivative(1.0) == 4.0
    monkeypatch.setitem(globals(), "RATE", 3.0)
    assert derivative(1.0) == 6.0
    monkeypatch.setitem(globals(), "RATE", 2.0)
    assert derivative(1.0) == 4.0


@pytest.mark.filterwarnings("ignore")
def test_entries_of_global_arrays_and_tables_are_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    monkeypatch.setitem(globals(), "WEIGHTS", np.array([1.0, 2.0]))
    monkeypatch.setitem(globals(), "TABLE", [1.0, 2.0, 3.0])
    derivative, other = grad(with_weights, target="numba"), grad(with_table, target="numba")
    assert derivative(np.ones(2)).tolist() == [2.0, 4.0]
    assert other(1.0) == 2.0
    WEIGHTS[0] = 5.0
    TABLE[1] = 7.0
    assert derivative(np.ones(2)).tolist() == [10.0, 4.0]
    assert other(1.0) == 7.0


@pytest.mark.filterwarnings("ignore")
def test_what_reads_no_global_is_the_compiled_function_itself() -> None:
    numba = pytest.importorskip("numba")

    def cube(x: float) -> float:
        return x**3

    derivative = grad(cube, target="numba")
    assert numba.extending.is_jitted(derivative)

    @numba.njit
    def user(x: float) -> float:
        return derivative(x) + 1.0

    assert user(2.0) == 13.0


# --- refusals -------------------------------------------------------------------------------


def refused_lists(rows: list[list[float]]) -> float:
    rows[0][0] *= 2.0
    return sum(a * a for row in rows for a in row)


def refused_handler(x: float) -> float:
    try:
        return 1.0 / x
    except ZeroDivisionError:
        return 0.0


def refused_message(x: float) -> float:
    if x < 0.0:
        raise ValueError(f"{x:.2f} is below 0")
    return x * x


def refused_special(x: float) -> float:
    import scipy.special

    return scipy.special.erfinv(x)  # type: ignore[no-any-return]


RATES = {"low": 0.5, "high": 2.0}


def refused_dict(x: float, word: str) -> float:
    return x * RATES[word]


def refused_count(x: float, n: int) -> float:
    return x * math.comb(n, 2)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("function", "arguments", "wrt", "message"),
    [
        (refused_lists, ([[1.0], [2.0]],), 0, "a list of lists as a parameter or result"),
        (refused_handler, (2.0,), 0, "a handler of `ZeroDivisionError`"),
        (refused_message, (2.0,), 0, "an f-string"),
        (refused_special, (0.5,), 0, "`scipy.special.erfinv`"),
        (refused_dict, (1.0, "low"), 0, "a dict in a global"),
        (refused_count, (2.0, 5), 0, "`math.comb`"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_numba_has_no_type_for_is_refused(
    function: Callable[..., Any], arguments: tuple[Any, ...], wrt: int, message: str
) -> None:
    pytest.importorskip("numba")
    with pytest.raises(ChainruleError) as caught:
        grad(function, wrt, target="numba")(*arguments)
    assert message in str(caught.value)
    assert caught.value.remedy.endswith(".")


def test_an_unknown_target_is_refused_with_those_there_are() -> None:
    with pytest.raises(ChainruleError, match=r"no target 'fortran'(?s:.*)math(?s:.*)numba"):
        chainrule.grad(with_rate, target="fortran")


def test_a_trace_in_a_derivative_is_a_function_under_numba() -> None:
    def shifted(s, A):
        return np.sum((A + np.exp(s) * np.eye(3)) ** 2)

    given = {"s": 0.5, "A": np.ones((3, 3))}
    graphs = derive(shifted, "grad", 0, "reverse", None, arguments=given)
    assert ".trace()" in render(graphs).source
    assert "np.trace(" in render(graphs, target="numba").source
