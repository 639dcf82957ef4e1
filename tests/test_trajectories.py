"""Initial value problems: SciPy's solve_ivp and odeint."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.integrate import odeint, solve_ivp
from scipy.linalg import expm, expm_frechet

from chainrule import UnsupportedError, grad, hessian, jacobian, value_and_grad
from tests import oracle
from tests.differences import partials

TIGHT = 1e-11


def decay(k, y0, T):
    solution = solve_ivp(lambda t, y: -k * y, (0.0, T), [y0], rtol=TIGHT, atol=TIGHT)
    return solution.y[0, -1]


def logistic(r, K, y0):
    def growth(t, state, rate):
        (population,) = state
        return [rate * population * (1.0 - population / K)]

    t = np.array([0.0, 0.7, 1.5])
    found = solve_ivp(growth, [0, 2.0], (y0,), "DOP853", t, args=(r,), rtol=TIGHT, atol=TIGHT)
    return np.sum(found.y[0] ** 2) if found.success else 0.0


def logistic_values(r, K, y0):
    t = np.array([0.0, 0.7, 1.5])
    return np.sum((K / (1.0 + (K / y0 - 1.0) * np.exp(-r * t))) ** 2)


def moving_ends(a, b, T):
    t = np.linspace(a, T, 6)
    found = solve_ivp(
        lambda t, y: b * np.cos(t) * y, (a, T), np.ones(1), t_eval=t, rtol=TIGHT, atol=TIGHT
    )
    return np.sum(found.y[0] * found.t)


def moving_times(a, b, T):
    t = np.linspace(a, T, 6)
    y = odeint(lambda t, y: [b * math.cos(t) * y[0]], 1.0, t, rtol=TIGHT, atol=TIGHT, tfirst=True)
    return np.sum(y[:, 0] * t)


def moving_values(a, b, T):
    t = np.linspace(a, T, 6)
    return np.sum(np.exp(b * (np.sin(t) - np.sin(a))) * t)


def times_of_the_solver(a, b, T):
    def both(t, y):
        return b * math.cos(t) * y[0], 1.0

    found = solve_ivp(both, (a, T), [1.0, b], rtol=TIGHT, atol=TIGHT)
    return found.y[0, -1] * found.t[-1] + found.y[1][-1] * found.t[0] + found.y[1, 0]


def steps_in_a_loop(k, a, n=3):
    y, total = 1.0, 0.0
    for i in range(n):
        found = solve_ivp(lambda t, y, i=i: [-k * y[0] * i], (0.0, a), [y], rtol=TIGHT, atol=TIGHT)
        if not found.success:
            raise RuntimeError(found.message)
        y = found.y[0, -1]
        total += y
    return total


CASES: tuple[tuple[Any, Any, tuple[float, ...]], ...] = (
    (decay, lambda k, y0, T: y0 * math.exp(-k * T), (0.7, 2.0, 1.5)),
    (logistic, logistic_values, (1.2, 3.0, 0.4)),
    (moving_ends, moving_values, (0.2, 0.7, 1.5)),
    (moving_times, moving_values, (0.2, 0.7, 1.5)),
    (
        times_of_the_solver,
        lambda a, b, T: math.exp(b * (math.sin(T) - math.sin(a))) * T + (b + T - a) * a + b,
        (0.2, 0.7, 1.5),
    ),
    (
        steps_in_a_loop,
        lambda k, a: 1.0 + math.exp(-k * a) + math.exp(-3 * k * a),
        (0.3, 0.8),
    ),
)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("function", "exact", "args"), CASES, ids=[case[0].__name__ for case in CASES]
)
def test_slopes_are_those_of_the_solution_in_closed_form(
    function: Callable[..., Any], exact: Callable[..., float], args: tuple[float, ...], mode: str
) -> None:
    names = function.__code__.co_varnames[: len(args)]
    value, slopes = value_and_grad(function, wrt=names, mode=mode)(*args)
    assert oracle.same_bits(value, function(*args))
    for k, slope in enumerate(slopes):
        low, high = (exact(*args[:k], args[k] + h, *args[k + 1 :]) for h in (-1e-5, 1e-5))
        assert slope == pytest.approx((high - low) / 2e-5, rel=1e-7, abs=1e-8)


def test_a_linear_system_by_its_matrix_and_its_start() -> None:
    def end(A, y0):
        t = np.array([0.0, 1.0])
        return solve_ivp(lambda t, y: A @ y, (0.0, 1.0), y0, t_eval=t, rtol=TIGHT, atol=TIGHT).y[
            :, -1
        ]

    def total(A, y0):
        return np.sum(odeint(lambda y, t: A @ y, y0, [0.0, 1.0], rtol=TIGHT, atol=TIGHT)[-1])

    A, y0 = np.array([[0.1, 1.0], [-1.0, -0.2]]), np.array([1.0, 2.0])
    by_matrix, by_start = jacobian(end, wrt=("A", "y0"))(A, y0)
    assert by_start == pytest.approx(expm(A), rel=1e-9)
    for i, j in np.ndindex(2, 2):
        unit = np.zeros((2, 2))
        unit[i, j] = 1.0
        change = expm_frechet(A, unit, compute_expm=False) @ y0
        assert by_matrix[:, i, j] == pytest.approx(change, rel=1e-8)
        assert grad(total)(A, y0)[i, j] == pytest.approx(change.sum(), rel=1e-8)


def layer(W, b, y0):
    def rate(t, y):
        return W.T @ np.tanh(W @ y + b)

    return solve_ivp(rate, (0.0, 1.0), y0, "DOP853", rtol=TIGHT, atol=TIGHT).y[0, -1]


def reactions(k, y0):
    def rate(t, y):
        change = np.zeros_like(y)
        for i in range(len(y) - 1):
            flow = k[i] * y[i]
            change[i] -= flow
            change[i + 1] += flow
        return change

    return solve_ivp(rate, (0.0, 1.0), y0, "DOP853", rtol=TIGHT, atol=TIGHT).y[-1, -1]


def rod(left, diffusivity, start):
    def heat(t, u):
        padded = np.concatenate([[left], u, [0.0]])
        return diffusivity * (padded[2:] - 2.0 * padded[1:-1] + padded[:-2])

    found = solve_ivp(heat, (0.0, 0.5), start, "DOP853", rtol=TIGHT, atol=TIGHT)
    return np.sum(found.y[:, -1] ** 2)


WEIGHTS = np.array([[0.3, -0.7], [1.1, 0.4], [-0.2, 0.9]])
ARRAYS = (
    (layer, (WEIGHTS, np.array([0.1, -0.2, 0.3]), np.array([0.5, -0.4])), ("W", "b")),
    (reactions, (np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.5, 0.2, 0.1])), ("k", "y0")),
    (rod, (1.0, 0.8, np.linspace(1.0, 0.0, 5)), ("left", "diffusivity")),
)


@pytest.mark.parametrize(("function", "args", "wrt"), ARRAYS, ids=[c[0].__name__ for c in ARRAYS])
def test_states_and_parameters_that_are_arrays(
    function: Callable[..., Any], args: tuple[Any, ...], wrt: tuple[str, ...]
) -> None:
    names = function.__code__.co_varnames
    slopes = grad(function, wrt=wrt)(*args)
    for name, slope in zip(wrt, slopes, strict=True):
        k = names.index(name)
        for place in np.ndindex(np.shape(slope)):

            def at(step: float, k: int = k, place: tuple[int, ...] = place) -> float:
                moved = np.array(args[k], dtype=float)
                moved[place] += step
                arg = moved if moved.shape else float(moved)
                return float(function(*args[:k], arg, *args[k + 1 :]))

            difference = (at(1e-4) - at(-1e-4)) / 2e-4
            assert np.asarray(slope)[place] == pytest.approx(difference, rel=1e-6, abs=1e-7)


def lotka_volterra(t, z, a, b, c, d):
    x, y = z
    return [a * x - b * x * y, c * x * y - d * y]


def prey(p):
    a, b, c, d = p
    start = [10.0, 5.0]
    return solve_ivp(
        lotka_volterra, (0.0, 5.0), start, "DOP853", args=(a, b, c, d), rtol=1e-12, atol=1e-12
    ).y[0, -1]


def test_predators_and_prey_agree_with_extrapolated_differences() -> None:
    p = np.array([1.1, 0.4, 0.1, 0.4])
    slopes = grad(prey)(p)
    for k in range(4):
        unit = np.eye(4)[k]
        wide, near = ((prey(p + h * unit) - prey(p - h * unit)) / (2 * h) for h in (2e-3, 1e-3))
        assert slopes[k] == pytest.approx((4 * near - wide) / 3, rel=1e-7)


@pytest.mark.parametrize("method", ["Radau", "LSODA"])
def test_stiff_methods_are_as_accurate_as_they_are_asked_to_be(method: str) -> None:
    def end(k):
        return solve_ivp(
            lambda t, y: [-k * y[0], k * y[0] - y[1]], (0.0, 2.0), [1.0, 0.0], method,
            rtol=1e-8, atol=1e-10,
        ).y[1, -1]  # fmt: skip

    k, h = 300.0, 1e-3
    low, high = (x / (x - 1.0) * (math.exp(-2.0) - math.exp(-2.0 * x)) for x in (k - h, k + h))
    assert grad(end)(k) == pytest.approx((high - low) / (2 * h), rel=1e-4)


def test_one_solution_serves_all_directions() -> None:
    start = np.array([1.0, 0.5, 0.2])

    def end(a, b):
        found = solve_ivp(lambda t, y: a * np.sin(y) - b * y, (0.0, 1.0), start)
        return found.y[:, -1]

    derived = jacobian(end, wrt=("a", "b"), mode="forward")
    assert np.shape(derived(0.7, 0.3)) == (2, 3)
    assert derived.source.count("sensitivities = solve_ivp(") == 1


def test_second_derivatives_integrate_the_sensitivities_of_sensitivities() -> None:
    def end(k, y0):
        return solve_ivp(lambda t, y: [-k * y[0] ** 2], (0.0, 1.5), [y0], rtol=TIGHT, atol=1e-13).y[
            0, -1
        ]

    # y0 / (1 + k y0 T)
    k, y0, T = 0.7, 1.3, 1.5
    u = 1.0 + k * y0 * T
    found = hessian(end, wrt=("k", "y0"))(k, y0)
    exact = [
        [2.0 * y0**3 * T * T / u**3, -2.0 * y0 * T / u**3],
        [-2.0 * y0 * T / u**3, -2.0 * k * T / u**3],
    ]
    assert np.array(found) == pytest.approx(np.array(exact), rel=1e-8)
    backward = grad(end, wrt=("k", "y0"), mode="reverse")
    for k_, row in enumerate(exact):
        again = grad(lambda a, b, k_=k_: backward(a, b)[k_], wrt=("a", "b"), mode="reverse")
        assert again(k, y0) == pytest.approx(row, rel=1e-8)


def test_the_module_holds_the_right_side_beside_its_slopes() -> None:
    def end(k: float, c: float) -> float:
        def spring(t, y):
            x, v = y
            return [v, -k * x - c * v]

        return solve_ivp(spring, (0.0, 1.0), [1.0, 0.0]).y[0, -1]

    text = grad(end, wrt=("k", "c")).source
    line = end.__code__.co_firstlineno + 5
    assert (
        f'''\
def spring_with_sensitivities(
    t: float, state: NDArray[np.float64], k: float, c: float
) -> NDArray[np.float64]:
    """Change of the state of `spring` and of its slopes by k, c."""
    y = state[:2]
    x, v = y
    # line {line}: return solve_ivp(spring, (0.0, 1.0), [1.0, 0.0]).y[0, -1]
    state_product = np.array([[0.0, 1.0], [-k, -c]]) @ state[2:].reshape(2, -1)
    slopes_dot = (state_product + np.array([[0.0, 0.0], [-x, -v]])).ravel()
    return np.concatenate([np.array([v, -k * x - c * v]), slopes_dot])
'''
        in text
    )
    assert text.count("[1.0, 0.0, 0.0, 0.0, 0.0, 0.0],") == 1


def constant_jacobian(k):
    return solve_ivp(lambda t, y: -k * y, (0.0, 1.0), [1.0], jac=[[-1.0]], method="BDF").y[0, -1]


def one_slope_for_two(k):
    return solve_ivp(lambda t, y: -k * y[0], (0.0, 1.0), [2.0, 1.0]).y[0, -1]


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (constant_jacobian, "a Jacobian of `solve_ivp` that is no function"),
        (one_slope_for_two, "one slope for each state"),
    ],
)
def test_what_the_variational_equations_leave_out_is_refused(
    function: Callable[..., Any], words: str
) -> None:
    with pytest.raises(UnsupportedError, match=words):
        grad(function)(0.7)
    with pytest.raises(UnsupportedError):
        grad(decay, target="numba")(0.7, 2.0, 1.5)


def test_a_switch_at_a_fixed_time_and_checks_of_the_state_are_no_jumps_that_move() -> None:
    def end(k):
        def rate(t, y):
            if y[0] < 0.0:
                raise ValueError("negative")
            return [-k * y[0] if t < 1.0 else 0.0]

        return solve_ivp(rate, (0.0, 2.0), [1.0], max_step=0.05, rtol=1e-9, atol=1e-11).y[0, -1]

    assert grad(end)(0.7) == pytest.approx(-math.exp(-0.7), rel=1e-3)


def test_sensitivities_that_cannot_be_integrated_raise() -> None:
    def end(k):
        # The solution stays at 0, its slope explodes.
        return solve_ivp(lambda t, y: [k * y[0] ** 2], (0.0, 2.0), [0.0 + 1.0]).y[0, -1]

    with pytest.raises(ArithmeticError, match="could not be integrated"):
        grad(end)(1.0)


def with_a_jacobian(a, b):
    def rate(t, y):
        x, u, z = y
        return [-a * x + 1e2 * u * z, a * x - 1e2 * u * z - b * u**2, b * u**2]

    def jacobian(t, y):
        _, u, z = y
        return [
            [-a, 1e2 * z, 1e2 * u],
            [a, -1e2 * z - 2.0 * b * u, -1e2 * u],
            [0.0, 2.0 * b * u, 0.0],
        ]

    start = [1.0, 0.0, 0.0]
    sol = solve_ivp(rate, (0.0, 4.0), start, method="Radau", jac=jacobian, rtol=1e-9, atol=1e-12)
    return sol.y[1, -1] * 1e3 + sol.y[2, -1]


def swings(y, t, mu):
    return [y[1], mu * (1.0 - y[0] ** 2) * y[1] - y[0]]


def swings_by_state(y, t, mu):
    return np.array([[0.0, 1.0], [-2.0 * mu * y[0] * y[1] - 1.0, mu * (1.0 - y[0] ** 2)]])


def with_a_jacobian_that_takes_values(a, b):
    t = np.linspace(0.0, 3.0, 20)
    options = {"Dfun": swings_by_state, "rtol": 1e-11, "atol": 1e-11}
    y, told = odeint(swings, [b, 0.3], t, args=(a,), full_output=True, **options)
    return np.sum(y[:, 0] ** 2) if told["message"] == "Integration successful." else 0.0


def with_other_values(a, b):
    k = a * b
    options = {"method": "BDF", "rtol": 1e-10, "atol": 1e-12}
    jacobian = lambda t, y: np.array([[-a * b]])  # noqa: E731
    return solve_ivp(lambda t, y: [-k * y[0]], (0.0, 1.0), [b], jac=jacobian, **options).y[0, -1]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("function", "point"),
    [
        (with_a_jacobian, (0.04, 30.0)),
        (with_a_jacobian_that_takes_values, (0.7, 1.2)),
        (with_other_values, (0.7, 1.2)),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_a_jacobian_of_the_users_is_handed_on(
    function: Callable[..., float], point: tuple[float, float], mode: str
) -> None:
    value, slopes = value_and_grad(function, wrt=("a", "b"), mode=mode)(*point)
    assert oracle.same_bits(value, function(*point))
    for slope, (expected, noise) in zip(slopes, partials(function, point), strict=True):
        assert slope == pytest.approx(float(expected), rel=1e-5, abs=10.0 * noise)
