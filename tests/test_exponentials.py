"""Slopes are finite where an exponential on the way overflows and a closed form is finite."""

from __future__ import annotations

import math
import re

import mpmath
import numpy as np
import pytest
import scipy.special

from chainrule import grad, hessian, jvp, value_and_grad

POINTS = np.array([-800.0, -720.0, -30.0, -1.0, 0.3, 2.0, 40.0, 720.0, 800.0])


def sigmoid(x):
    return np.sum(1.0 / (1.0 + np.exp(-x)))


def scaled(x):
    return np.sum(2.0 / (3.0 + 0.5 * np.exp(-3.0 * (x - 2.0))))


def squared(x):
    return np.sum(1.0 / (1.0 + np.exp(-x)) ** 2)


def rooted(x):
    return np.sum((1.0 + np.exp(-x)) ** -0.5)


def inverted(x):
    return np.sum(np.reciprocal(1.0 + np.exp(x)))


def occupied(x):
    return np.sum(1.0 / (np.exp((x - 0.1) / 0.5) + 1.0))


def quanta(x):
    return np.sum(1.0 / (np.exp(x) - 1.0))


def depletion(x):
    return np.sum(1.0 / (2.0 - np.exp(x)))


def quanta_near_zero(x):
    return np.sum(1.0 / np.expm1(x))


def pulse(x):
    return np.sum(1.0 / np.cosh(x))


def softened(x):
    return np.sum(np.log1p(np.exp(x)))


def doubled(x):
    return np.sum(np.exp(-np.exp(x)))


def doubled_and_scaled(x):
    return np.sum(3.0 * np.exp(-2.0 * np.exp(-x) / 5.0))


def one(value):
    return mpmath.mpf(value)


SLOPES = {
    sigmoid: lambda x: mpmath.diff(lambda t: 1 / (1 + mpmath.exp(-t)), x),
    scaled: lambda x: 3 * mpmath.exp(-3 * (x - 2)) / (3 + mpmath.exp(-3 * (x - 2)) / 2) ** 2,
    squared: lambda x: 2 * mpmath.exp(-x) / (1 + mpmath.exp(-x)) ** 3,
    rooted: lambda x: mpmath.exp(-x) / (1 + mpmath.exp(-x)) ** one(1.5) / 2,
    inverted: lambda x: -mpmath.exp(x) / (1 + mpmath.exp(x)) ** 2,
    occupied: lambda x: -2 / (2 + 2 * mpmath.cosh((x - one(0.1)) / one(0.5))),
    quanta: lambda x: -mpmath.exp(x) / (mpmath.exp(x) - 1) ** 2,
    depletion: lambda x: mpmath.exp(x) / (2 - mpmath.exp(x)) ** 2,
    quanta_near_zero: lambda x: -mpmath.exp(x) / (mpmath.exp(x) - 1) ** 2,
    pulse: lambda x: -mpmath.sinh(x) / mpmath.cosh(x) ** 2,
    doubled: lambda x: -mpmath.exp(x - mpmath.exp(x)) if x < 500 else one(0),
    doubled_and_scaled: lambda x: (
        one(6) / 5 * mpmath.exp(-x - 2 * mpmath.exp(-x) / 5) if x > -500 else one(0)
    ),
    softened: lambda x: 1 / (1 + mpmath.exp(-x)),
}


@pytest.mark.filterwarnings("ignore:(overflow|divide by zero):RuntimeWarning")
@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", SLOPES, ids=lambda f: f.__name__)
def test_slopes_are_those_of_the_closed_form_however_large_the_exponential(f, mode):
    value, found = value_and_grad(f, mode=mode)(POINTS)
    assert value == f(POINTS)
    with mpmath.workdps(800):
        expected = np.array([float(SLOPES[f](mpmath.mpf(x))) for x in POINTS])
    # Where f itself underflows, as `inf ** -0.5` does, so does its slope.
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-150)


@pytest.mark.filterwarnings("ignore:(overflow|divide by zero):RuntimeWarning")
def test_numbers_of_numpy_and_second_derivatives_are_finite_too():
    def gate(x):
        return x / (1.0 + np.exp(-x))

    assert grad(gate)(-800.0) == 0.0 and grad(gate)(800.0) == 1.0
    curvature = np.diag(hessian(sigmoid)(POINTS))
    with mpmath.workdps(800):
        expected = [
            float(-mpmath.sinh(t) / (2 * (1 + mpmath.cosh(t)) ** 2)) for t in map(one, POINTS)
        ]
        rising = float(sum(SLOPES[sigmoid](t) for t in map(one, POINTS)))
    np.testing.assert_allclose(curvature, expected, rtol=1e-12, atol=1e-300)
    assert jvp(sigmoid)(POINTS, np.ones_like(POINTS))[1] == pytest.approx(rising, rel=1e-12)


