"""``itemgetter``, ``attrgetter`` and ``methodcaller`` of :mod:`operator`."""

from __future__ import annotations

import ast
import operator
from typing import Any

from chainrule.lift.calls.calling import Builtin
from chainrule.lift.library.builtins import BUILTINS, Arguments, Builtins, Keywords
from chainrule.lift.values import Static, TupleValue, Value

KINDS = (operator.itemgetter, operator.attrgetter, operator.methodcaller)


class Selectors(Builtins):
    """Lifts calls of what these functions make."""

    def applied(self, found: Any, given: Value, node: ast.AST) -> Value | None:
        if not isinstance(found, KINDS):
            return super().applied(found, given, node)
        reduced: tuple[Any, ...] = tuple(found.__reduce__())
        kind, parts = reduced[:2]
        if kind is operator.methodcaller:
            name, *args = parts
            return self.call_method(given, name, [self.wrap_argument(arg) for arg in args], node)
        if kind not in KINDS:
            return None
        picked = []
        for part in parts:
            value = given
            if kind is operator.itemgetter:
                value = self.item(value, self.wrap(part), node)
            for name in part.split(".") if kind is operator.attrgetter else ():
                value = self.attribute(value, name, node)
            picked.append(value)
        return picked[0] if len(picked) == 1 else TupleValue(tuple(picked))


def _maker(kind: Any) -> Builtin:
    """The object itself where all that it is made of is known."""

    def make(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        def kept() -> Any:
            return self.opaque_call(self.static_node(Static(kind)), args, keywords, node, None)

        parts = [self.static_value(arg) for arg in args]
        if keywords or not all(known for known, _ in parts):
            return kept()
        return Static(kind(*(part for _, part in parts)), kept)

    return make


BUILTINS.update({kind: _maker(kind) for kind in KINDS})
