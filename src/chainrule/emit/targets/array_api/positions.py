"""Arrays written at arrays of positions: the standard writes at numbers only, one by one."""

from __future__ import annotations

import ast

from chainrule.emit.plan import Value
from chainrule.emit.targets import Spelling
from chainrule.emit.targets.array_api.words import rank_of
from chainrule.graph.types import unit_axes_of


def at_positions(
    speller: Spelling, value: Value, owner: ast.expr, args: list[ast.expr]
) -> ast.expr:
    """A call of a function that goes through the positions."""
    keys, written = value.args[1:-1], value.args[-1]
    alone = set(str(value.params[0])) <= {"a", "u"}
    if not alone or any(unit_axes_of(key.type) != (False,) for key in keys):
        raise speller.refusal(
            value,
            "writing at arrays of positions in several axes, or beside slices",
            "Write it with masks or products.",
        )
    names = [f"i{k}" for k in range(1, len(keys) + 1)] if len(keys) > 1 else ["positions"]
    verb, symbol, what = (
        ("add", "+=", "Add to") if value.op.name == "section_add" else ("write", "=", "Write to")
    )
    entry, name = "value", f"{verb}_at_each"
    if rank_of(written) == rank_of(value) - len(keys) + 1:
        unit = unit_axes_of(written.type)[0]
        entry = f"value[{0 if unit else 'k'}, ...]"
        name = f"{verb}_at_repeated" if unit else f"{verb}_at"
    name += f"_{len(keys)}" if len(keys) > 1 else ""
    place = ", ".join(f"int({each}[k])" for each in names)
    text = f'''
def {name}(a, {", ".join(names)}, value):
    """{what} `a` at positions, in their order."""
    for k in range({names[0]}.shape[0]):
        a[{place}, ...] {symbol} {entry}
'''
    return ast.Call(speller.helper(name, text), [owner, *args], [])
