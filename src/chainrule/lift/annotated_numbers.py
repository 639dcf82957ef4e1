"""Parameters that are annotated as numbers: what else they may be given is watched for."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from chainrule.graph.block import Graph
from chainrule.graph.guard import (
    Argument,
    Route,
    TableLayout,
    array_layout,
    has_no_entries,
    table_layout,
)
from chainrule.graph.types import BOOL, FLOAT, INT
from chainrule.lift.arrays.boxes import is_ndarray
from chainrule.lift.parameters import annotated_type


def watch_numbers(
    graph: Graph,
    signature: inspect.Signature,
    arguments: Mapping[str, Any] | None,
    *,
    calls_numpy: bool,
) -> None:
    """Watch what is given for a number: an array, which arithmetic takes as well, or a list, of
    which functions of NumPy make one.
    """
    for name, parameter in signature.parameters.items():
        type_ = annotated_type(parameter.annotation)
        if type_ not in (FLOAT, INT, BOOL):
            continue
        route = Route(Argument(name))
        if arguments is None:
            form = "number" if type_ == FLOAT else "whole number"
            graph.guard(route, form if calls_numpy else f"plain {form}", has_no_entries)
        elif name in arguments and is_ndarray(arguments[name]):
            graph.guard(route, "array", array_layout(arguments[name]))
        elif name in arguments and not has_no_entries(arguments[name]):
            graph.guard(route, "layout", TableLayout(table_layout(arguments[name])))
