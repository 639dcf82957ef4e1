"""A derivative against independent numerical differentiation, number by number."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from chainrule.report.difference import Estimate, difference, precise_difference
from chainrule.report.leaves import (
    Index,
    Path,
    descend,
    entries,
    leaves,
    replaced,
    shown,
    slope_at,
)
from chainrule.report.precise import precise_context, with_precision

# Arithmetic in 50 digits is that much slower than floats, roughly; longer than PRECISE_SECONDS
# nobody waits for it.
PRECISE_SLOWDOWN = 500
PRECISE_SECONDS = 30.0

Arguments = Mapping[str, Any]
Function = Callable[..., Any]


@dataclasses.dataclass(frozen=True)
class Finding:
    """One partial derivative at one point: what was claimed, what was measured.

    ``parameter`` and ``result`` are places such as ``x[3]``; ``result`` is empty where the
    function returns one number.
    """

    parameter: str
    result: str
    claimed: float
    estimate: Estimate | None

    @property
    def label(self) -> str:
        """Which derivative it is."""
        return f"d {self.result or 'result'} / d {self.parameter}"

    @property
    def disagreement(self) -> float:
        """The relative error beyond what the measurement itself may be off."""
        if self.estimate is None:
            return 0.0
        if not math.isfinite(self.claimed):
            return math.inf
        excess = abs(self.claimed - self.estimate.value) - self.estimate.uncertainty
        return max(0.0, excess) / max(abs(self.claimed), abs(self.estimate.value), 1e-300)

    def decided(self, tolerance: float) -> bool:
        """Whether the measurement is sharp enough to judge by."""
        if self.estimate is None:
            return False
        size = max(abs(self.claimed), abs(self.estimate.value), self.estimate.scale)
        return self.estimate.uncertainty <= tolerance * size


def call(function: Function, arguments: Arguments) -> Any:
    """The function's value at arguments given by name, also where it takes them by place.

    Containers are handed over as copies: the function may write to them.
    """
    arguments = {name: fresh(value) for name, value in arguments.items()}
    by_place = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not parameter.POSITIONAL_ONLY or name not in arguments:
            break
        by_place.append(name)
    by_name = {name: value for name, value in arguments.items() if name not in by_place}
    return function(*(arguments[name] for name in by_place), **by_name)


def fresh(value: Any) -> Any:
    """A copy of a container; anything else as it is."""
    return copy.deepcopy(value) if entries(value) else value


def measure(
    function: Function, arguments: Arguments, derivative: Any, wrt: Sequence[str]
) -> Iterator[Finding]:
    """A finding for every number in ``derivative``.

    ``derivative`` is a gradient or Jacobian with respect to ``wrt``: the structure of the
    function's result with, for each number or array, the derivatives by the parameters, one
    parameter by itself and several as a tuple.
    """
    started = time.process_time()
    result = call(function, arguments)
    seconds = time.process_time() - started
    partials = len(list(leaves(derivative)))
    context = precise_context()
    precise = None
    if context is not None and 2 * partials * seconds * PRECISE_SLOWDOWN < PRECISE_SECONDS:
        precise = with_precision(function, context)
    for out, _ in leaves(result):
        entry = out[-1] if out and isinstance(out[-1], Index) else Index()
        gradient = descend(derivative, out[:-1] if entry else out)
        by_parameter = [gradient] if len(wrt) == 1 else gradient
        for name, partial in zip(wrt, by_parameter, strict=True):
            for path, number in leaves(arguments[name]):
                estimate = None
                if precise is not None:
                    along = line(precise, arguments, name, path, out)
                    estimate = precise_difference(along, float(number), context)
                if estimate is None:
                    along = line(function, arguments, name, path, out)
                    estimate = difference(along, float(number))
                yield Finding(
                    parameter=shown(name, arguments[name], path),
                    result=shown("result", result, out) if out else "",
                    claimed=float(slope_at(partial, entry, path)),
                    estimate=estimate,
                )


def line(
    function: Function, arguments: Arguments, name: str, path: Path, out: Path
) -> Callable[[Any], Any]:
    """One number of the result as a function of one number of the arguments."""

    def along(number: Any) -> Any:
        moved = {**arguments, name: replaced(arguments[name], path, number)}
        return descend(call(function, moved), out)

    return along
