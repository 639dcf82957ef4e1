"""How wide expressions will be, before they are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.emit.layout import Measure
from chainrule.emit.memory.views import is_update
from chainrule.emit.names import Names
from chainrule.emit.plan import AND, COMPREHENSION, CONDITIONAL, OR, RANGE, Value, targets_of
from chainrule.emit.wording.accumulating import AUGMENTED, SUMS
from chainrule.emit.wording.arrays import call_width, section_width
from chainrule.emit.wording.expressions import spelled
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import add, multiply
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.arrays.indexing import section
from chainrule.primitives.declare import Primitive
from chainrule.primitives.effect import Effect, Verbatim
from chainrule.primitives.sequence import display, entrywise_add, index, record

UNNAMED = 8


def measure_of(
    names: Names, special: Callable[[Value], int | None], into: dict[Value, Value]
) -> Measure:
    """Widths with the names that values have so far.

    ``special`` tells those of a target's own forms, ``into`` what is written over which array.
    """

    def name_width(value: Value) -> int:
        match value.op.name:
            case "constant":
                return len(repr(value.params[0]))
            case "global":
                return len(str(value.params[1]))
            case "reference":
                key = value.params[0]
                return len(str(key[-1]).rpartition(".")[2]) if isinstance(key, tuple) else UNNAMED
        return len(names[value]) if names.has(value) else UNNAMED

    def own(value: Value) -> int:
        width = special(value)
        if width is None:
            width = own_width(value, name_width)
        if value not in into:
            return width
        old = name_width(into[value])
        # `x *= y` rather than `x = x * y`, or np.multiply(..., out=x)
        return 1 - old if augments(value) else width + 16 + old

    def augments(value: Value) -> bool:
        symbol, old = getattr(value.op, "symbol", None), into[value]
        if symbol is None or len(value.args) != 2 or not names.same(value, old):
            return False
        return value.args[0] is old or (symbol in "+*" and value.args[1] is old)

    def spared(target: Value, source: Value) -> int:
        if source in into and names.same(source, into[source]) and not augments(source):
            # np.divide(..., out=x) stands alone, without `x = ` before it.
            return name_width(target) + 3
        return name_width(target) + 2 if _takes_part(names, target, source) else 0

    return Measure(name_width, own, brackets, spared)


def _takes_part(names: Names, target: Value, source: Value) -> bool:
    """Whether a number is written as what changes a variable: ``x += e``."""
    if source.op not in AUGMENTED or source.type != FLOAT or spelled(source) is not None:
        return False
    first, second = source.args[:2]
    if _is_variable(names, first, target):
        return True
    if not source.derivative:
        return False
    if source.op in (add, multiply) and _is_variable(names, second, target):
        return True
    while source.op in SUMS:
        first, second = source.args
        if source.op is add and _is_variable(names, second, target):
            return True
        if not first.captive:
            return names.same(first, target)
        source = first
    return False


def _is_variable(names: Names, value: Value, target: Value) -> bool:
    return not value.captive and names.same(value, target)


# How tightly operators bind; what is not listed needs no brackets.
BINDING = {
    "or": 1,
    "and": 2,
    "not": 3,
    "<": 4,
    "|": 5,
    "^": 6,
    "&": 7,
    "+": 8,
    "*": 9,
    "-x": 10,
    "**": 11,
}
ATOM = 12
SAME = {
    "~": "-x",
    "-": "+",
    "/": "*",
    "//": "*",
    "%": "*",
    "@": "*",
    "<=": "<",
    ">": "<",
    ">=": "<",
    "==": "<",
    "!=": "<",
}


def binding(value: Value) -> int:
    """How tightly the outermost operator of an expression binds."""
    op = value.op
    if op is CONDITIONAL:
        return 0
    if op in (AND, OR):
        return BINDING[op.name]
    if isinstance(op, (Verbatim, Effect)):
        return 0
    symbol = op.symbol if isinstance(op, Primitive) else None
    if isinstance(op, Primitive) and op.formula is not None:
        return ATOM if op.formula[""].endswith(")))") else 0
    if symbol is None:
        return ATOM
    if len(value.args) == 1 and symbol in "+-":
        return BINDING["-x"]
    return BINDING[SAME.get(symbol, symbol)]


def brackets(value: Value, k: int) -> int:
    """Width of the brackets around argument ``k`` of an expression."""
    outer, inner = binding(value), binding(value.args[k])
    if outer in (0, ATOM):
        return 2 if outer == 0 and inner == 0 and k < 2 else 0
    right = k == 1 and outer != BINDING["**"]
    return 2 if inner < outer or (right and inner == outer) else 0


def own_width(value: Value, name_width: object) -> int:
    """What an expression adds to the widths of its arguments."""
    op = value.op
    count = len(value.args)
    if isinstance(op, (Verbatim, Effect)):
        return len(str(value.params[0])) - 3 * count
    if op.name in ("call_function", "call_functional"):
        return _call_width(value)
    if op in (AND, OR, CONDITIONAL):
        return 12
    if op is COMPREHENSION:
        return 16 + 8 * len(list(targets_of(value.params[0])))
    if op is RANGE:
        return 7 + 2 * count
    if op is index:
        return 2 * count
    if op is section:
        return section_width(value)
    if isinstance(op, ArrayCall) and op.symbol is None:
        return call_width(value, op)
    if op in (display, record):
        keys = value.params[1] if len(value.params) > 1 else ()
        return 2 * count + sum(len(repr(key)) + 2 for key in keys)
    if is_update(value):
        return 4
    if op is entrywise_add:
        return 34
    if isinstance(op, Primitive):
        if op.formula is not None:
            return len(op.formula[""])
        if op.symbol is not None:
            return len(op.symbol) + (2 if count == 2 else op.symbol.isalpha())
        return (
            max((len(name.rpartition(".")[2]) for name in op.callables), default=12) + 2 * count + 3
        )
    return 10 + 2 * count


ENDINGS = {"sensitivities": 19, "jacobian": 9, "gradient": 9, "pullback": 9, "pushforward": 12}


def _function_width(key: Any) -> int:
    """How wide the name of a function is, about."""
    if isinstance(key, tuple) and key[:1] == ("apart",):
        return len(str(key[2]))
    if isinstance(key, tuple) and len(key) > 1:
        return _function_width(key[0]) + ENDINGS.get(key[1], 12)
    return 8


def _call_width(value: Value) -> int:
    """What the call of a function, or of SciPy's with a function, adds to its arguments."""
    key, *rest = value.params
    width = _function_width(key) + 2 * len(value.args)
    if len(rest) < 3:
        return width
    dotted, _, options, *texts = rest
    width += len(str(dotted).rpartition(".")[2]) + len(", args=(,)")
    options_text = [f", {name}={found!r}" for name, found in options]
    return width + sum(map(len, options_text)) + sum(len(str(text)) // 3 for text in texts)
