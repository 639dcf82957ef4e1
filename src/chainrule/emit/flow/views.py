"""Dicts that are looped over as they are: ``for name, mass in MASSES.items()``.

The graph reads the entries of a dict by their places, and so out of a tuple of them; a loop needs
no tuple.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from chainrule.emit.plan import (
    ENUMERATE,
    REVERSED,
    ZIP,
    Define,
    For,
    Plan,
    Value,
    blocks_of,
    count_uses,
    walk,
)
from chainrule.graph.types import OPAQUE
from chainrule.primitives.effect import VERBATIM

FORMS = (ENUMERATE, REVERSED, ZIP)
TUPLE = re.compile(r"tuple\((_0_(?:\.(?:items|values)\(\))?)\)")


def loop_over_views(plan: Plan) -> None:
    """Take the tuple away where nothing but heads of loops reads the entries."""
    loops = [statement for statement in walk(plan.body) if isinstance(statement, For)]
    heads = Counter(base for loop in loops for base in _tuples(loop.iterable))
    uses = count_uses(plan.body) if heads else heads
    shown = {base for base, count in heads.items() if uses[base] == count}
    if not shown:
        return
    for loop in loops:
        loop.iterable = _without_tuples(loop.iterable, shown)
    for block in blocks_of(plan.body):
        block[:] = [
            each for each in block if not (isinstance(each, Define) and each.value in shown)
        ]


def _tuples(iterable: Value) -> Iterator[Value]:
    if iterable.op in FORMS:
        for part in iterable.args:
            yield from _tuples(part)
    elif iterable.op is VERBATIM and TUPLE.fullmatch(str(iterable.params[0])):
        yield iterable


def _without_tuples(iterable: Value, shown: set[Value]) -> Value:
    """What is looped over, with the dicts themselves."""
    if iterable in shown:
        found = TUPLE.fullmatch(str(iterable.params[0]))
        assert found is not None
        view = Value(VERBATIM, iterable.args, (found[1], OPAQUE, None), OPAQUE, iterable.origin)
        view.captive = True
        return view
    if iterable.op in FORMS:
        iterable.args = [_without_tuples(part, shown) for part in iterable.args]
    return iterable
