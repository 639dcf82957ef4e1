"""Lengths of axes, and the rules by which operations declare those of their results.

Types tell which axes of given arrays have length 1.  Other lengths are sums of what is not known
before the code runs: the lengths of given arrays, ints of the program.  Lengths that are written
as the same sum are certainly the same number.

A rule ``rule(node, of)`` gives the lengths of a result; ``of(arg)`` are those of an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.graph.types import Array, unit_axes_of
from chainrule.primitives.index_ranges import loop_of
from chainrule.records import dataclass

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Length:
    """``constant + coefficient * key + ...``; a key names a number that is not known."""

    constant: int = 0
    terms: tuple[tuple[Key, int], ...] = ()

    def __add__(self, other: Length | int) -> Length:
        more = Length(other) if isinstance(other, int) else other
        found = dict(self.terms)
        for key, count in more.terms:
            found[key] = found.get(key, 0) + count
        kept = sorted(((k, c) for k, c in found.items() if c != 0), key=repr)
        return Length(self.constant + more.constant, tuple(kept))

    def times(self, factor: int) -> Length:
        """A whole multiple."""
        if factor == 0:
            return Length()
        return Length(self.constant * factor, tuple((k, c * factor) for k, c in self.terms))

    def cut(self, count: int) -> Length:
        """What is left when ``count`` entries are taken off; none where there are less."""
        if count and self.terms and len(self.terms) == 1 and self.constant == 0:
            (key, times), *_ = self.terms
            if key[0] == "part" and times == 1:
                return key[1].cut(key[2] + count)  # type: ignore[no-any-return]
        left = self.constant - count
        positive = all(times > 0 for _, times in self.terms)
        if (left >= 0 and positive) or not self.terms:
            return Length(max(left, 0), self.terms)
        return named("part", Length(0, self.terms), -left)

    @property
    def known(self) -> int | None:
        """The number that it is."""
        return None if self.terms else self.constant


ONE = Length(1)
# Keys of lengths and their like, which are at least 0.
COUNTS = ("given", "part", "over")
# Marks what is written into the first argument: it has that one's shape, or NumPy raises.
IN_PLACE = "in place"
Lengths = tuple[Length, ...]
# The lengths of a value; of a list of arrays those of each of its entries.
Of = Callable[[Node], Lengths]
Rule = Callable[[Node, Of], Lengths]


def named(*key: Any) -> Length:
    """The length that is called by a key."""
    return Length(0, ((key, 1),))


def unknown(node: Node, axis: int) -> Length:
    """The length of an axis of which nothing is known but that it is this one's."""
    return ONE if unit_axes_of(node.type)[axis] else named("axis", node.serial, axis)


def several(node: Node, axis: int) -> Length:
    """The length of an axis of which nothing is known but that it is not 1."""
    return named("several", node.serial, axis)


def all_unknown(node: Node, of: Of | None = None) -> Lengths:
    """The lengths of a value of which nothing is known."""
    return tuple(unknown(node, axis) for axis in range(len(unit_axes_of(node.type))))


