"""Test functions of optimisation over plain lists.

The Rosenbrock family is that of scipy.optimize, with loops instead of arrays; the others are
from Jamil and Yang, "A literature survey of benchmark functions" (2013), and More, Garbow and
Hillstrom (1981).
"""

from math import cos, e, exp, pi, sin, sqrt


def rosen(x):
    """Rosenbrock's valley in any dimension; 0 at (1, ..., 1)."""
    total = 0.0
    for i in range(len(x) - 1):
        total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return total


def rosen_der(x):
    """Gradient of `rosen`, as scipy.optimize writes it by hand."""
    n = len(x)
    der = [0.0] * n
    for i in range(1, n - 1):
        der[i] = (
            200.0 * (x[i] - x[i - 1] ** 2)
            - 400.0 * (x[i + 1] - x[i] ** 2) * x[i]
            - 2.0 * (1.0 - x[i])
        )
    der[0] = -400.0 * x[0] * (x[1] - x[0] ** 2) - 2.0 * (1.0 - x[0])
    der[-1] = 200.0 * (x[-1] - x[-2] ** 2)
    return der


def rosen_hess_prod(x, p):
    """Hessian of `rosen` times a vector, as scipy.optimize writes it by hand."""
    n = len(x)
    hp = [0.0] * n
    hp[0] = (1200.0 * x[0] ** 2 - 400.0 * x[1] + 2.0) * p[0] - 400.0 * x[0] * p[1]
    for i in range(1, n - 1):
        hp[i] = (
            -400.0 * x[i - 1] * p[i - 1]
            + (202.0 + 1200.0 * x[i] ** 2 - 400.0 * x[i + 1]) * p[i]
            - 400.0 * x[i] * p[i + 1]
        )
    hp[-1] = -400.0 * x[-2] * p[-2] + 200.0 * p[-1]
    return hp


def rosen_slope(x):
    """Squared length of the gradient of `rosen`."""
    return sum(d * d for d in rosen_der(x))


def rosen_curvature(x, p):
    """Curvature of `rosen` along a vector."""
    return sum(a * b for a, b in zip(p, rosen_hess_prod(x, p)))


def beale(x, y):
    """Beale's function; 0 at (3, 0.5)."""
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def himmelblau(x, y):
    """Himmelblau's function, with four minima of value 0."""
    return (x**2 + y - 11.0) ** 2 + (x + y**2 - 7.0) ** 2


def goldstein_price(x, y):
    """The function of Goldstein and Price; 3 at (0, -1)."""
    a = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
    b = 30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    return a * b


def branin(x, y, a=1.0, b=5.1 / (4 * pi**2), c=5 / pi, r=6.0, s=10.0, t=1 / (8 * pi)):
    """Branin's function, with three minima."""
    return a * (y - b * x**2 + c * x - r) ** 2 + s * (1 - t) * cos(x) + s


def powell_singular(x):
    """Powell's function of four variables, whose Hessian is singular at its minimum."""
    x1, x2, x3, x4 = x
    return (x1 + 10 * x2) ** 2 + 5 * (x3 - x4) ** 2 + (x2 - 2 * x3) ** 4 + 10 * (x1 - x4) ** 4


def wood(x1, x2, x3, x4):
    """Wood's function; 0 at (1, 1, 1, 1)."""
    return (
        100 * (x2 - x1**2) ** 2
        + (1 - x1) ** 2
        + 90 * (x4 - x3**2) ** 2
        + (1 - x3) ** 2
        + 10 * (x2 + x4 - 2) ** 2
        + 0.1 * (x2 - x4) ** 2
    )


def ackley(x, a=20.0, b=0.2, c=2.0 * pi):
    """Ackley's function in any dimension."""
    n = len(x)
    squares = sum(xi**2 for xi in x) / n
    waves = sum(cos(c * xi) for xi in x) / n
    return -a * exp(-b * sqrt(squares)) - exp(waves) + a + e


