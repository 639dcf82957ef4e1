"""Functions of SciPy in whose place a formula is lifted: SciPy's values, slopes of the formula."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg as sl
from scipy import interpolate, signal, spatial, stats

from chainrule import UnsupportedError, grad, jacobian, value_and_grad
from tests.slopes import check_against_oracle, check_product

X = np.array([0.62, 1.37, 0.81, 1.93, 1.12, 1.58])
Y = np.array([0.3, 1.9, 0.7, 2.2, 1.4, 0.1])
PLACES = np.array([[0.1, 0.2], [1.3, 0.1], [0.4, 1.5], [1.2, 1.1], [0.7, 0.6], [1.9, 1.7]])
WHERE = np.array([[0.5, 0.5], [1.0, 0.9], [5.0, 5.0]])
TIMES = np.linspace(0.0, 1.0, 9)


def sample(a, b):
    return X + a * np.cos(np.arange(6.0)) * 0.3 + b * np.arange(1.0, 7.0) * 0.1


def weighed(r):
    w = np.cos(np.arange(r.size) * 0.7 + 0.3).reshape(r.shape)
    return np.sum(w * r)


def students(a, b):
    x = sample(a, b)
    one = stats.ttest_1samp(x, 0.9, alternative="greater")
    two = stats.ttest_ind(x, Y, equal_var=False)
    t, p = stats.ttest_rel(x, Y)
    whole = stats.ttest_ind(x, b * Y)
    total = one.statistic * one.pvalue + two.statistic + t * p
    return total + whole.pvalue + stats.ttest_ind_from_stats(a, b, 5, 1.0, a * b, 7).pvalue


def frequencies(a, b):
    x = sample(a, b)
    observed = stats.chisquare(x, np.sum(x) * Y / np.sum(Y))
    plain = stats.power_divergence(x, lambda_="log-likelihood")
    return observed.statistic * observed.pvalue + plain[0] + stats.power_divergence(x, lambda_=2)[1]


def variances(a, b):
    x = sample(a, b)
    f, p = stats.f_oneway(x[:3], x[3:], Y)
    return f * p + stats.bartlett(x, Y).statistic + stats.levene(x, Y, center="mean").pvalue


def shapes(a, b):
    x = np.tile(sample(a, b), 4)
    bent = stats.skewtest(x).statistic * stats.kurtosistest(x).pvalue
    return bent + stats.normaltest(x).pvalue + stats.jarque_bera(x)[0]


def correlations(a, b):
    x = sample(a, b)
    line = stats.theilslopes(x, Y)
    flags = stats.pointbiserialr(np.array([0, 1, 0, 1, 1, 0]), x)
    return line.slope * line[1] + line.low_slope - line.high_slope + flags[0] * flags[1]


def cut(a, b):
    x = sample(a, b)
    total = stats.trim_mean(x, 0.2) * stats.iqr(x) + stats.iqr(x, rng=(10, 80), scale=2.0)
    total += stats.tmean(x, (0.7, 1.8)) * stats.tvar(x, (0.7, None)) + stats.tsem(x)
    total += stats.tstd(x, (None, 1.8), inclusive=(True, False)) + stats.tmean(x)
    return total + weighed(stats.trim_mean(x.reshape(2, 3), 0.4, axis=1))


def means_with_weights(a, b):
    x = sample(a, b)
    total = stats.gmean(x, weights=Y) * stats.hmean(x, weights=x) + stats.pmean(x, 3, weights=Y)
    return total + weighed(stats.gmean(x.reshape(2, 3), axis=1, weights=np.array([1.0, a, b])))


def made_normal(a, b):
    x = sample(a, b)
    total = stats.boxcox_llf(0.3, x) + stats.boxcox_llf(b, x) + stats.yeojohnson_llf(a, x - 1.0)
    return total + weighed(stats.yeojohnson(x - 1.0, b)) + weighed(stats.yeojohnson(x - 1.0, 2))


def answers_in_time(a, b):
    system = ([a], [1.0, b, 2.0])
    _, stepped = signal.step(system, T=TIMES)
    t, struck = signal.impulse(system, T=TIMES)
    _, driven, states = signal.lsim(system, np.sin(a * TIMES), TIMES, X0=[b, 0.5])
    _, held, _ = signal.lsim(system, np.cos(TIMES), TIMES, interp=False)
    return weighed(stepped) + weighed(struck * t) + weighed(driven * held) + weighed(states)


def systems_as_objects(a, b):
    plant = signal.TransferFunction([a, 1.0], [2.0, b, 2.0])
    _, y = plant.step(T=TIMES)
    state = signal.StateSpace(
        np.array([[-a, 0.3], [0.1, -b]]), np.array([[1.0], [a]]), np.array([[1.0, b]]), [[0.5]]
    )
    _, z, _ = state.output(np.sin(TIMES), TIMES)
    w, h = state.freqresp(w=TIMES + 0.1)
    return (
        weighed(y) + weighed(z) + weighed(h.real * w - h.imag) + weighed(plant.impulse(T=TIMES)[1])
    )


def answers_at_frequencies(a, b):
    system = ([a, 1.0], [1.0, b, 2.0])
    _, decibels, degrees = signal.bode(system, w=4.0 * TIMES + 0.1)
    _, h = signal.freqresp(signal.lti([a], [1.0, b]), w=TIMES)
    return weighed(decibels) + weighed(degrees) + weighed(h.real * h.imag)


def forms_of_systems(a, b):
    p, q, r, s = signal.tf2ss([a, 1.0], [2.0, b, 3.0])
    num, den = signal.ss2tf(p, q * a, r, s)
    return weighed(p) + weighed(r) + weighed(num) * weighed(den)


def short_segments(a, b):
    x = np.sin(a * np.arange(40.0)) + b * np.cos(0.3 * np.arange(40.0)) ** 2
    f, t, z = signal.stft(x, nperseg=8, fs=2.0)
    _, back = signal.istft(z * np.exp(-f)[:, np.newaxis], nperseg=8, fs=2.0)
    powers = signal.spectrogram(x, nperseg=16)[2]
    amplitude = signal.stft(x, nperseg=10, noverlap=6, boundary=None, scaling="psd")[2]
    total = weighed(np.abs(z) ** 2 * t) + weighed(back) + weighed(powers)
    return total + weighed(amplitude.real * amplitude.imag)


def riccati(a, b):
    m = np.array([[a, 0.3], [0.1, -b]])
    n = np.array([[1.0], [a * b]])
    q, r = np.array([[2.0, 0.1 * a], [0.1 * a, b]]), np.array([[a]])
    total = weighed(sl.solve_continuous_are(m, n, q, r))
    total += weighed(sl.solve_discrete_are(0.4 * m, n, q, r))
    return total + weighed(sl.solve_discrete_lyapunov(0.3 * m, q)) + weighed(sl.signm(m))


def bumps(a, b):
    y = PLACES * a + 0.1 * b
    total = 0.0
    for kernel in ("thin_plate_spline", "linear", "cubic"):
        total += weighed(interpolate.RBFInterpolator(y, sample(a, b), kernel=kernel)(WHERE[:2]))
    for kernel in ("gaussian", "multiquadric", "inverse_quadratic", "inverse_multiquadric"):
        made = interpolate.RBFInterpolator(
            y, sample(a, b), kernel=kernel, epsilon=1.3, smoothing=0.1, degree=1
        )
        total += weighed(made(WHERE[:2] * b))
    return total


def straight_between_points(a, b):
    y = PLACES * a + 0.1 * b
    plain = interpolate.griddata(y, sample(a, b), WHERE[:2] * b)
    filled = interpolate.griddata(y, sample(a, b), WHERE, fill_value=b)
    nearest = interpolate.griddata(y, sample(a, b), WHERE, method="nearest")
    made = interpolate.LinearNDInterpolator(y, sample(a, b))
    again = interpolate.NearestNDInterpolator(y, sample(a, b))(WHERE)
    return weighed(plain) + weighed(filled) + weighed(nearest * again) + weighed(made(WHERE[:2]))


def bells(a, b):
    x = sample(a, b)
    density = stats.gaussian_kde(x)
    narrow = stats.gaussian_kde(x, bw_method=0.3 * a, weights=Y)
    plane = stats.gaussian_kde(np.stack([x, x[::-1] ** 2]), "silverman")
    total = weighed(density(np.array([0.5, a]))) + weighed(narrow.logpdf(np.array([b, 1.0])))
    total += weighed(plane.evaluate(np.array([[0.5, a], [1.0, b]])))
    return total + density.integrate_box_1d(0.3, b)


def hulls(a, b):
    flat = spatial.ConvexHull(PLACES * np.array([a, b]) + 0.1 * sample(a, b)[:, np.newaxis])
    solid = np.concatenate((PLACES, np.stack([sample(a, b), Y], axis=1)[:, :1]), axis=1)
    body = spatial.ConvexHull(solid * np.array([1.0, a, b]))
    corners = flat.points[flat.vertices]
    return flat.volume * flat.area + body.volume * body.area + weighed(corners)


def triangles_and_neighbours(a, b):
    p = PLACES * np.array([a, b])
    t = p[spatial.Delaunay(p).simplices]
    sides = np.sum((t[:, 1] - t[:, 0]) ** 2, axis=1)
    d, i = spatial.KDTree(p).query(WHERE * b, k=2)
    near, _ = spatial.cKDTree(p).query(WHERE * a)
    return weighed(sides) + weighed(d) + weighed(near) + np.sum(p[i[:, 1]])


def expectations(a, b):
    total = stats.norm.expect(lambda t: np.maximum(t, 0.3), loc=a, scale=b)
    total += stats.norm(b, a).expect(lambda t: t * t * b, lb=0.2, ub=1.5, conditional=True)
    total += stats.gamma.expect(lambda t: t**1.5, args=(2.0,), scale=b, lb=0.1)
    total += stats.gamma.expect(np.log1p, args=(a,), lb=0.2)
    total += stats.expon(a, b).expect(lambda t: t**3)
    return total + stats.uniform.expect(np.sin, loc=a, scale=b, conditional=True)


PROGRAMS: list[Callable[..., Any]] = [
    students, frequencies, variances, shapes, correlations, cut, means_with_weights, made_normal,
    answers_in_time, systems_as_objects, answers_at_frequencies, forms_of_systems, short_segments,
    riccati, expectations, bumps, straight_between_points, bells, hulls, triangles_and_neighbours,
]  # fmt: skip
POINT = (0.8, 1.1)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_what_scipy_gives_has_the_slopes_of_its_formula(f: Callable[..., Any], mode: str) -> None:
    if f is students:
        # By degrees of freedom Student's distribution has no slope that is known.
        assert np.isfinite(grad(f)(*POINT))
    check_against_oracle(f, POINT, wrt=("a", "b"), mode=mode)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_second_slopes_are_those_of_the_formula(f: Callable[..., Any]) -> None:
    check_product(f, POINT, ("a", "b"), (0.7, -0.4), rel=1e-5, slack=1e-6)


def ranks(a, b):
    x = sample(a, b)
    total = stats.kendalltau(x, Y).statistic + stats.spearmanr(x, Y)[0] * a
    return total + stats.mannwhitneyu(x, Y).statistic * b + stats.kruskal(x, Y).pvalue


def test_statistics_of_ranks_are_flat() -> None:
    value, (by_a, by_b) = value_and_grad(ranks, wrt=("a", "b"))(*POINT)
    x = sample(*POINT)
    assert value == ranks(*POINT)
    assert by_a == stats.spearmanr(x, Y)[0]
    assert by_b == stats.mannwhitneyu(x, Y).statistic


def by_a_chance_of_welch(a):
    return stats.ttest_ind(a * X, Y, equal_var=False).pvalue


def at_times_of_scipys_own(a):
    return signal.step(([a], [1.0, 2.0]))[1].sum()


def without_what_is_missing(a):
    return stats.trim_mean(a * X, 0.1, nan_policy="omit")


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (by_a_chance_of_welch, "degrees of freedom"),
        (at_times_of_scipys_own, "a step at times that are not given"),
        (without_what_is_missing, "this call of `scipy.stats.trim_mean`"),
    ],
)
def test_what_a_formula_does_not_tell_is_refused(f: Callable[..., Any], message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        grad(f)(0.8)


def test_what_a_formula_does_not_take_is_kept_where_no_slope_goes_through_it() -> None:
    def scaled(a):
        if stats.ttest_1samp(Y, 0.2, nan_policy="omit").statistic > -100.0:
            return a * a
        return a

    assert grad(scaled)(0.8) == 1.6


def test_a_statistic_is_differentiated_by_itself() -> None:
    assert jacobian(stats.trim_mean)(X, 0.2) == pytest.approx([0.0, 0.25, 0.25, 0.0, 0.25, 0.25])
