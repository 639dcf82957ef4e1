"""What is looped over, where the loop itself changes it.

Python reads a list in each step of a loop: what a step has put there, the next one sees.  A loop
that is written out asks for the items again where a step has changed them; a loop at run time
reads them where they are, and asks for the length before each step where one changes it.  What
``map`` and generator expressions give is made before the loop begins: where the loop would see the
difference it is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.block import Graph
from chainrule.lift.containers.sharing import boxes_in
from chainrule.lift.iteration.iterables import yields_in
from chainrule.lift.objects.managing import Managing
from chainrule.lift.state import State, assigned_names, is_as_it_was
from chainrule.lift.values import (
    Closure,
    DictBox,
    DictItems,
    Either,
    Enumerate,
    Generator,
    ListBox,
    Mapped,
    Place,
    Poison,
    Range,
    RecordsBox,
    Reversed,
    TupleValue,
    Value,
    Yields,
    Zip,
)
from chainrule.records import dataclass

# A loop that is not understood otherwise is written out up to so many steps.
MOST_WRITTEN_OUT = 16


class Rewritten(Exception):
    """The items of a loop that was to be written out are changed in it at run time."""


class Resized(Exception):
    """A list that a loop at run time reads changes its length in it."""

    def __init__(self, box: ListBox | Place) -> None:
        self.box = box


@dataclass(eq=False)
class KnownItems:
    """The items of a loop that is written out, and what they were read from."""

    iterable: Value
    items: list[Value]
    contents: dict[Any, Any]


class Looped(Managing):
    """Tells what a loop reads, and whether it changes that."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # Loops that are written out, as they are not understood otherwise, and others of which
        # this was found: where they stand.
        self.written_out: set[Hashable] = set()
        self.may_be_written_out: list[Hashable] = []
        # Those that are better loops than written out, and how long they were when they were.
        self.long_loops: dict[Hashable, int] = {}

    def has_other_ways(self) -> bool:
        """Whether what is not understood so may be where it is lifted in another way."""
        made = any(layout is not None for layout in self.record_sites.values())
        return made or bool(self.may_be_written_out)

    def steps_of(self, iterable: Value) -> int | None:
        """How often a loop runs, where that is known and so few that it can be written out."""
        if not isinstance(iterable, Range):
            return None
        bounds = [self.static_int(each) for each in (iterable.start, iterable.stop, iterable.step)]
        known = [bound for bound in bounds if bound is not None]
        if len(known) < 3 or known[2] == 0:
            return None
        steps = len(range(*known))
        return steps if steps <= MOST_WRITTEN_OUT else None

    def leaves_unknown(self, before: State) -> bool:
        """Whether a loop has left something of which it is not known what it is."""
        return any(
            before.get(key) is not value and _is_unknown(value)
            for key, value in self.state.items()
            if isinstance(key, tuple)
        )

    def known(self, iterable: Value, items: list[Value]) -> KnownItems:
        """The items as they are when the loop begins."""
        return KnownItems(iterable, items, self._contents(iterable))

    def _contents(self, iterable: Value) -> dict[Any, Any]:
        return {box: self.state.get(box) for box in read_in_turn(iterable)}

    def refresh(self, known: KnownItems, node: ast.AST) -> None:
        """Read the items again where a step has changed them."""
        now = self._contents(known.iterable)
        if all(is_as_it_was(known.contents[box], content) for box, content in now.items()):
            return
        if list(lazy_parts(known.iterable)):
            raise self.unsupported(
                "a loop that changes what `map` or a generator expression reads in it",
                "Make a list of it before.",
                node,
            )
        items = self.known_iteration(known.iterable)
        if items is None or len(items) > len(known.items) + 40:
            raise Rewritten
        if len(items) != len(known.items) and has_reversed(known.iterable):
            raise self.refused_reversal(node)
        known.items, known.contents = items, now

    def refused_reversal(self, node: ast.AST) -> UnsupportedError:
        """The refusal of what Python does not promise either."""
        return self.unsupported(
            "a reversed list whose length its loop changes", "Loop over a copy of it.", node
        )

    def check_resizing(self, box: ListBox) -> None:
        """A loop around that counts the entries of ``box`` asks for their number anew."""
        if box in self.read_lists:
            raise Resized(box)

    def check_resizing_row(self, row: Place) -> None:
        """The same of a row: it may be any of the rows of its list that are looped over."""
        for read in self.read_lists:
            if isinstance(read, Place) and read.box is row.box:
                raise Resized(read)

    def check_made_before(self, iterable: Value, form: str, before: State, node: ast.For) -> None:
        """Refuse items that were made at once where making them one by one makes a difference.

        ``before`` is the state when the loop began.
        """
        bound = set(assigned_names(node.body))
        for part in lazy_parts(iterable):
            called = isinstance(part, Mapped) and form != "written out"
            if called or part is yields_in(iterable):
                # It is run step by step.
                continue
            names = _names_read(part)
            boxes = self._boxes(part, names, before)
            changed = [box for box in boxes if not is_as_it_was(before[box], self.state.get(box))]
            if changed or names & bound:
                raise self.unsupported(
                    "a loop over `map` or a generator expression that it works together with",
                    "Make a list of it before, or compute its items in the loop.",
                    node.iter,
                )

    def _boxes(self, part: Generator | Mapped | Yields, names: set[str], state: State) -> list[Any]:
        """The lists and dicts under these names."""
        function = function_of(part)
        frame = part.frame if isinstance(part, Generator) else None
        if isinstance(function, Closure):
            frame = function.frame
        found = []
        if isinstance(part, Yields):
            args, keywords, *_ = part.given
            given = boxes_in(TupleValue((*args, *keywords.values())))
            found += [box for box in given if box in state]
        while frame is not None:
            held = (state.get((frame, name)) for name in names)
            found += [box for box in held if isinstance(box, (ListBox, DictBox)) and box in state]
            frame = frame.parent
        return found


