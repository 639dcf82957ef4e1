"""What annotations and kinds tell of parameters when there is no argument yet."""

from __future__ import annotations

import linecache
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Optional

import numpy as np
import numpy.typing as npt
import pytest

from chainrule import ArgumentError, UnsupportedError, grad, jacobian, jvp, vjp
from chainrule.emit.module import render
from chainrule.transforms.derive import derive
from tests.differences import along

Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]


@dataclass
class Model:
    weights: Matrix
    bias: float


def of_matrix(x: Matrix):
    return np.sum(x @ x.T)


def of_shaped(x: "Float[np.ndarray, 'n 1']"):  # noqa: F722, F821, UP037
    return np.sum(x * x)


def of_model(model: Model):
    return np.sum(model.weights) * model.bias


def of_pair(pair: tuple[float, float]):
    return pair[0] * pair[1]


def of_list(xs: list[Matrix]):
    return sum(np.sum(x * x) for x in xs)


def of_array(x: npt.NDArray[np.float32]):
    return np.sum(x * x)


def of_dict(p: dict[str, float]):
    return p["a"] * p["b"]


def plain(xs, n):
    return sum(np.sum(x * x) for x in xs) * n


def source(function, **kinds):
    return render(derive(function, "grad", kinds=kinds or None), target="math").source


def test_shapes_of_annotations_are_known():
    assert "x @ x" in source(of_matrix)
    assert "2.0 * x" in source(of_shaped)
    assert "np.zeros_like(row) for row in xs" in source(of_list)


def test_containers_of_known_layout_are_laid_out_as_they_are():
    assert "return pair[1], value" in source(of_pair)
    assert "Model(" in source(of_model)


@pytest.mark.parametrize(
    ("function", "remedy"),
    [(of_array, r'--arg "x=float\[n\]"'), (of_dict, r'--arg "p=\{a: float')],
)
def test_what_annotations_leave_open_is_asked_for(function, remedy):
    with pytest.raises(ArgumentError, match=remedy):
        derive(function, "grad")


def test_kinds_of_containers_are_understood():
    assert "2.0 * x" in source(of_array, x="float32[n]")
    assert 'return {"a": ' in source(of_dict, p="{a: float, b: float}")
    assert "enumerate(xs)" in source(plain, xs="list[float[n]]", n="int")
    assert "return pair[1], value" in source(of_pair, pair="tuple[float, float]")


def test_functions_that_are_called_are_specialised_on_their_arguments():
    x = np.array([[1.0, 2.0]])
    assert np.array_equal(grad(of_matrix)(x), 2.0 * x)
    assert np.array_equal(grad(of_array)(x[0].astype("float32")), 2.0 * x[0])
    assert grad(of_dict)({"a": 2.0, "b": 3.0}) == {"a": 3.0, "b": 2.0}
    assert grad(of_pair)((2.0, 3.0)) == (3.0, 2.0)
    slopes = grad(of_model)(Model(x, 2.0))
    assert np.array_equal(slopes.weights, np.full((1, 2), 2.0))
    assert slopes.bias == 3.0


def of_words(words: list[str], x: float):
    total = 0.0
    for word in words:
        total += x * x if word == "square" else x
    return total


def of_powers(exponents: list[int], x: float):
    return sum(x**n for n in exponents)


def of_rows(rows: list[list[float]], x: list[float]):
    total = 0.0
    for row in rows:
        for a, b in zip(row, x, strict=False):
            total += a * b
    return total


def written(function, wrt):
    """The derivative as it is written before there are arguments."""
    namespace = {}
    text = render(derive(function, "value_and_grad", wrt=wrt), target="math").source
    exec(compile(text, "<written>", "exec"), namespace)
    return namespace[f"value_and_grad_{function.__name__}"]


def test_texts_in_an_annotated_list_are_compared_when_the_module_is_run():
    made = written(of_words, "x")
    for words in (["square", "plain", "square"], ["plain"], []):
        value, slope = made(words, 3.0)
        assert value == of_words(words, 3.0)
        assert slope == sum(6.0 if word == "square" else 1.0 for word in words)


def test_integers_in_an_annotated_list_have_no_fractions():
    made = written(of_powers, "x")
    assert made([0, 1, 3], 2.0) == (11.0, 13.0)
    assert made([0, 1], 0.0) == (1.0, 1.0)


def test_rows_of_an_annotated_list_are_lists():
    made = written(of_rows, ("rows", "x"))
    value, (rows_bar, x_bar) = made([[1.0, 2.0], [3.0, 4.0]], [5.0, 6.0])
    assert value == 56.0
    assert rows_bar == [[5.0, 6.0], [5.0, 6.0]]
    assert x_bar == [4.0, 6.0]


def chosen(kind, x: float):
    return x * x if kind == "square" else x


def doubled(kind, x):
    return 2.0 * x if kind == "double" else x


