"""Filters of :mod:`scipy.signal` by their edges: analogue poles, moved, then made digital.

Poles and zeros are complex; what comes of them is real (Parks and Burrus, *Digital Filter Design*).
"""

from __future__ import annotations

import numpy as np

from chainrule.lift.library.spoken import unknown

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def series(roots):
    """The coefficients of a polynomial with given roots, that of the highest power first."""
    found = np.ones(1) + 0j
    for k in range(len(roots)):
        found = np.concatenate((found, np.zeros(1))) - roots[k] * np.concatenate(
            (np.zeros(1), found)
        )
    return found.real


def designed(poles, gain, edges, btype, analog, output, fs):
    """Coefficients of the filter whose low pass has given poles."""
    if output != "ba":
        unknown("a filter by its sections or its poles")
    n = len(poles)
    edges = np.atleast_1d(np.asarray(edges) + 0.0) / (1.0 if fs is None else 0.5 * fs)
    if not analog:
        edges = 4.0 * np.tan(0.5 * np.pi * edges)
    kind = btype.lower().replace("pass", "")
    if kind in ("low", "lp"):
        poles, zeros, gain = poles * edges[0], np.zeros(0) + 0j, gain * edges[0] ** n
    elif kind in ("high", "hp"):
        gain = gain / np.prod(-poles).real
        poles, zeros = edges[0] / poles, np.zeros(n) + 0j
    elif kind in ("band", "bp"):
        width, middle = edges[1] - edges[0], edges[0] * edges[1]
        half = poles * (0.5 * width)
        root = np.sqrt(half * half - middle)
        poles, zeros = np.concatenate((half + root, half - root)), np.zeros(n) + 0j
        gain = gain * width**n
    else:
        return unknown("a filter that stops a band")
    if not analog:
        gain = gain * (np.prod(4.0 - zeros) / np.prod(4.0 - poles)).real
        more = len(poles) - len(zeros)
        zeros = np.concatenate(((4.0 + zeros) / (4.0 - zeros), -np.ones(more) + 0j))
        poles = (4.0 + poles) / (4.0 - poles)
    return gain * series(zeros), series(poles)


def butter(N, Wn, btype="low", analog=False, output="ba", fs=None):
    """Butterworth's filter."""
    places = np.arange(-N + 1, N, 2)
    poles = -np.exp(1j * np.pi * places / (2 * N))
    return designed(poles, 1.0, Wn, btype, analog, output, fs)


def cheby1(N, rp, Wn, btype="low", analog=False, output="ba", fs=None):
    """Chebyshev's filter with ripples where it passes."""
    ripple = np.sqrt(10.0 ** (0.1 * rp) - 1.0)
    mu = np.arcsinh(1.0 / ripple) / N
    theta = 0.5 * np.pi * np.arange(-N + 1, N, 2) / N
    poles = -(np.sinh(mu) * np.cos(theta) + 1j * np.cosh(mu) * np.sin(theta))
    gain = np.prod(-poles).real
    if N % 2 == 0:
        gain = gain / np.sqrt(1.0 + ripple * ripple)
    return designed(poles, gain, Wn, btype, analog, output, fs)
