"""Entries in another order or shape, in the words of the standard."""

from __future__ import annotations

import ast

from chainrule.emit.plan import Value
from chainrule.emit.targets import Spelling
from chainrule.emit.targets.array_api.words import call, dtype_of, plain, rank_of
from chainrule.emit.wording.unit_axes import lost_axes, statics
from chainrule.graph.block import CONSTANT
from chainrule.graph.types import Array

ROWS = '''
def rows_of(a):
    """The rows of an array."""
    return [a[k, ...] for k in range(a.shape[0])]
'''


def reshaped(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """Every way of reshaping."""
    if statics(value).get("order", "C") != "C":
        raise speller.refusal(value, "`reshape` in Fortran's order", "Transpose before and behind.")
    if value.op.name in ("ravel", "flatten"):
        shape: ast.expr = speller.constant((-1,))
    elif value.op.name == "reshaped":
        shape = ast.Attribute(args[1], "shape", ast.Load())
        for other in args[2:]:
            shape = ast.BinOp(shape, ast.Add(), ast.Attribute(other, "shape", ast.Load()))
    else:
        shape = ast.Tuple(args[1:], ast.Load())
    return call("reshape", args[0], shape)


def transposed(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``permute_dims``; of a matrix ``.T``."""
    axes, rank = statics(value)["axes"], rank_of(value)
    if axes is None and rank == 2:
        return ast.Attribute(args[0], "T", ast.Load())
    order = tuple(range(rank))[::-1] if axes is None else tuple(axes)
    return args[0] if rank < 2 else call("permute_dims", args[0], speller.constant(order))


def swapped(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``swapaxes`` as ``permute_dims``."""
    order = list(range(rank_of(value)))
    one, two = (statics(value)[name] for name in ("axis1", "axis2"))
    order[one], order[two] = order[two], order[one]
    return call("permute_dims", args[0], speller.constant(tuple(order)))


def squeezed(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``squeeze`` with its axes."""
    lost = lost_axes(value)
    return call("squeeze", args[0], axis=speller.constant(tuple(lost))) if lost else args[0]


def diagonal(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``linalg.diagonal`` of a matrix."""
    rank = rank_of(value.args[0])
    if rank == 1 and not statics(value).get("k", 0):
        count = ast.Subscript(ast.Attribute(args[0], "shape", ast.Load()), ast.Constant(0))
        mask = call("eye", count, dtype=dtype_of("bool"))
        return call("where", mask, speller.written("_0_[:, None]", args[0]), ast.Constant(0.0))
    if rank != 2:
        raise speller.refusal(value, "`numpy.diag` beside the diagonal", "Multiply it with xp.eye.")
    offset = statics(value).get("k", statics(value).get("offset", 0))
    return call(
        "linalg.diagonal", args[0], **({"offset": speller.constant(offset)} if offset else {})
    )


def rolled(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``roll`` by a number of steps that is known."""
    if value.args[1].op is not CONSTANT:
        raise speller.refusal(
            value, "`numpy.roll` by a number that is computed", "Give the number."
        )
    return plain("roll", "axis")(speller, value, args)


def tiled(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``tile``."""
    return call("tile", args[0], ast.Tuple(args[1:], ast.Load()))


def repeated(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``repeat``; of all axes at once in one axis."""
    axis = statics(value)["axis"]
    return call("repeat", *args, **({} if axis is None else {"axis": speller.constant(axis)}))


def taken(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``take`` at positions in one axis."""
    known = statics(value)
    axis, ranks = known["axis"], [rank_of(arg) for arg in value.args]
    if known["mode"] != "raise" or ranks[1] != 1 or (axis is None and ranks[0] != 1):
        raise speller.refusal(value, "`numpy.take` of more than a row of positions along an axis")
    return call("take", *args, axis=speller.constant(axis or 0))


def differences(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``diff``."""
    known = statics(value)
    own = {"axis": -1, "n": 1}
    words = {word: speller.constant(known[word]) for word in own if known[word] != own[word]}
    return call("diff", *args, **words)


def rounded(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``round`` to whole numbers."""
    if statics(value)["decimals"] != 0:
        raise speller.refusal(value, "`numpy.round` to decimals")
    return call("round", *args)


def listed(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``stack`` and ``concat`` of the arrays in a list."""
    item, known = getattr(value.args[0].type, "item", None), statics(value)
    if not isinstance(item, Array) or known.get("dtype") is not None:
        raise speller.refusal(value, "`numpy.array` of a list of numbers")
    name = "concat" if value.op.name == "concatenate_list" else "stack"
    axis = known.get("axis", 0)
    return call(name, *args, **({"axis": speller.constant(axis)} if axis != 0 else {}))


def rows(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``[a[k, ...] for k in range(a.shape[0])]``: nothing goes over arrays of several axes."""
    if rank_of(value.args[0]) < 2:
        return speller.call("list", *args)
    return ast.Call(speller.helper("rows_of", ROWS), args, [])
