"""Prices, yields and risk: textbook finance in ordinary Python.

Rates are a year and continuously compounded unless said otherwise, times are in years.
"""

from math import erf, exp, log, pi, sqrt


def normal_cdf(x):
    """Probability that a standard normal variable is below ``x``."""
    return 0.5 * (1.0 + erf(x / sqrt(2.0)))


def normal_pdf(x):
    """Density of the standard normal distribution."""
    return exp(-0.5 * x * x) / sqrt(2.0 * pi)


def european_option(S, K, T, r, sigma, dividend=0.0, kind="call"):
    """Price of a European option (Black and Scholes 1973, Merton 1973).

    ``S`` is the share's price and ``K`` the strike; ``dividend`` is a yield.
    """
    if kind not in ("call", "put"):
        raise ValueError(f"no such option: {kind}")
    sign = 1.0 if kind == "call" else -1.0
    if T <= 0.0:
        return max(sign * (S - K), 0.0)
    spread = sigma * sqrt(T)
    d1 = (log(S / K) + (r - dividend + 0.5 * sigma**2) * T) / spread
    d2 = d1 - spread
    forward = S * exp(-dividend * T)
    return sign * (forward * normal_cdf(sign * d1) - K * exp(-r * T) * normal_cdf(sign * d2))


def american_put(S, K, T, r, sigma, steps=50):
    """Price of an American put on a binomial tree (Cox, Ross and Rubinstein 1979)."""
    dt = T / steps
    up = exp(sigma * sqrt(dt))
    down = 1.0 / up
    growth = exp(r * dt)
    p = (growth - down) / (up - down)
    values = [max(K - S * up**j * down ** (steps - j), 0.0) for j in range(steps + 1)]
    for i in range(steps - 1, -1, -1):
        for j in range(i + 1):
            hold = (p * values[j + 1] + (1.0 - p) * values[j]) / growth
            exercise = K - S * up**j * down ** (i - j)
            values[j] = max(hold, exercise)
    return values[0]


def bond_price(y, coupon, years, face=100.0, frequency=2):
    """Price of a bullet bond at the yield ``y``, compounded ``frequency`` times a year.

    ``coupon`` is the yearly rate that the bond pays on its face value.
    """
    payment = face * coupon / frequency
    discount = 1.0 / (1.0 + y / frequency)
    price = 0.0
    factor = 1.0
    for _ in range(years * frequency):
        factor *= discount
        price += payment * factor
    return price + face * factor


def bond_yield(price, coupon, years, face=100.0):
    """Yield at which a bond with yearly coupons has the given price, by Newton's method."""
    y = coupon
    for _ in range(50):
        value = 0.0
        slope = 0.0
        for k in range(1, years + 1):
            cash = face * coupon
            if k == years:
                cash += face
            value += cash / (1.0 + y) ** k
            slope -= k * cash / (1.0 + y) ** (k + 1)
        step = (value - price) / slope
        y -= step
        if abs(step) < 1e-13:
            break
    else:
        raise ArithmeticError("the yield does not converge")
    return y


def implied_volatility(price, S, K, T, r):
    """Volatility at which a call has the given price, by Newton's method.

    Starts from the point of inflection of the price (Manaster and Koehler 1982), from
    where the iteration cannot overshoot.
    """
    sigma = max(sqrt(2.0 * abs(log(S / K) + r * T) / T), 0.05)
    error = 1.0
    while abs(error) > 1e-11 * price:
        error = european_option(S, K, T, r, sigma) - price
        d1 = (log(S / K) + (r + 0.5 * sigma**2) * T) / (sigma * sqrt(T))
        vega = S * normal_pdf(d1) * sqrt(T)
        sigma -= error / vega
    return sigma


def nelson_siegel(t, beta0, beta1, beta2, tau):
    """Zero-coupon yield for maturity ``t`` (Nelson and Siegel 1987)."""
    x = t / tau
    if x < 1e-6:
        loading = 1.0 - 0.5 * x
    else:
        loading = (1.0 - exp(-x)) / x
    return beta0 + beta1 * loading + beta2 * (loading - exp(-x))


def loan_payment(principal, rate, months):
    """Monthly payment that repays a loan; ``rate`` is the nominal rate a year."""
    if rate == 0.0:
        return principal / months
    monthly = rate / 12.0
    return principal * monthly / (1.0 - (1.0 + monthly) ** -months)


def portfolio_risk(weights, volatilities, correlations):
    """Standard deviation of the return of a portfolio (Markowitz 1952)."""
    variance = 0.0
    for i, (wi, si) in enumerate(zip(weights, volatilities)):
        for j, (wj, sj) in enumerate(zip(weights, volatilities)):
            variance += wi * wj * si * sj * correlations[i][j]
    return sqrt(variance)


def internal_rate(cash_flows, guess=0.1):
    """Rate at which the flows of each year have no net present value, by the secant rule."""

    def present_value(rate):
        return sum(cash / (1.0 + rate) ** year for year, cash in enumerate(cash_flows))

    older, newer = guess, guess + 0.01
    value_older = present_value(older)
    while abs(newer - older) > 1e-10:
        value_newer = present_value(newer)
        step = value_newer * (newer - older) / (value_newer - value_older)
        older, value_older = newer, value_newer
        newer = newer - step
    return newer


POINTS = {
    "european_option": {
        "wrt": ("S", "K", "T", "r", "sigma", "dividend"),
        "at": [
            (100.0, 95.0, 0.5, 0.03, 0.25, 0.01, "call"),
            (80.0, 95.0, 1.5, 0.01, 0.4, 0.02, "put"),
            (80.0, 95.0, 0.0, 0.01, 0.4, 0.02, "put"),
        ],
    },
    "american_put": {
        "wrt": ("S", "K", "T", "r", "sigma"),
        "at": [(41.3, 40.0, 0.75, 0.06, 0.3, 20)],
    },
    "bond_price": {"wrt": ("y", "coupon", "face"), "at": [(0.043, 0.05, 10, 100.0, 2)]},
    "bond_yield": {"wrt": ("price", "coupon"), "at": [(93.5, 0.04, 7, 100.0)]},
    "implied_volatility": {
        "wrt": ("price", "S", "K", "T", "r"),
        "at": [(7.2, 100.0, 105.0, 0.8, 0.02)],
    },
    "nelson_siegel": {
        "wrt": ("t", "beta0", "beta1", "beta2", "tau"),
        "at": [(4.0, 0.05, -0.02, 0.01, 1.8), (1e-7, 0.05, -0.02, 0.01, 1.8)],
    },
    "loan_payment": {"wrt": ("principal", "rate"), "at": [(250e3, 0.045, 360)]},
    "portfolio_risk": {
        "wrt": ("weights", "volatilities"),
        "at": [
            (
                [0.5, 0.3, 0.2],
                [0.15, 0.2, 0.3],
                [[1.0, 0.3, 0.1], [0.3, 1.0, 0.5], [0.1, 0.5, 1.0]],
            )
        ],
    },
    "internal_rate": {"wrt": ("cash_flows",), "at": [([-100.0, 30.0, 45.0, 50.0], 0.1)]},
}


if __name__ == "__main__":
    from chainrule import value_and_grad

    greeks = value_and_grad(european_option, wrt=("S", "sigma", "T", "r"))
    print(greeks.source)
    print(greeks(100.0, 95.0, 0.5, 0.03, 0.25))
