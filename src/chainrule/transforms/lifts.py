"""Functions that were lifted a moment ago: another derivative of one begins with the same graph.

A graph is the right one for as long as generated code is: while what shaped it is what it was
(:mod:`chainrule.graph.guard`), and for arguments of the same kinds.  Passes look at more than that:
at the lengths of arrays and the numbers of globals in the call for which the code is made; and a
derivative that is asked for anew reads anew the functions that are called.  These have to be the
same, too.  No pass changes the graph that it is given, so that several may begin with it.
"""

from __future__ import annotations

import operator
import threading
import types
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from chainrule.graph.block import Graph
from chainrule.graph.guard import Guard, Route
from chainrule.graph.node import Node
from chainrule.graph.traits import is_array_like
from chainrule.graph.types import Array, Sequence
from chainrule.lift.lifted import Lifted, Transform
from chainrule.lift.lifter import lift
from chainrule.primitives.custom import rules_given
from chainrule.transforms.kinds import PLAIN, kind_key
from chainrule.transforms.pipeline import completed

# How many are kept.
MOST = 4


class _Lift:
    """A function as it was lifted."""

    def __init__(self, lifted: Lifted) -> None:
        graph = lifted.graph
        self.lifted = lifted
        self.guards = dict(graph.guards)
        self.functions = dict(graph.functions)
        self.asked = [*graph.guards.values(), *map(_as_given, _with_lengths(graph))]
        self.numbers = dict(graph.globals)
        self.read = [(each.function, _defined(each.function)) for each in lifted.sources]
        self.size = graph.last_serial

    def stands(self, arguments: Mapping[str, Any]) -> bool:
        """Whether it would be lifted in the same way now, for these arguments."""
        graph = self.lifted.graph
        return (
            # Nothing was built into it.
            graph.last_serial == self.size
            and all(_same(_defined(function), then) for function, then in self.read)
            and all(_is_number_of(graph, key, found) for key, found in self.numbers.items())
            and all(
                guard.holds(guard.expected, arguments)
                for guard in self.asked
                if guard.concerns(arguments)
            )
        )

    def again(self) -> Lifted:
        """The same, without what a derivative of it has added to what it rests on."""
        graph = self.lifted.graph
        guards, functions = dict(self.guards), dict(self.functions)
        inner = (each.lifted.graph for each in functions.values() if each.lifted is not None)
        for each in (graph, *inner):
            each.guards, each.functions = guards, functions
            # What is known of values may rest on guards that are gone.
            each.lengths.clear()
            each.bounds.clear()
        return self.lifted


def _defined(function: types.FunctionType) -> tuple[Any, ...]:
    """What may be changed of a function that stays the same object."""
    by_name = (function.__kwdefaults__ or {}, function.__annotations__)
    rest = (part for each in by_name for item in each.items() for part in item)
    return (function.__code__, function.__defaults__, function.__closure__, *rest)


def _same(found: tuple[Any, ...], then: tuple[Any, ...]) -> bool:
    return len(found) == len(then) and all(map(operator.is_, found, then))


def _is_number_of(graph: Graph, key: tuple[str, str], found: Any) -> bool:
    """Whether a global, or a variable around a function, is what was ``found``."""
    module, name = key
    try:
        now = graph.scopes[module][name] if module else graph.cells[name].cell_contents
    except (KeyError, ValueError):
        return False
    return now is found


def _with_lengths(graph: Graph) -> list[tuple[Node, Route, tuple[int, ...]]]:
    """What is handed in from outside: how it is reached, and its lengths (the value of an int)."""
    return [
        (node, given.route, given.shape)
        for node, given in graph.given.items()
        if given.route is not None and given.shape
    ]


def _as_given(found: tuple[Node, Route, tuple[int, ...]]) -> Guard:
    """A guard that what is handed in has these lengths, on which derivatives may come to rest."""
    node, route, shape = found
    if isinstance(node.type, Array):
        return Guard(route.attribute("shape"), "equals", shape)
    form = "length" if isinstance(node.type, Sequence) else "equals"
    return Guard(route, form, shape[0])


class _Kept(threading.local):
    """What was lifted, the latest last: each thread works on graphs of its own."""

    def __init__(self) -> None:
        self.lifts: dict[Hashable, _Lift] = {}


_KEPT = _Kept()


def lifted_once(
    function: Any,
    arguments: Mapping[str, Any] | None,
    kinds: Mapping[str, str] | None,
    wrt: tuple[str, ...],
    transform: Transform,
    unrolled: bool,
    lifts_calls: bool = False,
    read: Callable[[str], None] | None = None,
) -> Lifted:
    """The graph of a function, as by :func:`chainrule.lift.lifter.lift`."""
    given = arguments or {}
    # What captures variables, and objects, would be kept alive here.
    plain = type(function) is types.FunctionType and function.__closure__ is None
    if not plain or kinds or not all(map(_is_plain, given.values())):
        found = lift(function, arguments, kinds, wrt, transform, unrolled, lifts_calls, read)
        return completed(found)
    layout = None if arguments is None else tuple((k, kind_key(v)) for k, v in arguments.items())
    asked = wrt
    if all(name in given for name in wrt):
        # An int that is not differentiated by may be what it is in this call.
        asked = tuple(name for name in wrt if type(given[name]) in (bool, int))
    key = (function, layout, asked, unrolled, lifts_calls, rules_given())
    lifts = _KEPT.lifts
    kept = lifts.pop(key, None)
    if kept is None or not kept.stands(given):
        found = lift(function, arguments, kinds, wrt, transform, unrolled, lifts_calls, read)
        kept = _Lift(completed(found))
    lifts[key] = kept
    if len(lifts) > MOST:
        del lifts[next(iter(lifts))]
    return kept.again()


def _is_plain(value: Any) -> bool:
    """Whether a value is a number, a text, an array, or a container of these."""
    kind = type(value)
    if kind in (list, tuple):
        return all(map(_is_plain, value))
    if kind is dict:
        return all(map(_is_plain, value.values()))
    return value is None or kind in (*PLAIN, str, bytes) or is_array_like(value)
