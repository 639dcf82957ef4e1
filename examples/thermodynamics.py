"""Equations of state, vapour pressures and phase equilibria, in SI units."""

from math import acos, cos, exp, log, pi, sqrt

R = 8.31446261815324  # J/(mol K)

IF97_SATURATION = (
    0.11670521452767e4,
    -0.72421316703206e6,
    -0.17073846940092e2,
    0.12020824702470e5,
    -0.32325550322333e7,
    0.14915108613530e2,
    -0.48232657361591e4,
    0.40511340542057e6,
    -0.23855557567849,
    0.65017534844798e3,
)

# Shomate coefficients of nitrogen (NIST): up to 500 K, up to 2000 K.
NITROGEN_COLD = (28.98641, 1.853978, -9.647459, 16.63537, 0.000117)
NITROGEN_WARM = (19.50583, 19.88705, -8.598535, 1.369784, 0.527601)


def antoine_pressure(T, A, B, C):
    """Vapour pressure in Pa at ``T`` in K; coefficients for mmHg and degrees Celsius."""
    mmhg = 10.0 ** (A - B / (C + T - 273.15))
    return mmhg * 133.322387415


def saturation_pressure(T):
    """Vapour pressure of water in Pa at ``T`` in K (IAPWS-IF97, region 4)."""
    if T < 273.15 or T > 647.096:
        raise ValueError("the saturation line ends at 273.15 K and 647.096 K")
    n1, n2, n3, n4, n5, n6, n7, n8, n9, n10 = IF97_SATURATION
    theta = T + n9 / (T - n10)
    a = theta**2 + n1 * theta + n2
    b = n3 * theta**2 + n4 * theta + n5
    c = n6 * theta**2 + n7 * theta + n8
    return 1e6 * (2.0 * c / (-b + sqrt(b * b - 4.0 * a * c))) ** 4


def van_der_waals_pressure(T, v, a, b):
    """Pressure in Pa of a van der Waals gas with the molar volume ``v`` in m3/mol."""
    return R * T / (v - b) - a / v**2


def heat_capacity_nitrogen(T):
    """Molar heat capacity of nitrogen in J/(mol K) after Shomate."""
    if T < 100.0:
        raise ValueError("too cold")
    elif T <= 500.0:
        A, B, C, D, E = NITROGEN_COLD
    elif T <= 2000.0:
        A, B, C, D, E = NITROGEN_WARM
    else:
        raise ValueError("too hot")
    t = T / 1000.0
    return A + t * (B + t * (C + t * D)) + E / t**2


def cubic_roots(a, b, c):
    """Real roots of x**3 + a x**2 + b x + c in ascending order (Viete, Cardano)."""
    q = (a * a - 3.0 * b) / 9.0
    r = (2.0 * a**3 - 9.0 * a * b + 27.0 * c) / 54.0
    if r * r < q**3:
        theta = acos(r / q**1.5)
        size = -2.0 * sqrt(q)
        return sorted(size * cos((theta + 2.0 * pi * k) / 3.0) - a / 3.0 for k in (-1, 0, 1))
    size = (abs(r) + sqrt(r * r - q**3)) ** (1.0 / 3.0)
    s = -size if r > 0.0 else size
    return [s + (q / s if s != 0.0 else 0.0) - a / 3.0]


def peng_robinson_parameters(T, P, Tc, Pc, omega):
    """The dimensionless A and B of Peng and Robinson, and dA/dT as it enters departures."""
    kappa = 0.37464 + 1.54226 * omega - 0.26992 * omega**2
    root_alpha = 1.0 + kappa * (1.0 - sqrt(T / Tc))
    a = 0.45724 * (R * Tc) ** 2 / Pc * root_alpha**2
    b = 0.07780 * R * Tc / Pc
    slope = -kappa * root_alpha / sqrt(T * Tc) * 0.45724 * (R * Tc) ** 2 / Pc
    return a * P / (R * T) ** 2, b * P / (R * T), a, b, slope


def peng_robinson_z(T, P, Tc, Pc, omega, phase="vapour"):
    """Compressibility factor of a pure fluid (Peng and Robinson 1976)."""
    A, B, *_ = peng_robinson_parameters(T, P, Tc, Pc, omega)
    roots = cubic_roots(B - 1.0, A - 3.0 * B**2 - 2.0 * B, -A * B + B**2 + B**3)
    if phase == "vapour":
        return roots[-1]
    if phase == "liquid":
        return min(z for z in roots if z > B)
    raise ValueError(f"no such phase: {phase}")


def departure_enthalpy(T, P, Tc, Pc, omega, phase="vapour"):
    """Enthalpy less that of the ideal gas, in J/mol (Peng and Robinson 1976)."""
    _, B, a, b, slope = peng_robinson_parameters(T, P, Tc, Pc, omega)
    z = peng_robinson_z(T, P, Tc, Pc, omega, phase)
    two = sqrt(2.0)
    ratio = log((z + (1.0 + two) * B) / (z + (1.0 - two) * B))
    return R * T * (z - 1.0) + (T * slope - a) / (2.0 * two * b) * ratio


