"""Solvers, programs, splines, filters and series of SciPy by formulas: its values, their slopes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg as sl
from scipy import interpolate, optimize, signal, sparse, spatial, special, stats
from scipy.sparse import linalg as spl

from chainrule import UnsupportedError, grad
from tests.slopes import check_against_oracle, check_product

X = np.array([0.62, 1.37, 0.81, 1.93, 1.12, 1.58])
Y = np.array([0.3, 1.9, 0.7, 2.2, 1.4, 0.1])
TIMES = np.linspace(0.0, 1.0, 9)
CHAIN = sparse.csr_matrix(2.5 * np.eye(6) - np.eye(6, k=1) - np.eye(6, k=-1))

CORNER = sparse.csr_matrix(np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0], [4.0, 0.0, 5.0]]))


def sample(a, b):
    return X + a * np.cos(np.arange(6.0)) * 0.3 + b * np.arange(1.0, 7.0) * 0.1


def square(a, b):
    v = sample(a, b)
    return np.outer(v[:3], v[3:]) * 0.3 + np.diag(v[3:] + 1.0)


def weighed(r):
    w = np.cos(np.arange(r.size) * 0.7 + 0.3).reshape(r.shape)
    return np.sum(w * r)


def solved_step_by_step(a, b):
    m, v = square(a, b), sample(a, b)
    x, info = spl.gmres(m, v[:3], rtol=1e-13)
    y, _ = spl.bicgstab(m.T, v[3:], rtol=1e-13, atol=1e-14)
    z = spl.cg(CHAIN, v, rtol=1e-13)[0]
    u, _ = spl.cg(CHAIN * a + sparse.diags(v), v, rtol=1e-13)
    return weighed(x) + weighed(y) + weighed(z) + weighed(u) + info


def sparse_of_whole_matrices(a, b):
    m, v = square(a, b), sample(a, b)
    made = sparse.csr_matrix(m)
    held = sparse.csc_matrix((v, ([0, 1, 2, 0, 1, 2], [0, 1, 2, 1, 2, 0])), shape=(3, 3))
    total = weighed(made @ v[:3]) + weighed(spl.spsolve(sparse.csc_matrix(m), v[3:]))
    return total + weighed(held.toarray() * m) + weighed((made.T @ CORNER).toarray())


def linear_programs(a, b):
    v = sample(a, b)
    plain = optimize.linprog(-v[:2], A_ub=np.array([[1.0, 1.0], [2.0, 0.5 * a]]), b_ub=v[2:4])
    mixed = optimize.linprog(
        v[:3], A_ub=[[1.0, b, 0.0]], b_ub=[v[1]], A_eq=[[1.0, 1.0, 1.0]], b_eq=[v[3]],
        bounds=[(0, None), (0.1, 2.0), (None, 1.0)],
    )  # fmt: skip
    return plain.fun * weighed(plain.x) + mixed.fun + weighed(mixed.x)


def assigned(a, b):
    cost = square(a, b)
    rows, columns = optimize.linear_sum_assignment(cost)
    return cost[rows, columns].sum()


def splines(a, b):
    tck = interpolate.splrep(np.arange(6.0), sample(a, b))
    quadratic = interpolate.splrep(np.arange(6.0), sample(a, b), k=2, s=0)
    t, c, _ = tck
    closest = interpolate.splrep(np.arange(9.0), np.sin(a * np.arange(9.0)), task=-1, t=[2.5, 5.0])
    total = weighed(interpolate.splev(np.array([0.3, 1.7 * a, 2.5]), tck))
    total += interpolate.splev(b, tck, der=1) + interpolate.splint(0.3, 2.0 * b, tck)
    total += weighed(interpolate.splev(TIMES, quadratic)) + weighed(c) + t[4]
    total += interpolate.splev(1.2, interpolate.splder(tck)) * interpolate.splev(b, closest)
    return total + interpolate.splev(1.2, interpolate.splantider(tck))


def curves_closest_to_points(a, b):
    knots = np.array([0.0, 0.0, 0.0, 0.0, 5.0, 5.0, 5.0, 5.0])
    closest = interpolate.make_lsq_spline(np.arange(6.0), sample(a, b), knots)
    return weighed(closest(TIMES * a))


def smoothed(a, b):
    smooth = interpolate.make_smoothing_spline(np.arange(6.0), sample(a, b), lam=0.3)
    return weighed(smooth(TIMES * b))


SMOOTHS_SEVERAL = "axis" in inspect.signature(interpolate.make_smoothing_spline).parameters


def filters(a, b):
    low = signal.butter(3, 0.3 * a)
    high = signal.butter(2, 20.0 * b, "highpass", fs=100.0)
    band = signal.butter(2, [0.2 * a, 0.4 * b], btype="band")
    ripples = signal.cheby1(4, b, 0.3 * a)
    analogue = signal.butter(2, a, analog=True)
    pairs = (low, high, band, ripples, analogue)
    return sum(weighed(num) + weighed(den) for num, den in pairs)


def filters_by_windows(a, b):
    v = np.sin(a * np.arange(40.0)) + b * np.cos(0.3 * np.arange(40.0)) ** 2
    total = weighed(signal.firwin(7, [0.2 * a, 0.5 * b], pass_zero=False))
    total += weighed(signal.firwin(7, 20.0 * a, window="hann", pass_zero="highpass", fs=100.0))
    total += weighed(signal.firwin(6, 0.3 * b, scale=False))
    return total + weighed(signal.decimate(v, 2))


def poles(a, b):
    plant = signal.TransferFunction([a, 4.0, 1.0], [1.0, 5.0 * b, a])
    made = plant.to_ss()
    steps = made.to_discrete(0.1)
    total = weighed(plant.poles.real) * plant.zeros[0].real + weighed(made.poles.real)
    return total + weighed(steps.A) + weighed(steps.B) * steps.dt


def closest(a, b):
    m, v = square(a, b), sample(a, b)
    free, held = optimize.lsq_linear(m, v[3:]), optimize.lsq_linear(m, v[3:], bounds=(0.35, 3.0))
    up = optimize.isotonic_regression(v)
    down = optimize.isotonic_regression(v, weights=Y + a, increasing=False)
    return weighed(free.x) + weighed(held.x) * held.cost + weighed(up.x**2) + weighed(down.x)


def tables(a, b):
    v = sample(a, b)
    square_table = stats.chi2_contingency(v[:4].reshape(2, 2) * 8.0)
    wide = stats.chi2_contingency(v.reshape(2, 3) + 3.0, lambda_="log-likelihood")
    chances = stats.combine_pvalues(0.2 * v).pvalue
    weighted = stats.combine_pvalues(0.2 * v, method="stouffer", weights=Y).statistic
    means, edges, _ = stats.binned_statistic(Y, v, bins=3)
    spreads = stats.binned_statistic(Y, v, "std", bins=2, range=(0.0, 2.5)).statistic
    total = square_table.pvalue * wide.pvalue + weighed(wide.expected_freq) + chances + weighted
    return total * wide.dof + weighed(means * edges[1:]) + weighed(spreads)


def series(a, b):
    v = 0.3 * sample(a, b)
    total = special.legendre(3)(a) + weighed(special.chebyt(4)(v)) + weighed(special.chebyu(3)(v))
    total += weighed(special.hermite(3)(v)) + weighed(special.hermitenorm(4)(v))
    total += weighed(special.laguerre(3)(v)) + weighed(special.genlaguerre(3, 0.5)(v))
    total += special.jacobi(3, 0.5, 0.3)(b) + special.gegenbauer(3, 0.7)(a)
    return total + special.legendre(4).deriv()(b) + special.legendre(3).coeffs[0]


def powers_of_matrices(a, b):
    m = square(a, b)
    return weighed(sl.fractional_matrix_power(0.2 * m @ m.T + np.eye(3), 0.3 * a))


def waves(a, b):
    t = TIMES * 9.0 * a + 0.1
    return weighed(signal.sawtooth(t)) + weighed(signal.sawtooth(t * b, width=0.3))


def distances(a, b):
    x = sample(a, b)
    one = stats.kstest(x, "norm", args=(a, b)).statistic
    other = stats.ks_1samp(x, stats.norm.cdf, alternative="less").statistic
    return one + other * a + stats.rankdata(x)[0] * b + stats.ks_2samp(x, Y).statistic


def shapes_apart(a, b):
    p, q = sample(a, b).reshape(3, 2), Y.reshape(3, 2)
    one, two, apart = spatial.procrustes(p, q)
    far, i, j = spatial.distance.directed_hausdorff(p, q)
    u, v = p[0] / np.sqrt(p[0] @ p[0]), p[1] / np.sqrt(p[1] @ p[1])
    way = spatial.geometric_slerp(u, v, TIMES)
    return apart + weighed(one) + weighed(two) + far * a + p[i, 0] * q[j, 1] + weighed(way)


PROGRAMS: list[Callable[..., Any]] = [
    solved_step_by_step, sparse_of_whole_matrices, linear_programs, assigned, splines,
    curves_closest_to_points, filters, filters_by_windows, poles, closest, tables,
    series, powers_of_matrices, waves, distances, shapes_apart,
    *([smoothed] if SMOOTHS_SEVERAL else []),
]  # fmt: skip
POINT = (0.8, 1.1)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_what_scipy_finds_has_the_slopes_of_its_formula(f: Callable[..., Any], mode: str) -> None:
    check_against_oracle(f, POINT, wrt=("a", "b"), mode=mode)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_second_slopes_are_those_of_the_formula(f: Callable[..., Any]) -> None:
    check_product(f, POINT, ("a", "b"), (0.7, -0.4), rel=1e-5, slack=1e-5)


@pytest.mark.skipif(SMOOTHS_SEVERAL, reason="SciPy 1.16 smooths several rows of values at once")
def test_a_spline_of_older_scipys_that_smooths_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="cannot differentiate"):
        grad(smoothed)(*POINT)


def test_a_program_without_a_plain_corner_has_no_slope() -> None:
    def degenerate(a):
        return optimize.linprog([-1.0, -1.0], A_ub=[[1.0, 1.0], [1.0, 1.0]], b_ub=[a, a]).fun

    def impossible(a):
        return optimize.linprog([1.0], A_ub=[[1.0]], b_ub=[-a]).fun

    with pytest.raises(ArithmeticError, match="plain corner"):
        grad(degenerate)(1.5)
    with pytest.raises(ArithmeticError, match="no solution was found"):
        grad(impossible)(1.5)


def by_places_of_a_spline(a):
    return interpolate.splev(1.3, interpolate.splrep(a * np.arange(6.0), Y))


def by_a_chance_of_a_distance(a):
    return stats.kstest(a * X, "norm").pvalue


def smooth_spline(a):
    return interpolate.splev(1.3, interpolate.splrep(np.arange(6.0), a * Y, s=0.5))


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (by_places_of_a_spline, "cannot differentiate by the places and knots of a spline"),
        (by_a_chance_of_a_distance, "cannot differentiate by the chance of a distance"),
        (smooth_spline, "cannot differentiate"),
    ],
)
def test_what_a_formula_does_not_tell_is_refused(f: Callable[..., Any], message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        grad(f)(0.8)
