"""Arrays written over by derivative code: never one that is still needed, or somebody else's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian, hvp, value_and_grad
from tests import differences, oracle


def sigmoid_loss(z: Any, y: Any) -> Any:
    s = z * 1.0
    return np.sum(np.logaddexp(0.0, s) - y * s)


def dead_array_under_a_view(z: Any, y: Any) -> Any:
    s = z * y
    head = s[1:]
    return np.sum(np.exp(s)) + np.sum(head**3)


def array_in_a_list(z: Any, y: Any) -> Any:
    s = z * y
    kept = [s, y]
    return np.sum(np.exp(s)) * np.sum(kept[0] ** 2)


def transposed_beside_itself(z: Any, y: Any) -> Any:
    A = np.outer(z, y)
    return np.sum(np.exp(A) * A.T)


def second_name(z: Any, y: Any) -> Any:
    s = z * y
    t = s
    return np.sum(np.exp(s)) + np.sum(np.sin(t))


def slice_of_length_1(z: Any, y: Any) -> Any:
    total = 0.0
    for k in range(1, 4):
        s = np.exp(z[:k] * 2.0)
        total = total + np.sum(s * y[:k])
    return total


def repeated_slice(z: Any, y: Any) -> Any:
    total = 0.0
    for k in range(1, 2):
        s = np.exp(z[:k] * 2.0)
        total = total + np.sum(s * y / s)
    return total


def carried_through_a_loop(z: Any, y: Any) -> Any:
    s = z * 1.0
    for _ in range(3):
        t = np.exp(-s)
        s = 1.0 / (1.0 + t) * y
    return np.sum(s * s)


def both_sides_of_a_branch(z: Any, y: Any) -> Any:
    s = z * y
    if z[0] > 0.0:
        return np.sum(np.exp(s) / 3.0)
    return np.sum(np.exp(-s))


def viewed_by_einsum(z: Any, y: Any) -> Any:
    A = np.outer(z, y)
    d = np.einsum("ii->i", A)
    turned = np.einsum("ij->ji", A)
    return np.sum(np.exp(d)) + np.sum(np.exp(turned) * np.exp(A) * z)


def contracted(z: Any, y: Any) -> Any:
    A = np.outer(z, y)
    squares = np.sum(A * A, axis=1, keepdims=True)
    B = A * (1.0 + squares)
    return np.sum((np.exp(z)[:, None] * B - y) ** 2)


PROGRAMS = (
    sigmoid_loss, dead_array_under_a_view, array_in_a_list, transposed_beside_itself,
    second_name, slice_of_length_1, repeated_slice, carried_through_a_loop,
    both_sides_of_a_branch, viewed_by_einsum, contracted,
)  # fmt: skip


def by_differences(f: Callable[..., Any], z: Any, y: Any) -> Any:
    """Central differences with Richardson's extrapolation, on copies of the arguments."""
    found = np.empty_like(z)
    for k in range(len(z)):
        slopes = []
        for h in (1e-3, 5e-4):
            up, down = z.copy(), z.copy()
            up[k] += h
            down[k] -= h
            slopes.append((f(up, y.copy()) - f(down, y.copy())) / (2.0 * h))
        found[k] = (4.0 * slopes[1] - slopes[0]) / 3.0
    return found


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_writing_over_dead_arrays_changes_no_result(program: Callable[..., Any]) -> None:
    z, y = np.array([0.3, -0.7, 1.1, 0.2]), np.array([0.5, 0.9, -0.4, 1.3])
    value, slope = value_and_grad(program)(z, y)
    assert value == program(z, y)
    assert np.allclose(slope, by_differences(program, z, y), rtol=1e-8, atol=1e-9)
    # Twice, in case the first call has written over something that lives on.
    assert np.array_equal(value_and_grad(program)(z, y)[1], slope)
    assert np.array_equal(z, [0.3, -0.7, 1.1, 0.2])
    assert np.array_equal(y, [0.5, 0.9, -0.4, 1.3])


def test_a_dead_array_takes_the_adjoint_step_by_step() -> None:
    slope = grad(sigmoid_loss)
    slope(np.ones(3), np.ones(3))
    assert "np.negative(s, out=s)" in slope.source  # type: ignore[attr-defined]


def test_what_a_contraction_has_read_is_written_over() -> None:
    slope = grad(contracted)
    slope(np.ones(3), np.ones(3))
    source = slope.source  # type: ignore[attr-defined]
    assert source.count("B_bar = ") == 1 and "    B_bar *= squares_total\n" in source, source


def test_the_callers_arrays_are_never_written_over() -> None:
    slope = grad(lambda z, y: np.sum(np.logaddexp(0.0, z) - y * z))
    slope(np.ones(3), np.ones(3))
    assert "out=z" not in slope.source  # type: ignore[attr-defined]


def test_whole_numbers_take_no_fractions() -> None:
    z = np.array([0.5, 1.5])
    k = np.array([1, 2])
    slope = grad(lambda z, k: np.sum((k * 2) ** 2 * np.exp(z) / (k * 2 + 1)))
    assert np.allclose(slope(z, k), (2 * k) ** 2 * np.exp(z) / (2 * k + 1))


def conjugate_gradients(A, b):
    S = A @ A.T
    r = b - S @ np.zeros_like(b)
    d = r.copy()
    rs = r @ r
    x = np.zeros_like(b)
    for _ in range(2):
        Ad = S @ d
        step = rs / (d @ Ad)
        x += step * d
        r -= step * Ad
        rn = r @ r
        d = r + rn / rs * d
        rs = rn
    return np.sum(x**2)