def test_a_parameter_that_is_compared_with_a_text_is_one():
    made = written(chosen, "x")
    assert made("square", 3.0) == (9.0, 6.0)
    assert made("plain", 3.0) == (3.0, 1.0)


def of_kinds(kinds, x: float):
    return sum(x if kind == "single" else 2.0 * x for kind in kinds)


def of_doubled(kind, x: float):
    return doubled(kind, x)


@pytest.mark.parametrize("function", [of_kinds, of_doubled])
def test_a_number_that_is_compared_with_a_text_is_not_guessed(function):
    with pytest.raises(UnsupportedError, match="nothing tells the kind of `kind"):
        derive(function, "grad", wrt="x")
    # Who tells, or gives arguments, is asked nothing.
    name = function.__code__.co_varnames[0]
    kind = "list[str]" if function is of_kinds else "str"
    derive(function, "grad", wrt="x", kinds={name: kind})
    given = ["single", "double"] if function is of_kinds else "double"
    assert grad(function, wrt="x")(given, 5.0) == (3.0 if function is of_kinds else 2.0)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="`type` statements came with Python 3.12")
def test_an_alias_is_what_it_stands_for():
    names = {"np": np}
    text = """
type Rows[T] = np.ndarray[tuple[int, int], np.dtype[T]]
type Real = float

def of_rows(x: Rows[np.float64], scale: Real):
    return np.sum(x @ x.T) * scale
"""
    linecache.cache["aliases.py"] = (len(text), None, text.splitlines(keepends=True), "aliases.py")
    exec(compile(text, "aliases.py", "exec", dont_inherit=True), names)
    assert "x @ x" in source(names["of_rows"])


def between(p0: float, p1: float, t: float) -> float:
    return p0 + (p1 - p0) * t


def product(x: float, c: float) -> float:
    return x * c


def test_what_is_annotated_as_a_float_may_be_an_array():
    ends, t = np.array([1.0, 4.0, 2.0]), np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
    weights = np.arange(6.0).reshape(2, 3)
    value, adjoint = vjp(between, wrt="p1")(0.5, ends, t, weights)
    np.testing.assert_array_equal(value, between(0.5, ends, t))
    np.testing.assert_allclose(adjoint, (weights * t).sum(axis=0), rtol=1e-15)
    _, slopes = jvp(between, wrt="p0")(0.5, ends, t, 1.0)
    np.testing.assert_allclose(slopes, 1.0 - t, rtol=1e-15)
    c = np.array([3.0, 5.0])
    np.testing.assert_array_equal(jacobian(product, wrt="c")(2.0, c), 2.0 * np.eye(2))
    with pytest.raises(ArgumentError, match="returns an array"):
        grad(product)(2.0, c)
    assert grad(product)(2.0, 3.0) == 3.0


def risen(x: float, n: int) -> float:
    return x**n + x * n


def test_what_is_annotated_as_an_int_may_be_an_array():
    n = np.array([1, 2, 3])
    slopes = n * 2.0 ** (n - 1) + n
    value, adjoint = vjp(risen)(2.0, n, np.array([1.0, -2.0, 0.5]))
    np.testing.assert_array_equal(value, risen(2.0, n))
    assert adjoint == pytest.approx(slopes @ [1.0, -2.0, 0.5], rel=1e-15)
    np.testing.assert_allclose(jvp(risen)(2.0, n, 1.0)[1], slopes, rtol=1e-15)
    np.testing.assert_allclose(jacobian(risen)(2.0, n), slopes, rtol=1e-15)
    assert grad(risen)(2.0, 3) == 15.0


def in_radians(x: float, p: float) -> float:
    return np.deg2rad(x) * p


def counted(n: int, p: float) -> float:
    return np.sum(n) * p


def test_what_is_annotated_as_a_number_may_be_a_list():
    x, bar = [10.0, 20.0, -5.0], np.array([1.0, -2.0, 0.5])
    value, adjoint = vjp(in_radians, "p")(x, 3.0, bar)
    np.testing.assert_array_equal(value, in_radians(x, 3.0))
    assert adjoint == pytest.approx(np.deg2rad(x) @ bar, rel=1e-15)
    assert vjp(in_radians)(x, 3.0, bar)[1] == pytest.approx(list(np.deg2rad(3.0) * bar), rel=1e-15)
    assert vjp(in_radians, "p")((10.0, 20.0), 3.0, bar[:2])[1] == pytest.approx(
        np.deg2rad(-30.0), rel=1e-14
    )
    assert grad(in_radians)(5.0, 3.0) == np.deg2rad(3.0)
    derivative = grad(counted, "p")
    for n in ([1, 2, 3], 4, (2, 5), True):
        assert derivative(n, 2.0) == np.sum(n)


def of_mean(x):
    return np.mean(x**2)


