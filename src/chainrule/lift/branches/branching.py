"""Branches: running each arm on a state of its own, and joining what the arms have left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import compress, repeat
from operator import is_not

from chainrule.errors import UnsupportedError
from chainrule.graph.block import CONSTANT, ITEM, UNDEFINED, Block
from chainrule.graph.node import Node
from chainrule.graph.types import unit_axes_of
from chainrule.lift.branches.implied import learn
from chainrule.lift.branches.recurring import Recurring
from chainrule.lift.containers.table_entries import table_type
from chainrule.lift.core import AlwaysRaises, Completion
from chainrule.lift.iteration.shapes import bound_part
from chainrule.lift.kinds import kind_of
from chainrule.lift.state import Frame, JoinedBox, Joiner, Key, Slot, State, resolve_slots
from chainrule.lift.values import (
    BOXES,
    UNBOUND,
    ArrayBox,
    DictBox,
    Either,
    Fact,
    ListBox,
    ObjectBox,
    Poison,
    Static,
    TupleValue,
    Value,
    View,
    alternatives_of,
    another,
    is_made,
    is_member,
    some_member,
)
from chainrule.primitives.arithmetic import logical_not
from chainrule.primitives.control import IF, select


class Path:
    """One arm of a branch after it was run."""

    def __init__(self, block: Block, state: State, completion: Completion) -> None:
        self.block = block
        self.state = state
        self.completion = completion

    @property
    def alive(self) -> bool:
        return self.completion is not Completion.RAISES


class Branching(Recurring):
    """Runs the paths of a branch and joins them."""

    def run_path(
        self,
        start: State,
        action: Callable[[], Completion],
        fact: tuple[Node, bool] | None = None,
    ) -> Path:
        """Run ``action`` in a block of its own on a copy of ``start``.

        ``fact`` is a condition and whether it holds there.
        """
        block = Block(self.graph, self.block)
        before = self.state
        self.state = dict(start)
        if fact is not None:
            learn(self.state, *fact)
        self.enclosing.append(start)
        try:
            with self.graph.inside(block):
                try:
                    completion = action()
                except AlwaysRaises:
                    completion = Completion.RAISES
            block.completes = completion is not Completion.RAISES
            return Path(block, self.state, completion)
        finally:
            self.enclosing.pop()
            self.state = before

    def _explain(self, name: str) -> UnsupportedError:
        return self.unsupported(
            f"{name} is of different kinds on different paths",
            "Give it the same kind of value (number, tuple of the same length, same function) "
            "on every path.",
        )

    def decided_in(self, state: State, value: Value) -> Value:
        """The alternative that ``value`` is where a path ends in ``state``, if that is known."""
        raise NotImplementedError

    def unify_lists(self, start: State, paths: Sequence[Path], keys: Sequence[Key]) -> None:
        """Lists whose layout differs between paths become run-time lists on each."""
        for key in keys:
            if isinstance(key, ObjectBox):
                self._complete_on_all(start, paths, key)
                self._tell_members_apart(start, paths, key)
            if isinstance(key, (ObjectBox, DictBox)):
                self._unify_lists_within(start, paths, key)
            if not isinstance(key, ListBox):
                if isinstance(key, tuple) and key[-1] == "return":
                    self._materialise_returned(paths, key)
                self._take_tuples_apart(start, paths, key)
                self._settle(start, paths, key)
                self._unify_made_lists(paths, [path.state.get(key, UNBOUND) for path in paths])
                continue
            contents = [path.state.get(key, start.get(key, UNBOUND)) for path in paths]
            layouts = {
                len(content) if isinstance(content, list) else -1
                for content in contents
                if content is not UNBOUND
            }
            if len(layouts) > 1:
                for path in paths:
                    if isinstance(path.state.get(key), list):
                        before, self.state = self.state, path.state
                        with self.graph.inside(path.block):
                            self.make_dynamic(key)
                        self.state = before

    def _complete_on_all(self, start: State, paths: Sequence[Path], key: ObjectBox) -> None:
        """On each path know of the attributes of an object that others have written.

        One that the function has made may not have them there.
        """
        held = [path.state.get(key, {}) for path in paths]
        if any(isinstance(content, Poison) for content in held):
            return
        written = dict.fromkeys(name for content in held for name in content)
        if key.instance is not None:
            self._complete_given(start, paths, key, written)
            return
        for path in paths:
            if key in path.state and list(path.state[key]) != list(written):
                content = path.state[key]
                path.state[key] = {name: content.get(name, UNBOUND) for name in written}

    def _unify_lists_within(
        self, start: State, paths: Sequence[Path], key: ObjectBox | DictBox
    ) -> None:
        """The same for lists in attributes of an object and in entries of a dict."""
        contents: list[Value] = [path.state.get(key, start.get(key, UNBOUND)) for path in paths]
        if all(isinstance(content, dict) for content in contents):
            for name in contents[0]:
                held = [content.get(name, UNBOUND) for content in contents]
                if any(value is not held[0] for value in held):
                    self._unify_made_lists(paths, held)

    def _complete_given(
        self, start: State, paths: Sequence[Path], owner: ObjectBox, written: Iterable[str]
    ) -> None:
        states = [start, *(path.state for path in paths)]
        # What is met here for the first time was there on all of them.
        self.enclosing += states
        try:
            for path in paths:
                self.complete(owner, written, path.state)
        finally:
            del self.enclosing[-len(states) :]

    def _unify_made_lists(self, paths: Sequence[Path], values: Sequence[Value]) -> None:
        """The same for lists that the paths have made themselves, and for tables."""
        values = [bound_part(value) for value in values]
        self._materialise_views(paths, values)
        values = self._read_tables(paths, values)
        pairs = [
            (path, value) for path, value in zip(paths, values, strict=True) if value is not UNBOUND
        ]
        if not all(isinstance(value, ListBox) for _, value in pairs):
            return
        everywhere = all(value in path.state for _, value in pairs for path in paths)
        if self.graph.tells_lists and everywhere:
            # It is told which of them it is.
            return
        contents = [path.state.get(value) for path, value in pairs]
        layouts = {len(content) if isinstance(content, list) else -1 for content in contents}
        if len(layouts) < 2:
            return
        for path, value in pairs:
            before, self.state = self.state, path.state
            with self.graph.inside(path.block):
                self.make_dynamic(value)
            self.state = before

    def _read_tables(self, paths: Sequence[Path], values: Sequence[Value]) -> list[Value]:
        """Lists of numbers that exist at run time anyway, where each path has another."""
        types = [table_type(value) for value in values]
        lists = [
            value is UNBOUND or type_ is not None or isinstance(value, ListBox)
            for value, type_ in zip(values, types, strict=True)
        ]
        tables = {id(value.value) for value in values if isinstance(value, Static)}
        if not all(lists) or not tables or len(tables) == 1 == len(set(map(id, values))):
            return list(values)
        found: list[Value] = []
        for path, value, type_ in zip(paths, values, types, strict=True):
            if type_ is None:
                found.append(value)
                continue
            before, self.state = self.state, path.state
            with self.graph.inside(path.block):
                box = ListBox()
                table = self.static_node(value)
                self.state[box] = self.verbatim("_0_", table, type=type_, pure=True)
                self.frozen.add(box)
            self.state = before
            _rebind(path.state, value, box)
            found.append(box)
        return found

    def _take_tuples_apart(self, start: State, paths: Sequence[Path], key: Key) -> None:
        """A tuple of the module's is its entries where another path has made one so long."""
        values = [path.state.get(key, start.get(key, UNBOUND)) for path in paths]
        parts = [part for value in values for part in _parts(value)]
        made = {len(part.items) for part in parts if isinstance(part, TupleValue)}
        if not any(_is_row(part) and len(part.value) in made for part in parts):
            return

        def apart(value: Value) -> Value:
            if _is_row(value) and len(value.value) in made:
                return TupleValue(tuple(self.known_items(value) or ()))
            if isinstance(value, TupleValue):
                return TupleValue(tuple(map(apart, value.items)), value.named)
            if isinstance(value, Either):
                return Either(value.tag, apart(value.then), apart(value.orelse), value.refusal)
            return value

        for path, value in zip(paths, values, strict=True):
            before, self.state = self.state, path.state
            with self.graph.inside(path.block):
                path.state[key] = apart(value)
            self.state = before

    def known_items(self, value: Value) -> list[Value] | None:
        """The entries of a container whose layout is known."""
        raise NotImplementedError

    def _settle(self, start: State, paths: Sequence[Path], key: Key) -> None:
        """Make what paths leave joinable: one of two objects, and an object of the caller's.

        Each becomes an object of its own where another path has made one of the same class.
        """
        values = [path.state.get(key, start.get(key, UNBOUND)) for path in paths]
        if all(value is values[0] for value in values):
            return
        made_here = [value for value in values if is_made(value)]
        classes = [value.type for value in made_here if isinstance(value, ObjectBox)]
        for path, value in zip(paths, values, strict=True):
            decided = self.decided_in(path.state, value)
            given = isinstance(decided, ObjectBox) and decided.instance is not None
            if not isinstance(decided, Either) and not (given and decided.type in classes):
                continue
            before, self.state = self.state, path.state
            with self.graph.inside(path.block):
                made = self.stand_in(decided) if given else self.settled(decided)
            # Choosing joins paths, which makes a state anew.
            path.state, self.state = self.state, before
            path.state[key] = made

        values = [path.state.get(key, start.get(key, UNBOUND)) for path in paths]
        if some_member(values) or _are_told_differently(values):
            for path, value in zip(paths, values, strict=True):
                with self.graph.inside(path.block):
                    path.state[key] = self.member_node(value)

    def _tell_members_apart(self, start: State, paths: Sequence[Path], key: ObjectBox) -> None:
        """Which of several members of an enumeration an attribute is, the code tells by then."""
        contents: list[Value] = [path.state.get(key, start.get(key, UNBOUND)) for path in paths]
        if not all(isinstance(content, dict) for content in contents):
            return
        for name in contents[0]:
            values = [content.get(name, UNBOUND) for content in contents]
            if all(value is values[0] for value in values) or not some_member(values):
                continue
            for position, (path, value) in enumerate(zip(paths, values, strict=True)):
                with self.graph.inside(path.block):
                    told = self.member_node(value)
                contents[position] = path.state[key] = {**contents[position], name: told}

    def member_node(self, value: Value) -> Node:
        """A value, or which of several members of an enumeration it is, when the code runs."""
        if not isinstance(value, Either) or not all(map(is_member, alternatives_of(value))):
            return self.node(value)
        then, orelse = value.then, value.orelse
        made: Node = select(
            value.tag, lambda: self.member_node(then), lambda: self.member_node(orelse)
        )
        return made

    def settled(self, value: Value) -> Value:
        """One of two dicts of the same keys, or objects of a class, as one that stands for it."""
        if not isinstance(value, Either) or not is_made(value.then) or not is_made(value.orelse):
            return value
        if kind_of(value.then) != kind_of(value.orelse):
            return value
        contents = [
            self.attributes_of(box) if isinstance(box, ObjectBox) else self.entries(box)
            for box in (value.then, value.orelse)
        ]
        if list(contents[0]) != list(contents[1]):
            return value
        made = another(value.then)
        self.state[made] = {
            name: self.choose(
                value.tag,
                lambda name=name: contents[0][name],  # type: ignore[misc]
                lambda name=name: contents[1][name],  # type: ignore[misc]
                "expression",
            )
            for name in contents[0]
        }
        self.frozen.add(made)
        self.loans.lend(made, (value.then, value.orelse), self.state)
        return made

    def choose(
        self, predicate: Node, then: Callable[[], Value], orelse: Callable[[], Value], style: str
    ) -> Value:
        """``then() if predicate else orelse()``."""
        raise NotImplementedError

    def stand_in(self, box: ObjectBox) -> ObjectBox:
        """An object with the attributes of one that exists outside, which stands for it."""
        made = ObjectBox(None, box.type, None)
        self.state[made] = self.attributes_of(box)
        self.frozen.add(made)
        self.loans.lend(made, (box,), self.state)
        return made

    def complete(self, owner: ObjectBox, names: Iterable[str], state: State) -> None:
        """Note in ``state`` what attributes of a caller's object are that were not written yet."""
        raise NotImplementedError

    def attributes_of(self, box: ObjectBox) -> dict[str, Value]:
        """All that an object holds now, by name."""
        raise NotImplementedError

    def _materialise_views(self, paths: Sequence[Path], values: Sequence[Value]) -> None:
        """Views that differ between paths become what they see, in a box of their own."""
        if self.graph.tells_lists and all(isinstance(value, (View, ArrayBox)) for value in values):
            return
        for path, value in zip(paths, values, strict=True):
            if isinstance(value, View):
                _rebind(path.state, value, self._seen_at_end(path, value))

    def _materialise_returned(self, paths: Sequence[Path], key: Key) -> None:
        """The same for the views in a tuple that is returned."""
        for path in paths:
            value = path.state.get(key)
            if isinstance(value, TupleValue) and any(
                isinstance(each, View) for each in value.items
            ):
                items = [
                    self._seen_at_end(path, each) if isinstance(each, View) else each
                    for each in value.items
                ]
                path.state[key] = TupleValue(tuple(items), value.named)

    def _seen_at_end(self, path: Path, view: View) -> ArrayBox:
        """What a view sees at the end of a path."""
        before, self.state = self.state, path.state
        with self.graph.inside(path.block):
            box = self.seen_now(view)
        self.state = before
        return box

    def seen_now(self, view: View) -> ArrayBox:
        """What a view sees now, in a box of its own that is not written to."""
        seen = self.node(view)
        box = ArrayBox(len(unit_axes_of(seen.type)))
        self.state[box] = seen
        self.frozen.add(box)
        self.loans.lend(box, self.loans.lenders(view), self.state)
        return box

    def changed_keys(self, start: State, paths: Sequence[Path]) -> list[Key]:
        """Keys that some path bound anew, in the order of the states."""
        changed: dict[Key, None] = {}
        for path in paths:
            before = map(start.get, path.state, repeat(UNBOUND))
            changed.update(
                dict.fromkeys(compress(path.state, map(is_not, path.state.values(), before)))
            )
        return [key for key in changed if not isinstance(key, Fact)]

    def join_paths(
        self,
        start: State,
        paths: Sequence[Path],
        build: Callable[[], Node],
        first_result: int = 0,
        predicate: Node | None = None,
        is_first: Callable[[Node], Node] | None = None,
    ) -> Node | None:
        """Join living ``paths`` into the current state through the node that ``build`` makes.

        Sets the results of every path's block; result ``first_result + k`` is slot k.
        ``is_first`` makes of the node the condition under which the first path was taken.
        """
        alive = [path for path in paths if path.alive]
        keys = self.changed_keys(start, alive)
        self.unify_lists(start, alive, keys)
        keys = self.changed_keys(start, alive)
        joiner = Joiner(self.graph, self._explain, predicate)
        joined: dict[Key, Value] = {}
        states = [path.state for path in alive]
        for key in keys:
            values = [
                self.decided_in(state, state.get(key, start.get(key, UNBOUND))) for state in states
            ]
            name = f"`{key[1]}`" if isinstance(key, tuple) else "a value"
            tracked = isinstance(key, tuple) and len(key) == 2 and key[1] != "return"
            joined[key] = joiner.join(values, states, name, tracked)
        undefined = self.graph.undefined()
        columns = joiner.columns
        if len(alive) == 1:
            # Only one path goes on: its own values are the values afterwards.
            columns = []
        position = {id(path): index for index, path in enumerate(alive)}
        for path in paths:
            if path.alive:
                path.block.results += tuple(column[position[id(path)]] for column in columns)
            else:
                path.block.results += tuple(undefined for _ in columns)
        if not columns and all(not path.block.steps for path in paths) and first_result == 0:
            node = None
        else:
            node = build()
        self.state = dict(start)
        if len(alive) == 1:
            self.state.update(
                {key: known for key, known in alive[0].state.items() if isinstance(key, Fact)}
            )

        def result(k: int) -> Node:
            told = self._told(node, columns[k], is_first) if columns else None
            return self._slot_node(node, first_result + k) if told is None else told

        for key, value in joined.items():
            found = self.state[key] = resolve_slots(value, result, self.state)
            if isinstance(value, Either) and value.orelse is UNBOUND:
                value, found = value.then, found.then
            if isinstance(value, Slot):
                self._name_word(key, found, columns[value.index])
        self.has_kinds |= joiner.has_kinds
        self._freeze_shared(joiner, states)
        self.loans.hand_on(start, states, self.state)
        return node

    def _name_word(self, key: Key, chosen: Node, column: Sequence[Node]) -> None:
        """One of several values of which none is called so already has the user's name."""
        local = isinstance(key, tuple) and isinstance(key[0], Frame)
        if not local or key[1] not in key[0].local_names:
            return
        names = self.graph.names
        bound = [each for each in column if each.op not in (CONSTANT, UNDEFINED, ITEM)]
        if all(names.get(each, key[1]) != key[1] for each in bound):
            names.setdefault(chosen, key[1])

    def _freeze_shared(self, joiner: Joiner, states: Sequence[State]) -> None:
        """Refuse later writes to lists that were joined, where another name would see them."""
        shared = joiner.shared_boxes(states)
        for joined in joiner.boxes.values():
            boxes = (joined.box, *joined.sources)
            # Of arrays it is told where they are written to who else sees them.
            told = joined in shared and _of_arrays(joined)
            if (joined in shared and not told) or not self.frozen.isdisjoint(joined.sources):
                self.frozen.update(box for box in boxes if isinstance(box, BOXES))
            if joined.box is not None:
                first = 0 if _of_arrays(joined) else 1
                lent = [box for one in joined.sources for box in self.loans.lenders(one)[first:]]
                self.loans.lend(joined.box, lent, self.state)
                self.loans.meet(joined.box, joined.sources, states, self.state)
                if told or any(map(self.loans.is_told, joined.sources)):
                    self.loans.tell(joined.box)
                if any(map(self.loans.is_stale, joined.sources, states)):
                    self.loans.spoil(joined.box)

    def _told(
        self,
        node: Node | None,
        column: tuple[Node, ...],
        is_first: Callable[[Node], Node] | None,
    ) -> Node | None:
        """A bool that tells the first path from the others; None if it is another value."""
        first, *others = [each.params[0] if each.op is CONSTANT else None for each in column]
        if is_first is None or node is None or not isinstance(first, bool):
            return None
        if not others or any(other is not (not first) for other in others):
            return None
        found = is_first(node)
        return found if first else self.primitive(logical_not, found)

    def _slot_node(self, node: Node | None, index: int) -> Node:
        assert node is not None
        return self.block.item(node, index)

    def branch(
        self,
        predicate: Node,
        then: Callable[[], Completion],
        orelse: Callable[[], Completion],
        style: str,
    ) -> Completion:
        """Run both arms and join them; the completion of the whole."""
        start = self.state
        paths = self.two_paths(predicate, then, orelse)
        return self.finish_branch(predicate, start, paths, style)

    def two_paths(
        self, predicate: Node, then: Callable[[], Completion], orelse: Callable[[], Completion]
    ) -> list[Path]:
        """Both arms of a branch, run from the current state."""
        start = self.state
        written = dict(self.row_writes)
        paths = [self.run_path(start, then, (predicate, True))]
        # Rows that the one path has moved are where they were on the other.
        by_first, self.row_writes = self.row_writes, dict(written)
        paths.append(self.run_path(start, orelse, (predicate, False)))
        for box, count in by_first.items():
            here = self.row_writes.get(box, 0)
            self.row_writes[box] = here + count - written.get(box, 0)
        return paths

    def finish_branch(
        self, predicate: Node, start: State, paths: list[Path], style: str
    ) -> Completion:
        """Join the two arms of a branch that were run from ``start``."""
        then, orelse = paths
        arms = (then.block, orelse.block, style)
        build = partial(self.structured, IF, (predicate,), arms)
        if not any(path.alive for path in paths):
            build()
            return Completion.RAISES
        self.join_paths(start, paths, build, predicate=predicate)
        kinds = {path.completion for path in paths if path.alive}
        if kinds == {Completion.EXITS}:
            return Completion.EXITS
        if kinds == {Completion.FALLS}:
            return Completion.FALLS
        return Completion.MAYBE


