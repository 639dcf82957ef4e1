"""Arrays that loops carry: how long they are is known in every step, and told in the code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule import grad, value_and_grad
from tests.differences import along


def fall(w: float) -> Any:
    """Explicit Euler steps of a state, whose forces are arrays made in each step."""
    x = np.array([0.0, 8.0])
    speed = np.array([1.0, 2.0])
    for _ in range(5):
        gap = x - np.array([10.0, 10.0 - w])
        x = x + 0.1 * speed
        speed = speed + 0.1 * gap * gap
    return x[1]


def pulled(x: float, w: float) -> Any:
    place = x - np.array([10.0, 10.0 - w])
    return 1.0 / np.sqrt(np.sum(place**2))


def pushed(w: float) -> Any:
    """A particle that takes the gradient of a potential in each step."""
    x = np.array([0.0, 8.0])
    speed = np.array([0.75, 0.0])
    for _ in range(20):
        force = -grad(pulled)(x, w)
        x = x + 0.1 * speed
        speed = speed + 0.1 * force
    return x[0] * x[1]


def bodies(masses: Any, steps: int = 3) -> Any:
    """Bodies that attract each other: a branch asks which of them is meant."""
    place = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.5]])
    speed = np.array([[0.0, 0.1], [0.0, 0.9], [-0.8, 0.0]])
    for _ in range(steps):
        force = np.zeros_like(place)
        for i in range(3):
            for j in range(3):
                if i != j:
                    gap = place[j] - place[i]
                    distance = np.sqrt(np.sum(gap * gap) + 1e-6)
                    force[i] += masses[j] * gap / distance**3
        speed = speed + 0.1 * force
        place = place + 0.1 * speed
    return np.sum(masses * np.sum(speed**2, axis=1))


def conjugate(b: Any, A: Any, steps: int = 3) -> Any:
    """Conjugate gradients; the first residual is read again on the way back."""
    x = np.zeros(len(b))
    r = b - A @ x
    p = r.copy()
    size = r @ r
    for _ in range(steps):
        step = size / (p @ A @ p)
        x += step * p
        r = r - step * (A @ p)
        following = r @ r
        p = r + (following / size) * p
        size = following
    return x @ x


def balanced(C: Any, a: Any, b: Any, steps: int = 5) -> Any:
    """Sinkhorn's iteration: one scaling has no value before the first step."""
    K = np.exp(-C)
    u = np.ones_like(a)
    for _ in range(steps):
        v = b / (K.T @ u)
        u = a / (K @ v)
    return np.sum(u[:, None] * K * v[None, :] * C)


def valued(R: Any, P: Any, steps: int = 5) -> Any:
    V = np.zeros(R.shape[0])
    for _ in range(steps):
        V = np.max(R + 0.9 * P @ V, axis=1)
    return V.sum()


def checked_along(function: Any, first: Any, *rest: Any) -> str:
    """The source of the gradient, which is right along a direction."""
    slope = grad(function)
    direction = np.cos(np.arange(first.size)).reshape(first.shape)
    expected, _ = along(lambda h: function(first + h * direction, *rest))
    assert np.sum(slope(first, *rest) * direction) == pytest.approx(float(expected), rel=1e-6)
    return slope.source


def test_what_a_loop_starts_with_is_told_from_its_state():
    A = np.diag([4.0, 5.0, 6.0]) + 0.5
    text = checked_along(conjugate, np.array([0.3, -1.0, 0.7]), A)
    assert "r0 = b - A @ x" in text
    assert "r = r0" in text
    assert "r_1" not in text
    # r @ r is one factor twice: nothing is added two times.
    lines = [line.strip() for line in text.splitlines() if "+=" in line]
    assert len(lines) == len(set(lines))


def test_what_a_loop_alone_sets_has_the_length_of_a_step():
    C = np.cos(np.arange(12.0)).reshape(4, 3)
    text = checked_along(balanced, C, np.ones(4) / 4, np.ones(3) / 3)
    assert "if " not in text.split("\n\n", 1)[1]


def test_ones_of_a_length_that_is_at_hand():
    R = np.array([[0.3, 0.1], [-0.2, 0.5], [0.4, 0.8]])
    P = np.abs(np.cos(np.arange(18.0))).reshape(3, 2, 3)
    text = checked_along(valued, R, P / P.sum(axis=-1, keepdims=True))
    assert "V_bar = np.ones(n_R)" in text


@pytest.mark.parametrize("function", [fall, pushed])
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_carried_state_is_differentiated(function, mode):
    slope = grad(function, mode=mode)
    expected, _ = along(lambda h: function(0.3 + h))
    assert slope(0.3) == pytest.approx(float(expected), rel=1e-7)
    # Both are as long as the other: neither is repeated, or has been.
    assert "broadcast_to" not in slope.source
    assert "keepdims" not in slope.source