def test_what_a_list_keeps_of_one_step_is_not_written_over_in_the_next() -> None:
    A = np.array([[2.0, 0.3, -0.4], [0.1, 1.5, 0.7], [-0.2, 0.6, 1.8]])
    b, direction, h = np.ones(3), np.cos(np.arange(9.0)).reshape(3, 3), 1e-5
    product = hvp(conjugate_gradients)(A, b, direction)[1]
    slope = grad(conjugate_gradients)
    expected = (slope(A + h * direction, b) - slope(A - h * direction, b)) / (2.0 * h)
    assert np.allclose(product, expected, rtol=1e-7, atol=1e-9)


def test_what_the_function_has_made_is_returned_without_a_copy_once() -> None:
    def both(x, y, z):
        a = np.exp(x)
        return np.sum(a * y) + np.sum(a * z)

    slope = value_and_grad(both, wrt=("y", "z"))
    x = np.arange(3.0)
    _, (left, right) = slope(x, x, x)
    assert slope.source.count(".copy()") == 1  # type: ignore[attr-defined]
    assert not np.shares_memory(left, right)
    assert np.array_equal(left, np.exp(x))
    assert np.array_equal(right, np.exp(x))


def test_what_is_written_into_zeros_is_added_at_its_place() -> None:
    def surprise(scores, labels):
        chances = np.exp(scores)
        return np.sum(np.log(chances.sum(axis=1)) - scores[np.arange(len(labels)), labels])

    slope = grad(surprise)
    scores = np.array([[0.3, -1.0, 2.0], [0.1, 0.4, -0.7]])
    found = slope(scores, np.array([2, 0]))
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected[[0, 1], [2, 0]] -= 1.0
    assert np.allclose(found, expected)
    assert "zeros" not in slope.source  # type: ignore[attr-defined]


def test_ties_of_a_maximum_are_halved_in_place_where_nobody_looks() -> None:
    def rectified(x, w):
        return np.sum(np.maximum(x @ w, 0.0) ** 2 * np.arange(1.0, 3.0) + np.maximum(x @ w, 0.0))

    x, w = np.array([[1.0, 2.0], [0.0, 0.0], [3.0, -1.0]]), np.array([[1.0, -1.0], [0.5, 2.0]])
    z = x @ w
    z_bar = 2.0 * np.maximum(z, 0.0) * [1.0, 2.0] + 1.0
    z_bar = np.where(z > 0.0, z_bar, np.where(z == 0.0, 0.5 * z_bar, 0.0))
    slope = grad(rectified)
    assert np.allclose(slope(x, w), z_bar @ w.T)
    assert "np.multiply(0.5," in slope.source  # type: ignore[attr-defined]


def states(x, weights, steps):
    held = [x, 2.0 * x]
    total = 0.0
    for t in range(steps):
        held[0] = np.tanh(held[0] * weights[t])
        held[1] = held[1] * held[0]
        held[0][0] += 1.0
        total += np.sum(held[0] * held[1])
    return total


def test_entries_of_lists_are_recorded_as_they_were() -> None:
    x, weights = np.array([0.3, -0.5]), np.array([0.7, 1.1, -0.4])
    found = grad(states)(x.copy(), weights, 3)
    h = 1e-6
    expected = [
        (states(x + h * e, weights, 3) - states(x - h * e, weights, 3)) / (2.0 * h)
        for e in np.eye(2)
    ]
    assert np.allclose(found, expected, rtol=1e-8)


def rectified_layers(W: Any, x: Any) -> Any:
    h = x
    for _ in range(2):
        h = h @ W
        h = (h - h.mean(axis=1, keepdims=True)) / np.sqrt(h.var(axis=1, keepdims=True) + 1e-5)
        h = np.maximum(h, 0)
    return h.mean()


def test_updates_of_some_entries_stand_beside_others() -> None:
    rng = np.random.default_rng(5)
    W, x = rng.normal(size=(3, 3)), rng.normal(size=(4, 3))
    found = grad(rectified_layers)(W, x)
    verdicts = oracle.gradient(rectified_layers, (W, x)).values()
    for verdict, number in zip(verdicts, found.ravel(), strict=True):
        assert oracle.agrees(verdict, number)


def halves(x: Any, k: int) -> Any:
    return np.sum(x[:k] ** 2) + np.sum(np.exp(x[k:]))


@pytest.mark.parametrize("k", [-2, 0, 3, 9])
def test_adjoints_of_slices_that_meet_at_one_place_are_written_and_not_added(k: int) -> None:
    x = np.linspace(-1.0, 1.0, 5)
    slope = grad(halves)
    found = slope(x, k)
    assert found.tolist() == [*(2.0 * x[:k]), *np.exp(x[k:])]
    assert "+=" not in slope.source


def gaps(x: Any) -> Any:
    return np.sum(np.sin(x[1:] - x[:-1]))


def test_of_two_additions_to_zeros_the_one_without_a_sign_is_written() -> None:
    x = np.array([0.3, -0.5, 0.1, 2.0])
    slope = grad(gaps)
    cos = np.cos(np.diff(x))
    assert np.array_equal(slope(x), np.append(0.0, cos) - np.append(cos, 0.0))
    assert "x_bar[1:] = " in slope.source and "x_bar[:-1] -= " in slope.source


def gathered(x: Any, b: Any, n: int) -> Any:
    total = np.zeros(len(b))
    for i in range(n):
        total += x[i] * b
    return squares(total + b)


def squares(x: Any) -> Any:
    return np.sum(x * x * x)


def rows_twice(x: Any, b: Any) -> Any:
    y = np.exp(x)
    total = 0.0
    for row in y:
        total += squares(row + b)
    for row in y:
        total += squares(row - b)
    return total


