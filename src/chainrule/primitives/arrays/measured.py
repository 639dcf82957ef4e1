"""What is certain of the lengths of the axes of values: one walk over a graph, on demand.

The state of a loop keeps its lengths when every step gives them back; a branch has those on which
its arms agree.  Where a length must not be 1 the code may rest on those that arrays had in the
call for which it is made: a guard then watches them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, MutableMapping

from chainrule.graph.block import CONSTANT, ITEM, PARAMETER, UNDEFINED, Graph, result_number
from chainrule.graph.guard import Guard, Route
from chainrule.graph.node import Node
from chainrule.graph.types import INT, Array, Sequence, unit_axes_of
from chainrule.primitives.arrays.lengths import (
    ONE,
    Key,
    Length,
    Lengths,
    all_unknown,
    broadcast,
    is_given,
    is_several,
    named,
    several,
    unknown,
)
from chainrule.primitives.control import (
    IF,
    LOOP,
    TRY,
    loop_parts,
    next_states,
    owned_blocks,
    try_blocks,
)
from chainrule.primitives.declare import Primitive

Known = MutableMapping[Node, Lengths | None]
# Keys of lengths that name a value by its number.
NUMBERED = ("axis", "several", "number", "mask", "first", "counts")
# The entries of a list that has none yet: they have any lengths.
NOTHING: Lengths = (named("nothing"),)
# An axis of the entries of a list: of various lengths, but none of them 1.
VARIOUS = named("various")


def may_repeat(node: Node, arg: Node) -> bool:
    """Whether NumPy may repeat ``arg`` in ``node`` along an axis whose type does not tell so."""
    return repeated_axes(node, arg) != unit_axes_of(arg.type)


def repeated_axes(node: Node, arg: Node) -> tuple[bool, ...] | None:
    """Per axis of ``arg`` whether it is 1, so that NumPy may repeat it in ``node``.

    None where that is not certain.
    """
    units = unit_axes_of(arg.type)
    if all(units):
        return units
    found, whole = lengths_of(arg), lengths_of(node)
    if len(whole) < len(units):
        return None
    axes = list(units)
    for position, own in enumerate(found, -len(units)):
        if axes[position] or whole[position] == own or never_one(own, node.graph):
            continue
        if not one_now(own, node.graph):
            return None
        axes[position] = True
    return tuple(axes)


def is_one(node: Node, axis: int) -> bool | None:
    """Whether an axis has length 1 in the call for which the code is made; None if that is open.

    The graph may be unfinished: nothing is kept of what is found.
    """
    length = _Walk({}).sure(node)[axis]
    if length == ONE or one_now(length, node.graph):
        return True
    return False if never_one(length, node.graph) else None


def size_now(node: Node, axis: int) -> int | None:
    """The length of an axis in the call for which the code is made, and is watched from now on."""
    watched: list[Length] = []
    found = _total(_Walk({}).sure(node)[axis], node.graph, watched)
    return found if found is not None and _watch(watched, node.graph) else None


def number_now(node: Node) -> int | None:
    """The same of an int of the program that is made of lengths and constants."""
    op, args = node.op, node.args
    if op is CONSTANT:
        found = node.params[0]
        return found if type(found) is int else None
    if op.name == "dimension" and isinstance(args[0].type, Array):
        return size_now(args[0], int(str(node.params[0])))
    if op.name not in OF_INTS or node.type != INT:
        return None
    parts = [number_now(arg) for arg in args]
    if None in parts or (op.name == "floor_divide" and parts[-1] == 0):
        return None
    result: int = OF_INTS[op.name](*parts)
    return result


def like_given(node: Node) -> Node | None:
    """An array from outside that is certainly of the same type and shape; the graph may be open."""
    own = _Walk({}).sure(node)
    for given in node.graph.given:
        if given.type == node.type and own == _given_lengths(given):
            return given
    return None


def _given_lengths(node: Node) -> Lengths:
    return tuple(
        ONE if unit else named("given", node.serial, axis)
        for axis, unit in enumerate(unit_axes_of(node.type))
    )


def has_steps(bounds: Iterable[Node]) -> bool:
    """Whether a loop over a range has a step in the call for which the code is made."""
    start, stop, step = bounds
    if not all(each.op is CONSTANT for each in (start, step)) or step.params[0] != 1:
        return False
    if stop.op is CONSTANT:
        return bool(stop.params[0] > start.params[0])  # type: ignore[operator]
    if start.params[0] != 0:
        return False
    if stop.op.name == "dimension" and isinstance(stop.args[0].type, Array):
        length = _Walk({}).sure(stop.args[0])[int(str(stop.params[0]))]
    elif stop in stop.graph.given:
        length = named("number", stop.serial)
    else:
        return False
    if not length.terms:
        return length.constant > 0
    return _holds(length, ">", 0, stop.graph)


# How ints are made of lengths.
OF_INTS: dict[str, Callable[..., int]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "floor_divide": operator.floordiv,
    "negative": operator.neg,
}


def uncertain_axes(node: Node, arg: Node) -> list[int]:
    """The axes of ``arg`` along which nothing tells whether NumPy repeats it in ``node``."""
    units = unit_axes_of(arg.type)
    found, whole = lengths_of(arg), lengths_of(node)[-len(units) :]
    return [
        axis
        for axis, (unit, own, length) in enumerate(zip(units, found, whole, strict=True))
        if not unit
        and length != own
        and not never_one(own, node.graph)
        and not one_now(own, node.graph)
    ]


def filling(node: Node) -> tuple[int, ...]:
    """Positions of the arguments of an element-wise array that have its type and its shape."""
    alike = [k for k, arg in enumerate(node.args) if arg.type == node.type]
    if not alike or not unit_axes_of(node.type):
        return ()
    whole = lengths_of(node)
    return tuple(
        k
        for k in alike
        if all(
            unit or own == length or never_one(own, node.graph, watched=False)
            for unit, own, length in zip(
                unit_axes_of(node.type), lengths_of(node.args[k]), whole, strict=True
            )
        )
    )


def never_one(length: Length, graph: Graph, *, watched: bool = True) -> bool:
    """Whether a length is certainly not 1, or is so as long as a guard holds.

    Without ``watched`` no guard is made for it: one that stands already may say so.
    """

    def holds(known: Length, relation: str, number: int) -> bool:
        return _holds(known, relation, number, graph, watched)

    if is_several(length):
        return True
    key, above = length.terms[0][0] if length.terms else ("nothing",), length.constant
    single = len(length.terms) == 1 and length.terms[0][1] == 1
    if key[0] == "first" and above == 0 and len(length.terms) == 1:
        # x[:k] has k entries, or all that there are.
        return is_given(key[2]) and holds(named("number", key[1]), ">", 1)
    if key[0] == "window" and above == 0 and single:
        # x[2:5] has one entry only where x has three.
        start, stop, whole = key[1:]
        return stop - start > 1 and holds(whole, "!=", start + 1)
    if single and key[0] == "least" and above == 0:
        return all(never_one(each, graph, watched=watched) for each in key[1:])
    if single and key[0] == "over" and above == 0:
        # n // 4 is one only where n is 4 to 7.
        return holds(key[2], ">", 2 * key[1] - 1)
    if single and key[0] == "every" and above == 0:
        # x[::2] has several entries where x has more than 2.
        (inner, count), *others = key[2].terms
        if others or count != 1 or key[2].constant or inner[0] not in ("given", "part"):
            return False
        less = inner[2] if inner[0] == "part" else 0
        return holds(inner[1] if inner[0] == "part" else key[2], ">", less + key[1])
    if single and key[0] == "part":
        whole, less = key[1], key[2]
        if above == 0:
            return holds(whole, "!=", less + 1)
        return above > 1 or holds(whole, ">", less)
    if single:
        return holds(Length(0, length.terms), "!=", 1 - above)
    several = bool(length.terms) and above >= 0
    return several and all(
        count > 0 and holds(named(*each), ">", 1) for each, count in length.terms
    )


def one_now(length: Length, graph: Graph) -> bool:
    """Whether a length is 1, and is so as long as nothing that it is made of changes."""
    watched: list[Length] = []
    return _total(length, graph, watched) == 1 and _watch(watched, graph)


def _total(length: Length, graph: Graph, watched: list[Length]) -> int | None:
    """The number that a length is now; what it is read from is added to ``watched``."""
    total = length.constant
    for key, count in length.terms:
        size = _size(key, graph, watched)
        if size is None:
            return None
        total += count * size
    return total


def _watch(watched: Iterable[Length], graph: Graph) -> bool:
    """Rest the code on the sizes that these have now; whether that can be."""
    return all(
        _holds(each, "==", size, graph)
        for each in watched
        if (size := _size(each.terms[0][0], graph, [])) is not None
    )


def _size(key: Key, graph: Graph, watched: list[Length]) -> int | None:
    """The number that a key names now; what it is read from is added to ``watched``."""
    if key[0] == "part" and len(key[1].terms) == 1:
        inner = _size(key[1].terms[0][0], graph, watched)
        return None if inner is None else max(inner * key[1].terms[0][1] - key[2], 0)
    if key[0] == "first" and len(key[2].terms) == 1 and key[2].terms[0][1] == 1:
        stop = _size(("number", key[1]), graph, watched)
        whole = _size(key[2].terms[0][0], graph, watched)
        if stop is None or whole is None or stop < 0:
            return None
        return min(stop, max(whole + int(key[2].constant), 0))
    if key[0] == "window" and len(key[3].terms) == 1 and key[3].terms[0][1] == 1:
        whole = _size(key[3].terms[0][0], graph, watched)
        return None if whole is None else max(min(whole + key[3].constant, key[2]) - key[1], 0)
    if key[0] == "over":
        whole = _total(key[2], graph, watched)
        return None if whole is None else whole // key[1]
    if key[0] == "every" and len(key[2].terms) == 1 and key[2].terms[0][1] == 1:
        whole = _size(key[2].terms[0][0], graph, watched)
        return None if whole is None else -(-max(whole + key[2].constant, 0) // key[1])
    outside = from_outside(key, graph)
    if outside is None:
        return None
    watched.append(named(*key))
    return outside[0]


def _holds(length: Length, relation: str, number: int, graph: Graph, watched: bool = True) -> bool:
    """Whether one length from outside is in a relation to a number; the code then rests on it."""
    if len(length.terms) != 1 or length.constant or length.terms[0][1] != 1:
        return False
    key = length.terms[0][0]
    outside = from_outside(key, graph)
    if outside is None:
        return False
    size, route = outside
    holds = {"!=": size != number, ">": size > number, "==": size == number}[relation]
    if holds:
        guard = Guard(Route(route.root, f"({route.text} {relation} {number})"), "is", True)
        if not watched:
            return guard.key in graph.guards
        graph.guards.setdefault(guard.key, guard)
    return holds


def from_outside(key: Key, graph: Graph) -> tuple[int, Route] | None:
    """The number that a key names now, and where it is read; None where it is not the caller's."""
    if key[0] not in ("given", "number"):
        return None
    found = next((given for node, given in graph.given.items() if node.serial == key[1]), None)
    if found is None or found.shape is None or found.route is None:
        return None
    if key[0] == "number":
        return found.shape[0], found.route
    return found.shape[key[2]], found.route.attribute(f"shape[{key[2]}]")


