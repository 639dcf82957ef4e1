"""Two-body motion and its first perturbation.

Lengths are in km, times in s, angles in radians; formulas after Vallado, "Fundamentals of
Astrodynamics and Applications", and Bate, Mueller and White.
"""

from math import atan2, cos, cosh, pi, sin, sinh, sqrt, tan

MU_EARTH = 398600.4418  # km3/s2
RADIUS_EARTH = 6378.137  # km
FLATTENING = 1.0 / 298.257223563
J2 = 1.08262668e-3


def eccentric_anomaly(M, e):
    """Solution of Kepler's equation M = E - e sin(E), by Newton's method."""
    E = M if e < 0.8 else pi
    step = 1.0
    while abs(step) > 1e-13:
        step = (E - e * sin(E) - M) / (1.0 - e * cos(E))
        E -= step
    return E


def true_anomaly(M, e):
    """Angle from the periapsis at the mean anomaly ``M``."""
    E = eccentric_anomaly(M, e)
    return atan2(sqrt(1.0 - e * e) * sin(E), cos(E) - e)


def radius(M, a, e):
    """Distance from the focus at the mean anomaly ``M``."""
    return a * (1.0 - e * cos(eccentric_anomaly(M, e)))


def vis_viva(r, a, mu=MU_EARTH):
    """Speed at the distance ``r`` on an orbit with semi-major axis ``a``."""
    return sqrt(mu * (2.0 / r - 1.0 / a))


def hohmann_delta_v(r1, r2, mu=MU_EARTH):
    """Sum of both impulses of the transfer between two circular orbits."""
    a = 0.5 * (r1 + r2)
    departure = abs(vis_viva(r1, a, mu) - vis_viva(r1, r1, mu))
    arrival = abs(vis_viva(r2, r2, mu) - vis_viva(r2, a, mu))
    return departure + arrival


def stumpff(psi):
    """The functions c2 and c3 of the universal variable."""
    if psi > 1e-6:
        root = sqrt(psi)
        return (1.0 - cos(root)) / psi, (root - sin(root)) / root**3
    if psi < -1e-6:
        root = sqrt(-psi)
        return (1.0 - cosh(root)) / psi, (sinh(root) - root) / root**3
    return 0.5 - psi / 24.0, 1.0 / 6.0 - psi / 120.0


def time_of_flight(r1, r2, angle, psi, mu=MU_EARTH):
    """Time between two radii seen under ``angle``, on the orbit with universal ``psi``.

    The function whose root Lambert's problem asks for (Bate, Mueller and White, section 5.3).
    """
    direction = 1.0 if angle < pi else -1.0
    A = direction * sqrt(r1 * r2 * (1.0 + cos(angle)))
    c2, c3 = stumpff(psi)
    y = r1 + r2 + A * (psi * c3 - 1.0) / sqrt(c2)
    if y < 0.0:
        raise ValueError("no orbit with this psi")
    x = sqrt(y / c2)
    return (x**3 * c3 + A * sqrt(y)) / sqrt(mu)


def nodal_precession(a, e, inclination):
    """Drift of the ascending node by the flattening of the Earth, in rad/s."""
    p = a * (1.0 - e**2)
    n = sqrt(MU_EARTH / a**3)
    return -1.5 * n * J2 * (RADIUS_EARTH / p) ** 2 * cos(inclination)


def j2_potential(position):
    """Potential of the flattened Earth at (x, y, z), in km2/s2; its gradient is gravity."""
    x, y, z = position
    r2 = x * x + y * y + z * z
    r = sqrt(r2)
    sin2_latitude = z * z / r2
    flattening = 0.5 * J2 * (RADIUS_EARTH / r) ** 2 * (3.0 * sin2_latitude - 1.0)
    return MU_EARTH / r * (1.0 - flattening)


def geodetic_latitude(x, y, z):
    """Latitude over the reference ellipsoid, by iteration (Bowring's start)."""
    e2 = FLATTENING * (2.0 - FLATTENING)
    p = sqrt(x**2 + y**2)
    latitude = atan2(z, p * (1.0 - e2))
    for _ in range(20):
        sine = sin(latitude)
        curvature = RADIUS_EARTH / sqrt(1.0 - e2 * sine**2)
        height = p / cos(latitude) - curvature
        better = atan2(z, p * (1.0 - e2 * curvature / (curvature + height)))
        change = better - latitude
        latitude = better
        if abs(change) < 1e-14:
            break
    return latitude


def hyperbolic_excess_turn(periapsis, v_infinity, mu=MU_EARTH):
    """Angle by which a fly-by turns the asymptote."""
    e = 1.0 + periapsis * v_infinity**2 / mu
    return 2.0 * atan2(1.0, sqrt(e * e - 1.0))


def parabolic_time(nu, p, mu=MU_EARTH):
    """Time since the periapsis of a parabola at the true anomaly ``nu`` (Barker)."""
    d = tan(0.5 * nu)
    return 0.5 * sqrt(p**3 / mu) * (d + d**3 / 3.0)


POINTS = {
    "eccentric_anomaly": {"wrt": ("M", "e"), "at": [(0.7, 0.1), (0.2, 0.9), (5.1, 0.45)]},
    "true_anomaly": {"wrt": ("M", "e"), "at": [(0.7, 0.1), (2.9, 0.6)]},
    "radius": {"wrt": ("M", "a", "e"), "at": [(1.3, 26600.0, 0.74)]},
    "vis_viva": {"wrt": ("r", "a", "mu"), "at": [(7000.0, 9000.0, MU_EARTH)]},
    "hohmann_delta_v": {"wrt": ("r1", "r2"), "at": [(6700.0, 42164.0), (42164.0, 6700.0)]},
    "time_of_flight": {
        "wrt": ("r1", "r2", "angle", "psi"),
        "at": [
            (7000.0, 12000.0, 1.2, 3.0),
            (7000.0, 12000.0, 1.2, -0.8),
            (7000.0, 12000.0, 4.0, 1e-7),
        ],
    },
    "nodal_precession": {"wrt": ("a", "e", "inclination"), "at": [(7178.0, 0.01, 1.72)]},
    "j2_potential": {"wrt": ("position",), "at": [([5000.0, -3500.0, 4100.0],)]},
    "geodetic_latitude": {"wrt": ("x", "y", "z"), "at": [(4000.0, 1200.0, 4900.0)]},
    "hyperbolic_excess_turn": {"wrt": ("periapsis", "v_infinity"), "at": [(6900.0, 5.5)]},
    "parabolic_time": {"wrt": ("nu", "p"), "at": [(1.1, 14000.0)]},
}


if __name__ == "__main__":
    from chainrule import grad

    slope = grad(eccentric_anomaly, wrt="e")
    print(slope.source)
    print(slope(0.7, 0.1))