def held_beside(x: Any, b: Any, n: int) -> Any:
    total = x * b
    kept = [total]
    for _ in range(n):
        total = total * b
        kept.append(total)
    return squares(total + b) + squares(kept[-1]) * squares(kept[0])


def test_a_sum_without_a_name_takes_the_array_that_a_loop_has_built() -> None:
    slope = grad(gathered, wrt="b")
    slope(np.ones(3), np.ones(2), 3)
    assert "total += b" in slope.source


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (gathered, (np.array([0.3, -0.2]), np.array([1.5, 0.4, -0.7]), 2)),
        (rows_twice, (np.array([[0.1, 0.5], [-0.3, 0.2]]), np.array([0.4, -0.6]))),
        (held_beside, (np.array([0.3, -0.2]), np.array([1.5, 0.4]), 2)),
        (held_beside, (np.array([0.3, -0.2]), np.array([1.5, 0.4]), 0)),
    ],
)
def test_what_loops_carry_is_written_over_only_where_nothing_else_sees_it(
    function: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    for wrt in ("x", "b"):
        value, found = value_and_grad(function, wrt=wrt)(*arguments)
        assert value == function(*arguments)
        position = ("x", "b").index(wrt)
        verdicts = oracle.gradient(
            lambda each, at=position: function(*arguments[:at], each, *arguments[at + 1 :]),
            (arguments[position],),
        ).values()
        for verdict, number in zip(verdicts, np.ravel(found), strict=True):
            assert oracle.agrees(verdict, number)
        assert np.array_equal(grad(function, wrt=wrt)(*arguments), found)


def red_black(u0: Any, f: Any, n: int) -> Any:
    u = u0.copy()
    for _ in range(n):
        u[1:-1:2] = 0.5 * (u[:-2:2] + u[2::2] - f[1:-1:2])
        u[2:-1:2] = 0.5 * (u[1:-2:2] + u[3::2] - f[2:-1:2])
    return np.sum(u**3)


def test_every_second_entry_is_updated_without_a_tape_or_a_reshape() -> None:
    slope = grad(red_black, wrt="f")
    for size in (9, 8, 4, 3, 2):
        u, f = np.random.default_rng(size).normal(size=(2, size))
        found = slope(u, f, 3)
        if size == 9:
            assert "tape" not in slope.source and "reshape" not in slope.source
        verdicts = oracle.gradient(lambda each, u=u: red_black(u, each, 3), (f,)).values()
        for verdict, number in zip(verdicts, found, strict=True):
            assert oracle.agrees(verdict, number)


def strided_product(x: Any, y: Any) -> Any:
    return np.sum(np.exp(x[::3] * y[1:]))


def test_a_slice_with_steps_that_has_one_entry_is_repeated() -> None:
    slope = grad(strided_product)
    for m, n in ((9, 4), (3, 4), (2, 5), (9, 2), (9, 4), (1, 3)):
        x, y = np.linspace(0.1, 0.9, m), np.linspace(-0.5, 0.5, n)
        verdicts = oracle.gradient(lambda each, y=y: strided_product(each, y), (x,)).values()
        for verdict, number in zip(verdicts, slope(x, y), strict=True):
            assert oracle.agrees(verdict, number)


def diffused(u: Any, d: Any, n: int) -> Any:
    u = u.copy()
    for _ in range(n):
        flux = d * (u[1:] - u[:-1])
        u[1:-1] += 0.3 * (flux[1:] - flux[:-1])
    return np.sum(u**3)


def kept_rows(u: Any, d: Any, n: int) -> Any:
    rows = [u]
    for i in range(n):
        rows.append(0.5 * rows[i] + np.concatenate([u[:1], d * rows[i - 1][1:]]))
    return sum(np.sum(np.sin(row) * rows[-1]) for row in rows)


def stepped_entries(u: Any, d: Any, n: int) -> Any:
    for _ in range(n):
        v = u.copy()
        for i in range(1, len(u) - 1):
            v[i] = u[i] + 0.1 * d[i] * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u = v
    return np.sum(u**3)


@pytest.mark.parametrize("program", [diffused, kept_rows, stepped_entries])
@pytest.mark.parametrize("wrt", ["u", "d"])
def test_zeros_are_made_once_only_where_no_step_hands_them_on(
    program: Callable[..., Any], wrt: str
) -> None:
    slope = grad(program, wrt=wrt)
    for size, steps in ((6, 3), (2, 2), (5, 0)):
        at = {"u": np.linspace(0.2, 0.9, size), "d": np.linspace(0.9, 0.4, size - 1)}
        found = slope(at["u"], at["d"], steps)

        def along(each: Any, at: Any = at, steps: int = steps) -> Any:
            return program(*{**at, wrt: each}.values(), steps)

        for verdict, number in zip(oracle.gradient(along, (at[wrt],)).values(), found, strict=True):
            assert oracle.agrees(verdict, number)
    if program is diffused:
        before, _, behind = slope.source.rpartition("for ")
        assert "flux_bar = np.empty_like(d)" in before and "flux_bar[-1:] = 0.0" in behind
    if program is stepped_entries:
        assert re.search(r"u_bar\[1 : max\(\w+, 0\)\] = 0.0\n", slope.source)
        assert "u_bar += u_bar_1\n" in slope.source and "u_bar_2" not in slope.source


def weighted(u: Any, d: Any, n: int, dt: float = 0.3) -> Any:
    u = u.copy()
    for _ in range(n):
        flux = d * (u[1:] - u[:-1])
        u[1:-1] += dt * (flux[1:] - flux[:-1])
    return np.sum(u**3)


def far_apart(u: Any, d: Any, n: int) -> Any:
    u = u.copy()
    for _ in range(n):
        flux = d * (u[1:] - u[:-1])
        u[1:-2] += 0.3 * (flux[2:] - flux[:-2])
    return np.sum(u**3)


def within(u: Any, d: Any, n: int) -> Any:
    u = u.copy()
    for _ in range(n):
        flux = d * (u[1:] - u[:-1])
        u[1:-2] += 0.3 * (flux[1:-1] - flux[:-2])
    return np.sum(u**3)


@pytest.mark.parametrize(
    ("program", "cleared"),
    [(diffused, "[-1:]"), (weighted, "[:1]"), (far_apart, "[-2:]"), (within, "[-2:]")],
)
@pytest.mark.parametrize("shape", [(7,), (3,), (2,), (1,), (0,), (5, 3)])
def test_what_is_written_over_at_once_is_not_cleared(
    program: Callable[..., Any], cleared: str, shape: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(5)
    given = rng.random(shape), rng.random((max(shape[0] - 1, 0), *shape[1:]))
    slope = grad(program, wrt=("u", "d"))
    found = slope(*given, 3)
    if shape == (7,):
        assert re.findall(r"flux_bar(\[.*\]) = 0.0\n", slope.source) == [cleared]
    for position in (0, 1):

        def along(each: Any, position: int = position) -> Any:
            return program(*(each if k == position else one for k, one in enumerate(given)), 3)

        verdicts = oracle.gradient(along, (given[position],)).values()
        for verdict, number in zip(verdicts, found[position].flat, strict=True):
            assert oracle.agrees(verdict, number)


def rectified_loss(W: Any, V: Any, x: Any) -> Any:
    hidden = np.maximum(x @ W, 0.0)
    return np.sum(np.sqrt(1.0 + (hidden @ V) ** 2))


def rectified_twice(W: Any, V: Any, x: Any) -> Any:
    hidden = np.maximum(x @ W, 0.0)
    return np.sum((hidden @ V + np.where(hidden > 0.5, hidden, 0.0) @ V) ** 2)


@pytest.mark.parametrize("program", [rectified_loss, rectified_twice])
def test_what_a_mask_hides_is_cleared_in_the_array_where_nobody_looks(
    program: Callable[..., Any],
) -> None:
    rng = np.random.default_rng(3)
    W, V, x = rng.normal(size=(3, 4)), rng.normal(size=(4, 2)), rng.normal(size=(5, 3))
    slope = grad(program, wrt=("W", "V"))
    found = slope(W, V, x)
    for position, given in enumerate((W, V)):

        def along(each: Any, position: int = position) -> Any:
            return program(*(each, V) if position == 0 else (W, each), x)

        verdicts = oracle.gradient(along, (given,)).values()
        for verdict, number in zip(verdicts, found[position].ravel(), strict=True):
            assert oracle.agrees(verdict, number)
    assert "np.copyto(" in slope.source and "np.copyto(x" not in slope.source


def damped(x: Any, w: Any, steps: Any) -> Any:
    total = np.sum(np.sin(x))
    for steep in steps:
        y = np.exp(-x)
        if steep:
            y *= np.exp(0.01 * x**1.8)
        total = total + np.sum(w * x.size * np.fmax(y, 0))
    return total


@pytest.mark.parametrize("steps", [[True, False], [False, True], [True, False, True, True, False]])
def test_what_one_arm_clears_in_its_array_goes_on_under_the_name_of_the_other_arm(
    steps: list[bool],
) -> None:
    x, w = np.array([1.0, 2.0, 3.0]), np.array([0.3, -0.2, 0.5])
    found = grad(damped)(x, w, steps)
    verdicts = oracle.gradient(damped, (x, w, steps)).values()
    for verdict, number in zip(verdicts, found, strict=True):
        assert oracle.agrees(verdict, number)


def last_of_the_layers(value: Any, w: Any, states: Any) -> Any:
    states = [1.0 * row for row in states]
    for layer in range(len(states)):
        states[layer] = np.sin(states[layer] * value * w)
        value = states[layer]
    return np.sum(value * w) + np.sum(states[0] * w)


def row_before_it_is_replaced(value: Any, w: Any, states: Any) -> Any:
    states = [row * value for row in states]
    for layer in range(len(states)):
        row = states[layer]
        states[layer] = row + value
        value = row * states[0]
        states[0] = states[0] * w
    return np.sum(value * w) + np.sum(states[-1] * row)


@pytest.mark.parametrize("f", [last_of_the_layers, row_before_it_is_replaced])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_arrays_that_take_each_others_places_in_a_list_are_not_copied(f: Any, layers: int) -> None:
    rng = np.random.default_rng(layers)
    given = (rng.normal(size=3), rng.normal(size=3), rng.normal(size=(layers, 3)))
    before = [each.copy() for each in given]
    for k, name in enumerate(("value", "w", "states")):
        value, slope = value_and_grad(f, wrt=name)(*given)
        assert value == f(*given)
        found = grad(f, wrt=name)
        for place in np.ndindex(given[k].shape):
            ends = []
            for h in (1e-5, -1e-5):
                moved = [each.copy() for each in given]
                moved[k][place] += h
                ends.append(f(*moved))
            assert slope[place] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-6, abs=1e-8)
        assert np.array_equal(found(*given), slope)
        assert not any(np.shares_memory(slope, each) for each in given)
        assert "list(states)" not in found.source  # type: ignore[attr-defined]
        assert "value.copy()" not in found.source  # type: ignore[attr-defined]
    assert all(np.array_equal(*pair) for pair in zip(given, before, strict=True))


def test_a_gradient_is_no_argument_where_a_loop_takes_no_step() -> None:
    value, w = np.ones(3), np.arange(3.0)

    def f(value: Any, w: Any, states: Any) -> Any:
        for row in states:
            value = value * row
        return np.sum(value * w)

    slope = grad(f)(value, w, np.ones((0, 3)))
    assert np.array_equal(slope, w)
    assert not np.shares_memory(slope, w)


def penalised(w, X):
    s = 0.0
    for row in X:
        s += np.log1p(np.exp(row @ w))
    return s + 0.5 * np.sum(w * w)


@pytest.mark.parametrize("rows", [3, 0])
def test_an_adjoint_that_starts_as_an_argument_is_a_copy_that_is_added_to(rows):
    w, X = np.array([0.3, -0.7]), np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.1]])[:rows]
    before = w.copy()
    slope = grad(penalised)
    found = slope(w, X)
    expected = w + sum((row / (1.0 + np.exp(-row @ w)) for row in X), np.zeros(2))
    assert found == pytest.approx(expected, rel=1e-14)
    assert not np.shares_memory(found, w)
    assert np.array_equal(w, before)
    assert "w_bar = w.copy()" in slope.source and "w_bar += " in slope.source
    assert slope.source.count(".copy()") == 1