@pytest.mark.filterwarnings("ignore:(overflow|divide by zero):RuntimeWarning")
def test_curvature_of_a_quotient_by_an_exponential_is_finite_where_it_overflows():
    def radiated(x):
        return np.sum(x**3 / np.expm1(x))

    points = np.array([0.5, 2.0, 40.0, 720.0, 900.0])
    with mpmath.workdps(800):
        curve = lambda t: mpmath.diff(lambda s: s**3 / mpmath.expm1(s), t, 2)  # noqa: E731
        expected = [float(curve(one(t))) for t in points]
    found = hessian(radiated)(points)
    np.testing.assert_allclose(np.diag(found), expected, rtol=1e-12, atol=1e-300)
    assert np.array_equal(found, np.diag(np.diag(found)))


def test_the_slope_of_a_double_exponential_is_one_exponential():
    slope = grad(doubled)
    slope(POINTS[2:-2])
    assert slope.source.partition('"""\n    ')[2].count(" np.exp(") == 2, slope.source


def test_the_slope_of_a_sigmoid_takes_no_exponential_but_that_of_f():
    def weighted(x, w):
        return np.sum(w / (1.0 + np.exp(-x)))

    slope = grad(weighted)
    slope(POINTS[2:-2], np.ones(5))
    assert (
        re.sub(r"line \d+", "line", slope.source)
        .rstrip()
        .endswith(
            "    exp_x = np.exp(-x)\n"
            "    exp_x_total = 1.0 + exp_x\n"
            "    # line: return np.sum(w / (1.0 + np.exp(-x)))\n"
            "    np.reciprocal(exp_x, out=exp_x)\n"
            "    exp_x += 1.0\n"
            "    return w / exp_x_total / exp_x"
        )
    ), slope.source


@pytest.mark.filterwarnings("ignore:(overflow|divide by zero):RuntimeWarning")
@pytest.mark.parametrize("target", [None, "numba"])
def test_loops_of_sigmoids_record_their_exponentials(target):
    def network(W, b, steps):
        h = b
        for _ in range(steps):
            h = 1.0 / (1.0 + np.exp(-(W @ h + b)))
        return np.sum(h * h)

    W = np.array([[0.5, -1.0], [2.0, 0.3]])
    slope = grad(network, wrt="b", **({} if target is None else {"target": target}))
    for b in (np.array([0.3, -0.2]), np.array([800.0, -800.0])):
        found = slope(W, b, 4)
        step = 1e-6
        for k in range(2):
            moved = step * np.eye(2)[k]
            wanted = (network(W, b + moved, 4) - network(W, b - moved, 4)) / (2 * step)
            assert found[k] == pytest.approx(wanted, abs=1e-9)
    forth, _, back = slope.source.partition("reversed(")
    code = re.sub("#.*", "", back)
    assert "exp_W_tape" in forth and "np.exp(" not in code, slope.source


def test_an_exponential_beside_what_may_be_zero_is_left_as_it_is():
    def offset(K, x):
        return np.sum(np.log(K + np.exp(x)))

    found = grad(offset, wrt="x")(0.0, np.array([-720.0, 1.0]))
    assert found.tolist() == [1.0, 1.0]


def bent(w, z):
    t = np.tanh(z)
    return np.sum(w * t)


WIDE = np.concatenate(
    [np.linspace(-350.0, 350.0, 701), np.linspace(-3.0, 3.0, 601), np.logspace(-320, 1, 322)]
)


@pytest.mark.parametrize(("dtype", "within"), [("float64", 4.0), ("float32", 5.0)])
def test_the_slope_of_a_tanh_that_lives_on_is_right_to_a_few_units_of_last_place(dtype, within):
    z = WIDE.astype(dtype)
    if dtype == "float32":
        z = z[np.abs(z) < 43.0]
    slope = grad(bent, wrt=("w", "z"))
    found = slope(np.ones_like(z), z)[1]
    assert "np.exp" not in slope.source and slope.source.count("np.cosh") == 1
    assert found.dtype == dtype
    with mpmath.workdps(60):
        exact = [mpmath.sech(one(float(x))) ** 2 for x in z]
        wrong = [abs(one(float(s)) - e) / e for s, e in zip(found, exact, strict=True)]
    assert float(max(wrong)) < within * np.finfo(dtype).eps


