"""Array code as people write it: values bit for bit, gradients against differences.

Each program stands for one cause that once stood in the way of unmodified code.
"""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import ChainruleError, UnsupportedError, grad, value_and_grad
from tests import oracle

X = np.array([1.3, 0.7, -0.4])


def check(
    function: Callable[..., Any],
    *args: Any,
    wrt: int = 0,
    derivative: Callable[..., Any] | None = None,
) -> Any:
    """Compare value, effects on the arguments and gradient; the derivative, to be used again."""
    own, ours = copy.deepcopy(args), copy.deepcopy(args)
    derivative = derivative or value_and_grad(function, wrt)
    expected = function(*own)
    value, gradient = derivative(*ours)
    assert oracle.same_bits(value, expected), (value, expected)
    for path in oracle.paths(list(args)):
        left, right = oracle.look_up(list(own), path), oracle.look_up(list(ours), path)
        assert oracle.same_bits(left, right), path
    for path, verdict in oracle.gradient(function, args, {}, wrt).items():
        found = float(oracle.look_up(gradient, path))
        assert oracle.agrees(verdict, found), (path, found, verdict)
    return derivative


# --- decorators --------------------------------------------------------------------------


def doubled(f: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(f)
    def twice(*args: Any, **keywords: Any) -> Any:
        return 2.0 * f(*args, **keywords)

    return twice


def scaled(by: float) -> Callable[..., Any]:
    def decorate(f: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(f)
        def wrapper(x: Any, *args: Any) -> Any:
            return f(np.asarray(x) / by, *args)

        return wrapper

    return decorate


@doubled
def cubed(x: float, a: float = 3.0) -> float:
    return a * x**3


@scaled(2.0)
@doubled
def power_sum(x: Any, p: float = 2.0) -> Any:
    return np.sum(x**p)


@functools.lru_cache
def cached(x: float) -> float:
    return x**4


def test_what_a_decorator_adds_is_differentiated() -> None:
    check(cubed, 1.5)
    check(cubed, 1.5, 2.0, wrt=1)
    check(power_sum, np.abs(X))
    check(power_sum, np.abs(X), 3.0)
    check(lambda x: cubed(x) + cached(x), 1.5)


def summed_products(ws: Any, x: Any) -> Any:
    total = 0.0
    for w in ws:
        total = total + np.sum(w * x)
    return total


def test_lists_of_arrays_are_told_apart_by_how_many_there_are() -> None:
    derivative = grad(summed_products)
    for count in (2, 3, 1, 2):
        assert len(derivative([X * k for k in range(count)], X)) == count


# --- arrays that are no arguments ---------------------------------------------------------

WEIGHTS = np.array([1.0, 2.0, 3.0])
SCALE = np.float64(1.5)


def of_a_global(x: Any) -> Any:
    return np.sum((x - WEIGHTS) ** 2) * SCALE


def test_global_arrays_are_read_live_and_their_shape_is_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    derivative = check(of_a_global, X)
    # The same names in this module: of other values, rank, dtype and class.
    for other in (WEIGHTS * 2.0, np.ones((3, 1)), np.arange(3), np.ones(1), 2.0):
        monkeypatch.setitem(globals(), "WEIGHTS", other)
        check(of_a_global, X, derivative=derivative)
    monkeypatch.setitem(globals(), "SCALE", 3.0)
    check(of_a_global, X, derivative=derivative)


def closure(n: int) -> Callable[..., Any]:
    A = np.arange(float(n * n)).reshape(n, n)
    pair = (A, A.T.copy())

    def f(x: Any) -> Any:
        def inner(x: Any, B: Any = A * 2) -> Any:
            return x @ B @ x

        return x @ A @ x + (pair[1] @ x).sum() + inner(x)

    return f


def with_default(x: Any, A: Any = WEIGHTS, k: Any = SCALE) -> Any:
    return np.sum(A * np.abs(x) ** k)


def test_arrays_in_cells_tuples_and_defaults() -> None:
    check(closure(3), X)
    check(with_default, X)
    check(with_default, X, np.ones((2, 3)))


def test_long_arrays_are_imported_and_short_ones_written_down() -> None:
    derivative = check(of_a_global, X)
    assert "WEIGHTS = np.array([1.0, 2.0, 3.0])" in derivative.source
    assert "SCALE = np.float64(1.5)" in derivative.source
    scope: dict[str, Any] = {}
    exec(derivative.source, scope)
    assert np.array_equal(scope["value_and_grad_of_a_global"](X)[1], derivative(X)[1])


class Model:
    def __init__(self) -> None:
        self.W = np.ones(3)
        self.c = np.float64(2.0)
        self.buffer = np.zeros(3)
        self.rows = [np.ones(3), np.arange(3.0)]
        self.table = {"a": np.arange(3.0)}

    def distance(self, x: Any) -> Any:
        return np.sum((x - self.W) ** 2) * self.c

    def fills(self, x: Any) -> Any:
        self.buffer[:] = x * 2
        self.buffer[0] += 1
        return np.sum(self.buffer**2)

    def containers(self, x: Any) -> Any:
        return sum(np.dot(row, x) ** 2 for row in self.rows) + np.dot(self.table["a"], x)

    def first_read_in_a_loop(self, x: Any) -> Any:
        total = 0.0
        for i in range(len(x)):
            total += x[i] ** 2 * self.W[i] + WEIGHTS[i] * x[i]
        return total

    def first_read_in_an_arm(self, x: Any) -> Any:
        if x[0] > 0:
            return np.sum(self.W * x)
        return np.sum(self.W * x * self.c)

    def written_in_an_arm(self, x: Any) -> Any:
        if x[0] > 0:
            self.buffer[0] = x[1] ** 2
        return np.sum(self.buffer * x)

    def replaced(self, x: Any) -> Any:
        old = self.W
        self.W = x * 2
        return np.sum(old * x) + np.sum(self.W)


METHODS = [name for name in vars(Model) if not name.startswith("_")]


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_attributes_that_are_arrays(name: str, sign: float) -> None:
    own, ours = Model(), Model()
    expected = getattr(own, name)(sign * X)
    value, gradient = value_and_grad(getattr(ours, name))(sign * X)
    assert oracle.same_bits(value, expected)
    assert np.array_equal(own.W, ours.W) and np.array_equal(own.buffer, ours.buffer)

    def fresh(x: Any) -> Any:
        return getattr(Model(), name)(x)

    for path, verdict in oracle.gradient(fresh, (sign * X,)).items():
        assert oracle.agrees(verdict, float(gradient[path[0]])), path


def test_attributes_may_become_arrays_of_another_shape() -> None:
    model = Model()
    derivative = value_and_grad(model.distance)
    for other in (np.ones(3), np.ones((3, 1)), 2.0, np.arange(3), np.ones(1, dtype=np.float32)):
        model.W = other
        check(model.distance, X, derivative=derivative)


# --- what stays as it is in f ---------------------------------------------------------------


def parts(x: Any) -> Any:
    fraction, whole = np.modf(x)
    return np.sum(fraction**2 * whole)


def unknown_parts(x: Any) -> Any:
    mantissa, _ = np.frexp(x)
    return np.sum(np.where(x > 0, mantissa, x))


def unknown_order(x: Any) -> Any:
    entries = np.trim_zeros(x)
    return np.sum(entries * np.arange(3.0))


def unknown_list(x: Any) -> Any:
    entries = list(np.frexp(x)[0])
    return entries[0] * 2.0


@pytest.mark.parametrize("f", [unknown_parts, unknown_order, unknown_list])
def test_what_is_not_understood_is_refused_and_never_taken_for_constant(f: Any) -> None:
    named = r"no derivative can flow|known at run time only|cannot differentiate through `np\."
    with pytest.raises(ChainruleError, match=named):
        grad(f)(X)


def test_parts_of_numbers() -> None:
    check(parts, 3.3 * X)


def overwrites(x: Any) -> Any:
    y = np.zeros(3)
    np.copyto(y, 2.0 * x)
    np.putmask(y, y > 1.0, x**2)
    np.add.at(y, [0, 0, 2], x)
    np.put(y, [1], x[2])
    return np.sum(y**2)


def raised_at(x: Any) -> Any:
    y = 1.0 * x
    np.maximum.at(y, [0], 0.5)
    return np.sum(y**2)


def overwrites_as_it_pleases(x: Any) -> Any:
    np.hypot.at(x, [0], 0.5)
    return np.sum(x)


def on_the_diagonal(x: Any) -> Any:
    A = np.ones((3, 3))
    np.fill_diagonal(A, x * x)
    np.fill_diagonal(A[1:], 2.0)
    return np.sum(A @ x)


def test_functions_that_write_to_an_array_are_understood_or_refused() -> None:
    check(on_the_diagonal, X)
    check(overwrites, X)
    check(raised_at, X)
    with pytest.raises(UnsupportedError, match="may write to the array"):
        grad(overwrites_as_it_pleases)(X)


def both_masks(x: Any) -> Any:
    low, high = x > -0.5, x < 1.0
    return np.sum(np.where(low & high | (x > 1.2), x**2, -x) * np.cos(3.0 * x)) / np.sum(1.0 + x**2)


def test_masks_are_joined_where_lines_are_broken() -> None:
    check(both_masks, X)


# --- what is emitted ------------------------------------------------------------------------

ROWS = np.linspace(0.5, 1.5, 12 * 3).reshape(12, 3)


def weighted(x: Any) -> Any:
    n = len(x)
    k = np.arange(0, 4)
    total = 0.0
    for i in range(n):
        total += np.sum(0.5**k * np.cos(x[i] + 0.5))
    return total


def component(x: Any, position: int) -> Any:
    if position == 0:
        return weighted(x)
    return np.sum(x * x)


def composition(x: Any) -> Any:
    total = 0.0
    for position in range(12):
        total += component(x * position, position) / component(ROWS[position], position)
    return total


def test_loops_in_arms_may_stand_twice() -> None:
    check(composition, X)


def grid(x: Any) -> Any:
    return np.sum(np.arange(x, 5 * x, x) ** 3) + np.sum(np.arange(x)) * x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_grids_move_with_their_start_and_step(mode: str) -> None:
    check(grid, 2.7, derivative=value_and_grad(grid, mode=mode))
    slope = grad(grid, mode=mode)(2.7)
    assert slope == pytest.approx(300.0 * 2.7**2 + 3.0, rel=1e-12)


# --- kinds that are asked for ----------------------------------------------------------------


def asks_for_shape(x: Any) -> Any:
    total = np.sum(x * x)
    return 2.0 * total if hasattr(total, "shape") else total


def asks_for_numpys(x: Any) -> Any:
    first = x[0] * 2.0
    return first * x[1] if isinstance(first, np.floating) else first


def asks_for_int(x: Any) -> Any:
    place, count = np.argmax(x), len(x) + 1
    return (
        x[0] * (3.0 if isinstance(place, int) else 5.0) * (7.0 if isinstance(count, int) else 1.0)
    )


def asks_for_type(x: Any) -> Any:
    sine = np.sin(x)
    return sine * 2.0 if type(sine) is float else sine * x


def asks_in_a_loop(x: Any) -> Any:
    total = 0.0
    for entry in x:
        total = total + entry * entry
    return total * 2.0 if isinstance(total, np.floating) else total


@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (asks_for_shape, X, 4.0 * X),
        (asks_for_numpys, X, np.array([2.0 * X[1], 2.0 * X[0], 0.0])),
        (asks_for_int, X, np.array([35.0, 0.0, 0.0])),
        (asks_for_type, 1.5, math.sin(1.5) + 1.5 * math.cos(1.5)),
        (asks_in_a_loop, X, 4.0 * X),
        (asks_in_a_loop, [1.5, 2.5], [3.0, 5.0]),
        (lambda x: x * 2.0 if isinstance(x, np.floating) else x * x, 1.5, 3.0),
        (lambda x: x * 2.0 if isinstance(x, np.floating) else x * x, np.float64(1.5), 2.0),
        (lambda x: x * 2.0 if type(x) is float else x * x, np.float64(1.5), 3.0),
    ],
)
def test_numbers_of_numpy_are_told_from_those_of_python(f: Any, x: Any, slope: Any) -> None:
    # Differences would give Python's numbers where NumPy's are meant: slopes by hand.
    value, gradient = value_and_grad(f)(x)
    assert oracle.same_bits(value, f(x))
    assert np.allclose(gradient, slope, rtol=1e-14, atol=0.0)


