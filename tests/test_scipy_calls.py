"""Functions of SciPy that are lifted in a way of their own: Lambert's function and splines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import linalg, signal, special, stats
from scipy.interpolate import bisplev, bisplrep, splev, splrep
from scipy.special import betaincinv, gammainccinv, gammaincinv, lambertw, stdtrit

from chainrule import UnsupportedError, grad, jacobian, jvp, value_and_grad, vjp
from tests import oracle

KNOTS = np.linspace(0.0, 3.0, 20)
CURVE = splrep(KNOTS, np.sin(KNOTS))
CURVES = [CURVE, splrep(KNOTS, np.cos(KNOTS))]
PLAIN = [CURVE[0].tolist(), CURVE[1].tolist(), CURVE[2]]
GRID = np.meshgrid(KNOTS[::3], KNOTS[::3])
SURFACE = bisplrep(GRID[0].ravel(), GRID[1].ravel(), np.cos(GRID[0] * GRID[1]).ravel(), s=2.0)
FLAT = ([0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0], [1.0, 2.0, 3.0, 5.0], 1, 1)


def both_branches(x):
    return x * float(lambertw(x, -1).real) + lambertw(x).real


def named_branch(x):
    return lambertw(-x, k=-1).real


def on_a_curve(x):
    return float(splev(x * x, CURVE))


def slope_of_a_curve(x):
    return x * splev(x, PLAIN, der=1)


def one_of_the_curves(x):
    total = 0.0
    for i in range(len(CURVES)):
        total += float(splev(x * (i + 1), CURVES[i]))
    return total


def on_a_surface(x):
    return float(bisplev(x, x * x, SURFACE))


def inverses(x):
    return gammaincinv(1.5, x) * betaincinv(2.0, 3.0, x) + stdtrit(4, x) * gammainccinv(2.5, x)


def distribution_functions(x):
    total = special.betaincc(1.5, 2.5, x) + special.betainccinv(1.5, 2.5, x) * x
    total += special.chdtr(3, x) * special.chdtrc(5, x) + special.chdtri(4, x)
    total += special.fdtrc(3, 4, x) + special.fdtri(3, 4, x) * x
    total += special.gdtr(x, 3.0, 2.0) * special.gdtrc(2.0, 1.5, x)
    total += special.pdtr(2.0, x) * special.pdtrc(1.0, x) + special.bdtr(2, 5, x)
    return total + special.bdtrc(1, 4, x) * special.nbdtr(2, 5, x)


def single_functions(x):
    total = special.ndtri_exp(-x) + special.owens_t(x, 0.5) * special.owens_t(0.5, x)
    total += special.powm1(x, 1.5) * special.powm1(1.7, x) + special.wrightomega(x)
    total += special.inv_boxcox1p(x, 0.3) + special.struve(1.5, x) * special.modstruve(0.5, x)
    return total * special.ellipkinc(3.5 * x, 0.3) * special.ellipeinc(4.0 * x, -0.4)


def polynomials(x):
    total = special.eval_jacobi(3, 0.5, 1.5, x) * special.eval_sh_legendre(3, x)
    total += special.eval_sh_chebyt(3, x) * special.eval_sh_chebyu(2, x)
    return total + special.eval_chebyc(4, x) * special.eval_chebys(3, x)


def several_values(x):
    s, c = special.fresnel(x)
    si, ci = special.sici(x)
    shi, chi = special.shichi(x)
    sn, cn, dn, amplitude = special.ellipj(x, 0.3)
    ai, aip, bi, bip = special.airy(x)
    return s * c + si * ci + shi * chi + sn * cn + dn * amplitude + ai * aip + bi * bip


def kelvin(x):
    total = special.ber(x) * special.bei(x) + special.ker(x) * special.kei(x)
    total += special.berp(x) * special.beip(x) + special.kerp(x) * special.keip(x)
    return total + special.itstruve0(x) * special.it2struve0(x) * special.itmodstruve0(x)


def integrals_of_bessel(x):
    i, k = special.iti0k0(x)
    j, y = special.itj0y0(x)
    ahead, ahead_b, behind, behind_b = special.itairy(x)
    return i * k + j * y + ahead * ahead_b * behind * behind_b


def parabolic_cylinders(x):
    d, d_slope = special.pbdv(1.5, x)
    v, v_slope = special.pbvv(0.5, x)
    w, w_slope = special.pbwa(1.0, x)
    return d * d_slope + v * v_slope + w * w_slope


def profiles(x):
    total = special.voigt_profile(x, 1.0, 0.5) * special.voigt_profile(0.4, x, 0.5)
    return total + special.voigt_profile(0.4, 1.1, x) + special.voigt_profile(x, x, x * x)


def more_distribution_functions(x):
    total = special.gdtrix(1.2, 2.0, 0.3 * x) * special.gdtrix(x, 2.0, 0.3)
    total += special.nrdtrimn(0.3 * x, x, x * x) * special.nrdtrisd(0.1 * x, 0.8, 2.0 + x)
    total += special.tklmbda(x, 0.3) + special.nrdtrisd(0.5, 0.5 + 0.4 * x, 2.0)
    return total * special.chndtr(x, 3.0, 0.5) * special.chndtr(2.0, 3.0, x)


def waves(x):
    total = special.hankel1(1, x) * special.hankel2(1.5, x * x)
    total += special.hankel1e(0, x) * special.hankel2e(2, x) + special.h1vp(1, x)
    return total.real + total.imag * special.radian(x, x, x)


def harmonics(x):
    total = special.sph_harm_y(2, 1, x, 0.5 * x) + special.sph_harm_y(3, -3, 0.8, x)
    total *= special.sph_harm_y(1, 0, x, 0.0)
    return total.real + total.imag * x


def series(x):
    total = special.wright_bessel(0.5, 1.2, x) + special.log_wright_bessel(0.5, 1.2, x)
    sn, cn, dn, _ = special.ellipj(0.7, 0.4)
    return total * (sn + cn + dn)


CASES = [
    (kelvin, 0.7),
    (integrals_of_bessel, 0.7),
    (parabolic_cylinders, 0.7),
    (profiles, 0.6),
    (more_distribution_functions, 0.5),
    (waves, 0.8),
    (harmonics, 0.4),
    (series, 0.8),
    (distribution_functions, 0.4),
    (single_functions, 0.7),
    (polynomials, 0.3),
    (several_values, 0.8),
    (inverses, 0.3),
    (both_branches, -0.2),
    (named_branch, 0.1),
    (on_a_curve, 1.2),
    (slope_of_a_curve, 1.1),
    (one_of_the_curves, 1.3),
    (on_a_surface, 1.4),
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(("function", "at"), CASES)
def test_first_and_second_derivative_are_the_oracles(
    function: Callable[..., Any], at: float, mode: str
) -> None:
    slope = grad(function, mode=mode)
    verdict = oracle.derivative(function, (at,))
    assert oracle.agrees(verdict, slope(at)), (slope(at), verdict)
    verdict = oracle.derivative(slope, (at,))
    bend = grad(slope)(at)
    assert oracle.agrees(verdict, bend), (bend, verdict)


def test_the_slope_of_a_spline_is_a_float() -> None:
    assert type(grad(on_a_curve)(1.2)) is float


def by_parameter(x):
    total = special.ellipkinc(2.5, x) * special.ellipeinc(0.7, x) + special.ellipkinc(0.3, -x)
    return total + special.elliprf(x, 1.0, 2.0) * special.elliprc(0.5, x) * special.elliprc(x, 2.0)


def test_the_slope_of_an_elliptic_integral_by_its_parameter_does_not_cancel() -> None:
    for at in (0.4, 1e-3, 1e-9):
        verdict = oracle.derivative(by_parameter, (at,))
        assert oracle.agrees(verdict, grad(by_parameter)(at)), (at, verdict)
    with pytest.raises(UnsupportedError, match="only once"):
        grad(grad(by_parameter))(0.4)


def by_modulus(x):
    sn, cn, dn, amplitude = special.ellipj(1.3, x)
    return sn * cn + dn * amplitude + special.ellipj(4.0 * x, x)[1]


def means(x):
    return special.agm(x, 1.3) * special.agm(0.7, x)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("function", [by_modulus, means])
def test_slopes_that_are_carlsons_integrals_are_known_once(function: Any, mode: str) -> None:
    for at in (0.4, 1e-3, 1e-9):
        verdict = oracle.derivative(function, (at,))
        assert oracle.agrees(verdict, grad(function, mode=mode)(at)), (at, verdict)


def magnitude(x):
    return abs(lambertw(x))


def test_what_has_no_slope_in_scipy_is_refused() -> None:
    with pytest.raises(UnsupportedError):
        grad(magnitude)(1.0)


def test_a_table_that_depends_on_nothing_is_written_as_it_was_called() -> None:
    def filtered(x):
        b, a = signal.butter(2, 0.3)
        return np.sum(signal.lfilter(b, a, x * signal.windows.hann(3)) ** 2)

    slope = grad(filtered)
    slope(np.ones(3))
    assert "butter(2, 0.3)" in slope.source
    assert "from scipy.signal.windows import hann" in slope.source


@pytest.mark.parametrize("point", [(0.4, 0.3), (-1.0, 0.3), (9.0, 0.3), (0.4, 9.0), (0.4, -2.0)])
def test_a_surface_is_flat_beyond_its_knots(point: tuple[float, float]) -> None:
    def height(x: float, y: float) -> float:
        return float(bisplev(x, y, SURFACE))

    for k, number in enumerate(grad(height, wrt=("x", "y"))(*point)):
        assert oracle.agrees(oracle.derivative(height, point, wrt=k), number)


GRIDDED = bisplrep(GRID[0].ravel(), GRID[1].ravel(), np.sin(GRID[0]).ravel(), kx=1, ky=3, s=2.0)


@pytest.mark.parametrize("table", [FLAT, GRIDDED], ids=["lists", "arrays"])
@pytest.mark.parametrize("point", [(0.4, 0.3), (-1.0, 0.3), (0.7, 0.9), (0.4, 9.0)])
def test_the_slope_of_steps_is_that_between_the_knots(table: Any, point: Any) -> None:
    def height(x: float, y: float) -> float:
        return float(bisplev(x, y, table))

    for k, number in enumerate(grad(height, wrt=("x", "y"))(*point)):
        assert oracle.agrees(oracle.derivative(height, point, wrt=k), number)


def power_of_scipys_expm1(x, c):
    return np.sum(special.expm1(-0.25 * special.log1p(-x)) ** (1 / c))


def test_functions_of_scipy_are_not_written_over_as_those_of_numpy() -> None:
    x = np.linspace(0.01, 0.9, 200)
    value, slope = value_and_grad(power_of_scipys_expm1, wrt="c")(x, 10.0)
    assert value == power_of_scipys_expm1(x, 10.0)
    verdict = oracle.derivative(power_of_scipys_expm1, (x, 10.0), wrt="c")
    assert oracle.agrees(verdict, float(slope))
    both = value_and_grad(power_of_scipys_expm1, wrt="c")
    both(x, 10.0)
    assert "np.expm1" not in both.source


STATISTICS = [stats.gmean, stats.hmean, stats.skew, stats.kurtosis, stats.variation, stats.sem,
              stats.entropy]  # fmt: skip


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("axis", [1, None])
@pytest.mark.parametrize("keepdims", [False, True])
def test_statistics_of_scipy_are_differentiated_by_themselves(
    statistic: Callable[..., Any], axis: int | None, keepdims: bool
) -> None:
    x = np.random.default_rng(4).uniform(0.5, 2.0, (3, 4))
    out = np.asarray(statistic(x, axis=axis, keepdims=keepdims))
    weights = np.cos(np.arange(out.size)).reshape(out.shape)
    out_bar = weights if out.ndim else float(weights)
    _, gradient = vjp(statistic)(x, axis=axis, keepdims=keepdims, out_bar=out_bar)

    def weighted(x: Any) -> float:
        return float(np.sum(weights * statistic(x, axis=axis, keepdims=keepdims)))

    for path in oracle.paths(x):
        slope = float(oracle.look_up(gradient, path))
        assert oracle.agrees(oracle.derivative(weighted, (x,), path=path), slope)


def test_a_statistic_that_is_asked_to_leave_out_what_is_missing_is_refused_then() -> None:
    x = np.array([1.0, 2.0, 4.0])
    slope = grad(stats.gmean)
    assert np.allclose(slope(x), stats.gmean(x) / (3.0 * x))
    with pytest.raises(UnsupportedError, match=r"this call of `scipy\.stats\.gmean`"):
        slope(x, nan_policy="omit")


def test_standard_scores_are_those_of_scipys_rule() -> None:
    x = np.array([0.5, 1.0, 4.0])
    score = vjp(stats.zscore)
    _, gradient = score(x, out_bar=np.array([1.0, 0.0, -2.0]))

    def weighted(x: Any) -> float:
        return float(stats.zscore(x) @ np.array([1.0, 0.0, -2.0]))

    for path in oracle.paths(x):
        slope = float(oracle.look_up(gradient, path))
        assert oracle.agrees(oracle.derivative(weighted, (x,), path=path), slope)
    assert "zscore(a)" in score.source


def test_least_squares_are_those_of_the_routine_that_is_asked_for() -> None:
    def solution(a, b):
        return linalg.lstsq(a, b, lapack_driver="gelsy")[0]

    a, b = np.random.default_rng(1).normal(size=(6, 3)), np.arange(6.0)
    assert (solution(a, b) != linalg.lstsq(a, b)[0]).any()
    value, slopes = jvp(solution, "b")(a, b, np.cos(b))
    np.testing.assert_array_equal(value, solution(a, b))
    np.testing.assert_allclose(slopes, solution(a, np.cos(b)), rtol=1e-12)


COLUMNS = np.cos(np.arange(12.0).reshape(4, 3))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda a: linalg.eigh(a @ a.T, driver="ev")[1].sum(), "`driver` of this function"),
        (lambda a: linalg.svd(a, lapack_driver="gesvd")[0].sum(), "`lapack_driver` of this"),
        (lambda x: stats.linregress(x, COLUMNS).slope.sum(), "`x` with several axes"),
        (lambda x: stats.pearsonr(COLUMNS[:, 0], x)[0], "`y` with several axes"),
    ],
)
def test_what_scipy_computes_in_another_way_is_refused(function, message) -> None:
    with pytest.raises(UnsupportedError, match=message):
        grad(function)(COLUMNS)


def test_counts_in_an_array_meet_rates_in_another() -> None:
    counts, rates = np.array([1, 2, 3]), np.array([0.8, 0.4, 0.5])

    def likelihood(rates):
        return stats.poisson.logpmf(np.array([1, 2, 3]), rates)

    for mode in ("forward", "reverse"):
        found = jacobian(likelihood, mode=mode)(rates)
        assert found == pytest.approx(np.diag(counts / rates - 1.0), rel=1e-12)
