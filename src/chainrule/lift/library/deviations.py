"""Spreads of :mod:`statistics` about a number that is given as the mean."""

from __future__ import annotations

import ast
import inspect
import statistics

from chainrule.graph.types import BOOL, FLOAT, INT
from chainrule.lift.calls.calling import Builtin
from chainrule.lift.library.builtins import BUILTINS, Arguments, Builtins, Keywords
from chainrule.lift.library.samples import OF_SAMPLES
from chainrule.lift.values import Static, Value
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.arrays.samples import ABOUT


def _spread(name: str, about_its_mean: Builtin, about: ArrayCall) -> Builtin:
    def call(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        names = list(inspect.signature(getattr(statistics, name)).parameters)
        given = {**dict(zip(names, args, strict=False)), **keywords}
        if len(args) > len(names) or names[0] not in given or not set(given) <= set(names):
            remedy = "Call it as its documentation says."
            raise self.unsupported(f"this call of `{name}`", remedy, node)
        data, center = given[names[0]], given.get(names[1], Static(None))
        if self.static_value(center) == (True, None):
            return about_its_mean(self, [data], {}, node)
        if self.is_array(data):
            raise self.unsupported(
                f"`statistics.{name}` of an array about `{names[1]}`",
                "Use the function of NumPy that gives it.",
                node,
            )
        middle = self.node(center)
        if middle.type not in (FLOAT, INT, BOOL):
            raise self.unsupported(
                f"`{names[1]}` of `statistics.{name}` that is no number", "Give it a number.", node
            )
        return self.call_array(about, (self.node(self.as_list(data, node)), middle), ())

    return call


for name, op in ABOUT.items():
    function = getattr(statistics, name)
    BUILTINS[function] = _spread(name, OF_SAMPLES[function], op)