def shaped(x: Any) -> Any:
    x = np.asarray(x, dtype=float)
    if x.ndim == 0:
        x = x.reshape(1)
    if np.shape(x) == () or not np.iterable(x):
        return x
    return np.sqrt(np.sum(x * x)).item() * x.size


def tried(x: Any) -> Any:
    try:
        count = len(x)
    except TypeError:
        return x * x
    return sum(x[i] ** 2 * (i + 1) for i in range(count))


@pytest.mark.parametrize("x", [1.5, np.float64(1.5), 3, X, X.reshape(3, 1), [1.5, 2.5]])
def test_dispatch_on_scalars_lists_and_arrays(x: Any) -> None:
    check(shaped, x)


def test_a_try_that_cannot_fail_is_its_body() -> None:
    check(tried, X)


def annotated(x: float, y: float = 2.0) -> float:
    return np.sum(np.sin(x) * y)


def test_arrays_are_taken_where_floats_are_annotated() -> None:
    derivative = value_and_grad(annotated)
    for x in (1.5, X, 2.5, X.reshape(3, 1), np.float64(0.5), 3.5):
        check(annotated, x, derivative=derivative)
    check(annotated, 1.5, X, wrt=1)


# --- lists made of arrays --------------------------------------------------------------------


def model(t: Any, a: Any, b: Any, c: Any) -> Any:
    return a * np.exp(-b * t) + c


