"""Entries of lists and arrays that keep their values until the loops around them have ended.

A recurrence such as ``x[t] = a * x[t - 1] + b`` writes over none of the entries that it has
read: the walk back reads ``x[t - 1]`` of the finished array, and records nothing.  That an entry
is not written to again follows from its position and those of all later writes: along some axis
they are apart by a whole number that is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chainrule.graph.block import ITEM, inside, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Array, Type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives import sequence
from chainrule.primitives.arrays.indexing import parts_of, section, section_add, section_set
from chainrule.primitives.arrays.measured import lengths_of
from chainrule.primitives.control import (
    IF,
    LOOP,
    loop_body,
    loop_parts,
    next_states,
    owned_blocks,
    step_of,
)
from chainrule.primitives.linear_forms import ONE, LinearForm, linear_form
from chainrule.primitives.list_lengths import ListLengths
from chainrule.records import dataclass

UPDATES = (sequence.index_set, sequence.index_add, section_set, section_add)


# Along each axis the position of what is read or written; None where it is several or unknown.
Place = Sequence[LinearForm | None]


@dataclass(frozen=True)
class Carried:
    """One state of a loop."""

    loop: Node
    position: int

    @property
    def initial(self) -> Node:
        return loop_parts(self.loop)[1][self.position]

    @property
    def following(self) -> Node:
        return next_states(self.loop)[self.position]


@dataclass(frozen=True)
class History:
    """The updates in place that a version went through, and what it was before all of them."""

    updates: frozenset[Node]
    origins: frozenset[Node]


class Settled:
    """Answers which reads can be made again when the loops around them have ended."""

    def __init__(self, steps: Iterable[Node]) -> None:
        self._carried: dict[Node, Carried] = {}
        self._ranges = Ranges()
        self._lists = ListLengths()
        self._writes: dict[Node, Node] = {}
        for step in steps:
            if step.op is sequence.index_set and step.args[-1].block is step.block:
                self._writes[step.args[-1]] = step
            if step.op is not LOOP:
                continue
            for position, parameter in enumerate(loop_parts(step)[2]):
                self._carried[parameter] = Carried(step, position)
            self._ranges.add(step)
        self._known: dict[Node, Node | None] = {}

    def finished(self, read: Node) -> Node | None:
        """The last version of what ``read`` reads, if that entry is still the same in it."""
        if read not in self._known:
            self._known[read] = self._finished(read)
        return self._known[read]

    def kept(self, value: Node) -> tuple[Node, ...] | None:
        """The last version of what a value is written to and its place, if it stays there.

        The value of ``x[t] = v`` is read again as ``x[t]`` of the finished list.
        """
        write = self._writes.get(value)
        if write is None or not _holds(write.args[0].type, value.type):
            return None
        if write not in self._known:
            self._known[write] = self._last(write, place_of(write, write.args[1:-1]))
        last = self._known[write]
        return None if last is None else (last, *write.args[1:-1])

    def measured(self, version: Node) -> Node:
        """The last version of a list or an array that certainly has the same lengths."""
        last = version
        while True:
            if version.op in UPDATES:
                version = version.args[0]
                continue
            carried = self._carried.get(version)
            if version.op is ITEM and version.args[0].op is LOOP:
                carried = Carried(version.args[0], result_number(version))
            if carried is None or not self._alike(version, carried.initial):
                return last
            last = carried.loop.block.item(carried.loop, carried.position)
            version = carried.initial

    def _alike(self, version: Node, earlier: Node) -> bool:
        """Whether two versions certainly have the same lengths."""
        if isinstance(version.type, SequenceType):
            return self._lists.of(version) == self._lists.of(earlier)
        return version.type == earlier.type and lengths_of(version) == lengths_of(earlier)

    def _finished(self, read: Node) -> Node | None:
        if read.op not in (sequence.index, section):
            return None
        return self._last(read.args[0], place_of(read, read.args[1:]))

    def _last(self, version: Node, place: Place) -> Node | None:
        """The last version of a list or an array, if a place is still the same in it."""
        inner: Node | None = None
        carried: Carried | None = None
        while True:
            history = self._history(version)
            around = self._carrier(history)
            if around is None:
                break
            if not self._stays(place, around, history, inner):
                return None
            carried, inner, version = around, around.loop, around.initial
        return None if carried is None else carried.loop.block.item(carried.loop, carried.position)

    def _carrier(self, history: History) -> Carried | None:
        """The loop that hands an array on from step to step."""
        (origin, *others) = history.origins
        return None if others else self._carried.get(origin)

    def _history(self, version: Node) -> History:
        updates: set[Node] = set()
        origins: set[Node] = set()
        seen: set[Node] = set()
        stack = [version]
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            if node.op in UPDATES:
                updates.add(node)
                stack.append(node.args[0])
            elif node.op is ITEM and node.args[0].op is IF:
                arms = owned_blocks(node.args[0])
                stack += [arm.results[_number(node)] for arm in arms]
            elif node.op is ITEM and node.args[0].op is LOOP:
                ended = Carried(node.args[0], _number(node))
                seen.add(loop_parts(ended.loop)[2][ended.position])
                stack += [ended.initial, ended.following]
            else:
                origins.add(node)
        return History(frozenset(updates), frozenset(origins))

    def _stays(self, place: Place, carried: Carried, before: History, inner: Node | None) -> bool:
        """Whether no later write of the loop touches the entry; those of ``inner`` do not."""
        whole = self._history(carried.following)
        if self._carrier(whole) != carried:
            return False
        for update in whole.updates:
            done = update in before.updates or (inner is not None and _within(update, inner))
            written = place_of(update, update.args[1:-1])
            if not any(
                self._apart(read, write, carried.loop, 1 if done else 0)
                for read, write in zip(place, written, strict=False)
                if read is not None and write is not None
            ):
                return False
        return True

    def _apart(self, read: LinearForm, write: LinearForm, loop: Node, first: int) -> bool:
        """Whether ``write`` differs from ``read`` from ``first`` steps of the loop later on."""
        ranges = self._ranges
        if not (ranges.is_natural(read) and ranges.is_natural(write)):
            return False
        for sign in (1, -1):
            # The least that the write is ahead (sign 1) or behind (sign -1).
            near, far = ranges.bound(write, -sign, loop), ranges.bound(read, sign, loop)
            if near is None or far is None:
                continue
            # Indices of loops around may tell: in elimination row i comes after row k.
            gap = ranges.bound(near - far, -sign, None)
            speed = ranges.speed(near, loop)
            if gap is None or gap.terms or speed is None or sign * speed < 0:
                continue
            if sign * (gap.constant + speed * first) >= 1:
                return True
        return False


class Ranges:
    """What the indices of loops run through."""

    def __init__(self) -> None:
        self._loops: dict[Node, Node] = {}

    def add(self, loop: Node) -> None:
        """Note the index of a loop over a range."""
        if loop.params[0] != "while":
            self._loops[loop_body(loop).parameters[0]] = loop

    def speed(self, form: LinearForm, loop: Node) -> int | None:
        """How much ``form`` grows from one step of the loop to the next."""
        if loop.params[0] == "while":
            return 0
        step = step_of(loop)
        factor = form.terms.get(loop_body(loop).parameters[0], 0)
        if step is None:
            return None if factor else 0
        return factor * (-step if loop.params[0] == "reversed" else step)

    def is_natural(self, form: LinearForm) -> bool:
        """Whether the number is certainly not negative."""
        least = self.bound(form, -1, None)
        return least is not None and not least.terms and least.constant >= 0

    def bound(self, form: LinearForm, sign: int, loop: Node | None) -> LinearForm | None:
        """The largest (sign 1) or smallest (-1) number in a step of ``loop``, or at any time.

        None where it depends on something else that changes during the step, or that may.
        """
        while True:
            varying = [node for node in form.terms if self._varies(node, loop)]
            if not varying:
                break
            # The innermost first: its limits may depend on the others.
            index = max(varying, key=lambda node: node.serial)
            limit = self._limit(self._loops[index], sign * form.terms[index])
            if limit is None:
                return None
            form = form.replaced(index, limit)
        if loop is not None:
            body = loop_body(loop)
            own = body.parameters[0] if loop.params[0] != "while" else None
            if any(node is not own and inside(node, body) for node in form.terms):
                return None
        return form

    def _varies(self, node: Node, loop: Node | None) -> bool:
        """Whether ``node`` is the index of a loop inside ``loop``."""
        around = self._loops.get(node)
        return around is not None and (
            loop is None or (around is not loop and _within(around, loop))
        )

    def _limit(self, loop: Node, sign: int) -> LinearForm | None:
        """The last number that an index may be (sign 1), or the first (-1)."""
        start, stop, _ = (linear_form(bound) for bound in loop_parts(loop)[0])
        step = step_of(loop)
        if not step:
            return None
        if (step > 0) == (sign > 0):
            return stop.plus(ONE, -1 if step > 0 else 1)
        return start


def _holds(container: Type, value: Type) -> bool:
    """Whether what is written keeps all of its digits."""
    if isinstance(container, SequenceType):
        return True
    return isinstance(container, Array) and container.dtype == "float64" and value == FLOAT


def place_of(node: Node, subscript: Sequence[Node]) -> Place:
    """The position along each axis that a read or an update names."""
    if node.op not in (section, section_set, section_add):
        return [linear_form(part) for part in subscript]
    found: list[LinearForm | None] = []
    for letter, args in parts_of(str(node.params[0]), subscript):
        if letter in "is":
            found.append(linear_form(args[0]) if letter == "i" else None)
        elif letter != "n":
            # Behind an ellipsis or positions axes cannot be counted.
            break
    return found


def _within(node: Node, loop: Node) -> bool:
    return inside(node, loop_body(loop))


def _number(item: Node) -> int:
    number = item.params[0]
    assert isinstance(number, int)
    return number