def shifted(z, y):
    k = np.empty_like(z)
    k[0] = y[0]
    k[1:] = y[1:] * z[:-1]
    return k


def stepped(z, y):
    for _ in range(20):
        z = z + 0.1 * shifted(z + 0.5 * shifted(z, y), y)
    return np.sum(z * z)


def beside_itself(z, y):
    s = z * 1.0
    s[1:] = y[1:] * s[:-1]
    s[:-1] = s[1:] * y[:-1]
    return np.sum(np.sin(s))


@pytest.mark.parametrize("f", [stepped, beside_itself])
@pytest.mark.parametrize("length", [2, 5])
def test_what_is_written_into_a_part_is_computed_there(f, length):
    z, y = np.linspace(0.3, 1.1, length), np.linspace(-0.4, 0.9, length)
    for wrt, moved in (("z", 0), ("y", 1)):
        slope = grad(f, wrt=wrt)
        found = slope(z, y)
        for k in range(length):
            args = [[z.copy(), y.copy()], [z.copy(), y.copy()]]
            args[0][moved][k] += 1e-6
            args[1][moved][k] -= 1e-6
            assert found[k] == pytest.approx((f(*args[0]) - f(*args[1])) / 2e-6, abs=1e-8)
        if f is stepped and length > 2:
            assert re.search(r"out=\w+\[:-1\]\)", slope.source), slope.source


