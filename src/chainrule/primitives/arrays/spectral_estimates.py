"""Estimates of power spectra of :mod:`scipy.signal`, and responses of filters.

A spectrum is the mean over the segments of a signal of the squares of their transforms.
"""

from __future__ import annotations

import math
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Record, Type, array_of, real_promoted, unit_axes_of
from chainrule.primitives.arrays.call import array_flat
from chainrule.primitives.arrays.complex_numbers import conjugated, real_of
from chainrule.primitives.arrays.creation import arange
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.filters import refuse
from chainrule.primitives.arrays.linear_algebra import matmul, outer
from chainrule.primitives.arrays.rearranging import at_positions
from chainrule.primitives.arrays.records import results
from chainrule.primitives.arrays.reductions import array_sum, mean
from chainrule.primitives.arrays.shaping import dimension, expand_dims
from chainrule.primitives.arrays.signals import detrend as without_trend
from chainrule.primitives.declare import TABLE
from chainrule.primitives.elementary import exp

get_window = array_flat(
    "get_window", "scipy.signal.get_window", signature="window, Nx, fftbins=True", arrays=0,
    sizes="Nx", typed=lambda **statics: array_of("float64", (False,)), doc="A window by its name.",
)  # fmt: skip


def _spectrum(*types: Type, **statics: Any) -> Type:
    return Record((array_of("float64", (False,)), array_of(real_promoted(*types), (False,))))


def _cross_spectrum(*types: Type, **statics: Any) -> Type:
    return Record((array_of("float64", (False,)), array_of("complex128", (False,))))


OPTIONS = (
    "fs=1.0, window='hann', nperseg=None, noverlap=None, nfft=None, detrend='constant', "
    "return_onesided=True, scaling='density'"
)


def _segments(x: Node, size: Node, overlap: Node, detrend: Any) -> Node:
    """The segments of a signal, a row for each."""
    step = size - overlap
    count = TABLE["floor_divide"](dimension(x, axis=0) - overlap, step)
    places = expand_dims(arange(count) * step, axis=1) + arange(size)
    found = at_positions(x, places, 0)
    if detrend == "constant":
        return found - mean(found, axis=-1, keepdims=True)
    return without_trend(found, type=detrend) if detrend else found


def _powers(
    x: Node, y: Node, fs: Any, window: Any, nperseg: Any, noverlap: Any, nfft: Any, detrend: Any,
    return_onesided: Any, scaling: str, whole: bool = False,
) -> Node:  # fmt: skip
    """The products of the transforms of two signals, segment by segment, and their mean."""
    if not return_onesided or any(len(unit_axes_of(each.type)) != 1 for each in (x, y)):
        refuse(x, "a spectrum of both sides, or of several signals",
               "Ask for that of one side, for each signal.")  # fmt: skip
    constant, length = x.graph.constant, dimension(x, axis=0)
    most = 256 if nperseg is None else nperseg
    size = length if whole else TABLE["python_min"](most, length)
    overlap = constant(0) if whole else TABLE["floor_divide"](size, 2)
    if noverlap is not None:
        overlap = constant(noverlap)
    count = size if nfft is None else constant(nfft)
    weights = get_window(size, window=window)
    scale = array_sum(weights * weights) * float(fs)
    if scaling == "spectrum":
        scale = array_sum(weights) ** 2
    transforms = [
        TABLE["scipy_rfft"](weights * _segments(each, size, overlap, detrend), count)
        for each in ((x,) if y is x else (x, y))
    ]
    product = conjugated(transforms[0]) * transforms[-1]
    if y is x:
        product = real_of(product)
    half = TABLE["floor_divide"](count, 2)
    places = arange(half + 1)
    both = TABLE["logical_or"](TABLE["equal"](places, 0), TABLE["equal"](2 * places, count))
    return mean(product, axis=0) * (TABLE["where"](both, 1.0, 2.0) / scale)  # type: ignore[no-any-return]


@array_defined("welch", "scipy.signal.welch", signature=f"x, {OPTIONS}", typed=_spectrum)
def welch(x: Node, **options: Any) -> Node:
    """Frequencies, and the power of a signal at each, by Welch's method."""
    return results(x.graph.constant(0.0), _powers(x, x, **options))


@array_defined("csd", "scipy.signal.csd", signature=f"x, y, {OPTIONS}", arrays=2,
               typed=_cross_spectrum)  # fmt: skip
def csd(x: Node, y: Node, **options: Any) -> Node:
    """Frequencies, and the power that two signals have in common at each."""
    return results(x.graph.constant(0.0), _powers(x, y, **options))


@array_defined(
    "periodogram", "scipy.signal.periodogram", typed=_spectrum,
    signature="x, fs=1.0, window='boxcar', detrend='constant', return_onesided=True, "
    "scaling='density'",
)  # fmt: skip
def periodogram(x: Node, **options: Any) -> Node:
    """Frequencies, and the power of a signal at each."""
    pieces: dict[str, Any] = {"nperseg": None, "noverlap": None, "nfft": None}
    return results(x.graph.constant(0.0), _powers(x, x, **options, **pieces, whole=True))


@array_defined(
    "freqz", "scipy.signal.freqz", signature="b, a=1.0, worN=512", arrays=2,
    typed=_cross_spectrum,
)  # fmt: skip
def freqz(b: Node, a: Node, worN: int) -> Node:
    """Frequencies, and the response of a filter at each."""
    places = arange(b.graph.constant(worN)) * (math.pi / worN)

    def at_each(coefficients: Node) -> Any:
        if not unit_axes_of(coefficients.type):
            return coefficients
        turns = outer(places, arange(dimension(coefficients, axis=0)))
        return matmul(exp(turns * b.graph.constant(-1j)), coefficients)

    return results(b.graph.constant(0.0), at_each(b) / at_each(a))
