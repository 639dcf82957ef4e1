"""Places of an array that certainly have no entry in common: constant positions and slices."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.graph.node import Node, Op
from chainrule.graph.types import FLOAT, Array, Type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives.arrays.indexing import parts_of, section, section_add, section_set
from chainrule.primitives.declare import constant_value, is_constant, is_left_out
from chainrule.primitives.sequence import index_add, index_set

# First entry and the one behind the last, numbers or what computes them; None where not known.
Span = tuple[int | Node | None, int | Node | None]
# So many writes are looked through.
MOST_WRITES = 32
WRITTEN = (index_set, section_set)
UPDATED = (*WRITTEN, index_add, section_add)


def are_apart(one: Sequence[Span], other: Sequence[Span]) -> bool:
    """Whether two places have no entry in common: along some axis they are apart."""
    return any(
        _ends_before(a[1], b[0]) or _ends_before(b[1], a[0])
        for a, b in zip(one, other, strict=False)
    )


def _ends_before(end: int | Node | None, start: int | Node | None) -> bool:
    """Whether one place ends where or before another begins: ``x[:k]`` and ``x[k:]``."""
    if isinstance(end, int) and isinstance(start, int):
        return end <= start
    return isinstance(end, Node) and end is start


def spans_of(pattern: str | None, nodes: Sequence[Node]) -> list[Span]:
    """What a subscript takes of each axis, counted from the front."""
    if pattern is None:
        return [_entry(node) for node in nodes]
    found: list[Span] = []
    for letter, args in parts_of(pattern, nodes):
        if letter == "i":
            found.append(_entry(args[0]))
        elif letter == "s":
            found.append(_slice(*args))
        elif letter != "n":
            # Behind an ellipsis or positions axes cannot be counted.
            break
    return found


def _entry(node: Node) -> Span:
    value = _position(node)
    return (None, None) if value is None else (value, value + 1)


def _slice(start: Node, stop: Node, step: Node) -> Span:
    if not (is_left_out(step) or is_constant(step, 1)):
        return None, None
    first = 0 if is_left_out(start) else _bound(start)
    return first, None if is_left_out(stop) else _bound(stop)


def _bound(node: Node) -> int | Node | None:
    """Where a slice begins or ends; what is counted from the back is not known."""
    return _position(node) if is_constant(node) else node


def _position(node: Node) -> int | None:
    value = constant_value(node) if is_constant(node) else None
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and value >= 0 else None  # type: ignore[operator]


def place_in_whole(part: Node, path: Sequence[Node]) -> tuple[Node, ...] | None:
    """Where entry ``path`` of a slice stands in what was sliced: ``x[9:11][0]`` is ``x[9]``."""
    if part.op is not section or part.params[0] != "s":
        return None
    first, entry = _slice(*part.args[1:])[0], _position(path[0])
    if not isinstance(first, int) or entry is None:
        return None
    return (part.graph.constant(first + entry), *path[1:])


def place_of(written: Node) -> list[Span]:
    """The place that an update of an array writes to."""
    _, *subscript, _ = written.args
    pattern = str(written.params[0]) if written.op in (section_set, section_add) else None
    return spans_of(pattern, subscript)


def holds_numbers(kind: Type) -> bool:
    """Whether this is an array, or a list, or lists of lists, of floats."""
    if isinstance(kind, Array):
        return True
    while isinstance(kind, SequenceType):
        kind = kind.item
    return kind == FLOAT


def before_writes_elsewhere(
    array: Node, place: Sequence[Span], through: tuple[Op, ...] = WRITTEN
) -> Node:
    """The version of an adjoint that has the same entries at a place, before ``through``."""
    for _ in range(MOST_WRITES):
        update = array.op in through and holds_numbers(array.type)
        if not (update and array.origin.derivative and are_apart(place_of(array), place)):
            break
        array = array.args[0]
    return array
