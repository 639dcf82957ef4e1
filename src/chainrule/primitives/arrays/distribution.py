"""A distribution as it is declared: in its standard form, by formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from chainrule.records import dataclass

LOG_ROOT = 0.5 * math.log(2.0 * math.pi)
LOG_2 = math.log(2.0)
LOG_PI = math.log(math.pi)

Formula = Callable[..., Any]
HALF = (0.0, math.inf)
UNIT = (0.0, 1.0)


@dataclass(frozen=True)
class Distribution:
    """A distribution in its standard form, of a point and its shapes."""

    name: str
    shapes: tuple[str, ...]
    log_density: Formula
    cdf: Formula | None = None
    sf: Formula | None = None
    support: tuple[float, float] = (-math.inf, math.inf)
    discrete: bool = False
    ppf: Formula | None = None
    isf: Formula | None = None
    # A support that hangs on the shapes: whether a point is inside, and one that is.
    inside: Formula | None = None
    within: Any = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters of its methods."""
        point = "k" if self.discrete else "x"
        return (point, *self.shapes, "loc") + (() if self.discrete else ("scale",))

    @property
    def quantile_parameters(self) -> tuple[str, ...]:
        """The names of the parameters of its quantiles."""
        return ("q", *self.parameters[1:])