def test_a_sum_that_has_a_line_of_its_own_is_not_computed_again_where_it_is_written():
    def selected(x, y, k):
        part = x[0:k]
        return np.sum(np.sin(part * y)) + np.sum(np.where(y > 0.5, part, y)) * part[0]

    x, y = np.array([0.5, 0.6, 0.8]), np.array([0.7, 0.4, 0.9])
    found = grad(selected)(x, y, 1)
    moved = np.array([1e-6, 0.0, 0.0])
    wanted = (selected(x + moved, y, 1) - selected(x - moved, y, 1)) / 2e-6
    assert found == pytest.approx([wanted, 0.0, 0.0], abs=1e-8)


def projected(points):
    image = points[:, 0:2] / points[:, 2:3]
    return np.sum(np.sin(image))


def test_what_is_added_to_zeros_beside_other_parts_is_written_with_its_sign_too():
    points = np.array([[0.3, -0.5, 1.5], [0.9, 0.2, -2.0]])
    slope = grad(projected)
    found = slope(points)
    image = points[:, 0:2] / points[:, 2:3]
    expected = np.empty_like(points)
    expected[:, 0:2] = np.cos(image) / points[:, 2:3]
    expected[:, 2] = -(np.cos(image) * image).sum(axis=1) / points[:, 2]
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    assert not re.search(r"points_bar\[.*\] [-+]=", slope.source), slope.source
    assert len(re.findall(r"points_bar\[.*\] = |out=points_bar\[.*\]\)", slope.source)) == 2


def test_a_number_is_added_to_a_product_of_matrices_in_place():
    def scores(X, w, b):
        z = X @ w + b
        return np.sum(np.logaddexp(0.0, z))

    X, w = np.linspace(-1.0, 1.0, 12).reshape(4, 3), np.array([0.3, -0.2, 0.5])
    slope = grad(scores, wrt=("w", "b"))
    w_bar, b_bar = slope(X, w, 0.25)
    assert "    z = X @ w\n    z += b\n" in slope.source
    logistic = 1.0 / (1.0 + np.exp(-(X @ w + 0.25)))
    np.testing.assert_allclose(w_bar, X.T @ logistic, rtol=1e-13)
    assert b_bar == pytest.approx(logistic.sum(), rel=1e-13)


def test_what_numpy_says_of_a_sum_of_unlike_lengths_is_what_it_says_of_f():
    def scores(X, w, b):
        z = X @ w + b
        return np.sum(np.logaddexp(0.0, z))

    X, w, b = np.ones((4, 3)), np.ones(3), np.ones(5)
    with pytest.raises(ValueError) as own:
        scores(X, w, b)
    with pytest.raises(ValueError) as found:
        grad(scores, wrt="w")(X, w, b)
    assert str(found.value) == str(own.value)


