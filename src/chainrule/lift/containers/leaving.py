"""What the function leaves in containers that exist outside, when it is over.

While it runs, the caller's dicts and lists of several kinds of things are known entry by entry;
what it has changed of them is written back at its end.  So is a list, or a dict, of the function's
own that it has given to an attribute of an object outside, and filled afterwards::

    self.history = []                       history = []
    for k in range(n):                      self.history = history
        self.history.append(x**k)           ...
                                            self.history = history

What ends by raising leaves there what it has written before: what is written by statements of the
function itself, outside of branches and loops, is written back before the first step that may
raise.
"""

from __future__ import annotations

import ast
import contextlib
import operator
from collections.abc import Iterator, Mapping
from typing import Any

from chainrule.graph.block import ITEM, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import Array
from chainrule.lift.calls.nested import Nested
from chainrule.lift.containers.sharing import Box, boxes_in
from chainrule.lift.objects.stored import stored
from chainrule.lift.state import State, same_value
from chainrule.lift.values import DictBox, ListBox, ObjectBox, RecordsBox, Static, Value
from chainrule.primitives.arithmetic import divide, floor_divide, remainder
from chainrule.primitives.control import owned_blocks
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.declare import Primitive, Structured, constant_value, is_constant
from chainrule.primitives.effect import RAISE, STATEMENT, STORE
from chainrule.primitives.sequence import display

Contents = dict[Any, Any]


