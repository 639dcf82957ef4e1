"""The lifter's state: what every name and box holds now, and how states join after a branch."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.block import CONSTANT, UNDEFINED, Graph
from chainrule.graph.node import Node
from chainrule.lift.kinds import LISTS, are_apart, identity_of, kind_of, split_by_kind
from chainrule.lift.source import Source
from chainrule.lift.values import (
    BOXES,
    ENTRIES,
    UNBOUND,
    DictBox,
    Either,
    ListBox,
    ObjectBox,
    Poison,
    RecordsBox,
    Static,
    TupleValue,
    Value,
    View,
    alternatives_of,
    another,
    entry_of,
    held_in,
    is_made,
)
from chainrule.primitives.sequence import display

Key = Any
State = dict[Key, Value]


class Frame:
    """One call of a function: its names are keys ``(frame, name)`` of the state."""

    def __init__(
        self, source: Source | None, parent: Frame | None, module_globals: dict[str, Any]
    ) -> None:
        self.source = source
        self.parent = parent
        self.globals = module_globals
        self.local_names: set[str] = set()
        self.outer_names: set[str] = set()
        self.global_names: set[str] = set()
        self.cells: dict[str, Any] = {}
        self.owner: type | None = None
        # A function defined in this frame may outlive the call.
        self.captured = False

    @property
    def module(self) -> str:
        return str(self.globals.get("__name__", "__main__"))


# Syntax that holds no name.
EMPTY = (ast.Constant, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context)


def assigned_names(body: Sequence[ast.AST]) -> list[str]:
    """Names that statements bind, in order, without those of nested functions."""
    found: dict[str, None] = {}
    stack = list(reversed(body))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, (ast.Store, ast.Del)):
                found[node.id] = None
            continue
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found[node.name] = None
            continue
        elif isinstance(node, (ast.Lambda, ast.AsyncFunctionDef)):
            continue
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                found[(alias.asname or alias.name).split(".")[0]] = None
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            found[node.name] = None
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            # Their targets are their own; a walrus inside binds outside.
            for inner in ast.walk(node):
                if isinstance(inner, ast.NamedExpr) and isinstance(inner.target, ast.Name):
                    found[inner.target.id] = None
            continue
        elif isinstance(node, EMPTY):
            continue
        stack.extend(reversed(list(ast.iter_child_nodes(node))))
    return list(found)


def same_value(left: Value, right: Value) -> bool:
    """Whether two values are certainly the same."""
    if left is right:
        return True
    if isinstance(left, Static) and isinstance(right, Static):
        if left.value is right.value:
            return True
        plain = (str, bytes, bool, int, float, type(None))
        return (
            type(left.value) is type(right.value)
            and isinstance(left.value, plain)
            and left.value == right.value
        )
    if isinstance(left, ENTRIES) and isinstance(right, ENTRIES):
        return left.records is right.records and left.place is right.place
    if isinstance(left, TupleValue) and isinstance(right, TupleValue):
        return len(left.items) == len(right.items) and all(map(same_value, left.items, right.items))
    if isinstance(left, Either) and isinstance(right, Either):
        return (
            left.tag is right.tag
            and same_value(left.then, right.then)
            and same_value(left.orelse, right.orelse)
        )
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_value, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same_value(left[key], right[key]) for key in left)
    return False


class Joiner:
    """Joins what several paths left behind; each run-time difference becomes one result slot.

    ``columns[k]`` holds, for slot k, the node of each path.  ``result(k)`` must give the node
    that stands for slot k afterwards; it is asked for once the slots are complete.
    """

    def __init__(
        self,
        graph: Graph,
        explain: Callable[[str], UnsupportedError],
        predicate: Node | None = None,
    ) -> None:
        self.graph = graph
        # Where there are two paths: the condition of the first.
        self.predicate = predicate
        self.columns: list[tuple[Node, ...]] = []
        # Whether something is of two kinds afterwards.
        self.has_kinds = False
        self.explain = explain
        self._slots: dict[tuple[int, ...], Slot] = {}
        # One list for each combination of lists, so that names of one list stay names of one.
        self.boxes: dict[tuple[int, ...], JoinedBox] = {}

    def join(
        self,
        values: Sequence[Value],
        states: Sequence[State],
        name: str = "a value",
        tracked: bool = False,
    ) -> Value:
        """The value that is one of ``values``, depending on the path.

        Of what is ``tracked`` it is told whether it is bound.
        """
        first = values[0]
        if all(same_value(first, value) for value in values[1:]):
            return first
        bound = [value for value in values if value is not UNBOUND]
        for value in bound:
            if isinstance(value, Poison):
                # Another one: on one of the paths it was written over.
                return Poison(value.refusal)
        checked = self._checked(bound) if len(bound) == len(values) else None
        if checked is not None:
            return checked
        if any(isinstance(value, Either) for value in bound) or (
            tracked and len(bound) < len(values)
        ):
            return self._either(values, states, name)
        if (
            len(bound) < len(values)
            and all(value is bound[0] for value in bound)
            and not isinstance(bound[0], (Node, Static, TupleValue))
        ):
            return bound[0]
        homes = {value.records if isinstance(value, ENTRIES) else None for value in bound}
        if len(homes) == 1 and None not in homes:
            places = [UNBOUND if value is UNBOUND else value.place for value in values]
            return entry_of(bound[0].records, self.join(places, states, name))
        rows = [value.places for value in bound if isinstance(value, RecordsBox)]
        if len(rows) == len(values) and all(isinstance(each, ListBox) for each in rows):
            homes = {value.home for value in bound}
            if len(homes) == 1:
                return JoinedRecords(bound[0], self.join(rows, states, name))
        together = self._join_parts(values, bound, states, name)
        if together is not None:
            return together
        nodes = [node for value in values if (node := self._as_node(value)) is not None]
        if len(nodes) == len(values):
            if are_apart(node.type for node in nodes if node.op is not UNDEFINED):
                return self._either(values, states, name)
            return self._slot(tuple(nodes))
        if self._are_told_lists(bound, states):
            return self._either(values, states, name)
        lists = (
            all(isinstance(value, ListBox) for value in bound)
            and len(set(map(kind_of, bound))) == 1
        )
        if lists or (self._some_are_new(values, states) and self._are_alike(values, states)):
            return self._join_boxes(values, states, name)
        if all(map(kind_of, bound)):
            return self._either(values, states, name)
        return Poison(self.explain(name))

    def _join_parts(
        self,
        values: Sequence[Value],
        bound: Sequence[Value],
        states: Sequence[State],
        name: str,
    ) -> Value:
        """Tuples, lists or dicts of the same layout, joined part by part; None for others."""

        contents = [value.items if isinstance(value, TupleValue) else value for value in values]

        def joined(key: Key) -> Value:
            parts = [UNBOUND if content is UNBOUND else content[key] for content in contents]
            # An attribute that an object was not given on some path.
            absent = any(
                part is UNBOUND and content is not UNBOUND
                for part, content in zip(parts, contents, strict=True)
            )
            part_name = f"`{key}`" if isinstance(key, str) else name
            return self.join(parts, states, part_name, tracked=absent)

        first = bound[0]
        if all(isinstance(value, TupleValue) for value in bound):
            if len({len(value.items) for value in bound}) == 1:
                return TupleValue(tuple(map(joined, range(len(first.items)))), first.named)
        elif all(isinstance(value, list) for value in bound):
            if len({len(value) for value in bound}) == 1:
                return [joined(position) for position in range(len(first))]
        elif all(isinstance(value, dict) for value in bound) and len(set(map(tuple, bound))) == 1:
            return {key: joined(key) for key in first}
        return None

    def _are_alike(self, values: Sequence[Value], states: Sequence[State]) -> bool:
        """Whether each path has a dict of the same keys, or an object of the same class."""
        kinds = set()
        for value, state in zip(values, states, strict=True):
            if value is UNBOUND:
                continue
            if not is_made(value):
                return False
            content = state.get(value)
            if isinstance(content, Poison):
                return False
            kinds.add((getattr(value, "type", dict), tuple(content or ())))
        return len(kinds) == 1

    def _are_told_lists(self, values: Sequence[Value], states: Sequence[State]) -> bool:
        """Whether these are lists from before, of which it is told which is which."""
        if not self.graph.tells_lists:
            return False
        lists = [part for value in values for part in alternatives_of(value) if part is not UNBOUND]
        boxes = [each.box if isinstance(each, View) else each for each in lists]
        return (
            len({id(each) for each in lists}) > 1
            and all(type(each) in LISTS for each in boxes)
            and all(each in state for each in boxes for state in states)
        )

    def _some_are_new(self, values: Sequence[Value], states: Sequence[State]) -> bool:
        """Whether a path has made one of these itself."""
        return any(
            is_made(value) and not all(value in state for state in states) for value in values
        )

    def _checked(self, values: Sequence[Value]) -> Either | None:
        """What may be unbound, where some of the paths have found it bound."""
        found = [value for value in values if isinstance(value, Either)]
        if not found or any(value is not found[0] for value in found):
            return None
        either = found[0]
        same = all(value is either or same_value(value, either.then) for value in values)
        in_sight = either.tag.block.encloses(self.graph.cursor)
        return either if either.orelse is UNBOUND and same and in_sight else None

    def _either(self, values: Sequence[Value], states: Sequence[State], name: str) -> Value:
        """Values of two kinds, or of one kind where some path has bound none."""
        refusal = self.explain(name)
        bound = [value for value in values if value is not UNBOUND]
        # Where two kinds are told apart already, by what tells them.
        bound.sort(key=lambda value: not isinstance(value, Either))
        # Which of two objects it is is known until something else comes along.
        told = len(bound) == 2 and all(map(is_made, bound))
        tell = identity_of if told or self._are_told_lists(bound, states) else kind_of
        kind = tell(_first(bound[0]))
        rows = [split_by_kind(self.graph, value, kind, tell) for value in values]
        found = [row for row in rows if row is not None]
        others = [row[2] for row in found if row[2] is not None]
        unbound = [other for other in others if other is UNBOUND]
        if len(found) < len(rows) or (unbound and len(unbound) < len(others)):
            return Poison(refusal)
        columns = (
            [UNBOUND if row[1] is None else row[1] for row in found],
            [UNBOUND if row[2] is None else row[2] for row in found],
        )
        then, orelse = (self._part(column, states, name) for column in columns)
        for joined in (then, orelse):
            if isinstance(joined, Poison):
                return joined
        self.has_kinds = True
        return Either(self._tag(tuple(row[0] for row in found)), then, orelse, refusal)

    def _part(self, values: Sequence[Value], states: Sequence[State], name: str) -> Value:
        """What the values of one kind are, where the path has one of them."""
        bound = [value for value in values if value is not UNBOUND]
        if bound and isinstance(bound[0], Static) and all(same_value(bound[0], v) for v in bound):
            return bound[0]
        if len(set(map(id, bound))) > 1 and self._are_alike(values, states):
            return self._join_boxes(values, states, name)
        if len(bound) == 1 < len(values) and isinstance(bound[0], Either):
            return self._alone(values, bound[0], states, name)
        return self.join(values, states, name)

    def _alone(
        self, values: Sequence[Value], only: Either, states: Sequence[State], name: str
    ) -> Value:
        """What is of several kinds on one path, and of none of them on the others."""

        def part(which: Value) -> Value:
            column = [which if value is only else UNBOUND for value in values]
            return UNBOUND if which is UNBOUND else self._part(column, states, name)

        false = self.graph.constant(False)
        tag = self._slot(tuple(only.tag if value is only else false for value in values))
        then, orelse = part(only.then), part(only.orelse)
        for each in (then, orelse):
            if isinstance(each, Poison):
                return each
        return Either(tag, then, orelse, only.refusal)

    def _tag(self, column: tuple[Node, ...]) -> Value:
        """The bool that tells the paths apart."""
        known = [node.params[0] if node.op is CONSTANT else None for node in column]
        if known == [True, False] and self.predicate is not None:
            return self.predicate
        return self._slot(column)

    def _join_boxes(self, values: Sequence[Value], states: Sequence[State], name: str) -> Value:
        """Lists, dicts or objects made on different paths: afterwards one."""
        key = tuple(map(id, values))
        known = self.boxes.get(key)
        if known is not None:
            known.count += 1
            return known
        contents = [
            UNBOUND if value is UNBOUND else state.get(value, UNBOUND)
            for value, state in zip(values, states, strict=True)
        ]
        joined = self.join(contents, states, name)
        if isinstance(joined, Poison):
            return joined
        made = self.boxes[key] = JoinedBox(joined, tuple(values))
        return made

    def shared_boxes(self, states: Sequence[State]) -> list[JoinedBox]:
        """The lists that may be reached under another name, too, on one of the paths."""
        if not self.boxes:
            return []
        references = [_references(state) for state in states]
        return [
            joined
            for joined in self.boxes.values()
            if any(
                value is not UNBOUND and (value.parameter or counts[value] != joined.count)
                for value, counts in zip(joined.sources, references, strict=True)
            )
        ]

    def _as_node(self, value: Value) -> Node | None:
        if isinstance(value, Node):
            return value
        if value is UNBOUND:
            return self.graph.undefined()
        if isinstance(value, Static) and isinstance(value.value, (str, bool, type(None))):
            return self.graph.constant(value.value)
        return None

    def _slot(self, nodes: tuple[Node, ...]) -> Slot:
        key = tuple(node.serial for node in nodes)
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = Slot(len(self.columns))
            self.columns.append(nodes)
        return slot


class Slot:
    """Stands for result ``index`` of a structured node that is still to be made."""

    def __init__(self, index: int) -> None:
        self.index = index


class JoinedBox:
    """Stands for a list, dict or object that several paths have made, with the joined content.

    ``count`` tells how many names and entries hold it, ``box`` is what it becomes.
    """

    def __init__(self, content: Value, sources: tuple[Value, ...]) -> None:
        self.content = content
        self.sources = sources
        self.count = 1
        self.box: ListBox | DictBox | ObjectBox | None = None


class JoinedRecords:
    """A list of some of the records of one list, at places that depend on the path."""

    def __init__(self, records: RecordsBox, places: Value) -> None:
        self.records = records
        self.places = places

    def at(self, places: Any, state: State) -> Value:
        """The list of the records at these places."""
        if isinstance(places, Poison):
            return places
        made = self.records.at(places)
        state[made] = state[self.records.home]
        return made


def _first(value: Value) -> Value:
    return value.then if isinstance(value, Either) else value


def _references(state: State) -> Counter[Value]:
    """How many names and entries of containers hold each list."""
    found: Counter[Value] = Counter()
    stack = list(state.values())
    while stack:
        value = stack.pop()
        if isinstance(value, BOXES):
            found[value] += 1
        elif isinstance(value, TupleValue):
            stack.extend(value.items)
        elif isinstance(value, Either):
            stack.extend((value.then, value.orelse))
        elif isinstance(value, list):
            stack.extend(value)
        elif isinstance(value, dict):
            stack.extend(value.values())
        elif isinstance(value, View):
            stack.append(value.box)
    return found


def resolve_slots(value: Value, result: Callable[[int], Node], state: State) -> Value:
    """``value`` with every slot replaced by its node."""
    if isinstance(value, Slot):
        return result(value.index)
    if isinstance(value, TupleValue):
        items = tuple(resolve_slots(item, result, state) for item in value.items)
        changed = any(new is not old for new, old in zip(items, value.items, strict=True))
        return TupleValue(items, value.named) if changed else value
    if isinstance(value, ENTRIES) and isinstance(value.place, Slot):
        return entry_of(value.records, result(value.place.index))
    if isinstance(value, JoinedRecords):
        return value.at(resolve_slots(value.places, result, state), state)
    if isinstance(value, Either):
        tag = resolve_slots(value.tag, result, state)
        then = resolve_slots(value.then, result, state)
        return Either(tag, then, resolve_slots(value.orelse, result, state), value.refusal)
    if isinstance(value, list):
        return [resolve_slots(item, result, state) for item in value]
    if isinstance(value, dict):
        return {key: resolve_slots(item, result, state) for key, item in value.items()}
    if isinstance(value, JoinedBox):
        if value.box is not None:
            return value.box
        content = resolve_slots(value.content, result, state)
        made = next((source for source in value.sources if is_made(source)), None)
        box: ListBox | DictBox | ObjectBox
        if made is not None:
            box = another(made)
        else:
            box = held_in(content.type) if isinstance(content, Node) else ListBox()
        value.box = box
        state[box] = content
        return box
    return value


def is_literal(value: Value) -> bool:
    """Whether a value is a constant of the text."""
    return isinstance(value, Node) and value.op is CONSTANT


def is_as_it_was(before: Any, now: Any) -> bool:
    """Whether a list or dict holds what it held, if perhaps as a run-time list by now."""
    if before is now or same_value(before, now):
        return True
    if isinstance(before, list) and isinstance(now, Node) and now.op is display:
        return len(before) == len(now.args) and all(
            value is node or isinstance(value, (ListBox, TupleValue))
            for value, node in zip(before, now.args, strict=True)
        )
    if isinstance(before, dict) and isinstance(now, dict):
        same = before.keys() == now.keys()
        return same and all(same_value(value, now[key]) for key, value in before.items())
    return False