def rastrigin(x, amplitude=10.0):
    """Rastrigin's function in any dimension."""
    return amplitude * len(x) + sum(xi * xi - amplitude * cos(2.0 * pi * xi) for xi in x)


def griewank(x):
    """Griewank's function in any dimension."""
    total, product = 0.0, 1.0
    for i, xi in enumerate(x, 1):
        total += xi**2 / 4000.0
        product *= cos(xi / sqrt(i))
    return 1.0 + total - product


def levy(x):
    """Levy's function in any dimension."""
    w = [1.0 + (xi - 1.0) / 4.0 for xi in x]
    total = sin(pi * w[0]) ** 2
    for wi in w[:-1]:
        total += (wi - 1.0) ** 2 * (1.0 + 10.0 * sin(pi * wi + 1.0) ** 2)
    return total + (w[-1] - 1.0) ** 2 * (1.0 + sin(2.0 * pi * w[-1]) ** 2)


def styblinski_tang(x):
    """The function of Styblinski and Tang in any dimension."""
    return 0.5 * sum(xi**4 - 16.0 * xi**2 + 5.0 * xi for xi in x)


HARTMANN_A = ((3.0, 10.0, 30.0), (0.1, 10.0, 35.0), (3.0, 10.0, 30.0), (0.1, 10.0, 35.0))
HARTMANN_P = (
    (0.3689, 0.1170, 0.2673),
    (0.4699, 0.4387, 0.7470),
    (0.1091, 0.8732, 0.5547),
    (0.0382, 0.5743, 0.8828),
)


def hartmann3(x):
    """Hartmann's function of three variables."""
    total = 0.0
    for weight, row, centre in zip((1.0, 1.2, 3.0, 3.2), HARTMANN_A, HARTMANN_P):
        distance = 0.0
        for j in range(3):
            distance += row[j] * (x[j] - centre[j]) ** 2
        total -= weight * exp(-distance)
    return total


POINTS = {
    "rosen": {"wrt": ("x",), "at": [([-1.2, 1.0],), ([1.3, 0.7, 0.8, 1.9, 1.2],)]},
    "rosen_slope": {"wrt": ("x",), "at": [([1.3, 0.7, 0.8, 1.9, 1.2],)]},
    "rosen_curvature": {
        "wrt": ("x", "p"),
        "at": [([1.3, 0.7, 0.8, 1.9, 1.2], [0.1, -0.4, 0.7, 0.2, -0.9])],
    },
    "beale": {"wrt": ("x", "y"), "at": [(1.0, 1.0), (3.0, 0.5)]},
    "himmelblau": {"wrt": ("x", "y"), "at": [(1.0, 2.5)]},
    "goldstein_price": {"wrt": ("x", "y"), "at": [(0.3, -0.4)]},
    "branin": {"wrt": ("x", "y", "t"), "at": [(2.5, 7.0)]},
    "powell_singular": {"wrt": ("x",), "at": [([3.0, -1.0, 0.3, 1.0],)]},
    "wood": {"wrt": ("x1", "x2", "x3", "x4"), "at": [(-3.0, -1.0, -2.5, -0.7)]},
    "ackley": {"wrt": ("x", "a", "b"), "at": [([0.7, -1.3, 0.4],)]},
    "rastrigin": {"wrt": ("x", "amplitude"), "at": [([0.7, -1.3, 0.4],)]},
    "griewank": {"wrt": ("x",), "at": [([7.0, -13.0, 40.0],)]},
    "levy": {"wrt": ("x",), "at": [([0.7, -1.3, 0.4],)]},
    "styblinski_tang": {"wrt": ("x",), "at": [([0.7, -1.3, 0.4],)]},
    "hartmann3": {"wrt": ("x",), "at": [([0.2, 0.6, 0.5],)]},
}


if __name__ == "__main__":
    from chainrule import grad

    slope = grad(rosen)
    print(slope.source)
    print(slope([-1.2, 1.0]))
