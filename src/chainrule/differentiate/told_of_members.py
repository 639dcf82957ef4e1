"""What is equal where sets, and counts of entries, are as they are.

if {x, y} & {0.0}: ...
if np.unique([x, y]).size == 1: ...
if np.count_nonzero(v) == 0: ...
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chainrule.graph.node import Node
from chainrule.primitives import arithmetic
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.effect import Verbatim

SET = (("builtins", "set"),)
# Questions about two sets, with the answer where they share a number.
SHARING = {
    **dict.fromkeys(("_0_ <= _1_", "_0_ < _1_", "_0_ >= _1_", "_0_ > _1_"), True),
    **dict.fromkeys(("_0_.issubset(_1_)", "_0_.issuperset(_1_)"), True),
    "_0_.isdisjoint(_1_)": False,
}
# What is made of two sets or arrays, and whether it has members where they share a number.
SHARED = {"_0_ & _1_": True, "_0_.intersection(_1_)": True, "_0_ - _1_": False}
SHARED_ENTRIES = {"intersect1d": True, "setdiff1d": False}
# Which entries are not 0.
NONZERO = ("nonzero", "flatnonzero", "argwhere")
SIZES = ("size_of", "dimension", "length")
COMPONENTS = ("component", "counted_component")
# How a comparison reads where it is true: forwards, backwards, and the opposites of both.
READINGS = {
    arithmetic.less: ("<", ">", ">=", "<="),
    arithmetic.less_equal: ("<=", ">=", ">", "<"),
    arithmetic.greater: (">", "<", "<=", ">="),
    arithmetic.greater_equal: (">=", "<=", "<", ">"),
    arithmetic.equal: ("==", "==", "!=", "!="),
    arithmetic.not_equal: ("!=", "!=", "==", "=="),
}
NONE = (("==", 0), ("<=", 0), ("<", 1))
SOME = (("!=", 0), (">", 0), (">=", 1))
MORE = (("!=", 1), (">", 1), (">=", 2))


def told_of_sets(predicate: Node, truth: bool) -> tuple[Node, ...]:
    """Numbers of which some are equal where two sets are as a predicate says."""
    if SHARING.get(_text(predicate)) is truth and any(map(_is_set, predicate.args)):
        return _of_both(predicate)
    return _of_filling(predicate, truth)


def told_of_counts(predicate: Node, truth: bool) -> tuple[Node, ...]:
    """Numbers of which some are equal where a count is another one, or is none."""
    some = "array_any" if truth else "array_all"
    asked = predicate.args[0] if predicate.op.name == some else predicate
    for count, relation, number in _readings(asked, truth):
        value = constant_value(number) if is_constant(number) else None
        repeated = _of_counts(count) if (relation, value) in MORE else ()
        if repeated:
            return repeated
        found: tuple[Node, ...] = ()
        if (relation, value) in NONE:
            found = _of_filling(count, filled=False)
        elif (relation, value) in SOME:
            found = _of_filling(count, filled=True)
        if count.op.name == "count_nonzero":
            found = found or _of_other_than_zero(count, relation, number)
        found = found or _of_repetitions(count, relation, number)
        if found:
            return found
    return ()


def _readings(predicate: Node, truth: bool) -> Iterator[tuple[Node, str, Node]]:
    """``count < number`` and ``number > count``."""
    readings = READINGS.get(predicate.op)
    if readings is not None:
        first, second = predicate.args
        forwards, backwards = readings[:2] if truth else readings[2:]
        yield first, forwards, second
        yield second, backwards, first


def _of_filling(count: Node, filled: bool) -> tuple[Node, ...]:
    """What is equal where there is something in a set or an array, or nothing."""
    if count.op.name == "count_nonzero":
        return () if filled else (count.args[0], count.graph.constant(0))
    held = _counted(count)
    while held.op.name in COMPONENTS:
        held = held.args[0]
    if held.op.name in NONZERO:
        return () if filled else (held.args[0], count.graph.constant(0))
    if SHARED_ENTRIES.get(held.op.name) is filled:
        return tuple(held.args)
    return _of_both(held) if SHARED.get(_text(held)) is filled else ()


def _of_counts(counts: Node) -> tuple[Node, ...]:
    """The numbers of which ``counts``, or the greatest of them, tells how often each occurs."""
    if counts.op.name == "array_max":
        counts = counts.args[0]
    if counts.op.name not in COMPONENTS or counts.args[0].op.name != "unique_with":
        return ()
    index, inverse, counted, *_ = counts.args[0].params
    last = 1 + bool(index) + bool(inverse)
    return counts.args[0].args[:1] if counted and counts.params == (last,) else ()


def _of_repetitions(count: Node, relation: str, number: Node) -> tuple[Node, ...]:
    """The numbers that ``count`` counts without repetitions, where it is less than all of them."""
    held = _counted(count)
    if held is count:
        return ()
    if is_constant(number):
        items, value = _items(held), constant_value(number)
        less = {"!=": value == len(items), "<": value <= len(items)}
        less.update(dict.fromkeys(("==", "<="), value < len(items)))
        return tuple(items) if less.get(relation) else ()
    whole = _counted(number)
    return (whole,) if relation in ("<", "!=") and whole in _made_from(held) else ()


def _of_other_than_zero(count: Node, relation: str, number: Node) -> tuple[Node, ...]:
    """What has an entry that is 0 where fewer are other than 0 than there are."""
    fewer = relation in ("<", "!=") and _counted(number) in count.args[:1]
    return (count.args[0], count.graph.constant(0)) if fewer else ()


def _of_both(pair: Node) -> tuple[Node, ...]:
    return tuple(number for side in pair.args for number in _items(side) or (side,))


def _counted(count: Node) -> Node:
    """What a length is that of; anything else itself."""
    is_length = count.params[:1] == ("len(_0_)",) or count.op.name in SIZES
    return count.args[0] if is_length else count


def _made_from(held: Node) -> Sequence[Node]:
    """The list or array whose numbers a set, or an array without repetitions, has."""
    if held.op.name == "unique":
        return held.args[:1]
    if _text(held) == "set(_0_)":
        return held.args
    return held.args[1:] if _text(held) == "_0_(_1_)" and held.args[0].params == SET else ()


def _items(held: Node) -> Sequence[Node]:
    """The numbers that a set or an array without repetitions is written with."""
    if _is_shown(_text(held)):
        return held.args
    shown = next(iter(_made_from(held)), held)
    return shown.args if shown.op.name in ("display", "array_literal") else ()


def _is_set(node: Node) -> bool:
    """Whether this is certainly a set: tuples are compared by their first entries."""
    text = _text(node)
    if text in SHARED:
        return any(map(_is_set, node.args))
    return _is_shown(text) or (text == "_0_(_1_)" and node.args[0].params == SET)


def _is_shown(text: str) -> bool:
    """Whether a text writes a set entry by entry."""
    return text.startswith("{_0_") and ":" not in text


def _text(node: Node) -> str:
    return str(node.params[0]) if isinstance(node.op, Verbatim) else ""