def lengths_of(node: Node) -> Lengths:
    """The lengths of the axes of a value, or of the entries of a list of arrays."""
    found = _Walk(node.graph.lengths).of(node)
    return all_unknown(node) if found is None else found


def as_in(node: Node, copied: Callable[[int], int | None]) -> Lengths | None:
    """The lengths of an array in a copy of its graph, whose values have other serial numbers.

    None where they are not told by values that are ``copied``.
    """
    found = [_renamed(length, copied) for length in lengths_of(node)]
    return None if None in found else tuple(length for length in found if length is not None)


def _renamed(length: Length, copied: Callable[[int], int | None]) -> Length | None:
    total = Length(length.constant)
    for key, count in length.terms:
        parts: list[object] = []
        for position, part in enumerate(key):
            new = part
            if isinstance(part, Length):
                new = _renamed(part, copied)
            elif position == 1 and key[0] in ("given", *NUMBERED):
                new = copied(part)
            if new is None:
                return None
            parts.append(new)
        total = total + named(*parts).times(count)
    return total


class _Walk:
    """Lengths by node; None is a list of which no more is known.

    Where ``known`` rest on a guess, ``outside`` are those that do not.
    """

    def __init__(self, known: Known, outside: Known | None = None) -> None:
        self.known = known
        self.guesses = outside is not None
        self.outside: Known = {} if outside is None else outside

    def of(self, node: Node) -> Lengths | None:
        """The lengths of a value, with those of what it is made of."""
        known, outside = self.known, self.outside
        stack = [node]
        while stack:
            current = stack[-1]
            if current in known or current in outside:
                stack.pop()
                continue
            sources = _sources(current)
            waiting = [arg for arg in sources if arg not in known and arg not in outside]
            if waiting:
                stack.extend(waiting)
                continue
            stack.pop()
            known[current] = self.measured(current)
        return self.told(node)

    def told(self, node: Node) -> Lengths | None:
        """The lengths of a value if it is measured."""
        return self.known[node] if node in self.known else self.outside.get(node)

    def sure(self, node: Node) -> Lengths:
        """As :meth:`of`, with names for what is not known."""
        found = self.of(node)
        return all_unknown(node) if found is None or found is NOTHING else found

    def measured(self, node: Node) -> Lengths | None:
        """The lengths of one value whose arguments are measured."""
        op = node.op
        if isinstance(node.type, Sequence):
            return self.entries(node)
        if not unit_axes_of(node.type):
            return ()
        if node in node.graph.given:
            found = _given_lengths(node)
        elif op is PARAMETER or op is ITEM:
            found = self.structured(node) or all_unknown(node)
        elif op.name in ("index", "index_set", "index_add"):
            found = self.indexed(node)
        elif isinstance(op, Primitive) and op.lengths is not None:
            found = op.lengths(node, self.sure)
        elif isinstance(op, Primitive) and op.broadcasts:
            found = broadcast(node, self.sure)
        else:
            found = all_unknown(node)
        units = unit_axes_of(node.type)
        if len(found) != len(units):
            return all_unknown(node)
        return tuple(ONE if unit else own for own, unit in zip(found, units, strict=True))

    def indexed(self, node: Node) -> Lengths:
        base = self.of(node.args[0])
        if node.op.name != "index":
            return self.sure(node.args[0])
        if base is None or base is NOTHING:
            return all_unknown(node)
        if not isinstance(node.args[0].type, Sequence):
            return base[len(node.args) - 1 :]
        found = base[len(node.args) - 2 :]
        return tuple(several(node, k) if own == VARIOUS else own for k, own in enumerate(found))

    # --- lists of arrays ------------------------------------------------------------------

    def entries(self, node: Node) -> Lengths | None:
        """The lengths that all entries of a list have."""
        op = node.op
        if not isinstance(node.type, Sequence) or not isinstance(node.type.item, Array):
            return NOTHING if op.name == "display" and not node.args else None
        if op is PARAMETER or op is ITEM:
            return self.structured(node)
        if op.name == "display":
            return _together(self.of(arg) for arg in node.args)
        if op.name in ("append", "index_set", "concatenate"):
            return _together((self.of(node.args[0]), self.of(node.args[-1])))
        if op.name in ("drop_last", "copy", "as_tuple", "slice", "backwards"):
            return self.of(node.args[0])
        if op.name == "rows_of":
            return self.sure(node.args[0])[1:]
        return None

    # --- branches and loops ---------------------------------------------------------------

    def structured(self, node: Node) -> Lengths | None:
        """The lengths of a result of a branch or a loop, or of the state of one."""
        if node.op is PARAMETER:
            owner = node.block.owner
            if owner is None or owner.op is not LOOP or node not in loop_parts(owner)[2]:
                return None
            self.loop(owner)
            return self.told(node)
        owner = node.args[0]
        k = result_number(node)
        if owner.op is LOOP:
            self.loop(owner)
            return _left(node, self.told(loop_parts(owner)[2][k]), owner)
        if owner.op not in (IF, TRY):
            return None
        blocks = owner.params[:2] if owner.op is IF else try_blocks(owner.params)
        k -= owner.op is TRY
        return _same(self.of(block.results[k]) for block in blocks if block.completes)  # type: ignore[attr-defined]

    def loop(self, owner: Node) -> None:
        """The lengths of all states of a loop: of what enters it, as far as steps keep them."""
        _, initial, states = loop_parts(owner)
        if any(state in self.known or state in self.outside for state in states):
            return
        # What rests on no guess but that of this loop is not copied.
        base, outside = (self.known, self.outside) if self.guesses else ({}, self.known)
        nexts, inside = next_states(owner), _serials(owner)
        held = [k for k, state in enumerate(states) if isinstance(state.type, (Array, Sequence))]
        guess = {states[k]: _entering(states[k], self.of(initial[k])) for k in held}
        # What has no value before the first step has the lengths that a step gives it.
        unset = {states[k] for k in held if initial[k].op is UNDEFINED}
        while True:
            names = {state: all_unknown(state) for state in unset}
            trial = _Walk({**base, **guess, **names}, outside)
            given = {states[k]: trial.of(nexts[k]) for k in held}
            if unset:
                guess |= {state: given[state] for state in unset}
                unset = set()
                continue
            renewed = {state: _kept(state, guess, given[state], inside) for state in given}
            if renewed == guess:
                self.known.update(trial.known)
                return
            guess = renewed


