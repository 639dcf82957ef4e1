"""Means of :mod:`statistics` with weights."""

from __future__ import annotations

import ast
import inspect
import statistics

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Sequence
from chainrule.lift.library.builtins import BUILTINS, Arguments, Builtins, Keywords
from chainrule.lift.library.samples import OF_SAMPLES
from chainrule.lift.values import Static, Value
from chainrule.primitives.arrays.samples import weighted_fmean

ITS_OWN = OF_SAMPLES[statistics.fmean]


def _mean(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``statistics.fmean``, with weights (from Python 3.11 on) or without."""
    names = list(inspect.signature(statistics.fmean).parameters)
    given = {**dict(zip(names, args, strict=False)), **keywords}
    if len(args) > len(names) or "data" not in given or not set(given) <= set(names):
        remedy = "Call it as its documentation says."
        raise self.unsupported("this call of `fmean`", remedy, node)
    weights = given.get("weights", Static(None))
    if self.static_value(weights) == (True, None):
        return ITS_OWN(self, [given["data"]], {}, node)
    lists = tuple(_numbers(self, each, node) for each in (given["data"], weights))
    return self.call_array(weighted_fmean, lists, ())


def _numbers(self: Builtins, value: Value, node: ast.AST) -> Node:
    """A list of numbers, which a list of a module's is known to be by its entries only."""
    found = self.node(self.as_list(value, node))
    held = value.value if isinstance(value, Static) else None
    if not isinstance(held, (list, tuple)) or not all(type(x) in (float, int) for x in held):
        return found
    return self.verbatim("_0_", found, type=Sequence(FLOAT), pure=True)


BUILTINS[statistics.fmean] = _mean
