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

from collections import abc

from chainrule.differentiate.origins import EXTREMES
from chainrule.differentiate.told_of_members import told_of_counts, told_of_sets
from chainrule.graph.block import PARAMETER
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, FLOATING, Sequence, dtype_of
from chainrule.primitives import arithmetic
from chainrule.primitives.declare import is_constant
from chainrule.primitives.effect import Verbatim
from chainrule.primitives.rounding import ceil, floor

# Texts that differ for any two numbers.
TEXTS = ("str(_0_)", "repr(_0_)", "_0_.hex()")
# Methods that are written for comparisons, with their answers where both are equal.
METHODS = {"_0_.__eq__(_1_)": True, "_0_.__ne__(_1_)": False}


def told_equal(predicate: Node, truth: bool) -> tuple[Node, ...]:
    """Values of which some are equal where a predicate has this truth; nothing of others."""
    op, name = predicate.op, predicate.op.name
    if isinstance(op, Verbatim) and predicate.params[0] == "all(_0_)" and not truth:
        return _with_zero(predicate.args[0])
    if isinstance(op, Verbatim):
        return _of_texts(predicate, truth) or told_of_sets(predicate, truth)
    if predicate.type != BOOL:
        # What is counted is asked for by itself.
        return told_of_sets(predicate, truth)
    asked = predicate.args[0] if name == "array_any" else predicate
    if asked.op.name == "isin":
        return tuple(asked.args) if truth else ()
    if name == "allclose":
        relative, absolute, *_ = predicate.params
        exact = absolute == 0 and (relative == 0 or is_constant(predicate.args[1], 0))
        return tuple(predicate.args) if truth and exact else ()
    if name == "array_all" and not truth:
        return _with_zero(predicate.args[0])
    if op in (arithmetic.equal, arithmetic.not_equal):
        first, second = predicate.args
        told = (op is arithmetic.equal) is truth
        if not told and {first.op.name, second.op.name} == {"bisect_left", "bisect_right"}:
            return (first.args[1], *first.args[:1]) if first.args[1] is second.args[1] else ()
        if told and _are_bounds(first, second):
            return tuple(first.args)
    return told_of_counts(predicate, truth)


def _with_zero(entries: Node) -> tuple[Node, ...]:
    """What is equal where one of the entries is 0; nothing where that may be a region."""
    floats = isinstance(entries.type, Sequence) and entries.type.item == FLOAT
    if not floats and dtype_of(entries.type) not in FLOATING:
        return ()
    written = entries.op.name in ("array_literal", "display") and not any(
        is_constant(e, 0) for e in entries.args
    )
    given = entries.op is PARAMETER and entries.block.owner is None
    return (entries, entries.graph.constant(0)) if written or given else ()


def divided_by(predicate: Node, truth: bool) -> Node | None:
    """What a quotient was divided by that is no number, or infinite: it may have been 0."""
    told = {"isnan": True, "isinf": True, "isfinite": False}.get(predicate.op.name)
    if told is not truth or predicate.args[0].op is not arithmetic.divide:
        return None
    return predicate.args[0].args[1]


def _of_texts(predicate: Node, truth: bool) -> tuple[Node, ...]:
    text, args = str(predicate.params[0]), predicate.args
    if (text.startswith("_0_ in range(") and truth) or METHODS.get(text) is truth:
        return tuple(args)
    if text != ("_0_ == _1_" if truth else "_0_ != _1_"):
        return ()
    return tuple(number for arg in args for number in _shown(arg))


def _shown(text: Node) -> abc.Sequence[Node]:
    """The number of which something is the text."""
    if not isinstance(text.op, Verbatim):
        return ()
    if text.params[0] == "_0_(_1_)" and text.args[0].params == (("builtins", "repr"),):
        return text.args[1:]
    return text.args[:1] if text.params[0] in TEXTS else ()


def _are_bounds(first: Node, second: Node) -> bool:
    """``floor(x) == ceil(x)``, ``max(x, y) == min(x, y)``."""
    rounded = {first.op, second.op} == {floor, ceil}
    extremes = first.op in EXTREMES and second.op in EXTREMES and first.op is not second.op
    same = set(first.args) == set(second.args)
    return same and (rounded or extremes)
