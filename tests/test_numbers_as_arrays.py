"""Numbers where NumPy's functions take arrays, and entries that NumPy gives as arrays."""

from __future__ import annotations

import linecache
import math
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.special

from chainrule import UnsupportedError, grad, value_and_grad, vjp
from tests import oracle
from tests.slopes import check_against_oracle
from tests.test_array_programs import check

ONE_ENTRY = """
np.ravel(x)
np.reshape(x, (1, 1))
np.reshape(x, -1)
np.asarray(x)[None]
np.asarray(x)[..., None, None]
np.array(x, ndmin=2)
np.atleast_1d(x)
np.expand_dims(x, 0)
np.outer(x, x)
np.cumsum(x)
np.cumprod(x)
np.nancumsum(x)
np.convolve(x, x)
np.append(x, [])
np.full(1, x)
""".strip().splitlines()


def program(expression: str) -> Any:
    """The function of x that an expression is, with source that can be read."""
    text = f"def f(x):\n    return {expression}\n"
    name = f"<{expression}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    scope: dict[str, Any] = {"np": np, "scipy": scipy}
    exec(compile(text, name, "exec"), scope)
    return scope["f"]


@pytest.mark.parametrize("x", [1.3, np.array(1.3)], ids=["float", "array"])
@pytest.mark.parametrize("expression", ONE_ENTRY)
def test_a_number_is_an_array_of_one_entry_that_is_repeated(expression: str, x: Any) -> None:
    f = program(f"np.sum(np.arange(6.0).reshape(2, 3) * {expression})")
    verdict = oracle.derivative(f, (1.3,))
    value, slope = value_and_grad(f)(x)
    assert value == f(x)
    assert np.shape(slope) == ()
    assert oracle.agrees(verdict, float(slope))
    value, _ = vjp(program(expression))(x, out_bar=np.ones_like(program(expression)(x)))
    assert value.shape == program(expression)(x).shape


@pytest.mark.parametrize(
    "expression", ["np.kron(x, 2.0)", "np.inner(x, x)", "np.dot(x, 2.0)", "np.vdot(x, 3.0)"]
)
def test_products_of_numbers(expression: str) -> None:
    f = program(expression)
    check_against_oracle(f, (1.3,))


@pytest.mark.parametrize("expression", ["np.reshape(x, ())", "np.broadcast_to(x, ())"])
def test_a_shape_without_axes_is_given_to_numpy(expression: str) -> None:
    assert grad(program(f"3.0 * {expression}"))(1.3) == 3.0


@pytest.mark.parametrize(
    "expression",
    [
        "np.sum(np.sin(np.linspace(x, 2.0)))",
        "np.sum(np.sin(np.linspace(x[0], x[1])))",
        "np.sum(np.sin(np.linspace(x, 2.0, 4)) * np.arange(8.0).reshape(4, 2))",
        "np.sum(np.sin(np.linspace(x[0], x, 3)) * np.arange(6.0).reshape(3, 2))",
        "np.sum(np.logspace(x[0], x[1]))",
    ],
)
def test_lines_between_numbers_and_vectors(expression: str) -> None:
    check(program(expression), np.array([0.3, 1.2]))


def test_a_derivative_of_an_axis_that_a_number_has_not_is_refused_or_raises_what_f_raises() -> None:
    f = program("np.sum(np.std(x, axis=0))")
    assert grad(f)(np.eye(2)).shape == (2, 2)
    with pytest.raises(np.exceptions.AxisError):
        value_and_grad(f)(2.0)


# --- entries behind an ellipsis --------------------------------------------------------------


def cartesian(p: Any) -> Any:
    q = np.empty_like(p)
    q[..., 0] = p[..., 0] * np.cos(p[..., 1])
    q[..., 1] = p[..., 0] * np.sin(p[..., 1])
    q[..., 2] = p[..., 2]
    return np.sum(q * np.array([1.0, -2.0, 3.0]))


@pytest.mark.parametrize("shape", [(3,), (2, 3), (1, 3)])
def test_an_entry_behind_an_ellipsis_is_read_before_it_is_overwritten(shape: Any) -> None:
    check(cartesian, 0.3 + np.arange(float(np.prod(shape))).reshape(shape))


def overtaken(x: Any) -> Any:
    y = x * 1.0
    first = y[..., 0]
    y[..., 0] = 3.0 * first
    return first * y[1]