def residuals(x, y):
    errors = np.empty((2, len(x)))
    for i in range(len(x)):
        errors[:, i] = x[i] * y - i
    flat = errors.T.ravel()
    return flat @ flat


@pytest.mark.parametrize("order", ["C", "F"])
def test_what_was_flattened_is_not_flattened_and_shaped_again(order):
    def flattened(x):
        flat = np.sin(x).ravel(order=order)
        return 0.5 * (flat @ flat)

    x = np.linspace(-1.0, 1.0, 6).reshape(2, 3)
    slope = grad(flattened)
    np.testing.assert_allclose(slope(x), 0.5 * np.sin(2.0 * x), rtol=1e-14)
    assert slope.source.endswith("    return np.sin(x) * np.cos(x)\n")

    x, y = np.array([0.3, -0.5, 1.2]), np.array([0.7, 1.9])
    errors = x[:, None] * y - np.arange(3.0)[:, None]
    value, (x_bar, y_bar) = value_and_grad(residuals, wrt=("x", "y"))(x, y)
    assert value == residuals(x, y)
    np.testing.assert_allclose(x_bar, 2.0 * errors @ y, rtol=1e-14)
    np.testing.assert_allclose(y_bar, 2.0 * x @ errors, rtol=1e-14)


def two_stages(x: Any, n: int) -> Any:
    y = np.cos(x)
    for _ in range(n):
        k = np.empty_like(y)
        k[0] = x[0]
        k[1:] = x[1:] * y[:-1]
        z = np.empty_like(y)
        z[0] = x[-1]
        z[1:] = x[1:] * (y + 0.5 * k)[:-1]
        y = y + k / 5.0 + 0.1 * z
    return np.sum(y**3)


def read_in_two_orders(x: Any, n: int) -> Any:
    y = np.exp(x) / n
    z = y - np.cos(x) / 3.0
    w = n * np.sin(z) - z
    return np.sum(w[2:] ** 2) + z[0] ** 3 + w[-1] * y[0]


def read_whole_too(x: Any, n: int) -> Any:
    y = np.exp(x)
    z = n * y
    w = x * z
    return np.sum(w[1:] ** 2) + np.sum(w[:-1] ** 3)


@pytest.mark.parametrize("f", [two_stages, read_in_two_orders, read_whole_too])
def test_what_is_zero_but_for_a_part_is_added_to_each_sum_at_its_place(f: Any) -> None:
    x = np.linspace(0.2, 0.9, 5)
    slope = grad(f)
    verdicts = oracle.gradient(lambda x: f(x, 3), (x,)).values()
    for verdict, number in zip(verdicts, slope(x, 3), strict=True):
        assert oracle.agrees(verdict, number)
    if f is two_stages:
        behind = slope.source.partition("x_bar = np.zeros_like(x)")[2]
        assert "np.zeros_like" not in behind and "[:] = 0.0" not in behind
        assert "y_bar[:-1] += " in behind and "k_bar[:-1] += " in behind


def predator_and_prey(rates: Any, n: int) -> Any:
    def slopes(state: Any) -> Any:
        prey, hunters = state
        met = rates[1] * prey * hunters
        return np.array([rates[0] * prey - met, met - rates[2] * hunters])

    state = np.array([1.0, 0.5])
    for _ in range(n):
        middle = state + 0.05 * slopes(state)
        state = state + 0.1 * slopes(middle)
    return state[0] - 2.0 * state[1]


def test_zeros_of_known_length_of_which_every_entry_is_written_are_listed_in_a_loop_too() -> None:
    rates = np.array([1.1, 0.4, 0.7])
    slope = grad(predator_and_prey)
    verdicts = oracle.gradient(lambda rates: predator_and_prey(rates, 4), (rates,)).values()
    for verdict, number in zip(verdicts, slope(rates, 4), strict=True):
        assert oracle.agrees(verdict, number)
    ahead, _, back = slope.source.partition("reversed(")
    assert "state_bar = np.array([1.0, -2.0])" in ahead
    assert "np.array([" in back and "[:] = 0.0" not in back


def distorted(camera: Any, image: Any) -> Any:
    kappa = camera[2:4]
    square = np.sum(image**2)
    focus = camera[1:]
    table = np.outer(camera, camera)[1:]
    bent = image * (1.0 + kappa[0] * square + kappa[1] * square**2)
    return np.sum(bent * focus[0]) + np.sum(focus) * table[1, 0] + table[2][3]


def test_the_slope_by_an_entry_of_a_slice_is_added_to_what_was_sliced() -> None:
    camera, image = np.array([0.3, 1.2, -0.1, 0.05]), np.array([0.4, -0.7])
    slope = grad(distorted)
    verdicts = oracle.gradient(lambda camera: distorted(camera, image), (camera,)).values()
    for verdict, number in zip(verdicts, slope(camera, image), strict=True):
        assert oracle.agrees(verdict, number)
    assert slope.source.count("zeros") == 2 and "camera_bar[3]" in slope.source


def turned(v: Any, w: Any) -> Any:
    offset = v - 0.5
    length = np.sqrt(np.sum(w**2, axis=1, keepdims=True)) + 1.0
    axis = w / length
    along = np.sum(axis * offset, axis=1, keepdims=True)
    seen = offset * 2.0 + np.cross(axis, offset)
    return np.sum(seen**2 * along)


