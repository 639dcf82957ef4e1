"""Known traps of array code: aliases, views, repeated positions, what stands around a value."""

from __future__ import annotations

import functools
import linecache
import warnings
from typing import Any

import numpy as np
import pytest

from chainrule import ChainruleError, UnsupportedError, grad, hvp, jacobian, value_and_grad, vjp
from tests import oracle
from tests.test_array_fuzz import function_of
from tests.test_array_programs import X, check

# --- context managers ------------------------------------------------------------------------


def silent(x: Any) -> Any:
    with np.errstate(divide="raise", invalid="ignore"):
        y = np.log(x)
        if x[2] > 1.0:
            return np.sum(y)
        z = np.where(x > 0, y, 0.0)
    return np.sum(z**2)


def silent_in_a_loop(x: Any) -> Any:
    total = 0.0
    for k in range(len(x)):
        with np.errstate(divide="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            y = np.log(np.abs(x[k])) * 2
        total = total + y**2
    return total


@pytest.mark.parametrize("f", [silent, silent_in_a_loop])
def test_context_managers_of_numpy_stay_around_what_they_were_around(f: Any) -> None:
    check(f, X)
    check(f, 2.0 + X)
    df = value_and_grad(f)
    df(X)
    source = df.source
    value, _, derivative = source.partition("# line")
    assert "np.errstate(divide=" in value
    assert "np.errstate(divide=" in derivative
    with pytest.raises(FloatingPointError, match="divide by zero"):
        value_and_grad(silent)(0.0 * X)


# --- assignment through positions -------------------------------------------------------------


def last_write_wins(x: Any) -> Any:
    y = np.zeros(3)
    y[[0, 0, 1]] = x
    return np.sum(y**2 * np.array([1.0, 2.0, 3.0])) + y[0]


def last_write_wins_at_run_time(x: Any) -> Any:
    y = np.outer(x, x)
    k = np.argsort(-x) // 2
    y[k, k] = np.sin(x)
    y[k] += x
    return np.sum(y**2)


@pytest.mark.parametrize("f", [last_write_wins, last_write_wins_at_run_time])
def test_of_several_writes_to_one_position_the_last_counts(f: Any) -> None:
    check(f, X)


# --- views and aliases ------------------------------------------------------------------------


def chained_views(x: Any) -> Any:
    y = x * 2.0
    a = y[1:]
    b = a[::-1]
    b[0] += y[0]
    a *= 3.0
    return np.sum(y**2) + b[1]


def views_of_a_matrix(x: Any) -> Any:
    m = np.outer(x, x)
    t = m.T
    t[0] += x
    row = m[1]
    row[:] = row * t[2]
    m.reshape(-1)[::4] *= 2.0
    return np.sum(np.sin(m)) + row[0]


def two_names(x: Any) -> Any:
    a = b = x * x
    b += 1
    c = a
    c *= x
    return np.sum(a * b)


def doubles(y: Any) -> None:
    y *= 2.0
    y[0] = y[1] * y[2]


def helper_mutates_a_view(x: Any) -> Any:
    z = x + 1.0
    doubles(z)
    doubles(z[::-1])
    return np.sum(z**2)


def swapped_rows(x: Any) -> Any:
    m = np.outer(x, x + 1.0)
    m[0], m[1] = m[1].copy(), m[0].copy()
    m[[1, 2]] = m[[2, 1]]
    return np.sum(m * np.arange(9.0).reshape(3, 3))


def swapped_rows_through_views(x: Any) -> Any:
    # Without copies the second row is lost: m[1] has been written over when it is read.
    m = np.outer(x, x + 1.0)
    m[0], m[1] = m[1], m[0]
    return np.sum(m * np.arange(9.0).reshape(3, 3))


def buffered_and_unbuffered(x: Any) -> Any:
    y, z = np.zeros(3), np.zeros(3)
    y[[0, 0, 2]] += x
    np.add.at(z, [0, 0, 2], x)
    return np.sum(y * y) + np.sum(z * z * z)


def overlapping_sections(x: Any) -> Any:
    y = np.concatenate([x, x * x])
    y[1:] = y[:-1] * 2.0
    y[:-1] += y[1:]
    return np.sum(np.sin(y))


@pytest.mark.parametrize(
    "f",
    [chained_views, views_of_a_matrix, two_names, helper_mutates_a_view, swapped_rows,
     swapped_rows_through_views, buffered_and_unbuffered, overlapping_sections],
)  # fmt: skip
def test_views_and_aliases_mean_what_numpy_says(f: Any) -> None:
    check(f, X)


# --- integers ---------------------------------------------------------------------------------


def into_integers(x: Any) -> Any:
    y = np.zeros(3, dtype=int)
    y[0] = x[0] * 2.0
    return np.sum(y * x)


def into_integers_of_the_callers(x: Any, n: Any) -> Any:
    n[1:] = x[1:]
    return np.sum(n * x)


def test_a_float_is_not_put_into_an_integer_array() -> None:
    with pytest.raises(UnsupportedError, match="integer array"):
        grad(into_integers)(X)
    with pytest.raises(UnsupportedError, match="integer array"):
        grad(into_integers_of_the_callers)(X, np.arange(3))


def test_an_integer_array_is_not_differentiated_by() -> None:
    with pytest.raises(ChainruleError, match=r"astype|float"):
        grad(lambda n: np.sum(n * 2.0))(np.arange(3))


# --- singular points --------------------------------------------------------------------------


def pairwise_energy(x: Any) -> Any:
    points = np.outer(x, np.array([1.0, 2.0])) + np.array([[0.0, 1.0], [2.0, 0.5], [0.3, 0.2]])
    gaps = points[:, None, :] - points[None, :, :]
    distances = np.sqrt(np.sum(gaps**2, axis=-1))
    mask = ~np.eye(3, dtype=bool)
    return np.sum(1.0 / distances[mask])


def pairwise_energy_by_where(x: Any) -> Any:
    gaps = x[:, None] - x[None, :]
    squares = gaps**2
    distances = np.where(squares > 0.0, np.sqrt(np.where(squares > 0.0, squares, 1.0)), 0.0)
    return np.sum(np.where(distances > 0.0, np.log(np.where(distances > 0.0, distances, 1.0)), 0.0))


def masked_distances(x: Any) -> Any:
    distances = np.linalg.norm(x[:, None, None] - x[None, :, None], axis=-1)
    np.fill_diagonal(distances, 1.0)
    return np.sum(np.log(distances))


@pytest.mark.parametrize("f", [pairwise_energy, pairwise_energy_by_where, masked_distances])
def test_singular_points_that_are_masked_or_cancel_are_not_felt(f: Any) -> None:
    check(f, X)


def items(x: Any) -> Any:
    total = x[0].item() * x.item(1)
    for value in x.tolist():
        total += value**2
    return total * float(x[2]) * np.float64(x[1])


def product_with_zeros(x: Any) -> Any:
    y = x * np.array([1.0, 0.0, 0.0])
    return np.prod(x - x[0]) + np.prod(y + x) + np.prod(np.outer(x - x[1], x), axis=0)[1]


def running_product_with_zeros(x: Any) -> Any:
    return np.sum(np.cumprod(x - x[1]) * np.arange(1.0, 4.0)) + np.cumprod(x - x[0])[-1]


def early_break(x: Any) -> Any:
    product = 1.0
    for value in x - x[1]:
        product *= value
        if product == 0.0:
            break
    return product


@pytest.mark.parametrize("f", [items, product_with_zeros, running_product_with_zeros])
def test_numbers_taken_out_and_products_with_zeros(f: Any) -> None:
    check(f, X)
    check(f, np.array([0.5, 0.0, 1.5]))


def test_a_product_that_stops_at_zero_is_right_or_refuses_at_that_point() -> None:
    derivative = value_and_grad(early_break)
    try:
        _, gradient = derivative(X)
    except ChainruleError:
        return
    for path, verdict in oracle.gradient(early_break, (X,)).items():
        assert oracle.agrees(verdict, gradient[path[0]])


def powers_from_the_end(c: Any) -> Any:
    total = c[-1] * 0.0
    for i in range(1, len(c) + 1):
        total = c[-i] + total * 0.5
    return total


def rolled_by_a_count(x: Any, n: int = 2) -> Any:
    total = 0.0
    for k in range(n):
        total = total + np.sum(np.roll(x, k - 1) * np.arange(3.0))
    return total


@pytest.mark.parametrize("f", [powers_from_the_end, rolled_by_a_count])
def test_positions_and_counts_stay_ints(f: Any) -> None:
    check(f, X)
    gradient = value_and_grad(f)
    gradient(X)
    assert "float(" not in gradient.source


TURNED = ["np.flip(M)", "np.flipud(M)", "np.fliplr(M)", "np.rot90(M)", "np.rot90(M, 3)",
          "np.swapaxes(M, 0, 1)", "np.moveaxis(M, 0, 1)", "M.T", "M[::-1]"]  # fmt: skip


@pytest.mark.parametrize("view", TURNED)
def test_what_is_written_through_a_turned_view_stands_where_it_belongs(view: str) -> None:
    text = (
        f"def f(M, W):\n    v = {view}\n    v[0, 1] = 0.5 * v[1, 0]\n    return np.sum(M * M * W)\n"
    )
    file = f"<turned {view}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"np": np}
    exec(compile(text, file, "exec"), namespace)
    f = namespace["f"]
    M, W = np.arange(1.0, 7.0).reshape(2, 3) ** 1.5, np.arange(6.0).reshape(2, 3)
    given, written = M.copy(), M.copy()
    value, gradient = value_and_grad(f)(given, W)
    assert value == f(written, W)
    assert np.array_equal(given, written)
    for path, verdict in oracle.gradient(f, (M.copy(), W)).items():
        assert oracle.agrees(verdict, gradient[path[0]])


# --- one array under two names ----------------------------------------------------------------


def starts_a_loop_and_lives_on(a: Any, x: Any) -> Any:
    y = x.copy()
    z = y
    for _ in range(3):
        z = z + 0.1 * np.sin(z)
    return a * np.sum(z) * np.sum(y)


def starts_the_same_loop_again(a: Any, x: Any) -> Any:
    y = x.copy()
    total = 0.0
    for _ in range(2):
        z = y
        for _ in range(3):
            z = z + 0.1 * np.sin(z)
        total = total + np.sum(z)
    return a * total


@pytest.mark.parametrize("f", [starts_a_loop_and_lives_on, starts_the_same_loop_again])
def test_a_loop_that_binds_a_name_anew_does_not_write_to_what_it_began_with(f: Any) -> None:
    value, slope = value_and_grad(f)(2.0, X)
    assert value == f(2.0, X)
    assert slope == f(1.0, X)


def root_of_a_wide_array(x: Any) -> Any:
    return np.sin(np.sum(np.sqrt(1.5 + x[None, :] ** 2)))


def test_the_slope_of_a_root_has_the_shape_of_its_argument() -> None:
    x = np.array([0.3, -0.7, 1.1])
    slope = grad(root_of_a_wide_array, mode="reverse")(x)
    assert slope.shape == x.shape
    root = np.sqrt(1.5 + x**2)
    assert np.allclose(slope, np.cos(root.sum()) * x / root, rtol=1e-14)


def tuple_as_an_array_of_indices(x: Any) -> Any:
    y = x.copy()
    y[(0, 2),] = 2.0 * x[..., (1, 0)]
    return np.sum(y[(0, 2),] ** 2) + np.sum(x[[True, False, True]] ** 3)


def test_a_tuple_within_a_subscript_is_an_array_of_indices() -> None:
    check(tuple_as_an_array_of_indices, X)


def padded(p: Any, c: Any, n: Any) -> Any:
    if len(p) == 2:
        p = [p[0], p[1], 0.5]
    total = 0.0
    for k in range(n):
        if c > k:
            total += p[k] * p[2]
    if c > 0.0:
        return total + p[1] * n
    return p[0] ** 2


@pytest.mark.parametrize("c", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize("p", [np.array([0.7, 1.3]), np.array([0.7, 1.3, -0.4])])
def test_the_adjoint_of_a_list_that_only_one_branch_makes(p: Any, c: float) -> None:
    check(padded, p, c, 2)


SIGNS = {"plus": (0, 1), "minus": (1, -1)}


def of_dtypes(x: Any, w: Any, sign: str = "minus") -> Any:
    try:
        k, factor = SIGNS[sign]
    except KeyError:
        k, factor = sign
    y = x.astype(np.promote_types(w.dtype, "float64")) * np.sum(w, dtype=x.dtype)
    signs = np.where(w > 0.0, 1, -1)
    signs[k] = -3.0
    if not np.issubdtype(x.dtype, np.floating):
        return np.sum(y)
    return factor * np.sum(y.astype(np.result_type(int, x.dtype)) * signs)


def test_dtypes_are_known_and_joined() -> None:
    w = np.array([0.5, -1.0, 2.0])
    value, slope = value_and_grad(of_dtypes)(w + 1.0, w)
    assert oracle.same_bits(value, of_dtypes(w + 1.0, w))
    assert list(slope) == [-1.5, 4.5, -1.5]


DOUBLES = np.dtype(float)


def sum_in_doubles(x: Any) -> Any:
    return np.sum(x, dtype=DOUBLES)


def test_the_dtype_of_doubles_is_no_default() -> None:
    assert list(grad(sum_in_doubles)(X)) == [1.0] * len(X)
    with pytest.raises(UnsupportedError, match="`dtype` of"):
        grad(sum_in_doubles)(X.astype(np.float32))


def rows_with_an_axis_more(x: Any) -> Any:
    y = np.zeros((4, len(x)))
    for k in range(3):
        y[k] = np.atleast_2d(x * k)
    y[3:] = np.sin(x)[None, None] * y[2]
    return np.sum(y**2)


def test_what_is_written_into_a_part_may_have_more_axes_of_length_1() -> None:
    check(rows_with_an_axis_more, X)


def matrix_of_no_known_kind() -> Any:
    return eval("np.array([[1.0, 2.0], [3.0, 4.0]])")


def times_what_may_be_a_matrix(x: Any) -> Any:
    return np.sum(np.matmul(matrix_of_no_known_kind(), x[:, None]))


def test_what_may_be_a_matrix_is_not_taken_for_a_number() -> None:
    with pytest.raises(UnsupportedError):
        grad(times_what_may_be_a_matrix)(np.array([0.5, 2.0]))


def repeated_or_not(x: Any, y: Any, k: int) -> Any:
    part = x[0:k]
    return np.sum(np.sin(part * y)) + np.sum(np.where(y > 0.5, part, y)) * part[0]


def widened_by_its_first_step(x: Any, y: Any, k: int) -> Any:
    column = x.reshape((*x.shape, 1))
    low, high = column[-2], column[-1]
    for i in range(k):
        low, high = column[i] - high, low + high * y
    return np.sum(low + high * y)


def all_at_once(x: Any, y: Any, k: int) -> Any:
    part = np.outer(y, x)[:, 0:k]
    part = part * y + part
    return np.sum(part[None, :] * y**2)


def repeated_where_chosen(x: Any, y: Any, k: int) -> Any:
    chosen = np.where(y > 0.5, x[3 - k :], 1.0)
    return np.sum(chosen * y) + np.sum(np.where(y > 0.5, 2.0, x[3 - k :] ** 2))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("wrt", ["x", "y"])
@pytest.mark.parametrize(
    "f", [repeated_or_not, widened_by_its_first_step, all_at_once, repeated_where_chosen]
)
def test_the_run_tells_whether_an_array_was_repeated(f: Any, wrt: str, mode: str) -> None:
    x, y = np.array([0.5, 0.6, 0.8]), np.array([0.7, 0.4, 0.9])
    slope = grad(f, wrt=wrt, mode=mode)
    for k in (3, 1):
        found = slope(x, y, k)
        for at in range(3):
            verdict = oracle.derivative(f, (x, y, k), {}, wrt, ((at,),))
            assert oracle.agrees(verdict, found[at])


def test_a_length_is_read_from_the_argument_that_has_the_axis() -> None:
    def f(x: Any, weights: Any, low: int) -> Any:
        total = np.zeros((3, 4))
        for row in weights:
            total = total + row * (x @ x)[low : low + 3] ** 2
        return np.sum(total**2)

    rng = np.random.default_rng(0)
    x, weights = rng.normal(size=(4, 4)), rng.normal(size=(2, 4))
    slope = grad(f)
    for low in (0, 3):
        found = slope(x, weights, low)
        for at in np.ndindex(x.shape):
            verdict = oracle.derivative(f, (x, weights, low), {}, "x", (at,))
            assert oracle.agrees(verdict, found[at])
    asked = [line for line in slope.source.splitlines() if ".shape[0]" in line]  # type: ignore[attr-defined]
    assert asked
    assert not any("*" in line for line in asked)


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_slopes_that_are_felt_together_share_one_branch() -> None:
    def f(v: Any, h: Any) -> Any:
        rates = np.zeros(len(v))
        for i in range(1, len(v)):
            rates[i] = 3.0 * (v[i] / h[i] - v[i - 1] / h[i - 1])
        return np.sum(rates[np.array([0, 1, 2, 2])] ** 3)

    # The last rate, which is infinite, is not read.
    v, h = np.array([0.5, 0.6, 0.9, 1.4]), np.array([0.4, 0.3, 0.7, 0.0])
    slopes = grad(f, wrt=("v", "h"))
    found = slopes(v, h)
    for k in range(2):
        wanted = []
        for at in range(3):
            ends = []
            for step in (1e-5, -1e-5):
                moved = [v.copy(), h.copy()]
                moved[k][at] += step
                ends.append(f(*moved))
            wanted.append((ends[0] - ends[1]) / 2e-5)
        assert found[k] == pytest.approx([*wanted, 0.0], rel=1e-6, abs=1e-9)
    assert slopes.source.count("!= 0.0") == 1  # type: ignore[attr-defined]


def ones_of_no_known_kind(shape: Any) -> Any:
    return eval("np.ones(shape)", {"np": np, "shape": shape})


def stacked_with_what_may_be_an_array(x: Any) -> Any:
    return np.array([ones_of_no_known_kind(x.shape), x**2, x])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_entries_that_may_be_arrays_have_the_shape_of_the_others(mode: str) -> None:
    x, weights = np.array([0.5, 2.0]), np.arange(6.0).reshape(3, 2)
    for transform in (vjp, jacobian):
        if transform is vjp:
            found = vjp(stacked_with_what_may_be_an_array)(x, out_bar=weights)[1]
        else:
            found = np.einsum(
                "ij,ijk", weights, jacobian(stacked_with_what_may_be_an_array, mode=mode)(x)
            )
        assert found == pytest.approx(2.0 * x * weights[1] + weights[2])


def first_or_all(x: Any) -> Any:
    y = 2.0 * x
    return y[0] if y.size == 1 else y


def of_a_matrix_or_a_vector(x: Any) -> Any:
    if x.shape == (3, 3) or len(x) > 4:
        return x[:2].sum(axis=0)
    if x.shape != (2, 2):
        raise ValueError("neither")
    return np.eye(3) * x[0, 1]


@pytest.mark.parametrize(
    ("f", "shapes"),
    [
        (first_or_all, [(3,), (1,), (2, 2), (3,)]),
        (of_a_matrix_or_a_vector, [(3, 3), (2, 2), (5, 2)]),
    ],
)
def test_lengths_tell_which_kind_of_value_a_function_returns(f: Any, shapes: Any) -> None:
    product = vjp(f)
    for shape in shapes:
        x = np.linspace(0.5, 2.0, int(np.prod(shape))).reshape(shape)
        value = f(x)
        weights = np.cos(np.arange(np.size(value))).reshape(np.shape(value))
        found, adjoint = product(x, out_bar=weights if weights.shape else float(weights))
        assert oracle.same_bits(np.asarray(found), np.asarray(value))
        for at in np.ndindex(shape):
            moved = x.copy()
            moved[at] += 0.5
            assert adjoint[at] == pytest.approx(2.0 * np.sum(weights * (f(moved) - value)))


def test_a_gradient_that_a_branch_gives_is_no_array_of_the_callers() -> None:
    f = function_of("def f(x, y):\n    if x[0] > 0:\n        return np.sum(y)\n    return x @ y\n")
    x, y = np.array([-1.0, 2.0]), np.array([3.0, 4.0])
    for got in (grad(f)(x, y), value_and_grad(f)(x, y)[1]):
        assert np.array_equal(got, y)
        assert not np.shares_memory(got, y)


def test_a_gradient_may_be_written_to() -> None:
    f = function_of("def f(x, y):\n    return np.diag(x)[0] @ y\n")
    assert grad(f)(np.ones(2), np.array([3.0, 4.0])).flags.writeable
    g = function_of(
        "def f(x, M):\n    for row in M:\n        v = x\n        if x[-1] > 0.3:\n"
        "            return np.sum(v ** 2)\n    return np.sum(M ** 2)\n"
    )
    _, product = hvp(g)(np.ones(2) * 0.4, np.ones((3, 2)), x_dot=np.ones(2))
    assert np.array_equal(product, [2.0, 2.0]) and product.flags.writeable


def widened_in_turn(x, n):
    """Rows written column by column, the last of them from one entry: the run tells which."""
    table = np.zeros((2, n, n))
    for column in range(n):
        table[:, column, column] = x[:, column]
        table[:, column + 1 :, column] = x[:, column : n - 1]
    return np.sum(np.cos(table @ np.arange(1.0, n + 1.0)))


def test_what_is_read_before_it_is_cleared_is_copied_where_the_run_chooses() -> None:
    x = np.linspace(0.1, 0.8, 8).reshape(2, 4)
    slope = grad(widened_in_turn)(x, 3)
    for k in range(x.size):
        step = np.zeros(x.size)
        step[k] = 1e-6
        step = step.reshape(x.shape)
        difference = widened_in_turn(x + step, 3) - widened_in_turn(x - step, 3)
        assert abs(slope.flat[k] - difference / 2e-6) < 1e-7


def test_a_gradient_that_turns_out_to_be_an_argument_is_a_copy() -> None:
    f = function_of(
        "def f(x, y):\n    if x[0] > 0:\n        t = np.sum(x * y)\n    else:\n"
        "        t = x[0]\n    return t\n"
    )
    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    for got in (grad(f)(x, y), value_and_grad(f)(x, y)[1]):
        assert np.array_equal(got, y)
        assert not np.shares_memory(got, y)


@pytest.mark.parametrize("first", [-1.0, 1.0])
def test_a_gradient_is_no_array_that_a_branch_has_written_to(first: float) -> None:
    f = function_of(
        "def f(x, y):\n    if x[0] > 0:\n        y[0] = 3.5\n    return np.sum(x * y)\n"
    )
    x, y = np.array([first, 2.0]), np.array([3.0, 4.0])
    for got in (grad(f, mode="reverse")(x, y), value_and_grad(f)(x, y)[1]):
        assert np.array_equal(got, y)
        assert not np.shares_memory(got, y)


def oracle_of(f: Any, x: Any) -> Any:
    """The gradient by differences."""
    steps = 1e-5 * np.eye(len(x))
    return np.array([(f(x + step) - f(x - step)) / 2e-5 for step in steps])


def assert_agrees(f: Any, x: Any, expected: Any) -> None:
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(grad(f, mode=mode)(x), expected, rtol=1e-7)


@pytest.mark.parametrize(
    "text",
    [
        "x[np.arange(-2, 3)]",
        "x[np.arange(-n, n + 1)]",
        "x[range(-2, 3)]",
        "x[np.arange(2, -3, -1)]",
        "np.outer(x, x)[np.ix_(np.arange(-2, 3), [0, 1])]",
        "np.outer(x, x)[np.arange(-2, 3), 1]",
        "np.outer(x, x)[np.ix_([0, 0, 1], [0, 1])]",
    ],
)
def test_positions_that_meet_add_their_slopes(text: str) -> None:
    f = function_of(f"def f(x, n=2):\n    return np.sum({text} ** 2)\n")
    x = np.arange(1.0, 5.0)
    assert_agrees(f, x, oracle_of(f, x))


@pytest.mark.parametrize(
    "positions", ["np.setdiff1d(np.arange(4), [1])", "np.flatnonzero(x > 1.5)", "np.arange(1, 4)"]
)
def test_what_a_grid_of_distinct_positions_picks_is_written_and_not_added_one_by_one(
    positions: str,
) -> None:
    f = function_of(
        f"def f(x):\n    free = {positions}\n    matrix = np.outer(x, x)\n"
        "    return np.sum(matrix[np.ix_(free, free)] ** 2)\n"
    )
    x = np.arange(1.0, 5.0)
    assert_agrees(f, x, oracle_of(f, x))
    assert "np.add.at" not in grad(f).source


def stiffness(bars, x):
    """Blocks of a matrix, picked by slices that have names."""
    matrix = np.eye(6)
    for (i, j), v in zip(bars, x, strict=True):
        first, second = slice(2 * i, 2 * i + 2), slice(2 * j, 2 * j + 2)
        matrix[first, first] += v * v
        matrix[first, second] -= v
        matrix[second, first] -= v
    last = slice(-2, None)
    return np.linalg.det(matrix[last, last] + matrix[:2, :2])


def test_slices_may_have_names() -> None:
    bars, x = np.array([[0, 1], [1, 2], [0, 2]]), np.array([0.5, 0.7, 1.1])
    f = functools.partial(stiffness, bars)
    slope = grad(stiffness, wrt="x")
    np.testing.assert_allclose(slope(bars, x), oracle_of(f, x), rtol=1e-7)
    assert "matrix[twice:" in slope.source


def test_slices_of_lists_may_have_names() -> None:
    def part(xs: list[float], n: int) -> float:
        tail = slice(n, None)
        return sum(x * x for x in xs[tail]) * xs[slice(0, n)][0]

    xs = [1.0, 2.0, 3.0, 4.0]
    assert grad(part)(xs, 2) == [25.0, 0.0, 6.0, 8.0]


def test_slopes_in_loops_use_the_values_that_f_has_computed() -> None:
    def anomaly(E: Any, e: float, n: int) -> Any:
        for _ in range(n):
            E = E - e * np.sin(E) / (1 - e * np.cos(E))
        return np.sum(E)

    E = np.array([0.1, 0.2])
    slope = grad(anomaly, wrt="e", mode="reverse")
    step = (anomaly(E, 0.3 + 1e-6, 3) - anomaly(E, 0.3 - 1e-6, 3)) / 2e-6
    assert slope(E, 0.3, 3) == pytest.approx(step, rel=1e-7)
    assert slope.source.count("np.sin(") == slope.source.count("np.cos(") == 2


def listed(x: Any, n: int) -> Any:
    return np.sum(x[[k for k in range(n)]] ** 2) + x[0]  # noqa: C416


def listed_and_written(x: Any, n: int) -> Any:
    places = []
    for k in range(n):
        places.append(k)
    y = x * x
    y[places] *= x[places]
    return np.sum(y)


def listed_columns(x: Any, n: int) -> Any:
    places = [k for k in range(n) if k != 1]
    return np.sum(np.outer(x, x)[:, places]) + x[0]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [listed, listed_and_written, listed_columns])
def test_an_empty_list_of_places_is_one_of_ints(f: Any, mode: str) -> None:
    x = np.array([1.3, -0.7, 2.1])
    for n in (2, 0):
        value, slope = value_and_grad(f, mode=mode)(x, n)
        assert value == f(x, n)
        steps = 1e-6 * np.eye(3)
        expected = [(f(x + step, n) - f(x - step, n)) / 2e-6 for step in steps]
        np.testing.assert_allclose(slope, expected, rtol=1e-7)


IN_ORDER_OF_MEMORY = [
    "x.flatten('K')",
    "x.T.flatten(order='K')",
    "(2.0 * x).T.flatten('A')",
    "x.T.copy('K').ravel('K')",
    "(2.0 * x).T.copy(order='K').ravel('A')",
    "x.T.copy(order='C').ravel('K')",
    "np.copy(x.T, 'C').ravel(order='K')",
    "np.copy(x.T, 'K').flatten('A')",
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("text", IN_ORDER_OF_MEMORY)
def test_entries_in_the_order_of_memory(text: str, order: Any, mode: str) -> None:
    f = function_of(f"def f(x):\n    return np.arange(1.0, 13.0) @ {text}\n")
    units = [np.array(each.reshape(3, 4), order=order) for each in np.eye(12)]
    slope = grad(f, mode=mode)
    for _ in range(2):
        # It is linear: its slopes are its values at the units.
        found = slope(np.array(np.ones((3, 4)), order=order))
        np.testing.assert_array_equal(found.ravel(), [f(each) for each in units])


@pytest.mark.parametrize("text", ["np.array(x, order='F')", "np.asarray(x, order='F')"])
def test_what_is_made_of_columns_is_not_taken_for_rows(text: str) -> None:
    f = function_of(f"def f(x):\n    return np.arange(6.0) @ np.exp({text}).ravel(order='K')\n")
    with pytest.raises(UnsupportedError, match="order of memory, which is not known"):
        grad(f)(np.ones((2, 3)))


OF_ANOTHER_MANNER = {
    "dtype": [
        "np.exp(x, dtype=np.float32)",
        "np.mean(x.astype(np.float32), dtype=float)",
        "np.exp(x.astype(np.float32).sum(), dtype=float)",
        "np.stack([x, x], dtype=np.float32, casting='same_kind')",
        "np.mean(x.astype(np.float16), dtype=np.float16)",
        "np.logspace(0, 1, 3, dtype=int) @ x.T",
    ],
    "casting": ["np.add(x, 1, casting='no')", "np.hstack([x, x > 0], casting='no')"],
    "order": ["np.zeros((2, 3), order='F') + x", "np.exp(x, order='F')"],
    "rcond": ["np.linalg.pinv(x, 0.3)", "np.linalg.lstsq(x, np.ones(2), rcond=0.3)[0]"],
}


@pytest.mark.parametrize(
    "name, text", [(name, text) for name, texts in OF_ANOTHER_MANNER.items() for text in texts]
)
def test_a_keyword_that_changes_the_numbers_is_refused_by_its_name(name: str, text: str) -> None:
    f = function_of(f"def f(x):\n    return np.sum({text})\n")
    with pytest.raises(UnsupportedError, match=f"`{name}`"):
        grad(f)(np.arange(6.0).reshape(2, 3) + 0.1)


def test_what_a_decorated_function_of_scipy_is_called_with_is_not_looked_up_in_another() -> None:
    import scipy.stats

    if not hasattr(scipy.stats.differential_entropy, "__wrapped__"):
        pytest.skip("this version of SciPy does not decorate it")
    f = function_of(
        "def f(x):\n    import scipy.stats\n    return scipy.stats.differential_entropy(x)\n"
    )
    with pytest.raises(
        UnsupportedError, match=r"cannot differentiate through `scipy.stats.differential_entropy`"
    ):
        grad(f)(np.array([1.0, 2.0, 0.5]))


def blocks(x: Any, n: int = 3) -> Any:
    import scipy.linalg

    rows = [x[0]] * n
    rows[1] = rows[1] * 2.0
    whole = scipy.linalg.block_diag(*[x] * n)
    return np.sum(np.stack([x] * n, axis=n - 1) ** 3) + np.sum(whole**2) + rows[0] @ rows[1]


def filtered(theta: Any, seen: Any) -> Any:
    turn = np.array([[theta[0], 0.5], [0.2, theta[1]]])
    mean, spread = theta[2:4], theta[4:6]
    alpha = np.array([0.5, 0.5])
    for y in seen:
        alpha = (alpha @ turn) * np.exp((y - mean) / 3.0) / spread
    return np.log(alpha.sum())


def test_the_bounds_of_a_slice_are_not_taken_for_its_length() -> None:
    check(filtered, np.array([0.5, 0.8, 0.1, 0.4, 1.1, 1.3]), np.array([0.3, 1.0, -0.4]))


def gates(w: Any, seen: Any) -> Any:
    state = np.zeros(len(w) // 4)
    for x in seen:
        keep, take, give, new = np.split(w * x + 0.1, 4)
        state = np.tanh(keep) * state + take * np.sin(new)
        state = state * np.cos(give)
    return state @ state


def test_equal_parts_are_not_taken_for_ones_that_are_repeated() -> None:
    seen = np.array([0.3, -0.8, 1.2])
    derivative = value_and_grad(gates)
    for size in (8, 4, 12):
        check(gates, np.linspace(0.2, 1.4, size), seen, derivative=derivative)
    derivative = value_and_grad(gates)
    derivative(np.linspace(0.2, 1.4, 8), seen)
    assert "keepdims" not in derivative.source


@pytest.mark.parametrize("split", [np.split, np.hsplit, np.vsplit])
def test_what_does_not_split_into_equal_parts_raises(split: Any) -> None:
    def apart(x: Any) -> Any:
        first, last = split(x, 2)
        return np.sum(first**2) + np.sum(last)

    x = np.arange(8.0).reshape(4, 2) if split is not np.split else np.arange(4.0)
    derivative = value_and_grad(apart)
    check(apart, x, derivative=derivative)
    odd = np.arange(15.0).reshape(3, 5) if x.ndim == 2 else np.arange(5.0)
    with pytest.raises(ValueError, match="array split does not result in an equal division"):
        derivative(odd)


def slid(kernel: Any, image: Any) -> Any:
    out = np.zeros((image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            seen = image[i : i + kernel.shape[0], j : j + kernel.shape[1]]
            out[i, j] = np.sum(seen * kernel)
    return np.sum(np.tanh(out))


def test_windows_within_an_image_are_as_long_as_the_kernel() -> None:
    image = np.sin(np.arange(20.0)).reshape(4, 5)
    derivative = value_and_grad(slid, wrt=1)
    check(slid, np.array([[1.0, 0.5], [-0.3, 2.0]]), image, wrt=1, derivative=derivative)
    check(slid, np.ones((1, 1)), image, wrt=1)
    check(slid, np.ones((4, 3)), image, wrt=1, derivative=derivative)
    assert "keepdims" not in derivative.source


def test_an_array_may_stand_in_a_list_several_times() -> None:
    x = np.arange(6.0).reshape(2, 3) / 3 + 0.1
    steps = 1e-6 * np.eye(6).reshape(6, 2, 3)
    expected = [(blocks(x + step) - blocks(x - step)) / 2e-6 for step in steps]
    np.testing.assert_allclose(grad(blocks)(x).ravel(), expected, rtol=1e-7)


@pytest.mark.parametrize("text", ["rows[0][0] = 5.0", "y[0] = 5.0"])
def test_an_array_that_stands_in_a_list_several_times_is_not_written_to(text: str) -> None:
    f = function_of(
        f"def f(x):\n    y = x * 2\n    rows = [y] * 2\n    {text}\n    return sum(rows[1])\n"
    )
    with pytest.raises(UnsupportedError, match="written to after it was put into another"):
        grad(f)(np.array([1.0, 2.0]))


def test_an_array_that_is_not_copied_is_the_argument_itself() -> None:
    def f(x: Any) -> Any:
        y = x.astype(float, copy=False)
        y[0] = 5.0 * y[1]
        return x.sum()

    np.testing.assert_array_equal(grad(f)(np.array([1.0, 2.0, 3.0])), [0.0, 6.0, 1.0])


def test_an_order_of_memory_that_is_not_known_is_refused() -> None:
    def f(x: Any) -> Any:
        return np.arange(6.0) @ x[:, ::2].flatten("K")

    with pytest.raises(UnsupportedError, match="order of memory, which is not known"):
        grad(f)(np.ones((3, 4)))


def compartments(x: Any) -> Any:
    named = dict(zip(("S", "E", "I"), x.T, strict=False))
    return named["I"].max() + named["S"][0] ** 2 * named["E"][1]


def margins_of_a_kernel(x: Any) -> Any:
    kernel = np.array([[1.0, -2.0, 0.5]])
    rows, columns = kernel.shape
    y = np.pad(x, ((rows // 2, x.shape[0] - 1), (columns // 2,) * 2), mode="edge")
    return np.sum(y[:, 1:] ** 2 * np.arange(1.0, y.shape[1]))


@pytest.mark.parametrize("f", [compartments, margins_of_a_kernel])
def test_what_lengths_decide_is_known_in_the_call_for_which_the_code_is_made(f: Any) -> None:
    slope = grad(f)
    for rows in (2, 4):
        x = np.sin(np.arange(3.0 * rows)).reshape(rows, 3)
        steps = 1e-6 * np.eye(x.size).reshape(x.size, *x.shape)
        expected = [(f(x + step) - f(x - step)) / 2e-6 for step in steps]
        np.testing.assert_allclose(slope(x).ravel(), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("np.sum(np.multiply.reduceat(x**2, [0, 2]) * [1, 2])", "np.multiply.reduceat"),
        ("np.subtract.reduce(x**2)", "np.subtract.reduce"),
        ("np.polynomial.polynomial.polyroots(x) @ [1, 2]", "polynomial.polyroots"),
    ],
)
def test_what_is_not_understood_is_named_whatever_is_done_with_it(text: str, name: str) -> None:
    f = function_of(f"def f(x):\n    return {text}\n")
    with pytest.raises(UnsupportedError, match=f"differentiate through `[a-z.]*{name}`"):
        grad(f)(np.array([1.0, 2.0, 0.5]))


def in_place_of_parts(x: Any) -> Any:
    y = x * 1.5
    for _ in range(3):
        y[2:] = np.where(x > 1.042, y, x + 2.0)[2:]
    for _ in range(9):
        x[[0, 2]] += (x * y)[[1, 3]]
    head = (np.concatenate([x[:2], y[1:3]]) - y)[:2]
    rest = np.concatenate([np.concatenate([y, x]), x])[1:3]
    np.multiply(x, np.concatenate([head, rest]), out=x)
    return np.sum(x)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_two_arrays_that_are_needed_at_once_have_two_names(mode: str) -> None:
    x = np.array([0.8137, 0.3371, 1.2519, -0.4243])
    measured = oracle.gradient(in_place_of_parts, (x,)).values()
    assert all(map(oracle.agrees, measured, grad(in_place_of_parts, mode=mode)(x.copy())))


def entry_of_a_slice(x: Any, n: int) -> Any:
    part, total = x[1:], 0.0
    for k in range(n):
        total += part[2] * (k + x[0])
    return total + sum([q * part[0] for q in x])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_an_entry_of_a_slice_that_a_loop_reads_is_felt(mode: str) -> None:
    x = np.array([0.8137, 0.3371, 1.2519, -0.4243])
    measured = oracle.gradient(entry_of_a_slice, (x, 9)).values()
    assert all(map(oracle.agrees, measured, grad(entry_of_a_slice, mode=mode)(x, 9)))


# --- entries that a mask writes over -----------------------------------------------------------


def sinc(x: Any) -> Any:
    y = np.sin(x) / x
    y[x == 0.0] = 1.0
    return np.sum(y * y)


def inverse(x: Any) -> Any:
    y = 1.0 / x + 1.0
    y[np.isinf(y)] = 0.0
    return np.sum(np.exp(y))


def entropy(x: Any) -> Any:
    terms = x * np.log(x)
    terms[np.isnan(terms)] = 0.0
    return -np.sum(terms)


def directions(x: Any) -> Any:
    rows = np.stack([x, x * x], axis=1)
    lengths = np.sqrt(np.sum(rows**2, axis=1))
    rows = rows / lengths[:, None]
    rows[lengths == 0.0] = 0.0
    return np.sum(rows[:, 0] * rows[:, 1])


@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value):RuntimeWarning")
@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [sinc, inverse, entropy, directions])
def test_entries_that_a_mask_writes_over_are_not_felt(f: Any, mode: str) -> None:
    x = np.array([0.75, 0.0, 2.5])
    value, slope = value_and_grad(f, mode=mode)(x)
    assert value == f(x)
    rest = x[[0, 2]]
    expected = grad(f, mode="forward")(rest)
    for k, place in enumerate((0, 2)):
        assert oracle.agrees(oracle.derivative(f, (rest,), {}, "x", ((k,),)), expected[k])
        assert slope[place] == pytest.approx(expected[k], rel=1e-13)
    assert slope[1] == 0.0