def of_spread(x, scale=2.0):
    return np.std(scale * x)


def of_a_method(s, x):
    return s * np.exp(x).sum()


def of_length(x):
    return np.max(x) / np.size(x)


def of_product(x, A):
    return np.dot(x, A @ x)


def of_helper(x):
    return 2.0 * of_mean(x)


UNTOLD = [of_mean, of_spread, of_a_method, of_length, of_product, of_helper]


@pytest.mark.parametrize("function", UNTOLD, ids=lambda f: f.__name__)
def test_what_looks_at_a_whole_array_is_not_guessed_to_be_given_a_number(function):
    # The mean of a number is the number: its slope would be wrong for every array.
    with pytest.raises(UnsupportedError, match=r"nothing tells whether .*`x`") as refused:
        derive(function, "grad", kinds={})
    assert "float[n]" in str(refused.value)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    kinds = {"x": "float[n]", "A": "float[n,n]", "s": "float", "scale": "float"}
    point = {"x": np.array([0.5, 1.5]), "A": np.eye(2), "s": 2.0, "scale": 2.0}
    module: dict[str, object] = {}
    exec(source(function, **{name: kinds[name] for name in names}), module)
    made = module[f"grad_{function.__name__}"]
    at = [point[name] for name in names]
    place = 0 if names[0] == "x" else None
    found = made(*at)
    for i in (0, 1) if place == 0 else (None,):
        expected, _ = along(lambda h, i=i: function(_moved(at[0], i, h), *at[1:]))
        assert (found if i is None else found[i]) == pytest.approx(float(expected), rel=1e-8)


def _moved(value, i, h):
    if i is None:
        return value + h
    moved = value.copy()
    moved[i] += h
    return moved


def of_attributes(x):
    return x.sum()


def of_columns(x):
    return x[0, 1] * x[1, 0]


def of_an_entry(x):
    return x["rate"] ** 2


def of_pairs(x, scale):
    return scale * sum(a * b for a, b in x)


def of_unnamed_rows(x):
    total = 0.0
    for row in x:
        for entry in row:
            total += entry * entry
    return total


@pytest.mark.parametrize("function", [of_pairs, of_unnamed_rows])
def test_rows_and_pairs_that_nothing_tells_of_are_asked_for(function):
    with pytest.raises(UnsupportedError, match=r"nothing tells what `x`.* is"):
        derive(function, "grad", kinds={})
    # A call shows what they are.
    x = [(0.5, 2.0), (1.5, -1.0)]
    args = (x, 2.0) if function is of_pairs else (x,)
    found = grad(function)(*args)
    for i in (0, 1):

        def moved(h, i=i):
            return [(a + h * (k == i), b) for k, (a, b) in enumerate(x)]

        expected, _ = along(lambda h, moved=moved: function(moved(h), *args[1:]))
        assert found[i][0] == pytest.approx(float(expected), rel=1e-8)


@pytest.mark.parametrize("function", [of_attributes, of_columns, of_an_entry])
def test_what_is_used_as_no_number_is_asked_for(function):
    with pytest.raises(ArgumentError, match="nothing tells what parameter `x` is"):
        derive(function, "grad", kinds={})


SCALE = 2.0


def scaled_entries(u: npt.NDArray[np.float64]) -> float:
    total = 0.0
    for i in range(len(u)):
        total += SCALE * u[i] ** 2
    return total


def test_a_compiled_derivative_that_watches_its_module_knows_its_annotations() -> None:
    pytest.importorskip("numba")
    slope = grad(scaled_entries, target="numba")
    np.testing.assert_array_equal(slope(np.array([1.0, 2.0])), [4.0, 8.0])
    assert "u: NDArray[np.float64]" in slope.source


if TYPE_CHECKING:
    from somewhere_else import Solver


@dataclass
class Pump:
    """A field whose annotation is known to type checkers only."""

    head: float
    solver: Solver | None = None


@dataclass
class Limited:
    """A field that may be None."""

    head: float
    limit: Optional[float] = None  # noqa: UP045


def power_of(flow: float, pump: Pump) -> float:
    """It reads fields."""
    return flow * flow * pump.head


def raised(flow: float, pump: Limited) -> float:
    """It makes another."""
    return replace(pump, head=flow).head ** 2


def test_an_annotation_that_only_type_checkers_can_read_tells_nothing() -> None:
    assert "pump.head" in render(derive(power_of, wrt="flow"), target="math").source
    assert grad(power_of)(3.0, Pump(2.0)) == 12.0


def test_a_dataclass_with_a_field_that_may_be_none_is_asked_for_as_a_whole() -> None:
    with pytest.raises(UnsupportedError, match="`pump`, of which nothing tells all fields"):
        derive(raised, wrt="flow", kinds={})
    assert grad(raised)(3.0, Limited(2.0)) == 6.0
