"""SciPy's distributions: their values, and slopes by the point and by every parameter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from chainrule import ChainruleError, UnsupportedError, grad, value_and_grad
from chainrule.primitives.arrays.distributions import CONTINUOUS, DISCRETE, DISTRIBUTIONS
from tests import oracle

SHAPES = {
    "a": 2.3,
    "b": 3.1,
    "s": 0.6,
    "df": 3.5,
    "c": 1.7,
    "mu": 2.5,
    "n": 7.5,
    "p": 0.3,
    "dfn": 3.0,
    "dfd": 5.0,
    "kappa": 1.4,
    "d": 2.2,
    "nu": 1.3,
    "beta": 1.6,
    "K": 1.5,
    "k": 1.9,
    "nc": 0.8,
}
# Of some the shapes must lie elsewhere.
OWN_SHAPES = {
    "binom": (7, 0.3), "nbinom": (7, 0.3), "genextreme": (0.2,), "genpareto": (0.3,),
    "triang": (0.4,), "skewcauchy": (0.3,), "loguniform": (0.4, 3.1), "truncnorm": (-0.5, 2.1),
    "erlang": (2,),
}  # fmt: skip
NO_CLOSED_FORM = {"cdf", "sf"}
POINTS = {
    "beta": 0.6, "uniform": 0.6, "pareto": 3.0, "powerlaw": 0.6, "weibull_max": -1.3,
    "arcsine": 0.6, "bradford": 0.6, "semicircular": 0.6, "anglit": 0.6, "triang": 0.6,
    "johnsonsb": 0.6, "rdist": 0.6,
}  # fmt: skip


def gamma_pdf(x, a, scale):
    return stats.gamma.pdf(x, a, scale=scale)


def student(x, df, loc, scale):
    return stats.t.logpdf(x, df, loc, scale)


def weibull(x, c, scale):
    return stats.weibull_min.cdf(x, c, scale=scale) + stats.weibull_min.logpdf(x, c, scale=scale)


def poisson(mu):
    return stats.poisson.logpmf(3, mu) + stats.poisson.pmf(2, mu)


def normal_scores(x, loc, scale):
    return stats.norm.cdf(x, loc, scale) * stats.norm.logsf(x, loc=loc, scale=scale)


def quantiles(q, loc, scale):
    return stats.norm.ppf(q, loc, scale) + stats.t.ppf(q, 4, scale=scale) * loc


def tails(q, x):
    total = stats.norm.isf(q, 0.1, 1.3) + stats.t.isf(q, 4) * stats.chi2.isf(q, 3)
    total += stats.f.isf(q, 3, 5) * stats.expon.isf(q, scale=x) + stats.f.ppf(q, 3, 5)
    counts = stats.poisson.cdf(2, x) * stats.binom.sf(2, 5, q) + stats.binom.cdf(1, 4, q)
    return total * counts + stats.laplace.cdf(x - 1.3) * stats.laplace.sf(x)


def frozen(x, loc, scale):
    own = stats.norm(loc, scale=scale)
    return own.logpdf(x) * own.cdf(0.5 * x) + STANDARD.pdf(x) * COUNTS.pmf(2) + own.ppf(0.3)


def fisher(x, scale):
    return stats.f.cdf(x, 3, 5, scale=scale) + stats.t.sf(x, 4.5, scale=scale)


def further(x, a, b):
    total = stats.halfnorm.logpdf(x, scale=b) * stats.maxwell.cdf(x, scale=a)
    total += stats.gumbel_l.sf(x, a, b) * stats.exponweib.logpdf(x, a, b)
    total += stats.fisk.ppf(0.3, b, scale=a) * stats.invgauss.logpdf(x, a)
    total += stats.skewnorm.logpdf(x, a) * stats.skewnorm.cdf(x, a, scale=b)
    total += stats.johnsonsu.pdf(x, a, b) * stats.vonmises.logpdf(x, b, loc=a)
    total += stats.powerlaw.sf(0.3 * x, a) * stats.beta.sf(0.5 * x, 2.0, 3.0)
    total += stats.cauchy.ppf(0.2 * x, a) * stats.laplace.ppf(0.5 * x, a, b)
    return total * stats.pareto.isf(0.4 * x, b) + stats.invgamma.ppf(0.4 * x, 2.5, scale=a)


def counts_and_trials(p, q):
    return stats.geom.cdf(3, p) * stats.geom.sf(2, q) + stats.nbinom.cdf(2, 4, p) * q


STANDARD = stats.norm(0.3, scale=1.2)
COUNTS = stats.poisson(2.5)


def moments(a, b):
    total = stats.norm.mean(a, b) + stats.norm.std(a, b) * stats.norm.entropy(a, scale=b)
    total += stats.gamma.mean(a) * stats.gamma.var(b, scale=a) + stats.gamma(a).std()
    total += stats.beta.var(a, b) + stats.beta.entropy(a, b, scale=b) * stats.gamma.entropy(a)
    total += stats.lognorm.mean(a) + stats.lognorm.median(a, scale=b) + stats.chi2.entropy(b)
    total += stats.weibull_min.var(a) * stats.weibull_min.entropy(b) + stats.t.var(a + 3.0)
    total += stats.t(b + 3.0, loc=a, scale=b).std() + stats.t.entropy(b) + stats.pareto.var(a + 2.0)
    return (
        total + stats.invgamma.mean(b + 2.0) * stats.triang.var(0.3 * a) + stats.f.var(a, b + 5.0)
    )


def moments_of_counts(a, p):
    total = stats.poisson.mean(a) * stats.poisson.std(a) + stats.binom.mean(5, p)
    return total + stats.geom.var(p) * stats.nbinom.mean(4, p) + stats.binom(5, p).std()


def elementary(x, a, b):
    total = stats.genextreme.logpdf(x, 0.1 * a, scale=b) * stats.genpareto.ppf(0.3, 0.2 * b)
    total += stats.truncnorm.logpdf(x, -a, b, loc=0.1) * stats.truncnorm.cdf(0.3, -a, 2.0 * b)
    total += stats.rice.pdf(x, a, scale=b) + stats.nakagami.ppf(0.4, 1.3, scale=a)
    total += stats.burr12.sf(x, a, b) * stats.lomax.isf(0.3, a) + stats.moyal.logpdf(x, a, b)
    total += stats.loguniform.cdf(x, 0.3 * a, 2.0 * b) * stats.exponnorm.logpdf(x, a, scale=b)
    return total + stats.triang.logpdf(0.2 * x, 0.3 * a) * stats.ncx2.logpdf(x, 3.0, a)


def turned_around(q, a, b):
    total = stats.truncnorm.ppf(q, -a, b, loc=0.2, scale=b) * stats.wald.ppf(q, scale=a)
    total += stats.invgauss.ppf(0.5 * q, a) + stats.rice.ppf(q, 0.8, a) * stats.fatiguelife.ppf(
        q, a
    )
    total += stats.skewcauchy.ppf(q, 0.2 * a) + stats.laplace_asymmetric.ppf(q, a, b)
    return total + stats.dweibull.ppf(q, b) * stats.exponnorm.ppf(q, a, scale=b)


def extreme_at_shape_zero(x, c):
    total = stats.genextreme.logpdf(x, c) * stats.genpareto.cdf(x, c)
    return total + stats.genextreme.ppf(0.2 * x, c) + stats.genpareto.ppf(0.3 * x, c)


CALLS = [
    (moments, (1.3, 1.6)),
    (moments_of_counts, (1.3, 0.4)),
    (elementary, (0.9, 1.2, 1.6)),
    (turned_around, (0.3, 1.2, 1.6)),
    (tails, (0.2, 1.3)),
    (frozen, (1.3, 0.2, 1.4)),
    (quantiles, (0.3, 0.7, 1.3)),
    (fisher, (1.7, 1.3)),
    (gamma_pdf, (1.3, 2.1, 0.8)),
    (student, (1.3, 3.5, 0.2, 1.4)),
    (weibull, (1.3, 1.7, 0.8)),
    (poisson, (2.4,)),
    (normal_scores, (0.4, 0.1, 1.3)),
    (further, (0.9, 1.2, 1.6)),
    (counts_and_trials, (0.3, 0.4)),
]


@pytest.mark.parametrize(("function", "args"), CALLS, ids=[f.__name__ for f, _ in CALLS])
def test_slopes_by_every_parameter_agree_with_differences(function, args):
    names = tuple(function.__code__.co_varnames[: len(args)])
    value, slopes = value_and_grad(function, wrt=names)(*args)
    assert value == function(*args)
    for name, slope in zip(names, slopes, strict=True):
        verdict = oracle.derivative(function, args, {}, name, ())
        assert verdict.decided
        assert oracle.agrees(verdict, float(slope))


@pytest.mark.parametrize(("name", "method"), DISTRIBUTIONS)
def test_the_declared_formula_is_that_of_scipy(name, method):
    own = next(each for each in (*CONTINUOUS, *DISCRETE) if each.name == name)
    shapes = OWN_SHAPES.get(name) or tuple(SHAPES[key] for key in own.shapes)
    formulas = {"cdf": own.cdf, "sf": own.sf, "ppf": own.ppf, "isf": own.isf}
    formula = formulas.get(method, own.log_density)
    point = 1 if own.discrete else POINTS.get(name, 1.3)
    if method in ("ppf", "isf"):
        point = 0.3
    expected = getattr(getattr(stats, name), method)(point, *shapes)
    if method == "ppf" and own.ppf is None:
        assert own.cdf(expected, *shapes) == pytest.approx(point, rel=1e-8)
        return
    found = {
        "logsf": lambda: np.log(own.sf(point)),
        "logcdf": lambda: np.log(own.cdf(point)),
        "pdf": lambda: np.exp(formula(point, *shapes)),
        "pmf": lambda: np.exp(formula(point, *shapes)),
    }.get(method, lambda: formula(point, *shapes))()
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(("low", "high"), [(0.7, np.inf), (-np.inf, 1.9), (-np.inf, np.inf)])
def test_a_normal_distribution_that_is_cut_on_one_side_has_slopes(low, high, mode):
    def chances(x, scale):
        total = stats.truncnorm.logpdf(x, low, high, scale=scale)
        total += stats.truncnorm.ppf(0.3, low, high, loc=x)
        return total * stats.truncnorm.sf(1.2 * x, low, high, loc=0.1 * x)

    for k, slope in enumerate(grad(chances, wrt=("x", "scale"), mode=mode)(1.3, 1.1)):
        assert oracle.agrees(oracle.derivative(chances, (1.3, 1.1), wrt=k), float(slope))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_moments_that_are_infinite_have_no_slope(mode):
    for at in (0.5, 1.0, 2.0):
        assert grad(lambda b: stats.t.var(b), mode=mode)(at) == 0.0
        assert grad(lambda b: stats.pareto.var(b) + stats.invgamma.var(b), mode=mode)(at) == 0.0
    many = grad(lambda b: np.sum(stats.lomax.var(b)), mode=mode)(np.array([1.0, 2.0, 3.0]))
    assert many[:2].tolist() == [0.0, 0.0]
    assert many[2] == pytest.approx(0.25 - 3.0 / 4.0 - 3.0 / 4.0, rel=1e-13)


def test_second_slopes_of_quantiles_are_those_of_the_first():
    first = grad(turned_around, wrt=("q", "a", "b"))
    for k, name in enumerate(("q", "a", "b")):
        found = grad(lambda q, a, b, k=k: first(q, a, b)[k], wrt=name)(0.3, 1.2, 1.6)
        verdict = oracle.derivative(lambda q, a, b, k=k: first(q, a, b)[k], (0.3, 1.2, 1.6), wrt=k)
        assert oracle.agrees(verdict, float(found))


def test_slopes_by_a_shape_of_zero_are_those_beside_it():
    for mode in ("forward", "reverse"):
        found = grad(extreme_at_shape_zero, wrt=("x", "c"), mode=mode)
        at, beside = found(0.7, 0.0), found(0.7, 1e-9)
        assert at == pytest.approx(beside, rel=1e-6)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_outside_a_support_that_hangs_on_a_shape_nothing_is_felt():
    def density(x, a, b):
        return np.sum(stats.truncnorm.pdf(x, a, b))

    by_x, by_a, by_b = grad(density, wrt=("x", "a", "b"))(np.array([-3.0, 0.2, 4.0]), -1.0, 2.0)
    assert by_x[[0, 2]].tolist() == [0.0, 0.0]
    mass = stats.norm.cdf(2.0) - stats.norm.cdf(-1.0)
    assert by_x[1] == pytest.approx(-0.2 * stats.norm.pdf(0.2) / mass, rel=1e-12)
    expected = stats.norm.pdf(0.2) * stats.norm.pdf(-1.0) / mass**2
    assert by_a == pytest.approx(expected, rel=1e-12)
    assert by_b == pytest.approx(-expected * stats.norm.pdf(2.0) / stats.norm.pdf(-1.0), rel=1e-12)


def test_likelihoods_of_samples_are_differentiated():
    def likelihood(shape, scale, x):
        return np.sum(stats.gamma.logpdf(x, shape, scale=scale))

    x = np.array([0.5, 1.5, 2.5])
    by_shape, by_scale = grad(likelihood, wrt=("shape", "scale"))(2.0, 1.5, x)
    assert by_scale == pytest.approx(np.sum(x) / 1.5**2 - 3 * 2.0 / 1.5, rel=1e-13)
    assert by_shape == pytest.approx(np.sum(np.log(x / 1.5)) - 3 * 0.42278433509846714, rel=1e-13)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_outside_the_support_a_density_does_not_change():
    def density(x, a):
        return np.sum(stats.gamma.pdf(x, a))

    by_x, by_a = grad(density, wrt=("x", "a"))(np.array([-1.0, 1.0]), 2.0)
    assert by_x.tolist() == [0.0, 0.0]
    assert by_a == pytest.approx(np.exp(-1.0) * -0.42278433509846714, rel=1e-13)
    assert grad(lambda x: stats.gamma.pdf(x, 2.5))(-1.0) == 0.0


COV = np.array([[2.0, 0.3], [0.3, 1.0]])
ROWS = np.array([[0.1, 0.2], [0.3, 0.5], [1.0, 2.0]])
OUTSIDE = stats.multivariate_normal(mean=[0.0, 1.0], cov=COV)


def mixture(x):
    total = 0.0
    for mean, weight in ((np.zeros(2), 0.3), (np.ones(2), 0.7)):
        component = stats.multivariate_normal(mean, COV * x[0] ** 2)
        total += weight * component.pdf(x)
    return np.log(total)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "density",
    [
        lambda x: stats.multivariate_normal(np.array([0.1, 0.2]), COV).logpdf(x),
        lambda x: stats.multivariate_normal(mean=2 * x, cov=np.outer(x, x) + COV).pdf(ROWS[1]),
        lambda x: stats.multivariate_normal.logpdf(x, cov=COV),
        lambda x: stats.multivariate_normal.logpdf(x, mean=np.zeros(2), cov=x[0] * x[0] + 1),
        lambda x: stats.multivariate_normal.pdf(x, np.zeros(2), np.array([x[0] ** 2 + 1, 2.0])),
        lambda x: stats.multivariate_normal.logpdf(x, np.zeros(2), COV, allow_singular=True),
        lambda x: -np.sum(stats.multivariate_normal(x, COV).logpdf(ROWS)),
        lambda x: stats.multivariate_normal.logpdf(ROWS, mean=x).sum(),
        lambda x: OUTSIDE.pdf(x) * 2.0 + OUTSIDE.logpdf(x),
        mixture,
    ],
)
def test_the_normal_distribution_of_vectors(density, mode):
    x = np.array([0.4, 0.7])
    value, slope = value_and_grad(density, mode=mode)(x)
    assert value == density(x)
    for k, step in enumerate(np.eye(2) * 1e-4):
        wide = density(x + 2 * step) - density(x - 2 * step)
        near = (8 * (density(x + step) - density(x - step)) - wide) / 12e-4
        assert slope[k] == pytest.approx(near, rel=1e-9, abs=1e-11)


def test_densities_of_vectors_by_numbers_alone_are_refused_and_no_crash():
    with pytest.raises(ChainruleError, match="of these arrays"):
        grad(lambda x: stats.multivariate_normal.pdf(x).sum())(np.array([0.3, 0.7]))


def test_a_slope_without_closed_form_is_refused():
    def chance(x, a):
        return stats.gamma.cdf(x, a)

    with pytest.raises(UnsupportedError, match="gammainc"):
        grad(chance, wrt="a")(1.0, 2.0)


def test_what_a_distribution_takes_anyway_is_not_written():
    def chances(x, s):
        return stats.norm.cdf(x) * stats.norm.pdf(x, scale=s) + stats.gamma.sf(x, 2.0, 0.1)

    derivative = value_and_grad(chances)
    assert derivative(0.3, 2.0)[0] == chances(0.3, 2.0)
    for call in ("= norm.cdf(x)\n", "= norm.pdf(x, scale=s)\n", "+ gamma.sf(x, 2.0, 0.1)"):
        assert call in derivative.source


def test_a_count_that_is_known_is_asked_for_nothing():
    def chance(mu):
        return stats.poisson.pmf(3, mu)

    derivative = value_and_grad(chance)
    value, slope = derivative(0.7)
    assert value == chance(0.7)
    assert slope == pytest.approx(chance(0.7) * (3.0 / 0.7 - 1.0), rel=1e-14)
    assert "if" not in derivative.source.partition('"""\n')[2]