class Leaving(Nested):
    """Writes back what has changed of containers whose entries are known one by one."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # The caller's containers, with the entries that they had when the function began.
        self._entries_given: dict[DictBox | ListBox, Any] = {}
        # What attributes of objects outside were set to, with what that held by then.
        self._set_outside: dict[tuple[ObjectBox, str], Contents] = {}
        # The other lists, and the arrays, of the caller.
        self._content_given: dict[ListBox, Node] = {}
        # How many steps there were after the last statement, and what was to be written back then.
        self._steps_seen = 0
        self._not_left: dict[DictBox | ListBox, Any] = {}
        # Whether the statement under way has an arm that raises, and leaves all of it there.
        self._left_in_an_arm = False
        # Whether nodes are made of what somebody outside keeps.
        self._kept_outside = False
        # What was written back meanwhile: the last step of it, and what was there before.
        self._left_meanwhile: list[tuple[Node, DictBox | ListBox, Any]] = []

    def given_content(self) -> dict[ListBox, Node]:
        for box, content in self.state.items():
            self._note_given(box, content)
        self._content_given = super().given_content()
        return self._content_given

    def leave_before_raise(self) -> None:
        # What a try awaits may go on, and then it is left where the function ends.
        if not self.attempts:
            self._left_in_an_arm = True
            self.leave_written(self._content_given)

    def is_written_outside(self) -> bool:
        """Whether there is anything to leave in a dict or a list whose entries are known."""
        return not self.attempts and any(
            not _is_unwritten(before, self.read(self.state.get(box, before)))
            for box, before in self._entries_given.items()
        )

    def leave_meanwhile(self) -> None:
        """A statement is over: what was written before it is left before what may raise in it."""
        steps = self.block.steps
        plain = self.block is self.graph.body and len(self.calls) == 1 and not self.attempts
        if not plain or not self._entries_given:
            return
        if self._not_left and not self._left_in_an_arm:
            new = range(self._steps_seen, len(steps))
            first = next((k for k in new if _may_raise(steps[k])), None)
            if first is not None:
                self._leave_at(first)
        self._left_in_an_arm, self._steps_seen = False, len(steps)
        self._not_left = {
            box: after
            for box, before in self._entries_given.items()
            if not _is_unwritten(before, after := self.read(self.state.get(box, before)))
        }

    def _leave_at(self, position: int) -> None:
        """Write back what had been written when the last statement began."""
        steps = self.block.steps
        for box, after in self._not_left.items():
            before, end = self._entries_given[box], len(steps)
            self._leave_entries(box, before, after)
            made = steps[end:]
            del steps[end:]
            read = [arg for step in made for arg in step.args]
            read += [arg.args[0] for arg in read if arg.op is ITEM]
            if not set(steps[position:]).isdisjoint(read):
                # Of a list that the statement has changed only what it holds now is known.
                continue
            steps[position:position] = made
            position += len(made)
            if made:
                self._left_meanwhile.append((made[-1], box, before))
            self._entries_given[box] = after

    def give_up(self, state: State, mark: int) -> None:
        super().give_up(state, mark)
        self._not_left.clear()
        while self._left_meanwhile and self._left_meanwhile[-1][0] not in self.graph.body.steps:
            _, box, before = self._left_meanwhile.pop()
            self._entries_given[box] = before

    def begin_with(self, key: Any, value: Value) -> None:
        self._note_given(key, value)
        is_given = isinstance(key, ListBox) and key.parameter and key not in self.outside
        if is_given and isinstance(value, Node):
            # It is met for the first time, in an attribute.
            self._content_given.setdefault(key, value)
        super().begin_with(key, value)

    def _note_given(self, box: Any, content: Any) -> None:
        known = isinstance(content, (list, dict)) and not isinstance(box, RecordsBox)
        if known and isinstance(box, (DictBox, ListBox)) and box.whole is not None:
            self._entries_given.setdefault(box, content)

    def set_attribute(self, owner: ObjectBox, name: str, value: Value, node: ast.AST) -> None:
        super().set_attribute(owner, name, value, node)
        if owner.instance is not None or owner.node is not None:
            self._set_outside.setdefault((owner, name), {}).update(self._contents_in(value))

    def kept_node(self, value: Value) -> Node:
        with self._kept_by_others():
            return super().kept_node(value)

    @contextlib.contextmanager
    def _kept_by_others(self) -> Iterator[None]:
        before, self._kept_outside = self._kept_outside, True
        try:
            yield
        finally:
            self._kept_outside = before

    def node(self, value: Value, what: str = "this value") -> Node:
        value = self.read(value)
        whole = value.whole if isinstance(value, (DictBox, ListBox)) else None
        if self._kept_outside and whole is not None:
            # Its entries are written back where the function ends.
            return whole
        return super().node(value, what)

    def _is_as_stored(self, box: Box, content: Value, before: Contents) -> bool:
        """Whether what was stored in an attribute, or was there, holds what it held then."""
        if box in before:
            return same_value(before[box], content)
        met = self.loans.met_as(box, content)
        return bool(met) and all(
            self._is_of_caller(one) or self._is_as_stored(one, held, before) for one, held in met
        )

    def _is_of_caller(self, box: Any) -> bool:
        return box in self._content_given or box in self._entries_given

    def _contents_in(self, value: Value) -> Contents:
        """What the lists and dicts in ``value`` hold now."""
        found: Contents = {}
        waiting = list(boxes_in(value))
        while waiting:
            box = waiting.pop()
            if box in found or isinstance(box, ObjectBox):
                continue
            # The caller's own are written back as what they are.
            if box.whole is None:
                found[box] = self.state.get(box)
                waiting += boxes_in(found[box])
        return found

    def leave_written(self, given: Mapping[ListBox, Node]) -> None:
        super().leave_written(given)
        for box, before in self._entries_given.items():
            after = self.read(self.state.get(box, before))
            if not _is_unwritten(before, after):
                self._leave_entries(box, before, after)
        for (owner, name), before in self._set_outside.items():
            value = self.read(self.state.get(owner, {})).get(name)
            now = self._contents_in(value)
            if not all(self._is_as_stored(box, now[box], before) for box in now):
                written = (self.object_node(owner), self.kept_node(value))
                self.block.add(STORE, written, (f"{stored(owner.type, name)} = _1_",))

    def _leave_entries(self, box: DictBox | ListBox, before: Any, after: Any) -> None:
        whole = box.whole
        assert whole is not None
        known = not isinstance(before, Node) and not isinstance(after, Node)
        if isinstance(box, ListBox) and not (known and len(before) == len(after)):
            with self._kept_by_others():
                self.block.add(STORE, (whole, self.sequence_node(box)), ("_0_[:] = _1_",))
            return
        old = before if isinstance(before, dict) else dict(enumerate(before))
        new = after if isinstance(after, dict) else dict(enumerate(after))
        for key in old:
            if key not in new:
                self.block.add(STATEMENT, (whole, self._key_node(key)), ("del _0_[_1_]",))
        for key, value in new.items():
            if key not in old or not same_value(old[key], value):
                written = (whole, self._key_node(key), self.kept_node(value))
                self.block.add(STORE, written, ("_0_[_1_] = _2_",))

    def _key_node(self, key: Any) -> Node:
        return self.static_node(Static(key))


def _is_unwritten(before: Any, after: Any) -> bool:
    """Whether a container has what it had, perhaps as the list that its entries make."""
    if not isinstance(after, Node) or after.op is not display or not isinstance(before, list):
        return same_value(before, after)
    return len(before) == len(after.args) and all(map(operator.is_, before, after.args))


def _may_raise(step: Node) -> bool:
    """Whether a step of f may raise, or something inside it."""
    if isinstance(step.op, Structured):
        return any(_raises(each) for block in owned_blocks(step) for each in nodes_of(block))
    return _raises(step)


def _raises(step: Node) -> bool:
    op = step.op
    if op in (divide, floor_divide, remainder) and is_constant(step.args[1]):
        return bool(constant_value(step.args[1]) == 0)
    if isinstance(op, Primitive):
        # Entry by entry NumPy warns where math raises.
        return op.raises and not (op.broadcasts and isinstance(step.type, Array))
    # What is raised by name is behind what was written.
    return not (op.pure or op is RAISE)
