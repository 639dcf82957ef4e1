"""What is equal where a question that names no equality has its answer.

if str(x) == "1.0": ...
if math.floor(x) == math.ceil(x): ...
if len({x, y}) == 1: ...

try:
    return table[x]
except KeyError:
    return x * x
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.differentiate.origins import EXTREMES
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL
from chainrule.primitives import arithmetic
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.effect import Verbatim
from chainrule.primitives.rounding import ceil, floor

# Texts that differ for any two numbers.
TEXTS = ("str(_0_)", "repr(_0_)", "_0_.hex()")
SET = (("builtins", "set"),)
# What is true where one of the two counts is less than the other.
FEWER = {
    arithmetic.less: (True, 1),
    arithmetic.greater_equal: (False, 1),
    arithmetic.greater: (True, -1),
    arithmetic.less_equal: (False, -1),
}


def told_equal(predicate: Node, truth: bool) -> tuple[Node, ...]:
    """Values of which some are equal where a predicate has this truth; nothing of others."""
    op, name = predicate.op, predicate.op.name
    if isinstance(op, Verbatim):
        return _of_texts(predicate, truth)
    if predicate.type != BOOL:
        return ()
    if name == "isin":
        return tuple(predicate.args) if truth else ()
    if name == "allclose":
        exact = truth and predicate.params[:2] == (0, 0)
        return tuple(predicate.args) if exact else ()
    if op in (arithmetic.equal, arithmetic.not_equal):
        first, second = predicate.args
        told = (op is arithmetic.equal) is truth
        if not told and {first.op.name, second.op.name} == {"bisect_left", "bisect_right"}:
            return (first.args[1], *first.args[:1]) if first.args[1] is second.args[1] else ()
        return (told and _of_bounds(first, second)) or _of_counts(first, second, told)
    outcome, order = FEWER.get(op, (None, 1))
    if outcome is not truth:
        return ()
    count, number = predicate.args[::order]
    return _of_counts(count, number, told=False)


def divided_by(predicate: Node, truth: bool) -> Node | None:
    """What a quotient was divided by that is no number, or infinite: it may have been 0."""
    told = {"isnan": True, "isinf": True, "isfinite": False}.get(predicate.op.name)
    if told is not truth or predicate.args[0].op is not arithmetic.divide:
        return None
    return predicate.args[0].args[1]


def _of_texts(predicate: Node, truth: bool) -> tuple[Node, ...]:
    text, args = str(predicate.params[0]), predicate.args
    if text.startswith("_0_ in range(") and truth:
        return tuple(args)
    if text != ("_0_ == _1_" if truth else "_0_ != _1_"):
        return ()
    return tuple(number for arg in args for number in _shown(arg))


def _shown(text: Node) -> Sequence[Node]:
    """The number of which something is the text."""
    if not isinstance(text.op, Verbatim):
        return ()
    if text.params[0] == "_0_(_1_)" and text.args[0].params == (("builtins", "repr"),):
        return text.args[1:]
    return text.args[:1] if text.params[0] in TEXTS else ()


def _of_bounds(first: Node, second: Node) -> tuple[Node, ...]:
    """``floor(x) == ceil(x)``, ``max(x, y) == min(x, y)``."""
    rounded = {first.op, second.op} == {floor, ceil}
    extremes = first.op in EXTREMES and second.op in EXTREMES and first.op is not second.op
    same = set(first.args) == set(second.args)
    return tuple(first.args) if same and (rounded or extremes) else ()


def _of_counts(count: Node, number: Node, told: bool) -> tuple[Node, ...]:
    """The numbers that ``count`` counts without repetitions, where it is less than all of them.

    It equals ``number`` if ``told``, else it is another or less.
    """
    items = _items(count.args[0]) if count.params[:1] == ("len(_0_)",) else ()
    if not is_constant(number):
        return ()
    value = constant_value(number)
    return tuple(items) if (value < len(items) if told else value == len(items)) else ()


def _items(shown: Node) -> Sequence[Node]:
    """The numbers that a set is made of."""
    text = str(shown.params[0]) if isinstance(shown.op, Verbatim) else ""
    if text == "_0_(_1_)" and shown.args[0].params == SET:
        shown = shown.args[1]
        return shown.args if shown.op.name == "display" else ()
    return shown.args if text.startswith("{_0_") and ":" not in text else ()
