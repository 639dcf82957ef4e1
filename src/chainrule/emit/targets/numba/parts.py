"""Parts of arrays that a derivative writes to: by functions, which take a tenth of the time.

    x_bar[1:] += a * b          np.add(x_bar[1:], a * b, x_bar[1:])
    x_bar[:-1] = -a             np.positive(-a, x_bar[:-1])

Numba takes seconds to compile the first assignment to a part, since it brings all shapes together
there; rows that are added up in a loop take it four times as long.
"""

from __future__ import annotations

import ast
import copy

from chainrule.emit.plan import Value
from chainrule.emit.targets import Spelling
from chainrule.graph.types import FLOAT, Array, unit_axes_of

ADDED = {ast.Add: "np.add(_0_, _1_, _2_)", ast.Sub: "np.subtract(_0_, _1_, _2_)"}
ADDING = ("index_add", "section_add")


def by_function(speller: Spelling, value: Value, statement: ast.stmt) -> ast.stmt:
    """The statement that writes to a part, or the one that was given."""
    if not _rank_of_part(value) or not _is_quick(value):
        return statement
    match statement:
        case ast.AugAssign(target=ast.Subscript() as place, op=op, value=written):
            text = ADDED.get(type(op))
        case ast.Assign(targets=[ast.Subscript() as place], value=written):
            text = "np.positive(_1_, _0_)" if unit_axes_of(value.args[-1].type) else None
        case _:
            return statement
    if text is None:
        return statement
    part = ast.Subscript(place.value, place.slice, ast.Load())
    return ast.Expr(speller.written(text, part, written, copy.deepcopy(part)))


def _rank_of_part(value: Value) -> int:
    """How many axes the part has that is written to; 0 where it is no view of an array."""
    keys, rank = value.args[1:-1], len(unit_axes_of(value.type))
    if value.op.name in ("index_set", "index_add"):
        return max(rank - len(keys), 0)
    if value.op.name in ("section_set", "section_add"):
        pattern = str(value.params[0])
        return rank - pattern.count("i") if set(pattern) <= {"i", "s", "e"} else 0
    return 0


def _is_quick(value: Value) -> bool:
    """Whether a function may write to the part: floats of its shape, or one for all.

    What a function writes must not lie in the same memory: it is read while that is written.
    """
    source, rank = value.args[-1], _rank_of_part(value)
    units = unit_axes_of(source.type)
    if not value.derivative or not _is_float(value) or not _is_float(source) or len(units) > rank:
        return False
    if value.op.name in ADDING or not units:
        return True
    return bool(getattr(source.op, "broadcasts", False)) and len(units) == rank and not any(units)


def _is_float(value: Value) -> bool:
    kind = value.type
    return kind == FLOAT or (isinstance(kind, Array) and kind.dtype == "float64")
