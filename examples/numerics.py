"""The small change of numerical analysis: roots, integrals, sums, interpolation."""

from math import cos, exp, inf, pi, sqrt

GAUSS_NODES = (-0.906179845938664, -0.5384693101056831, 0.0, 0.5384693101056831, 0.906179845938664)
GAUSS_WEIGHTS = (
    0.23692688505618908,
    0.47862867049936647,
    0.5688888888888889,
    0.47862867049936647,
    0.23692688505618908,
)


def newton_sqrt(a):
    """Square root after Heron."""
    if a < 0.0:
        raise ValueError("negative")
    if a == 0.0:
        return 0.0
    x = 1.0 if a < 1.0 else a
    while True:
        better = 0.5 * (x + a / x)
        if abs(better - x) <= 1e-15 * x:
            return better
        x = better


def agm(a, b):
    """Arithmetic-geometric mean of Gauss."""
    while abs(a - b) > 1e-15 * abs(a):
        a, b = 0.5 * (a + b), sqrt(a * b)
    return a


def simpson(f, a, b, n=100):
    """Integral of ``f`` from ``a`` to ``b`` by Simpson's rule with ``n`` intervals."""
    if n % 2:
        raise ValueError("the number of intervals must be even")
    h = (b - a) / n
    total = f(a) + f(b)
    for i in range(1, n):
        total += (4.0 if i % 2 else 2.0) * f(a + i * h)
    return total * h / 3.0


def damped_wave(t):
    """An integrand."""
    return exp(-0.3 * t) * cos(2.0 * t)


def arc_length(amplitude, width):
    """Length of one arch of a sine curve, by Simpson's rule over a lambda."""
    return simpson(lambda t: sqrt(1.0 + (amplitude * cos(t / width) / width) ** 2), 0.0, pi, 20)


def gauss_integral(f, a, b, panels=4):
    """Integral of ``f`` by the rule of Gauss with five nodes a panel."""
    width = (b - a) / panels
    total = 0.0
    for k in range(panels):
        middle = a + (k + 0.5) * width
        for node, weight in zip(GAUSS_NODES, GAUSS_WEIGHTS):
            total += weight * f(middle + 0.5 * width * node)
    return 0.5 * width * total


def romberg(f, a, b, levels=5):
    """Integral of ``f`` by Romberg's table."""
    h = b - a
    previous = [0.5 * h * (f(a) + f(b))]
    for k in range(1, levels):
        h *= 0.5
        middle = sum(f(a + (2 * i + 1) * h) for i in range(2 ** (k - 1)))
        row = [0.5 * previous[0] + h * middle]
        for j, coarse in enumerate(previous):
            row.append(row[j] + (row[j] - coarse) / (4.0 ** (j + 1) - 1.0))
        previous = row
    return previous[-1]


def cosine_root(p, low=0.0, high=2.0):
    """Root of cos(x) = p x by bisection.

    The midpoints depend on ``p`` by the branches taken alone; the derivative is that of the root
    which the ends enclose.
    """
    for _ in range(60):
        middle = 0.5 * (low + high)
        if cos(middle) > p * middle:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def fixed_point(f, x, tolerance=1e-14, limit=1000):
    """Fixed point of a contraction."""
    change = inf
    count = 0
    while change > tolerance and count < limit:
        new = f(x)
        change, x, count = abs(new - x), new, count + 1
    return x


def lambert_w(z):
    """Principal branch of Lambert's function for z > 0, by Halley's method."""
    w = 0.5 * z if z < 1.0 else sqrt(z) - 0.4
    for _ in range(100):
        growth = exp(w)
        f = w * growth - z
        step = f / (growth * (w + 1.0) - (w + 2.0) * f / (2.0 * w + 2.0))
        w -= step
        if abs(step) < 1e-14 * (1.0 + abs(w)):
            break
    return w


def contraction(p):
    """Fixed point of x -> p cos(x)."""
    return fixed_point(lambda x: p * cos(x), 1.0)


def horner(coefficients, x):
    """Value of a polynomial, highest power first."""
    value = 0.0
    for c in coefficients:
        value = value * x + c
    return value


def chebyshev(coefficients, x):
    """Sum of Chebyshev polynomials by the recurrence of Clenshaw."""
    older = newer = 0.0
    for c in reversed(coefficients[1:]):
        older, newer = newer, 2.0 * x * newer - older + c
    return x * newer - older + coefficients[0]


def lagrange(xs, ys, x):
    """Interpolating polynomial through given points."""
    total = 0.0
    for i, xi in enumerate(xs):
        term = ys[i]
        for j, xj in enumerate(xs):
            if j == i:
                continue
            term *= (x - xj) / (xi - xj)
        total += term
    return total


