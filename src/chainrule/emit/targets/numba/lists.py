"""Lists to arrays and back: Numba makes an array of a list of numbers only."""

from __future__ import annotations

import ast

from chainrule.emit.plan import Value
from chainrule.emit.targets import Form, Spelling
from chainrule.emit.targets.numba.python import NESTED
from chainrule.graph.types import Array, Sequence

ROWS = '''
@{numba.njit}
def array_of_rows(rows):
    """The array whose rows are the arrays of a list."""
    found = {np}.empty((len(rows),) + rows[0].shape, rows[0].dtype)
    for k in range(len(rows)):
        if rows[k].shape != rows[0].shape:
            raise ValueError("the rows of an array are of one length")
        found[k] = rows[k]
    return found
'''


def array_of(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``np.array`` of a list of numbers or of arrays."""
    listed = value.args[0].type
    item = listed.item if isinstance(listed, Sequence) else None
    if isinstance(item, Array) and value.params[0] is None:
        return ast.Call(speller.helper("array_of_rows", ROWS), args[:1], [])
    call = speller.usual(value, args)
    if isinstance(call, ast.Call) and isinstance(args[0], ast.Name):
        # Numba takes the loop that fills a list for a comprehension if `np.array` is called on it,
        # and other lists that are filled in it for arrays.
        call.func = speller.callable("numpy.asarray")
    return call


def list_of(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """The list of the entries, or of the rows, of an array."""
    if isinstance(value.type, Sequence) and isinstance(value.type.item, Sequence):
        raise speller.refusal(value, *NESTED)
    return speller.call("list", args[0])


LISTS: dict[str, Form] = {"array_of_list": array_of, "to_list": list_of, "rows_of": list_of}