def _is_unknown(value: Value) -> bool:
    """Whether a value, or a part of it, cannot be used."""
    if isinstance(value, Either):
        return _is_unknown(value.then) or _is_unknown(value.orelse)
    if isinstance(value, TupleValue):
        return any(map(_is_unknown, value.items))
    return isinstance(value, Poison)


def read_in_turn(iterable: Value) -> list[Any]:
    """The lists and dicts that a loop over ``iterable`` reads step by step."""
    found: list[Any] = []
    stack = [iterable]
    while stack:
        value = stack.pop()
        if isinstance(value, (ListBox, DictBox, Place)):
            found.append(value)
            if isinstance(value, RecordsBox):
                # What grows is a list of fields, or of places.
                found += [value.places] if isinstance(value.places, ListBox) else value.columns
        elif isinstance(value, DictItems):
            found += [value.owner] if isinstance(value.owner, DictBox) else []
        else:
            stack.extend(_inside(value))
    return found


def lazy_parts(iterable: Value) -> list[Generator | Mapped | Yields]:
    """What of ``iterable`` is made while it is read."""
    found: list[Generator | Mapped | Yields] = []
    stack = [iterable]
    while stack:
        value = stack.pop()
        if isinstance(value, (Generator, Mapped, Yields)):
            found.append(value)
        stack.extend(_inside(value))
    return found


def function_of(part: Generator | Mapped | Yields) -> Value:
    """The function that makes the items; None of a generator expression."""
    if isinstance(part, Yields):
        return part.callee.closure
    return part.function if isinstance(part, Mapped) else None


def _inside(value: Value) -> list[Value]:
    if isinstance(value, (Zip, Mapped)):
        return list(value.parts)
    return [value.items] if isinstance(value, (Enumerate, Reversed)) else []


def is_strict(iterable: Value) -> bool:
    """Whether iterables of different lengths raise when their end is reached."""
    strict = isinstance(iterable, Zip) and iterable.strict
    return strict or any(map(is_strict, _inside(iterable)))


def has_reversed(iterable: Value) -> bool:
    """Whether some of it is read from its end."""
    return isinstance(iterable, Reversed) or any(map(has_reversed, _inside(iterable)))


def _names_read(part: Generator | Mapped | Yields) -> set[str]:
    """The names from around that a generator expression or a mapped function reads."""
    function = function_of(part)
    if not isinstance(part, Generator) and not isinstance(function, Closure):
        return set()
    tree: ast.AST = part.tree if isinstance(part, Generator) else function.tree
    names = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
    if isinstance(part, Generator):
        return names - set(assigned_names([clause.target for clause in part.tree.generators]))
    return names - {each.arg for each in ast.walk(tree) if isinstance(each, ast.arg)}