def test_compiled_slopes_of_numbers_take_one_exponential_too():
    pytest.importorskip("numba")

    def squares(x):
        total = 0.0
        for i in range(len(x)):
            total += math.tanh(x[i]) ** 2
        return total

    slope = grad(squares, target="numba")
    found = slope(WIDE)
    assert "cosh" not in slope.source and slope.source.count("exp(") == 1
    with mpmath.workdps(60):
        exact = [2 * mpmath.tanh(one(float(x))) * mpmath.sech(one(float(x))) ** 2 for x in WIDE]
        wrong = [abs(one(float(s)) - e) for s, e in zip(found, exact, strict=True)]
    assert all(
        w <= 6 * np.finfo(float).eps * abs(e) + 1e-320 for w, e in zip(wrong, exact, strict=True)
    )
    assert np.array_equal(slope(np.array([-np.inf, -1e9, 0.0, 500.0])), np.zeros(4))


def test_the_slope_of_a_tanh_that_lives_on_is_below_the_normal_numbers_where_tanh_is_flat():
    with np.errstate(all="raise", under="ignore"):
        found = grad(bent, wrt=("w", "z"))(np.ones(5), np.array([-np.inf, -800.0, 0.0, 400.0, 1e9]))
    slopes = found[1]
    assert slopes[2] == 1.0
    assert np.all(np.delete(slopes, 2) >= 0.0)
    assert np.all(np.delete(slopes, 2) < np.finfo(float).tiny)


def test_higher_derivatives_of_a_tanh_that_lives_on_are_right_at_zero_too():
    slope = grad(bent, wrt=("w", "z"))

    def second(z, w):
        return np.sum(slope(w, z)[1])

    def third(z, w):
        return np.sum(grad(second)(z, w))

    points = np.array([0.0, 0.5, -2.0, 20.0])
    for derivative, order in ((grad(second), 2), (grad(third), 3)):
        with mpmath.workdps(60):
            expected = [float(mpmath.diff(mpmath.tanh, one(z), order)) for z in points]
        found = derivative(points, np.ones(4))
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-30)


def test_the_slope_of_a_tanh_is_written_over_what_it_was_taken_of():
    def layer(W, X):
        h = np.tanh(X @ W)
        return np.sum(h @ h.T)

    slope = grad(layer)
    W, X = np.ones((3, 2)), np.linspace(-1.0, 1.0, 12).reshape(4, 3)
    found = slope(W, X)
    assert "np.cosh(h_in, out=h_in)" in slope.source
    assert "np.square(h_in, out=h_in)" in slope.source
    h = np.tanh(X @ W)
    np.testing.assert_allclose(found, X.T @ (2.0 * h.sum(axis=0) / np.cosh(X @ W) ** 2), rtol=1e-13)


def in_columns(mu, x):
    """The maximum keeps its axis, and the sum of exponentials does not."""
    lp = -0.5 * (x[:, None] - mu[None, :]) ** 2
    m = lp.max(axis=1, keepdims=True)
    return -np.sum(m[:, 0] + np.log(np.exp(lp - m).sum(axis=1)))


def cross_entropy(z, labels):
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -logp[np.arange(len(z)), labels].mean()


def test_a_maximum_taken_out_cancels_beside_an_axis_that_is_added_again():
    mu, x = np.array([0.3, -1.0, 2.0]), np.array([0.1, 0.9, -0.4, 1.7])
    slope = grad(in_columns)
    weights = scipy.special.softmax(-0.5 * (x[:, None] - mu) ** 2, axis=1)
    np.testing.assert_allclose(slope(mu, x), -np.sum(weights * (x[:, None] - mu), axis=0))
    # The maximum is taken, and has no adjoint.
    assert "at_max" not in slope.source
    assert "m_bar" not in slope.source


def test_entries_that_are_picked_are_not_read_for_their_number():
    z, labels = np.cos(np.arange(12.0)).reshape(4, 3), np.array([0, 2, 1, 2])
    slope = grad(cross_entropy)
    wanted = (scipy.special.softmax(z, axis=1) - np.eye(3)[labels]) / 4
    np.testing.assert_allclose(slope(z, labels), wanted)
    code = re.sub(r"#.*", "", slope.source.split('"""')[-1])
    assert not re.search(r"\blogp\b", code)