def residual(p: Any, t: Any) -> Any:
    return np.sum((np.sin(t) - model(t, *p)) ** 2)


def residual_in_part(p: Any, t: Any) -> Any:
    return np.sum((np.sin(t) - model(t, *p[:2], c=p[2])) ** 2)


def unpacked(x: Any) -> Any:
    first, *middle, last = x
    return first * sum(middle) * last + len(middle)


LISTS: list[Callable[..., Any]] = [
    unpacked,
    lambda x: (lambda entries: entries[0] * entries[1] + sum(entries))([*x, 2.0]),
    lambda x: np.sum(np.array([*x[:2], x[0], *x[2:] ** 2]) ** 2),
    lambda x: np.sum(np.asarray([0.0, x[0], *list(x[1::2])]) ** 2),
    lambda x: sorted(x)[0] * sorted(x)[1] - sorted(x)[2],
    lambda x: tuple(x)[1] * tuple(x)[2],
    lambda x: float(x[0]) * x.sum().item() + x.item(1),
    lambda x: max(x) * min(x) + sum(map(abs, list(x))),
]


@pytest.mark.parametrize("f", LISTS)
def test_lists_made_of_arrays(f: Any) -> None:
    check(f, X)


def test_stars_spread_what_the_function_takes() -> None:
    t = np.linspace(0.0, 1.0, 4)
    check(residual, X, t)
    check(residual_in_part, X, t)
    for other in (X[:2], np.ones(4)):
        with pytest.raises(TypeError):
            grad(residual)(other, t)
    with pytest.raises(ValueError, match="not enough values to unpack"):
        grad(unpacked)(X[:1])


