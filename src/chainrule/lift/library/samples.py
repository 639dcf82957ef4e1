"""Means and spreads of :mod:`statistics`, of lists and of arrays with one axis."""

from __future__ import annotations

import ast
import statistics

from chainrule.graph.types import unit_axes_of
from chainrule.lift.calls.calling import Builtin
from chainrule.lift.library.builtins import BUILTINS, Arguments, Builtins, Keywords
from chainrule.lift.values import Value
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.arrays.samples import SAMPLES


def _of_sample(op: ArrayCall) -> Builtin:
    def call(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        self.positional(args, keywords, node, 1, 1, op.spelled.removeprefix("statistics."))
        array = self.is_array(args[0])
        data = self.node(args[0] if array else self.as_list(args[0], node))
        if array and len(unit_axes_of(data.type)) != 1:
            raise self.unsupported(
                f"`{op.spelled}` of an array with several axes, or none",
                "Use the function of NumPy that gives it.",
                node,
            )
        return self.call_array(op, (data,), ())

    return call


OF_SAMPLES = {getattr(statistics, name): _of_sample(op) for name, op in SAMPLES.items()}
BUILTINS.update(OF_SAMPLES)