def test_a_derivative_in_the_function_is_simplified_before_its_own():
    curvature = grad(grad(pushed))
    expected, _ = along(lambda h: grad(pushed)(0.3 + h))
    assert curvature(0.3) == pytest.approx(float(expected), rel=1e-7)
    assert "broadcast_to" not in curvature.source


def test_a_branch_on_the_step_around_leaves_a_short_loop_a_loop():
    slope = grad(bodies)
    masses, direction = np.array([1.0, 0.5, 0.2]), np.array([0.3, -0.7, 0.4])
    expected, _ = along(lambda h: bodies(masses + h * direction))
    assert slope(masses) @ direction == pytest.approx(float(expected), rel=1e-7)
    assert slope.source.count("if i != j:") == 2
    # The sum of a product of two rows, of which both are known to be of one length.
    assert "@ gap" in slope.source
    assert "all_distance_tapes" in slope.source


# --- rows that go on to the next step ----------------------------------------------------------


def filtered(q: float, seen: Any) -> Any:
    """A recursion that takes up where it has left its row."""
    rows, spread = np.zeros((len(seen), 2)), np.zeros((len(seen), 2))
    before, wide = np.zeros(2), np.ones(2)
    for t in range(len(seen)):
        spread[t] = q * wide + 0.5
        rows[t] = q * before + seen[t] / spread[t]
        before, wide = rows[t], spread[t]
    return np.sum(rows**2) + before @ wide


def overwritten(q: float, seen: Any) -> Any:
    """The row that went on is written to while it is still read."""
    rows = np.array([[1.0, 2.0], [3.0, 4.0]])
    before = rows[0]
    for t in range(len(seen)):
        rows[t % 2] = rows[t % 2] * q + before * seen[t]
        before = rows[t % 2]
    return np.sum(rows) + before @ before


def columns(q: float, seen: Any) -> Any:
    turn = np.array([[q, 0.3], [-0.2, q * q]])
    held = np.zeros((2, len(seen)))
    last = np.ones(2)
    for t in range(len(seen)):
        held[:, t] = turn @ last + seen[t]
        last = held[:, t]
    return np.sum(held**2) + last[0]


SEEN = np.array([0.5, -1.0, 2.0, 0.25])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [filtered, overwritten, columns], ids=lambda f: f.__name__)
def test_a_row_goes_on_to_the_next_step_without_a_copy_of_all(f: Any, mode: str) -> None:
    value, slope = value_and_grad(f, mode=mode)(0.7, SEEN)
    expected, noise = along(lambda h: f(0.7 + h, SEEN))
    assert value == f(0.7, SEEN)
    assert slope == pytest.approx(float(expected), rel=1e-9, abs=10 * noise)
    bend = grad(grad(f, mode=mode))(0.7, SEEN)
    further, noise = along(lambda h: grad(f)(0.7 + h, SEEN))
    assert bend == pytest.approx(float(further), rel=1e-7, abs=10 * noise)


def test_what_is_written_row_by_row_is_not_copied_in_every_step() -> None:
    derivative = grad(filtered, mode="forward")
    derivative(0.7, SEEN)
    assert ".copy()" not in derivative.source and "np.array(" not in derivative.source
    derivative = grad(filtered, mode="reverse")
    derivative(0.7, SEEN)
    assert "rows.copy()" not in derivative.source and "np.array(" not in derivative.source


def quadratic(x: Any, a: Any) -> tuple[Any, Any]:
    return (x[0] - a) ** 2 + (x[1] - x[0] ** 2) ** 2, np.array(
        [2.0 * (x[0] - a) - 4.0 * x[0] * (x[1] - x[0] ** 2), 2.0 * (x[1] - x[0] ** 2)]
    )


def searched_along_lines(a: Any, most: int = 20) -> Any:
    x = np.array([0.5, 0.5])
    f, g = quadratic(x, a)
    for _ in range(most):
        if np.linalg.norm(g) < 1e-3:
            break
        t = 1.0
        while True:
            new, slopes = quadratic(x - t * g, a)
            if new <= f or t < 1e-12:
                break
            t *= 0.5
        x = x - t * g
        f, g = new, slopes
    return f + x.sum()


def last_of_an_inner_loop(a: Any, n: int = 6) -> Any:
    total = 0.0
    for k in range(n):
        if total > 50.0:
            break
        for j in range(k):
            row = [a * j, 2.0]
            row.append(total)
            total += row[0] * row[1] * 0.1 + 1.0
        if k > 2:
            total += row[-1] * 0.1
    return total


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [searched_along_lines, last_of_an_inner_loop])
def test_what_an_inner_loop_binds_may_be_unbound_before(f: Any, mode: str) -> None:
    value, slope = value_and_grad(f, mode=mode)(1.1)
    expected, noise = along(lambda h: f(1.1 + h))
    assert value == f(1.1)
    assert slope == pytest.approx(float(expected), rel=1e-8, abs=10 * noise)


