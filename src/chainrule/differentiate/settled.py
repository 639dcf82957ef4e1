"""Entries of lists and arrays that keep their values until the loops around them have ended.

A recurrence such as ``x[t] = a * x[t - 1] + b`` writes over none of the entries that it has
read: the walk back reads ``x[t - 1]`` of the finished array, and records nothing.  That an entry
is not written to again follows from its position and those of all later writes: along some axis
they are apart by a whole number that is known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from chainrule.graph.block import ITEM, Block, inside, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, INT, Array, Type
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
)
from chainrule.primitives.index_ranges import bound, branches_around, is_natural, speed
from chainrule.primitives.linear_forms import LinearForm, linear_form
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
        self._lists = ListLengths()
        self._writes: dict[Node, Node] = {}
        for step in steps:
            if step.op is sequence.index_set and step.args[-1].block is step.block:
                self._writes[step.args[-1]] = step
            if step.op is not LOOP:
                continue
            for position, parameter in enumerate(loop_parts(step)[2]):
                self._carried[parameter] = Carried(step, position)
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
            self._known[write] = self._last(write, write, place_of(write, write.args[1:-1]))
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
        return self._last(read, read.args[0], place_of(read, read.args[1:]))

    def _last(self, step: Node, version: Node, place: Place) -> Node | None:
        """The last version of a list or an array, if from ``step`` on a place stays the same."""
        inner: Node | None = None
        carried: Carried | None = None
        while True:
            history = self._history(version)
            around = self._carrier(history)
            if around is None:
                break
            if not self._stays(step, place, around, history, inner):
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

    def _stays(
        self, step: Node, place: Place, carried: Carried, before: History, inner: Node | None
    ) -> bool:
        """Whether no later write of the loop touches the entry; those of ``inner`` do not."""
        whole = self._history(carried.following)
        if self._carrier(whole) != carried:
            return False
        arms = branches_around(step)
        apart = _told_apart(arms)
        for update in whole.updates:
            done = update in before.updates or (inner is not None and _within(update, inner))
            # The other arm of a branch is not run in this step.
            others = branches_around(update)
            done = done or any(others.get(owner, arm) is not arm for owner, arm in arms.items())
            written = place_of(update, update.args[1:-1])
            if not any(
                _are_apart(read, write, carried.loop, 1 if done else 0, apart)
                for read, write in zip(place, written, strict=False)
                if read is not None and write is not None
            ):
                return False
        return True


def _are_apart(
    read: LinearForm, write: LinearForm, loop: Node, first: int, unequal: Collection[LinearForm]
) -> bool:
    """Whether ``write`` differs from ``read`` from ``first`` steps of the loop later on."""
    if not (is_natural(read) and is_natural(write)):
        return False
    for sign in (1, -1):
        # The least that the write is ahead (sign 1) or behind (sign -1).
        near, far = bound(write, -sign, loop), bound(read, sign, loop)
        if near is None or far is None:
            continue
        # Indices of loops around may tell: in elimination row i comes after row k.
        gap, growth = bound(near - far, -sign, None), speed(near, loop)
        if gap is None or gap.terms or growth is None or sign * growth < 0:
            continue
        ahead = sign * gap.constant
        if ahead == 0 and any(near - far in (form, form.times(-1)) for form in unequal):
            ahead = 1
        if ahead + sign * growth * first >= 1:
            return True
    return False


def _told_apart(arms: Mapping[Node, Block]) -> list[LinearForm]:
    """Differences of whole numbers that are not 0 in these arms of branches: ``if i != j``."""
    found = []
    for branch, arm in arms.items():
        (asked,) = branch.args
        unequal = {"equal": 1, "not_equal": 0}.get(asked.op.name)
        if unequal is not None and branch.params[unequal] is arm:
            one, other = asked.args
            if one.type == other.type == INT:
                found.append(linear_form(one) - linear_form(other))
    return found


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