def masked_number(x: Any) -> Any:
    number = np.sum(x)
    return np.sum(number[number < 2.0] ** 2) + x[0]


def test_masks_of_numbers() -> None:
    check(masked_number, X)
    check(masked_number, 3.0 * X)
    with pytest.raises(UnsupportedError, match="what part it means"):
        grad(lambda x, flag: np.sum(x[flag]))(X, True)


def writes_to_a_number(x: Any) -> Any:
    y = np.asarray(x)
    other = y
    other += 1.0
    return y * y


def test_arrays_without_axes_are_not_written_to_in_place() -> None:
    with pytest.raises(UnsupportedError, match="without axes"):
        grad(writes_to_a_number)(1.5)


# --- names that are bound to other arrays from step to step -----------------------------------


def ends_kept(x: Any, n: int) -> Any:
    u = x * 1.0
    for _ in range(n):
        u[0] = 0.0
        u = u + 0.1 * u[::-1]
    u[-1] = x[0]
    return np.sum(u**2)


def two_buffers(x: Any, n: int) -> Any:
    old, new = x * 1.0, x * x
    for _ in range(n):
        new[1:-1] = 0.5 * (old[:-2] + old[2:])
        old, new = new, old
    return np.sum(old**2)


def state_of_a_layer(w: Any, x: Any) -> Any:
    states = [x, 2.0 * x]
    value = x
    for k in range(len(w)):
        states[k] = np.tanh(states[k] * w[k] + value)
        value = states[k]
    return np.sum(value)