TABLES = [[[1.0, 2.0], [0.5, 3.0], [2.0, 1.0, 0.5]], [[1.0, 2.0], [0.5, 3.0]], [[1.0, 0.1]]]
SERIES = TABLES + TABLES[:2]


def clenshaw(coefficients, x):
    n = len(coefficients)
    before = np.zeros(x.shape)
    if n % 2:
        last = coefficients[-1]
        n = n - 1
    else:
        last = before
    for k in range(n - 1, -1, -2):
        before = x * last - before + coefficients[k]
        last = x * before - last + coefficients[k - 1]
    return x * last


def series_of_series(x, e, flattening):
    coefficients, factor = [], 1.0
    for rows in [[np.polyval(row, flattening) for row in rows] for rows in SERIES]:
        factor = factor * e
        coefficients.append(factor * np.polyval(rows, e))
    return np.sum(clenshaw(coefficients, x))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_what_enters_a_loop_may_be_no_array_yet(mode):
    x = np.array([[0.1, 0.2], [0.3, 0.4], [0.2, 0.1]])
    value, slopes = value_and_grad(series_of_series, mode=mode)(x, 0.1 * x, 0.01)
    assert value == series_of_series(x, 0.1 * x, 0.01)
    steps = 1e-20j * np.eye(6).reshape(6, 3, 2)
    exact = [series_of_series(x + step, 0.1 * x, 0.01).imag / 1e-20 for step in steps]
    np.testing.assert_allclose(slopes.ravel(), exact, rtol=1e-12)


def stepped_in_place(x):
    y = x * 1.5 + 1.0
    moved = x
    moved += 0.2
    seen = y.reshape(4)
    y *= np.hypot(moved, 2.0)
    for _ in range(3):
        if y.std() < 1e3:
            np.add(
                x / (1.5 + np.where(np.array([True, True, False, True]), x[:], y) ** 2), 1.0, out=x
            )
            y += np.cumprod(np.concatenate([x[:2], seen[1:3]])) * (1.05 + float(x @ seen))
    return y.sum()


def looked_into_in_an_arm(x):
    y = x * 1.5
    start = np.convolve(x, [0.5, 0.3, 0.1], "same") * 1.0
    total = (np.full(4, start[-1]) / (1.5 + start**2)).sum()
    seen = x.squeeze()
    scaled = start * 1.0
    for i in range(3):
        np.multiply(np.full(4, y[i]), np.full(4, 0.76)[np.argsort(seen)], out=x)
        if np.linalg.norm(y) < 0.065:
            products = [q * (seen[1] * y[i]) for q in np.convolve(scaled, [0.5, 0.3], "same")]
            total += 0.0 * np.array(products).mean()
        else:
            sizes = np.array([np.linalg.norm(scaled), total, seen.dot(y), start.min()])
            scaled[1] *= (sum(start) + total) - sizes.sum()
    turned = y.reshape(2, 2).T.ravel()
    return scaled.sum() + turned.sum() + x @ turned + total


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [stepped_in_place, looked_into_in_an_arm], ids=lambda f: f.__name__)
def test_what_an_arm_alone_records_stays_so(f: Any, mode: str) -> None:
    given = np.array([0.8137, 0.3371, 1.2519, -0.4243])
    value, slopes = value_and_grad(f, mode=mode)(x := given.copy())
    own = given.copy()
    assert value == f(own)
    np.testing.assert_array_equal(x, own)
    for k in range(4):
        expected, noise = along(lambda h, k=k: f(given + h * (np.arange(4) == k)), 1e-4)
        assert slopes[k] == pytest.approx(float(expected), rel=1e-7, abs=noise)


def taking_turns(x: Any) -> Any:
    v, w = np.sin(x), np.cos(x)
    for _ in range(9):
        v, w = w, v + w[2]
        w = np.sin(np.array([q * w.max() for q in w]))
    return v @ w


def test_adjoints_that_take_turns_are_read_before_they_hold_the_next() -> None:
    given = np.array([0.2137, 0.3371, 0.2519, -0.4243])
    slopes = grad(taking_turns, mode="reverse")(given)
    for k in range(4):
        expected, noise = along(lambda h, k=k: taking_turns(given + h * (np.arange(4) == k)), 1e-4)
        assert slopes[k] == pytest.approx(float(expected), rel=1e-7, abs=noise)
