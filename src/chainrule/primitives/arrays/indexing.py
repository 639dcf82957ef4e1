"""Parts of arrays: reading, and writing as a new version.

Entries and rows by whole numbers are read by :data:`~chainrule.primitives.sequence.index`, as
those of lists are.  A *section* is any other subscript.  Its pattern, the only static parameter,
has one letter for each part of the subscript: ``i`` a whole number, ``s`` a slice (three
arguments, None where a bound is left out), ``n`` a new axis, ``e`` the ellipsis, ``a`` an array
of positions, ``u`` one in which no position occurs twice, ``m`` a mask.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from chainrule.graph.block import CONSTANT, PARAMETER
from chainrule.graph.node import Node
from chainrule.graph.types import INT, Type, array_of, broadcast_axes, dtype_of, unit_axes_of
from chainrule.primitives import bounds
from chainrule.primitives.arrays.lengths import (
    ONE,
    Length,
    Lengths,
    Of,
    all_unknown,
    as_first,
    longest,
    named,
    never_negative,
    number,
    unknown,
)
from chainrule.primitives.declare import (
    REAL,
    TABLE,
    Cost,
    Differential,
    Elementwise,
    Linear,
    constant_value,
    is_constant,
    is_left_out,
    register,
)
from chainrule.primitives.sequence import index, zero_of

WIDTH = {"i": 1, "s": 3, "a": 1, "u": 1, "m": 1, "n": 0, "e": 0}


def parts_of(pattern: str, nodes: Sequence[Node]) -> list[tuple[str, tuple[Node, ...]]]:
    """The parts of a subscript, each with its arguments."""
    found, position = [], 0
    for letter in pattern:
        width = WIDTH[letter]
        found.append((letter, tuple(nodes[position : position + width])))
        position += width
    return found


def is_basic(pattern: str) -> bool:
    """Whether NumPy gives a view of such a subscript."""
    return not set("aum") & set(pattern)


def section_type(base: Type, pattern: str, nodes: Sequence[Node]) -> Type:
    """Type of ``base[...]``."""
    units = unit_axes_of(base)
    parts = parts_of(pattern, nodes)
    axis = 0
    found: list[bool] = []
    advanced: list[Type] = []
    at: list[int] = []
    used = axes_taken(parts)
    for letter, args in parts:
        if letter == "n":
            found.append(True)
        elif letter == "e":
            rest = len(units) - used
            found.extend(units[axis : axis + rest])
            axis += rest
        elif letter == "s":
            found.append(_slice_is_unit(units[axis], args))
            axis += 1
        else:
            if letter == "i":
                at.append(len(found))
            else:
                at.append(len(found))
                rank = len(unit_axes_of(args[0].type))
                advanced.append(array_of("int64", (False,)) if letter == "m" else args[0].type)
                axis += rank - 1 if letter == "m" else 0
            axis += 1
    found.extend(units[axis:])
    if advanced:
        positions = [k for k, (letter, _) in enumerate(parts) if letter in "iaum"]
        together = positions == list(range(positions[0], positions[-1] + 1))
        place = at[0] if together else 0
        found[place:place] = broadcast_axes(tuple(advanced))
    return array_of(dtype_of(base), tuple(found))


def axes_taken(parts: Sequence[tuple[str, tuple[Node, ...]]]) -> int:
    """To how many axes of an array a subscript says something."""
    return sum(_consumes(letter, nodes) for letter, nodes in parts)


def _consumes(letter: str, nodes: Sequence[Node]) -> int:
    if letter == "m":
        return len(unit_axes_of(nodes[0].type))
    return 1 if letter in "isau" else 0


def _slice_is_unit(unit: bool, bounds: Sequence[Node]) -> bool:
    start, stop, step = bounds
    if not (is_left_out(step) or is_constant(step)):
        return False
    if is_left_out(start) and is_left_out(stop):
        return unit
    if is_constant(start) and is_constant(stop):
        low, high = constant_value(start), constant_value(stop)
        return bool(low >= 0) == bool(high >= 0) and high - low == 1
    if is_left_out(start) and is_constant(stop, 1):
        return True
    if is_constant(start, -1) and is_left_out(stop):
        return True
    return stop.op.name == "add" and stop.args[0] is start and is_constant(stop.args[1], 1)


class Section(Linear):
    """``base[...]``; args ``(base, *subscript)``, params ``(pattern,)``."""

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        return section_type(args[0].type, str(params[0]), args[1:])

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        if not unit_axes_of(args[0].type) and not unit_axes_of(node.type):
            # Taken out of an array without axes, or put into one, it is the same number.
            return dots[0]
        return super().tangent(node, args, dots, out)

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        base, pattern = node.args[0], str(node.params[0])
        parts = parts_of(pattern, node.args[1:])
        taken = _taken_axes(parts, base)
        rank = len(unit_axes_of(out_bar.type))
        own = len(unit_axes_of(node.type))
        if taken and rank in (0, own):
            # All of the base was read: its adjoint is that of the entries, its axes put back.
            from chainrule.primitives.arrays.shaping import expand_dims

            axes = taken[0] if len(taken) == 1 else taken
            walker.accumulate(base, expand_dims(out_bar, axis=axes) if rank else out_bar)
            return
        if own == len(unit_axes_of(base.type)) and rank in (0, own) and (back := turned_axes(node)):
            from chainrule.primitives.arrays.shaping import flip

            walker.accumulate(base, flip(out_bar, axis=back) if rank else out_bar)
            return
        if not is_basic(pattern) or not ("n" in pattern or _takes_all(parts)):
            walker.accumulate_section(base, node, out_bar)
            return
        from chainrule.primitives.broadcasting import without_axes

        value = without_axes(out_bar, _new_axes(parts, node))
        rest = pattern.replace("n", "")
        if _takes_all(parts):
            walker.accumulate(base, value)
        elif set(rest) == {"i"}:
            walker.accumulate_at(base, node.args[1:], value)
        else:
            read = node.graph.cursor.add(section, node.args, (rest,))
            walker.accumulate_section(base, read, value)


def _taken_axes(parts: Sequence[tuple[str, tuple[Node, ...]]], base: Node) -> tuple[int, ...]:
    """The axes of length 1 that a subscript takes away; none where it takes away anything else."""
    units = unit_axes_of(base.type)
    used = axes_taken(parts)
    axis, found = 0, []
    if used > len(units):
        # Not known to be an array.
        return ()
    for letter, nodes in parts:
        if letter == "i":
            if not units[axis] or not (is_constant(nodes[0], 0) or is_constant(nodes[0], -1)):
                return ()
            found.append(axis)
        elif letter not in "se" or not _takes_all([(letter, nodes)]):
            return ()
        axis += len(units) - used if letter == "e" else 1
    return tuple(found)


def is_whole(node: Node) -> bool:
    """Whether a section keeps every entry in its place."""
    return _takes_all(parts_of(str(node.params[0]), node.args[1:]))


def turned_axes(node: Node) -> tuple[int, ...]:
    """The axes of a section whose entries come in the opposite order; none if not all are kept."""
    rank = len(unit_axes_of(node.type))
    parts = parts_of(str(node.params[0]), node.args[1:])
    found, axis = [], 0
    for letter, between in parts:
        if letter == "s" and all(map(is_left_out, between[:2])) and is_constant(between[2], -1):
            found.append(axis)
        elif letter not in "se" or not _takes_all([(letter, between)]):
            return ()
        axis += rank - axes_taken(parts) if letter == "e" else 1
    return tuple(found)


def new_axes(node: Node) -> list[int]:
    """The axes of a section that are new, counted from the end."""
    return _new_axes(parts_of(str(node.params[0]), node.args[1:]), node)


def _takes_all(parts: Sequence[tuple[str, tuple[Node, ...]]]) -> bool:
    """Whether a subscript keeps every entry in its place."""
    return all(
        letter in "ne" or (letter == "s" and all(map(is_left_out, bounds)))
        for letter, bounds in parts
    )


def _new_axes(parts: Sequence[tuple[str, tuple[Node, ...]]], node: Node) -> list[int]:
    """The axes of a section that are new, counted from the end."""
    rank = len(unit_axes_of(node.type))
    taken = sum(letter in "sn" for letter, _ in parts)
    found, axis = [], 0
    for letter, _ in parts:
        if letter == "n":
            found.append(axis - rank)
        axis += rank - taken if letter == "e" else letter in "sn"
    return found


class SectionUpdate(Linear):
    """A new version of ``base``; args ``(base, *subscript, value)``, params ``(pattern,)``."""

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        return args[0].type

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        if dots[0] is None and dots[-1] is None:
            return None
        from chainrule.primitives.broadcasting import widened

        base = widened(dots[0], args[0])
        value = zero_of_entry(args[-1]) if dots[-1] is None else dots[-1]
        return out.graph.cursor.add(self, (base, *args[1:-1], value), node.params)

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        from chainrule.primitives.broadcasting import summed_to, widened

        base, *subscript, value = node.args
        out_bar = widened(out_bar, node)
        cursor = node.graph.cursor
        if self is section_set and node.params == ("e",):
            # All of it is written: nothing of the old version is left.
            walker.accumulate(value, summed_to(out_bar, node, value))
            return
        if walker.active(value):
            from chainrule.primitives.apart import before_writes_elsewhere, spans_of

            place = spans_of(str(node.params[0]), subscript)
            before = before_writes_elsewhere(out_bar, place)
            read = cursor.add(section, (before, *subscript), node.params)
            seen = cursor.add(section, (node, *subscript), node.params)
            if self is section_set and not is_distinct(str(node.params[0]), subscript):
                read = TABLE["where"](self._last_writes(node, read), read, 0.0)
                if (added := _added(node)) is not None:
                    # Of each entry what is added last stays, and what was there before.
                    value, sign = added
                    walker.accumulate(value, summed_to(read if sign > 0 else -read, seen, value))
                    walker.accumulate(base, out_bar)
                    return
            walker.accumulate(value, summed_to(read, seen, value))
        if walker.active(base):
            if self is section_add:
                walker.accumulate(base, out_bar)
            else:
                zero = node.graph.constant(0.0)
                if node.params == ("m",) and has_edges(base):
                    mask = under(subscript[0], base)
                    rest = TABLE["where"](mask, zero, out_bar)
                else:
                    rest = cursor.add(section_set, (out_bar, *subscript, zero), node.params)
                walker.accumulate(base, rest)

    def _last_writes(self, node: Node, read: Node) -> Node:
        """Which entries of ``read`` stay: where positions repeat, those that are written last."""
        from chainrule.primitives.arrays.creation import arange, empty_like
        from chainrule.primitives.arrays.shaping import reshaped, size_of

        _, *subscript, _ = node.args
        cursor = node.graph.cursor
        # Of the new version, so that the old one may be written over.
        owner = cursor.add(empty_like, (node,), ("int64", "function"))
        number: Node = arange(size_of(read))
        if len(unit_axes_of(read.type)) != 1:
            number = reshaped(number, read)
        owner = cursor.add(section_set, (owner, *subscript, number), node.params)
        again = cursor.add(section, (owner, *subscript), node.params)
        found: Node = TABLE["equal"](again, number)
        return found


def has_edges(base: Node) -> bool:
    """Whether an array is computed, entry by entry, by what has no slope at some places."""
    stack, seen = [base], {base}
    while stack:
        node = stack.pop()
        op = node.op
        if not isinstance(op, (Elementwise, Differential)) or not unit_axes_of(node.type):
            continue
        divided = op.name == "divide" and not is_constant(node.args[1])
        if divided or any(interval is not REAL for interval in op.domain) or op.name == "power":
            return True
        stack += [arg for arg in node.args if arg not in seen]
        seen.update(node.args)
    return False


def under(mask: Node, array: Node) -> Node:
    """A mask of the first axes of an array as one that is spread over the others."""
    from chainrule.primitives.arrays.shaping import expand_dims

    rank, own = (len(unit_axes_of(each.type)) for each in (array, mask))
    axes = tuple(range(own, rank))
    found: Node = expand_dims(mask, axis=axes if len(axes) > 1 else axes[0]) if axes else mask
    return found


def _added(write: Node) -> tuple[Node, int] | None:
    """``(v, 1)`` of ``x[i] = x[i] + v``, ``(v, -1)`` of ``x[i] = x[i] - v``."""
    *place, value = write.args
    if value.op.name not in ("add", "subtract"):
        return None
    first, second = value.args
    for read, other in ((first, second), (second, first)):
        if read.op is section and read.params == write.params and list(read.args) == place:
            if value.op.name == "add":
                return other, 1
            return (other, -1) if read is first else None
    return None


def _no_repeats(positions: Node) -> bool:
    """Whether no position occurs twice in an array of positions."""
    op = positions.op.name
    if op == "array_literal":
        entries = [arg.params[0] if is_constant(arg) else None for arg in positions.args]
        signs = {entry >= 0 for entry in entries if isinstance(entry, int)}
        return None not in entries and len(signs) == 1 and len(set(entries)) == len(entries)
    if op == "arange":
        return _of_one_sign(positions)
    if op in ("unique", "setdiff1d", "intersect1d"):
        given = positions.args[0]
        return (
            _no_repeats(given) if given.op.name == "arange" else bounds.bounds_of(given).low >= 0.0
        )
    return op in ("argsort", "flatnonzero")


def _of_one_sign(positions: Node) -> bool:
    """Whether a range counts from the front only, or from the end only: else it may meet itself."""
    found = [bounds.bounds_of(arg) for arg in positions.args]
    if len(found) == 1:
        return True
    start, stop, *step = found
    if not step or step[0].low > 0.0:
        return start.low >= 0.0 or stop.high <= 0.0
    return step[0].high < 0.0 and (stop.low >= -1.0 or start.high < 0.0)


def _line(positions: Node) -> tuple[int | None, Node]:
    """Along which axis from the end a list of positions stands that has no others, and the list."""
    rank = len(unit_axes_of(positions.type))
    if positions.op is section and str(positions.params[0]) == "s" + "n" * (rank - 1):
        line, *ends = positions.args
        if all(end.op is CONSTANT and end.params[0] is None for end in ends):
            return rank - 1, line
    if rank == 1:
        return 0, positions
    return None, positions


def is_distinct(pattern: str, nodes: Sequence[Node]) -> bool:
    """Whether no entry is picked twice: positions that differ along one axis differ together."""
    from chainrule.primitives.arrays.measured import lengths_of, never_one

    positions = [arg for letter, args in parts_of(pattern, nodes) if letter == "a" for arg in args]
    if not positions:
        return True
    lines = [_line(arg) for arg in positions]
    axes = {axis for axis, _ in lines}
    if None not in axes and len(axes) == len(lines) and all(_no_repeats(each) for _, each in lines):
        # A grid of rows and columns: each stands along an axis of its own.
        return True
    if any(len(unit_axes_of(arg.type)) > 1 for arg in positions):
        return False
    for arg in positions:
        if _no_repeats(arg) and len(unit_axes_of(arg.type)) == 1:
            # Of length 1 it would be repeated beside the others.
            own = lengths_of(arg)
            alike = all(lengths_of(other) == own for other in positions)
            if alike or never_one(own[0], arg.graph):
                return True
    return False


def zero_of_entry(value: Node) -> Node:
    """What is written where nothing varies."""
    return value.graph.constant(0.0) if unit_axes_of(value.type) else zero_of(value)


def section_lengths(node: Node, of: Of) -> Lengths:
    """Those of the whole along axes that are not picked from; of a slice by constants less."""
    base, subscript = of(node.args[0]), node.args[1:]
    parts = parts_of(str(node.params[0]), subscript)
    used = axes_taken(parts)
    if used > len(base):
        # A value that is an array on this path only.
        return all_unknown(node)
    found: list[Length] = []
    picked: list[Lengths] = []
    at: list[int] = []
    axis = 0
    for letter, args in parts:
        if letter == "n":
            found.append(ONE)
        elif letter == "e":
            rest = len(base) - used
            found.extend(base[axis : axis + rest])
            axis += rest
        elif letter == "s":
            within = _slice_within(base[axis], args, of)
            known = within or _slice_length(base[axis], args)
            found.append(known or _slice_named(base[axis], args, of) or unknown(node, len(found)))
            axis += 1
        else:
            at.append(len(found))
            if letter == "m":
                picked.append((named("mask", args[0].serial),))
            elif letter != "i":
                picked.append(of(args[0]))
            axis += _consumes(letter, args)
    found.extend(base[axis:])
    if picked:
        positions = [k for k, (letter, _) in enumerate(parts) if letter in "iaum"]
        together = positions == list(range(positions[0], positions[-1] + 1))
        place = at[0] if together else 0
        rank = max(map(len, picked))
        columns = [[own[k - rank] for own in picked if len(own) >= rank - k] for k in range(rank)]
        found[place:place] = [longest(column, node, place + k) for k, column in enumerate(columns)]
    return tuple(found)


def _slice_within(whole: Length, bounds: Sequence[Node], of: Of) -> Length | None:
    """``stop - start`` of a slice that is certainly within an axis: ``x[j : n - k + j]``."""
    start, stop, step = bounds
    first = is_left_out(start)
    ints = stop.type == INT and (first or start.type == INT)
    if not ints or not (is_left_out(step) or is_constant(step, 1)):
        return None
    low, high = Length() if first else number(start, of), number(stop, of)
    indices = _parameters_of((start, stop))
    within = high + low.times(-1)
    if within.known is not None and within.known < 0:
        # A stop that counts from the end.
        return None
    margins = (low, whole + high.times(-1))
    inside = all(never_negative(margin, indices, of) for margin in margins)
    return within.cut(0) if inside else None


def _parameters_of(nodes: Sequence[Node]) -> list[Node]:
    """The parameters that ints are made of, as far as they are sums."""
    found: list[Node] = []
    stack = [(node, 6) for node in nodes]
    while stack:
        node, depth = stack.pop()
        if node.op is PARAMETER:
            found.append(node)
        elif depth and node.op.name in ("add", "subtract", "multiply"):
            stack += [(arg, depth - 1) for arg in node.args]
    return found


def _slice_length(whole: Length, bounds: Sequence[Node]) -> Length | None:
    """How many entries a slice takes, where that is a number less than there are, or a part."""
    start, stop, step = (bound.params[0] if bound.op is CONSTANT else "unknown" for bound in bounds)
    if step == -1 and start is None and stop is None:
        return whole
    low = 0 if start is None else start
    if not isinstance(low, int) or low < 0:
        return None
    if step in (None, 1) and low == 0 and stop == "unknown":
        # x[:k] of arrays of one length.
        return named("first", bounds[1].serial, whole)
    span = _span(whole, low, stop)
    if span is None or not (step is None or (isinstance(step, int) and step > 0)):
        return None
    if step is None or step == 1:
        return span
    return named("every", step, span) if span.known is None else Length(-(-span.known // step))


def _slice_named(whole: Length, bounds: Sequence[Node], of: Of) -> Length | None:
    """The length of a slice as what it is made of: ``x[k + 1:]`` and ``y[k + 1:]`` have the same.

    None where a bound may be anything.
    """
    parts: list[Length | None] = []
    for bound in bounds:
        if not is_left_out(bound) and bound.type != INT:
            return None
        parts.append(None if is_left_out(bound) else number(bound, of))
    return named("slice", *parts, whole)


def _span(whole: Length, low: int, stop: object) -> Length | None:
    """How many entries there are from ``low`` to ``stop``."""
    if stop is None or (isinstance(stop, int) and stop < 0):
        return whole.cut(low - int(stop or 0))
    if not isinstance(stop, int):
        return None
    if whole.known is not None:
        return Length(max(min(stop, whole.known) - low, 0))
    return named("window", low, stop, whole) if stop > low else Length(0)


section = register(Section("section", (), cost=Cost.FREE))
section.keeps_boxes = True
section.linear_in = (0,)
section.lengths = section_lengths
section.bounds = bounds.same
section_set = register(SectionUpdate("section_set", (), cost=Cost.FREE))
section_add = register(SectionUpdate("section_add", (), cost=Cost.ADD))
section_set.lengths = section_add.lengths = as_first


def part_along(base: Node, axis: int, start: Any, stop: Any) -> Node:
    """``base[..., start:stop, ...]`` along one axis."""
    graph = base.graph
    none = graph.constant(None)
    axis %= len(unit_axes_of(base.type))
    start = graph.constant(start) if isinstance(start, int) else start
    low = none if is_constant(start, 0) else start
    high = none if stop is None else stop
    nodes = (*(none for _ in range(3 * axis)), low, high, none)
    return graph.cursor.add(section, (base, *nodes), ("s" * (axis + 1),))


def entry_along(base: Node, axis: int, position: int) -> Node:
    """``base[..., position, ...]`` along one axis."""
    graph = base.graph
    axis %= len(unit_axes_of(base.type))
    at = graph.constant(position)
    if axis == 0:
        return graph.cursor.add(index, (base, at))
    none = graph.constant(None)
    nodes = (*(none for _ in range(3 * axis)), at)
    return graph.cursor.add(section, (base, *nodes), ("s" * axis + "i",))
