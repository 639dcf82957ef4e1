"""Random numbers as functions of the parameters of their distributions, the same chance given.

Of a normal distribution ``loc + scale * z``, where z is what the generator gave: the slope by loc
is 1, by scale z.  That is the pathwise derivative (Glasserman, *Monte Carlo Methods in Financial
Engineering*, 7.2), or reparametrisation (Kingma and Welling, *Auto-Encoding Variational Bayes*,
2.4).  Others are the inverse of their distribution function of a uniform number.

The first argument of each is what was drawn, which is also the value.  No slope is taken by it, nor
by z.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.primitives.custom import stopped
from chainrule.primitives.declare import REAL, Cost, Elementwise
from chainrule.primitives.elementary import log, log1p


class Drawn(Elementwise):
    """What was drawn, with its slopes by the parameters of its distribution, the other arguments.

    It is written as what it is: the first argument.
    """

    def __init__(self, name: str, parameters: int, doc: str) -> None:
        facts: dict[str, Any] = {"cost": Cost.FREE, "raises": False, "doc": doc}
        super().__init__(name, domain=(REAL,) * (parameters + 1), **facts)


def _drawn(parameters: int) -> Callable[[Callable[..., Any]], Drawn]:
    def declare(rule: Callable[..., Any]) -> Drawn:
        primitive = Drawn(rule.__name__, parameters, rule.__doc__ or "")
        primitive.partials = rule
        return primitive

    return declare


@_drawn(2)
def located(drawn: Any, loc: Any, scale: Any, out: Any) -> Any:
    """``loc + scale * z``."""
    return 0.0, 1.0, stopped((drawn - loc) / scale)


@_drawn(1)
def shifted(drawn: Any, mean: Any, out: Any) -> Any:
    """``mean + z``."""
    return 0.0, 1.0


@_drawn(2)
def between(drawn: Any, low: Any, high: Any, out: Any) -> Any:
    """``low + (high - low) * u``."""
    width = high - low
    return 0.0, stopped((high - drawn) / width), stopped((drawn - low) / width)


@_drawn(1)
def scaled(drawn: Any, scale: Any, out: Any) -> Any:
    """``scale * z``."""
    return 0.0, stopped(drawn / scale)


@_drawn(1)
def rated(drawn: Any, rate: Any, out: Any) -> Any:
    """``z / rate``."""
    return 0.0, -out / rate


@_drawn(2)
def exponential_of_located(drawn: Any, mean: Any, sigma: Any, out: Any) -> Any:
    """``exp(mean + sigma * z)``."""
    return 0.0, out, out * stopped((log(drawn) - mean) / sigma)


@_drawn(1)
def rooted(drawn: Any, a: Any, out: Any) -> Any:
    """``z**(1 / a)``."""
    return 0.0, -out * log(out) / a


@_drawn(1)
def rooted_above(drawn: Any, a: Any, out: Any) -> Any:
    """``z**(1 / a) - 1``."""
    return 0.0, -(out + 1.0) * log1p(out) / a


@_drawn(2)
def scaled_and_rooted(drawn: Any, scale: Any, a: Any, out: Any) -> Any:
    """``scale * z**(1 / a)``."""
    return 0.0, out / scale, -out * log(out / scale) / a