def departure_entropy(T, P, Tc, Pc, omega, phase="vapour"):
    """Entropy less that of the ideal gas, in J/(mol K) (Peng and Robinson 1976)."""
    _, B, _, b, slope = peng_robinson_parameters(T, P, Tc, Pc, omega)
    z = peng_robinson_z(T, P, Tc, Pc, omega, phase)
    two = sqrt(2.0)
    ratio = log((z + (1.0 + two) * B) / (z + (1.0 - two) * B))
    return R * log(z - B) + slope / (2.0 * two * b) * ratio


def helmholtz_energy(moles, T, V, a, b):
    """Helmholtz energy of a mixture after Peng and Robinson, without the ideal part.

    The classic of Griewank, "On automatic differentiation" (1989): ``a`` is the matrix of
    attraction parameters, ``b`` the list of co-volumes.
    """
    n = len(moles)
    covolume = sum(b[i] * moles[i] for i in range(n))
    free = V - covolume
    energy = 0.0
    for x in moles:
        energy += x * log(x / free)
    attraction = 0.0
    for i in range(n):
        row = 0.0
        for j in range(n):
            row += a[i][j] * moles[j]
        attraction += moles[i] * row
    two = sqrt(2.0)
    ratio = (V + (1.0 + two) * covolume) / (V + (1.0 - two) * covolume)
    return R * T * energy - attraction * log(ratio) / (2.0 * two * covolume)


def rachford_rice(fractions, k_values):
    """Share of vapour in a flash, by Newton's method kept inside its bracket."""
    low = 1.0 / (1.0 - max(k_values))
    high = 1.0 / (1.0 - min(k_values))
    share = 0.5 * (low + high)
    while True:
        value = 0.0
        slope = 0.0
        for z, k in zip(fractions, k_values):
            term = (k - 1.0) / (1.0 + share * (k - 1.0))
            value += z * term
            slope -= z * term**2
        if value > 0.0:
            low = share
        else:
            high = share
        step = -value / slope
        if abs(step) < 1e-12:
            return share + step
        share += step
        if not low < share < high:
            share = 0.5 * (low + high)


def wilson_activity(x1, lambda12, lambda21):
    """Excess Gibbs energy over RT of a binary liquid (Wilson 1964)."""
    x2 = 1.0 - x1
    return -x1 * log(x1 + lambda12 * x2) - x2 * log(x2 + lambda21 * x1)


def planck_exitance(wavelength, T):
    """Spectral exitance of a black body in W/m3."""
    h, c, k = 6.62607015e-34, 299792458.0, 1.380649e-23
    x = h * c / (wavelength * k * T)
    try:
        shape = exp(x) - 1.0
    except OverflowError:
        return 0.0
    return 2.0 * pi * h * c**2 / wavelength**5 / shape


PROPANE = (369.83, 4.248e6, 0.1523)

POINTS = {
    "antoine_pressure": {
        "wrt": ("T", "A", "B", "C"),
        "at": [(353.0, 8.07131, 1730.63, 233.426)],
    },
    "saturation_pressure": {"wrt": ("T",), "at": [(300.0,), (500.0,), (640.0,)]},
    "van_der_waals_pressure": {
        "wrt": ("T", "v", "a", "b"),
        "at": [(320.0, 1.2e-3, 0.3658, 4.286e-5)],
    },
    "heat_capacity_nitrogen": {"wrt": ("T",), "at": [(298.15,), (1200.0,)]},
    "peng_robinson_z": {
        "wrt": ("T", "P", "Tc", "Pc", "omega"),
        "at": [(300.0, 2e5, *PROPANE), (300.0, 9.5e5, *PROPANE, "liquid"), (420.0, 5e6, *PROPANE)],
    },
    "departure_enthalpy": {
        "wrt": ("T", "P", "Tc", "Pc", "omega"),
        "at": [(300.0, 2e5, *PROPANE), (300.0, 9.5e5, *PROPANE, "liquid"), (420.0, 5e6, *PROPANE)],
    },
    "departure_entropy": {
        "wrt": ("T", "P", "omega"),
        "at": [(300.0, 2e5, *PROPANE), (300.0, 9.5e5, *PROPANE, "liquid")],
    },
    "helmholtz_energy": {
        "wrt": ("moles", "T", "V", "b"),
        "at": [
            (
                [0.4, 1.1, 0.7],
                350.0,
                2.5e-3,
                [[0.25, 0.36, 0.3], [0.36, 0.55, 0.5], [0.3, 0.5, 0.9]],
                [2.7e-5, 4.0e-5, 5.6e-5],
            )
        ],
    },
    "rachford_rice": {
        "wrt": ("fractions", "k_values"),
        "at": [([0.3, 0.45, 0.25], [4.2, 1.1, 0.2])],
    },
    "wilson_activity": {
        "wrt": ("x1", "lambda12", "lambda21"),
        "at": [(0.35, 0.182, 0.795)],
    },
    "planck_exitance": {
        "wrt": ("wavelength", "T"),
        "at": [(500e-9, 5772.0), (10e-6, 300.0), (1e-9, 4.0)],
    },
}


if __name__ == "__main__":
    from chainrule import grad

    slopes = grad(departure_enthalpy, wrt=("T", "P"))
    print(slopes.source)
    print(slopes(300.0, 2e5, *PROPANE))