def number(node: Node, of: Of, depth: int = 6) -> Length:
    """The length that an int of the program is."""
    op, args = node.op, node.args
    if op is CONSTANT and isinstance(node.params[0], int):
        return Length(int(node.params[0]))
    if op.name == "dimension" and isinstance(args[0].type, Array):
        return of(args[0])[int(str(node.params[0]))]
    if op.name in ("add", "subtract") and depth:
        right = number(args[1], of, depth - 1)
        return number(args[0], of, depth - 1) + (right if op.name == "add" else right.times(-1))
    if op.name == "multiply" and depth:
        for one, other in (args, args[::-1]):
            if one.op is CONSTANT and isinstance(one.params[0], int):
                return number(other, of, depth - 1).times(one.params[0])
    if op.name == "floor_divide" and depth and op is not CONSTANT:
        divisor = args[1].params[0] if args[1].op is CONSTANT else None
        if type(divisor) is int and divisor > 0:
            whole = number(args[0], of, depth - 1)
            known = whole.known
            return named("over", divisor, whole) if known is None else Length(known // divisor)
    return named("number", node.serial)


def index_range(node: Node, of: Of) -> tuple[Length, Length] | None:
    """The least and the greatest value of the index of a loop."""
    loop = loop_of(node)
    if loop is None:
        return None
    start, stop, step = loop.args[:3]
    if step.op is not CONSTANT or not isinstance(step.params[0], int) or not step.params[0]:
        return None
    first, end = number(start, of), number(stop, of)
    if step.params[0] < 0:
        return end + 1, first
    if first.known is not None and first.known >= 0 and len(end.terms) == 1 and not end.constant:
        ((key, count),) = end.terms
        if key[0] == "part" and count == 1:
            # In a step of the loop there are some: none were taken for less than none.
            end = key[1] + -key[2]
    return first, end + -1


def never_negative(length: Length, indices: Sequence[Node], of: Of) -> bool:
    """Whether a sum is at least 0 for all values of the indices of loops."""
    length = at_least(length, indices, of)
    sure = all(count > 0 and key[0] in COUNTS for key, count in length.terms)
    return sure and length.constant >= 0


def at_least(length: Length, indices: Sequence[Node], of: Of) -> Length:
    """What a sum certainly reaches for all values of the indices of loops."""
    ranges = {node.serial: index_range(node, of) for node in indices}
    for _ in range(len(ranges)):
        for key, count in length.terms:
            found = ranges.get(key[1]) if key[0] == "number" else None
            if found is not None:
                bound = found[0] if count > 0 else found[1]
                length = length + named(*key).times(-count) + bound.times(count)
    return _without_quotients(length)


def _without_quotients(length: Length) -> Length:
    """What is certainly no more: where ``n - 3 * (n // 4)`` is left, nothing is."""
    for key, count in length.terms:
        if key[0] == "over" and count < 0 and len(key[2].terms) == 1 and not key[2].constant:
            ((inner, times),) = key[2].terms
            whole = dict(length.terms).get(inner, 0)
            if inner[0] in COUNTS and times == 1 and whole * key[1] >= -count:
                return _without_quotients(
                    length + named(*key).times(-count) + named(*inner).times(-whole)
                )
    return length


# --- rules -------------------------------------------------------------------------------


def as_first(node: Node, of: Of) -> Lengths:
    """Those of the first argument."""
    return of(node.args[0])


def in_common(node: Node, of: Of) -> Lengths:
    """One axis each for all results of a call, which are as long as each other."""
    return (named("axis", node.args[0].serial, 0),)


def of_results(*rules: Rule) -> Rule:
    """Of a result of a call what its own rule tells of the call."""

    def rule(node: Node, of: Of) -> Lengths:
        return rules[int(str(node.params[0]))](node.args[0], of)

    return rule


def as_second(node: Node, of: Of) -> Lengths:
    """Those of the second argument."""
    return of(node.args[1])


def broadcast(node: Node, of: Of) -> Lengths:
    """An axis is as long as in the arguments that do not repeat it."""
    if IN_PLACE in node.params:
        return of(node.args[0])
    return broadcast_lengths(node, [of(arg) for arg in node.args])


def broadcast_lengths(node: Node, lengths: Sequence[Lengths]) -> Lengths:
    """The lengths of arrays that NumPy repeats beside each other."""
    rank = len(unit_axes_of(node.type))
    found = []
    for axis in range(rank):
        column = [own[axis - rank] for own in lengths if len(own) >= rank - axis]
        found.append(longest(column, node, axis))
    return tuple(found)


def longest(column: Sequence[Length], node: Node, axis: int) -> Length:
    """The length of an axis of ``node`` along which arrays of these are repeated beside others."""
    longer = [length for length in dict.fromkeys(column) if length != ONE]
    if len(longer) == 1:
        return longer[0]
    sure = sorted((length for length in longer if is_several(length)), key=is_given, reverse=True)
    if sure:
        return sure[0]
    from chainrule.primitives.arrays.measured import never_one

    return next((own for own in longer if never_one(own, node.graph)), unknown(node, axis))


def is_given(length: Length) -> bool:
    """Whether it is the length of an array from outside, which is 1 only where the type says so.

    So is :func:`several`.
    """
    if not length.terms:
        return length.constant != 1
    (key, count), *others = length.terms
    return not others and count == 1 and length.constant == 0 and key[0] in ("given", "several")


def is_several(length: Length) -> bool:
    """Whether it is certainly not 1: of an array from outside, or of its first few entries."""
    if is_given(length):
        return True
    (key, count), *others = length.terms or ((("nothing",), 0),)
    whole = not others and count == 1 and length.constant == 0 and key[0] == "window"
    return whole and key[1] == 0 and key[2] > 1 and is_several(key[3])


def by_sizes(node: Node, of: Of) -> Lengths:
    """As the sizes say that are among the arguments; -1 is what is left."""
    rank = len(unit_axes_of(node.type))
    return tuple(
        unknown(node, axis)
        if size.op is CONSTANT and size.params == (-1,)
        else number(size, of).cut(0)
        for axis, size in enumerate(node.args[len(node.args) - rank :])
    )


def reduced(node: Node, of: Of) -> Lengths:
    """Without the axes that are summed over, or with length 1 there."""
    from chainrule.primitives.arrays.call import axes_of

    statics: dict[str, Any] = node.op.statics(node.params)  # type: ignore[attr-defined]
    own = of(node.args[0])
    gone = axes_of(statics.get("axis"), len(own))
    if statics.get("keepdims"):
        return tuple(ONE if axis in gone else length for axis, length in enumerate(own))
    return tuple(length for axis, length in enumerate(own) if axis not in gone)


def permuted(order: Callable[..., Sequence[int]]) -> Rule:
    """The axes of the first argument in an order: ``order(rank, **statics)``."""

    def rule(node: Node, of: Of) -> Lengths:
        own = of(node.args[0])
        statics: dict[str, Any] = node.op.statics(node.params)  # type: ignore[attr-defined]
        return tuple(own[k] for k in order(len(own), **statics))

    return rule


def joined(node: Node, of: Of) -> Lengths:
    """The axes of all arguments one behind the other."""
    return tuple(length for arg in node.args for length in of(arg))


def product(node: Node, of: Of) -> Lengths:
    """Rows of the one, columns of the other."""
    left, right = (of(arg) for arg in node.args)
    rows = left[-2:-1] if len(left) > 1 else ()
    columns = right[-1:] if len(right) > 1 else ()
    rank = len(unit_axes_of(node.type))
    batch = rank - len(rows) - len(columns)
    found = broadcast_lengths(
        node, [(*own[:-2], *[ONE] * (rank - batch)) for own in (left, right) if len(own) > 2]
    )
    return (*found[:batch], *rows, *columns)


def square(node: Node, of: Of) -> Lengths:
    """Those of a square matrix, or of a batch of such."""
    own = of(node.args[0])
    return (*own[:-1], own[-2])


def transposed(node: Node, of: Of) -> Lengths:
    """Those of a matrix, of which rows are columns, or of a batch of such."""
    own = of(node.args[0])
    return (*own[:-2], own[-1], own[-2])


def least(node: Node, of: Of) -> Length:
    """The shorter of the axes of a matrix."""
    rows, columns = of(node.args[0])[-2:]
    if rows == columns:
        return rows
    if rows.known is not None and columns.known is not None:
        return Length(min(rows.known, columns.known))
    return named("least", rows, columns)


def values_of_matrix(node: Node, of: Of) -> Lengths:
    """One for each row of a square matrix, or of a batch of such."""
    return of(node.args[0])[:-1]


def values_of_shorter(node: Node, of: Of) -> Lengths:
    """As many as the shorter axis of a matrix has."""
    return (*of(node.args[0])[:-2], least(node, of))


def tall(node: Node, of: Of) -> Lengths:
    """The rows of a matrix, as many columns as its shorter axis has."""
    return (*of(node.args[0])[:-1], least(node, of))


def flat(node: Node, of: Of) -> Lengths:
    """As many rows as the shorter axis of a matrix has, its columns."""
    own = of(node.args[0])
    return (*own[:-2], least(node, of), own[-1])


def when_whole(node: Node, of: Of) -> Lengths:
    """Those of the first argument where the result has its axes; else one axis, unknown."""
    own = of(node.args[0])
    return own if len(own) == len(unit_axes_of(node.type)) else all_unknown(node)


def along(node: Node, of: Of) -> Lengths:
    """Those of the arguments, added up along the axis on which they are joined."""
    lengths = [of(arg) for arg in node.args]
    axis = int(str(node.params[0])) % len(lengths[0])
    found = list(agreed(node, lengths))
    total = Length()
    for own in lengths:
        total += own[axis]
    found[axis] = total
    return tuple(found)


def stacked(node: Node, of: Of) -> Lengths:
    """Those of the arguments, with the number of these in between."""
    found = list(agreed(node.args[0], [of(arg) for arg in node.args]))
    axis = int(str(node.params[0])) % (len(found) + 1)
    found.insert(axis, Length(len(node.args)))
    return tuple(found)


def agreed(node: Node, lengths: Sequence[Lengths]) -> Lengths:
    """What several values of which NumPy asks for the same lengths have.

    Of some of them it may not be known that they are arrays at all.
    """
    rank = max(map(len, lengths))
    known = [own for own in lengths if len(own) == rank]
    return tuple(
        next((length for length in column if is_given(length)), column[0])
        for column in zip(*known, strict=True)
    )
