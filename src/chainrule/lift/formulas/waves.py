"""Waves of :mod:`scipy.signal`, and signals of which every so many values are kept."""

from __future__ import annotations

import numpy as np
from scipy import signal

from chainrule.lift.library.spoken import unknown
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
    sections = signal.cheby1(8 if n is None else n, 0.05, 0.8 / q, output="sos")
    return signal.sosfiltfilt(sections, np.asarray(x) + 0.0)[::q]
