"""What is computed right in a row of an array is named where it is computed.

np.sin(z, out=sin_z_tape[i])            sin_z = np.sin(z, out=sin_z_tape[i])
sin_z = sin_z_tape[i]
"""

from __future__ import annotations

import ast

from chainrule.emit.plan import Define, Plan, Value, walk
from chainrule.primitives.sequence import index


def rows_of(plan: Plan) -> set[Value]:
    """The rows that are named where they are computed."""
    return {
        statement.value
        for statement in (walk(plan.body) if plan.filled else ())
        if isinstance(statement, Define)
        and statement.value.op is index
        and statement.value.args[0] in plan.filled
    }


def named(call: ast.stmt, reading: ast.stmt) -> ast.Assign | None:
    """One statement for a call that writes into a row and the one that reads this very row."""
    match call, reading:
        case (
            ast.Expr(value=ast.Call(keywords=[ast.keyword(arg="out", value=out)]) as written),
            ast.Assign(targets=[ast.Name() as target], value=ast.Subscript() as row),
        ) if ast.dump(out) == ast.dump(row):
            return ast.Assign([target], written)
    return None