def test_an_entry_that_is_a_view_of_what_is_written_to_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="of which `first` sees an entry"):
        grad(overtaken)(np.ones(2))
    check(overtaken_in_rows, np.ones((2, 2)))


def overtaken_in_rows(x: Any) -> Any:
    y = x * 1.0
    first = y[..., 0]
    y[..., 0] = 3.0 * first
    return np.sum(first * y[:, 1])


# --- values of others ------------------------------------------------------------------------


def test_norms_of_scipy_are_those_of_scipy_to_the_last_digit() -> None:
    f = program("scipy.linalg.norm(x) + scipy.linalg.norm(x, 2) + np.linalg.norm(x, ord=2)")
    for seed in range(20):
        x = np.random.default_rng(seed).normal(size=7)
        value, slope = value_and_grad(f)(x)
        assert oracle.same_bits(value, f(x))
    assert np.allclose(slope, 3.0 * x / np.linalg.norm(x))


def test_functions_that_are_not_known_for_complex_numbers_are_refused_there() -> None:
    f = program("np.real(scipy.special.erf(x * 2j + 1.0))")
    with pytest.raises(UnsupportedError, match="complex numbers"):
        grad(f)(0.3)


def device(x: Any) -> Any:
    return x * 2.0 if x > 0.0 else x


def named_as_a_parameter(x: Any, *, device: Any = None) -> Any:
    return doubled(x) + doubled(x * x) + doubled(x - 5.0)


doubled = device


def test_a_function_is_not_called_by_the_name_of_a_parameter() -> None:
    assert grad(named_as_a_parameter)(2.0) == 2.0 + 8.0 + 1.0


RANGE = {np.float64: 1.5, np.float32: 2.0}


def by_its_dtype(x: Any) -> Any:
    return np.sum(x) * RANGE[x.dtype.type] / np.size(x, axis=0)


def test_a_table_whose_keys_are_types() -> None:
    check(by_its_dtype, np.ones(3))


def above_the_smallest(x: Any) -> Any:
    if np.any(x > 100.0):
        raise ValueError("%r is too much" % x)  # noqa: UP031
    if np.sum(x * x) < np.finfo(x.dtype).eps:
        return 0.0
    tiny = max(np.finfo(float).tiny, np.finfo(np.double).tiny, np.finfo(1.0).tiny)
    return np.sum(np.maximum(x, tiny) ** 2)


def test_limits_of_a_dtype_are_numbers_and_arrays_are_formatted() -> None:
    check(above_the_smallest, np.array([0.3, -1.2]))
    with pytest.raises(ValueError, match="200"):
        grad(above_the_smallest)(np.array([1.0, 200.0]))


def stacked_flags(x: Any) -> Any:
    flags = np.array([x > 0.5, x > 0.2, x > 2.0])
    column = np.concatenate([flag[..., np.newaxis] for flag in flags], axis=-1)
    return np.sum(np.where(column, x * np.array([1.0, 2.0, 3.0]), 0.0))


def counts_with_an_axis(x: Any) -> Any:
    total = 0.0
    for count in np.arange(4):
        total = total + np.sum(count[..., None] * x)
    return total


def made_row_by_row(x: Any) -> Any:
    return np.sum(np.zeros((3, 1), float, "C") + np.full((3, 1), x, order="C"))


@pytest.mark.parametrize("f", [stacked_flags, counts_with_an_axis, made_row_by_row])
def test_axes_that_counts_and_flags_are_given_are_axes(f: Any) -> None:
    check_against_oracle(f, (1.25,))
    assert np.ndim(grad(f)(1.25)) == 0


def told_apart(x):
    """Python's own functions give NumPy's numbers of NumPy's numbers."""
    kinds = (abs(x), round(x, 2), max(x, 1.0), sum([x, x]), pow(x, 2), x * 2.0, -x)
    numpys = [1.0 if isinstance(each, np.floating) else 0.0 for each in kinds]
    plain = [1.0 if type(each) is float else 0.0 for each in (float(x), math.fabs(x), abs(x))]
    boxed = 1.0 if hasattr(abs(x), "shape") else 0.0
    return sum(numpys) * x + 10.0 * sum(plain) * x + 100.0 * boxed * x


@pytest.mark.parametrize("x", [1.5, np.float64(1.5)], ids=repr)
def test_the_class_of_a_number_is_that_which_python_gives(x: Any) -> None:
    value, slope = value_and_grad(told_apart)(x)
    assert value == told_apart(x)
    assert slope == pytest.approx(value / x)
