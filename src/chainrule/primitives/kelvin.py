"""Kelvin's functions (DLMF 10.61), and the integrals of Struve's, of :mod:`scipy.special`."""

from __future__ import annotations

import math
from typing import Any

from chainrule.primitives.arithmetic import equal
from chainrule.primitives.bessel import modstruve, struve
from chainrule.primitives.control import choose
from chainrule.primitives.inverses import unproved


@unproved("ber", 1)
def ber(x: Any, out: Any) -> Any:
    """Real part of J0(x exp(3 pi i / 4))."""
    return berp(x)


@unproved("bei", 1)
def bei(x: Any, out: Any) -> Any:
    """Imaginary part of J0(x exp(3 pi i / 4))."""
    return beip(x)


@unproved("berp", 1)
def berp(x: Any, out: Any) -> Any:
    """Derivative of ber."""
    return choose(equal(x, 0.0), lambda: 0.0, lambda: -bei(x) - out / x)


@unproved("beip", 1)
def beip(x: Any, out: Any) -> Any:
    """Derivative of bei."""
    return choose(equal(x, 0.0), lambda: 0.5, lambda: ber(x) - out / x)


@unproved("ker", 1)
def ker(x: Any, out: Any) -> Any:
    """Real part of K0(x exp(pi i / 4))."""
    return kerp(x)


@unproved("kei", 1)
def kei(x: Any, out: Any) -> Any:
    """Imaginary part of K0(x exp(pi i / 4))."""
    return keip(x)


@unproved("kerp", 1)
def kerp(x: Any, out: Any) -> Any:
    """Derivative of ker."""
    return -kei(x) - out / x


@unproved("keip", 1)
def keip(x: Any, out: Any) -> Any:
    """Derivative of kei."""
    return ker(x) - out / x


@unproved("itstruve0", 1)
def itstruve0(x: Any, out: Any) -> Any:
    """Integral of Struve's function of order 0 from 0."""
    return struve(0.0, x)


@unproved("it2struve0", 1)
def it2struve0(x: Any, out: Any) -> Any:
    """Integral of Struve's function of order 0 over its argument, to infinity."""
    return choose(equal(x, 0.0), lambda: -2.0 / math.pi, lambda: -struve(0.0, x) / x)


@unproved("itmodstruve0", 1)
def itmodstruve0(x: Any, out: Any) -> Any:
    """Integral of the modified Struve function of order 0 from 0."""
    return modstruve(0.0, x)