def _serials(loop: Node) -> set[int]:
    """The numbers of the values inside a loop: lengths that they name are those of one step."""
    found: set[int] = set()
    stack = list(owned_blocks(loop))
    while stack:
        block = stack.pop()
        found.update(node.serial for node in (*block.parameters, *block.steps))
        stack.extend(inner for node in block.steps for inner in owned_blocks(node))
    return found


def _is_of_one_step(length: Length, inside: set[int]) -> bool:
    stack = [length]
    while stack:
        for key, _ in stack.pop().terms:
            if key[0] in NUMBERED and key[1] in inside:
                return True
            stack.extend(part for part in key if isinstance(part, Length))
    return False


def _entering(state: Node, lengths: Lengths | None) -> Lengths | None:
    """The lengths of what enters a state: a number may, where a step makes an array of it."""
    array = isinstance(state.type, Array) and lengths is not None and lengths is not NOTHING
    if array and len(lengths or ()) != len(unit_axes_of(state.type)):
        return all_unknown(state)
    return lengths


def _left(node: Node, lengths: Lengths | None, loop: Node) -> Lengths | None:
    """The lengths of a result of a loop, whose states have ``lengths`` in each step."""
    if lengths is None or all(not length.terms for length in lengths):
        return lengths
    inside = _serials(loop)
    changing = [_is_of_one_step(length, inside) for length in lengths]
    if not isinstance(node.type, Array):
        return None if any(changing) else lengths
    return tuple(
        (several if is_several(own) else unknown)(node, axis) if changes else own
        for axis, (own, changes) in enumerate(zip(lengths, changing, strict=True))
    )