def one_of_two(x: Any, n: int) -> Any:
    y = 2.0 * x if n > 2 else 3.0 * x
    y[0] = 5.0
    return np.sum(y**2)


def list_on_a_path(x: Any, n: int) -> Any:
    y, z = [1.0, x[2]], [x[0], x[1]]
    v = y if n > 2 else z
    y[0] = x[0]
    return sum(v)


def test_arrays_that_a_loop_binds_anew_are_written_to() -> None:
    for program in (ends_kept, two_buffers):
        for n in (0, 1, 2, 3):
            check(program, np.array([1.3, 0.7, -0.4, 0.9, 0.2]), n)
    check(state_of_a_layer, np.array([[0.3, -0.2], [0.5, 0.8]]), np.array([0.4, -0.6]))
    check(one_of_two, X, 3)
    for n in (2, 3):
        check(list_on_a_path, X, n)


def alias_in_a_loop(x: Any, n: int) -> Any:
    y = x * 1.0
    v = x * 2.0
    for _ in range(n):
        v = y
    y[2] = 7.0 * y[2]
    return np.sum(v)


def alias_on_a_path(x: Any, n: int) -> Any:
    y, z = x * 1.0, x * 2.0
    v = y if n > 2 else z
    v[0] = 100.0
    return np.sum(v**2) + np.sum(y)


def view_on_a_path(x: Any, n: int) -> Any:
    y = x * 1.0
    v = y[0:2] if n > 2 else y[1:3]
    y[0] = 7.0 * y[0]
    return np.sum(v)


def two_names_of_one(x: Any, n: int) -> Any:
    a = x * 1.0
    b = x * 2.0
    for _ in range(n):
        a = b = x * 3.0
    a[0] = 100.0
    return np.sum(b)


SHARING = (alias_in_a_loop, two_names_of_one)


def test_memory_that_may_be_shared_is_refused_and_never_forgotten() -> None:
    for program in SHARING:
        with pytest.raises(UnsupportedError):
            grad(program)(X, 3)


def test_it_is_told_which_memory_the_path_has_chosen() -> None:
    for program in (alias_on_a_path, view_on_a_path):
        for n in (2, 3):
            check(program, X, n)


def chained(angles: Any, parents: Any) -> Any:
    made: list[Any] = []
    for k in range(len(parents)):
        turn = np.array([[np.cos(angles[k]), 0.3], [-0.2, np.sin(angles[k])]])
        if parents[k] == -1:
            made.append(turn)
        else:
            made.append(made[parents[k]] @ turn)
    return sum(np.sum(one) for one in made)


def labelled(x: float, n: int) -> Any:
    names: list[str] = []
    powers: list[float] = []
    for k in range(n):
        if k == 0:
            names.append("a")
            powers.append(x)
        else:
            names.append(names[k - 1] + "b")
            powers.append(powers[k - 1] * x)
    total = sum(powers)
    return 2.0 * total if names[-1] == "abb" else total


def test_a_list_that_a_loop_fills_is_read_in_the_same_loop() -> None:
    check(chained, np.array([0.3, 0.4, 0.5]), [-1, 0, 1])
    check(labelled, 1.3, 3)
    check(labelled, 1.3, 2)


def array_or_number(x: Any, n: int) -> Any:
    value: Any = 0.0
    for _ in range(n):
        value = "none" if n > 5 else x * 2.0
    return value @ x


def test_a_value_through_which_no_derivative_is_seen_is_refused() -> None:
    with pytest.raises(ChainruleError):
        grad(array_or_number)(X, 3)


def rows_of_softmax(x: Any) -> Any:
    top = np.max(x, axis=1, keepdims=True)
    return np.sum(np.log(np.sum(np.exp(x - top), axis=1)) + top[:, 0])


def kept_axes(x: Any) -> Any:
    squares = np.sum(x**2, axis=(0, 2), keepdims=True)
    return np.sum(squares[0, :, -1] ** 3) + np.sum(squares[0] ** 2) + np.sum(squares[-1, ..., 0])


def test_entries_of_axes_of_length_one_leave_no_buffer() -> None:
    derivative = check(rows_of_softmax, np.array([[0.3, -0.4, 1.2], [0.7, 0.7, -1.0]]))
    check(kept_axes, np.arange(12.0).reshape(2, 3, 2) / 7.0)
    assert "zeros" not in derivative.source and "==" not in derivative.source
