"""The price of a European call option after Black and Scholes (1973)."""

from math import erf, exp, log, sqrt


def normal_cdf(x):
    """Probability that a standard normal variable is below ``x``."""
    return 0.5 * (1.0 + erf(x / sqrt(2.0)))


def call_price(S, K, T, r, sigma):
    """Price of a call with strike ``K`` that expires in ``T`` years.

    ``S`` is the price of the share, ``r`` the continuously compounded interest rate and
    ``sigma`` the volatility, both a year.
    """
    spread = sigma * sqrt(T)
    d1 = (log(S / K) + (r + 0.5 * sigma**2) * T) / spread
    d2 = d1 - spread
    return S * normal_cdf(d1) - K * exp(-r * T) * normal_cdf(d2)
