"""Sets: of numbers and words they are kept as they are, and of objects lifted.

Which of them a set is tells what it is made of, or, of one that is empty at first, what is put into
it.  Where that is found out later, lifting begins anew, knowing it (:class:`ObjectsInSet`), as it
does where a set of known entries is changed (:class:`SetChanged`).
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.lift.calls.foreign import CHANGING
from chainrule.lift.containers.dispatch import Dispatch
from chainrule.lift.iteration.iterables import ItemAt
from chainrule.lift.library.builtins import BUILTINS, Arguments, Builtins, Keywords
from chainrule.lift.library.object_sets import ObjectSet
from chainrule.lift.library.ordering import make_sorted
from chainrule.lift.values import ObjectBox, Static, TupleValue, Value, is_made

OF_SETS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Sub: operator.sub,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
}


class ObjectsInSet(Exception):
    """A set made at ``site`` was kept as it is, and has objects that the function makes."""

    def __init__(self, site: Hashable) -> None:
        super().__init__(site)
        self.site = site


class SetChanged(Exception):
    """A set made at ``site`` was taken for one that stays as it is."""

    def __init__(self, site: Hashable) -> None:
        super().__init__(site)
        self.site = site


class Sets(Dispatch):
    """Lifts sets."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # Where sets were made that are kept as they are.
        self._made_at: dict[Node, Hashable] = {}
        # Where those were made that are known here, and where those are made that are changed.
        self._known_at: dict[Value, tuple[Hashable, ...]] = {}
        self.changed_sets: set[Hashable] = set()

    def new_set(self, items: list[Value], node: ast.AST) -> Value:
        """``set(...)`` of no argument, or of one."""
        site = self.place_of(node)
        if site in self.object_sets:
            return self.call(Static(ObjectSet), items, {}, node)
        if items and self._has_objects(self.known_items(items[0]) or ()):
            raise ObjectsInSet(site)
        known = self.known_iteration(items[0]) if items else None
        if known is not None and all(self._is_number(item) for item in known):
            return self.set_of(known, node)
        refusal = None
        if isinstance(node, ast.SetComp):
            refusal = self.unsupported("a set of what is differentiated", "Use a list.", node)
        made = self.opaque_call(self.static_node(Static(set)), items, {}, node, refusal)
        if isinstance(made, Node):
            self._made_at[made] = site
        return made

    def _set(self, node: ast.Set) -> Value:
        if any(isinstance(item, (ast.Constant, ast.JoinedStr)) for item in node.elts):
            return super()._set(node)
        items = [self.expression(item) for item in node.elts]
        if self._has_objects(items):
            return self.call(Static(ObjectSet), [self.like(Static([]), items)], {}, node)
        return self.set_of(items, node)

    def set_of(self, items: Sequence[Value], node: ast.AST) -> Value:
        """A set of numbers and words, known here if the function does not change it."""
        parts = [self.static_value(item) for item in items]
        site = self.place_of(node)
        if site in self.changed_sets or not all(known for known, _ in parts):
            return super().set_of(items, node)
        made = Static({found for _, found in parts})
        self._known_at[made] = (site,)
        return made

    def _is_number(self, item: Value) -> bool:
        """Whether an item is a number that is known: the order of words changes with each run."""
        known, found = self.static_value(item)
        return known and isinstance(found, (int, float))

    def binary(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value:
        """``left operator right``, of sets that are known here as well."""
        sets = [self.read(left), self.read(right)]
        act = OF_SETS.get(operator)
        if act is None or not all(each in self._known_at for each in sets):
            return super().binary(operator, left, right, node)
        one, other = (self.static_value(each)[1] for each in sets)
        made = self.set_of(list(map(self.wrap, act(one, other))), node)
        if made in self._known_at:
            self._known_at[made] = tuple(site for each in sets for site in self._known_at[each])
        return made

    def sorted_entries(self, value: Value) -> list[Value] | None:
        """The sorted entries of a set that is known here; None of others."""
        found = self.static_value(value)[1] if value in self._known_at else None
        kinds = {type(entry) for entry in found or ()}
        if found is None or not (kinds <= {int, float, bool} or kinds == {str}):
            return None
        return list(map(self.wrap, sorted(found)))

    def _has_objects(self, items: Iterable[Value]) -> bool:
        return any(isinstance(item, ObjectBox) and is_made(item) for item in map(self.read, items))

    def _check_method(self, owner: Value, name: str, args: list[Value], node: ast.AST) -> None:
        if name in CHANGING:
            self._check_known(owner)
        self._check_objects(owner, args)
        super()._check_method(owner, name, args, node)

    def _check_known(self, owner: Value) -> None:
        """Begin anew where a set is changed, or looped over in its own order."""
        if owner in self._known_at:
            raise SetChanged(self._known_at[owner][0])

    def _indexed_container(self, iterable: Value, node: ast.AST) -> tuple[Node, ItemAt]:
        self._check_known(iterable)
        return super()._indexed_container(iterable, node)

    def _membership(self, operator: type, left: Value, right: Value) -> Value:
        self._check_objects(right, [left])
        return super()._membership(operator, left, right)

    def _check_objects(self, owner: Value, items: list[Value]) -> None:
        """Begin anew where objects are put into a set that was kept, or looked for in it."""
        if isinstance(owner, Node) and owner in self._made_at and self._has_objects(items):
            raise ObjectsInSet(self._made_at[owner])


def _set_of(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    if isinstance(self, Sets) and not keywords and len(args) < 2:
        return self.new_set(args, node)
    return self.opaque_call(self.static_node(Static(set)), args, keywords, node, None)


def _sorted(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    known = self.sorted_entries(self.read(args[0])) if isinstance(self, Sets) and args else None
    return make_sorted(self, args if known is None else [TupleValue(tuple(known))], keywords, node)


BUILTINS[set] = _set_of
BUILTINS[sorted] = _sorted
