"""Waves of :mod:`scipy.signal`, and signals of which every so many values are kept."""

from __future__ import annotations

import numpy as np
from scipy import signal

from chainrule.lift.library.spoken import asked, made, unknown
from chainrule.markers import stop_gradient

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def sawtooth(t, width=1):
    """Straight up, and down again."""
    phase = np.mod(t, 2.0 * np.pi)
    if isinstance(width, (int, float)) and width == 1:
        return phase / np.pi - 1.0
    rising = stop_gradient(phase) < width * 2.0 * np.pi
    up = phase / (np.pi * np.where(rising, width, 1.0)) - 1.0
    down = (np.pi * (width + 1.0) - phase) / (np.pi * np.where(rising, 1.0, 1.0 - width))
    return np.where(rising, up, down)


def decimate(x, q, n=None, ftype="iir", axis=-1, zero_phase=True):
    """Every so many values of a signal that has been smoothed before."""
    if np.ndim(x) != 1 or ftype != "iir" or not zero_phase:
        unknown("signals that are smoothed otherwise, or several")
    text = "_0_(_1_, 0.05, _2_, output='sos')"
    sections = asked(2, "_1_", made(signal.cheby1, text, 8 if n is None else n, 0.8 / q))
    return signal.sosfiltfilt(sections, np.asarray(x) + 0.0)[::q]


def passed_below(edge, places):
    """The weights that pass all below an edge."""
    apart = places != 0.0
    turns = np.pi * np.where(apart, places, 1.0)
    return np.where(apart, np.sin(turns * edge) / turns, edge)


def firwin(numtaps, cutoff, window="hamming", pass_zero=True, scale=True, fs=None):
    """A filter by a window, which passes between edges."""
    edges = np.atleast_1d(np.asarray(cutoff) + 0.0) / (1.0 if fs is None else 0.5 * fs)
    low = pass_zero in ("lowpass", "bandstop") or pass_zero is True
    if np.ndim(cutoff) > 0 and not isinstance(cutoff, (list, tuple)):
        unknown("edges in an array")
    count = len(cutoff) if np.ndim(cutoff) > 0 else 1
    high = (count % 2 == 0) == low
    ends = np.concatenate((np.zeros(int(low)), edges, np.ones(int(high))))
    places = np.arange(numtaps) - 0.5 * (numtaps - 1)
    found = np.zeros(numtaps)
    for k in range((count + int(low) + int(high)) // 2):
        left, right = ends[2 * k], ends[2 * k + 1]
        found = found + passed_below(right, places) - passed_below(left, places)
    found = found * signal.get_window(window, numtaps, fftbins=False)
    if scale:
        left, right = ends[0], ends[1]
        if low:
            middle = 0.0 * right
        elif count == 1:
            middle = 1.0 + 0.0 * right
        else:
            middle = 0.5 * (left + right)
        found = found / np.sum(found * np.cos(np.pi * places * middle))
    return found
