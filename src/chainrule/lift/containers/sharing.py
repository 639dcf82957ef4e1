"""Which lists and arrays may share memory with which, where paths or steps of a loop disagree.

A name that is bound to one array on one path and to another on the other is lifted as an array of
its own, with the content of whichever it is.  That content is right as long as none of the arrays
that it may be, its *lenders*, is written to under another name, and a write to it would have to
reach them.  Both are refused here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chainrule.graph.node import Node
from chainrule.lift.state import State, same_value
from chainrule.lift.values import (
    BOXES,
    ENTRIES,
    UNBOUND,
    Closure,
    DictBox,
    Either,
    Enumerate,
    ListBox,
    Mapped,
    Method,
    ObjectBox,
    PartialCall,
    Place,
    RecordsBox,
    Reversed,
    TableBox,
    TupleValue,
    Value,
    View,
    Zip,
)

Box = ListBox | DictBox | ObjectBox


class Loans:
    """The lenders of every list and array that stands for one of several."""

    def __init__(self) -> None:
        self._of: dict[Box, tuple[tuple[Box, Value], ...]] = {}
        # What stands for one of several, with what it and they held where the paths met.
        self._met: dict[Box, tuple[Value, tuple[tuple[Box, Value], ...]]] = {}
        self._spoilt: set[Box] = set()
        self._told: set[Box] = set()
        # Lists, dicts and objects that stand for one of several.
        self.stand_ins: set[Box] = set()

    def lenders(self, value: Value) -> tuple[Box, ...]:
        """The boxes whose memory ``value`` may show: its own first."""
        box = value.box if isinstance(value, View) else value
        if not isinstance(box, BOXES):
            return ()
        return (box, *(lender for lender, _ in self._of.get(box, ())))

    def lend(self, box: Box, lenders: Sequence[Box], state: State) -> None:
        """``box`` shows what one of ``lenders`` holds in ``state``."""
        self.stand_ins.add(box)
        contents = tuple((lender, state.get(lender, UNBOUND)) for lender in lenders)
        if contents:
            self._of[box] = contents

    def meet(self, box: Box, sources: Sequence[Box], states: Sequence[State], now: State) -> None:
        """``box`` is one of ``sources``: in each state, where a path ends, that one."""
        held = tuple((one, state.get(one)) for one, state in zip(sources, states, strict=True))
        self._met[box] = (now.get(box), held)

    def met_as(self, box: Box, content: Value) -> tuple[tuple[Box, Value], ...]:
        """What ``box`` is one of, with what it held; nothing if the box has changed since."""
        shown, held = self._met.get(box, (None, ()))
        return held if same_value(shown, content) else ()

    def hand_on(self, start: State, states: Sequence[State], joined: State) -> None:
        """What one path alone has made shows, behind the join, what its lenders hold there."""
        for state in states:
            made = [box for box in self._of if box in state and box not in start]
            for box in made:
                if not self.is_stale(box, state):
                    lenders = [lender for lender, _ in self._of[box]]
                    self._of[box] = tuple((one, joined.get(one, UNBOUND)) for one in lenders)

    def spoil(self, box: Box) -> None:
        """``box`` shows what a lender held on some path, and does not hold any more there."""
        self._spoilt.add(box)

    def is_stale(self, box: Value, state: State) -> bool:
        """Whether a lender was written to since."""
        if not isinstance(box, BOXES):
            return False
        return box in self._spoilt or any(
            not same_value(state.get(lender, UNBOUND), content)
            for lender, content in self._of.get(box, ())
        )

    def is_shared(self, box: Box, state: State) -> bool:
        """Whether somebody else may see what is written to ``box``."""
        lenders = self.lenders(box)[1:]
        held = any(lender.parameter or is_held(lender, state, ()) for lender in lenders)
        return held or self.meets_another(box, state, ())

    def tell(self, box: Box) -> None:
        """``box`` stands for arrays of which it is told later who else sees them."""
        self._told.add(box)

    def is_told(self, box: Value) -> bool:
        """Whether it was told of a box."""
        return box in self._told

    def meets_another(self, box: Box, state: State, but: Sequence[object]) -> bool:
        """Whether ``box`` may be one with what is held, other than under the keys ``but``.

        It is asked where either of them stands for arrays of which that was left open.
        """
        if not self._told:
            return False
        own = set(self.lenders(box))
        return any(
            held is not box
            and (held in self._told or box in self._told)
            and not own.isdisjoint(self.lenders(held))
            for held in held_boxes(state, but)
        )


def is_held(box: Box, state: State, but: Sequence[object]) -> bool:
    """Whether something in the state is or contains ``box``, other than under the keys ``but``."""
    return any(held is box for held in held_boxes(state, but))


def held_boxes(state: State, but: Sequence[object]) -> Iterator[Box]:
    """What a state holds, other than under the keys ``but``."""
    for key, value in state.items():
        if not any(key is other or key == other for other in but):
            yield from boxes_in(value)


def is_entry_held(records: RecordsBox, state: State) -> bool:
    """Whether anything in the state but a list of all of them leads to a record of a list."""
    stack = list(state.values())
    while stack:
        current = stack.pop()
        if isinstance(current, ENTRIES) and current.records is records:
            return True
        if isinstance(current, RecordsBox) and current.home is records and current is not records:
            return True
        if isinstance(current, TupleValue):
            stack.extend(current.items)
        elif isinstance(current, (list, dict)):
            stack.extend(current.values() if isinstance(current, dict) else current)
        elif isinstance(current, Either):
            stack.extend((current.then, current.orelse))
        elif not isinstance(current, (Node, *BOXES)) and records in boxes_in(current):
            # What it leads to is not told.
            return True
    return False


def boxes_in(value: Value) -> Iterator[Box]:
    """The boxes that a value holds or looks into."""
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, ENTRIES):
            current = current.records
        if isinstance(current, TableBox):
            current = current.values
        if isinstance(current, RecordsBox):
            stack.extend(current.columns)
            if isinstance(current.places, ListBox):
                stack.append(current.places)
        if isinstance(current, BOXES):
            yield current
        elif isinstance(current, (View, Place)):
            yield current.box
        elif isinstance(current, TupleValue):
            stack.extend(current.items)
        elif isinstance(current, Either):
            stack.extend((current.then, current.orelse))
        elif isinstance(current, list):
            stack.extend(current)
        elif isinstance(current, dict):
            stack.extend(current.values())
        elif isinstance(current, PartialCall):
            stack.extend((current.function, *current.args, *current.keywords.values()))
        elif isinstance(current, Method):
            stack.extend((current.function, current.owner))
        elif isinstance(current, Closure):
            stack.extend((*current.defaults, *current.keyword_defaults.values()))
        elif isinstance(current, (Zip, Mapped)):
            stack.extend(current.parts)
        elif isinstance(current, (Enumerate, Reversed)):
            stack.append(current.items)