def spline(xs, ys, x):
    """Natural cubic spline through given points, by the algorithm of Thomas."""
    n = len(xs)
    upper = [0.0] * n
    curvature = [0.0] * n
    for i in range(1, n - 1):
        h0, h1 = xs[i] - xs[i - 1], xs[i + 1] - xs[i]
        right = 6.0 * ((ys[i + 1] - ys[i]) / h1 - (ys[i] - ys[i - 1]) / h0)
        pivot = 2.0 * (h0 + h1) - h0 * upper[i - 1]
        upper[i] = h1 / pivot
        curvature[i] = (right - h0 * curvature[i - 1]) / pivot
    for i in range(n - 2, 0, -1):
        curvature[i] -= upper[i] * curvature[i + 1]
    k = 0
    while k < n - 2 and x > xs[k + 1]:
        k += 1
    h = xs[k + 1] - xs[k]
    a, b = (xs[k + 1] - x) / h, (x - xs[k]) / h
    bend = (a**3 - a) * curvature[k] + (b**3 - b) * curvature[k + 1]
    return a * ys[k] + b * ys[k + 1] + h * h / 6.0 * bend


def determinant(matrix):
    """Determinant by elimination with pivots; the argument is left as it was."""
    rows = [list(row) for row in matrix]
    n = len(rows)
    result = 1.0
    for k in range(n):
        pivot = k
        for i in range(k + 1, n):
            if abs(rows[i][k]) > abs(rows[pivot][k]):
                pivot = i
        if rows[pivot][k] == 0.0:
            return 0.0
        if pivot != k:
            rows[k], rows[pivot] = rows[pivot], rows[k]
            result = -result
        result *= rows[k][k]
        for i in range(k + 1, n):
            factor = rows[i][k] / rows[k][k]
            for j in range(k, n):
                rows[i][j] -= factor * rows[k][j]
    return result


def bessel_j0(x):
    """Bessel's function of order zero by its power series."""
    term = total = 1.0
    k = 0
    while abs(term) > 1e-17:
        k += 1
        term *= -(x * x) / (4.0 * k * k)
        total += term
    return total


def legendre(n, x):
    """Legendre's polynomial of degree ``n``, by Bonnet's recurrence."""
    before, value = 0.0, 1.0
    for k in range(n):
        before, value = value, ((2 * k + 1) * x * value - k * before) / (k + 1)
    return value


POINTS = {
    "newton_sqrt": {"wrt": ("a",), "at": [(2.0,), (0.03,), (144.0,)]},
    "agm": {"wrt": ("a", "b"), "at": [(1.0, 24.0), (3.0, 0.2)]},
    "simpson": {"wrt": ("a", "b"), "at": [(damped_wave, 0.2, 3.0, 10)]},
    "arc_length": {"wrt": ("amplitude", "width"), "at": [(1.4, 1.1)]},
    "gauss_integral": {"wrt": ("a", "b"), "at": [(damped_wave, 0.2, 3.0, 2)]},
    "romberg": {"wrt": ("a", "b"), "at": [(damped_wave, 0.2, 3.0, 4)]},
    "cosine_root": {"wrt": ("p",), "at": [(0.8,), (1.7,)]},
    "contraction": {"wrt": ("p",), "at": [(0.6,)]},
    "lambert_w": {"wrt": ("z",), "at": [(0.7,), (12.0,)]},
    "horner": {"wrt": ("coefficients", "x"), "at": [([2.0, -1.0, 0.5, 3.0], 1.3)]},
    "chebyshev": {"wrt": ("coefficients", "x"), "at": [([0.5, -1.0, 0.25, 0.7], 0.3)]},
    "lagrange": {
        "wrt": ("xs", "ys", "x"),
        "at": [([0.0, 1.0, 2.5, 4.0], [1.0, 0.3, -0.8, 2.0], 1.7)],
    },
    "spline": {
        "wrt": ("xs", "ys", "x"),
        "at": [([0.0, 1.0, 2.5, 4.0, 4.5], [1.0, 0.3, -0.8, 2.0, 1.1], 1.7)],
    },
    "determinant": {
        "wrt": ("matrix",),
        "at": [([[2.0, -1.0, 0.5], [4.0, 0.3, 1.1], [-1.0, 2.2, 0.7]],)],
    },
    "bessel_j0": {"wrt": ("x",), "at": [(0.8,), (3.1,)]},
    "legendre": {"wrt": ("x",), "at": [(5, 0.4), (1, 0.4)]},
}


if __name__ == "__main__":
    from chainrule import grad

    slope = grad(newton_sqrt)
    print(slope.source)
    print(slope(2.0))