def test_an_adjoint_with_a_name_is_built_up_in_an_array_that_is_dead() -> None:
    v, w = np.linspace(0.1, 0.9, 6).reshape(2, 3), np.linspace(0.8, -0.3, 6).reshape(2, 3)
    slope = grad(turned, wrt=("v", "w"))
    found = slope(v.copy(), w.copy())
    for k, along in enumerate((lambda v: turned(v, w), lambda w: turned(v, w))):
        verdicts = oracle.gradient(along, ((v, w)[k],)).values()
        for verdict, number in zip(verdicts, found[k].ravel(), strict=True):
            assert oracle.agrees(verdict, number)
    assert "w_bar = np.multiply(along_bar, offset, out=offset)" in slope.source
    assert "w_bar /= length" in slope.source


def filtered(x: Any, n: int) -> Any:
    y = np.cos(x)
    total = 0.0
    for _ in range(n):
        z = np.sin(y)
        total += np.sum(z[1:] ** 3 * z[:-1]) + z[0] * z[-1]
        y = y * z
        y[1] = 0.5 * y[0]
    return total + np.sum(y**2)


def test_two_slices_of_an_array_are_recorded_as_the_array() -> None:
    x = np.linspace(0.2, 0.9, 5)
    slope = grad(filtered)
    verdicts = oracle.gradient(lambda x: filtered(x, 3), (x,)).values()
    for verdict, number in zip(verdicts, slope(x, 3), strict=True):
        assert oracle.agrees(verdict, number)
    slope = grad(two_stages)
    slope(x, 3)
    assert "y_tape.append(y)" in slope.source and "x[1:] * y[:-1]" in slope.source


def upwind(u: Any, n: int) -> Any:
    """Each step fills an array of its own: what was recorded before stays as it is."""
    for _ in range(n):
        un = u.copy()
        un[1:-1] -= 0.3 * u[1:-1] * (u[1:-1] - u[:-2])
        u = un
    return u @ u * u[1]


def upwind_by_entries(u: Any, n: int) -> Any:
    for _ in range(n):
        un = np.zeros_like(u)
        for i in range(1, len(u)):
            un[i] = u[i] - 0.3 * u[i] * (u[i] - u[i - 1])
        u = un
    return u @ u * u[1]


def written_late(u: Any, n: int) -> Any:
    """The array is written to under its old name when it has the new one, too."""
    for _ in range(n):
        un = u.copy()
        un[0] *= u[1]
        u = un
        un[1] += 0.3 * u[0] * u[2]
    return u @ u * u[1]


def swapped(u: Any, n: int) -> Any:
    """Two arrays take turns."""
    u, v = u.copy(), u * u
    for _ in range(n):
        v[1:-1] = 0.3 * u[1:-1] * u[:-2] + v[2:] * v[2:]
        u, v = v, u
    return u @ u * v[1]


def written_in_a_branch(u: Any, n: int) -> Any:
    u = u.copy()
    for k in range(n):
        un = u * u
        if k % 2:
            un[1:] -= 0.3 * u[1:] * u[:-1]
            u = un
        else:
            u[0] = un[1] * u[0]
    return u @ u * u[1]


STEPS = [upwind, upwind_by_entries, written_late, swapped, written_in_a_branch]


@pytest.mark.parametrize("f", STEPS)
def test_what_a_tape_holds_is_what_it_was(f: Any) -> None:
    start = np.array([0.3, 0.8, -0.5, 0.6])
    for n in (0, 1, 4):
        measured = oracle.gradient(f, (start.copy(), n)).values()
        assert all(map(oracle.agrees, measured, grad(f)(start.copy(), n)))


@pytest.mark.parametrize("f", [upwind, upwind_by_entries])
def test_arrays_that_a_step_makes_are_recorded_without_a_copy(f: Any) -> None:
    slope = grad(f)
    slope(np.array([0.3, 0.8, -0.5, 0.6]), 3)
    assert "u_tape.append(u)" in slope.source


def relaxed(b: Any, n: int) -> Any:
    """Gauss-Jacobi steps with a boundary that follows its neighbour."""
    p = np.zeros_like(b)
    for _ in range(n):
        p[1:-1] = 0.5 * (p[2:] + p[:-2] - b[1:-1] * b[1:-1])
        p[-1] = p[-2]
    return p @ p


def beside_another_part(b: Any, n: int) -> Any:
    """What a part is multiplied by is another part, which was written to as well."""
    p = b * b
    for _ in range(n):
        p[1:-1] = p[2:] * p[:-2] + b[1:-1]
        p[1:-1] *= p[:-2] * 0.5
    return p @ p


@pytest.mark.parametrize("f", [relaxed, beside_another_part])
def test_parts_are_read_before_they_are_written_to(f: Any) -> None:
    b = np.array([0.3, 0.8, -0.5, 0.6, 0.2])
    slope = grad(f)
    for n in (1, 3):
        measured = oracle.gradient(f, (b, n)).values()
        assert all(map(oracle.agrees, measured, slope(b, n)))
    if f is relaxed:
        assert ".copy()" not in slope.source


def rectified_network(w: Any, x: Any) -> Any:
    return np.sum(np.cos(np.maximum(x @ w - 0.5, 0.0)) ** 2)


def rectified_beside_a_sine(w: Any, x: Any) -> Any:
    z = x @ w - 0.5
    return np.sum(np.cos(np.maximum(z, 0.0)) ** 2) + np.sum(np.sin(z))


def rectified_and_shown(w: Any, x: Any) -> Any:
    z = x @ w - 0.5
    shown = z[:, :1]
    return np.sum(np.cos(np.maximum(z, 0.0)) ** 2) * np.sum(np.exp(shown))


def rectified_argument(w: Any, x: Any) -> Any:
    return np.sum(np.cos(np.maximum(w, 0.0)) ** 2) * x[0, 0]