def _rebind(state: State, value: Value, box: ListBox) -> None:
    """Bind what is bound to ``value`` to ``box``."""
    for key, held in state.items():
        if held is value:
            state[key] = box
        elif isinstance(held, Either) and held.then is value:
            state[key] = Either(held.tag, box, held.orelse, held.refusal)


def _parts(value: Value) -> list[Value]:
    """A value, the entries of a tuple and what it may be instead."""
    if isinstance(value, TupleValue):
        return [value, *(part for item in value.items for part in _parts(item))]
    if isinstance(value, Either):
        return [*_parts(value.then), *_parts(value.orelse)]
    return [value]


def _is_row(value: Value) -> bool:
    """Whether a value is a tuple of numbers that exists outside of the function."""
    known = isinstance(value, Static) and type(value.value) is tuple
    return known and all(type(entry) in (int, float) for entry in value.value)


def _are_told_differently(values: Sequence[Value]) -> bool:
    """Whether paths tell two members of an enumeration apart in different orders."""
    told = [value for value in values if isinstance(value, Either)]
    if len(told) < 2 or not all(is_member(part) for each in told for part in alternatives_of(each)):
        return False
    first = [part.value for part in alternatives_of(told[0])]
    return any([part.value for part in alternatives_of(each)] != first for each in told[1:])


def _of_arrays(joined: JoinedBox) -> bool:
    """Whether all that it stands for are arrays, and none is the caller's."""
    return all(isinstance(one, ArrayBox) and not one.parameter for one in joined.sources)