def _kept(state: Node, guess: Known, following: Lengths | None, inside: set[int]) -> Lengths | None:
    """The lengths of a state that a step gives back."""
    before = guess[state]
    if not isinstance(state.type, Array) or before is None or following is None:
        if following and any(_is_of_one_step(length, inside) for length in following):
            return None
        return _together((before, following))
    if len(before) != len(following):
        return all_unknown(state)
    return tuple(
        own
        if own == new
        else several(state, axis)
        if is_several(own) and is_several(new)
        else unknown(state, axis)
        for axis, (own, new) in enumerate(zip(before, following, strict=True))
    )


def _same(lengths: Iterable[Lengths | None]) -> Lengths | None:
    """The lengths that all have, None where there are no such."""
    found: Lengths | None = NOTHING
    for own in lengths:
        if own is NOTHING or found is None:
            continue
        if own is None or (found is not NOTHING and found != own):
            return None
        found = own
    return found


def _together(lengths: Iterable[Lengths | None]) -> Lengths | None:
    """The lengths of the entries of a list that is put together of such."""
    found: Lengths = NOTHING
    for own in lengths:
        if own is NOTHING:
            continue
        if own is None or (found is not NOTHING and len(found) != len(own)):
            return None
        pairs = list(zip(own if found is NOTHING else found, own, strict=True))
        if not all(one == other or (_is_sure(one) and _is_sure(other)) for one, other in pairs):
            return None
        found = tuple(one if one == other else VARIOUS for one, other in pairs)
    return found


def _is_sure(length: Length) -> bool:
    return length == VARIOUS or is_several(length)


def _sources(node: Node) -> list[Node]:
    """The values whose lengths those of ``node`` are made of, as far as no block is in between."""
    if node in node.graph.given or node.op is ITEM or not isinstance(node.op, Primitive):
        return []
    inner = [arg.args[0] if arg.op.name == "dimension" else arg for arg in node.args]
    return [arg for arg in inner if isinstance(arg.type, (Array, Sequence))]