def rectified_by_arms(w: Any, x: Any) -> Any:
    z = x @ w - 0.5
    raised = np.maximum(z, 0.0)
    if x[0, 0] > 10.0:
        return np.sum(z)
    return np.sum(np.cos(raised) ** 2)


@pytest.mark.parametrize(
    "f",
    [rectified_network, rectified_beside_a_sine, rectified_and_shown, rectified_argument,
     rectified_by_arms],
)  # fmt: skip
def test_what_masks_alone_are_made_of_is_written_over_once_they_are(f: Any) -> None:
    rng = np.random.default_rng(7)
    w, x = rng.normal(size=(3, 4)), rng.normal(size=(5, 3))
    before = w.copy()
    slope = value_and_grad(f)
    value, found = slope(w, x)
    assert value == f(w, x)
    h = 1e-5
    for place in np.ndindex(w.shape):
        step = np.zeros(w.shape)
        step[place] = h
        wide, near = ((f(w + k * step, x) - f(w - k * step, x)) / (2.0 * k * h) for k in (2, 1))
        assert np.isclose(found[place], (4.0 * near - wide) / 3.0, rtol=1e-7, atol=1e-8)
    assert np.array_equal(w, before)
    source = slope.source  # type: ignore[attr-defined]
    assert ("out=" in source.partition("# line")[0]) == (f is rectified_network), source


def test_ties_are_halved_where_the_array_that_was_tied_is_written_over() -> None:
    x, w = np.array([[1.0, 2.0], [0.0, 0.0], [3.0, -1.0]]), np.array([[1.0, -1.0], [0.5, 2.0]])

    def f(w: Any, x: Any) -> Any:
        return np.sum(np.cos(np.maximum(x @ w - 0.0, 0.0)))

    z = x @ w
    z_bar = -np.sin(z) * np.where(z > 0.0, 1.0, np.where(z == 0.0, 0.5, 0.0))
    assert np.allclose(grad(f)(w, x), x.T @ z_bar)


def rectified_chain(w: Any, x: Any) -> Any:
    h = np.sin(np.maximum(x @ w - 0.5, 0.0))
    h = np.sin(np.maximum(h @ w - 0.25, 0.0))
    h = np.sin(np.maximum(h @ w - 0.125, 0.0))
    return np.sum(h * h)


def test_masks_of_each_layer_are_made_before_it_is_bounded_in_place() -> None:
    rng = np.random.default_rng(8)
    w, x, along = rng.normal(size=(3, 3)), rng.normal(size=(5, 3)), rng.normal(size=(3, 3))
    slope = grad(rectified_chain)
    found = np.vdot(slope(w, x), along)
    h = 1e-5
    wide, near = (
        (rectified_chain(w + k * along, x) - rectified_chain(w - k * along, x)) / (2.0 * k)
        for k in (2.0 * h, h)
    )
    assert np.isclose(found, (4.0 * near - wide) / 3.0, rtol=1e-7)
    source = slope.source  # type: ignore[attr-defined]
    lines = re.findall(r"np\.maximum\((\w+), 0\.0, out=(\w+)\)", source)
    assert len(lines) == 3
    assert all(old == new for old, new in lines)


def turning(a, n):
    x, y = a[:2] * 1.0, a[1:3] + 0.1
    held = x * y
    z = y
    for _ in range(n):
        for _ in range(9):
            z = np.cos(y * z) + 0.2
        y = np.cos(held * z) + 0.3
        x = np.cos(y * y) + 0.2
    return np.sum(x) + np.sum(y) + np.sum(z)


def test_no_chain_of_steps_is_taken_twice():
    a = np.array([0.3, 0.4, 0.5])
    slope = grad(turning, mode="reverse")
    found = slope(a, 2)
    for k in range(3):
        moved = a.astype(complex)
        moved[k] += 1e-40j
        assert found[k] == pytest.approx(turning(moved, 2).imag / 1e-40, rel=1e-12)
    lines = [line.strip() for line in slope.source.splitlines()]
    assert sum(line.startswith("np.subtract(y_bar") for line in lines) <= 1


def capped_sums(x: Any) -> Any:
    other = np.ones(len(x))
    for _ in range(3):
        if x[2] > 0.5:
            np.multiply(np.minimum(3.0, (other + x)[:]), 1.0, out=x)
        else:
            np.multiply(1.0, x, out=other)
    return (x * x).sum()


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_view_of_what_was_stretched_to_a_shape_is_not_written_over(mode: str) -> None:
    x = np.array([0.8, 0.3, 1.3, -0.4])
    found = grad(capped_sums, mode=mode)(x.copy())
    verdicts = oracle.gradient(lambda each: capped_sums(each.copy()), (x,)).values()
    for verdict, number in zip(verdicts, found, strict=True):
        assert oracle.agrees(verdict, number)


def scattered_cubes(x: Any, a: float) -> Any:
    at = np.array([0, 0, 1, 2, 0])
    last, total, cubes = np.zeros(3), np.zeros(3), np.zeros(3)
    last[at] = x * a
    total[at] += x**2
    np.add.at(cubes, at, x**3)
    return (last * 2 + total * last + cubes * total).sum()


def test_what_a_step_puts_into_a_list_is_no_array_that_the_next_step_clears() -> None:
    x = np.array([0.3, 0.9, -0.4, 1.2, 0.7])
    found = hessian(scattered_cubes)(x, 0.6)
    slope = grad(scattered_cubes)
    for row, unit in zip(found, np.eye(5), strict=True):
        along, noise = differences.along(lambda h, unit=unit: slope(x + h * unit, 0.6))
        assert noise < 1e-6
        np.testing.assert_allclose(row, along, rtol=1e-7, atol=1e-7)
